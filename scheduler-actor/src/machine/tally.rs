//! Steps of tasks for the profiler: told one by one, or added up by group while nobody wants to see each.

use super::Turn;
use partita_protocol::scheduler::Effect;
use partita_protocol::telemetry::{GroupSteps, Record, State};
use partita_protocol::{PrefixId, TaskId};

/// Groups whose steps are added up; those of others are told one by one.
const GROUPS: u32 = 1 << 16;

/// What is told of steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Whether they are added up.
    sums: bool,
    /// The sums by group, and the groups that have any.
    groups: Vec<GroupSteps>,
    touched: Vec<PrefixId>,
}

impl Tally {
    /// A task took a step. Failures are always told one by one.
    #[inline]
    pub(crate) fn step(&mut self, turn: &mut Turn, task: TaskId, prefix: PrefixId, from: State, to: State) {
        if !self.sums || to == State::Erred || prefix.0 >= GROUPS {
            return turn.push(Effect::Record(Record::Transition { time: turn.now, task, prefix, from, to }));
        }
        while self.groups.len() <= prefix.0 as usize {
            self.groups.push(GroupSteps::none(PrefixId(self.groups.len() as u32)));
        }
        let group = &mut self.groups[prefix.0 as usize];
        if group.count == 0 {
            self.touched.push(prefix);
        }
        group.add(from, to);
    }

    fn take(&mut self) -> Box<[GroupSteps]> {
        let groups = &mut self.groups;
        let taken = |prefix: PrefixId| std::mem::replace(&mut groups[prefix.0 as usize], GroupSteps::none(prefix));
        self.touched.drain(..).map(taken).collect()
    }
}

impl super::Scheduler {
    /// Whether steps of tasks are added up from now on, rather than told one by one. What was added up until now stays until
    /// [`Scheduler::take_steps`].
    pub fn add_up_steps(&mut self, sums: bool) {
        self.tally.sums = sums;
    }

    /// Whether any steps were added up.
    pub fn has_steps(&self) -> bool {
        !self.tally.touched.is_empty()
    }

    /// The steps that were added up since this was called last, by group.
    pub fn take_steps(&mut self) -> Box<[GroupSteps]> {
        self.tally.take()
    }
}
