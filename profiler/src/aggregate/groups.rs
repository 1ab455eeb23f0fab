//! Tasks by group and state, and what whoever listens from now on has to know.

use super::said::Said;
use partita_protocol::census::{Census, WorkerCensus};
use partita_protocol::steps::{GroupSteps, Move};
use partita_protocol::telemetry::{Batch, Level, Log, Record, State};
use partita_protocol::{PlaceId, PrefixId, Time, WorkerId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The states that a task passes through, in the order of progress.
const STATES: usize = 8;

/// What is known of the tasks of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Tasks in each state now; the released ones are not counted.
    now: [u64; STATES],
    /// Tasks that ended well, ever.
    pub finished: u64,
    /// Tasks that failed, ever.
    pub erred: u64,
}

impl Group {
    /// Tasks in a state now. None is counted as released: when a task becomes known is told only while somebody listens.
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
    /// Lines of user code, as records.
    places: BTreeMap<PlaceId, Record>,
    /// The workers that are there, as records.
    workers: BTreeMap<WorkerId, Record>,
    /// The last lines of the log and the last failures.
    said: Said,
    /// The time of the last census, and how many records had been dropped by then.
    corrected: Option<(Time, u64)>,
    /// How many dropped records there is a line about in the log.
    excused: u64,
}

/// The groups with their names, as they are at one moment.
pub type View = Vec<(Arc<str>, Group)>;

impl Aggregates {
    /// Adds a batch.
    pub fn add(&mut self, batch: &Batch) {
        self.dropped += batch.dropped;
        self.records += batch.count();
        batch.records.iter().for_each(|record| self.record(record));
    }

    fn record(&mut self, record: &Record) {
        match record {
            Record::Prefix { prefix, name } => {
                self.names.insert(*prefix, name.clone());
            }
            Record::Transition { task, prefix, from, to, .. } => {
                self.moved(&[Move { task: *task, prefix: *prefix, from: *from, to: *to }]);
            }
            Record::Moves(moves) => {
                for (_, moves) in moves.turns() {
                    moves.chunk_by(|a, b| a.prefix == b.prefix).for_each(|own| self.moved(own));
                }
            }
            Record::Steps { groups, .. } => groups.iter().for_each(|steps| self.steps(steps)),
            Record::Place { place, .. } => drop(self.places.insert(*place, record.clone())),
            Record::WorkerJoined { worker, name, .. } => {
                self.said.named(*worker, name.clone());
                self.workers.insert(*worker, record.clone());
            }
            Record::WorkerLost { worker, .. } => drop(self.workers.remove(worker)),
            Record::Failed(failed) => self.said.failed(failed),
            Record::Log(log) => self.said.line(log),
            Record::Census(census) => self.counted(census),
            Record::Task { .. }
            | Record::Compute { .. }
            | Record::Transfer { .. }
            | Record::Stolen { .. }
            | Record::Store { .. }
            | Record::Usage(_)
            | Record::WorkerUsage { .. } => {}
        }
    }

    /// Tasks of one group took steps.
    fn moved(&mut self, moves: &[Move]) {
        let Some(first) = moves.first() else { return };
        let mut steps = GroupSteps::none(first.prefix);
        moves.iter().for_each(|step| steps.add(step.from, step.to));
        self.steps(&steps);
    }

    fn steps(&mut self, steps: &GroupSteps) {
        let group = self.groups.entry(steps.prefix).or_default();
        for (count, change) in group.now.iter_mut().zip(steps.change) {
            // A dropped record must not make a count negative.
            *count = count.saturating_add_signed(change);
        }
        // When a task becomes known is not told while nobody listens.
        group.now[State::Released as usize] = 0;
        group.finished += steps.finished;
        group.erred += steps.erred;
    }

    /// Records were lost, and these are the counts that are right.
    fn counted(&mut self, census: &Census) {
        self.groups.values_mut().for_each(|group| group.now = [0; STATES]);
        for told in &census.groups {
            let group = self.groups.entry(told.prefix).or_default();
            group.now = told.states;
            group.now[State::Released as usize] = 0;
            (group.finished, group.erred) = (group.finished.max(told.finished), group.erred.max(told.erred));
        }
        let mut known = std::mem::take(&mut self.workers);
        for WorkerCensus { worker, name, threads, memory_limit } in &census.workers {
            let (worker, threads, memory_limit) = (*worker, *threads, *memory_limit);
            let record = known.remove(&worker).unwrap_or_else(|| {
                self.said.named(worker, name.clone());
                Record::WorkerJoined { time: census.time, worker, name: name.clone(), threads, memory_limit }
            });
            self.workers.insert(worker, record);
        }
        self.corrected = Some((census.time, self.dropped));
    }

    /// The line of the log about records that were lost and a census that made up for it, once for each loss.
    pub fn excuse(&mut self) -> Option<Record> {
        let (time, dropped) = self.corrected.filter(|(_, dropped)| *dropped > self.excused)?;
        let lost = dropped - std::mem::replace(&mut self.excused, dropped);
        let when = time.since(Time::ZERO);
        let text = format_args!(
            "{lost} records were lost because the profiler was slow; counts by state were corrected at {when:.1?}"
        );
        Some(Log::record(time, Level::Warn, None, text))
    }

    /// What whoever listens from now on has to know, as records: names of groups, lines, and the workers that are there.
    pub fn names(&self) -> Vec<Record> {
        let record = |(prefix, name): (&PrefixId, &Arc<str>)| Record::Prefix { prefix: *prefix, name: name.clone() };
        let names = self.names.iter().map(record);
        names.chain(self.places.values().cloned()).chain(self.workers.values().cloned()).collect()
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
    use partita_protocol::TaskId;

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
