//! Executions that nobody waits for any longer: their functions can see it and return early, and those that have not begun
//! never will.
//!
//! Each thread that runs tasks has a seat. Who stops an execution looks for the seat that it has; if it has none, it is
//! written down, and whoever sits down later finds it there. A function that knows that it is stopped ends without a result:
//! if its task is wanted again meanwhile, it runs anew.

use parking_lot::Mutex;
use partita_protocol::{Attempt, Begun};
use rustc_hash::FxHashSet;
use std::cell::OnceCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

thread_local! {
    static SEAT: OnceCell<Arc<Seat>> = const { OnceCell::new() };
}

/// Tells whether a task is to stop: somebody cancelled it, it took too long, or its worker leaves. It may be asked by any
/// thread that works for the task.
#[derive(Clone)]
pub struct StopToken(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    stopped: AtomicBool,
    /// Whether somebody was told.
    seen: AtomicBool,
}

impl StopToken {
    /// Whether nobody waits any longer for what comes of the task. Once it is true it stays so; after the task has ended
    /// it is true, too. A task that was told so ends without a result, whatever its function returns.
    pub fn is_stopped(&self) -> bool {
        let stopped = self.0.stopped.load(Ordering::Acquire);
        if stopped {
            self.0.seen.store(true, Ordering::Release);
        }
        stopped
    }
}

impl fmt::Debug for StopToken {
    /// Looking at it does not count as being told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StopToken({})", if self.0.stopped.load(Ordering::Acquire) { "stopped" } else { "goes on" })
    }
}

/// The place of a thread: which execution it has.
#[derive(Debug, Default)]
pub(super) struct Seat(Mutex<Sitting>);

/// An execution on a thread.
#[derive(Debug, Default)]
struct Sitting {
    attempt: Option<Attempt>,
    /// The one before it, whose end may not be known to its worker.
    before: Option<Attempt>,
    stopped: bool,
    /// Made when the function asks for it.
    flag: Option<Arc<Flag>>,
    due: Option<Instant>,
}

impl Sitting {
    fn stop(&mut self) {
        self.stopped = true;
        if let Some(flag) = &self.flag {
            flag.stopped.store(true, Ordering::Release);
        }
    }
}

/// What a running function may know of its end.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Whether it is to stop.
    pub token: StopToken,
    /// When it is given up, if it may not run for ever.
    pub due: Option<Instant>,
}

/// What the function on this thread may know of its end; none outside of tasks.
pub fn standing() -> Option<Standing> {
    // A thread that ends, and asks while it drops what it had, has no task.
    let seat = SEAT.try_with(|seat| seat.get().cloned()).ok()??;
    let mut sitting = seat.0.lock();
    sitting.attempt?;
    let stopped = sitting.stopped;
    let flag = sitting.flag.get_or_insert_with(|| Arc::new(Flag { stopped: stopped.into(), seen: false.into() }));
    Some(Standing { token: StopToken(flag.clone()), due: sitting.due })
}

/// The executions of a worker that nobody waits for.
#[derive(Debug, Default)]
pub(super) struct Stops {
    seats: Mutex<Vec<Weak<Seat>>>,
    /// Those that have no seat.
    early: Mutex<FxHashSet<Attempt>>,
    /// How many those are, so that who sits down need not look.
    count: AtomicUsize,
    /// Whether nobody waits for what any thread does.
    closed: AtomicBool,
}

impl Stops {
    /// Nobody waits for an execution any longer; whether it runs.
    pub(super) fn stop(&self, attempt: Attempt) -> bool {
        // Written down first: whoever sits down after the seats were looked at finds it.
        self.change(|early| early.insert(attempt));
        let sits = |seat: &Arc<Seat>| {
            let mut sitting = seat.0.lock();
            let own = sitting.attempt == Some(attempt);
            if own {
                sitting.stop();
            }
            own
        };
        let runs = self.seats.lock().iter().filter_map(Weak::upgrade).any(|seat| sits(&seat));
        if runs {
            self.over(attempt);
        }
        runs
    }

    /// Whether a thread has this execution.
    pub(super) fn runs(&self, attempt: Attempt) -> bool {
        let seats = self.seats.lock();
        seats.iter().filter_map(Weak::upgrade).any(|seat| seat.0.lock().attempt == Some(attempt))
    }

    /// What has begun, if its worker died now: what each thread has, or had last.
    pub(super) fn begun(&self) -> Begun {
        let seats = self.seats.lock();
        let last = |seat: Arc<Seat>| {
            let sitting = seat.0.lock();
            sitting.attempt.or(sitting.before)
        };
        Begun::These(seats.iter().filter_map(Weak::upgrade).filter_map(last).collect())
    }

    /// Nobody waits for what any thread does, or will do.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let seats: Vec<_> = self.seats.lock().iter().filter_map(Weak::upgrade).collect();
        seats.iter().for_each(|seat| seat.0.lock().stop());
    }

    /// An execution is over, or has a seat: true if it had been stopped before it had one.
    pub(super) fn over(&self, attempt: Attempt) -> bool {
        self.count.load(Ordering::Acquire) > 0 && self.change(|early| early.remove(&attempt))
    }

    fn change(&self, change: impl FnOnce(&mut FxHashSet<Attempt>) -> bool) -> bool {
        let mut early = self.early.lock();
        let changed = change(&mut early);
        self.count.store(early.len(), Ordering::Release);
        changed
    }

    /// The seat of this thread.
    fn seat(&self) -> Arc<Seat> {
        let enter = || {
            let seat = Arc::<Seat>::default();
            let mut seats = self.seats.lock();
            seats.retain(|known| known.strong_count() > 0);
            seats.push(Arc::downgrade(&seat));
            seat
        };
        SEAT.with(|seat| seat.get_or_init(enter).clone())
    }
}

/// An execution has this thread, until it leaves.
pub(super) struct Seated {
    seat: Arc<Seat>,
    is_over: bool,
}

/// Gives this thread to an execution. A thread has one at a time.
pub(super) fn sit(stops: &Stops, attempt: Attempt, due: Option<Instant>) -> Seated {
    let seat = stops.seat();
    let own = Sitting { attempt: Some(attempt), due, ..Sitting::default() };
    let before = std::mem::replace(&mut *seat.0.lock(), own);
    debug_assert!(before.attempt.is_none(), "{before:?} has the thread");
    let is_over = stops.over(attempt) || stops.closed.load(Ordering::Acquire) || seat.0.lock().stopped;
    Seated { seat, is_over }
}

impl Seated {
    /// Whether it was stopped before it began.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The execution is over; true if its function knew that nobody waits for it. Who works for it on other threads is told.
    pub(super) fn leave(self) -> bool {
        let mut sitting = self.seat.0.lock();
        let before = sitting.attempt;
        let mut own = std::mem::replace(&mut *sitting, Sitting { before, ..Sitting::default() });
        drop(sitting);
        let seen = own.flag.as_ref().is_some_and(|flag| flag.seen.load(Ordering::Acquire));
        own.stop();
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn a_function_is_told_once_and_for_all() {
        let stops = Stops::default();
        assert!(standing().is_none(), "outside of tasks");
        let seat = sit(&stops, Attempt(7), None);
        let token = standing().unwrap().token;
        assert!(!stops.stop(Attempt(8)), "it does not run");
        assert!(!token.is_stopped() && !seat.is_over());
        assert!(stops.stop(Attempt(7)) && stops.runs(Attempt(7)) && !stops.runs(Attempt(8)));
        assert!(format!("{token:?}").contains("stopped"));
        assert!(standing().unwrap().token.is_stopped() && token.is_stopped());
        assert!(seat.leave(), "it knows");
        assert!(!stops.runs(Attempt(7)), "it is over");
        assert!(standing().is_none());
        // Another one before it began: its function is not called.
        let seat = sit(&stops, Attempt(8), None);
        assert!(seat.is_over());
        assert!(!seat.leave(), "nobody asked");
        assert_eq!(stops.count.load(Ordering::Relaxed), 0, "nothing is left");
    }

    #[test]
    fn what_threads_have_and_had_last_has_begun() {
        let stops = Stops::default();
        assert_eq!(stops.begun(), Begun::none());
        let seat = sit(&stops, Attempt(1), None);
        assert_eq!(stops.begun(), Begun::These(vec![Attempt(1)]));
        seat.leave();
        assert_eq!(stops.begun(), Begun::These(vec![Attempt(1)]), "its end may be on the way");
        let seat = sit(&stops, Attempt(2), None);
        assert_eq!(stops.begun(), Begun::These(vec![Attempt(2)]));
        seat.leave();
    }

    #[test]
    fn who_does_not_ask_does_not_know_and_who_asks_after_the_end_is_told() {
        let stops = Stops::default();
        let seat = sit(&stops, Attempt(1), None);
        stops.stop(Attempt(1));
        assert!(!seat.leave());
        let seat = sit(&stops, Attempt(2), None);
        let token = standing().unwrap().token;
        assert!(!token.is_stopped());
        assert!(!seat.leave());
        assert!(token.is_stopped());
        stops.stop(Attempt(3));
        assert!(stops.over(Attempt(3)), "its end was on the way");
        assert!(!stops.over(Attempt(3)));
    }

    #[test]
    fn a_worker_that_leaves_stops_what_runs_and_what_would_begin() {
        let stops = Stops::default();
        let seat = sit(&stops, Attempt(1), Some(Instant::now()));
        let Standing { token, due } = standing().unwrap();
        assert!(due.is_some() && !token.is_stopped());
        stops.close();
        assert!(token.is_stopped() && seat.leave());
        let next = sit(&stops, Attempt(2), None);
        assert!(next.is_over() && !next.leave());
    }

    #[test]
    fn every_execution_is_stopped_however_the_threads_meet() {
        const RUNS: u64 = 2_000;
        let stops = Stops::default();
        let (begun, next) = channel();
        thread::scope(|scope| {
            let stops = &stops;
            let thread = scope.spawn(move || {
                for attempt in (0..RUNS).map(Attempt) {
                    begun.send(attempt).unwrap();
                    let seat = sit(stops, attempt, None);
                    if !seat.is_over() {
                        let token = standing().unwrap().token;
                        // For ever, if it was missed.
                        while !token.is_stopped() {
                            thread::yield_now();
                        }
                        assert!(seat.leave());
                    } else {
                        seat.leave();
                    }
                }
            });
            next.iter().for_each(|attempt| _ = stops.stop(attempt));
            thread.join().unwrap();
        });
        let seats = stops.seats.lock().iter().filter(|seat| seat.strong_count() > 0).count();
        assert_eq!((stops.count.load(Ordering::Relaxed), seats), (0, 0), "nothing is left of them, nor of the thread");
    }
}
