//! Tasks that panic, fail, return the wrong type, or whose results cannot be dropped (T1, T5, T15, T18).

use crate::faults_support::{Count, Gate, cluster, failure_of, in_child, result_of, until_nothing_is_left};
use partita::prelude::*;
use partita::{RunError, TaskErrorKind};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fmt;

/// The line below.
const EXPLODES: u32 = line!() + 3;

fn explode(text: String) -> i64 {
    panic!("no {text} today")
}

/// FAULTS T1.
#[test]
fn a_panic_is_an_error_with_message_place_key_and_the_line_that_made_the_task() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let line = line!() + 1;
    let future = client.submit(explode, ("tea",));
    let error = failure_of(&future);
    let TaskErrorKind::Panicked { message, location } = error.kind() else { panic!("{error:?}") };
    assert_eq!(message, "no tea today");
    assert!(
        location.as_ref().is_some_and(|place| place.contains(&format!("faults_tasks.rs:{EXPLODES}:"))),
        "{location:?}"
    );
    assert_eq!(error.key(), future.key());
    assert!(error.key().to_string().starts_with("explode-"), "{error}");
    let place = error.place().expect("the line is known");
    assert!(place.file().ends_with("tests/it/faults_tasks.rs"), "{place}");
    assert_eq!(place.line(), line);
    assert!(error.to_string().contains(&format!("tests/it/faults_tasks.rs:{line}")), "{error}");
    assert_eq!(future.status(), "error");
    assert_eq!(future.exception().unwrap().unwrap().key(), future.key());
}

/// FAULTS T1.
#[test]
fn the_worker_of_a_panic_runs_the_next_thousand_tasks() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    for kind in 0..4usize {
        let bad = client.impure().submit(
            |kind: usize| -> i64 {
                match kind {
                    0 => panic!("a text"),
                    1 => std::panic::panic_any(7u8),
                    2 => Vec::<i64>::new()[kind],
                    _ => "".parse::<i64>().unwrap(),
                }
            },
            (kind,),
        );
        let error = failure_of(&bad);
        assert!(matches!(error.kind(), TaskErrorKind::Panicked { location: Some(_), .. }), "{kind}: {error}");
    }
    let futures = client.map(|x: i64| x + 1, 0..1000);
    assert_eq!(client.gather(&futures).unwrap(), (1..=1000).collect::<Vec<i64>>());
    let summary = client.summary().unwrap();
    assert_eq!(summary.workers.len(), 1, "the same worker is there");
    assert_eq!(summary.workers[0].worker.0, 0, "and not one that took its place");
    drop(futures);
    until_nothing_is_left(&client);
}

/// FAULTS T1.
#[test]
fn all_that_depends_on_a_panic_has_the_same_blame() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let ran = Count::new();
    let bad = client.submit(explode, ("milk",));
    let counter = ran.clone();
    let child = client.submit(
        move |x: i64| {
            counter.add();
            x
        },
        (&bad,),
    );
    let counter = ran.clone();
    let grandchildren: Vec<Future<i64>> = (0..10)
        .map(|_| {
            let counter = counter.clone();
            client.submit(
                move |x: i64| {
                    counter.add();
                    x
                },
                (&child,),
            )
        })
        .collect();
    for future in grandchildren.iter().chain([&child]) {
        let error = failure_of(future);
        assert_eq!(error.key(), bad.key(), "the task that panicked is to blame, not {}", future.key());
        assert_eq!(error.to_string(), failure_of(&bad).to_string());
    }
    assert_eq!(ran.get(), 0, "nothing ran without its input");
    let by_compute = delayed(explode, ("milk",)).map(|x| x + 1).map(|x| x + 1).compute_on(&client).unwrap_err();
    assert!(by_compute.task().unwrap().key().to_string().starts_with("explode-"), "{by_compute}");
    drop((bad, child, grandchildren));
    until_nothing_is_left(&client);
}

/// FAULTS T1.
#[test]
fn a_task_panic_prints_nothing() {
    let output = in_child("faults_tasks::a_task_panic_prints_nothing", || {
        let cluster = cluster(1, 1);
        let error = failure_of(&cluster.client().submit(explode, ("biscuits-4711",)));
        assert!(error.to_string().contains("biscuits-4711"), "{error}");
        cluster.close().unwrap();
        // A panic of somebody else is printed as ever.
        assert!(std::thread::spawn(|| panic!("other-panic")).join().is_err());
    });
    let Some(output) = output else { return };
    let printed = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!printed.contains("biscuits-4711"), "{printed}");
    assert!(printed.contains("other-panic"), "panics outside of tasks are printed: {printed}");
}

/// A user's error, with a cause.
#[derive(Debug, Clone, PartialEq)]
struct Spoilt {
    crate_number: u32,
    cause: std::num::ParseIntError,
}

impl fmt::Display for Spoilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crate {} is spoilt", self.crate_number)
    }
}

impl Error for Spoilt {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

fn open_crate(number: u32) -> Result<i64, Spoilt> {
    "x".parse::<i64>().map_err(|cause| Spoilt { crate_number: number, cause })
}

/// FAULTS T5.
#[test]
fn an_error_of_the_user_comes_back_as_itself_with_its_sources() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let error = failure_of(&client.try_submit(open_crate, (5u32,)));
    let own: &Spoilt = error.downcast_ref().expect("the user's own type");
    assert_eq!(own.crate_number, 5);
    assert!(error.downcast_ref::<fmt::Error>().is_none());
    let chain: Vec<String> =
        std::iter::successors(error.source(), |&error| error.source()).map(ToString::to_string).collect();
    assert_eq!(chain, ["crate 5 is spoilt", "invalid digit found in string"]);
    assert!(
        error.to_string().contains("crate 5 is spoilt") && error.to_string().contains("faults_tasks.rs"),
        "{error}"
    );
    let through: partita::Error = try_delayed(open_crate, (6u32,)).compute_on(&client).unwrap_err();
    assert_eq!(through.task().unwrap().downcast_ref::<Spoilt>().unwrap().crate_number, 6);
}

/// FAULTS T5, T14.
#[test]
fn a_task_is_run_once_and_once_more_for_each_retry() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    // Retries given, failures before it works; executions expected, whether it works.
    for (retries, failures, expected, works) in [(0, 1, 1, false), (2, 2, 3, true), (2, 3, 3, false), (5, 0, 1, true)] {
        for panics in [false, true] {
            let count = Count::new();
            let counter = count.clone();
            let attempt = move || match counter.add() < failures {
                true if panics => panic!("not yet"),
                true => Err("not yet"),
                false => Ok(7i64),
            };
            let asked = client.with_options(TaskOptions::new().retries(retries));
            let result = result_of(&asked.try_submit(attempt, ()));
            assert_eq!(result.is_ok(), works, "{retries} retries, {failures} failures: {result:?}");
            assert_eq!(count.get(), expected, "{retries} retries, {failures} failures");
        }
    }
}

#[test]
fn a_failed_future_can_be_tried_again_by_hand() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let (count, above) = (Count::new(), Count::new());
    let (counter, counter_above) = (count.clone(), above.clone());
    let future = client.try_submit(move || if counter.add() < 2 { Err("not yet") } else { Ok(1i64) }, ());
    let next = client.submit(
        move |x: i64| {
            counter_above.add();
            x + 1
        },
        (&future,),
    );
    for attempt in 1..=2 {
        assert_eq!(failure_of(&next).key(), future.key());
        assert_eq!((count.get(), above.get()), (attempt, 0));
        // What failed below it runs again too.
        next.retry();
        crate::faults_support::until("it runs again", || count.get() > attempt);
    }
    assert_eq!(result_of(&next).unwrap(), 2);
    assert_eq!((count.get(), above.get()), (3, 1));
}

/// FAULTS T18.
#[test]
fn a_delayed_value_of_the_wrong_type_names_both_types_and_the_key() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let number = delayed(|| 5i64, ());
    let lie: Delayed<String> = Delayed::from_node(number.node().clone(), 0);
    let error = lie.compute_on(&client).unwrap_err();
    let partita::Error::Run(RunError::Type { key, mismatch }) = &error else { panic!("{error:?}") };
    assert_eq!(*key, number.key());
    assert_eq!((mismatch.expected, mismatch.found), ("alloc::string::String", "i64"));
    let used = delayed(|text: String| text.len(), (&lie,));
    let error = used.compute_on(&client).unwrap_err();
    let task = error.task().expect("the task that was given the wrong type");
    assert_eq!(*task.key(), used.key());
    let TaskErrorKind::TypeMismatch { argument, mismatch } = task.kind() else { panic!("{task:?}") };
    assert_eq!(argument.as_ref(), Some(&number.key()), "{task}");
    assert_eq!((mismatch.expected, mismatch.found), ("alloc::string::String", "i64"));
    // A future that lies is told by its result.
    let future = client.submit(|x: i64| x, (1,));
    let lie: Future<String> = Future::from_inner(future.inner().clone(), partita::Place::here());
    assert!(matches!(result_of(&lie), Err(RunError::Type { key, .. }) if key == *future.key()));
    assert_eq!(result_of(&future).unwrap(), 1, "the truth is not harmed");
}

/// FAULTS T18.
#[test]
fn a_graph_by_hand_with_the_wrong_type_names_both_types_and_the_key() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let graph =
        partita::raw::Graph::new().value("x", 1i64).task("y", |x: String| x.len() as i64, ("x",)).alias("z", "x");
    let error = partita::raw::get_on::<i64>(&client, &graph, "y").unwrap_err();
    let text = error.to_string();
    let RunError::Task(task) = error else { panic!("{error:?}") };
    assert!(task.key().to_string().starts_with('y'), "{task}");
    let TaskErrorKind::TypeMismatch { argument: Some(argument), mismatch } = task.kind() else { panic!("{task:?}") };
    assert!(argument.name().as_str() == "x", "{task}");
    assert_eq!((mismatch.expected, mismatch.found), ("alloc::string::String", "i64"));
    for part in ["String", "i64", "x-", "faults_tasks.rs"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let error = partita::raw::get_on::<String>(&client, &graph, "z").unwrap_err();
    assert!(matches!(&error, RunError::Type { key, .. } if key.to_string() == "z"), "{error}");
}

/// A result that panics when it is dropped, in every copy.
#[derive(Clone, Serialize, Deserialize)]
struct Bomb(bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.0, "a bomb went off in a drop");
    }
}

/// FAULTS T15.
#[test]
fn a_result_whose_drop_panics_leaves_the_cluster_alive() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let bombs = client.map(|_: i64| Bomb(true), 0..20);
    let read: Vec<Future<bool>> =
        bombs.iter().map(|bomb| client.submit(|bomb: Shared<Bomb>| bomb.0, (bomb,))).collect();
    assert_eq!(client.gather(&read).unwrap(), [true; 20]);
    drop((bombs, read));
    until_nothing_is_left(&client);
    let futures = client.map(|x: i64| x * 2, 0..100);
    assert_eq!(client.gather(&futures).unwrap()[99], 198);
    cluster.close().unwrap();
}

/// FAULTS T15.
#[test]
fn a_captured_value_whose_drop_panics_leaves_the_cluster_alive() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    for _ in 0..10 {
        let bomb = Bomb(true);
        let future = client.submit(
            move || {
                let whole = &bomb;
                whole.0
            },
            (),
        );
        assert!(result_of(&future).unwrap());
    }
    until_nothing_is_left(&client);
    assert_eq!(result_of(&client.submit(|x: i64| x + 1, (1,))).unwrap(), 2);
}

/// A result whose drop waits at a gate.
#[derive(Clone, Serialize, Deserialize)]
struct Slow {
    #[serde(skip)]
    pass: Option<crate::faults_support::Pass>,
}

impl Drop for Slow {
    fn drop(&mut self) {
        if let Some(pass) = &self.pass {
            pass.through();
        }
    }
}

/// FAULTS T15.
#[test]
fn a_result_whose_drop_blocks_holds_nobody_up() {
    let gate = Gate::new();
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let pass = gate.pass();
    let slow = client.submit(move || Slow { pass: Some(pass.clone()) }, ());
    assert!(slow.wait(crate::faults_support::LIMIT).unwrap());
    drop(slow);
    gate.wait_for(1);
    // The drop is under way and does not end; the cluster goes on meanwhile, other drops included.
    let futures = client.map(|x: i64| x + 1, 0..500);
    assert_eq!(client.gather(&futures).unwrap()[499], 500);
    drop(futures);
    until_nothing_is_left(&client);
    assert_eq!(gate.arrived(), 1);
    gate.open();
    cluster.close().unwrap();
}
