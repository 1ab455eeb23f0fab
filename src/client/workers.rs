//! What a client can learn about the workers of its cluster, and waiting for them.

use super::client::Client;
use crate::coordination::{Kind, Object, Reply, Shelved};
use crate::error::Result;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Client {
    /// Comes once there are so many workers; as Dask's `wait_for_workers`.
    ///
    /// ```
    /// use partita::prelude::*;
    /// use std::time::Duration;
    ///
    /// let cluster = LocalCluster::builder().workers(2).threads_per_worker(3).start()?;
    /// let client = cluster.client();
    /// client.wait_for_workers(2).wait_timeout(Duration::from_secs(10))?;
    /// assert_eq!(client.nthreads()?.values().sum::<u32>(), 6);
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn wait_for_workers(&self, count: usize) -> Reply<()> {
        Shelved(self, Object::new(Kind::Workers, "")).wait(count, "Client::wait_for_workers")
    }

    /// How many tasks each worker runs at a time, by its name; as Dask's `nthreads` and `ncores`.
    ///
    /// # Errors
    /// As [`Client::summary`].
    pub fn nthreads(&self) -> Result<BTreeMap<Arc<str>, u32>> {
        let workers = self.summary()?.workers;
        Ok(workers.into_iter().map(|worker| (worker.info.name, worker.info.threads)).collect())
    }

    /// How many tasks each worker was handed that have not ended, by its name.
    ///
    /// # Errors
    /// As [`Client::summary`].
    pub fn processing(&self) -> Result<BTreeMap<Arc<str>, usize>> {
        let workers = self.summary()?.workers;
        Ok(workers.into_iter().map(|worker| (worker.info.name, worker.processing)).collect())
    }

    /// How many results each worker holds, by its name. Which they are is asked the other way round: [`Client::who_has`].
    ///
    /// # Errors
    /// As [`Client::summary`].
    pub fn held(&self) -> Result<BTreeMap<Arc<str>, usize>> {
        let workers = self.summary()?.workers;
        Ok(workers.into_iter().map(|worker| (worker.info.name, worker.held)).collect())
    }
}
