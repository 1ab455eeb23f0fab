//! Graphs as wholes: whether all of their tasks can run in another process, and the proof of it in this one.

use super::{NotPortable, TravelError, WorkReader, WorkWriter};
use crate::checked::{CheckedGraph, CheckedTask, Work};
use crate::portable::build_id;

fn refused(task: &CheckedTask, error: NotPortable) -> TravelError {
    TravelError::NotPortable { key: task.key.clone(), place: task.place, error }
}

impl CheckedGraph {
    /// Says which task is the first one that cannot run in another process, and why; to be asked before anything runs. Values
    /// that are at hand are not looked at: whether they can be written shows when they are.
    ///
    /// ```
    /// use partita_graph::{FromValues, Graph, Input, Key, Kind, Node, Place, Value};
    /// use std::sync::Arc;
    ///
    /// let captured = 3i64;
    /// let function = Arc::new(FromValues::new("i64", move |_: &[Value]| Ok(Value::new(captured))));
    /// let call = Node::new(Key::unique("three"), Kind::Call { function, inputs: Default::default() }, Place::here());
    /// let graph = Graph::new(vec![Input { node: Arc::new(call), part: 0 }]).check()?;
    /// assert!(graph.ensure_portable().unwrap_err().to_string().contains("captures 8 bytes"));
    /// # Ok::<(), partita_graph::GraphError>(())
    /// ```
    ///
    /// # Errors
    /// [`TravelError::NotPortable`].
    pub fn ensure_portable(&self) -> Result<(), TravelError> {
        let mut writer = WorkWriter::new();
        let calls = self.tasks().filter(|task| matches!(task.work, Work::Call(_)));
        calls
            .into_iter()
            .try_for_each(|task| task.work.write(&mut writer).map(drop).map_err(|error| refused(task, error)))
    }

    /// The same graph, whose tasks were written and made of the bytes again, as if they had gone to another process.
    ///
    /// # Errors
    /// [`TravelError`] names the first task that cannot be written or read.
    pub fn through_bytes(mut self) -> Result<Self, TravelError> {
        let (mut writer, mut reader) = (WorkWriter::new(), WorkReader::new(build_id())?);
        for task in self.tasks_mut() {
            let written = task.work.write(&mut writer).map_err(|error| refused(task, error))?;
            let not_read = |error| TravelError::NotRead { key: task.key.clone(), place: task.place, error };
            let work = Work::read(&written, &mut reader).map_err(not_read)?;
            task.work = work;
        }
        Ok(self)
    }
}
