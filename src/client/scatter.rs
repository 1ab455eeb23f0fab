//! Putting data into the cluster.

use super::actor::Mail;
use super::client::Client;
use partita_collections::Future;
use partita_collections::call::short_type;
use partita_collections::future::State;
use partita_graph::{Data, Key, Place, Value};

/// How data is put into the cluster.
#[derive(Clone, Debug, Default)]
pub struct ScatterOptions {
    /// The names of the workers that get it; empty for all in turn.
    pub workers: Vec<String>,
    /// Whether each of them gets all of it.
    pub broadcast: bool,
}

impl Client {
    /// Puts values into the memory of the workers in turn, and gives their futures; as Dask's `scatter`.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let client = cluster.client();
    /// let data = client.scatter([vec![1i64, 2], vec![3]]);
    /// let sums: Vec<_> = data.iter().map(|part| client.submit(|v: Shared<Vec<i64>>| v.iter().sum::<i64>(), (part,))).collect();
    /// assert_eq!(client.gather(&sums)?, [3, 3]);
    /// # Ok::<(), partita::Error>(())
    /// ```
    #[track_caller]
    pub fn scatter<T: Data>(&self, values: impl IntoIterator<Item = T>) -> Vec<Future<T>> {
        self.scatter_with(values, &ScatterOptions::default())
    }

    /// As [`Client::scatter`], to some workers, or to all of them.
    #[track_caller]
    pub fn scatter_with<T: Data>(
        &self,
        values: impl IntoIterator<Item = T>,
        options: &ScatterOptions,
    ) -> Vec<Future<T>> {
        let place = Place::here();
        let name = short_type::<T>();
        let (mut items, mut futures) = (Vec::new(), Vec::new());
        for value in values {
            let key = Key::unique(name.as_str());
            let (inner, cell) = self.inner.future(&key, None);
            if let Some(cell) = cell {
                items.push((key, Value::new(value), cell));
            }
            futures.push(Future::from_inner(inner, place));
        }
        let cells: Vec<_> = items.iter().map(|(_, _, cell)| cell.clone()).collect();
        let wishes = self.submit.options.clone();
        if let Err(error) = self.send(Mail::Scatter(items, place, options.clone(), wishes)) {
            cells.iter().for_each(|cell| {
                cell.set(State::Ended(error.clone()));
            });
        }
        futures
    }
}
