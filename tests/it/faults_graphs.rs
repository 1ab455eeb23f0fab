//! Graphs that cannot be run: missing keys, cycles, two tasks of one key (G1, G2, G3, G8).

use crate::faults_support::{Gate, LIMIT, cluster, result_of, within};
use partita::prelude::*;
use partita::raw::{self, Graph};
use partita::{GraphError, RunError};

fn graph_error<T: std::fmt::Debug>(result: Result<T, RunError>) -> GraphError {
    match result {
        Err(RunError::Graph(error)) => error,
        other => panic!("an error of the graph was expected, not {other:?}"),
    }
}

fn add_one(x: i64) -> i64 {
    x + 1
}

/// FAULTS G2.
#[test]
fn a_missing_key_is_named_with_who_needs_it() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let graph = Graph::new().task("a", add_one, ("b",)).task("b", add_one, ("nowhere",)).alias("c", "void");
    let GraphError::MissingKey { key, needed_by } = graph_error(raw::get_on::<i64>(&client, &graph, "a")) else {
        panic!("another error")
    };
    assert_eq!((key.to_string(), needed_by.unwrap().to_string()), ("nowhere".into(), "b".into()));
    let error = graph_error(raw::get_on::<i64>(&client, &graph, "c"));
    assert!(error.to_string().contains("`void`") && error.to_string().contains("`c`"), "{error}");
    let error = graph_error(raw::get_on::<i64>(&client, &graph, "z"));
    assert!(matches!(error, GraphError::MissingKey { needed_by: None, .. }), "{error}");
    // A key that nobody asks for harms nobody.
    let graph = graph.value("x", 1i64);
    assert_eq!(raw::get_on::<i64>(&client, &graph, "x").unwrap(), 1);
    // Within lists and tasks without a key the task that has one is named.
    let sum = |all: Vec<i64>| all.iter().sum::<i64>();
    let graph = Graph::new().task("top", add_one, (raw::task(sum, (["here", "gone"],)),)).value("here", 1i64);
    let error = graph_error(raw::get_on::<i64>(&client, &graph, "top"));
    assert!(error.to_string().contains("`gone`") && error.to_string().contains("`top`"), "{error}");
}

/// FAULTS G1.
#[test]
fn a_cycle_is_shown_with_all_its_keys() {
    let path_of = |graph: &Graph, key: &str| match graph_error(raw::synchronous::get::<i64>(graph, key)) {
        GraphError::Cycle { path } => path.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    let own = Graph::new().task("a", add_one, ("a",));
    assert_eq!(path_of(&own, "a"), ["a", "a"]);
    let alias = Graph::new().alias("a", "b").alias("b", "a");
    assert_eq!(path_of(&alias, "a"), ["a", "b", "a"]);
    let inner = Graph::new().task("top", add_one, ("a",)).task("a", add_one, (raw::task(add_one, ("b",)),));
    let inner = inner.task("b", add_one, ("a",));
    assert_eq!(path_of(&inner, "top"), ["a", "b", "a"], "keys that only lead to the cycle are not of it");
    assert_eq!(
        graph_error(raw::synchronous::get::<i64>(&alias, "b")).to_string(),
        "the graph has a cycle: b -> a -> b"
    );
    // A diamond is none.
    let both = |a: i64, b: i64| a + b;
    let diamond = Graph::new().value("x", 1i64).task("l", add_one, ("x",)).task("r", add_one, ("x",));
    assert_eq!(raw::synchronous::get::<i64>(&diamond.task("top", both, ("l", "r")), "top").unwrap(), 4);
}

/// FAULTS G1, G8.
#[test]
fn a_cycle_of_100_000_keys_and_an_alias_chain_as_deep_are_found_on_a_small_stack() {
    const LENGTH: usize = 100_000;
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(|| {
        let mut graph = Graph::new();
        for i in 0..LENGTH {
            graph = graph.task(&format!("k{i}"), add_one, (&*format!("k{}", (i + 1) % LENGTH).leak(),));
        }
        let GraphError::Cycle { path } = graph_error(raw::synchronous::get::<i64>(&graph, "k5")) else { panic!() };
        assert_eq!(path.len(), LENGTH + 1);
        assert_eq!(path[0], path[LENGTH]);
        let mut aliases = Graph::new().value("k0", 5i64);
        for i in 1..=LENGTH {
            aliases = aliases.alias(&format!("k{i}"), &format!("k{}", i - 1));
        }
        let last = format!("k{LENGTH}");
        assert_eq!(raw::synchronous::get::<i64>(&aliases, last.as_str()).unwrap(), 5);
    });
    thread.unwrap().join().unwrap();
}

/// FAULTS G8.
#[test]
fn tasks_written_100_000_deep_in_each_other_are_run_and_dropped_on_a_small_stack() {
    const DEPTH: i64 = 100_000;
    let child = crate::faults_support::in_child(
        "faults_graphs::tasks_written_100_000_deep_in_each_other_are_run_and_dropped_on_a_small_stack",
        || {
            let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(|| {
                let mut task = raw::task(add_one, (raw::value(0i64),));
                for _ in 1..DEPTH {
                    task = raw::task(add_one, (task,));
                }
                let graph = Graph::new().task("deep", add_one, (task,));
                let value = raw::synchronous::get::<i64>(&graph, "deep").unwrap();
                assert_eq!(value, DEPTH + 1);
                drop(graph);
            });
            thread.unwrap().join().unwrap();
        },
    );
    drop(child);
}

/// FAULTS G3.
#[test]
fn one_key_for_two_tasks_of_a_graph_is_an_error_with_both_lines() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let (first, line) = (delayed(|x: i64| x + 1, (1,)).name("total"), line!());
    let second = delayed(|x: i64| x + 2, (1,)).name("total");
    let error = (first.clone(), second.clone()).compute_on(&client).unwrap_err();
    let partita::Error::Run(RunError::Graph(GraphError::KeyConflict { key, first: one, second: two })) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(key.to_string(), "total");
    assert_eq!((one.line(), two.line()), (line, line + 1));
    assert!(error.to_string().contains(&format!("faults_graphs.rs:{line}")), "{error}");
    // Below others they are found as well, on every engine.
    let sum = delayed(|a: i64, b: i64| a + b, (&first, &second));
    assert!(matches!(
        sum.compute_on(&partita::Reference),
        Err(partita::Error::Run(RunError::Graph(GraphError::KeyConflict { .. })))
    ));
    // The same call twice is no conflict.
    let again = || delayed(add_one, (1,)).name("again");
    assert_eq!((again(), again()).compute_on(&client).unwrap(), (2, 2));
}

/// The conflict, whether the graph or the task tells it.
fn is_conflict(error: &partita::Error) -> bool {
    let text = error.to_string();
    text.contains("two different tasks") && text.contains("`total`") && text.contains("faults_graphs.rs")
}

/// FAULTS G3.
#[test]
fn one_key_for_two_tasks_across_submissions_is_an_error() {
    // With a thread to spare: the conflict is told by a task that fails.
    let cluster = cluster(1, 2);
    let client = cluster.client();
    let named = |work: fn(i64) -> i64| delayed(work, (1,)).name("total");
    // While the first one runs.
    let gate = Gate::new();
    let pass = gate.pass();
    let running = client
        .compute(
            &delayed(
                move || {
                    pass.through();
                    0i64
                },
                (),
            )
            .name("total"),
        )
        .unwrap();
    gate.wait_for(1);
    let other = cluster.new_client().unwrap();
    let error = within(LIMIT, move || named(|x| x + 1).compute_on(&other).unwrap_err());
    assert!(is_conflict(&error), "while it runs: {error}");
    gate.open();
    assert_eq!(result_of(&running).unwrap(), 0, "the first one is unharmed");
    // While its result is in memory.
    let other = cluster.new_client().unwrap();
    let error = within(LIMIT, move || named(|x| x + 1).compute_on(&other).unwrap_err());
    assert!(is_conflict(&error), "while it is in memory: {error}");
    assert_eq!(result_of(&running).unwrap(), 0);
    drop(running);
    crate::faults_support::until_nothing_is_left(&client);
    // After it failed.
    let erred = client.compute(&delayed(|_: i64| -> i64 { panic!("no") }, (1,)).name("total")).unwrap();
    assert!(erred.exception().unwrap().is_some());
    let other = cluster.new_client().unwrap();
    let error = within(LIMIT, move || named(|x| x + 1).compute_on(&other).unwrap_err());
    assert!(is_conflict(&error), "after it failed: {error}");
    drop(erred);
    crate::faults_support::until_nothing_is_left(&client);
    // Once nobody holds it, the name is free.
    assert_eq!(named(|x| x + 1).compute_on(&client).unwrap(), 2);
    crate::faults_support::until_nothing_is_left(&client);
}

/// FAULTS G3.
#[test]
fn one_key_for_two_tasks_of_one_client_is_an_error_too() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let first = client.compute(&delayed(|x: i64| x + 1, (1,)).name("total")).unwrap();
    assert_eq!(result_of(&first).unwrap(), 2);
    // The client shares futures by key; it must not take one for the other.
    let second = client.compute(&delayed(|x: i64| x + 2, (1,)).name("total"));
    let error = match second {
        Err(error) => error,
        Ok(second) => match result_of(&second) {
            Ok(value) => panic!("another task's result was given: {value}"),
            Err(error) => error.into(),
        },
    };
    assert!(is_conflict(&error), "{error}");
    assert_eq!(result_of(&first).unwrap(), 2);
    // Given on, the refused one is an error too, and not the value of the first.
    let refused = client.compute(&delayed(|x: i64| x + 3, (1,)).name("total")).unwrap();
    let user = client.submit(|x: i64| x * 10, (&refused,));
    assert!(result_of(&user).is_err());
    let user = client.submit(|x: i64| x * 10, (&first,));
    assert_eq!(result_of(&user).unwrap(), 20);
}

#[test]
fn raw_graphs_with_the_same_keys_run_side_by_side() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let threads: Vec<_> = (0..8i64)
        .map(|i| {
            let client = client.clone();
            std::thread::spawn(move || {
                let graph = Graph::new().value("x", i).task("y", add_one, ("x",)).task("z", add_one, ("y",));
                (0..20).all(|_| raw::get_on::<i64>(&client, &graph, "z").unwrap() == i + 2)
            })
        })
        .collect();
    assert!(within(LIMIT, move || threads.into_iter().all(|thread| thread.join().unwrap())));
}

/// FAULTS G10.
#[test]
fn empty_graphs_and_lists_give_empty_results() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    within(LIMIT, move || {
        assert_eq!(Vec::<Delayed<i64>>::new().compute_on(&client).unwrap(), Vec::<i64>::new());
        assert_eq!(client.gather::<i64>(&[]).unwrap(), Vec::<i64>::new());
        assert!(client.map(|x: i64| x, Vec::<i64>::new()).is_empty());
        assert!(client.scatter(Vec::<i64>::new()).is_empty());
        assert!(wait::<i64>(&[], None).unwrap().done.is_empty());
        assert!(wait_first::<i64>(&[], None).unwrap().done.is_empty());
        assert!(as_completed(Vec::<Future<i64>>::new()).next().is_none());
        let sum = delayed(|all: Vec<i64>| all.len(), (Vec::<Delayed<i64>>::new(),));
        assert_eq!(sum.compute_on(&client).unwrap(), 0);
        client.cancel::<i64>(&[]);
        client.retry::<i64>(&[]);
    });
}
