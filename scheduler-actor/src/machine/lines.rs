//! The queue of a class: a line for each client, so that none waits behind all the tasks of another.

use super::policy::fair::Accounts;
use super::queue::Queue;
use partita_protocol::{ClientId, Priority, TaskId};
use smallvec::SmallVec;

/// The queued tasks of a class, in a line for each client that has some; in one line for all if shares are not to be
/// fair.
///
/// Among the tasks of the best user's priority, the first one of the client that was given the least comes first. Clients
/// are few, so their lines are looked at one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    lines: SmallVec<[Line; 1]>,
    len: usize,
    /// The line that [`Lines::first`] found the first task in.
    found: usize,
}

/// The queued tasks of a client.
#[derive(Clone, Debug)]
struct Line {
    client: ClientId,
    queue: Queue<Priority>,
}

impl Lines {
    /// How many tasks there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no task.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a task; true if it is the only one of its client.
    pub(crate) fn push(&mut self, client: ClientId, priority: Priority, task: TaskId) -> bool {
        self.len += 1;
        let place = self.place(client).unwrap_or_else(|| self.open(client));
        let queue = &mut self.lines[place].queue;
        queue.push(priority, task);
        queue.len() == 1
    }

    /// Where the line of a client is.
    #[inline]
    fn place(&self, client: ClientId) -> Option<usize> {
        self.lines.iter().position(|line| line.client == client)
    }

    /// A line for a client that has none: one that was left by all, or a new one.
    #[cold]
    fn open(&mut self, client: ClientId) -> usize {
        match self.lines.iter().position(|line| line.queue.is_empty()) {
            Some(place) => {
                self.lines[place].client = client;
                place
            }
            None => {
                self.lines.push(Line { client, queue: Queue::default() });
                self.lines.len() - 1
            }
        }
    }

    /// A task of a client left; true if it was the last one of its client.
    pub(crate) fn leave(&mut self, client: ClientId) -> bool {
        self.len -= 1;
        let Some(place) = self.place(client) else { return false };
        let queue = &mut self.lines[place].queue;
        queue.leave();
        let is_empty = queue.is_empty();
        if is_empty && self.lines.len() > 1 {
            self.lines.swap_remove(place);
        }
        is_empty
    }

    /// The task that comes first, by the given test of membership.
    #[inline]
    pub(crate) fn first(
        &mut self,
        accounts: &Accounts,
        is_member: impl Fn(TaskId) -> bool,
    ) -> Option<(Priority, TaskId)> {
        match &mut self.lines[..] {
            [line] => {
                self.found = 0;
                line.queue.first(|_, id| is_member(id))
            }
            _ => self.first_of(accounts, is_member, |_, _| true),
        }
    }

    /// Of the first tasks of those clients that it is their turn, by the second test, the one that comes first.
    #[inline(never)]
    pub(crate) fn first_of(
        &mut self,
        accounts: &Accounts,
        is_member: impl Fn(TaskId) -> bool,
        has_turn: impl Fn(ClientId, Priority) -> bool,
    ) -> Option<(Priority, TaskId)> {
        let mut best = None;
        for (place, line) in self.lines.iter_mut().enumerate() {
            let Some((priority, task)) = line.queue.first(|_, id| is_member(id)) else { continue };
            if !has_turn(line.client, priority) {
                continue;
            }
            let key = (priority.user, accounts.given(line.client), priority, task);
            if best.is_none_or(|(known, _)| key < known) {
                best = Some((key, place));
            }
        }
        let ((_, _, priority, task), place) = best?;
        self.found = place;
        Some((priority, task))
    }

    /// Drops the entry of the task that [`Lines::first`] gave, which is about to leave.
    pub(crate) fn drop_first(&mut self) {
        if let Some(line) = self.lines.get_mut(self.found) {
            line.queue.drop_top();
        }
    }

    /// All tasks, each once, by priority.
    pub(crate) fn members(&self, is_member: impl Fn(TaskId) -> bool) -> Vec<(Priority, TaskId)> {
        let members = self.lines.iter().flat_map(|line| line.queue.members(|_, id| is_member(id)));
        let mut members: Vec<_> = members.collect();
        members.sort_unstable();
        members
    }

    /// How many tasks come before this one whatever each client is given: those before it in its own line, and those of a
    /// better user's priority in others.
    pub(crate) fn ahead(&self, client: ClientId, key: (Priority, TaskId), is_member: impl Fn(TaskId) -> bool) -> usize {
        let lines = self.lines.iter().map(|line| {
            let is_own = line.client == client;
            let is_ahead = |priority: Priority, id| match is_own {
                true => (priority, id) < key,
                false => priority.user < key.0.user,
            };
            line.queue.members(|priority, id| is_ahead(priority, id) && is_member(id)).len()
        });
        lines.sum()
    }

    /// The clients that have tasks here, with their number.
    pub(crate) fn clients(&self) -> impl Iterator<Item = (ClientId, usize)> {
        let live = self.lines.iter().filter(|line| !line.queue.is_empty());
        live.map(|line| (line.client, line.queue.len()))
    }

    /// Whether too many entries are stale.
    pub(crate) fn is_untidy(&self) -> bool {
        self.lines.iter().any(|line| line.queue.is_untidy())
    }

    /// Drops the stale entries if they are too many.
    pub(crate) fn sweep(&mut self, is_member: impl Fn(TaskId) -> bool) {
        self.lines.iter_mut().for_each(|line| line.queue.sweep(|_, id| is_member(id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ClientId = ClientId(1);
    const TWO: ClientId = ClientId(2);

    fn id(index: u32) -> TaskId {
        TaskId::new(index, 0)
    }

    /// The order in which tasks come out, each charged with ten to its client.
    fn order(lines: &mut Lines, accounts: &mut Accounts, client_of: impl Fn(TaskId) -> ClientId) -> Vec<usize> {
        let mut order = Vec::new();
        while let Some((_, task)) = lines.first(accounts, |_| true) {
            lines.drop_first();
            order.push(task.index());
            accounts.charge(client_of(task), 10);
            if lines.leave(client_of(task)) {
                accounts.leave(client_of(task), false);
            }
        }
        order
    }

    #[test]
    fn clients_take_turns_within_the_best_priority() {
        let (mut lines, mut accounts) = (Lines::default(), Accounts::default());
        let priority = |user, rank| Priority { user, generation: 0, rank };
        for (index, client, user) in [(0, ONE, 0), (1, ONE, 0), (2, ONE, 0), (3, TWO, 0), (4, TWO, 0), (5, TWO, -1)] {
            if lines.push(client, priority(user, index), id(index)) {
                accounts.enter(client);
            }
        }
        assert_eq!(lines.ahead(ONE, (priority(0, 1), id(1)), |_| true), 2, "its own, and the one of a better priority");
        assert_eq!(lines.members(|_| true).first().map(|(_, id)| id.index()), Some(5));
        let client_of = |task: TaskId| if task.index() < 3 { ONE } else { TWO };
        assert_eq!(order(&mut lines, &mut accounts, client_of), [5, 0, 1, 3, 2, 4]);
        assert!(lines.is_empty());
    }

    #[test]
    fn a_line_that_was_left_is_used_by_the_next_client() {
        let mut lines = Lines::default();
        assert!(lines.push(ONE, Priority::default(), id(0)));
        assert!(!lines.push(ONE, Priority::default(), id(1)));
        assert!(!lines.leave(ONE) && lines.leave(ONE));
        assert!(lines.push(TWO, Priority::default(), id(2)));
        assert_eq!((lines.lines.len(), lines.clients().collect::<Vec<_>>()), (1, vec![(TWO, 1)]));
        assert_eq!(lines.first(&Accounts::default(), |_| true), Some((Priority::default(), id(2))));
    }
}
