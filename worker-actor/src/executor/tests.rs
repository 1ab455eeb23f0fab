//! Tests of the executor. None sleeps: threads meet at channels and barriers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use super::{Executor, Job, Settings, ThreadContext, enter_blocking};
use partita_protocol::Priority;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, OnceLock, Weak};
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(60);

/// A job that is a closure with a rank; of rank [`URGENT`] it is urgent.
pub(super) struct Call(pub(super) u32, pub(super) Box<dyn FnOnce(&ThreadContext) + Send>);

pub(super) const URGENT: u32 = u32::MAX;

impl Job for Call {
    fn is_urgent(&self) -> bool {
        self.0 == URGENT
    }

    fn priority(&self) -> Priority {
        Priority { rank: self.0, ..Priority::default() }
    }

    fn run(self, context: &ThreadContext) {
        (self.1)(context);
    }
}

pub(super) fn call(run: impl FnOnce() + Send + 'static) -> Call {
    Call(0, Box::new(|_| run()))
}

pub(super) fn executor(threads: u32) -> Arc<Executor<Call>> {
    Arc::new(Executor::new(Settings::new("test", threads)).unwrap())
}

pub(super) fn submit(executor: &Executor<Call>, batch: impl IntoIterator<Item = Call>) {
    assert!(executor.submit(batch).is_ok());
}

pub(super) fn close(executor: &Executor<Call>) {
    let left = executor.close(GRACE);
    assert_eq!((left.jobs.len(), left.abandoned, executor.threads()), (0, 0, 0));
}

/// A job that says when it began and ends when it is told to.
pub(super) fn held(said: &Sender<u32>, number: u32) -> (Call, Sender<()>) {
    let (said, (go, gone)) = (said.clone(), channel());
    let job = call(move || {
        said.send(number).unwrap();
        gone.recv().ok();
    });
    (job, go)
}

/// The names of the threads of this process that begin with `prefix`; none where there is no `/proc`.
fn threads_named(prefix: &str) -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// A joined thread leaves `/proc` a moment after its end.
fn await_none_named(prefix: &str) {
    while !threads_named(prefix).is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn one_thread_runs_jobs_by_priority_and_then_first_come_first_served() {
    let executor = executor(1);
    let (said, hear) = channel();
    let (first, go) = held(&said, 0);
    submit(&executor, [first]);
    assert_eq!(hear.recv(), Ok(0));
    let jobs = [(5, 1), (3, 2), (5, 3), (1, 4), (3, 5)].map(|(rank, number)| {
        let said = said.clone();
        Call(rank, Box::new(move |_| said.send(number).unwrap()))
    });
    submit(&executor, jobs);
    assert_eq!(executor.queued(), 5);
    drop((go, said));
    assert_eq!(hear.iter().collect::<Vec<_>>(), [4, 2, 5, 1, 3]);
    close(&executor);
}

#[test]
fn all_threads_are_used_whether_jobs_come_at_once_or_one_by_one() {
    for at_once in [true, false] {
        let executor = executor(4);
        let barrier = Arc::new(Barrier::new(5));
        let (said, hear) = channel();
        let jobs = (0..4).map(|_| {
            let (barrier, said) = (barrier.clone(), said.clone());
            let run = move |context: &ThreadContext| {
                barrier.wait();
                let name = std::thread::current().name().map(str::to_owned);
                assert_eq!(name, Some(format!("{}-exec-{}", context.executor, context.thread)));
                said.send(context.thread).unwrap();
            };
            Call(0, Box::new(run))
        });
        if at_once {
            submit(&executor, jobs.collect::<Vec<_>>());
        } else {
            jobs.for_each(|job| submit(&executor, [job]));
        }
        barrier.wait();
        drop(said);
        assert_eq!(hear.iter().collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2, 3]));
        close(&executor);
    }
}

/// Job `depth` submits the next one and waits for it, as a task does that computes.
fn nest(executor: Weak<Executor<Call>>, depth: u32, done: Sender<u32>) -> Call {
    call(move || {
        if depth == 0 {
            return done.send(0).unwrap();
        }
        let (inner_done, wait) = channel();
        submit(&executor.upgrade().unwrap(), [nest(executor.clone(), depth - 1, inner_done)]);
        let guard = enter_blocking();
        assert!(guard.is_first());
        assert!(!enter_blocking().is_first(), "one within the other");
        let inner = wait.recv().unwrap();
        drop(guard);
        done.send(inner + 1).unwrap();
    })
}

#[test]
fn jobs_that_wait_for_each_other_500_deep_end_on_one_slot() {
    let executor = executor(1);
    let (done, wait) = channel();
    submit(&executor, [nest(Arc::downgrade(&executor), 500, done)]);
    assert_eq!(wait.recv(), Ok(500));
    close(&executor);
}

#[test]
fn never_more_jobs_run_than_slots_once_those_that_waited_have_ended() {
    let executor = executor(1);
    let (said, hear) = channel();
    let (inside, go_inside) = held(&said, 2);
    let (waited, (wake, woken)) = (said.clone(), channel::<()>());
    let (on, (end, ended)) = (said.clone(), channel::<()>());
    let blocks = call(move || {
        let guard = enter_blocking();
        waited.send(1).unwrap();
        woken.recv().ok();
        drop(guard);
        on.send(3).unwrap();
        ended.recv().ok();
    });
    submit(&executor, [blocks]);
    assert_eq!(hear.recv(), Ok(1), "it waits");
    submit(&executor, [inside]);
    assert_eq!(hear.recv(), Ok(2), "another one has the slot");
    drop(wake);
    assert_eq!(hear.recv(), Ok(3), "it goes on at once: two run");
    let (next, go_next) = held(&said, 4);
    submit(&executor, [next]);
    drop(go_inside);
    // The thread of `inside` is one too many now: it parks, and `next` waits for the other one.
    await_slots(&executor, 1);
    assert_eq!((executor.queued(), hear.try_recv().is_err()), (1, true));
    drop(end);
    assert_eq!(hear.recv(), Ok(4));
    drop(go_next);
    close(&executor);
}

/// Waits until so many threads hold a slot.
pub(super) fn await_slots(executor: &Executor<Call>, active: usize) {
    while executor.pool.slots().active != active {
        std::thread::yield_now();
    }
}

/// So many jobs that wait at the same time on one slot, each on a thread of its own.
fn block_at_once(executor: &Executor<Call>, count: usize) {
    let barrier = Arc::new(Barrier::new(count));
    let (done, wait) = channel();
    let jobs = (0..count).map(|_| {
        let (barrier, done) = (barrier.clone(), done.clone());
        call(move || {
            let guard = enter_blocking();
            barrier.wait();
            drop(guard);
            done.send(()).unwrap();
        })
    });
    submit(executor, jobs.collect::<Vec<_>>());
    drop(done);
    assert_eq!(wait.iter().count(), count);
}

#[test]
fn spare_threads_are_used_again_and_those_beyond_the_limit_end() {
    let settings = Settings { spare_threads: 3, idle: Duration::from_millis(1), ..Settings::new("spare", 1) };
    let executor = Executor::new(settings).unwrap();
    block_at_once(&executor, 20);
    while executor.threads() > 4 {
        std::thread::yield_now();
    }
    for _ in 0..20 {
        block_at_once(&executor, 4);
    }
    assert_eq!(executor.threads(), 4, "the spare ones are used again");
    close(&executor);
}

#[test]
fn a_leaked_guard_ends_with_its_job() {
    let executor = executor(1);
    let (said, hear) = channel();
    let again = said.clone();
    submit(
        &executor,
        [call(|| std::mem::forget(enter_blocking())), call(move || again.send(enter_blocking().is_first()).unwrap())],
    );
    assert_eq!(hear.recv(), Ok(true), "first in a job of its own");
    submit(&executor, [call(move || said.send(false).unwrap())]);
    assert_eq!(hear.recv(), Ok(false));
    while executor.pool.slots().active > 1 {
        std::thread::yield_now();
    }
    close(&executor);
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_thread_survives_panics_even_while_it_waits() {
    let executor = executor(1);
    let (said, hear) = channel();
    submit(
        &executor,
        [
            call(|| std::panic::panic_any("a job")),
            call(|| {
                let _guard = enter_blocking();
                std::panic::panic_any(Bomb);
            }),
            Call(1, Box::new(move |context| said.send(context.thread).unwrap())),
        ],
    );
    assert!(hear.recv().is_ok());
    close(&executor);
}

#[test]
fn closing_gives_queued_jobs_back_and_takes_no_more() {
    let executor = executor(1);
    let (said, hear) = channel();
    let (first, go) = held(&said, 0);
    submit(&executor, [first]);
    hear.recv().unwrap();
    submit(&executor, [3, 1, 2].map(|rank| Call(rank, Box::new(|_| unreachable!("it must not run")))));
    let left = executor.close(Duration::ZERO);
    assert_eq!(left.jobs.iter().map(|job| job.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(left.abandoned, 1, "the grace is over");
    assert_eq!(executor.submit([call(|| ())]).map_err(|back| back.len()), Err(1));
    drop(go);
    close(&executor);
}

#[test]
fn a_job_may_close_its_own_executor() {
    let executor = executor(2);
    let (done, wait) = channel();
    let own = executor.clone();
    submit(&executor, [call(move || done.send(own.close(GRACE).abandoned).unwrap())]);
    assert_eq!(wait.recv(), Ok(0));
    close(&executor);
}

#[test]
fn dropping_an_executor_drops_its_jobs_and_ends_its_threads() {
    let (said, hear): (Sender<u32>, Receiver<u32>) = channel();
    let executor = Executor::new(Settings::new("gone", 2)).unwrap();
    let alive = Arc::new(OnceLock::<()>::new());
    let (first, go) = held(&said, 0);
    let (second, go_second) = held(&said, 1);
    submit(&executor, [first, second]);
    assert_eq!(BTreeSet::from([hear.recv().unwrap(), hear.recv().unwrap()]), BTreeSet::from([0, 1]));
    let kept = alive.clone();
    submit(&executor, [call(move || drop(kept))]);
    drop(executor);
    assert_eq!(Arc::strong_count(&alive), 1, "the queued job is gone");
    drop((go, go_second));
    await_none_named("gone-exec-");
}

#[test]
fn a_thousand_executors_leave_no_thread() {
    for round in 0..1_000 {
        let executor = Executor::new(Settings::new("leak", 2)).unwrap();
        if round % 10 == 0 {
            block_at_once(&executor, 6);
        }
        close(&executor);
    }
    await_none_named("leak-exec-");
}

#[test]
fn blocking_on_a_thread_of_nobody_does_nothing() {
    let guard = enter_blocking();
    assert!(!guard.is_first());
}
