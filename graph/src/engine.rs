//! What collections compute on.

use crate::checked::CheckedGraph;
use crate::error::RunError;
use crate::value::Value;

/// Runs graphs.
pub trait Engine: Send + Sync {
    /// Its name, for messages: `"reference"`, `"local cluster"`.
    fn name(&self) -> &str;

    /// Runs a graph and gives the values of its outputs, in order. Blocks.
    ///
    /// # Errors
    /// [`RunError`], with the first task that failed.
    fn run(&self, graph: CheckedGraph) -> Result<Vec<Value>, RunError>;
}
