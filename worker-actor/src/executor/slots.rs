//! Who may run: the slots of an executor, and the threads that hold, lent or wait for one.

/// The slots of an executor. A thread holds one while it runs a job or looks for one; a blocked thread has lent its
/// slot, a parked one has none and is handed one when it is woken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    /// How many jobs may run at a time.
    pub(super) limit: usize,
    /// Threads that hold a slot, those on their way included. More than `limit` after a blocked thread went on.
    pub(super) active: usize,
    /// Threads that wait to be woken, those that have been handed a slot and not noticed yet included.
    pub(super) parked: usize,
    /// Slots handed to parked threads that have not noticed yet.
    pub(super) granted: usize,
    /// Threads that were started with a slot and have not come yet.
    pub(super) starting: usize,
    /// Whether one of the active threads has found nothing and looks on.
    pub(super) spinning: bool,
}

/// How a slot is to be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// No slot is to be handed on.
    No,
    /// A parked thread is to be woken.
    Wake,
    /// A thread is to be started.
    Start,
}

impl Slots {
    /// Hands on a slot, if one is free and so many queued jobs need more threads than are on their way; for urgent ones
    /// there is always a slot. A thread that spins takes a job by itself, and hands on a slot then.
    pub(super) fn grant(&mut self, queued: usize, urgent: usize) -> Grant {
        let coming = self.granted + self.starting;
        let is_free = self.active < self.limit || urgent > coming;
        if self.spinning || !is_free || queued <= coming {
            return Grant::No;
        }
        self.active += 1;
        if self.parked > self.granted {
            self.granted += 1;
            Grant::Wake
        } else {
            self.starting += 1;
            Grant::Start
        }
    }

    /// Whether there are more threads with a slot than slots.
    pub(super) fn is_surplus(&self) -> bool {
        self.active > self.limit
    }

    /// A thread parks and gives its slot back.
    pub(super) fn park(&mut self) {
        self.active -= 1;
        self.parked += 1;
    }

    /// A parked thread takes a slot that was handed out; false if none was.
    pub(super) fn unpark(&mut self) -> bool {
        if self.granted == 0 {
            return false;
        }
        self.granted -= 1;
        self.parked -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_handed_on_as_long_as_jobs_need_them() {
        let mut slots = Slots { limit: 3, parked: 1, ..Slots::default() };
        assert_eq!(slots.grant(0, 0), Grant::No, "nothing to do");
        assert_eq!(slots.grant(1, 0), Grant::Wake);
        assert_eq!(slots.grant(1, 0), Grant::No, "one is on its way");
        assert_eq!(slots.grant(5, 0), Grant::Start, "nobody else is parked");
        assert!(slots.unpark() && !slots.unpark());
        assert_eq!((slots.active, slots.parked, slots.granted, slots.starting), (2, 0, 0, 1));
        slots.spinning = true;
        assert_eq!(slots.grant(5, 0), Grant::No, "one that spins takes the first job");
        slots.spinning = false;
        assert_eq!(slots.grant(5, 0), Grant::Start);
        assert_eq!(slots.grant(5, 0), Grant::No, "no slot is left");
        assert_eq!(slots.grant(5, 2), Grant::No, "two are on their way");
        assert_eq!(slots.grant(5, 3), Grant::Start, "the third urgent one has a thread too");
        assert!(slots.is_surplus());
        slots.active -= 1;
        assert!(!slots.is_surplus());
    }
}
