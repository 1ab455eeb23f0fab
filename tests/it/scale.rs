//! Large and deep graphs: a million tasks, on a 2 MiB stack (G7, G8).

use partita::prelude::*;
use partita::{Reference, raw};
use std::fmt::Write as _;
use std::time::Instant;

const MILLION: usize = 1_000_000;

/// Tasks that run on a cluster; fewer where the code is not optimised, which takes 30 µs for each.
const MANY: usize = if cfg!(debug_assertions) { 250_000 } else { MILLION };

/// Runs on a thread with a 2 MiB stack, and says how long it took and what memory it took at most.
fn small_stack(name: &str, f: impl FnOnce(&mut String) + Send + 'static) {
    let child = crate::faults_support::in_child(&format!("scale::{name}"), move || {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
            let mut notes = String::new();
            f(&mut notes);
            notes
        });
        let notes = thread.expect("a thread").join().expect("it does not overflow its stack");
        let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        eprintln!("MEASURED {notes}{}", peak.replace('\t', " "));
    });
    if let Some(output) = child {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        println!("{name}: {}", text.lines().find(|line| line.starts_with("MEASURED")).unwrap_or_default());
    }
}

/// Notes how long something takes.
fn timed<R>(notes: &mut String, what: &str, f: impl FnOnce() -> R) -> R {
    let began = Instant::now();
    let result = f();
    let _ = write!(notes, "{what} {:.2} s, ", began.elapsed().as_secs_f64());
    result
}

fn start() -> LocalCluster {
    LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().expect("it starts")
}

fn chain(length: usize) -> Delayed<u64> {
    (1..length).fold(delayed(|| 1u64, ()), |below, _| delayed(|x: u64| x + 1, (below,)))
}

/// FAULTS G7, G8.
#[test]
fn a_chain_of_a_million_is_built_ordered_and_dropped() {
    small_stack("a_chain_of_a_million_is_built_ordered_and_dropped", |notes| {
        let top = timed(notes, "build", || chain(MILLION));
        let checked = timed(notes, "check", || top.graph().check().unwrap());
        assert_eq!(checked.len(), MILLION);
        // In a chain each task comes right after the one that it needs.
        assert!((1..MILLION).all(|rank| checked.inputs(rank) == [rank as u32 - 1]));
        let value = timed(notes, "reference", || top.compute_on(&Reference).unwrap());
        assert_eq!(value, MILLION as u64);
        assert!(format!("{top:?}").len() < 200);
        timed(notes, "drop", || drop((top, checked)));
    });
}

/// FAULTS G8.
#[test]
fn a_chain_of_very_many_runs_on_a_cluster() {
    small_stack("a_chain_of_very_many_runs_on_a_cluster", |notes| {
        let cluster = start();
        let top = chain(MANY);
        let value = timed(notes, "run", || top.compute_on(&cluster.client()).unwrap());
        assert_eq!(value, MANY as u64);
        timed(notes, "drop", || drop(top));
        crate::faults_support::until_nothing_is_left(&cluster.client());
        timed(notes, "close", || cluster.close().unwrap());
    });
}

/// FAULTS G8.
#[test]
fn a_failure_below_a_chain_of_very_many_comes_up() {
    small_stack("a_failure_below_a_chain_of_very_many_comes_up", |notes| {
        let cluster = start();
        let bad = delayed(|| -> u64 { panic!("at the bottom") }, ());
        let top = (1..MANY).fold(bad.clone(), |below, _| delayed(|x: u64| x + 1, (below,)));
        let error = timed(notes, "fail", || top.compute_on(&cluster.client()).unwrap_err());
        assert_eq!(*error.task().unwrap().key(), bad.key());
        assert!(error.to_string().len() < 1000);
        crate::faults_support::until_nothing_is_left(&cluster.client());
    });
}

/// FAULTS G7: at once, and before anything of that size is made.
#[test]
fn a_graph_of_too_many_tasks_is_refused() {
    small_stack("a_graph_of_too_many_tasks_is_refused", |notes| {
        let too_many = (1 << 28) + 1;
        let numbers = Bag::<i64>::range(i64::MAX, too_many);
        let error = timed(notes, "refuse", || numbers.take(3, 1).graph().check().unwrap_err());
        assert!(matches!(error, partita::GraphError::TooLarge { tasks: 268_435_457.., limit: 268_435_456 }), "{error}");
        assert!(error.to_string().contains("compute it in parts"), "{error}");
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kibibytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kibibytes < 256 << 10, "{peak}");
    });
}

/// FAULTS G7.
#[test]
fn a_fan_in_of_very_many_runs() {
    small_stack("a_fan_in_of_very_many_runs", |notes| {
        let cluster = start();
        let leaves: Vec<Delayed<u64>> =
            timed(notes, "build", || (0..MANY as u64).map(|i| delayed(|i: u64| i, (i,))).collect());
        let total = delayed(|all: Vec<u64>| all.iter().sum::<u64>(), (leaves,));
        let checked = timed(notes, "check", || total.graph().check().unwrap());
        assert_eq!((checked.len(), checked.inputs(MANY).len()), (MANY + 1, MANY));
        drop(checked);
        let value = timed(notes, "run", || total.compute_on(&cluster.client()).unwrap());
        assert_eq!(value, (MANY as u64 - 1) * MANY as u64 / 2);
        timed(notes, "drop", || drop(total));
        crate::faults_support::until_nothing_is_left(&cluster.client());
    });
}

/// FAULTS G7.
#[test]
fn a_fan_out_of_very_many_runs() {
    small_stack("a_fan_out_of_very_many_runs", |notes| {
        let cluster = start();
        let root = delayed(|| 1u64, ());
        let leaves: Vec<Delayed<u64>> = (0..MANY as u64).map(|i| delayed(|x: u64, i: u64| x + i, (&root, i))).collect();
        // In two layers, so that not all of a million values are outputs.
        let sums: Vec<Delayed<u64>> = leaves
            .chunks(1000)
            .map(|chunk| delayed(|all: Vec<u64>| all.iter().sum::<u64>(), (chunk.to_vec(),)))
            .collect();
        drop(leaves);
        let values = timed(notes, "run", || sums.compute_on(&cluster.client()).unwrap());
        assert_eq!(values.iter().sum::<u64>(), (MANY as u64 + 1) * MANY as u64 / 2);
        timed(notes, "drop", || drop((sums, root)));
        crate::faults_support::until_nothing_is_left(&cluster.client());
    });
}

#[test]
fn very_many_futures_are_submitted_and_gathered() {
    small_stack("very_many_futures_are_submitted_and_gathered", |notes| {
        let cluster = start();
        let client = cluster.client().impure();
        let futures = timed(notes, "map", || client.map(|x: u64| x + 1, 0..MANY as u64));
        let values = timed(notes, "gather", || client.gather(&futures).unwrap());
        assert_eq!((values.len(), values[MANY - 1]), (MANY, MANY as u64));
        timed(notes, "drop", || drop(futures));
        timed(notes, "forget", || crate::faults_support::until_nothing_is_left(&client));
    });
}

#[test]
fn a_graph_by_hand_200_000_deep_runs() {
    small_stack("a_graph_by_hand_200_000_deep_runs", |notes| {
        const DEPTH: usize = 200_000;
        let graph = timed(notes, "build", || {
            (1..DEPTH).fold(raw::Graph::new().value("k0", 0u64), |graph, i| {
                let below: &'static str = format!("k{}", i - 1).leak();
                graph.task(&format!("k{i}"), |x: u64| x + 1, (below,))
            })
        });
        let top = format!("k{}", DEPTH - 1);
        let cluster = start();
        let value: u64 = timed(notes, "run", || raw::get_on(&cluster.client(), &graph, top.as_str()).unwrap());
        assert_eq!(value, DEPTH as u64 - 1);
        timed(notes, "drop", || drop(graph));
        crate::faults_support::until_nothing_is_left(&cluster.client());
    });
}
