//! Faults of clusters that no other test has: odd keys, terminals, large graphs on their way, ends in the middle of spilling.

use crate::faults_support::{Gate, builder, cluster, failure_of, in_child, result_of, until, until_nothing_is_left};
use partita::diagnostics::{Level, log_to_terminal};
use partita::prelude::*;
use partita::raw::{self, Graph};
use partita::{RunError, TaskErrorKind};
use std::cell::RefCell;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// FAULTS M7: whatever is in a key, it is that of a task and of nothing else.
#[test]
fn keys_of_all_kinds_are_keys() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let long: &str = "k".repeat(1 << 20).leak();
    for key in ["", "\0", "a\0b", "../../x", "/dev/null", "<script>", "\u{1b}[31mred", "\u{202e}", "日本", " ", long]
    {
        let graph = Graph::new().value("x", 1i64).task(key, |x: i64| x + 1, ("x",));
        let graph = graph.task("above", |x: i64| x * 10, (key,));
        assert_eq!(raw::get_on::<i64>(&client, &graph, key).unwrap(), 2, "{key:.40?}");
        assert_eq!(raw::synchronous::get::<i64>(&graph, "above").unwrap(), 20, "{key:.40?}");
        let named = client.compute(&delayed(|x: i64| x + 1, (1,)).name(key)).unwrap();
        assert_eq!((result_of(&named).unwrap(), named.key().to_string().as_str()), (2, key), "{key:.40?}");
        drop(named);
        until_nothing_is_left(&client);
        let fails = delayed(|x: i64| if x > 0 { panic!("on purpose") } else { x }, (1,)).name(key);
        let failing = client.compute(&fails).unwrap();
        assert_eq!(failure_of(&failing).key().to_string(), key);
        assert!(matches!(failure_of(&failing).kind(), TaskErrorKind::Panicked { .. }));
    }
    until_nothing_is_left(&client);
}

/// FAULTS T21: what workers are called, and what they die of, does nothing to the terminal on which it is told.
#[test]
fn names_and_causes_in_logs_do_nothing_to_the_terminal() {
    let output = in_child("faults_left::names_and_causes_in_logs_do_nothing_to_the_terminal", || {
        log_to_terminal(Level::Debug).unwrap();
        let name = "\u{1b}[2Jcleared\u{7}\u{202e}";
        let cluster = builder(1, 1).names([name]).start().unwrap();
        let client = cluster.client();
        let before = client.summary().unwrap().workers[0].worker;
        let failing = client.submit(|x: i64| if x > 0 { panic!("\u{1b}[31mred\u{9b}\u{8}") } else { x }, (1,));
        failure_of(&failing);
        cluster.panic_worker(name, "\u{1b}]0;title\u{7}");
        until("another one is in its place", || {
            client.summary().unwrap().workers.iter().any(|now| now.worker != before)
        });
        cluster.close().unwrap();
    });
    let Some(output) = output else { return };
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cleared") && said.contains("title"), "it is told: {said:?}");
    let strange = said.chars().filter(|letter| letter.is_control() && !"\n\t".contains(*letter));
    assert_eq!(strange.collect::<String>(), "", "{said:?}");
    assert!(said.contains("\\u{1b}[31mred\\u{9b}") && !said.contains('\u{202e}'), "{said:?}");
}

/// FAULTS M16: a large graph is taken in pieces, and others are heard between them.
#[test]
fn a_graph_of_50_000_tasks_on_its_way_keeps_nobody_waiting() {
    const TASKS: usize = 50_000;
    let cluster = builder(1, 1).validate(false).start().unwrap();
    let (large, small) = (cluster.client(), cluster.new_client().unwrap());
    // Whoever looks may come too late once, but not each time.
    let is_seen_in_part = |round: u64| {
        let gate = Gate::new();
        let pass = gate.pass();
        let leaves: Vec<Delayed<u64>> = (0..TASKS as u64).map(|leaf| delayed(|x: u64| x, (leaf,))).collect();
        let held = delayed(move || pass.through(), ());
        let total = delayed(|(): (), all: Vec<u64>| all.iter().sum::<u64>(), (held, leaves));
        let large = large.clone();
        let computing = std::thread::spawn(move || large.compute(&total).unwrap());
        let mut seen = 0;
        until("something of it has come", || {
            seen = small.summary().unwrap().tasks;
            seen > 0
        });
        let urgent = small.with_options(TaskOptions::new().priority(i32::MAX));
        let call = urgent.submit(|x: u64| x + 1, (round,));
        gate.open();
        assert_eq!(result_of(&call).unwrap(), round + 1);
        let future = computing.join().unwrap();
        assert_eq!(future.result().unwrap(), (TASKS as u64 - 1) * TASKS as u64 / 2);
        drop((call, future));
        until_nothing_is_left(&small);
        seen < TASKS
    };
    assert!((0..10).any(is_seen_in_part), "it is taken at once each time");
}

/// How many values are in the folders of clusters.
fn spilled(folder: &Path) -> usize {
    let folders = std::fs::read_dir(folder).unwrap().flatten().filter_map(|inner| std::fs::read_dir(inner.path()).ok());
    folders.flatten().flatten().filter(|file| file.path().extension().is_some_and(|end| end == "values")).count()
}

/// FAULTS G15: whether it has just begun or is in the middle of writing values to disk, a cluster ends, and nothing is left.
#[test]
fn a_cluster_ends_while_it_starts_and_while_it_spills() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..12u64 {
        let builder = builder(2, 1).validate(false).memory_limit(16u64 << 20).spill_folder(folder.path());
        let cluster = builder.start().unwrap();
        let client = cluster.client();
        let block =
            |seed: u64| (0..1u64 << 17).map(|x| (x ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect::<Vec<u64>>();
        let blocks: Vec<_> = (0..64u64).map(|seed| client.submit(block, (seed,))).collect();
        if round % 3 > 0 {
            until("values are on disk", || spilled(folder.path()) > 0);
        }
        let begun = Instant::now();
        match round % 2 {
            0 => cluster.close().unwrap(),
            _ => drop(cluster),
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        for (seed, future) in (0..).zip(&blocks) {
            match result_of(future) {
                Ok(found) => assert!(found == block(seed)),
                Err(error) => assert!(matches!(error, RunError::Closed), "{error}"),
            }
        }
        until("its folder is gone", || std::fs::read_dir(folder.path()).unwrap().count() == 0);
    }
}

/// The threads of this process that control a cluster.
fn controls() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    names.filter(|name| name.starts_with("partita-contro")).count()
}

/// FAULTS G18: one in a static is never dropped, one of a thread goes with it, and both work.
#[test]
fn clusters_live_in_statics_and_on_threads() {
    static FOR_EVER: OnceLock<LocalCluster> = OnceLock::new();
    thread_local! {
        static OWN: RefCell<Option<LocalCluster>> = const { RefCell::new(None) };
    }
    let output = in_child("faults_left::clusters_live_in_statics_and_on_threads", || {
        let works = |cluster: &LocalCluster, x: i64| {
            assert_eq!(result_of(&cluster.client().submit(|x: i64| x * 2, (x,))).unwrap(), x * 2);
        };
        works(FOR_EVER.get_or_init(|| cluster(1, 1)), 1);
        for round in 0..10 {
            let thread = std::thread::spawn(move || {
                OWN.with_borrow_mut(|own| works(own.insert(cluster(1, 1)), round));
                works(FOR_EVER.get().unwrap(), round);
            });
            thread.join().unwrap();
        }
        until("those of threads are gone", || controls() == 1);
        works(FOR_EVER.get().unwrap(), 7);
    });
    assert!(output.is_none_or(|output| output.status.success()), "it ends with one that is never dropped");
}
