//! What must hold between the machines, checked after every step of a world. What must hold within one machine it checks
//! itself, after every event, by its `validate`.

mod answer;
mod assignment;
mod blame;
mod gather;
mod limit;
mod log;
mod notice;
mod pair;
mod residue;
mod tries;
mod turn;
mod value;
mod view;

use crate::swarm::Plan;
use crate::world::{Trace, World};
use assignment::Assignments;
use blame::Blames;
use limit::Limits;
pub(crate) use limit::suits;
use log::Log;
use notice::Notices;
use pair::Pairs;
use partita_protocol::{TaskId, WorkerId};
use tries::Tries;
use turn::{Turn, Turns};
use value::Values;
use view::Views;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Its name in the list of invariants.
    pub id: &'static str,
    /// What was found.
    pub text: String,
    /// The tasks that it is about.
    pub tasks: Vec<TaskId>,
    /// The workers that it is about.
    pub workers: Vec<WorkerId>,
}

impl Broken {
    /// An invariant that does not hold, about nobody yet.
    pub fn new(id: &'static str, text: String) -> Self {
        Broken { id, text, tasks: Vec::new(), workers: Vec::new() }
    }

    /// About a task.
    #[must_use]
    pub(crate) fn task(mut self, task: TaskId) -> Self {
        self.tasks.push(task);
        self
    }

    /// About a worker.
    #[must_use]
    pub(crate) fn worker(mut self, worker: WorkerId) -> Self {
        self.workers.push(worker);
        self
    }
}

/// Says no, unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $id:literal, $about:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::check::Broken::new($id, format!($($message)+)).task($about));
        }
    };
}
use ensure;

/// Steps between two comparisons of all views, at the least.
const PAUSE: u64 = 40;

/// All checkers, with what each remembers.
#[derive(Debug)]
pub struct Checks {
    log: Log,
    assignments: Assignments,
    notices: Notices,
    blames: Blames,
    limits: Limits,
    tries: Tries,
    turns: Turns,
    values: Values,
    pairs: Pairs,
    views: Views,
    is_peaceful: bool,
    /// Whether the views are to be compared again: something happened since, and when.
    compared: u64,
}

impl Checks {
    /// Checkers for a run of the plan.
    pub fn new(plan: &Plan, world: &World) -> Self {
        Checks {
            log: Log::default(),
            assignments: Assignments::default(),
            notices: Notices::default(),
            blames: Blames::new(plan.settings.scheduler.allowed_failures),
            limits: Limits::new(&plan.settings.scheduler),
            tries: Tries::default(),
            turns: Turns::default(),
            values: Values::new(world.universe().expected()),
            pairs: Pairs::default(),
            views: Views::default(),
            is_peaceful: plan.is_peaceful(),
            compared: 0,
        }
    }

    /// Looks at what happened in the last step.
    ///
    /// # Errors
    /// The first invariant that is found broken.
    pub fn look(&mut self, world: &World) -> Result<(), Broken> {
        let trace = world.trace();
        // What is known of a transfer that ended is told before what it broke.
        trace.iter().try_for_each(|entry| gather::check(world, entry))?;
        if let Some(text) = world.violation() {
            return Err(machine(text));
        }
        self.log.hear(world.now(), trace)?;
        trace.iter().for_each(|entry| self.pairs.hear(entry));
        let mut rest = trace;
        while let Some((first, others)) = rest.split_first() {
            rest = match first {
                Trace::Told(event) => {
                    let turn = Turn::new(event, others);
                    self.turn(world, &turn)?;
                    &others[turn.effects.len()..]
                }
                other => {
                    self.assignments.hear(other)?;
                    self.values.hear(world, other)?;
                    self.limits.hear(world, other)?;
                    self.views.hear(other);
                    others
                }
            };
        }
        self.notices.end_step(world)?;
        self.pairs.end_step(world)?;
        if world.is_settled() && world.steps() >= self.compared + PAUSE {
            self.compared = world.steps();
            self.views.compare(world)?;
            self.notices.compare(world)?;
            answer::check(world)?;
        }
        Ok(())
    }

    fn turn(&mut self, world: &World, turn: &Turn) -> Result<(), Broken> {
        self.blames.before(turn, &self.assignments);
        self.tries.turn(world, turn, &self.assignments)?;
        self.limits.turn(world, turn)?;
        self.assignments.turn(turn)?;
        self.notices.turn(turn)?;
        self.blames.turn(world.universe(), turn)?;
        self.turns.turn(world, turn)
    }

    /// Looks at a world in which nothing goes on any more and from which all clients have gone.
    ///
    /// # Errors
    /// What is left.
    pub fn rest(&self, world: &World) -> Result<(), Broken> {
        residue::check(world)?;
        if self.is_peaceful {
            for number in &self.log.asked {
                let runs = world.runs_of(*number);
                let due = u32::from(!world.universe().definition(*number).data);
                ensure!(runs == due, "X3", world.id_of(*number), "{number} ran {runs} times, and nothing went wrong");
            }
        }
        Ok(())
    }

    /// Looks at a world in which nothing goes on any more, with all its clients.
    ///
    /// # Errors
    /// Who is still to leave.
    pub fn calm(&self, world: &World) -> Result<(), Broken> {
        residue::leavers(world)
    }

    /// How many things the machines were told.
    pub fn events(&self) -> u64 {
        self.log.events
    }

    /// A hash of everything that happened.
    pub fn hash(&self) -> u64 {
        self.log.hash
    }

    /// How many tasks were handed in.
    pub fn asked(&self) -> usize {
        self.log.asked.len()
    }
}

/// The names of the invariants that machines and worlds check by themselves, to find those that a violation names. There is
/// no S15: it is about actor tasks, and there are none.
const IDS: [&str; 30] = [
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14", "S16", "S17", "S18",
    "S20", "S22", "S23", "W1", "W2", "W3", "W4", "W5", "W7", "W8", "W9", "X10", "L3",
];

/// What a machine found broken in itself.
fn machine(text: &str) -> Broken {
    // The first name counts: what comes after it may mention others.
    let id = text.split([' ', ':']).find_map(|word| IDS.iter().find(|id| **id == word)).copied().unwrap_or("S24");
    Broken::new(id, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_filed_under_the_invariant_that_it_names() {
        let table = [
            ("scheduler: S1: Membership is broken: S2 (tasks [], workers [])", "S1"),
            ("scheduler: S14: Patience is broken: the first to be given up: kept None", "S14"),
            ("w3: X10: t4 starts before t5", "X10"),
            ("W9: w7 is paused, and starts t164", "W9"),
            ("t4 is forgotten, and S15 is no name", "S24"),
        ];
        for (text, id) in table {
            assert_eq!(machine(text).id, id, "{text}");
        }
    }
}
