//! Pages that are asked for again and again while much is done: no record is lost by it, and the figures are right.

use super::dashboard_support::Site;
use partita::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;

const GRAPHS: i64 = 300;
const TASKS: i64 = 100;

/// Views that take the most work.
const HEAVY: &str = "several?views=moment,stream,slowest,code,critical_path,graph,profile,progress,groups";

#[test]
fn pages_that_are_looked_at_cost_no_record_of_many_small_graphs() {
    let builder = LocalCluster::builder().workers(2).threads_per_worker(1).without_default();
    let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
    let client = cluster.client();
    let (site, watching) = (Site::of(&client), client.watch().unwrap());
    let over = AtomicBool::new(false);
    let looks = scope(|scope| {
        let lookers = [0, 1].map(|_| {
            scope.spawn(|| {
                let mut looks = 0;
                while !over.load(Ordering::Relaxed) {
                    let views = site.json(HEAVY);
                    assert_eq!(views["moment"]["dropped"], 0, "{}", views["moment"]);
                    looks += 1;
                }
                looks
            })
        });
        // The places of tasks that are forgotten are used again by those of the next graph.
        for graph in 0..GRAPHS {
            let numbers = Bag::<i64>::from_sequence(graph..graph + TASKS, TASKS as usize).map(|x| x + 1);
            assert_eq!(numbers.count().compute_on(&client).unwrap(), TASKS as u64);
        }
        over.store(true, Ordering::Relaxed);
        lookers.map(|looker| looker.join().unwrap()).iter().sum::<u64>()
    });
    assert!(looks > 0);
    let run = watching.finish().unwrap();
    let executions = run.executions().count;
    assert!(executions >= (GRAPHS * TASKS) as u64, "{executions}");
    let views = site.json(HEAVY);
    assert_eq!((&views["moment"]["executions"], &views["moment"]["dropped"]), (&executions.into(), &0.into()));
    let groups = views["groups"].as_array().unwrap();
    assert_eq!(groups.iter().map(|group| group["executions"].as_u64().unwrap()).sum::<u64>(), executions);
    let time: u64 = groups.iter().map(|group| group["time"].as_u64().unwrap()).sum();
    assert_eq!(u128::from(time), run.executions().busy.as_nanos());
    let progress = views["progress"].as_array().unwrap();
    assert!(
        progress.iter().all(|group| group["total"] == group["counts"][7]),
        "all is done and forgotten: {progress:?}"
    );
}
