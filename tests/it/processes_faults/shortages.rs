//! Worker processes in want of their file, of descriptors, and of time.

use super::{add, builder, cluster, lives, signal, some_pid};
use crate::alone::alone;
use crate::faults_support::{result_of, until};
use partita::init_test;
use partita::prelude::*;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, setpriority_pgrp, setrlimit};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// FAULTS P19: the file of a program that runs is replaced and then removed; workers that start later are of the old one.
#[test]
fn workers_start_again_although_the_program_was_replaced() {
    init_test!();
    const COPY: &str = "PARTITA_TEST_COPY";
    if std::env::var_os(COPY).is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (own, copy) = (std::env::current_exe().unwrap(), folder.path().join("program"));
        if std::fs::hard_link(&own, &copy).is_err() {
            std::fs::copy(&own, &copy).unwrap();
        }
        let name = "processes_faults::shortages::workers_start_again_although_the_program_was_replaced";
        let output = Command::new(&copy).args(["--exact", name, "--nocapture"]).env(COPY, "1").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
        return;
    }
    let own = std::env::current_exe().unwrap();
    let cluster = cluster(1);
    let client = cluster.client();
    let part = client.submit(|n: u64| vec![n; 1_000], (7u64,));
    assert_eq!(result_of(&part).unwrap(), vec![7; 1_000]);
    let mut pids = BTreeSet::from([some_pid(&client)]);
    for round in 0..3i64 {
        match round {
            // As a build does it: another file takes the name.
            0 => {
                std::fs::write(own.with_extension("new"), "no program at all").unwrap();
                std::fs::rename(own.with_extension("new"), &own).unwrap();
            }
            1 => std::fs::remove_file(&own).unwrap(),
            _ => {}
        }
        let last = some_pid(&client);
        signal(last, Signal::KILL);
        assert_eq!(result_of(&client.submit(add, (round, 1))).unwrap(), round + 1);
        let sum = client.submit(|part: Vec<u64>, round: i64| part.len() as i64 + round, (&part, round));
        assert_eq!(result_of(&sum).unwrap(), 1_000 + round);
        assert!(pids.insert(some_pid(&client)), "another process works");
    }
    cluster.close().unwrap();
}

/// What this process says in its log.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Said {
    fn has(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.0.lock().unwrap()).contains(words)
    }
}

/// Takes all descriptors that this process may have, which are few from now on.
fn take_descriptors() -> Vec<std::fs::File> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..limit }).unwrap();
    std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).take(1_000).collect()
}

/// FAULTS P21: a process that cannot be started for want of descriptors is started when there are some; the log names the
/// limit.
#[test]
fn without_descriptors_a_process_is_started_later() {
    init_test!();
    alone("processes_faults::shortages::without_descriptors_a_process_is_started_later", || {
        let said = Said::default();
        let writer = said.clone();
        tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).init();
        let cluster = builder(1).no_workers_timeout(None).start().unwrap();
        let client = cluster.client();
        let part = client.submit(add, (20, 1));
        assert_eq!(result_of(&part).unwrap(), 21);
        let pid = some_pid(&client);
        let taken = take_descriptors();
        signal(pid, Signal::KILL);
        let more = client.submit(add, (&part, 21));
        until("it is told why there is no worker", || said.has("RLIMIT_NOFILE"));
        drop(taken);
        assert_eq!(result_of(&more).unwrap(), 42);
        assert_ne!(some_pid(&client), pid);
        cluster.close().unwrap();
    });
}

/// FAULTS P21, D1: values that cannot go to disk for want of descriptors stay in memory, and go there later.
#[test]
fn without_descriptors_values_stay_in_memory() {
    alone("processes_faults::shortages::without_descriptors_values_stay_in_memory", || {
        let folder = tempfile::tempdir().unwrap();
        let builder = LocalCluster::builder().threads_per_worker(1).without_default().no_workers_timeout(None);
        let cluster = builder.memory_limit(16u64 << 20).spill_folder(folder.path()).start().unwrap();
        let client = cluster.client();
        let block =
            |seed: u64| (0..1u64 << 17).map(|x| (x ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect::<Vec<u64>>();
        assert_eq!(result_of(&client.submit(block, (100u64,))).unwrap(), block(100));
        let taken = take_descriptors();
        let blocks: Vec<_> = (0..64u64).map(|seed| client.submit(block, (seed,))).collect();
        until("memory is full", || client.summary().unwrap().workers[0].nbytes >= 12 << 20);
        assert!(blocks.iter().any(|block| !block.done()), "and nothing goes to disk");
        drop(taken);
        for (seed, future) in (0..64u64).zip(&blocks) {
            assert!(result_of(future).unwrap() == block(seed), "block {seed}");
        }
        cluster.close().unwrap();
    });
}

/// FAULTS P10: a process that gets hardly any time is slow, and not taken for dead.
#[test]
fn a_starved_process_is_not_taken_for_dead() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let at = |name: &str| client.impure().with_options(TaskOptions::new().workers([name])).submit(std::process::id, ());
    let [starved, other] = ["worker-0", "worker-1"].map(|name| result_of(&at(name)).unwrap());
    // Weighs about a seventieth of what others do: its whole group, and so each of its threads.
    setpriority_pgrp(Pid::from_raw(starved.cast_signed()), 19).unwrap();
    let busy = Arc::new(AtomicBool::new(true));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let spinners: Vec<_> = (0..cores)
        .map(|_| {
            let busy = busy.clone();
            std::thread::spawn(move || while busy.load(Ordering::Relaxed) {})
        })
        .collect();
    let work = |n: u64| (0..200_000u64).fold(n, |sum, x| std::hint::black_box(sum.wrapping_mul(31) ^ x));
    let works: Vec<_> = (0..60u64).map(|n| client.submit(work, (n,))).collect();
    let answers = [at("worker-0"), at("worker-1")];
    let done = wait(&works, crate::faults_support::LIMIT * 3);
    let pids = answers.map(|answer| answer.result_timeout(crate::faults_support::LIMIT * 3));
    busy.store(false, Ordering::Relaxed);
    spinners.into_iter().for_each(|spinner| spinner.join().unwrap());
    done.unwrap();
    assert_eq!(pids.map(Result::unwrap), [starved, other], "both are who they were");
    for (n, found) in (0..60u64).zip(client.gather(&works).unwrap()) {
        assert_eq!(found, work(n));
    }
    assert!(lives(starved) && lives(other));
    assert_eq!(client.validate().unwrap(), Ok(()));
}
