//! What a future asks of the client that it belongs to.

use super::cell::Cell;
use partita_graph::{Key, RunError, Value};
use std::sync::Arc;

/// The client behind a future: fetches, releases, cancels, runs again.
pub trait Host: Send + Sync {
    /// Asks for the values of finished results; they arrive in their cells.
    fn fetch(&self, cells: Vec<Arc<Cell>>);

    /// Says that nobody holds the future any longer.
    fn release(&self, cell: &Arc<Cell>);

    /// Cancels results; with `force` for all clients.
    fn cancel(&self, cells: Vec<Arc<Cell>>, force: bool);

    /// Runs failed tasks again.
    fn retry(&self, cells: Vec<Arc<Cell>>);

    /// Called before a thread blocks until `cells` change: refuses on threads that must not block, and gives an executor
    /// thread's slot back. What it returns is dropped when the thread goes on.
    ///
    /// # Errors
    /// [`RunError::BlockingInAsync`] and [`RunError::NestedTooDeep`].
    fn block(&self, call: &'static str, instead: &'static str) -> Result<Box<dyn std::any::Any>, RunError>;

    /// The key's value if it can be had without waiting; used by engines that hold it in the same process.
    fn peek(&self, _key: &Key) -> Option<Value> {
        None
    }

    /// For telling hosts apart.
    fn id(&self) -> u64;
}
