//! A program whose file is replaced or whose descriptors run out while it starts workers: a process in the middle, which this
//! test starts, and which starts the worker.

use super::{Kept, plan};
use crate::nanny::process::{Entry, Event, Incarnation, Processes, Role, SystemProcesses, guard, init};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// The variable that tells the process in the middle what to do.
const PART: &str = "PARTITA_TEST_MIDDLE";

/// Runs this test binary, or a copy of it, as the process in the middle.
fn middle(program: &Path, part: &str) -> Output {
    Command::new(program)
        .args(["--exact", "nanny::process::tests::births::in_the_middle", "--nocapture", "--test-threads=1"])
        .env(PART, part)
        .stderr(Stdio::piped())
        .output()
        .unwrap()
}

/// As a test, this does nothing.
#[test]
fn in_the_middle() {
    match std::env::var(PART).as_deref() {
        Ok("replace") => {
            let own = std::env::current_exe().unwrap();
            // As a build does it: another file takes the name.
            std::fs::write(own.with_extension("new"), "no program at all").unwrap();
            std::fs::rename(own.with_extension("new"), &own).unwrap();
            println!("\nreplaced: {}", Kept::start(plan("exit 3")).loss());
            std::fs::remove_file(&own).unwrap();
            println!("\nremoved: {}", Kept::start(plan("exit 4")).loss());
        }
        Ok("starve") => starve(),
        Ok("forget") => {
            println!("\nbefore: {}", guard().unwrap_err());
            assert_eq!(init(Entry::Main).unwrap(), Role::Main);
            println!("after: {:?}", guard());
        }
        _ => {}
    }
}

/// FAULTS P18.
#[test]
fn who_did_not_call_init_starts_no_process_at_all() {
    let output = middle(&std::env::current_exe().unwrap(), "forget");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("before: worker processes run this very program"), "{text}");
    assert!(text.contains("after: Ok(Main)"), "{text}");
}

/// FAULTS P19.
#[test]
fn workers_run_the_code_of_their_parent_also_if_its_file_is_replaced_or_removed() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let output = middle(&copy, "replace");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("replaced: its process ended with exit code 3"), "{text}");
    assert!(text.contains("removed: its process ended with exit code 4"), "{text}");
}

/// FAULTS P21.
#[test]
fn without_descriptors_the_error_names_the_limit_and_with_them_all_is_well() {
    let output = middle(&std::env::current_exe().unwrap(), "starve");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("failed: true") && text.contains("RLIMIT_NOFILE"), "{text}");
    assert!(text.contains("then: its process ended with exit code 3"), "{text}");
}

fn starve() {
    let files: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).take(100_000).collect();
    let (sender, events) = std::sync::mpsc::channel();
    let mut processes = SystemProcesses::new(|_| plan("exit 3"));
    processes.spawn(Incarnation(1), Arc::new(move |event| drop(sender.send(event))));
    let event = events.recv_timeout(super::LONG).unwrap();
    drop(files);
    match event {
        Event::SpawnFailed { why, passing, .. } => println!("\nfailed: {passing} {why}"),
        other => println!("\n{other:?}"),
    }
    println!("then: {}", Kept::start(plan("exit 3")).loss());
}
