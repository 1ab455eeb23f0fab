//! Workers that die, are sent away or run out (P2, P5, P7, P16, P28).

use crate::faults_support::{
    Count, Gate, LIMIT, builder, cluster, failure_of, result_of, until, until_nothing_is_left, within,
};
use partita::client::ScatterOptions;
use partita::prelude::*;
use partita::{RunError, TaskErrorKind};
use std::time::{Duration, Instant};

/// The incarnations of all workers, as the scheduler knows them.
fn incarnations(client: &Client) -> Vec<u32> {
    client.summary().unwrap().workers.iter().map(|worker| worker.worker.0).collect()
}

/// Kills a worker and waits until another one is in its place.
fn replace(cluster: &LocalCluster, name: &str) {
    let client = cluster.client();
    let find = || client.summary().unwrap().workers.into_iter().find(|worker| &*worker.info.name == name);
    let before = find().expect("the worker is there").worker;
    cluster.panic_worker(name, "a fault put in by hand");
    until("another worker is in its place", || find().is_some_and(|worker| worker.worker != before));
}

/// FAULTS P1.
#[test]
fn the_task_of_a_dead_worker_runs_again() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let (gate, ran) = (Gate::new(), Count::new());
    let (pass, counter) = (gate.pass(), ran.clone());
    let future = client.submit(
        move || {
            // The first attempt is stuck until the test ends.
            if counter.add() == 0 {
                pass.through();
            }
            7i64
        },
        (),
    );
    gate.wait_for(1);
    replace(&cluster, "worker-0");
    assert_eq!(result_of(&future).unwrap(), 7);
    assert_eq!(ran.get(), 2);
    gate.open();
    // The late end of the first attempt changes nothing.
    assert_eq!(result_of(&client.submit(|x: i64| x, (1,))).unwrap(), 1);
    drop(future);
    until_nothing_is_left(&client);
}

/// FAULTS P2.
#[test]
fn what_a_dead_worker_held_is_computed_again_and_nothing_else() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let counts: Vec<Count> = (0..4).map(|_| Count::new()).collect();
    let step = |index: usize| {
        let counter = counts[index].clone();
        move |x: i64| {
            counter.add();
            x + 1
        }
    };
    let executions = || counts.iter().map(Count::get).collect::<Vec<_>>();
    let a = client.submit(step(0), (0,));
    let b = client.submit(step(1), (&a,));
    let c = client.submit(step(2), (&b,));
    let other = client.submit(step(3), (10,));
    for future in [&a, &b, &c, &other] {
        future.wait(LIMIT).unwrap();
    }
    // Nobody wants `a` any longer; `b` needs it again all the same.
    drop(a);
    drop(other);
    until("the scheduler knows", || client.summary().unwrap().workers[0].held == 2);
    replace(&cluster, "worker-0");
    assert_eq!(result_of(&c).unwrap(), 3);
    assert_eq!(result_of(&b).unwrap(), 2);
    assert_eq!(executions(), [2, 2, 2, 1], "all of the chain was lost, and the other one nobody wants");
    // With a copy elsewhere nothing is lost.
    drop((b, c));
    until_nothing_is_left(&client);
}

/// FAULTS P2.
#[test]
fn of_a_result_with_a_copy_elsewhere_nothing_is_computed_again() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    until("both workers are there", || incarnations(&client).len() == 2);
    let count = Count::new();
    let counter = count.clone();
    let on = |name: &str| client.with_options(TaskOptions::new().workers([name]));
    let data = on("worker-0").submit(
        move || {
            counter.add();
            vec![1i64; 100]
        },
        (),
    );
    let sum = on("worker-1").submit(|data: Shared<Vec<i64>>| data.iter().sum::<i64>(), (&data,));
    assert_eq!(result_of(&sum).unwrap(), 100);
    assert_eq!(client.who_has([data.key().clone()]).unwrap()[0].1.len(), 2, "the input was copied");
    replace(&cluster, "worker-0");
    assert_eq!(result_of(&data).unwrap().len(), 100);
    assert_eq!(count.get(), 1);
}

#[test]
fn scattered_data_of_a_dead_worker_is_lost_with_a_word_what_to_do() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let data = within(LIMIT, {
        let client = client.clone();
        move || client.scatter([vec![1i64, 2]]).remove(0)
    });
    let sum = client.submit(|data: Shared<Vec<i64>>| data.iter().sum::<i64>(), (&data,));
    assert_eq!(result_of(&sum).unwrap(), 3);
    replace(&cluster, "worker-0");
    for error in [failure_of(&sum), failure_of(&data)] {
        assert!(matches!(error.kind(), TaskErrorKind::DataLost), "{error}");
        assert_eq!(error.key(), data.key());
        assert!(error.to_string().contains("Scatter it again, or to several workers"), "{error}");
    }
    let late = client.submit(|data: Shared<Vec<i64>>| data.len(), (&data,));
    assert!(matches!(failure_of(&late).kind(), TaskErrorKind::DataLost));
}

#[test]
fn data_that_was_broadcast_survives_a_death() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    until("both workers are there", || incarnations(&client).len() == 2);
    let broadcast = ScatterOptions { broadcast: true, ..ScatterOptions::default() };
    // The value is asked for while its first holder dies: in most rounds the question is lost with the worker.
    for round in 0..4 {
        let data = client.scatter_with([vec![round; 10]], &broadcast).remove(0);
        data.wait(LIMIT).unwrap();
        assert_eq!(client.who_has([data.key().clone()]).unwrap()[0].1.len(), 2);
        let before = incarnations(&client);
        cluster.panic_worker("worker-0", "a fault put in by hand");
        let value = data.result_timeout(Duration::from_secs(5));
        assert_eq!(value.expect("the other worker has it"), vec![round; 10], "round {round}");
        until("the worker is replaced", || {
            let now = incarnations(&client);
            now.len() == 2 && now != before
        });
    }
}

/// FAULTS P1.
#[test]
fn a_task_that_kills_its_workers_is_given_up() {
    // Two places, so that no place is given up before the task is.
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let names: std::sync::Arc<std::sync::Mutex<Vec<String>>> = Default::default();
    let (pass, seen) = (gate.pass(), names.clone());
    let future = client.submit(
        move || {
            let thread = std::thread::current().name().unwrap_or_default().to_string();
            seen.lock().unwrap().push(thread);
            pass.through();
        },
        (),
    );
    for death in 1..=4 {
        gate.wait_for(death);
        let thread = names.lock().unwrap()[death - 1].clone();
        let worker = if thread.contains("worker-1") { "worker-1" } else { "worker-0" };
        replace(&cluster, worker);
    }
    let error = failure_of(&future);
    let TaskErrorKind::WorkersDied { deaths, cause, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(*deaths, 4);
    assert!(cause.contains("a fault put in by hand"), "{error}");
    assert_eq!(error.key(), future.key());
    gate.open();
    assert_eq!(result_of(&client.submit(|x: i64| x, (1,))).unwrap(), 1, "the cluster goes on");
}

/// FAULTS P5, P7.
#[test]
fn workers_that_die_too_often_end_every_future_and_the_process_goes_on() {
    let cluster = cluster(1, 1);
    let (client, other) = (cluster.client(), cluster.new_client().unwrap());
    // Nobody can run these: they wait while one worker after the other dies.
    let stuck = TaskOptions::new().resource("GPU", 1.0);
    let pending = client.with_options(stuck.clone()).submit(|x: i64| x, (1,));
    let below = other.with_options(stuck).submit(|x: i64| x, (2,));
    let above = other.submit(|x: i64| x + 1, (&below,));
    for death in 1..=5 {
        replace(&cluster, "worker-0");
        assert_eq!(incarnations(&client), [death]);
    }
    let began = Instant::now();
    cluster.panic_worker("worker-0", "the last straw");
    for result in [&pending, &below, &above].map(result_of) {
        let Err(RunError::WorkersExhausted { worker, deaths, cause, .. }) = &result else { panic!("{result:?}") };
        assert_eq!((worker.as_str(), *deaths), ("worker-0", 6));
        assert!(cause.contains("the last straw"), "{result:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    // Whoever comes now is told too, also on a client that is new.
    for client in [client, other] {
        let late = client.submit(|x: i64| x + 5, (5,));
        assert!(matches!(result_of(&late), Err(RunError::WorkersExhausted { .. })), "{late}");
    }
    let new = cluster.new_client().unwrap().submit(|x: i64| x + 6, (6,));
    assert!(
        matches!(new.result_timeout(Duration::from_secs(3)), Err(RunError::WorkersExhausted { .. })),
        "a new client of a cluster without workers is told at once, not after a minute"
    );
    drop(cluster);
    let next = crate::faults_support::cluster(1, 1);
    assert_eq!(result_of(&next.client().submit(|x: i64| x + 1, (1,))).unwrap(), 2);
}

/// FAULTS P16.
#[test]
fn one_place_that_is_given_up_leaves_the_others() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    until("both workers are there", || incarnations(&client).len() == 2);
    for _ in 1..=5 {
        replace(&cluster, "worker-0");
    }
    cluster.panic_worker("worker-0", "the last straw");
    until("one is left", || incarnations(&client).len() == 1);
    until("the summary says so", || cluster.summary().workers == 1);
    assert_eq!(result_of(&client.submit(|x: i64| x + 1, (1,))).unwrap(), 2);
    // Its place can be filled again by hand.
    cluster.scale(2).unwrap();
    until("both are there", || incarnations(&client).len() == 2);
    assert_eq!(result_of(&client.submit(|x: i64| x + 2, (1,))).unwrap(), 3);
}

/// FAULTS P1.
#[test]
fn deaths_in_the_midst_of_a_large_graph_change_no_result() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    until("both workers are there", || incarnations(&client).len() == 2);
    let gate = Gate::new();
    let leaves: Vec<Delayed<i64>> = (0..300i64)
        .map(|i| {
            let pass = (i % 100 == 50).then(|| gate.pass());
            delayed(
                move || {
                    if let Some(pass) = &pass {
                        pass.through();
                    }
                    i
                },
                (),
            )
        })
        .collect();
    let sums: Vec<Delayed<i64>> =
        leaves.chunks(10).map(|chunk| delayed(|all: Vec<i64>| all.iter().sum::<i64>(), (chunk.to_vec(),))).collect();
    let total = client.compute(&delayed(|all: Vec<i64>| all.iter().sum::<i64>(), (sums,))).unwrap();
    gate.wait_for(1);
    for name in ["worker-0", "worker-1", "worker-0"] {
        replace(&cluster, name);
    }
    gate.open();
    assert_eq!(result_of(&total).unwrap(), (0..300).sum::<i64>());
    drop(total);
    until_nothing_is_left(&client);
}

/// FAULTS P28.
#[test]
fn scaling_to_none_and_back_goes_on_with_what_waits() {
    let cluster = builder(2, 1).close_grace(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    let first = client.submit(|x: i64| x + 1, (1,));
    assert_eq!(result_of(&first).unwrap(), 2);
    cluster.scale(0).unwrap();
    until("nobody is left", || incarnations(&client).is_empty());
    assert_eq!(cluster.summary().workers, 0);
    let waiting = client.map(|x: i64| x * 2, 0..50);
    let reason = || client.why(waiting[0].key()).unwrap();
    until("the task is known", || reason().is_some());
    assert!(reason().unwrap().to_string().contains("worker"), "{:?}", reason());
    cluster.scale(3).unwrap();
    for (index, future) in waiting.iter().enumerate() {
        assert_eq!(result_of(future).unwrap(), index as i64 * 2);
    }
    assert_eq!(result_of(&first).unwrap(), 2, "what the old workers held is computed again");
    assert_eq!(incarnations(&client).len(), 3);
}

#[test]
fn scaling_up_and_down_under_load_loses_nothing() {
    let cluster = builder(2, 1).close_grace(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    let chains: Vec<Delayed<i64>> = (0..40i64)
        .map(|i| (0..10).fold(delayed(|i: i64| i, (i,)), |below, _| delayed(|x: i64| x + 1, (&below,))))
        .collect();
    let total = client.compute(&delayed(|all: Vec<i64>| all.iter().sum::<i64>(), (chains,))).unwrap();
    for workers in [4, 1, 0, 3, 2, 1, 5] {
        cluster.scale(workers).unwrap();
        assert_eq!(cluster.summary().workers, workers);
    }
    assert_eq!(result_of(&total).unwrap(), (0..40).map(|i| i + 10).sum::<i64>());
    until("five are left", || incarnations(&client).len() == 5);
}

#[test]
fn the_task_of_a_worker_that_is_sent_away_runs_elsewhere_before_the_grace_is_over() {
    let cluster = builder(2, 1).close_grace(Duration::from_secs(60)).start().unwrap();
    let client = cluster.client();
    until("both workers are there", || incarnations(&client).len() == 2);
    let gate = Gate::new();
    let (pass, count) = (gate.pass(), Count::new());
    let options = TaskOptions::new().workers(["worker-1"]).allow_other_workers();
    let counter = count.clone();
    let future = client.with_options(options).submit(
        move || {
            if counter.add() == 0 {
                pass.through();
            }
            3i64
        },
        (),
    );
    gate.wait_for(1);
    cluster.scale(1).unwrap();
    let result = future.result_timeout(Duration::from_secs(5));
    gate.open();
    assert_eq!(result.expect("it need not wait for the grace of the one that leaves"), 3);
}

/// FAULTS P28.
#[test]
fn without_workers_a_task_fails_after_the_timeout() {
    let cluster = builder(1, 1).no_workers_timeout(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    cluster.scale(0).unwrap();
    until("nobody is left", || incarnations(&client).is_empty());
    let future = client.submit(|x: i64| x, (1,));
    let above = client.submit(|x: i64| x, (&future,));
    let error = failure_of(&above);
    let TaskErrorKind::NoWorkers { waited, .. } = error.kind() else { panic!("{error}") };
    assert!(*waited >= Duration::from_millis(200) && *waited < Duration::from_secs(5), "{waited:?}");
    assert_eq!(error.key(), future.key());
}

#[test]
fn data_that_is_scattered_to_nobody_is_an_error_and_no_hang() {
    let cluster = builder(1, 1).no_workers_timeout(Duration::from_millis(300)).start().unwrap();
    let client = cluster.client();
    let nobody = ScatterOptions { workers: vec!["nobody".into()], ..ScatterOptions::default() };
    let lost = client.scatter_with([1i64], &nobody).remove(0);
    let result = lost.result_timeout(Duration::from_secs(5));
    assert!(matches!(result, Err(RunError::Task(_))), "data for a worker that is not there: {result:?}");
    cluster.scale(0).unwrap();
    until("nobody is left", || incarnations(&client).is_empty());
    let lost = client.scatter([1i64]).remove(0);
    let result = lost.result_timeout(Duration::from_secs(5));
    assert!(matches!(result, Err(RunError::Task(_))), "data for a cluster without workers: {result:?}");
}

#[test]
fn data_that_is_scattered_right_after_the_start_arrives_at_all_workers() {
    for round in 0..20 {
        let cluster = cluster(4, 1);
        let client = cluster.client();
        let broadcast = ScatterOptions { broadcast: true, ..ScatterOptions::default() };
        let data = client.scatter_with([round], &broadcast).remove(0);
        let value = data.result_timeout(Duration::from_secs(5));
        assert_eq!(value.expect("it arrives"), round);
        assert_eq!(client.who_has([data.key().clone()]).unwrap()[0].1.len(), 4, "round {round}");
    }
}
