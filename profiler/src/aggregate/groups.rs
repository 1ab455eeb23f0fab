//! Tasks by group and state, and the time that they took.

use super::said::Said;
use partita_protocol::telemetry::{Batch, Record, State};
use partita_protocol::{PrefixId, TaskId, WorkerId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The states that a task passes through, in the order of progress.
const STATES: usize = 8;

/// What is known of the tasks of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Tasks in each state now.
    now: [u64; STATES],
    /// Tasks that ended well, ever.
    pub finished: u64,
    /// Tasks that failed, ever.
    pub erred: u64,
}

impl Group {
    /// Tasks in a state now.
    pub fn of(&self, state: State) -> u64 {
        self.now[state as usize]
    }

    /// Tasks that are to be computed and have not ended.
    pub fn pending(&self) -> u64 {
        [State::Waiting, State::Queued, State::NoWorker, State::Processing].iter().map(|&state| self.of(state)).sum()
    }
}

/// Sums over all records of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Aggregates {
    names: BTreeMap<PrefixId, Arc<str>>,
    groups: BTreeMap<PrefixId, Group>,
    /// Records that came.
    pub records: u64,
    /// Records that were dropped on the way.
    pub dropped: u64,
    /// Executions.
    pub computed: u64,
    /// Time that executions took, added up.
    pub compute_time: Duration,
    /// Bytes that went from worker to worker.
    pub transferred: u64,
    /// Lines of user code, as records.
    places: Vec<Record>,
    /// The workers that are there, as records.
    workers: BTreeMap<WorkerId, Record>,
    /// The last lines of the log and the last failures.
    said: Said,
}

/// The groups with their names, as they are at one moment.
pub type View = Vec<(Arc<str>, Group)>;

impl Aggregates {
    /// Adds a batch.
    pub fn add(&mut self, batch: &Batch) {
        self.dropped += batch.dropped;
        self.records += batch.records.len() as u64;
        batch.records.iter().for_each(|record| self.record(record));
    }

    fn record(&mut self, record: &Record) {
        match record {
            Record::Prefix { prefix, name } => {
                self.names.insert(*prefix, name.clone());
            }
            Record::Transition { task, prefix, from, to, .. } => self.transition(*task, *prefix, *from, *to),
            Record::Compute { started, stopped, .. } => {
                self.computed += 1;
                self.compute_time += stopped.since(*started);
            }
            Record::Transfer { nbytes, .. } => self.transferred += nbytes,
            Record::Place { .. } => self.places.push(record.clone()),
            Record::WorkerJoined { worker, name, .. } => {
                self.said.named(*worker, name.clone());
                self.workers.insert(*worker, record.clone());
            }
            Record::WorkerLost { worker, .. } => drop(self.workers.remove(worker)),
            Record::Failed(failed) => self.said.failed(failed),
            Record::Log(log) => self.said.line(log),
            Record::Task { .. } | Record::Stolen { .. } | Record::Store { .. } => {}
            Record::Usage(_) | Record::WorkerUsage { .. } => {}
        }
    }

    fn transition(&mut self, _: TaskId, prefix: PrefixId, from: State, to: State) {
        let group = self.groups.entry(prefix).or_default();
        // A dropped record must not make a count negative.
        group.now[from as usize] = group.now[from as usize].saturating_sub(1);
        if to != State::Forgotten {
            group.now[to as usize] += 1;
        }
        group.finished += u64::from(to == State::Memory);
        group.erred += u64::from(to == State::Erred);
    }

    /// What whoever listens from now on has to know, as records: names of groups, lines, and the workers that are there.
    pub fn names(&self) -> Vec<Record> {
        let record = |(prefix, name): (&PrefixId, &Arc<str>)| Record::Prefix { prefix: *prefix, name: name.clone() };
        let names = self.names.iter().map(record);
        names.chain(self.places.iter().cloned()).chain(self.workers.values().cloned()).collect()
    }

    /// The last lines of the log, and the last failures.
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// How many workers are there.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// The groups with their names, in the order in which they were first met.
    pub fn view(&self) -> View {
        let named = |(prefix, group): (&PrefixId, &Group)| Some((self.names.get(prefix)?.clone(), group.clone()));
        self.groups.iter().filter_map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::Time;

    #[test]
    fn transitions_move_tasks_from_state_to_state() {
        let (task, prefix) = (TaskId::new(0, 0), PrefixId(0));
        let step = |from, to| Record::Transition { time: Time(1), task, prefix, from, to };
        let mut aggregates = Aggregates::default();
        let records = vec![
            Record::Prefix { prefix, name: "inc".into() },
            step(State::Released, State::Waiting),
            step(State::Waiting, State::Processing),
        ];
        aggregates.add(&Batch { records, dropped: 3 });
        let (name, group) = aggregates.view().remove(0);
        assert_eq!((&*name, group.of(State::Processing), group.pending()), ("inc", 1, 1));
        aggregates.add(&Batch { records: vec![step(State::Processing, State::Memory)], dropped: 0 });
        let group = aggregates.view().remove(0).1;
        assert_eq!((group.finished, group.pending(), aggregates.dropped), (1, 0, 3));
    }
}
