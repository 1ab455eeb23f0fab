//! A run: the fold of all records.

use super::bins::OTHERS;
use super::census::Counted;
use super::early::GroupOf;
use super::entries::Entries;
use super::executions::Executions;
use super::groups::GroupStats;
use super::known::{Names, Story};
use super::last::Last;
use super::limits::Limits;
use super::readings::WorkerReadings;
use super::timeline::Timeline;
use super::transfers::Transfers;
use super::workers::Workers;
use partita_protocol::telemetry::{Batch, Failed, Log, State, Usage};
use partita_protocol::{IdMap, PrefixId, TaskId, Time, WorkerId};
use serde::{Deserialize, Serialize};
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
    pub(super) limits: Limits,
    /// The first and the last moment that a record tells of.
    pub(super) span: Option<(Time, Time)>,
    /// From when to when tasks changed their states or ran.
    pub(super) active: Option<(Time, Time)>,
    pub(super) names: Names,
    /// Groups of tasks, for the records of workers, which tell of tasks only.
    pub(super) group_of: GroupOf,
    pub(super) groups: IdMap<PrefixId, GroupStats>,
    pub(super) workers: Workers,
    pub(super) executions: Executions,
    pub(super) transfers: Transfers,
    pub(super) failures: Last<Failed>,
    pub(super) logs: Last<Log>,
    pub(super) usage: Last<Usage>,
    pub(super) cpu: WorkerReadings,
    pub(super) resident: WorkerReadings,
    pub(super) timeline: Option<Timeline>,
    /// Tasks that became known since the last moment that a record told of.
    pub(super) fresh: Entries<PrefixId, u64>,
    records: u64,
    dropped: u64,
    pub(super) census: Option<Counted>,
}

impl Run {
    /// A run of which nothing is known, and this much will be kept.
    pub fn new(limits: Limits) -> Self {
        Run { limits, ..Run::default() }
    }

    /// Adds records.
    pub fn add(&mut self, batch: &Batch) {
        self.dropped += batch.dropped;
        self.records += batch.count();
        batch.records.iter().for_each(|record| self.record(record));
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

    /// The cores that each worker kept busy, as far as the system tells: its threads, or its process if it has one of its own.
    pub fn cpu(&self) -> &WorkerReadings {
        &self.cpu
    }

    /// The bytes that the process of each worker had in memory, of workers that have one of their own.
    pub fn resident(&self) -> &WorkerReadings {
        &self.resident
    }

    /// What happened when, from the first moment on.
    pub fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref()
    }

    /// The end of the stretch of the timeline that a moment is in: what happened before it is what is known of the moment,
    /// by all that is asked for one. None for now, and for moments of the last stretch: that is all that is known.
    pub fn until(&self, at: Option<Time>) -> Option<Time> {
        let (at, timeline) = (at?, self.timeline.as_ref()?);
        let until = timeline.end_of(at);
        (until <= self.span().1).then_some(until)
    }

    /// The state that a task was in at the end of the stretch that a moment is in, or is in now; none if it is not kept, or
    /// was not known yet.
    pub fn state(&self, task: TaskId, at: Option<Time>) -> Option<State> {
        self.state_of(self.names.story(task)?, self.until(at))
    }

    /// As [`Run::state`], of a task that was found and before a moment that [`Run::until`] gave.
    pub(crate) fn state_of(&self, story: &Story, until: Option<Time>) -> Option<State> {
        story.state(until.zip(self.timeline.as_ref()).map(|(until, timeline)| timeline.unit(until)))
    }

    /// The group that stretches of time know this one as: itself, or [`OTHERS`].
    pub fn told_apart(&self, prefix: PrefixId) -> PrefixId {
        if (prefix.0 as usize) < self.limits.groups { prefix } else { OTHERS }
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
