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

/// FAULTS T10: a worker that alone holds what was put in by hand is not ended for a task that does not end; when another can take
/// it, it is.
#[test]
fn data_is_not_lost_for_a_task_that_never_ends() {
    init_test!();
    let cluster = builder(1).threads_per_worker(2).cancel_grace(Duration::from_millis(100)).start().unwrap();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said").to_str().unwrap().to_owned();
    let data = client.scatter([vec![7u64; 1000]]).remove(0);
    let future = client.submit(endless, (said.clone(),));
    until("it runs", || std::fs::read_to_string(&said).is_ok_and(|pid| !pid.is_empty()));
    let pid: u32 = std::fs::read_to_string(&said).unwrap().parse().unwrap();
    drop(future);
    // More than one grace passes, and the other thread works on.
    for round in 0..20u64 {
        let sum = client.submit(|data: Vec<u64>, round: u64| data.iter().sum::<u64>() + round, (&data, round));
        assert_eq!(result_of(&sum).unwrap(), 7000 + round);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(lives(pid));
    cluster.scale(2).unwrap();
    until("its process is gone", || !lives(pid));
    assert_eq!(result_of(&client.submit(|data: Vec<u64>| data.len() as u64, (&data,))).unwrap(), 1000);
}

/// A value that cannot be written.
#[derive(Clone, Debug, Deserialize)]
struct Stubborn {
    panics: bool,
}

impl Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        assert!(!self.panics, "it does not want to, and loudly");
        Err(serde::ser::Error::custom("it does not want to"))
    }
}

/// FAULTS T16: a result that cannot be written is there for nobody in another process, who is told why.
#[test]
fn a_result_that_cannot_be_written_is_told_with_its_key_and_type() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let future = client.submit(|panics: bool| Stubborn { panics }, (false,));
    let text = result_of(&future).unwrap_err().to_string();
    for part in [future.key().to_string().as_str(), "Stubborn", "it does not want to", "could not be written"] {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    // In its own process it is.
    assert_eq!(result_of(&client.submit(|_: Shared<Stubborn>| 7i64, (&future,))).unwrap(), 7);
    // One that panics does so already when its size is asked for, as a part of its task.
    let future = client.submit(|panics: bool| Stubborn { panics }, (true,));
    let text = result_of(&future).unwrap_err().to_string();
    for part in [future.key().to_string().as_str(), "panicked at", "tasks.rs", "it does not want to, and loudly"] {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    assert_eq!(result_of(&client.submit(add, (1, 2))).unwrap(), 3);
}

/// A value that can be written, and not be read.
#[derive(Clone, Debug, Serialize)]
struct Unreadable(u64);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            0 => panic!("nobody reads it, loudly"),
            _ => Err(serde::de::Error::custom("nobody reads it")),
        }
    }
}

/// FAULTS T17: who needs a result that cannot be read in another process fails at once, and is told whose result it was.
#[test]
fn a_result_that_cannot_be_read_fails_those_who_need_it_elsewhere() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    for number in [0u64, 1] {
        let made =
            client.with_options(TaskOptions::new().workers(["worker-0"])).submit(|n: u64| Unreadable(n), (number,));
        let look = |made: Shared<Unreadable>, more: u64| made.0 + more;
        let at =
            |name: &str, more: u64| client.with_options(TaskOptions::new().workers([name])).submit(look, (&made, more));
        assert_eq!(result_of(&at("worker-0", 1)).unwrap(), number + 1, "where it was made it is");
        let failed = at("worker-1", 2);
        let error = result_of(&failed).unwrap_err();
        let RunError::Task(task) = &error else { panic!("{error}") };
        assert_eq!(task.key(), failed.key());
        let TaskErrorKind::TypeMismatch { argument, .. } = task.kind() else { panic!("{error}") };
        assert_eq!(argument.as_ref(), Some(made.key()), "{error}");
        let text = error.to_string();
        // What panics does not say its type.
        let type_or_panic = if number == 0 { "panicked when it was read" } else { "Unreadable" };
        for part in [made.key().to_string().as_str(), type_or_panic, "nobody reads it"] {
            assert!(text.contains(part), "`{part}` is missing in: {text}");
        }
        assert!(result_of(&made).unwrap_err().to_string().contains("nobody reads it"));
        let holders = client.who_has([made.key().clone()]).unwrap();
        let holders: Vec<&str> = holders.iter().flat_map(|(_, names)| names).map(|name| &**name).collect();
        assert_eq!(holders, ["worker-0"], "what came to the other one is no copy");
        assert_eq!(result_of(&at("worker-0", 3)).unwrap(), number + 3, "and the good one is still there");
    }
    assert_eq!(result_of(&client.submit(add, (1, 2))).unwrap(), 3);
    assert_eq!(client.validate().unwrap(), Ok(()));
}

/// FAULTS T17: an argument that cannot be read in another process fails its task, and ends no process.
#[test]
fn an_argument_that_cannot_be_read_fails_its_task_alone() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let pid = some_pid(&client);
    for number in [0u64, 1] {
        let neighbours: Vec<_> = (0..20i64).map(|n| client.submit(add, (n, number as i64))).collect();
        let error = result_of(&client.submit(|made: Unreadable| made.0, (Unreadable(number),))).unwrap_err();
        let more: Vec<_> = (0..20i64).map(|n| client.submit(add, (n, 10 + number as i64))).collect();
        let RunError::Task(task) = &error else { panic!("{error}") };
        assert!(matches!(task.kind(), TaskErrorKind::Failed(_)), "{error}");
        assert!(error.to_string().contains("nobody reads it"), "{error}");
        assert_eq!(client.gather(&neighbours).unwrap(), (0..20).map(|n| n + number as i64).collect::<Vec<_>>());
        assert_eq!(client.gather(&more).unwrap(), (0..20).map(|n| n + 10 + number as i64).collect::<Vec<_>>());
    }
    assert_eq!(some_pid(&client), pid, "the process that read it lives");
}

/// FAULTS T3: what panics while a panic unwinds aborts, and that is the end of one process only.
#[test]
fn a_drop_that_panics_while_a_task_panics_ends_the_workers_process_only() {
    /// Something of the user's that a task has.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the second panic");
        }
    }
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let kept: Vec<_> = (0..8i64).map(|n| client.submit(add, (n, n))).collect();
    wait(&kept, None).unwrap();
    let bad = client.submit(
        |x: i64| {
            let _bomb = Bomb;
            assert!(x < 0, "the first panic");
            x
        },
        (1i64,),
    );
    let more: Vec<_> = (0..8i64).map(|n| client.submit(add, (n, 1))).collect();
    let text = deaths_of(&bad);
    assert!(text.contains("SIGABRT"), "{text}");
    assert_eq!(client.gather(&kept).unwrap(), [0, 2, 4, 6, 8, 10, 12, 14], "what was lost is computed again");
    assert_eq!(client.gather(&more).unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(client.validate().unwrap(), Ok(()));
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
