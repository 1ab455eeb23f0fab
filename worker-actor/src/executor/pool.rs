//! What the threads of an executor share.

use super::job::Job;
use super::queue::Queue;
use super::settings::Settings;
use super::slots::{Grant, Slots};
use super::thread;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the threads of an executor share.
#[derive(Debug)]
pub(super) struct Pool<J: Job> {
    pub(super) settings: Settings,
    pub(super) shared: Arc<dyn Any + Send + Sync>,
    pub(super) name: Arc<str>,
    state: Mutex<State<J>>,
    /// Parked threads wait here.
    wake: Condvar,
    /// Whoever closes the executor waits here for its threads.
    ended: Condvar,
    /// A hint for the thread that spins: how many jobs are queued, or that the executor is closed.
    hint: AtomicUsize,
    /// Itself, for the threads that it starts.
    me: Weak<Pool<J>>,
}

#[derive(Debug)]
struct State<J> {
    queue: Queue<J>,
    slots: Slots,
    closed: bool,
    /// Threads that have not ended.
    live: HashMap<u32, JoinHandle<()>>,
    /// Threads that ended after the executor was closed.
    ended: Vec<JoinHandle<()>>,
    next_thread: u32,
    /// Threads whose slot another one has while their job waits.
    lent: HashSet<u32>,
    /// Threads whose slot another one has because nobody waits for their job any longer.
    abandoned: HashSet<u32>,
}

impl<J: Job> Pool<J> {
    pub(super) fn new(settings: Settings, shared: Arc<dyn Any + Send + Sync>) -> Arc<Self> {
        let slots = Slots { limit: settings.threads.max(1) as usize, ..Slots::default() };
        let state = State {
            queue: Queue::new(),
            slots,
            closed: false,
            live: HashMap::new(),
            ended: Vec::new(),
            next_thread: 0,
            lent: HashSet::new(),
            abandoned: HashSet::new(),
        };
        Arc::new_cyclic(|me| Pool {
            name: settings.name.as_str().into(),
            settings,
            shared,
            state: Mutex::new(state),
            wake: Condvar::new(),
            ended: Condvar::new(),
            hint: AtomicUsize::new(0),
            me: me.clone(),
        })
    }

    /// Starts a thread for each slot.
    pub(super) fn start(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        for _ in 0..state.slots.limit {
            state.slots.active += 1;
            state.slots.starting += 1;
            self.start_thread(&mut state)?;
        }
        Ok(())
    }

    pub(super) fn submit(&self, batch: impl IntoIterator<Item = J>) -> Result<(), Vec<J>> {
        let mut state = self.state.lock();
        if state.closed {
            drop(state);
            return Err(batch.into_iter().collect());
        }
        for job in batch {
            state.queue.push(job);
        }
        self.hint.store(state.queue.len(), Relaxed);
        self.hand_on(state);
        Ok(())
    }

    pub(super) fn queued(&self) -> usize {
        self.state.lock().queue.len()
    }

    pub(super) fn threads(&self) -> usize {
        self.state.lock().live.len()
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> Slots {
        self.state.lock().slots
    }

    /// The next job of a thread that holds a slot, or lost it with its last job; waits for one. `None` when the thread is
    /// to end, without a slot.
    pub(super) fn next_job(&self, thread: u32) -> Option<J> {
        let mut state = self.state.lock();
        if !state.abandoned.is_empty() && state.abandoned.remove(&thread) {
            state.slots.active += 1;
        }
        let mut looked_on = false;
        loop {
            if state.closed {
                state.slots.active -= 1;
                return None;
            }
            if !state.slots.is_surplus() || state.queue.urgent() > 0 {
                if let Some(job) = state.queue.pop() {
                    self.hint.store(state.queue.len(), Relaxed);
                    self.hand_on(state);
                    return Some(job);
                }
                if !looked_on && !state.slots.spinning {
                    state.slots.spinning = true;
                    MutexGuard::unlocked(&mut state, || self.spin());
                    state.slots.spinning = false;
                    looked_on = true;
                    continue;
                }
            }
            if !self.park(&mut state) {
                return None;
            }
            looked_on = false;
        }
    }

    /// Looks on for a moment whether a job comes.
    fn spin(&self) {
        let begin = Instant::now();
        while self.hint.load(Relaxed) == 0 && begin.elapsed() < self.settings.spin {
            std::thread::yield_now();
        }
    }

    /// Gives the slot back and waits for one: true with a slot, false if the thread is to end.
    fn park(&self, state: &mut MutexGuard<'_, State<J>>) -> bool {
        state.slots.park();
        loop {
            if state.closed {
                state.slots.parked -= 1;
                return false;
            }
            if state.slots.unpark() {
                return true;
            }
            let keep = state.slots.limit + self.settings.spare_threads;
            if state.slots.parked <= keep {
                self.wake.wait(state);
            } else if self.wake.wait_for(state, self.settings.idle).timed_out()
                && state.slots.granted == 0
                && state.slots.parked > keep
            {
                state.slots.parked -= 1;
                return false;
            }
        }
    }

    /// Hands a slot on to another thread if queued jobs need one.
    fn hand_on(&self, mut state: MutexGuard<'_, State<J>>) {
        let queued = state.queue.len();
        let urgent = state.queue.urgent();
        match state.slots.grant(queued, urgent) {
            Grant::No => {}
            Grant::Wake => {
                drop(state);
                self.wake.notify_one();
            }
            // If the system has no thread for us, the jobs wait for those that there are.
            Grant::Start => drop(self.start_thread(&mut state)),
        }
    }

    /// Gives the slot of a thread to another one for as long as its job goes on.
    pub(super) fn abandon(&self, thread: u32) {
        let mut state = self.state.lock();
        if state.abandoned.insert(thread) && !state.lent.remove(&thread) {
            state.slots.active -= 1;
            self.hand_on(state);
        }
    }

    /// Starts a thread that has been given a slot; takes it back if the system refuses.
    fn start_thread(&self, state: &mut State<J>) -> io::Result<()> {
        let number = state.next_thread;
        let started = self.me.upgrade().ok_or_else(|| io::ErrorKind::NotFound.into()).and_then(|pool| {
            let builder = std::thread::Builder::new().name(format!("{}-exec-{number}", self.name));
            builder.stack_size(self.settings.stack_size).spawn(move || thread::main(&pool, number))
        });
        match started {
            Ok(handle) => {
                state.next_thread += 1;
                state.live.insert(number, handle);
                Ok(())
            }
            Err(error) => {
                state.slots.active -= 1;
                state.slots.starting -= 1;
                Err(error)
            }
        }
    }

    /// A thread that was started is there.
    pub(super) fn came(&self) {
        self.state.lock().slots.starting -= 1;
    }

    /// A thread ends.
    pub(super) fn leave(&self, number: u32) {
        let mut state = self.state.lock();
        let handle = state.live.remove(&number);
        if state.closed {
            state.ended.extend(handle);
            self.ended.notify_all();
        }
    }

    /// Takes no more jobs and tells the threads to end; the jobs that did not run, best first.
    pub(super) fn shut(&self) -> Vec<J> {
        let mut state = self.state.lock();
        state.closed = true;
        self.hint.store(usize::MAX, Relaxed);
        self.wake.notify_all();
        state.queue.take()
    }

    /// Waits for the threads to end, but not beyond the grace; says how many did not. The thread that asks is not
    /// waited for, should it be one of them.
    pub(super) fn join(&self, grace: Duration) -> usize {
        let deadline = Instant::now().checked_add(grace);
        let own = std::thread::current().id();
        let mut state = self.state.lock();
        let own = usize::from(state.live.values().any(|handle| handle.thread().id() == own));
        while state.live.len() > own {
            let Some(deadline) = deadline else {
                self.ended.wait(&mut state);
                continue;
            };
            if self.ended.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        let abandoned = state.live.len().saturating_sub(own);
        let ended = std::mem::take(&mut state.ended);
        drop(state);
        for handle in ended {
            // A thread of ours does not panic: jobs are run under `catch_unwind`.
            drop(handle.join());
        }
        abandoned
    }
}

/// What a thread does with its slot while its job waits for others.
pub(super) trait Lend {
    /// The job waits: its slot is free for another thread.
    fn lend(&self, thread: u32);

    /// The job goes on at once, whether a slot is free or not.
    fn take_back(&self, thread: u32);
}

impl<J: Job> Lend for Pool<J> {
    fn lend(&self, thread: u32) {
        let mut state = self.state.lock();
        if !state.abandoned.contains(&thread) {
            state.lent.insert(thread);
            state.slots.active -= 1;
            self.hand_on(state);
        }
    }

    fn take_back(&self, thread: u32) {
        let mut state = self.state.lock();
        if state.lent.remove(&thread) {
            state.slots.active += 1;
        }
    }
}
