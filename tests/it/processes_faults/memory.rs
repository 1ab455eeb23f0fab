//! Processes whose memory fills with what is no result: tasks that leak.

use super::builder;
use crate::faults_support::{result_of, until};
use crate::spilling::block;
use partita::init_test;
use partita::prelude::*;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What a worker may have.
const LIMIT: u64 = 512 << 20;

/// Bytes that this process has in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// A task that leaks until its process has so many percent of the limit in memory; what it has then.
fn leak_until(percent: u64) -> u64 {
    while resident() < LIMIT * percent / 100 {
        Box::leak(vec![1u8; 1 << 20].into_boxed_slice());
    }
    resident()
}

fn sum(block: Vec<u64>) -> u64 {
    block.iter().fold(0, |sum, x| sum.wrapping_add(*x))
}

/// Bytes of values in a folder.
fn on_disk(folder: &Path) -> u64 {
    let folders = fs::read_dir(folder).unwrap().flatten();
    // Some go while one looks.
    let files = folders.filter_map(|entry| fs::read_dir(entry.path()).ok()).flatten().flatten();
    files.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

/// FAULTS D1: a disk that takes no more ends no process: the worker waits until results are let go, and what waits for it fails with
/// the reason.
#[test]
fn a_disk_that_takes_no_more_ends_no_process() {
    init_test!();
    let builder = builder(1).memory_limit("128 MiB").spill_limit("4 MiB").no_workers_timeout(Duration::from_secs(4));
    let cluster = builder.start().unwrap();
    let client = cluster.client();
    let pid = super::some_pid(&client);
    let blocks: Vec<_> = client.map(block, 0..200u64);
    let error = blocks.iter().map(result_of).find_map(Result::err).expect("they are 200 MB").to_string();
    assert!(error.contains("memory") && error.contains("full"), "{error}");
    drop(blocks);
    assert_eq!(super::some_pid(&client), pid, "it is the same process");
}

/// FAULTS T9: what leaks is nobody's value. Values make room for it although they are within their target; and when they have, and
/// it is not enough, tasks begin one at a time, and all end.
#[test]
fn a_process_that_leaks_lets_its_values_go_and_goes_on() {
    init_test!();
    let folder = tempfile::tempdir().unwrap();
    let cluster = builder(1).threads_per_worker(2).memory_limit(LIMIT).spill_folder(folder.path()).start().unwrap();
    let client = cluster.client();
    let blocks: Vec<_> = (0..30u64).map(|seed| client.submit(block, (seed,))).collect();
    wait(&blocks, None).unwrap();
    assert_eq!(on_disk(folder.path()), 0, "they are 6 % of the limit");
    let leaked = result_of(&client.impure().submit(leak_until, (72u64,))).unwrap();
    assert!(leaked < LIMIT * 8 / 10, "{leaked} bytes");
    // It is 12 % over the target, which is more than all of them.
    until("values are on disk", || on_disk(folder.path()) >= 30 << 20);
    let again: Vec<_> = blocks.iter().map(|block| client.submit(sum, (block,))).collect();
    for (seed, total) in (0..30u64).zip(&again) {
        assert_eq!(result_of(total).unwrap(), sum(block(seed)), "block {seed}");
    }
    // Over the pause, where it stays.
    result_of(&client.impure().submit(leak_until, (83u64,))).unwrap();
    let more: Vec<_> = (30..50u64).map(|seed| client.submit(sum, (&client.submit(block, (seed,)),))).collect();
    for (seed, total) in (30..50u64).zip(&more) {
        assert_eq!(result_of(total).unwrap(), sum(block(seed)), "block {seed}");
    }
    for (seed, future) in (0..30u64).zip(&blocks) {
        assert_eq!(result_of(future).unwrap(), block(seed), "block {seed}");
    }
    assert_eq!(client.validate().unwrap(), Ok(()));
    drop((blocks, again, more));
    cluster.close().unwrap();
}
