//! X5, S18: an error blames a task that really failed, and that the result depends on. Of a task that is given up because
//! workers died it is seen that it had begun on each of them, and that none is spared that had begun on as many.

use super::assignment::Assignments;
use super::turn::Turn;
use super::{Broken, ensure};
use crate::universe::{Number, Universe};
use crate::world::Patience;
use partita_protocol::limits::UNBEGUN_DEATHS;
use partita_protocol::scheduler::{Event, Notice};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Begun, Cause, FaultId, TaskId};
use rustc_hash::FxHashMap;

/// What failed.
#[derive(Debug)]
pub(super) struct Blames {
    /// The tasks that reported errors.
    reported: FxHashMap<FaultId, TaskId>,
    /// How many workers died after each task had begun there, since it was tried again last, and before at the most.
    deaths: FxHashMap<TaskId, (u32, u32)>,
    /// The same of those that died before it had begun there, and all of its time together.
    unbegun: FxHashMap<TaskId, u32>,
    /// How many the scheduler was told of, since it was tried again last.
    told: FxHashMap<TaskId, u32>,
    /// The tasks that are to be given up in this turn.
    due: Vec<TaskId>,
    allowed: u32,
}

impl Blames {
    pub(super) fn new(allowed: u32) -> Self {
        let (reported, deaths, unbegun, told, due) = Default::default();
        Blames { reported, deaths, unbegun, told, due, allowed }
    }

    /// Notes what an event means before assignments are taken back.
    pub(super) fn before(&mut self, turn: &Turn, assignments: &Assignments) {
        self.due.clear();
        if let Event::WorkerLost { begun, .. } = turn.event {
            for (task, attempt, has_begun) in assignments.under(turn.event) {
                // Of one that nobody knows of, all may have begun.
                if has_begun || *begun == Begun::Unknown {
                    self.deaths.entry(task).or_default().0 += 1;
                }
                if begun.may_have(attempt) {
                    let told = self.told.entry(task).or_default();
                    *told += 1;
                    self.due.extend((*told > self.allowed).then_some(task));
                } else {
                    *self.unbegun.entry(task).or_default() += 1;
                }
            }
        }
        if let Event::WorkerReported { report: Report::Failed { task, fault, .. }, .. } = turn.event {
            self.reported.insert(*fault, *task);
        }
    }

    pub(super) fn turn(&mut self, universe: &Universe, turn: &Turn) -> Result<(), Broken> {
        for (client, task, notice) in turn.notices() {
            let Notice::Erred { blame, cause } = notice else { continue };
            let depends = task == *blame || depends(universe, task.index() as Number, blame.index() as Number);
            ensure!(depends, "X5", task, "{client} is told that {task} erred by {blame}, on which it does not depend");
            if let Cause::DeadlinePassed { limit } = cause {
                let defined = universe.definition(task.index() as Number).options.as_ref();
                let own = Patience::of(client).deadline(defined.and_then(|options| options.deadline));
                let is_own = task == *blame && own == Some(*limit);
                ensure!(
                    is_own,
                    "X5",
                    task,
                    "{client} is told that {blame} is late by {limit:?}, and waits {own:?} for {task}"
                );
                continue;
            }
            self.cause(universe, *blame, cause)?;
        }
        for (task, from, _) in turn.moves() {
            if from == State::Erred {
                let (now, before) = self.deaths.entry(task).or_default();
                *before = std::mem::take(now).max(*before);
                self.told.remove(&task);
            }
        }
        for task in &self.due {
            let is_given_up = turn.moves().any(|(moved, _, to)| moved == *task && to == State::Erred);
            ensure!(is_given_up, "S18", *task, "{task} is not given up after {:?} deaths", self.told.get(task));
        }
        Ok(())
    }

    fn cause(&self, universe: &Universe, blame: TaskId, cause: &Cause) -> Result<(), Broken> {
        let definition = universe.definition(blame.index() as Number);
        let options = definition.options.as_deref();
        let is_true = match cause {
            Cause::Reported(fault) => self.reported.get(fault) == Some(&blame),
            Cause::WorkersDied { deaths, .. } => {
                // What erred with it before it was tried again still tells of that time.
                let counted = self.deaths.get(&blame).map_or(0, |(now, before)| *now.max(before));
                let is_true = counted >= *deaths && *deaths > self.allowed;
                ensure!(is_true, "S18", blame, "{blame}: {cause:?}, not {counted}");
                true
            }
            Cause::NeverBegan { deaths, .. } => {
                self.unbegun.get(&blame).is_some_and(|counted| counted >= deaths && *deaths >= UNBEGUN_DEATHS)
            }
            Cause::TimedOut { limit } => options.is_some_and(|options| options.timeout == Some(*limit)),
            Cause::DataLost => definition.data,
            Cause::TooLarge { needs, limit } => !definition.dependencies.is_empty() && needs > limit,
            Cause::NoWorkers { .. } | Cause::Unsatisfiable { .. } | Cause::DeadlinePassed { .. } => true,
        };
        ensure!(is_true, "X5", blame, "{blame} is said to have failed by {cause:?}");
        Ok(())
    }
}

/// Whether a task depends on another.
fn depends(universe: &Universe, task: Number, on: Number) -> bool {
    let mut marked = vec![false; task as usize + 1];
    marked[task as usize] = true;
    for number in (on..=task).rev().filter(|number| (*number as usize) < universe.len()) {
        if marked[number as usize] {
            for dependency in &universe.definition(number).dependencies {
                marked[*dependency as usize] = true;
            }
        }
    }
    on < task && marked[on as usize]
}
