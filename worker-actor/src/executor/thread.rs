//! One thread of an executor.

use super::blocking;
use super::job::{Job, ThreadContext};
use super::pool::Pool;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs jobs until the executor closes or has no use for the thread. It begins with a slot.
pub(super) fn main<J: Job>(pool: &Arc<Pool<J>>, number: u32) {
    let context = ThreadContext { executor: pool.name.clone(), thread: number, shared: pool.shared.clone() };
    blocking::enter_thread(pool.clone(), number);
    pool.came();
    while let Some(job) = pool.next_job(number) {
        run(job, &context);
        blocking::end_job();
    }
    blocking::leave_thread();
    pool.leave(number);
}

/// Runs a job; a panic that it lets escape ends with it.
fn run<J: Job>(job: J, context: &ThreadContext) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| job.run(context))) {
        // What was thrown may throw again when it is dropped; what that throws is left to leak.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(payload);
        }
    }
}
