//! Steps of tasks for the profiler: told one by one, packed together, or added up by group while nobody wants to see each.

use super::Turn;
use partita_protocol::scheduler::Effect;
use partita_protocol::steps::{GroupSteps, Move, Moves};
use partita_protocol::telemetry::{Record, State};
use partita_protocol::{PrefixId, TaskId, limits};

/// Groups whose steps are added up; those of others are told one by one.
const GROUPS: u32 = 1 << 16;

/// Steps that are packed together at the most.
const PACK: usize = limits::TELEMETRY_BATCH;

/// How the steps of tasks are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telling {
    /// Each by an effect of its own.
    #[default]
    Each,
    /// Each, packed: [`Scheduler::take_moves`](super::Scheduler::take_moves).
    Packed,
    /// Added up by group: [`Scheduler::take_steps`](super::Scheduler::take_steps).
    Sums,
}

/// What is to be told of steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    telling: Telling,
    moves: Moves,
    /// Steps that fill a pack each: one event may bring a million.
    packs: Vec<Moves>,
    /// The sums by group, and the groups that have any.
    groups: Vec<GroupSteps>,
    touched: Vec<PrefixId>,
    /// Tasks that failed for good.
    failed: Vec<TaskId>,
}

impl Tally {
    /// A task took a step.
    #[inline]
    pub(crate) fn step(&mut self, turn: &mut Turn, task: TaskId, prefix: PrefixId, from: State, to: State) {
        if to == State::Erred {
            self.failed.push(task);
        }
        match self.telling {
            Telling::Packed => {
                self.moves.push(turn.now, Move { task, prefix, from, to });
                if self.moves.len() >= PACK {
                    self.packs.push(self.moves.take());
                }
            }
            Telling::Sums if prefix.0 < GROUPS => self.add(prefix, from, to),
            Telling::Sums | Telling::Each => {
                turn.push(Effect::Record(Record::Transition { time: turn.now, task, prefix, from, to }));
            }
        }
    }

    fn add(&mut self, prefix: PrefixId, from: State, to: State) {
        while self.groups.len() <= prefix.0 as usize {
            self.groups.push(GroupSteps::none(PrefixId(self.groups.len() as u32)));
        }
        let group = &mut self.groups[prefix.0 as usize];
        if group.count == 0 {
            self.touched.push(prefix);
        }
        group.add(from, to);
    }
}

impl super::Scheduler {
    /// How steps are told from now on. What was packed or added up until now can be taken later.
    pub fn tell_steps(&mut self, telling: Telling) {
        self.tally.telling = telling;
    }

    /// How many steps are packed, and groups whose steps were added up.
    pub fn untold(&self) -> usize {
        self.tally.packs.len() * PACK + self.tally.moves.len() + self.tally.touched.len()
    }

    /// The steps that were packed since this was called last, in order, about a thousand to a pack.
    pub fn take_moves(&mut self) -> impl Iterator<Item = Moves> {
        let last = Some(self.tally.moves.take()).filter(|moves| !moves.is_empty());
        std::mem::take(&mut self.tally.packs).into_iter().chain(last)
    }

    /// The steps that were added up since this was called last, by group.
    pub fn take_steps(&mut self) -> Box<[GroupSteps]> {
        let groups = &mut self.tally.groups;
        let taken = |prefix: PrefixId| std::mem::replace(&mut groups[prefix.0 as usize], GroupSteps::none(prefix));
        self.tally.touched.drain(..).map(taken).collect()
    }

    /// Tasks that failed for good since this was called last, also those that fell with others.
    pub fn take_failed(&mut self) -> Vec<TaskId> {
        std::mem::take(&mut self.tally.failed)
    }
}
