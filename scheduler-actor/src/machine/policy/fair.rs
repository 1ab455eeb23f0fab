//! Fair share: of clients that all have queued tasks, the one that was given the least is served next.
//!
//! What is given is counted as work, in nanoseconds: what a task is expected to take when it is assigned, corrected when it
//! has ended. It is counted only while more than one client has queued tasks. A client that comes, or comes back, starts
//! with as much as the one that was given the least of those that wait: nobody saves up credit by being idle.

use partita_protocol::ClientId;
use rustc_hash::FxHashMap;

/// What each client was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Accounts {
    /// Asked, and walked only for the least of all.
    clients: FxHashMap<ClientId, Account>,
    /// How many clients have queued tasks.
    waiting: usize,
}

/// What a client was given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Account {
    /// Work, in nanoseconds.
    given: u64,
    /// How many queues it has tasks in.
    queues: u32,
}

impl Accounts {
    /// Whether more than one client has queued tasks.
    pub(crate) fn is_contested(&self) -> bool {
        self.waiting > 1
    }

    /// What a client was given.
    pub(crate) fn given(&self, client: ClientId) -> u64 {
        self.clients.get(&client).map_or(0, |account| account.given)
    }

    /// A client has tasks in one more queue.
    pub(crate) fn enter(&mut self, client: ClientId) {
        let least = match self.waiting {
            0 => None,
            _ => self.clients.values().filter(|account| account.queues > 0).map(|account| account.given).min(),
        };
        let account = self.clients.entry(client).or_default();
        if account.queues == 0 {
            account.given = account.given.max(least.unwrap_or(0));
            self.waiting += 1;
        }
        account.queues += 1;
    }

    /// A client has tasks in one queue less; what it was given is forgotten if it is gone.
    pub(crate) fn leave(&mut self, client: ClientId, is_gone: bool) {
        let Some(account) = self.clients.get_mut(&client) else { return };
        account.queues -= 1;
        if account.queues == 0 {
            self.waiting -= 1;
            if is_gone {
                self.clients.remove(&client);
            }
        }
    }

    /// A client is gone.
    pub(crate) fn forget(&mut self, client: ClientId) {
        if self.clients.get(&client).is_some_and(|account| account.queues == 0) {
            self.clients.remove(&client);
        }
    }

    /// A client was given work; false if it has no account, as it never had anything queued.
    pub(crate) fn charge(&mut self, client: ClientId, nanos: u64) -> bool {
        let Some(account) = self.clients.get_mut(&client) else { return false };
        account.given = account.given.saturating_add(nanos);
        true
    }

    /// A client was charged for work that it did not get.
    pub(crate) fn refund(&mut self, client: ClientId, nanos: u64) {
        if let Some(account) = self.clients.get_mut(&client) {
            account.given = account.given.saturating_sub(nanos);
        }
    }

    /// The queues of each client that is known here, in no order.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (ClientId, u32)> {
        self.clients.iter().map(|(client, account)| (*client, account.queues))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ClientId = ClientId(1);
    const TWO: ClientId = ClientId(2);

    #[test]
    fn who_comes_starts_with_the_least_that_others_were_given() {
        let mut accounts = Accounts::default();
        accounts.enter(ONE);
        assert!(!accounts.is_contested());
        accounts.charge(ONE, 100);
        accounts.enter(TWO);
        assert!(accounts.is_contested());
        assert_eq!(accounts.given(TWO), 100, "no credit for the time before");
        accounts.charge(TWO, 50);
        accounts.leave(TWO, false);
        accounts.charge(ONE, 10);
        accounts.enter(TWO);
        assert_eq!(accounts.given(TWO), 150, "what it had stays");
        accounts.leave(TWO, false);
        accounts.charge(ONE, 500);
        accounts.enter(TWO);
        assert_eq!(accounts.given(TWO), 610, "no credit for idling");
    }

    #[test]
    fn a_second_queue_is_no_second_coming() {
        let mut accounts = Accounts::default();
        accounts.enter(ONE);
        accounts.enter(TWO);
        accounts.charge(ONE, 100);
        accounts.enter(TWO);
        assert_eq!(accounts.given(TWO), 0);
        accounts.leave(TWO, true);
        assert!(accounts.is_contested());
        accounts.leave(TWO, true);
        assert!(!accounts.is_contested());
        assert_eq!(accounts.queues().collect::<Vec<_>>(), [(ONE, 1)], "who is gone is forgotten");
        accounts.refund(ONE, 1_000);
        assert_eq!(accounts.given(ONE), 0);
        assert!(accounts.charge(ONE, 1) && !accounts.charge(TWO, 1));
        accounts.forget(ONE);
        accounts.leave(ONE, false);
        accounts.forget(ONE);
        assert_eq!(accounts, Accounts::default());
    }
}
