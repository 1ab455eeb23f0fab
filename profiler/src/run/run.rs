//! A run: the fold of all records.

mod census;

use super::early::{GroupOf, Told};
use super::executions::{Execution, Executions};
use super::groups::GroupStats;
use super::known::{Line, Names};
use super::last::Last;
use super::limits::Limits;
use super::timeline::{OTHERS, Timeline, step};
use super::transfers::Transfers;
use super::workers::Workers;
use partita_protocol::telemetry::{Batch, Failed, Log, Record, State, Usage};
use partita_protocol::{IdMap, PrefixId, TaskId, Time, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a cluster did, from the first record on.
///
/// It is the same however the records are cut into batches. What workers tell of a task waits until the scheduler has told
/// of that task, as their records come on ways of their own. Its memory is bounded by its [`Limits`] and by the number of
/// groups and workers; what is no longer kept is counted.
///
/// ```
/// use partita_profiler::run::{Limits, Run};
/// use partita_protocol::telemetry::{Batch, Record, State};
/// use partita_protocol::{Attempt, PrefixId, TaskId, Time, WorkerId};
///
/// let (task, prefix) = (TaskId::new(0, 0), PrefixId(0));
/// let compute = Record::Compute {
///     task,
///     attempt: Attempt(0),
///     worker: WorkerId(0),
///     thread: 0,
///     started: Time(1_000),
///     stopped: Time(4_000),
///     nbytes: 8,
///     ok: true,
/// };
/// let step = Record::Transition { time: Time(4_000), task, prefix, from: State::Processing, to: State::Memory };
/// let mut run = Run::new(Limits::default());
/// run.add(&Batch { records: vec![compute, step], dropped: 0 });
/// assert_eq!(run.executions().busy.as_nanos(), 3_000);
/// assert_eq!(run.groups()[0].1.times.count, 1);
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    limits: Limits,
    /// The first and the last moment that a record tells of.
    span: Option<(Time, Time)>,
    /// From when to when tasks changed their states or ran.
    active: Option<(Time, Time)>,
    names: Names,
    /// Groups of tasks, for the records of workers, which tell of tasks only.
    group_of: GroupOf,
    groups: IdMap<PrefixId, GroupStats>,
    workers: Workers,
    executions: Executions,
    transfers: Transfers,
    failures: Last<Failed>,
    logs: Last<Log>,
    usage: Last<Usage>,
    timeline: Option<Timeline>,
    /// Tasks that became known since the last moment that a record told of.
    fresh: BTreeMap<PrefixId, u64>,
    records: u64,
    dropped: u64,
    /// The time of the last census, and how many records had been dropped by then.
    corrected: Option<(Time, u64)>,
}

impl Run {
    /// A run of which nothing is known, and this much will be kept.
    pub fn new(limits: Limits) -> Self {
        Run { limits, ..Run::default() }
    }

    /// Adds records.
    pub fn add(&mut self, batch: &Batch) {
        self.dropped += batch.dropped;
        self.records += batch.records.len() as u64;
        batch.records.iter().for_each(|record| self.record(record));
    }

    fn record(&mut self, record: &Record) {
        let limits = self.limits;
        match record {
            Record::Prefix { prefix, name } => self.names.prefix(*prefix, name.clone()),
            Record::Place { place, file, line } => {
                self.names.place(*place, Line { file: file.clone(), line: *line });
            }
            Record::Task { task, before, prefix, place, token, part, dependencies } => {
                self.names.task(*task, (*prefix, *token, *part), *place, dependencies.clone(), limits.tasks);
                self.handed_in(*task, *prefix, *before);
            }
            Record::Transition { time, task, prefix, from, to } => self.moved(*time, *task, *prefix, *from, *to),
            Record::Compute { task, worker, thread, started, stopped, nbytes, ok, .. } => {
                let (task, prefix, worker, thread) = (*task, OTHERS, *worker, *thread);
                let (started, stopped, nbytes, ok) = (*started, *stopped, *nbytes, *ok);
                let execution = Execution { task, prefix, worker, thread, started, stopped, nbytes, ok };
                self.told(task, Told::Ran(execution));
            }
            Record::Transfer { from, to, count, nbytes, results, started, stopped } => {
                let time = stopped.since(*started);
                self.transfers.add(*from, *to, *count, *nbytes, time);
                for (task, own) in results {
                    self.told(*task, Told::Sent(*own, Transfers::share(time, (*own, *nbytes), results.len())));
                }
                self.workers.of(*from).sent += nbytes;
                self.workers.of(*to).received += nbytes;
                self.seen(*started);
                self.bin(*stopped).sent += nbytes;
            }
            Record::Store { time, worker, count, nbytes } => {
                let facts = self.workers.of(*worker);
                (facts.count, facts.nbytes) = (*count, *nbytes);
                facts.peak = facts.peak.max(*nbytes);
                self.bin(*time).held.insert(*worker, (*count, *nbytes));
            }
            Record::Stolen { time, task, from } => {
                if let Some(prefix) = self.group_of.get(*task) {
                    self.group(prefix).stolen += 1;
                }
                self.workers.of(*from).stolen += 1;
                self.bin(*time).stolen += 1;
            }
            Record::WorkerJoined { time, worker, name, threads, memory_limit } => {
                let facts = self.workers.of(*worker);
                (facts.name, facts.threads, facts.memory_limit) = (name.clone(), *threads, *memory_limit);
                facts.joined = *time;
                // Workers that were there before the run began are told of first, and do not begin it.
                if self.span.is_some() {
                    self.bin(*time);
                }
            }
            Record::WorkerLost { time, worker, cause } => {
                let facts = self.workers.of(*worker);
                facts.lost = Some((*time, cause.clone()));
                (facts.count, facts.nbytes) = (0, 0);
                self.bin(*time).held.insert(*worker, (0, 0));
            }
            Record::Failed(failed) => {
                self.failures.add(Failed::clone(failed), limits.lines);
                self.seen(failed.time);
            }
            Record::Log(log) => self.logs.add(Log::clone(log), limits.lines),
            Record::Census(census) => self.counted(census),
            Record::Usage(usage) => {
                self.usage.add(*usage, limits.lines);
                self.bin(usage.time).usage = Some(*usage);
            }
        }
    }

    fn handed_in(&mut self, task: TaskId, prefix: PrefixId, before: State) {
        let is_new = self.learn(task, prefix);
        match before {
            State::Forgotten if is_new => self.known(prefix),
            State::Forgotten => {}
            state => self.names.entered(task, state),
        }
    }

    /// A task became known, and is released. Its record has no time: it is of the next moment that one tells of.
    fn known(&mut self, prefix: PrefixId) {
        let group = self.group(prefix);
        group.tasks += 1;
        group.now[State::Released as usize] += 1;
        *self.fresh.entry(self.told_apart(prefix)).or_default() += 1;
    }

    fn moved(&mut self, time: Time, task: TaskId, prefix: PrefixId, from: State, to: State) {
        extend(&mut self.active, time, time);
        let group = self.group(prefix);
        step(&mut group.now, from, to);
        group.finished += u64::from(to == State::Memory);
        group.erred += u64::from(to == State::Erred);
        self.learn(task, prefix);
        if to == State::Forgotten {
            self.group_of.forget(task);
        }
        self.names.entered(task, to);
        let told = self.told_apart(prefix);
        step(self.bin(time).steps.entry(told).or_default(), from, to);
    }

    /// The scheduler told of the group of a task; whether that is new.
    fn learn(&mut self, task: TaskId, prefix: PrefixId) -> bool {
        let (new, early) = self.group_of.learn(task, prefix);
        early.into_iter().for_each(|told| self.place(prefix, told));
        new
    }

    /// A worker told of a task, whose group may not be known yet.
    fn told(&mut self, task: TaskId, told: Told) {
        let kept = || self.names.known(task).map(|known| known.prefix);
        match self.group_of.get(task).or_else(kept) {
            Some(prefix) => self.place(prefix, told),
            None => {
                if let Some(told) = self.group_of.wait(task, told) {
                    self.place(OTHERS, told);
                }
            }
        }
    }

    fn place(&mut self, prefix: PrefixId, told: Told) {
        match told {
            Told::Ran(execution) => self.executed(Execution { prefix, ..execution }),
            Told::Sent(nbytes, time) => self.transfers.add_group(prefix, nbytes, time),
        }
    }

    fn executed(&mut self, execution: Execution) {
        extend(&mut self.active, execution.started, execution.stopped);
        let time = execution.duration();
        let group = self.group(execution.prefix);
        group.failures += u64::from(!execution.ok);
        group.times.add(time.as_nanos() as u64);
        if execution.ok {
            group.sizes.add(execution.nbytes);
        }
        let facts = self.workers.of(execution.worker);
        facts.executed += 1;
        facts.failures += u64::from(!execution.ok);
        facts.busy += time;
        self.seen(execution.started);
        if self.timeline.is_none() {
            self.bin(execution.started);
        }
        let bin = self.bin(execution.stopped);
        bin.ended += 1;
        bin.failed += u64::from(!execution.ok);
        let (told, most) = (self.told_apart(execution.prefix), self.limits.bins);
        if let Some(timeline) = &mut self.timeline {
            timeline.ran(execution.started, execution.stopped, told, execution.worker, most);
        }
        self.executions.add(execution, self.limits.executions);
    }

    /// The group that a stretch of time knows this one as.
    fn told_apart(&self, prefix: PrefixId) -> PrefixId {
        if (prefix.0 as usize) < self.limits.groups { prefix } else { OTHERS }
    }

    fn group(&mut self, prefix: PrefixId) -> &mut GroupStats {
        self.groups.entry(prefix).or_default()
    }

    fn seen(&mut self, time: Time) {
        extend(&mut self.span, time, time);
    }

    fn bin(&mut self, time: Time) -> &mut super::timeline::Bin {
        self.seen(time);
        let bin = self.timeline.get_or_insert_with(|| Timeline::starting(time)).at(time, self.limits.bins);
        for (prefix, count) in std::mem::take(&mut self.fresh) {
            *bin.known.entry(prefix).or_default() += count;
            bin.steps.entry(prefix).or_default()[State::Released as usize] += count as i64;
        }
        bin
    }

    /// The first and the last moment that a record tells of.
    pub fn span(&self) -> (Time, Time) {
        self.span.unwrap_or_default()
    }

    /// From when to when tasks changed their states or ran.
    pub fn active(&self) -> (Time, Time) {
        self.active.unwrap_or_default()
    }

    /// How long it took, so far.
    pub fn duration(&self) -> Duration {
        let (first, last) = self.span();
        last.since(first)
    }

    /// Names of groups, and tasks with their keys, lines and inputs.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What the tasks of each name did, in the order in which the names came.
    pub fn groups(&self) -> Vec<(PrefixId, &GroupStats)> {
        let mut groups: Vec<_> = self.groups.iter().map(|(&prefix, stats)| (prefix, stats)).collect();
        groups.sort_by_key(|(prefix, _)| *prefix);
        groups
    }

    /// The workers.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    /// The executions.
    pub fn executions(&self) -> &Executions {
        &self.executions
    }

    /// The transfers between workers.
    pub fn transfers(&self) -> &Transfers {
        &self.transfers
    }

    /// The failures.
    pub fn failures(&self) -> &Last<Failed> {
        &self.failures
    }

    /// The log.
    pub fn logs(&self) -> &Last<Log> {
        &self.logs
    }

    /// What the process and the machine used.
    pub fn usage(&self) -> &Last<Usage> {
        &self.usage
    }

    /// What happened when, from the first moment on.
    pub fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref()
    }

    /// Records that came, and records that were dropped on the way because the profiler was slow.
    pub fn records(&self) -> (u64, u64) {
        (self.records, self.dropped)
    }

    /// The worker of this name; of several, one that is there.
    pub fn worker(&self, name: &str) -> Option<WorkerId> {
        let named = || self.workers.iter().filter(|(_, facts)| &*facts.name == name);
        named().find(|(_, facts)| facts.is_there()).or_else(|| named().last()).map(|(worker, _)| worker)
    }
}

/// Lets a stretch of time hold another one too.
fn extend(span: &mut Option<(Time, Time)>, from: Time, to: Time) {
    let (first, last) = span.get_or_insert((from, to));
    (*first, *last) = ((*first).min(from), (*last).max(to));
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_graph::Token;
    use partita_protocol::PlaceId;

    #[test]
    fn tasks_are_released_from_the_moment_on_at_which_they_are_known() {
        let (task, prefix, ms) = (TaskId::new(0, 0), PrefixId(0), 1_000_000);
        let new = Record::Task {
            task,
            before: State::Forgotten,
            prefix,
            place: PlaceId(0),
            token: Token::of(b"0"),
            part: 0,
            dependencies: Box::default(),
        };
        let step = |time, from, to| Record::Transition { time: Time(time), task, prefix, from, to };
        let name = "early".into();
        let joined = Record::WorkerJoined { time: Time(1), worker: WorkerId(0), name, threads: 1, memory_limit: 0 };
        let usage = |time| Record::Usage(Usage { time: Time(time), ..Usage::default() });
        let mut run = Run::new(Limits::default());
        let records = vec![
            joined,
            usage(50 * ms),
            new.clone(),
            usage(60 * ms),
            new,
            step(70 * ms, State::Released, State::Memory),
            step(90 * ms, State::Memory, State::Released),
            step(90 * ms, State::Released, State::Forgotten),
        ];
        run.add(&Batch { records, dropped: 0 });
        assert_eq!(run.span(), (Time(50 * ms), Time(90 * ms)), "a worker that was there before does not begin it");
        let timeline = run.timeline().unwrap();
        let known: Vec<_> = [50, 60, 70, 90].map(|at| timeline.known(Time(at * ms)).get(&prefix).copied()).into();
        assert_eq!(known, [None, Some(1), Some(1), Some(1)]);
        let states: Vec<_> = [60, 70, 90].map(|at| timeline.states(Time(at * ms))[&prefix]).into();
        assert_eq!(states, [[1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0, 0], [0; 8]]);
        assert_eq!(run.groups()[0].1.now, [0; 8]);
    }

    #[test]
    fn workers_may_tell_of_tasks_before_the_scheduler_does_and_after_it_forgot_them() {
        let (task, prefix, worker) = (TaskId::new(7, 0), PrefixId(3), WorkerId(0));
        let ran = Record::Compute {
            task,
            attempt: partita_protocol::Attempt(0),
            worker,
            thread: 0,
            started: Time(10),
            stopped: Time(30),
            nbytes: 8,
            ok: true,
        };
        let sent = Record::Transfer {
            from: worker,
            to: WorkerId(1),
            count: 1,
            nbytes: 8,
            results: vec![(task, 8)].into(),
            started: Time(30),
            stopped: Time(35),
        };
        let step = |from, to| Record::Transition { time: Time(40), task, prefix, from, to };
        let known = [step(State::Released, State::Memory), step(State::Released, State::Forgotten)];
        let orders = [
            vec![ran.clone(), sent.clone(), known[0].clone(), known[1].clone()],
            vec![known[0].clone(), ran.clone(), known[1].clone(), sent.clone()],
            vec![known[0].clone(), known[1].clone(), ran, sent],
        ];
        for records in orders {
            let mut run = Run::new(Limits::default());
            run.add(&Batch { records, dropped: 0 });
            let groups: Vec<_> = run.groups().iter().map(|(prefix, group)| (*prefix, group.times.sum)).collect();
            assert_eq!(groups, [(prefix, 20)]);
            assert_eq!(run.executions().kept().map(|ran| ran.prefix).collect::<Vec<_>>(), [prefix]);
            let flows: Vec<_> = run.transfers().groups().map(|(prefix, flow)| (prefix, flow.nbytes)).collect();
            assert_eq!(flows, [(prefix, 8)]);
        }
    }
}
