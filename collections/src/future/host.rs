//! What a future asks of the client that it belongs to.

use super::cell::Cell;
use partita_graph::RunError;
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

    /// Runs `wait`, which blocks this thread until something changes: refuses on threads that must not block, and gives
    /// an executor thread's slot back meanwhile. `call` names the blocking call, `instead` what to write instead.
    ///
    /// # Errors
    /// [`RunError::BlockingInAsync`] and [`RunError::NestedTooDeep`].
    fn block(&self, call: &'static str, instead: &'static str, wait: &mut dyn FnMut()) -> Result<(), RunError>;

    /// For telling hosts apart.
    fn id(&self) -> u64;
}
