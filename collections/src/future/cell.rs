//! The state of a future, shared by the client that fills it and whoever waits for it.

use parking_lot::{Condvar, Mutex};
use partita_graph::{Key, RunError, TaskError, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Waker;
use std::time::{Duration, Instant};

/// What became of a result.
#[derive(Clone, Debug)]
pub enum State {
    /// It is not there yet.
    Pending,
    /// It is in the memory of a worker.
    Finished,
    /// It, or something that it needs, failed.
    Erred(TaskError),
    /// It was cancelled, and why.
    Cancelled(String),
    /// The cluster is gone.
    Ended(RunError),
}

/// Called once with the state in which a future ended.
pub type Callback = Box<dyn FnOnce(&State) + Send>;

#[derive(Default)]
struct Inner {
    state: Option<State>,
    value: Option<Value>,
    wanted: bool,
    /// Who asked for the value and has not taken it: it stays until they have.
    readers: u32,
    /// Threads that sleep until something changes.
    sleepers: u32,
    wakers: Vec<Waker>,
    callbacks: Vec<Callback>,
}

/// The state of one result, as its client knows it.
pub struct Cell {
    key: Key,
    slot: AtomicU32,
    released: AtomicBool,
    inner: Mutex<Inner>,
    changed: Condvar,
}

/// How long a thread looks again and again before it sleeps: a wake-up costs more than most tiny tasks.
const SPIN: Duration = Duration::from_micros(25);

impl Cell {
    /// The cell of a result that is not there yet.
    pub fn new(key: Key) -> Self {
        Cell {
            key,
            slot: AtomicU32::new(u32::MAX),
            released: AtomicBool::new(false),
            inner: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The result's key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// A number that the client keeps here for itself.
    pub fn slot(&self) -> u32 {
        self.slot.load(Ordering::Acquire)
    }

    /// Sets the client's number.
    pub fn set_slot(&self, slot: u32) {
        self.slot.store(slot, Ordering::Release);
    }

    /// Says that nobody holds the result any longer.
    pub fn set_released(&self) {
        self.released.store(true, Ordering::Release);
    }

    /// Whether nobody holds the result any longer.
    pub fn is_released(&self) -> bool {
        self.released.load(Ordering::Acquire)
    }

    /// The state now.
    pub fn state(&self) -> State {
        self.inner.lock().state.clone().unwrap_or(State::Pending)
    }

    /// Sets the state, wakes who waits and calls the callbacks. True if somebody wants the value, which is then to be
    /// fetched.
    pub fn set(&self, state: State) -> bool {
        let mut inner = self.inner.lock();
        if matches!(inner.state, Some(State::Ended(_))) {
            // What a cluster that is gone had still to say comes too late.
            return false;
        }
        if matches!(state, State::Pending) {
            inner.state = None;
            inner.value = None;
            return false;
        }
        inner.state = Some(state.clone());
        let (wakers, callbacks) = (std::mem::take(&mut inner.wakers), std::mem::take(&mut inner.callbacks));
        let fetch = inner.wanted && matches!(state, State::Finished);
        let waiting = inner.sleepers > 0;
        drop(inner);
        if waiting && !fetch {
            self.changed.notify_all();
        }
        wakers.into_iter().for_each(Waker::wake);
        for callback in callbacks {
            // One that panics is printed as any panic, and harms neither the others nor whoever calls them.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(&state)));
        }
        fetch
    }

    /// Hands the value to whoever waits for it.
    pub fn put(&self, value: Value) {
        let mut inner = self.inner.lock();
        if inner.wanted {
            inner.value = Some(value);
        }
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Says that the value is wanted. True if it is to be fetched: the result is there and nobody asked before.
    pub fn want(&self) -> bool {
        let mut inner = self.inner.lock();
        let first = !std::mem::replace(&mut inner.wanted, true);
        first && inner.value.is_none() && matches!(inner.state, Some(State::Finished))
    }

    /// Whether somebody wants the value, and it is there and has not come.
    pub fn is_due(&self) -> bool {
        let inner = self.inner.lock();
        inner.wanted && inner.value.is_none() && matches!(inner.state, Some(State::Finished))
    }

    /// The value if it was fetched, or why it will not come; `None` while neither is known.
    pub fn outcome(&self) -> Option<Result<Value, RunError>> {
        outcome(&self.key, &self.inner.lock())
    }

    /// As [`Cell::want`], and the value stays until [`Cell::done_reading`] or [`Cell::pause_reading`].
    pub fn start_reading(&self) -> bool {
        self.inner.lock().readers += 1;
        self.want()
    }

    /// One reader is done; after the last one the value is forgotten.
    pub fn done_reading(&self) {
        let mut inner = self.inner.lock();
        inner.readers -= 1;
        if inner.readers == 0 {
            inner.wanted = false;
            inner.value = None;
        }
    }

    /// One reader looks again later; the value stays wanted.
    pub fn pause_reading(&self) {
        self.inner.lock().readers -= 1;
    }

    /// Blocks until it is known what became of the result, or until the deadline.
    pub fn wait_end(&self, deadline: Option<Instant>) -> Option<State> {
        self.wait(deadline, |inner| inner.state.clone())
    }

    /// Blocks until the value is there or will not come, or until the deadline. Somebody must [`Cell::want`] it.
    pub fn wait_outcome(&self, deadline: Option<Instant>) -> Option<Result<Value, RunError>> {
        self.wait(deadline, |inner| outcome(&self.key, inner))
    }

    fn wait<R>(&self, deadline: Option<Instant>, ready: impl Fn(&Inner) -> Option<R>) -> Option<R> {
        let spin = Instant::now() + SPIN;
        loop {
            if let Some(found) = ready(&self.inner.lock()) {
                return Some(found);
            }
            if Instant::now() >= spin {
                break;
            }
            std::thread::yield_now();
        }
        let mut inner = self.inner.lock();
        inner.sleepers += 1;
        let found = loop {
            if let Some(found) = ready(&inner) {
                break Some(found);
            }
            let timed_out = match deadline {
                None => {
                    self.changed.wait(&mut inner);
                    false
                }
                Some(deadline) => self.changed.wait_until(&mut inner, deadline).timed_out(),
            };
            if timed_out {
                break ready(&inner);
            }
        };
        inner.sleepers -= 1;
        found
    }

    /// Calls back once when the result is there or will not come; at once if that is known.
    pub fn on_end(&self, callback: Callback) {
        let mut inner = self.inner.lock();
        match inner.state.clone() {
            None => inner.callbacks.push(callback),
            Some(state) => {
                drop(inner);
                callback(&state);
            }
        }
    }

    /// Wakes a task of an async runtime when something changes.
    pub fn wake(&self, waker: &Waker) {
        let mut inner = self.inner.lock();
        if !inner.wakers.iter().any(|known| known.will_wake(waker)) {
            inner.wakers.push(waker.clone());
        }
    }
}

fn outcome(key: &Key, inner: &Inner) -> Option<Result<Value, RunError>> {
    match (&inner.state, &inner.value) {
        (Some(State::Finished), Some(value)) => Some(Ok(value.clone())),
        (Some(State::Erred(error)), _) => Some(Err(RunError::Task(error.clone()))),
        (Some(State::Cancelled(reason)), _) => {
            Some(Err(RunError::Cancelled { key: key.clone(), reason: reason.clone() }))
        }
        (Some(State::Ended(error)), _) => Some(Err(error.clone())),
        _ => None,
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cell({}, {:?})", self.key, self.state())
    }
}
