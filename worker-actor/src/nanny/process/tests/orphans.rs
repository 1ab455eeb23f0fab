//! A worker's process ends within a second after its parent, however that ended, with all that tasks started.

use super::{Hold, Kept, LONG, plan};
use crate::nanny::process::stat::Stat;
use crate::nanny::process::{Incarnation, Plan, Processes};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The variable that makes a parent of a test.
const PARENT: &str = "PARTITA_TEST_PARENT";

/// As a test, this does nothing. As a parent, it has a worker with a child of its own, tells their numbers, and waits.
#[test]
fn parent() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let sink: crate::nanny::process::Sink = Arc::new(|text: &str| println!("\n{text}"));
    let mut kept = Kept::start(Plan { sink, ..plan("keep-child") });
    println!("\nworker {}", kept.pid);
    while kept.processes.look(Incarnation(1)).is_some() {
        std::thread::park();
    }
}

/// FAULTS P12; stopped or not.
#[test]
fn no_process_outlives_a_parent_that_was_killed() {
    for stopped in [false, true] {
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "nanny::process::tests::orphans::parent", "--nocapture", "--test-threads=1"])
            .env(PARENT, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut worker, mut child) = (None, None);
        for line in lines.by_ref() {
            worker = line.strip_prefix("worker ").map(|pid| pid.parse().unwrap()).or(worker);
            child = line.strip_prefix("left ").map(|pid| pid.parse().unwrap()).or(child);
            if worker.is_some() && child.is_some() {
                break;
            }
        }
        let (worker, child): (u32, u32) = (worker.unwrap(), child.unwrap());
        let holds = [Hold::of(worker), Hold::of(child)];
        if stopped {
            kill_process(Pid::from_raw(worker.cast_signed()).unwrap(), Signal::STOP).unwrap();
            let deadline = std::time::Instant::now() + LONG;
            while !Stat::of(worker).unwrap().is_stopped() && std::time::Instant::now() < deadline {
                std::thread::yield_now();
            }
        }
        assert!(!holds[0].ends_within(Duration::ZERO));
        parent.kill().unwrap();
        parent.wait().unwrap();
        for (hold, who) in holds.iter().zip(["worker", "what a task started"]) {
            assert!(hold.ends_within(Duration::from_secs(1)), "{who} outlives the parent (stopped: {stopped})");
        }
    }
}
