//! The story of a task: everything that happened to it, from its beginning.

use super::error::ReplayError;
use super::replay::Replay;
use crate::journal::Machine;
use partita_graph::Key;
use partita_protocol::scheduler::Effect;
use partita_protocol::telemetry::{Record, State};
use partita_protocol::why::{Decision, Names, WhyReport};
use partita_protocol::{TaskId, Time, WorkerId};
use partita_worker::machine::StateName;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Everything that happened to a task.
#[derive(Clone, Debug)]
pub struct Story {
    /// The task.
    pub task: TaskId,
    /// Its key.
    pub key: Key,
    /// The line of user code that made it, as `file:line`.
    pub place: Option<Arc<str>>,
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// What the tasks and workers are called that stand in it.
    pub names: Names,
}

/// One thing that happened to a task.
#[derive(Clone, Debug)]
pub struct Line {
    /// In which event of the journal.
    pub event: u64,
    /// When.
    pub time: Time,
    /// What.
    pub what: What,
}

/// What happened to a task.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It changed its state in the scheduler.
    Transition {
        /// The state that it left.
        from: State,
        /// The state that it entered.
        to: State,
    },
    /// The scheduler decided something about it.
    Decided(Decision),
    /// It changed its state in a worker.
    OnWorker {
        /// Which worker.
        worker: WorkerId,
        /// The state that it left; `None` if it was not known there.
        from: Option<StateName>,
        /// The state that it entered; `None` if it is no longer known there.
        to: Option<StateName>,
    },
}

/// Replays a journal up to an event and notes what happens to one task.
pub(super) fn tell(path: &Path, task: TaskId, until: u64) -> Result<Story, ReplayError> {
    let mut replay = Replay::open_as(path, true)?;
    let mut lines = Vec::new();
    let (mut decided, mut on_worker) = (0, std::collections::BTreeMap::new());
    while replay.event() < until
        && let Some(step) = replay.step()?
    {
        let mut add = |what| lines.push(Line { event: step.event, time: step.time, what });
        match step.machine {
            Machine::Scheduler => {
                for effect in replay.effects() {
                    if let Effect::Record(Record::Transition { task: of, from, to, .. }) = effect
                        && *of == task
                    {
                        add(What::Transition { from: *from, to: *to });
                    }
                }
                let new = (replay.scheduler().decided() - decided) as usize;
                decided += new as u64;
                let decisions = replay.scheduler().decisions();
                let known = decisions.len();
                for decision in decisions.skip(known.saturating_sub(new)).filter(|decision| decision.task == task) {
                    add(What::Decided(decision.clone()));
                }
            }
            Machine::Worker(worker) => {
                let to = replay.worker(worker).and_then(|machine| machine.state_of(task));
                let from = match to {
                    Some(state) => on_worker.insert(worker, state),
                    None => on_worker.remove(&worker),
                };
                if from != to {
                    add(What::OnWorker { worker, from, to });
                }
            }
        }
    }
    Ok(story(&replay, task, lines))
}

fn story(replay: &Replay, task: TaskId, lines: Vec<Line>) -> Story {
    let decisions = lines.iter().filter_map(|line| match &line.what {
        What::Decided(decision) => Some(decision.clone()),
        _ => None,
    });
    let key = |task| replay.book.task(task).map(|named| named.key.clone());
    let state = partita_protocol::why::Why::Forgotten;
    let report = WhyReport::new(task, state, decisions.collect(), key, |worker| replay.worker_name(worker));
    let mut names = report.names;
    for line in &lines {
        if let What::OnWorker { worker, .. } = &line.what
            && let Some(name) = replay.worker_name(*worker)
        {
            names.workers.insert(*worker, name);
        }
    }
    let place = replay.book.task(task).and_then(|named| named.place.clone());
    Story { task, key: report.key, place, lines, names }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, {}", self.key, self.task)?;
        if let Some(place) = &self.place {
            write!(f, ", made in {place}")?;
        }
        for line in &self.lines {
            write!(f, "\n{:>8} {:.6} s ", line.event, line.time.as_secs_f64())?;
            match &line.what {
                What::Transition { from, to } => write!(f, "{from:?} → {to:?}")?,
                What::Decided(decision) => self.names.decision(f, decision)?,
                What::OnWorker { worker, from, to } => {
                    let state = |state: &Option<StateName>| match state {
                        Some(state) => format!("{state:?}"),
                        None => "unknown".into(),
                    };
                    let name =
                        self.names.workers.get(worker).map_or_else(|| worker.to_string(), |name| format!("`{name}`"));
                    write!(f, "on worker {name}: {} → {}", state(from), state(to))?;
                }
            }
        }
        Ok(())
    }
}
