//! Results that a task took from another worker, as arrows between executions.

use crate::run::{Execution, Run};
use partita_protocol::{IdMap, TaskId};

/// An arrow from the execution that made a result to one on another worker that took it.
pub(super) struct Flow<'a> {
    pub(super) from: &'a Execution,
    pub(super) to: &'a Execution,
}

/// The arrows of a run. They follow from what each task takes and where it ran.
pub(super) fn flows(run: &Run) -> impl Iterator<Item = Flow<'_>> {
    let good = || run.executions().kept().filter(|execution| execution.ok);
    let mut made: IdMap<TaskId, &Execution> = IdMap::default();
    for execution in good() {
        made.entry(execution.task).or_insert(execution);
    }
    good().flat_map(move |to| {
        let known = run.names().known(to.task);
        let inputs = known.map_or(&[][..], |known| &known.dependencies);
        let made = inputs.iter().filter_map(|input| made.get(input).copied());
        let moved = made.filter(|from| from.worker != to.worker && from.stopped <= to.started);
        moved.map(|from| Flow { from, to }).collect::<Vec<_>>()
    })
}
