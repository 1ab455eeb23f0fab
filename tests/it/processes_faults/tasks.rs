//! Tasks that harm the process that they run in.

use super::{add, builder, cluster, lives, some_pid};
use crate::faults_support::{result_of, until};
use partita::prelude::*;
use partita::{RunError, TaskErrorKind, init_test};
use serde::{Deserialize, Serialize};
use std::process::Command;
use std::time::{Duration, Instant};

/// What the error says of the workers that died.
fn deaths_of<T: partita::Data + Clone + std::fmt::Debug>(future: &Future<T>) -> String {
    let error = result_of(future).unwrap_err();
    let RunError::Task(task) = &error else { panic!("{error}") };
    assert!(matches!(task.kind(), TaskErrorKind::WorkersDied { deaths: 4, .. }), "{error}");
    error.to_string()
}

/// FAULTS T7: the signal is named, and what helps against an overflow of the stack.
#[test]
fn a_segfault_and_an_overflow_of_the_stack_are_told_as_such() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let segfault = || {
        let own = std::process::id().to_string();
        // The first one only ends the runtime's handler, which looks for an overflow of the stack. Two that come before that
        // count as one.
        while Command::new("kill").args(["-SEGV", &own]).status().is_ok_and(|status| status.success()) {}
    };
    let text = deaths_of(&client.impure().submit(segfault, ()));
    assert!(text.contains("SIGSEGV"), "{text}");
    #[allow(unconditional_recursion, reason = "that is the point")]
    fn deep(n: u64) -> u64 {
        std::hint::black_box([n; 128])[n as usize % 128] + deep(n + 1) + 1
    }
    let text = deaths_of(&client.submit(deep, (0u64,)));
    assert!(text.contains("overflowed its stack") && text.contains("stack_size"), "{text}");
    assert_eq!(result_of(&client.submit(add, (1, 2))).unwrap(), 3);
}

/// FAULTS T8: a task that takes more memory than its worker may have ends its process, and both sizes are told.
#[test]
fn a_task_that_takes_too_much_memory_is_given_up_with_the_sizes() {
    init_test!();
    let cluster = builder(1).memory_limit("256 MiB").start().unwrap();
    let client = cluster.client();
    let greedy = || {
        let much = vec![1u8; 300 << 20];
        // Nobody wakes it.
        while much[much.len() / 2] == 1 {
            std::thread::park();
        }
        much.len() as u64
    };
    let text = deaths_of(&client.submit(greedy, ()));
    assert!(text.contains("256 MiB") || text.contains("256.0 MiB") || text.contains("268435456"), "{text}");
    assert_eq!(result_of(&client.submit(add, (1, 2))).unwrap(), 3);
}

fn endless(said: String) -> u32 {
    std::fs::write(said, std::process::id().to_string()).ok();
    loop {
        std::thread::park();
    }
}

/// FAULTS T10, T11: a task that never ends is let go of at once, and its worker's process a grace later.
#[test]
fn a_task_that_never_ends_takes_its_process_with_it() {
    init_test!();
    let cluster = builder(1).cancel_grace(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let pid_of = |said: &str| std::fs::read_to_string(said).ok().and_then(|pid| pid.parse::<u32>().ok());
    let kept: Vec<_> = (0..4i64).map(|n| client.submit(add, (n, n))).collect();
    wait(&kept, None).unwrap();
    // Cancelled while it runs.
    let said = told("cancelled");
    let future = client.submit(endless, (said.clone(),));
    until("it runs", || pid_of(&said).is_some());
    let begin = Instant::now();
    future.cancel();
    assert!(matches!(result_of(&future), Err(RunError::Cancelled { .. })));
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    // The only thread is not free before there is another process.
    assert_eq!(result_of(&client.submit(add, (20, 22))).unwrap(), 42);
    until("its process is gone", || !pid_of(&said).is_some_and(lives));
    // Too slow.
    let said = told("slow");
    let options = TaskOptions { timeout: Some(Duration::from_millis(300)), ..TaskOptions::default() };
    let future = client.with_options(options).submit(endless, (said.clone(),));
    let error = result_of(&future).unwrap_err();
    assert!(matches!(&error, RunError::Task(task) if matches!(task.kind(), TaskErrorKind::TimedOut { .. })), "{error}");
    if let Some(pid) = pid_of(&said) {
        until("its process is gone", || !lives(pid));
        assert_ne!(some_pid(&client), pid);
    }
    assert_eq!(client.gather(&kept).unwrap(), [0, 2, 4, 6], "what was held is there, or is computed again");
    assert_eq!(client.validate().unwrap(), Ok(()));
}

/// A value that cannot be written.
#[derive(Clone, Debug, Deserialize)]
struct Stubborn;

impl Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it does not want to"))
    }
}

/// FAULTS T16: a result that cannot be written is there for nobody in another process, who is told why.
#[test]
fn a_result_that_cannot_be_written_is_told_with_its_key_and_type() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let future = client.submit(|| Stubborn, ());
    let text = result_of(&future).unwrap_err().to_string();
    for part in [future.key().to_string().as_str(), "Stubborn", "it does not want to", "could not be written"] {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    // In its own process it is.
    assert_eq!(result_of(&client.submit(|_: Shared<Stubborn>| 7i64, (&future,))).unwrap(), 7);
    assert_eq!(result_of(&client.submit(add, (1, 2))).unwrap(), 3);
}

/// FAULTS T23: what a task started ends with the cluster.
#[test]
fn what_a_task_started_ends_with_its_worker() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let sleep = || Command::new("sleep").arg("1000").spawn().map(|child| child.id()).unwrap_or(0);
    let pid = result_of(&client.submit(sleep, ())).unwrap();
    assert!(lives(pid));
    cluster.close().unwrap();
    until("it is gone", || !lives(pid));
}
