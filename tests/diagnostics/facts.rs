//! What pages and reports say of a scripted run, against what the engine that runs one task after the other says of it.

use super::dashboard_support::Site;
use partita::diagnostics::{CacheProfiler, Profiler, performance_report_on};
use partita::prelude::*;
use partita::raw::{Graph, value};
use serde_json::Value;
use std::collections::BTreeMap;
use tempfile::tempdir;

/// What all names of this file begin with: other tests run meanwhile in this process.
const OWN: &str = "facts-";

/// What is known of the tasks of each name: executions, those that failed, and bytes of results.
type Facts = BTreeMap<String, (u64, u64, u64)>;

/// Blocks of many sizes, their lengths, and the sum of these; and a task that fails, and one that needs it.
fn script() -> Graph {
    let mut graph = Graph::new();
    let own = |name: String| -> &'static str { format!("{OWN}{name}").leak() };
    for at in 0..25i64 {
        graph = graph.task(own(format!("block{at}")), |n: i64| vec![1u8; (n * n * 100) as usize], (value(at),));
        graph =
            graph.task(own(format!("length{at}")), |block: Vec<u8>| block.len() as i64, (own(format!("block{at}")),));
    }
    let lengths: Vec<&str> = (0..25).map(|at| own(format!("length{at}"))).collect();
    graph = graph.task(own("sum".into()), |all: Vec<i64>| all.iter().sum::<i64>(), (lengths,));
    graph = graph.task(
        own("fails".into()),
        |x: i64| if x > 0 { panic!("no <i>luck</i>") } else { x },
        (own("sum".into()),),
    );
    graph.task(own("after".into()), |x: i64| x, (own("fails".into()),))
}

/// The facts of the engine without a cluster, and its error.
fn reference(script: &Graph) -> (Facts, String) {
    let (profiler, cache) = (Profiler::start().unwrap(), CacheProfiler::start().unwrap());
    let error = partita::synchronous::get::<i64>(script, "facts-after").unwrap_err();
    let mut facts = Facts::new();
    for row in profiler.results() {
        let fact = facts.entry(row.key.name().to_string()).or_default();
        *fact = (fact.0 + 1, fact.1 + u64::from(!row.ok), fact.2);
    }
    for row in cache.results() {
        facts.entry(row.key.name().to_string()).or_default().2 += row.metric as u64;
    }
    facts.retain(|name, _| name.starts_with(OWN));
    (facts, error.to_string())
}

/// The facts that the rows of groups tell, of a page or a report.
fn told(groups: &Value) -> Facts {
    let fact = |group: &Value| {
        let [executions, failures, nbytes] =
            ["executions", "failures", "nbytes"].map(|field| group[field].as_u64().unwrap());
        (group["name"].as_str().unwrap().to_string(), (executions, failures, nbytes))
    };
    // What has no executions is data that came with the graph.
    groups.as_array().unwrap().iter().map(fact).filter(|(_, fact)| fact.0 > 0).collect()
}

/// What an error says behind the key, which is made anew for each time that a graph is computed.
fn nameless(error: &str) -> &str {
    &error[error.find(" (made at").unwrap()..]
}

#[test]
fn pages_and_reports_say_what_the_reference_engine_says() {
    let script = script();
    let (facts, expected) = reference(&script);
    assert_eq!(facts.len(), 52, "{facts:?}");
    assert_eq!(facts.values().map(|fact| fact.1).sum::<u64>(), 1);
    assert!(facts["facts-block24"].2 >= 57_600, "{facts:?}");

    let builder = LocalCluster::builder().workers(2).threads_per_worker(2).without_default();
    let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
    let (client, folder) = (cluster.client(), tempdir().unwrap());
    let (watching, site) = (client.watch().unwrap(), Site::of(&client));
    let report = performance_report_on(&client, folder.path().join("report.html")).unwrap();
    let error = partita::raw::get_on::<i64>(&client, &script, "facts-after").unwrap_err();
    let path = report.finish().unwrap();
    let error = error.to_string();
    assert_eq!(nameless(&error), nameless(&expected));
    watching.settle().unwrap();

    let data = super::report::data(&path);
    let views = site.json("several?views=moment,summary,groups,workers,failures,progress");
    let [executions, failures, nbytes] = [
        facts.values().map(|fact| fact.0).sum::<u64>(),
        facts.values().map(|fact| fact.1).sum(),
        facts.values().map(|fact| fact.2).sum(),
    ];
    for view in [&data, &views] {
        assert_eq!(told(&view["groups"]), facts);
        assert_eq!(view["summary"]["executions"], executions);
        assert_eq!(view["summary"]["failures"], failures);
        assert_eq!(view["failures"]["count"], failures);
        let line = &view["failures"]["lines"][0];
        // The same key, the same line of the script, and the same words.
        assert!(error.contains(line["key"].as_str().unwrap()), "{line} {error}");
        assert!(expected.contains(line["line"].as_str().unwrap()), "{line} {expected}");
        assert!(line["error"].as_str().unwrap().contains("no <i>luck</i>"), "{line}");
        assert_eq!(super::report::sum_of(&view["workers"], "executed"), executions);
    }
    assert_eq!((&views["moment"]["executions"], &views["moment"]["dropped"]), (&executions.into(), &0.into()));
    assert_eq!(super::report::sum_of(&views["groups"], "nbytes"), nbytes);
    let tasks = super::report::sum_of(&views["progress"], "total");
    // Besides those that ran: what needs the one that failed, and what came as data.
    assert!(tasks > executions && views["summary"]["tasks"] == tasks, "{}", views["summary"]);
}
