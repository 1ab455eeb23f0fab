//! Processes that are stopped and killed from outside.

use super::{add, builder, cluster, lives, signal, some_pid};
use crate::faults_support::{result_of, until};
use partita::init_test;
use partita::prelude::*;
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// FAULTS P8, P9: the work of a stopped process is moved, and it may go on afterwards.
#[test]
fn the_work_of_a_stopped_process_is_done_by_others() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let pid = some_pid(&client);
    // One that goes on in time is not missed.
    signal(pid, Signal::STOP);
    let sums: Vec<_> = (0..20i64).map(|n| client.submit(add, (n, 1))).collect();
    signal(pid, Signal::CONT);
    assert_eq!(client.gather(&sums).unwrap(), (1..21).collect::<Vec<i64>>());
    let stopped = Instant::now();
    signal(pid, Signal::STOP);
    let sums: Vec<_> = (0..20i64).map(|n| client.submit(add, (n, 2))).collect();
    assert_eq!(client.gather(&sums).unwrap(), (2..22).collect::<Vec<i64>>());
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    signal(pid, Signal::CONT);
    assert_eq!(result_of(&client.submit(add, (20, 22))).unwrap(), 42);
    until("the stopped process is gone", || !lives(pid));
    assert_eq!(client.validate().unwrap(), Ok(()));
}

/// FAULTS P3, P4: who sends a large value is killed, and who receives it.
#[test]
fn large_values_arrive_although_their_senders_and_receivers_are_killed() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let numbers = |n: u64| vec![n; 2_000_000];
    let sum = |parts: Vec<Vec<u64>>, round: u64| parts.iter().flatten().sum::<u64>() + round;
    let parts: Vec<_> = (0..4u64).map(|n| client.submit(numbers, (n,))).collect();
    wait(&parts, None).unwrap();
    for round in 0..4u64 {
        let pid = some_pid(&client);
        let total = client.submit(sum, (parts.clone(), round));
        // Now or in a moment: each round dies somewhere else on the way.
        let meanwhile: Vec<_> = (0..round).map(|n| client.impure().submit(|n: u64| n, (n,))).collect();
        wait(&meanwhile, None).unwrap();
        signal(pid, Signal::KILL);
        assert_eq!(result_of(&total).unwrap(), 6 * 2_000_000 + round);
    }
    assert_eq!(result_of(&parts[3]).unwrap(), numbers(3));
}

/// A program that has workers, values on disk, and a process that a task started; it tells who they are, and waits.
fn be_a_parent(folder: &str) {
    let cluster = builder(2).spill_folder(folder).memory_limit("1 GiB").memory_target(0.001).start().unwrap();
    let client = cluster.client();
    let parts: Vec<_> = (0..8u64).map(|n| client.submit(|n: u64| vec![n; 500_000], (n,))).collect();
    wait(&parts, None).unwrap();
    let sleep = || Command::new("sleep").arg("1000").spawn().map(|child| child.id()).unwrap_or(0);
    let pids: Vec<u32> = (0..8u32).map(|_| client.impure().submit(std::process::id, ()).result().unwrap()).collect();
    let grandchild = client.submit(sleep, ()).result().unwrap();
    println!("pids {grandchild} {}", pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
    // Until somebody closes the pipe, or kills this process.
    std::io::stdin().read_to_string(&mut String::new()).unwrap();
    drop(parts);
    cluster.close().unwrap();
}

/// FAULTS P12, T23: nothing outlives a program that is killed, and the next one clears away what it left.
#[test]
fn a_killed_program_leaves_no_process_and_the_next_one_clears_away() {
    init_test!();
    const FOLDER: &str = "PARTITA_TEST_PARENT";
    if let Ok(folder) = std::env::var(FOLDER) {
        return be_a_parent(&folder);
    }
    let folder = tempfile::Builder::new().prefix("p").tempdir().unwrap();
    let name = "processes_faults::signals::a_killed_program_leaves_no_process_and_the_next_one_clears_away";
    let parent = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name, "--nocapture"]).env(FOLDER, folder.path()).env("TMPDIR", folder.path());
        command.env_remove("XDG_RUNTIME_DIR").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let pids = lines.find_map(|line| line.split_once("pids ").map(|(_, pids)| pids.to_owned())).unwrap();
        (child, pids.split(' ').map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>(), lines)
    };
    let left = || -> Vec<String> {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let (mut first, pids, _lines) = parent();
    assert!(pids.iter().all(|pid| lives(*pid)), "{pids:?}");
    assert!(left().len() >= 2, "sockets, and values on disk: {:?}", left());
    let killed = Instant::now();
    first.kill().unwrap();
    first.wait().unwrap();
    until("all processes are gone", || !pids.iter().any(|pid| lives(*pid)));
    assert!(killed.elapsed() < Duration::from_secs(2), "{:?}", killed.elapsed());
    assert!(!left().is_empty(), "nobody was there to clear away");
    let (mut second, pids, _lines) = parent();
    drop(second.stdin.take());
    assert!(second.wait().unwrap().success());
    assert!(!pids.iter().any(|pid| lives(*pid)));
    assert_eq!(left(), [""; 0]);
}
