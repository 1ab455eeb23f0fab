//! A list of tasks that members leave without being looked for.

use partita_protocol::TaskId;

/// Entries that may be stale beside the live ones before the roll is swept.
const SLACK: usize = 64;

/// Tasks in the order they came.
///
/// Joining is a push and leaving only counts: whoever reads the roll asks each task whether it is still a member. When
/// more than half of the entries are stale the roll is swept, so every step is constant, amortised.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roll {
    entries: Vec<TaskId>,
    live: usize,
}

impl Roll {
    /// Adds a task that is no member.
    pub(crate) fn join(&mut self, task: TaskId) {
        self.entries.push(task);
        self.live += 1;
    }

    /// A member left; true if the roll should be swept.
    pub(crate) fn leave(&mut self) -> bool {
        self.live = self.live.saturating_sub(1);
        if self.live == 0 {
            self.entries.clear();
        }
        self.due()
    }

    /// Whether too many entries are stale.
    pub(crate) fn due(&self) -> bool {
        self.entries.len() > 2 * self.live + SLACK
    }

    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// The members, each once, by the given test of membership.
    pub(crate) fn members(&self, mut is_member: impl FnMut(TaskId) -> bool) -> Vec<TaskId> {
        let mut members: Vec<TaskId> = self.entries.iter().copied().filter(|task| is_member(*task)).collect();
        if members.len() > self.live {
            members.sort_unstable();
            members.dedup();
        }
        members
    }

    /// Drops the stale entries at the end.
    pub(crate) fn trim(&mut self, mut is_member: impl FnMut(TaskId) -> bool) {
        while self.entries.pop_if(|task| !is_member(*task)).is_some() {}
    }

    /// So many entries from the last one back, stale ones too.
    pub(crate) fn last(&self, count: usize) -> impl Iterator<Item = TaskId> {
        self.entries.iter().rev().take(count).copied()
    }

    /// Drops the stale entries.
    pub(crate) fn sweep(&mut self, mut is_member: impl FnMut(TaskId) -> bool) {
        // It may have been asked for more than once in a turn.
        if !self.due() {
            return;
        }
        self.entries.retain(|task| is_member(*task));
        if self.entries.len() > self.live {
            self.entries.sort_unstable();
            self.entries.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_forgets_the_stale() {
        let mut roll = Roll::default();
        let id = |n| TaskId::new(n, 0);
        for n in 0..200 {
            roll.join(id(n));
        }
        let mut due = false;
        for _ in 0..150 {
            due |= roll.leave();
        }
        assert!(due);
        roll.join(id(199)); // left and came again: its old entry is valid once more
        roll.sweep(|task| task.index() >= 149);
        assert_eq!(roll.members(|_| true).len(), 51);
        assert_eq!(roll.len(), 51);
        assert!(!roll.due());
    }
}
