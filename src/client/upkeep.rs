//! What a client can have done to its cluster: workers that leave or are replaced, copies, balance.

use super::actor::Mail;
use super::client::Client;
use super::operation::Operation;
use crate::error::{ClusterError, ConfigError};
use partita_collections::Future;
use partita_protocol::request::Request;

impl Client {
    /// Has workers leave once nothing is lost with them; as Dask's `retire_workers`.
    ///
    /// They are given no new tasks, finish those that they run, and what only they hold goes to others. Results that
    /// nobody has room for are computed again when they are wanted; with data put in by hand, that cannot be computed
    /// again, a worker stays.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let client = cluster.client();
    /// let data = client.scatter([vec![1i64, 2], vec![3]]);
    /// client.retire_workers(["worker-0"]).wait()?;
    /// assert_eq!(cluster.summary().workers, 1);
    /// assert_eq!(client.gather(&data)?, [vec![1, 2], vec![3]]);
    /// assert!(client.retire_workers(["worker-1"]).wait().is_err(), "nobody can take the data");
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// The operation gives [`ClusterError::NoSuchWorker`], before any worker leaves, and [`ClusterError::CannotRetire`];
    /// then the other workers left.
    pub fn retire_workers<S: Into<String>>(&self, names: impl IntoIterator<Item = S>) -> Operation<()> {
        let (operation, done) = Operation::new(self, "Client::retire_workers");
        if let Some(cluster) = self.inner.cluster.upgrade() {
            cluster.retire(names.into_iter().map(Into::into).collect(), done);
        }
        operation
    }

    /// Replaces all workers by new ones, at once; as Dask's `restart`.
    ///
    /// Tasks that run start anew on the new workers, and results that are wanted are computed again. Data put in by hand
    /// is lost: its futures, and what needs it, fail with [`TaskErrorKind::DataLost`](partita_graph::TaskErrorKind::DataLost).
    /// Actors are gone. The old workers' threads end when the functions that they are in return.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let client = cluster.client();
    /// let (computed, data) = (client.submit(|x: i64| x + 1, (1,)), client.scatter([5i64]).remove(0));
    /// wait(&[computed.clone(), data.clone()], None)?;
    /// client.restart().wait()?;
    /// assert_eq!(computed.result()?, 2);
    /// assert!(data.result().is_err());
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn restart(&self) -> Operation<()> {
        let (operation, done) = Operation::new(self, "Client::restart");
        if let Some(cluster) = self.inner.cluster.upgrade() {
            cluster.restart(None, done);
        }
        operation
    }

    /// Replaces these workers by new ones of the same names, at once; as Dask's `restart_workers`. As [`Client::restart`], of these
    /// alone: what the others hold and run stays.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let client = cluster.client();
    /// client.restart_workers(["worker-1"]).wait()?;
    /// assert_eq!(cluster.summary().workers, 2);
    /// assert!(client.restart_workers(["worker-7"]).wait().is_err(), "there is none of this name");
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// The operation gives [`ClusterError::NoSuchWorker`], before any worker is replaced.
    pub fn restart_workers<S: Into<String>>(&self, names: impl IntoIterator<Item = S>) -> Operation<()> {
        let (operation, done) = Operation::new(self, "Client::restart_workers");
        if let Some(cluster) = self.inner.cluster.upgrade() {
            cluster.restart(Some(names.into_iter().map(Into::into).collect()), done);
        }
        operation
    }

    /// Has results held by so many workers, or by all if there are fewer, for as long as the results are there; as Dask's
    /// `replicate`. With 1, copies beyond the first go once no task needs them.
    ///
    /// Done once the results are in memory and their copies are there. Copies that are lost with a worker are replaced.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(3).start()?;
    /// let client = cluster.client();
    /// let data = client.scatter([vec![1i64, 2]]);
    /// client.replicate(&data, 2).wait()?;
    /// assert_eq!(client.who_has([data[0].key().clone()])?[0].1.len(), 2);
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// The operation gives [`ConfigError`] for no copies, and [`ClusterError::Unknown`] for a result that this cluster
    /// does not know; the others are copied.
    pub fn replicate<T>(&self, futures: &[Future<T>], copies: usize) -> Operation<()> {
        let (operation, done) = Operation::new(self, "Client::replicate");
        let Some(copies) = u32::try_from(copies).ok().filter(|copies| *copies > 0) else {
            let value = copies.to_string();
            let error = ConfigError::Value { field: "copies", value, allowed: "at least 1" };
            drop(done.fill(Err(error.into())));
            return operation;
        };
        let keys = futures.iter().map(|future| future.key().clone()).collect();
        let answer = Box::new(move |unknown: Vec<partita_graph::Key>| {
            let first = unknown.into_iter().next();
            drop(done.fill(first.map_or(Ok(()), |key| Err(ClusterError::Unknown { key }.into()))));
        });
        // A cluster that is gone drops it, which says so.
        drop(self.send(Mail::Request(Request::Replicate { keys, copies, answer })));
        operation
    }

    /// Moves results from full workers to empty ones; as Dask's `rebalance`. Results that running tasks use stay where
    /// they are. Done once the moves are.
    pub fn rebalance(&self) -> Operation<()> {
        let (operation, done) = Operation::new(self, "Client::rebalance");
        let answer = Box::new(move |()| drop(done.fill(Ok(()))));
        drop(self.send(Mail::Request(Request::Rebalance { answer })));
        operation
    }
}
