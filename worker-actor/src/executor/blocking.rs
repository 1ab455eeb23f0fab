//! What a job says when it waits for others, so that its slot is free meanwhile.

use super::pool::Lend;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::Arc;

thread_local! {
    static THREAD: Thread = const { Thread { pool: RefCell::new(None), depth: Cell::new(0), blocked: Cell::new(false) } };
}

/// What a thread of an executor knows of the job that it runs.
struct Thread {
    /// Whose slot it holds, under which number; `None` on a thread of nobody.
    pool: RefCell<Option<(Arc<dyn Lend>, u32)>>,
    /// How many guards there are, one within the other.
    depth: Cell<usize>,
    /// Whether the job has waited before.
    blocked: Cell<bool>,
}

/// Says that the job on this thread waits until the guard is dropped: another job may run meanwhile.
///
/// On a thread that belongs to no executor it does nothing. Guards may stand one within the other; the outermost counts.
///
/// ```
/// use partita_worker::executor::enter_blocking;
///
/// let guard = enter_blocking();
/// assert!(!guard.is_first(), "this is no thread of an executor");
/// ```
pub fn enter_blocking() -> BlockingGuard {
    THREAD.with(|thread| {
        let first = match &*thread.pool.borrow() {
            None => return BlockingGuard { entered: false, first: false, not_send: PhantomData },
            Some((pool, number)) => {
                if thread.depth.get() == 0 {
                    pool.lend(*number);
                }
                !thread.blocked.replace(true)
            }
        };
        thread.depth.set(thread.depth.get() + 1);
        BlockingGuard { entered: true, first, not_send: PhantomData }
    })
}

/// While it lives, the job on this thread waits; see [`enter_blocking`].
#[derive(Debug)]
#[must_use = "the job waits only as long as the guard lives"]
pub struct BlockingGuard {
    entered: bool,
    first: bool,
    /// It counts for the thread that made it.
    not_send: PhantomData<*const ()>,
}

impl BlockingGuard {
    /// Whether the job waits for the first time, so that whoever keeps count is to be told.
    pub fn is_first(&self) -> bool {
        self.first
    }
}

impl Drop for BlockingGuard {
    fn drop(&mut self) {
        if !self.entered {
            return;
        }
        // A guard that outlives its job, or even its thread, has nothing to give back: the slot is back already.
        let _ = THREAD.try_with(|thread| {
            let Some(depth) = thread.depth.get().checked_sub(1) else { return };
            thread.depth.set(depth);
            if let (0, Some((pool, number))) = (depth, &*thread.pool.borrow()) {
                pool.take_back(*number);
            }
        });
    }
}

/// This thread runs jobs of an executor from now on.
pub(super) fn enter_thread(pool: Arc<dyn Lend>, number: u32) {
    THREAD.with(|thread| *thread.pool.borrow_mut() = Some((pool, number)));
}

/// The job on this thread ended: guards that it leaked do not lend the slot any longer.
pub(super) fn end_job() {
    THREAD.with(|thread| {
        thread.blocked.set(false);
        if let (1.., Some((pool, number))) = (thread.depth.replace(0), &*thread.pool.borrow()) {
            pool.take_back(*number);
        }
    });
}

/// This thread runs no more jobs.
pub(super) fn leave_thread() {
    THREAD.with(|thread| *thread.pool.borrow_mut() = None);
}
