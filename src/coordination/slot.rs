//! A place for one answer: filled once by one thread, taken once by another, or given up by it.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

enum State<R> {
    Empty(Option<Waker>),
    Full(R),
    /// It was taken, or nobody waits for it any longer.
    Over,
}

/// A place for one answer.
pub(crate) struct Slot<R> {
    state: Mutex<State<R>>,
    filled: Condvar,
}

impl<R> Slot<R> {
    /// An empty slot, and the only way to fill it; it is filled by `lost` if that is dropped.
    pub(crate) fn new(lost: fn() -> R) -> (Arc<Slot<R>>, Filler<R>) {
        let slot = Arc::new(Slot { state: Mutex::new(State::Empty(None)), filled: Condvar::new() });
        (slot.clone(), Filler { slot, lost })
    }

    fn fill(&self, answer: R) -> Result<(), R> {
        let mut state = self.state.lock();
        let State::Empty(waker) = &mut *state else { return Err(answer) };
        let waker = waker.take();
        *state = State::Full(answer);
        drop(state);
        self.filled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Takes the answer, if it is there.
    pub(crate) fn take(&self) -> Option<R> {
        take(&mut self.state.lock())
    }

    /// Whether the answer is there.
    pub(crate) fn is_full(&self) -> bool {
        matches!(&*self.state.lock(), State::Full(_))
    }

    /// Takes the answer, or has the waker called when it is there.
    pub(crate) fn poll(&self, waker: &Waker) -> Option<R> {
        let mut state = self.state.lock();
        if let State::Empty(known) = &mut *state {
            *known = Some(waker.clone());
        }
        take(&mut state)
    }

    /// Blocks until the answer is there, or until the deadline, and takes it.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<R> {
        self.wait_full(deadline);
        self.take()
    }

    /// Blocks until the answer is there, or until the deadline, and leaves it there. False if it is not there in time, or
    /// was taken.
    pub(crate) fn wait_full(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state.lock();
        while let State::Empty(_) = &*state {
            match deadline {
                None => self.filled.wait(&mut state),
                Some(deadline) => {
                    if self.filled.wait_until(&mut state, deadline).timed_out() {
                        break;
                    }
                }
            }
        }
        matches!(&*state, State::Full(_))
    }

    /// Says that nobody waits any longer; gives the answer if it came before.
    pub(crate) fn give_up(&self) -> Option<R> {
        match std::mem::replace(&mut *self.state.lock(), State::Over) {
            State::Full(answer) => Some(answer),
            State::Empty(_) | State::Over => None,
        }
    }
}

fn take<R>(state: &mut State<R>) -> Option<R> {
    match state {
        State::Full(_) => match std::mem::replace(state, State::Over) {
            State::Full(answer) => Some(answer),
            State::Empty(_) | State::Over => None,
        },
        State::Empty(_) | State::Over => None,
    }
}

/// The way to fill a slot. Dropping it fills it too: whoever waits must hear something.
pub(crate) struct Filler<R> {
    slot: Arc<Slot<R>>,
    lost: fn() -> R,
}

impl<R> Filler<R> {
    /// Fills the slot, or gives the answer back if nobody waits any longer.
    pub(crate) fn fill(self, answer: R) -> Result<(), R> {
        self.slot.fill(answer)
    }
}

impl<R> Drop for Filler<R> {
    fn drop(&mut self) {
        // Filled already, or given up: then nobody needs to hear it.
        if matches!(&*self.slot.state.lock(), State::Empty(_)) {
            drop(self.slot.fill((self.lost)()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_once() {
        let (slot, filler) = Slot::new(|| 0);
        assert_eq!(slot.take(), None);
        assert_eq!(filler.fill(7), Ok(()));
        assert!(slot.is_full());
        assert_eq!((slot.wait(None), slot.wait(None)), (Some(7), None));
    }

    #[test]
    fn whoever_gave_up_takes_nothing_and_the_filler_knows() {
        let (slot, filler) = Slot::new(|| 0);
        assert_eq!(slot.wait(Some(Instant::now())), None);
        assert_eq!(slot.give_up(), None);
        assert_eq!(filler.fill(7), Err(7));
        let (slot, filler) = Slot::new(|| 0);
        assert_eq!(filler.fill(7), Ok(()));
        assert_eq!(slot.give_up(), Some(7), "it came just before");
    }

    #[test]
    fn a_filler_that_is_dropped_says_so() {
        let (slot, filler) = Slot::new(|| -1);
        drop(filler);
        assert_eq!(slot.wait(None), Some(-1));
    }
}
