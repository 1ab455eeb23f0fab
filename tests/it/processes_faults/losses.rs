//! What a killed process takes with it: that, and nothing else, is run again.

use super::{add, builder, cluster, count, lives, signal, some_pid};
use crate::faults_support::{result_of, until};
use partita::init_test;
use partita::prelude::*;
use rustix::process::Signal;
use std::io::Write;
use std::path::Path;

/// Notes in a file that all processes see that something runs here; the process.
fn note(file: &str, what: &str) -> u32 {
    let own = std::process::id();
    let line = format!("{what} {own}\n");
    std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
    own
}

/// The processes in which something ran, in order.
fn runs(file: &Path, what: &str) -> Vec<u32> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let notes = text.lines().filter_map(|line| line.split_once(' '));
    notes.filter(|(noted, _)| *noted == what).map(|(_, pid)| pid.parse().unwrap()).collect()
}

/// FAULTS P1, P2: of a worker that is killed while it computes, the task that ran and the results that only it held are
/// computed again, with what they need; all else ran once.
#[test]
fn only_what_a_killed_process_ran_and_held_is_run_again() {
    init_test!();
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let open = folder.path().join("open");
    let cluster = cluster(2);
    let client = cluster.client();
    let (file, gate) = (notes.to_str().unwrap().to_owned(), open.to_str().unwrap().to_owned());
    // Chains of two, of which the first result is let go as soon as the second is there.
    let below = |file: String, n: u32| (note(&file, &format!("below-{n}")), n);
    let above = |file: String, below: (u32, u32)| (note(&file, &format!("above-{}", below.1)), below.1);
    let chains: Vec<_> = (0..12u32)
        .map(|n| {
            let below = client.submit(below, (file.clone(), n));
            client.submit(above, (file.clone(), &below))
        })
        .collect();
    wait(&chains, None).unwrap();
    let held: Vec<u32> = (0..12).map(|n| runs(&notes, &format!("above-{n}"))[0]).collect();
    let all_held = || client.summary().unwrap().workers.iter().map(|worker| worker.held).sum::<usize>();
    until("nothing else is held", || all_held() == 12);
    let waits = |file: String, gate: String| {
        let own = note(&file, "waits");
        while !Path::new(&gate).exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        own
    };
    let waiting = client.submit(waits, (file.clone(), gate.clone()));
    until("it runs", || !runs(&notes, "waits").is_empty());
    let dead = runs(&notes, "waits")[0];
    signal(dead, Signal::KILL);
    until("it runs again", || runs(&notes, "waits").len() == 2);
    std::fs::write(&open, "").unwrap();
    let survivor = result_of(&waiting).unwrap();
    assert_ne!(survivor, dead);
    assert!(!lives(dead));
    let times = |n: u32| if held[n as usize] == dead { 2 } else { 1 };
    let counts = |n: u32| ["below", "above"].map(|what| runs(&notes, &format!("{what}-{n}")).len());
    until("what was lost is there again", || all_held() == 13 && (0..12).all(|n| counts(n)[1] >= times(n)));
    for (n, chain) in (0..12u32).zip(&chains) {
        assert_eq!(counts(n), [times(n); 2], "chain {n}, held by {}, dead is {dead}", held[n as usize]);
        let (pid, number) = result_of(chain).unwrap();
        assert!(number == n && runs(&notes, &format!("above-{n}")).contains(&pid));
    }
    assert_eq!(runs(&notes, "waits"), [dead, survivor]);
    assert_eq!(client.validate().unwrap(), Ok(()));
}

/// FAULTS D6: what a killed process had on disk goes, also if no other one puts anything there.
#[test]
fn the_folder_of_a_killed_process_is_cleared_away() {
    init_test!();
    let folder = tempfile::tempdir().unwrap();
    let builder = builder(1).spill_folder(folder.path()).memory_limit("1 GiB").memory_target(0.001);
    let cluster = builder.start().unwrap();
    let client = cluster.client();
    let parts: Vec<_> = (0..8u64).map(|n| client.submit(|n: u64| vec![n; 500_000], (n,))).collect();
    wait(&parts, None).unwrap();
    until("values are on disk", || count(folder.path()) == 1);
    // Nobody wants them any longer, so that they are not made again.
    drop(parts);
    signal(some_pid(&client), Signal::KILL);
    until("nothing is left", || count(folder.path()) == 0);
    assert_eq!(client.submit(add, (1, 2)).result().unwrap(), 3);
}
