//! A real cluster and the simulator agree, and what is recorded on one is used by the other.

use crate::examples::what_if;
use partita::prelude::*;
use partita::simulate::{Config, Durations, SimulateError, Trace, simulate, simulate_raw};
use partita_protocol::telemetry::{Record, State};
use partita_protocol::{PrefixId, TaskId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The group of each task and the states that it went through.
type States = BTreeMap<TaskId, (String, Vec<(State, State)>)>;

fn states(records: &[Record], mut names: BTreeMap<PrefixId, Arc<str>>) -> States {
    let mut states = States::new();
    for record in records {
        match record {
            Record::Prefix { prefix, name } => drop(names.insert(*prefix, name.clone())),
            Record::Transition { task, prefix, from, to, .. } => {
                let (_, steps) = states.entry(*task).or_insert_with(|| (names[prefix].to_string(), Vec::new()));
                steps.push((*from, *to));
            }
            _ => {}
        }
    }
    states
}

#[test]
fn a_real_cluster_and_the_simulator_take_every_task_through_the_same_states() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = what_if::pipeline(&what_if::unpack(folder.path()).unwrap()).unwrap();

    let cluster = LocalCluster::builder().workers(1).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let recording = client.record().unwrap();
    pipeline.compute_on(&client).unwrap();
    let (records, dropped) = recording.finish().unwrap();
    assert_eq!(dropped, 0);
    let real = states(&records, BTreeMap::new());
    assert!(real.len() > 400, "{}", real.len());

    let durations = Durations::recorded(&records);
    let config = Config { saturation: 1.0, record: true, ..Config::default() };
    let mut records = Vec::new();
    let simulation =
        simulate(&pipeline).durations(durations).latency(Duration::from_micros(10)).scheduler_config(config);
    let names = simulation.plan().unwrap().universe().prefixes().to_vec();
    let names = (0..).map(PrefixId).zip(names).collect();
    let report = simulation
        .run_watched(&mut |_, trace| {
            if let Trace::Recorded(record) = trace {
                records.push(record.clone());
            }
        })
        .unwrap();
    let simulated = states(&records, names);

    assert_eq!(report.counts.runs as usize, real.len());
    for (task, states) in &real {
        assert_eq!(Some(states), simulated.get(task), "{task}");
    }
    assert_eq!(real.len(), simulated.len());
    cluster.close().unwrap();
}

#[test]
fn a_recording_holds_every_run_of_its_time_and_no_other() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let bag = |from: i64| Bag::<i64>::from_sequence(from..from + 100, 20).map(|x| x + 1).sum();
    bag(0).compute_on(&client).unwrap();
    let recording = client.record().unwrap();
    bag(1000).compute_on(&client).unwrap();
    let (records, dropped) = recording.finish().unwrap();
    assert_eq!(dropped, 0);
    let runs = records.iter().filter(|record| matches!(record, Record::Compute { .. })).count();
    let expected = bag(1000).graph().check().unwrap().len();
    assert_eq!(runs, expected);
    let durations = Durations::recorded(&records);
    assert_eq!(simulate(&bag(5)).durations(durations).run().unwrap().counts.runs as usize, expected);
    cluster.close().unwrap();
}

#[test]
fn without_telemetry_nothing_can_be_recorded_and_it_is_said() {
    let cluster = LocalCluster::builder().workers(1).telemetry(false).without_default().start().unwrap();
    let error = cluster.client().record().err().unwrap().to_string();
    assert!(error.starts_with("`telemetry` cannot be false: true, to see what happens"), "{error}");
    cluster.close().unwrap();
}

#[test]
fn graphs_that_cannot_run_are_refused_before_anything_is_simulated() {
    let durations = Durations::same(Duration::from_millis(1), 8);
    let graph = partita::raw::Graph::new().task("y", |x: i64| x, ("x",));
    let error = simulate_raw(&graph, ["y"]).durations(durations).run().unwrap_err();
    assert!(matches!(error, SimulateError::Graph(_)) && error.to_string().contains("`x`"), "{error}");
    let error = simulate(&delayed(|| 1, ())).run().unwrap_err().to_string();
    assert!(error.starts_with("nothing says how long tasks of"), "{error}");
}

#[test]
fn results_that_workers_hold_are_not_computed_again() {
    let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
    let client = cluster.client();
    let held = Bag::<i64>::from_sequence(0..100, 10).map(|x| x + 1).persist_on(&client).unwrap();
    let durations = Durations::same(Duration::from_millis(1), 8);
    let report = simulate(&held.sum()).workers(3).durations(durations).run().unwrap();
    let tasks = held.sum().graph().check().unwrap().len();
    assert_eq!(report.counts.runs as usize, tasks - 10);
    cluster.close().unwrap();
}

#[test]
fn no_function_of_the_user_is_run() {
    let bag = Bag::<i64>::from_sequence(0..100, 10).map(|x| if x >= 0 { panic!("it was run") } else { x });
    let durations = Durations::same(Duration::from_millis(1), 8);
    assert_eq!(simulate(&bag.sum()).durations(durations).run().unwrap().counts.erred, 0);
}
