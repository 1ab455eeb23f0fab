//! Waiting for results and bringing them here.

use super::actor::Mail;
use super::client::{Client, ClientInner};
use super::submit::inside;
use crate::diagnostics::local::Computation;
use crate::error::Result;
use partita_collections::Future;
use partita_collections::future::{Cell, Host};
use partita_graph::{CheckedGraph, Data, Engine, RunError, Value};
use std::sync::Arc;

impl Client {
    /// Blocks until all results are there, and gives them in order; as Dask's `gather`.
    ///
    /// # Errors
    /// That of the first future that failed, was cancelled or cannot come.
    pub fn gather<T: Data + Clone>(&self, futures: &[Future<T>]) -> Result<Vec<T>> {
        let wanted: Vec<Arc<Cell>> = futures.iter().map(Future::cell).filter(|cell| cell.want()).cloned().collect();
        if !wanted.is_empty() {
            self.inner.fetch(wanted);
        }
        let results: Result<Vec<T>, RunError> = futures.iter().map(Future::result).collect();
        Ok(results?)
    }

    /// As [`Client::gather`], but gives an error in the place of each result that did not come.
    pub fn try_gather<T: Data + Clone>(&self, futures: &[Future<T>]) -> Vec<Result<T, RunError>> {
        futures.iter().for_each(Future::request);
        futures.iter().map(Future::result).collect()
    }

    /// Cancels futures: they are not computed for this client any longer.
    pub fn cancel<T>(&self, futures: &[Future<T>]) {
        self.inner.cancel(futures.iter().map(|future| future.cell().clone()).collect(), false);
    }

    /// Cancels futures for all clients of the cluster.
    pub fn cancel_for_all<T>(&self, futures: &[Future<T>]) {
        self.inner.cancel(futures.iter().map(|future| future.cell().clone()).collect(), true);
    }

    /// Runs failed futures again, with whatever failed below them.
    pub fn retry<T>(&self, futures: &[Future<T>]) {
        self.inner.retry(futures.iter().map(|future| future.cell().clone()).collect());
    }

    /// Lets a task run to its end although nobody holds its future; as Dask's `fire_and_forget`.
    pub fn fire_and_forget<T>(&self, future: &Future<T>) {
        drop(self.send(Mail::Forget(vec![future.cell().clone()])));
    }
}

impl Engine for Client {
    fn name(&self) -> &str {
        "local cluster"
    }

    fn run(&self, mut graph: CheckedGraph) -> Result<Vec<Value>, RunError> {
        graph.ask(&self.submit.options);
        let computation = Computation::begin(self, &graph);
        let result = self.inner.run(graph);
        if let Some(computation) = computation {
            computation.end(result.as_ref().err());
        }
        result
    }
}

impl ClientInner {
    fn run(self: &Arc<Self>, graph: CheckedGraph) -> Result<Vec<Value>, RunError> {
        let keys: Vec<_> = graph.outputs().iter().map(|&rank| graph.task(rank as usize).key.clone()).collect();
        let cells: Vec<Arc<Cell>> = keys.into_iter().map(|key| Arc::new(Cell::new(key))).collect();
        let mut wanted: Vec<(u32, Arc<Cell>)> = graph.outputs().iter().copied().zip(cells.iter().cloned()).collect();
        wanted.sort_by_key(|(rank, _)| *rank);
        cells.iter().for_each(|cell| {
            cell.want();
        });
        let (mut mail, mut values) = (Some(Mail::Submit { graph, wanted, inside: inside(self) }), Ok(Vec::new()));
        // Nothing is asked for where it cannot be waited for.
        let blocked = self.block("compute", "client.compute(&x)?.await", &mut || {
            let sent = mail.take().map_or(Ok(()), |mail| self.send(mail));
            values = sent.and_then(|()| {
                cells.iter().map(|cell| cell.wait_outcome(None).unwrap_or(Err(RunError::Closed))).collect()
            });
        });
        blocked?;
        for cell in &cells {
            self.release_cell(cell);
        }
        values
    }

    /// Tells the actor that nobody holds a result any longer; many of them with one message.
    pub(super) fn release_cell(&self, cell: &Arc<Cell>) {
        cell.set_released();
        let mut released = self.released.lock();
        released.push(cell.clone());
        if released.len() == 1 {
            drop(released);
            // If the cluster is gone, nothing is held there either.
            drop(self.send(Mail::ReleaseQueued));
        }
    }
}
