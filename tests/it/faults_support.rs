//! What the fault tests share: clusters that check themselves, gates in tasks, watchdogs, child processes.

use partita::cluster::Builder;
use partita::prelude::*;
use partita::{RunError, TaskError};
use std::fmt::Debug;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long a thing may take that should be done in milliseconds: what takes longer hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// A cluster that checks every invariant after every event, and is nobody's default.
pub(crate) fn builder(workers: usize, threads: usize) -> Builder {
    LocalCluster::builder().workers(workers).threads_per_worker(threads).validate(true).without_default()
}

/// As [`builder`], started.
pub(crate) fn cluster(workers: usize, threads: usize) -> LocalCluster {
    builder(workers, threads).start().expect("the cluster starts")
}

/// Runs `f` on a thread of its own and gives its result; panics as it does, or if it hangs.
pub(crate) fn within<R: Send + 'static>(limit: Duration, f: impl FnOnce() -> R + Send + 'static) -> R {
    let (tell, told) = channel();
    let thread = std::thread::spawn(move || drop(tell.send(f())));
    match told.recv_timeout(limit) {
        Ok(result) => {
            thread.join().expect("it ended");
            result
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("it sends before it ends"),
        },
        Err(RecvTimeoutError::Timeout) => panic!("it hangs: nothing after {limit:?}"),
    }
}

/// The result of a future, which must not hang.
pub(crate) fn result_of<T: partita::Data + Clone>(future: &Future<T>) -> Result<T, RunError> {
    match future.result_timeout(LIMIT) {
        Err(RunError::Timeout { what, .. }) => panic!("`{what}` hangs: its result is not there after {LIMIT:?}"),
        result => result,
    }
}

/// As [`result_of`]; if it hangs, the scheduler says why.
pub(crate) fn result_on<T: partita::Data + Clone>(client: &Client, future: &Future<T>) -> Result<T, RunError> {
    match future.result_timeout(LIMIT) {
        Err(RunError::Timeout { what, .. }) => panic!(
            "`{what}` hangs, {}: {:?}; {:?}; {:?}",
            future.status(),
            client.why(future.key()),
            client.summary(),
            client.validate()
        ),
        result => result,
    }
}

/// The task error of a future that must fail with one.
pub(crate) fn failure_of<T: partita::Data + Clone + Debug>(future: &Future<T>) -> TaskError {
    match result_of(future) {
        Err(RunError::Task(error)) => error,
        other => panic!("a task error was expected, not {other:?}"),
    }
}

#[derive(Default)]
struct Door {
    arrived: usize,
    open: bool,
}

/// Holds tasks up until the test lets them go on, which it does at the latest when it ends.
#[derive(Default)]
pub(crate) struct Gate(Pass);

/// What a task passes the gate with.
#[derive(Clone, Default)]
pub(crate) struct Pass(Arc<(Mutex<Door>, Condvar)>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn pass(&self) -> Pass {
        self.0.clone()
    }

    /// Waits until so many tasks have arrived.
    pub(crate) fn wait_for(&self, count: usize) {
        let (door, changed) = &*self.0.0;
        let door = door.lock().expect("nobody panics here");
        let (door, _) = changed.wait_timeout_while(door, LIMIT, |door| door.arrived < count).expect("as above");
        let arrived = door.arrived;
        drop(door);
        assert!(arrived >= count, "{count} tasks should have arrived at the gate, {arrived} have");
    }

    /// How many tasks have arrived so far.
    pub(crate) fn arrived(&self) -> usize {
        self.0.0.0.lock().expect("nobody panics here").arrived
    }

    pub(crate) fn open(&self) {
        self.0.0.0.lock().expect("nobody panics here").open = true;
        self.0.0.1.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

impl Pass {
    /// Arrives, and waits until the gate is open.
    pub(crate) fn through(&self) {
        let (door, changed) = &*self.0;
        let mut door = door.lock().expect("nobody panics here");
        door.arrived += 1;
        changed.notify_all();
        drop(changed.wait_while(door, |door| !door.open).expect("as above"));
    }
}

/// How often something happened.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One more; gives how many there were before.
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn remove(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Waits until something is so that is bound to become so; the state is asked for, so there is no event to wait for.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = std::time::Instant::now();
    while !so() {
        assert!(begin.elapsed() < LIMIT, "{what}: not so after {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The scheduler forgets everything once nobody wants anything.
pub(crate) fn until_nothing_is_left(client: &Client) {
    let begin = std::time::Instant::now();
    loop {
        let summary = client.summary().expect("the cluster is open");
        if summary.tasks == 0 {
            break;
        }
        assert!(begin.elapsed() < LIMIT, "the scheduler does not forget all tasks: {summary:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(client.validate().expect("the cluster is open"), Ok(()));
}

/// Runs a test's body in a process of its own, as `name` of this test binary: gives what it printed, or `None` inside it.
pub(crate) fn in_child(name: &str, body: impl FnOnce()) -> Option<Output> {
    const CHILD: &str = "PARTITA_TEST_CHILD";
    if std::env::var(CHILD).as_deref() == Ok(name) {
        body();
        return None;
    }
    let binary = std::env::current_exe().expect("this binary has a path");
    let output = Command::new(binary)
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, name)
        .output()
        .expect("this binary runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("1 passed"), "the child process of {name} failed:\n{text}");
    Some(output)
}
