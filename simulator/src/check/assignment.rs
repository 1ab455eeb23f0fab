//! Who was told to run what: S17, S21, S22, S23, X3, X6, X7 of assignments.

use super::turn::Turn;
use super::{Broken, ensure};
use crate::world::Trace;
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::{Record, State};
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, LossCause, TaskId, WorkerId};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// How often a worker is asked to give one assignment back, at the most.
const MOST_ASKED: u32 = 4;

/// An assignment that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Current {
    pub(super) worker: WorkerId,
    pub(super) attempt: Attempt,
    /// Whether its worker was asked to give it back, and has not answered.
    asked_back: bool,
    /// How often it was.
    asked: u32,
}

/// An assignment that was given.
#[derive(Clone, Copy, Debug)]
struct Given {
    task: TaskId,
    worker: WorkerId,
    has_started: bool,
}

/// All assignments.
#[derive(Debug, Default)]
pub(super) struct Assignments {
    /// Those that were given, by number, from 1.
    given: Vec<Given>,
    /// Those that have not ended.
    pub(super) current: FxHashMap<TaskId, Current>,
    /// The workers that the scheduler knows.
    seated: BTreeSet<WorkerId>,
    latest: Option<WorkerId>,
    /// Assignments taken back in this turn, whose workers must be told.
    untold: Vec<(WorkerId, TaskId)>,
    /// Assignments whose workers were told in this turn, and that must be taken back.
    freed: Vec<(WorkerId, TaskId)>,
}

impl Assignments {
    /// What happened beside the scheduler: X3, each run was ordered, and runs once; S23, what runs is not given back.
    pub(super) fn hear(&mut self, trace: &Trace) -> Result<(), Broken> {
        if let Trace::Reported { worker, report: Report::StealAnswered { task, attempt, given: true } } = trace {
            let given = self.given.get((attempt.0 as usize).wrapping_sub(1));
            let runs = given.is_some_and(|given| given.task == *task && given.has_started);
            ensure!(!runs, "S23", *task, "{worker} gives {task} back as {attempt}, which it runs");
        }
        let Trace::Started { worker, task, attempt, .. } = trace else { return Ok(()) };
        let given = self.given.get_mut((attempt.0 as usize).wrapping_sub(1));
        let Some(given) = given.filter(|given| given.task == *task && given.worker == *worker) else {
            ensure!(false, "X3", *task, "{worker} runs {task} as {attempt}, which it was not told to");
            return Ok(());
        };
        ensure!(!given.has_started, "X3", *task, "{worker} runs {task} a second time as {attempt}");
        given.has_started = true;
        Ok(())
    }

    pub(super) fn turn(&mut self, turn: &Turn) -> Result<(), Broken> {
        match turn.event {
            Event::WorkerJoined { worker, .. } => {
                self.seated.insert(*worker);
                self.latest = self.latest.max(Some(*worker));
            }
            Event::WorkerLost { worker, .. } => self.lost(turn, *worker)?,
            Event::WorkerReported { worker, report } => {
                if !self.seated.contains(worker) {
                    if let Some(effect) = turn.effects.first() {
                        let text = format!("{worker} is gone, and its {report:?} led to {effect:?}");
                        return Err(Broken::new("X6", text).worker(*worker));
                    }
                    return Ok(());
                }
                self.answered(*worker, report);
            }
            _ => {}
        }
        self.untold.clear();
        self.freed.clear();
        for effect in turn.effects {
            match effect {
                Trace::Recorded(Record::Transition { task, from, to, .. }) => self.moved(turn, *task, *from, *to)?,
                // A worker that is being taken off the list is told what it no longer hears.
                Trace::Ordered { worker, .. } if is_lost_in(turn, *worker) => {}
                Trace::Ordered { worker, order } => self.ordered(*worker, order)?,
                _ => {}
            }
        }
        if let Some((worker, task)) = self.freed.first() {
            ensure!(false, "S21", *task, "{worker} is told to free {task}, and has it to run");
        }
        match self.untold.first() {
            Some((worker, task)) => {
                let text = format!("{task} was taken from {worker}, which was not told");
                Err(Broken::new("S21", text).task(*task).worker(*worker))
            }
            None => Ok(()),
        }
    }

    /// W5: when a worker is lost, all others are told.
    fn lost(&mut self, turn: &Turn, worker: WorkerId) -> Result<(), Broken> {
        if !self.seated.remove(&worker) {
            return Ok(());
        }
        let told = turn.orders().filter(|(_, order)| matches!(order, Order::PeerLost { peer } if *peer == worker));
        let (told, others) = (told.count(), self.seated.len());
        match told == others {
            true => Ok(()),
            false => Err(Broken::new("W5", format!("{told} of {others} workers were told that {worker} is lost"))),
        }
    }

    /// A worker answered whether it gives an assignment back.
    fn answered(&mut self, worker: WorkerId, report: &Report) {
        if let Report::StealAnswered { task, attempt, .. } = report
            && let Some(current) = self.current.get_mut(task)
            && (current.worker, current.attempt) == (worker, *attempt)
        {
            current.asked_back = false;
        }
    }

    /// A task changed its state: what ends its assignment must be known to its worker, or be told.
    fn moved(&mut self, turn: &Turn, task: TaskId, from: State, to: State) -> Result<(), Broken> {
        if from != State::Processing {
            return Ok(());
        }
        let Some(current) = self.current.remove(&task) else {
            ensure!(false, "S21", task, "{task} was processing, and nobody was told to run it");
            return Ok(());
        };
        let is_own = match turn.event {
            Event::WorkerReported { worker, report } if *worker == current.worker => {
                ends(report) == Some((task, current.attempt))
            }
            Event::WorkerLost { worker, .. } => *worker == current.worker,
            _ => false,
        };
        let finished = matches!(turn.event, Event::WorkerReported { report: Report::Finished { .. }, .. });
        ensure!(
            to != State::Memory || (is_own && finished),
            "S17",
            task,
            "{task} is in memory, which {current:?} did not report"
        );
        let freed = self.freed.iter().position(|(worker, other)| (*worker, *other) == (current.worker, task));
        if let Some(freed) = freed {
            self.freed.swap_remove(freed);
        } else if !is_own {
            self.untold.push((current.worker, task));
        }
        let explained = is_own || to != State::Waiting || self.loses_input(turn);
        ensure!(explained, "X3", task, "{task} was taken from {} for nothing", current.worker);
        Ok(())
    }

    /// Whether the event may be a cause for inputs to be gone.
    fn loses_input(&self, turn: &Turn) -> bool {
        match turn.event {
            Event::WorkerLost { .. } => true,
            Event::WorkerReported { report, .. } => matches!(report, Report::Missing { .. }),
            _ => false,
        }
    }

    fn ordered(&mut self, worker: WorkerId, order: &Order) -> Result<(), Broken> {
        if !self.seated.contains(&worker) {
            return Err(Broken::new("S21", format!("{worker} is gone, and is told {order:?}")).worker(worker));
        }
        match order {
            Order::Compute(assignment) => {
                let (task, attempt) = (assignment.task, assignment.attempt);
                let latest = self.given.len() as u64;
                ensure!(attempt.0 == latest + 1, "S17", task, "{attempt} comes after a{latest}");
                let before = self.current.get(&task);
                ensure!(before.is_none(), "S21", task, "{task} goes to {worker}, and is assigned as {before:?}");
                for input in &assignment.inputs {
                    let there = !input.holders.is_empty() && input.holders.iter().all(|id| self.seated.contains(id));
                    ensure!(there, "S5", task, "{task} goes to {worker} with {input:?}");
                }
                self.given.push(Given { task, worker, has_started: false });
                self.current.insert(task, Current { worker, attempt, asked_back: false, asked: 0 });
            }
            Order::Free { task } => {
                self.untold.retain(|untold| *untold != (worker, *task));
                if self.current.get(task).is_some_and(|current| current.worker == worker) {
                    self.freed.push((worker, *task));
                }
            }
            Order::Steal { task, attempt } => {
                let current = self.current.get_mut(task).filter(|current| current.worker == worker);
                let Some(current) = current.filter(|current| current.attempt == *attempt) else {
                    ensure!(false, "S23", *task, "{worker} is asked for {task} as {attempt}, which it does not have");
                    return Ok(());
                };
                ensure!(!current.asked_back, "S23", *task, "{worker} is asked for {task} a second time");
                current.asked_back = true;
                current.asked += 1;
                ensure!(current.asked <= MOST_ASKED, "L4", *task, "{worker} is asked for {task} again and again");
            }
            _ => {}
        }
        Ok(())
    }

    /// The tasks that a worker that died was to run, with their assignments, and whether they had begun there.
    pub(super) fn under<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = (TaskId, Attempt, bool)> + 'a {
        let dead = match event {
            Event::WorkerLost { worker, cause, .. } if *cause != LossCause::Retired => Some(*worker),
            _ => None,
        };
        let under = self.current.iter().filter(move |(_, current)| Some(current.worker) == dead);
        under.map(|(task, current)| (*task, current.attempt, self.has_begun(current.attempt)))
    }

    fn has_begun(&self, attempt: Attempt) -> bool {
        self.given.get((attempt.0 as usize).wrapping_sub(1)).is_some_and(|given| given.has_started)
    }
}

/// Whether the worker is lost in this turn.
fn is_lost_in(turn: &Turn, worker: WorkerId) -> bool {
    matches!(turn.event, Event::WorkerLost { worker: lost, .. } if *lost == worker)
}

/// The assignment that a report ends.
fn ends(report: &Report) -> Option<(TaskId, Attempt)> {
    match report {
        Report::Finished { task, attempt, .. }
        | Report::Failed { task, attempt, .. }
        | Report::Rescheduled { task, attempt }
        | Report::TimedOut { task, attempt, .. }
        | Report::StealAnswered { task, attempt, given: true } => Some((*task, *attempt)),
        _ => None,
    }
}
