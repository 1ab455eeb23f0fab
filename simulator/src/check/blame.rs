//! X5, S18: an error blames a task that really failed, and that the result depends on.

use super::assignment::Assignments;
use super::turn::Turn;
use super::{Broken, ensure};
use crate::universe::{Number, Universe};
use crate::world::Patience;
use partita_protocol::scheduler::{Event, Notice};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Cause, FaultId, TaskId};
use rustc_hash::FxHashMap;

/// What failed.
#[derive(Debug)]
pub(super) struct Blames {
    /// The tasks that reported errors.
    reported: FxHashMap<FaultId, TaskId>,
    /// How many workers died under each task since it was tried again last, and before at the most.
    deaths: FxHashMap<TaskId, (u32, u32)>,
    allowed: u32,
}

impl Blames {
    pub(super) fn new(allowed: u32) -> Self {
        Blames { reported: FxHashMap::default(), deaths: FxHashMap::default(), allowed }
    }

    /// Notes what an event means before assignments are taken back.
    pub(super) fn before(&mut self, turn: &Turn, assignments: &Assignments) {
        for task in assignments.under(turn.event) {
            self.deaths.entry(task).or_default().0 += 1;
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
            }
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
