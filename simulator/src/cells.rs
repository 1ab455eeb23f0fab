//! Which transitions of both machines a simulation has reached, against the tables of `docs/task-states.md`.

use partita_protocol::telemetry::State;
use partita_worker::machine::StateName;
use std::collections::BTreeMap;
use std::fmt;

/// A worker's state of a task, and `None` while it does not know the task.
pub type Known = Option<StateName>;

/// Every transition of a task on the scheduler.
pub const SCHEDULER: &[(State, &[State])] = {
    use State::{Erred, Forgotten, Memory, NoWorker, Processing, Queued, Released, Waiting};
    &[
        (Released, &[Waiting, Erred, Forgotten]),
        (Waiting, &[Queued, Processing, NoWorker, Memory, Erred, Released]),
        (Queued, &[Processing, NoWorker, Waiting, Erred, Released]),
        (NoWorker, &[Queued, Processing, Waiting, Erred, Released]),
        (Processing, &[Memory, Waiting, Erred, Released]),
        (Memory, &[Released]),
        (Erred, &[Released]),
    ]
};

/// Every transition of a task on a worker that one event can bring about, from the state before it to the state after.
///
/// There are six more in a worker that the scheduler's orders never lead to: a task that is to run here is an input of
/// another one here at the same time (from waiting, ready, executing or long-running to missing), or is put here as data
/// (from waiting or ready to memory). The worker's own tests give such orders; see `worker-actor/src/machine/tests`.
pub const WORKER: &[(Known, &[Known])] = {
    use StateName::{Executing, Fetch, Flight, LongRunning, Memory, Missing, Ready, Released, Waiting};
    &[
        (None, &[Some(Waiting), Some(Ready), Some(Executing), Some(Fetch), Some(Flight), Some(Missing), Some(Memory)]),
        (Some(Waiting), &[None, Some(Ready), Some(Executing)]),
        (Some(Ready), &[None, Some(Executing)]),
        (Some(Executing), &[None, Some(LongRunning), Some(Memory)]),
        (Some(LongRunning), &[None, Some(Memory)]),
        (Some(Fetch), &[None, Some(Flight), Some(Missing), Some(Waiting), Some(Ready), Some(Executing), Some(Memory)]),
        (Some(Flight), &[None, Some(Fetch), Some(Missing), Some(Waiting), Some(Ready), Some(Executing), Some(Memory)]),
        (Some(Missing), &[None, Some(Fetch), Some(Flight), Some(Waiting), Some(Ready), Some(Executing), Some(Memory)]),
        (Some(Memory), &[None, Some(Released)]),
        (Some(Released), &[None, Some(Memory)]),
    ]
};

/// How often each transition was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// On the scheduler.
    pub scheduler: BTreeMap<(State, State), u64>,
    /// On workers.
    pub worker: BTreeMap<(Known, Known), u64>,
}

impl Cells {
    /// Adds what another simulation has seen.
    pub fn merge(&mut self, other: &Cells) {
        other.scheduler.iter().for_each(|(cell, count)| *self.scheduler.entry(*cell).or_default() += count);
        other.worker.iter().for_each(|(cell, count)| *self.worker.entry(*cell).or_default() += count);
    }

    /// Cells of the tables that were not seen, in words.
    pub fn missing(&self) -> Vec<String> {
        let scheduler = SCHEDULER.iter().flat_map(|(from, list)| list.iter().map(move |to| (*from, *to)));
        let worker = WORKER.iter().flat_map(|(from, list)| list.iter().map(move |to| (*from, *to)));
        let scheduler = scheduler.filter(|cell| !self.scheduler.contains_key(cell));
        let worker = worker.filter(|cell| !self.worker.contains_key(cell));
        let scheduler = scheduler.map(|(from, to)| format!("scheduler: {from:?} to {to:?}"));
        scheduler.chain(worker.map(|(from, to)| format!("worker: {} to {}", say(from), say(to)))).collect()
    }

    /// Cells that were seen and stand in no table, in words.
    pub fn unknown(&self) -> Vec<String> {
        let is_known =
            |cell: &(State, State)| SCHEDULER.iter().any(|(from, to)| *from == cell.0 && to.contains(&cell.1));
        let scheduler = self.scheduler.keys().filter(|cell| !is_known(cell));
        let is_known = |cell: &(Known, Known)| WORKER.iter().any(|(from, to)| *from == cell.0 && to.contains(&cell.1));
        let worker = self.worker.keys().filter(|cell| !is_known(cell));
        let scheduler = scheduler.map(|(from, to)| format!("scheduler: {from:?} to {to:?}"));
        scheduler.chain(worker.map(|(from, to)| format!("worker: {} to {}", say(*from), say(*to)))).collect()
    }
}

fn say(state: Known) -> String {
    state.map_or_else(|| "unknown".into(), |state| state.to_string())
}

impl fmt::Display for Cells {
    /// Both tables with counts, then what is missing from them and what is not in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "transitions on the scheduler")?;
        for (from, list) in SCHEDULER {
            for to in *list {
                let count = self.scheduler.get(&(*from, *to)).copied().unwrap_or(0);
                writeln!(f, "  {:<12} {:<12} {count:>12}", format!("{from:?}"), format!("{to:?}"))?;
            }
        }
        writeln!(f, "transitions on a worker, from before an event to after it")?;
        for (from, list) in WORKER {
            for to in *list {
                let count = self.worker.get(&(*from, *to)).copied().unwrap_or(0);
                writeln!(f, "  {:<12} {:<12} {count:>12}", say(*from), say(*to))?;
            }
        }
        self.missing().iter().try_for_each(|cell| writeln!(f, "not reached: {cell}"))?;
        self.unknown().iter().try_for_each(|cell| writeln!(f, "in no table: {cell}"))
    }
}
