//! Delayed calls on a cluster: the same bits for any number of workers, and what keys and shapes promise (T25).

use crate::faults_support::{Count, cluster, until_nothing_is_left};
use partita::Reference;
use partita::prelude::*;

/// Numbers whose sum depends on the order in which they are added.
fn awkward(i: u64) -> f64 {
    let x = (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1u64 << 53) as f64;
    (x - 0.5) * 10f64.powi((i % 37) as i32 - 18)
}

fn tree(mut level: Vec<Delayed<f64>>, width: usize) -> Delayed<f64> {
    while level.len() > 1 {
        level = level
            .chunks(width)
            .map(|chunk| delayed(|all: Vec<f64>| all.iter().sum::<f64>(), (chunk.to_vec(),)))
            .collect();
    }
    level.remove(0)
}

/// FAULTS T25.
#[test]
fn a_tree_of_floats_gives_the_same_bits_for_1_2_and_8_workers() {
    let build = || tree((0..300u64).map(|i| delayed(awkward, (i,))).collect(), 7);
    let expected = build().compute_on(&Reference).unwrap();
    let backwards: f64 = (0..300u64).rev().map(awkward).sum();
    assert_ne!(expected.to_bits(), backwards.to_bits(), "the order matters");
    for (workers, threads) in [(1, 1), (1, 4), (2, 1), (8, 1), (8, 2)] {
        let cluster = cluster(workers, threads);
        for _ in 0..2 {
            let value = build().compute_on(&cluster.client()).unwrap();
            assert_eq!(value.to_bits(), expected.to_bits(), "{workers} workers with {threads} threads");
        }
    }
}

#[test]
fn a_fold_of_a_bag_of_floats_gives_the_same_bits_for_1_2_and_8_workers() {
    let build = || Bag::from_sequence((0..1000u64).map(awkward).collect::<Vec<f64>>(), 23).sum();
    let expected: f64 = build().compute_on(&Reference).unwrap();
    for workers in [1, 2, 8] {
        let cluster = cluster(workers, 1);
        let value: f64 = build().compute_on(&cluster.client()).unwrap();
        assert_eq!(value.to_bits(), expected.to_bits(), "{workers} workers");
    }
}

/// FAULTS T25.
#[test]
fn the_same_bits_come_under_deaths_of_workers() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let build = || tree((0..300u64).map(|i| delayed(awkward, (i,))).collect(), 5);
    let expected = build().compute_on(&Reference).unwrap();
    for worker in ["worker-0", "worker-1", "worker-0"] {
        let tree = build();
        let future = client.compute(&tree).unwrap();
        cluster.panic_worker(worker, "a fault put in by hand");
        match future.result_timeout(crate::faults_support::LIMIT) {
            Ok(value) => assert_eq!(value.to_bits(), expected.to_bits()),
            Err(error) => panic!("{error}; {:?}; {:?}", stuck(&client, &tree), client.summary()),
        }
    }
}

/// What the scheduler says of the tasks below that have neither run nor wait for others.
fn stuck(client: &Client, top: &Delayed<f64>) -> Vec<String> {
    let mut open = vec![top.node().clone()];
    let mut stuck = Vec::new();
    while let Some(node) = open.pop() {
        let why = client.why(&node.key).expect("the cluster is open").map(|why| why.to_string()).unwrap_or_default();
        if why.contains("worker") && !why.contains("it has run") {
            let mut inputs = Vec::new();
            node.for_each_input(|input| inputs.push(input.key.clone()));
            stuck.push(format!("{}: {why}; inputs {:?}", node.key, client.who_has(inputs)));
        }
        node.for_each_input(|input| open.push(input.clone()));
    }
    stuck
}

#[test]
fn what_several_results_share_runs_once() {
    let cluster = cluster(2, 2);
    let client = cluster.client();
    let count = Count::new();
    let counter = count.clone();
    let shared = delayed(
        move || {
            counter.add();
            5i64
        },
        (),
    );
    let readers: Vec<Delayed<i64>> = (0..50).map(|i| delayed(|a: i64, b: i64| a + b, (&shared, i))).collect();
    let ((all, twice), again) = ((readers, shared.clone()), shared.clone());
    let (all, twice, again) = (all, twice, again).compute_on(&client).unwrap();
    assert_eq!((all[49], twice, again), (54, 5, 5));
    assert_eq!(count.get(), 1);
    assert_eq!(shared.compute_on(&client).unwrap(), 5);
    assert_eq!(count.get(), 2, "nothing is kept that nobody holds");
    until_nothing_is_left(&client);
}

#[test]
fn pure_calls_merge_and_others_do_not() {
    static RAN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn work(x: i64) -> i64 {
        RAN.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        x + 1
    }
    let take = || RAN.swap(0, std::sync::atomic::Ordering::SeqCst);
    let cluster = cluster(1, 2);
    let client = cluster.client();
    let pure: Vec<Delayed<i64>> = (0..20).map(|i| delayed(work, (i % 4,)).pure()).collect();
    assert_eq!(pure.compute_on(&client).unwrap().iter().sum::<i64>(), 50);
    assert_eq!(take(), 4);
    let own: Vec<Delayed<i64>> = (0..20).map(|i| delayed(work, (i % 4,))).collect();
    assert_eq!(own.compute_on(&client).unwrap().iter().sum::<i64>(), 50);
    assert_eq!(take(), 20);
    // Above pure calls pure calls merge too.
    let above: Vec<Delayed<i64>> = (0..20).map(|i| delayed(work, (delayed(work, (i % 2,)).pure(),)).pure()).collect();
    assert_eq!(above.compute_on(&client).unwrap().iter().sum::<i64>(), 50);
    assert_eq!(take(), 4);
    // A closure with captures is left as it is: its captures cannot be compared.
    let captured: Vec<Delayed<i64>> = (0..3i64).map(|i| delayed(move || work(i), ()).pure()).collect();
    assert_eq!(captured.compute_on(&client).unwrap(), [1, 2, 3]);
    assert_eq!(take(), 3);
}

#[test]
fn arguments_of_all_shapes_arrive_in_order() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let (a, b, c) = (delayed(|| 1i64, ()), delayed(|| 2i64, ()), delayed(|| 3i64, ()));
    let show = |x: i64, list: Vec<i64>, pair: (i64, String), text: String, shared: Shared<i64>| {
        format!("{x} {list:?} {pair:?} {text} {}", *shared)
    };
    let pair = (a.clone(), delayed(|| "p".to_string(), ()));
    let all = delayed(show, (&c, vec![a.clone(), b.clone(), a.clone()], pair, "text", &b));
    assert_eq!(all.compute_on(&client).unwrap(), "3 [1, 2, 1] (1, \"p\") text 2");
    let future = client.submit(|x: i64| x * 10, (7,));
    let mixed = delayed(|x: i64, y: i64| x - y, (&future, &a));
    assert_eq!(mixed.compute_on(&client).unwrap(), 69);
    let (left, right) = delayed(|| (5i64, "six".to_string()), ()).unpack();
    assert_eq!((left, right).compute_on(&client).unwrap(), (5, "six".to_string()));
    let parts = delayed(|| vec![1i64, 2], ()).unpack(3);
    assert_eq!(parts[1].compute_on(&client).unwrap(), 2);
    let error = parts[2].compute_on(&client).unwrap_err();
    assert!(error.to_string().contains("element 2 of a list of 2"), "{error}");
    let sum = (&a + &b) * 10 - c;
    assert_eq!(sum.compute_on(&client).unwrap(), 27);
}

#[test]
fn what_is_persisted_is_computed_once_and_held() {
    let cluster = cluster(1, 2);
    let client = cluster.client();
    let count = Count::new();
    let counter = count.clone();
    let held = delayed(move || counter.add(), ()).persist_on(&client).unwrap();
    for _ in 0..3 {
        assert_eq!(held.compute_on(&client).unwrap(), 0);
        assert_eq!(held.map(|x| x + 1).compute_on(&client).unwrap(), 1);
    }
    assert_eq!(count.get(), 1);
    // In a graph of many pieces, with nobody else to hold it.
    let many: Vec<Delayed<usize>> = (0..600).map(|i| delayed(|x: usize, i: usize| x + i, (&held, i))).collect();
    let total = client.compute(&delayed(|all: Vec<usize>| all.len(), (many,))).unwrap();
    drop(held);
    assert_eq!(crate::faults_support::result_of(&total).unwrap(), 600);
    assert_eq!(count.get(), 1);
    drop(total);
    until_nothing_is_left(&client);
}

/// Adds two numbers.
#[partita::prelude::delayed]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[partita::prelude::delayed]
fn parse(text: String) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn functions_under_the_attribute_are_delayed_with_name_and_line() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let line = line!() + 1;
    let sum = add(parse("20"), add(10, parse("x")));
    assert!(sum.key().to_string().starts_with("add-"), "{}", sum.key());
    let error = sum.compute_on(&client).unwrap_err();
    let task = error.task().unwrap();
    assert!(task.key().to_string().starts_with("parse-"), "{task}");
    assert_eq!(task.place().unwrap().line(), line, "{task}");
    assert!(task.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(add(parse("20"), add(10, 12)).compute_on(&client).unwrap(), 42);
}
