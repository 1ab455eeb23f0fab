//! How real processes end, and what is told of it.

use super::{FIRST, Hold, Kept, LONG, plan};
use crate::nanny::process::policy::Exit;
use crate::nanny::process::stat::Stat;
use crate::nanny::process::{Entry, Plan, Processes};
use parking_lot::Mutex;
use partita_protocol::{Attempt, Begun};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// FAULTS T6, T7, P23: each end is told for what it is, within a second, and nothing of it stays in the system.
#[test]
fn each_way_to_end_is_told_for_what_it_is() {
    let table = [
        ("exit 0", "exit code 0 (did a task call `std::process::exit`?)"),
        ("exit 3", "exit code 3"),
        ("panic", "a worker that panics"),
        ("abort", "signal 6 (SIGABRT)"),
        ("segfault", "signal 11 (SIGSEGV)"),
        ("overflow", "stack overflow: give tasks a larger stack"),
    ];
    for (part, words) in table {
        let kept = Kept::start(plan(part));
        let loss = kept.loss().to_string();
        assert!(loss.contains(words), "{part}: {loss}");
        assert_eq!(Stat::of(kept.pid), None, "{part}: a zombie");
    }
}

/// FAULTS P23.
#[test]
fn no_zombies_are_left_by_many_restarts() {
    let pids: Vec<u32> = (0..50)
        .map(|_| {
            let kept = Kept::start(plan("exit 0"));
            kept.end();
            kept.pid
        })
        .collect();
    assert!(pids.into_iter().all(|pid| Stat::of(pid).is_none()));
}

/// FAULTS P1: a death is known in far less than the quarter of a second in which its tasks are to run elsewhere.
#[test]
fn a_death_is_known_at_once() {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let mut kept = Kept::start(plan("keep-child"));
            let start = Instant::now();
            kept.processes.kill(FIRST);
            kept.end();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("a death is known after {:?}, at most {:?}", times[4], times[8]);
    assert!(times[4] < Duration::from_millis(100), "{times:?}");
}

/// FAULTS P1, T6: who is killed says nothing, and it is known nevertheless what it was about.
#[test]
fn what_a_process_had_begun_is_known_however_it_ends() {
    for how in ["kill", "abort", "exit"] {
        let kept = Kept::start(plan(&format!("begin {how}")));
        kept.end();
        let Begun::These(mut begun) = kept.processes.begun(FIRST) else { panic!("{how}: unknown") };
        begun.sort_unstable();
        assert_eq!(begun, [12, 22, 32].map(Attempt), "{how}");
        assert_eq!(kept.processes.begun(crate::nanny::process::Incarnation(2)), Begun::Unknown);
    }
}

/// FAULTS T21.
#[test]
fn a_flood_of_wild_text_holds_nobody_up_and_harms_nobody() {
    let passed = Arc::new(Mutex::new(String::new()));
    let sink = passed.clone();
    let start = Instant::now();
    let kept = Kept::start(Plan { sink: Arc::new(move |text| sink.lock().push_str(text)), ..plan("flood 256") });
    let (exit, tail, _) = kept.end();
    assert_eq!(exit, Exit::Code(3));
    assert!(tail.as_str().ends_with("that was all") && !tail.as_str().contains('\u{1b}'), "{tail:?}");
    let (passed, seconds) = (passed.lock(), start.elapsed().as_secs_f64());
    assert!(!passed.contains('\u{1b}') && passed.contains("left out"), "{} bytes", passed.len());
    // Cleaned text may be longer than what was written, by what replaces invalid bytes.
    assert!((passed.len() as f64) < (seconds + 2.0) * 3.0 * 256.0 * 1024.0, "{} bytes in {seconds} s", passed.len());
}

/// FAULTS T23.
#[test]
fn what_tasks_started_is_killed_with_the_worker_and_counted() {
    let kept = Kept::start(plan("leave-behind"));
    let (exit, tail, left_behind) = kept.end();
    assert_eq!((exit, left_behind), (Exit::Code(0), 1));
    assert!(gone(left_in(tail.as_str())));
    // Also if it is the nanny who kills.
    let (sink, words) = words();
    let mut kept = Kept::start(Plan { sink, ..plan("keep-child") });
    let child = Hold::of(left_in(&words.recv_timeout(LONG).unwrap()));
    kept.processes.kill(FIRST);
    assert_eq!(kept.end().0, Exit::Signal(9));
    assert!(child.ends_within(LONG));
}

/// FAULTS P11: a nanny that is gone, for whatever reason, leaves no process.
#[test]
fn a_dropped_nanny_leaves_no_process() {
    let (sink, words) = words();
    let kept = Kept::start(Plan { sink, ..plan("keep-child") });
    let child = Hold::of(left_in(&words.recv_timeout(LONG).unwrap()));
    let (worker, start) = (Hold::of(kept.pid), Instant::now());
    drop(kept);
    assert!(worker.ends_within(LONG) && child.ends_within(LONG));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_process_that_is_gone_is_neither_seen_nor_signalled() {
    let mut kept = Kept::start(plan("exit 0"));
    kept.end();
    assert_eq!(kept.processes.look(FIRST), None);
    kept.processes.terminate(FIRST);
    kept.processes.kill(FIRST);
    assert!(kept.events.try_recv().is_err());
}

/// Secure defaults 4: what a process is told can be read in no list of processes.
#[test]
fn secrets_are_told_through_the_pipe_alone() {
    let (sink, words) = words();
    let mut kept = Kept::start(Plan { sink, ..plan("wait 6f1c0ffee") });
    assert_eq!(words.recv_timeout(LONG).unwrap(), "hello\n");
    for file in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/{}/{file}", kept.pid)).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("6f1c0ffee"), "{file}");
    }
    let look = kept.processes.look(FIRST).unwrap();
    assert!(look.rss > 1 << 20 && !look.stopped, "{look:?}");
    kept.processes.terminate(FIRST);
    assert_eq!(kept.end().0, Exit::Signal(15));
}

#[test]
fn user_code_of_a_worker_reads_nothing_from_standard_input() {
    let kept = Kept::start(plan("read"));
    assert_eq!(kept.loss().stderr.as_str(), "read \"\"");
}

#[test]
fn libraries_have_one_thread_and_lists_of_processes_show_the_name() {
    let kept = Kept::start(plan("environment"));
    let loss = kept.loss();
    let text = loss.stderr.as_str();
    assert!(text.contains("arg0=partita w"), "{text}");
    let one = |name: &str| std::env::var_os(name).is_some() || text.contains(&format!("{name}=1"));
    assert!(one("OMP_NUM_THREADS") && one("POLARS_MAX_THREADS") && one("RAYON_NUM_THREADS"), "{text}");
}

/// FAULTS P18.
#[test]
fn who_forgets_init_or_descends_from_a_worker_starts_no_processes() {
    let entry = Entry::Test("nanny::process::tests::play::forget_init".into());
    let loss = Kept::start(Plan { entry, ..plan("") }).loss().to_string();
    assert!(loss.contains("call `partita::init()` at the very top"), "{loss}");
    let loss = Kept::start(plan("descend")).loss().to_string();
    assert!(loss.contains("exit code 7") && loss.contains("starts no further processes"), "{loss}");
}

/// Where a process's lines of standard error go, and where they come out.
pub(super) fn words() -> (crate::nanny::process::Sink, std::sync::mpsc::Receiver<String>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    (Arc::new(move |text: &str| drop(sender.send(text.to_owned()))), receiver)
}

/// The process that is told to be left.
pub(super) fn left_in(text: &str) -> u32 {
    text.trim().strip_prefix("left ").unwrap().parse().unwrap()
}

fn gone(pid: u32) -> bool {
    match Stat::of(pid) {
        None => true,
        // Killed; whoever took it over has yet to reap it.
        Some(stat) if stat.state == b'Z' => true,
        Some(_) => Hold::of(pid).ends_within(LONG),
    }
}
