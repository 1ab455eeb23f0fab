//! Whose tasks take a worker's threads: how many there are of each client and each user's priority.

use partita_protocol::ClientId;
use smallvec::SmallVec;

/// How many tasks of each client and each user's priority take a worker's threads. Nearly always there is one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd(SmallVec<[Group; 1]>);

/// The tasks of a client that the user gave one priority.
#[derive(Clone, Copy, Debug)]
struct Group {
    client: ClientId,
    /// The negated priority that the user gave.
    user: i32,
    count: u32,
}

impl Crowd {
    /// A task comes.
    #[inline]
    pub(crate) fn join(&mut self, client: ClientId, user: i32) {
        match self.group(client, user) {
            Some(at) => self.0[at].count += 1,
            None => self.0.push(Group { client, user, count: 1 }),
        }
    }

    /// A task leaves.
    #[inline]
    pub(crate) fn leave(&mut self, client: ClientId, user: i32) {
        let Some(at) = self.group(client, user) else { return };
        self.0[at].count -= 1;
        if self.0[at].count == 0 {
            self.0.swap_remove(at);
        }
    }

    #[inline]
    fn group(&self, client: ClientId, user: i32) -> Option<usize> {
        self.0.iter().position(|group| (group.client, group.user) == (client, user))
    }

    /// How many of them the worker may start before one of this client and this priority: those of a better priority, and
    /// the client's own of the same.
    #[inline]
    pub(crate) fn before(&self, client: ClientId, user: i32) -> u32 {
        let is_before = |group: &&Group| group.user < user || (group.client, group.user) == (client, user);
        self.0.iter().filter(is_before).map(|group| group.count).sum()
    }

    /// The groups with their numbers, in order, to be compared.
    pub(crate) fn counts(&self) -> Vec<(ClientId, i32, u32)> {
        let mut counts: Vec<_> = self.0.iter().map(|group| (group.client, group.user, group.count)).collect();
        counts.sort_unstable();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ClientId = ClientId(1);
    const TWO: ClientId = ClientId(2);

    #[test]
    fn a_task_waits_for_those_of_its_client_and_for_better_ones() {
        let mut crowd = Crowd::default();
        for (client, user) in [(ONE, 0), (ONE, 0), (ONE, -5), (TWO, 0), (TWO, 3)] {
            crowd.join(client, user);
        }
        assert_eq!((crowd.before(ONE, 0), crowd.before(TWO, 0), crowd.before(TWO, 3)), (3, 2, 5));
        assert_eq!(crowd.before(ONE, -6), 0);
        crowd.leave(ONE, -5);
        crowd.leave(TWO, 7);
        assert_eq!(crowd.counts(), [(ONE, 0, 2), (TWO, 0, 1), (TWO, 3, 1)]);
    }
}
