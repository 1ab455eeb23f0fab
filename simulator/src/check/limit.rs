//! X5, L8: what is given up because of time is given up when that has passed: not before, and hardly later.

use super::turn::Turn;
use super::{Broken, ensure};
use crate::universe::{Number, Universe};
use crate::world::{Trace, World};
use partita_graph::TaskOptions;
use partita_protocol::scheduler::{Event, Notice, WorkerInfo};
use partita_protocol::telemetry::{Record, State};
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Cause, ClientId, Resources, TaskId, Time};
use partita_scheduler::machine::Config;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Since when things go on that may not go on for ever.
#[derive(Debug)]
pub(super) struct Limits {
    /// Runs that have a limit and have not ended, with the moments at which they began.
    started: FxHashMap<Attempt, Time>,
    /// Tasks of which a run took too long.
    timed_out: FxHashSet<TaskId>,
    /// Who asks for each task that has a deadline.
    asked: FxHashMap<TaskId, Asked>,
    /// When each task last came to be one that could run and has no worker.
    ready: FxHashMap<TaskId, Time>,
    /// What the workers were like that came, by name.
    seen: BTreeMap<Arc<str>, WorkerInfo>,
    no_workers: Option<Duration>,
    is_static: bool,
}

/// Who asks for a task.
#[derive(Debug)]
struct Asked {
    /// Since when anybody does, or since it was to be tried again. Whoever of them the deadline counts from asked no
    /// earlier.
    since: Time,
    clients: Vec<ClientId>,
}

impl Limits {
    pub(super) fn new(config: &Config) -> Self {
        Limits {
            started: FxHashMap::default(),
            timed_out: FxHashSet::default(),
            asked: FxHashMap::default(),
            ready: FxHashMap::default(),
            seen: BTreeMap::new(),
            no_workers: config.no_workers_timeout,
            is_static: config.static_workers,
        }
    }

    /// What happened on workers: a run is given up at the moment at which its time has passed. One that stood still at
    /// that moment gives up when it goes on.
    pub(super) fn hear(&mut self, world: &World, trace: &Trace) -> Result<(), Broken> {
        match trace {
            Trace::Started { task, attempt, .. } if limit(world.universe(), *task).is_some() => {
                self.started.insert(*attempt, world.now());
            }
            Trace::Ended { worker, task, attempt, kept, .. } => {
                if let Some(started) = self.started.remove(attempt) {
                    let due = self.due(world, started, *task).max(thawed(world, *worker));
                    let is_late = *kept && world.now() > due;
                    ensure!(!is_late, "X5", *task, "{worker} keeps what {task} came to after its time, at {due:?}");
                }
            }
            Trace::Reported { worker, report: Report::TimedOut { task, attempt, .. } } => {
                let Some(started) = self.started.get(attempt) else {
                    ensure!(false, "X5", *task, "{worker} gives up {task} as {attempt}, which does not run");
                    return Ok(());
                };
                let (now, due) = (world.now(), self.due(world, *started, *task));
                ensure!(
                    now >= due,
                    "X5",
                    *task,
                    "{worker} gives up {task}, which began at {started:?}, before {due:?}"
                );
                let latest = due.max(thawed(world, *worker));
                ensure!(now <= latest, "L1", *task, "{worker} gives up {task} at {now:?}, not at {latest:?}");
            }
            _ => {}
        }
        Ok(())
    }

    fn due(&self, world: &World, started: Time, task: TaskId) -> Time {
        started + limit(world.universe(), task).unwrap_or(Duration::MAX)
    }

    pub(super) fn turn(&mut self, world: &World, turn: &Turn) -> Result<(), Broken> {
        let now = world.now();
        match turn.event {
            Event::GraphSubmitted { client, piece } => {
                let wanted = piece.tasks.iter().filter(|new| new.wanted);
                wanted.for_each(|new| self.ask(world.universe(), new.task, *client, now));
            }
            Event::KeysWanted { client, tasks } => {
                tasks.iter().for_each(|task| self.ask(world.universe(), *task, *client, now));
            }
            Event::KeysReleased { client, tasks } => tasks.iter().for_each(|task| self.let_go(*task, Some(*client))),
            Event::KeysCancelled { client, tasks, force } => {
                tasks.iter().for_each(|task| self.let_go(*task, (!force).then_some(*client)));
            }
            Event::ClientLeft { client } => self.asked.retain(|_, asked| asked.without(Some(*client))),
            Event::WorkerJoined { info, .. } => _ = self.seen.insert(info.name.clone(), info.clone()),
            Event::WorkerReported { report: Report::TimedOut { task, .. }, .. } => _ = self.timed_out.insert(*task),
            _ => {}
        }
        for effect in turn.effects {
            match effect {
                Trace::Recorded(Record::Transition { task, from, to, .. }) => self.moved(turn, now, *task, *from, *to),
                Trace::Notified { task, notice: Notice::Erred { blame, cause }, .. } => {
                    // What it says of a failure before this event was looked at then, though its task may have failed
                    // anew by another one's failure.
                    let has_failed = turn.moves().any(|(other, _, to)| other == *blame && to == State::Erred);
                    let is_new = has_failed && world.scheduler().failure(*blame) == Some((*blame, cause));
                    if is_new {
                        self.gave_up(world, turn, *task, *blame, cause)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn ask(&mut self, universe: &Universe, task: TaskId, client: ClientId, now: Time) {
        if options(universe, task).is_some_and(|options| options.deadline.is_some()) {
            let asked = self.asked.entry(task).or_insert_with(|| Asked { since: now, clients: Vec::new() });
            if !asked.clients.contains(&client) {
                asked.clients.push(client);
            }
        }
    }

    /// A client, or everyone, no longer asks for a task.
    fn let_go(&mut self, task: TaskId, client: Option<ClientId>) {
        if self.asked.get_mut(&task).is_some_and(|asked| !asked.without(client)) {
            self.asked.remove(&task);
        }
    }

    fn moved(&mut self, turn: &Turn, now: Time, task: TaskId, from: State, to: State) {
        match (from, to) {
            // As long as it waited while there were workers that were busy or paused, it waited.
            (State::Queued, State::NoWorker) => {}
            (_, State::Queued | State::NoWorker) => _ = self.ready.insert(task, now),
            (_, State::Forgotten) => {
                self.ready.remove(&task);
                self.asked.remove(&task);
                self.timed_out.remove(&task);
            }
            (State::Erred, _) if matches!(turn.event, Event::TasksRetried { .. }) => {
                if let Some(asked) = self.asked.get_mut(&task) {
                    asked.since = now;
                }
            }
            _ => {}
        }
    }

    /// A task is given up in this turn: the time for that has come.
    fn gave_up(&self, world: &World, turn: &Turn, task: TaskId, blame: TaskId, cause: &Cause) -> Result<(), Broken> {
        let now = world.now();
        let passed = matches!(turn.event, Event::TimePassed);
        match cause {
            Cause::TimedOut { .. } => {
                ensure!(self.timed_out.contains(&blame), "X5", blame, "{blame}: {cause:?}, and no run took too long");
            }
            Cause::DeadlinePassed { limit } => {
                let since = self.asked.get(&blame).map(|asked| asked.since);
                let is_due = passed && since.is_some_and(|since| since + *limit <= now);
                ensure!(is_due, "X5", blame, "{task}: {cause:?} for {blame}, which is asked for since {since:?}");
            }
            Cause::NoWorkers { waited, .. } => {
                let since = self.ready.get(&blame).copied().unwrap_or(now);
                let least = self.no_workers.unwrap_or(Duration::MAX);
                let is_due = passed && *waited >= least && since + *waited <= now;
                ensure!(is_due, "X5", blame, "{blame}: {cause:?}, of {least:?}, and it could run since {since:?}");
                ensure!(*waited == least, "L8", blame, "{blame}: {cause:?}, and not when {least:?} had passed");
            }
            Cause::Unsatisfiable { .. } => {
                let options = options(world.universe(), blame).cloned().unwrap_or_default();
                let able = self.seen.values().find(|info| suits(info, &options));
                let is_true = self.is_static && able.is_none();
                ensure!(is_true, "X5", blame, "{blame}: {cause:?}, though {able:?} could, or workers may come");
            }
            Cause::TooLarge { needs, limit } => {
                // Told of what depends on it, it may be long ago, and other workers may be there.
                if task == blame {
                    self.is_too_large(world, blame, *needs, *limit)?;
                }
            }
            Cause::Reported(_) | Cause::WorkersDied { .. } | Cause::NeverBegan { .. } | Cause::DataLost => {}
        }
        Ok(())
    }

    /// The inputs of a task have so many bytes, and no worker that may run it can hold more than so many.
    fn is_too_large(&self, world: &World, task: TaskId, needs: u64, limit: u64) -> Result<(), Broken> {
        let scheduler = world.scheduler();
        let mut sizes = scheduler.dependencies(task).iter().map(|input| scheduler.nbytes(*input));
        // Nobody needs them any longer, so they may be gone by the end of the turn.
        let total = sizes.try_fold(0, |sum, nbytes| Some(u64::saturating_add(sum, nbytes?)));
        ensure!(total.is_none_or(|total| total == needs), "X5", task, "{task} takes {total:?} bytes, not {needs}");
        let options = options(world.universe(), task).cloned().unwrap_or_default();
        let is_known = self.seen.values().any(|info| info.memory_limit == limit && suits(info, &options));
        ensure!(is_known, "X5", task, "{task} takes more than {limit} bytes, and no worker has this limit");
        let able = scheduler.workers().find(|view| {
            let has_room = matches!(view.info.memory_limit, 0 | u64::MAX) || view.info.memory_limit >= needs;
            has_room && view.info.threads > 0 && suits(view.info, &options)
        });
        let able = able.map(|view| view.worker);
        ensure!(able.is_none(), "X5", task, "{task} takes {needs} bytes, and {able:?} has room");
        Ok(())
    }
}

impl Asked {
    /// A client, or everyone, is gone: true if somebody is left.
    fn without(&mut self, client: Option<ClientId>) -> bool {
        self.clients.retain(|other| client.is_some_and(|client| client != *other));
        !self.clients.is_empty()
    }
}

/// What a user asked for a task.
fn options(universe: &Universe, task: TaskId) -> Option<&TaskOptions> {
    let is_there = task.index() < universe.len();
    is_there.then(|| universe.definition(task.index() as Number).options.as_deref()).flatten()
}

/// How long a run of a task may take.
fn limit(universe: &Universe, task: TaskId) -> Option<Duration> {
    options(universe, task)?.timeout
}

/// When a worker last went on after it had stood still.
fn thawed(world: &World, worker: partita_protocol::WorkerId) -> Time {
    world.host(worker).map_or(Time::ZERO, |host| host.thawed)
}

/// Whether a worker may run what asks this.
pub(crate) fn suits(info: &WorkerInfo, options: &TaskOptions) -> bool {
    let wants = Resources::new(options.resources.iter().map(|(name, amount)| (name, *amount)));
    let is_named = options.workers.iter().any(|name| **name == *info.name || **name == *info.host);
    info.resources.covers(&wants) && (options.workers.is_empty() || options.allow_other_workers || is_named)
}
