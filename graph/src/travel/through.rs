//! Graphs that are written and read back in one process: the proof that their tasks could run in another one.

use super::{TravelError, WorkReader, WorkWriter};
use crate::checked::{CheckedGraph, Work};
use crate::portable::build_id;

impl CheckedGraph {
    /// The same graph, whose tasks were written and made of the bytes again, as if they had gone to another process.
    ///
    /// # Errors
    /// [`TravelError`] names the first task that cannot be written or read.
    pub fn through_bytes(mut self) -> Result<Self, TravelError> {
        let (mut writer, mut reader) = (WorkWriter::new(), WorkReader::new(build_id())?);
        for task in self.tasks_mut() {
            let not_portable = |error| TravelError::NotPortable { key: task.key.clone(), place: task.place, error };
            let written = task.work.write(&mut writer).map_err(not_portable)?;
            let not_read = |error| TravelError::NotRead { key: task.key.clone(), place: task.place, error };
            let work = Work::read(&written, &mut reader).map_err(not_read)?;
            task.work = work;
        }
        Ok(self)
    }
}
