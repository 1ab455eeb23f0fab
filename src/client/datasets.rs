//! Publishing datasets, and notes on the cluster.

use super::client::Client;
use crate::coordination::{Kind, Object, Reply, Shelved};
use partita_graph::Data;
use std::sync::Arc;

impl Client {
    /// Publishes a collection, futures, or anything made of them under a name, for all clients and tasks of the cluster.
    ///
    /// The cluster keeps it, and the results that its futures hold, until it is taken away, also when this client is
    /// dropped; only [`Client::close`] ends what a client wants. A lazy collection stays lazy: persist it first to
    /// publish its results.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).start()?;
    /// let numbers = Bag::<i64>::from_sequence(0..10, 2).map(|x| x * x).persist()?;
    /// cluster.new_client()?.publish_dataset("squares", numbers).wait()?;
    ///
    /// let client = cluster.client();
    /// assert_eq!(client.list_datasets().wait()?, ["squares".into()]);
    /// let squares = client.get_dataset::<Bag<i64>>("squares").wait()?;
    /// assert_eq!(squares.sum().compute()?, 285);
    /// let slip = client.get_dataset::<Bag<i64>>("sqares").wait().unwrap_err();
    /// assert_eq!(slip.to_string(), "there is no dataset `sqares`; did you mean `squares`?");
    /// client.unpublish_dataset("squares").wait()?;
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// The reply is an error if the name is taken.
    pub fn publish_dataset<C: Clone + Send + Sync + 'static>(&self, name: &str, dataset: C) -> Reply<()> {
        Shelved(self, Object::new(Kind::Dataset, name)).put(dataset, "Client::publish_dataset", false)
    }

    /// As [`Client::publish_dataset`], in the place of the one that may be there; as Dask's with `override=True`.
    pub fn replace_dataset<C: Clone + Send + Sync + 'static>(&self, name: &str, dataset: C) -> Reply<()> {
        Shelved(self, Object::new(Kind::Dataset, name)).put(dataset, "Client::replace_dataset", true)
    }

    /// A published dataset. The reply is an error if there is none of this name, or if it is of another type.
    pub fn get_dataset<C: Clone + Send + Sync + 'static>(&self, name: &str) -> Reply<C> {
        Shelved(self, Object::new(Kind::Dataset, name)).get("Client::get_dataset")
    }

    /// The names of all published datasets, in order.
    pub fn list_datasets(&self) -> Reply<Vec<Arc<str>>> {
        Shelved(self, Object::new(Kind::Dataset, "")).list("Client::list_datasets")
    }

    /// Takes a published dataset away. The reply is an error if there is none of this name.
    pub fn unpublish_dataset(&self, name: &str) -> Reply<()> {
        Shelved(self, Object::new(Kind::Dataset, name)).take("Client::unpublish_dataset")
    }

    /// Makes a note on the cluster under a path such as `"run/seed"`, in the place of the one that may be there.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).start()?;
    /// let client = cluster.client();
    /// client.set_metadata("run/seed", 7u64).wait()?;
    /// client.set_metadata("run/author", "Ada".to_string()).wait()?;
    /// assert_eq!(client.get_metadata::<u64>("run/seed").wait()?, 7);
    /// assert_eq!(client.list_metadata("run/").wait()?, ["run/author".into(), "run/seed".into()]);
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn set_metadata<T: Data + Clone>(&self, path: &str, value: T) -> Reply<()> {
        Shelved(self, Object::new(Kind::Metadata, path)).put(value, "Client::set_metadata", true)
    }

    /// A note on the cluster. The reply is an error if there is none under this path, or if it is of another type.
    pub fn get_metadata<T: Data + Clone>(&self, path: &str) -> Reply<T> {
        Shelved(self, Object::new(Kind::Metadata, path)).get("Client::get_metadata")
    }

    /// The paths of all notes that begin like this, in order.
    pub fn list_metadata(&self, prefix: &str) -> Reply<Vec<Arc<str>>> {
        Shelved(self, Object::new(Kind::Metadata, prefix)).list("Client::list_metadata")
    }

    /// Takes a note on the cluster away. The reply is an error if there is none under this path.
    pub fn delete_metadata(&self, path: &str) -> Reply<()> {
        Shelved(self, Object::new(Kind::Metadata, path)).take("Client::delete_metadata")
    }
}
