//! A Dask cluster as an engine: what collections compute on.

mod error;
mod gather;
mod plan;
mod session;

pub use error::ConnectError;

use crate::address::Address;
use crate::block::Seal;
use crate::frame::Limits;
use crate::net::{NetError, connect};
use crate::ops::{Call, Versions};
use partita_graph::{CheckedGraph, Engine, RunError, Value};
use plan::Plan;
use session::Session;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Blocks for each thread of the cluster, if it is not said: enough for those that end early to find more to do.
const BLOCKS_PER_THREAD: usize = 4;

/// What the workers of a Dask cluster are for this program.
#[derive(Debug, Clone)]
pub struct Options {
    /// What clients and workers have in common.
    pub seal: Seal,
    /// How long the scheduler may take to answer, and a worker to come.
    pub patience: Duration,
    /// How many blocks a graph is cut into for each thread of the cluster.
    pub blocks_per_thread: usize,
}

impl Options {
    /// Those of a cluster whose workers were given these words.
    pub fn new(words: &str) -> Options {
        Options { seal: Seal::new(words), patience: Duration::from_secs(30), blocks_per_thread: BLOCKS_PER_THREAD }
    }
}

/// An existing Dask cluster, on whose Partita workers graphs run.
#[derive(Debug)]
pub struct DaskCluster {
    address: Address,
    options: Options,
    versions: Versions,
    runtime: Runtime,
}

impl DaskCluster {
    /// Looks whether a scheduler is there, of a version that is spoken: `distributed` 2025.4.0 or later.
    ///
    /// # Errors
    /// [`ConnectError`] if not.
    pub fn connect(address: &Address, options: Options) -> Result<DaskCluster, ConnectError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let asking = async {
            let mut connection = connect(address, Limits::SCHEDULER, options.patience).await?;
            let answered = connection.ask(&Call::Versions, options.patience).await?;
            connection.read::<Versions>("versions", answered)
        };
        let versions = runtime.block_on(asking)?;
        versions.check().map_err(|(found, first)| ConnectError::Version { found, first })?;
        Ok(DaskCluster { address: address.clone(), options, versions, runtime })
    }
}

impl DaskCluster {
    async fn compute(&self, session: &mut Session, graph: &CheckedGraph) -> Result<Vec<Value>, RunError> {
        let threads = session.threads().await.map_err(|error| RunError::Failed { cause: error.to_string() })?;
        let blocks = threads.max(1).saturating_mul(self.options.blocks_per_thread.max(1));
        let plan = Plan::of(graph, blocks, &self.options.seal)?;
        let given = session.compute(&plan, &self.options.seal).await?;
        plan.outputs(graph, &given)
    }
}

impl Engine for DaskCluster {
    fn name(&self) -> &str {
        "a Dask cluster"
    }

    fn run(&self, graph: CheckedGraph) -> Result<Vec<Value>, RunError> {
        graph.ensure_portable()?;
        let failed = |error: NetError| RunError::Failed { cause: error.to_string() };
        self.runtime.block_on(async {
            let mut session =
                Session::begin(&self.address, &self.versions, self.options.patience).await.map_err(failed)?;
            let computed = self.compute(&mut session, &graph).await;
            // Whatever became of it, nothing of it stays there.
            session.end().await;
            computed
        })
    }
}
