//! What Prometheus is told, by Dask's names where the meaning is the same. Keys of tasks are never labels.
//!
//! What Dask counts otherwise has a name of our own: its `dask_scheduler_workers` are told apart by how much is queued on
//! them, which no record says; its task groups are those of one call each, and ours those of one name; its
//! `dask_scheduler_tasks_output_bytes` are those in memory now, and ours all that ever were.

use super::moment::named_states;
use super::views::Later;
use crate::run::Run;
use partita_protocol::telemetry::State;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;

/// What kind of text it is.
pub(super) const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Groups that have labels of their own; all others together are one.
const GROUPS: usize = 256;

/// The label of all other groups.
const OTHERS: &str = "(others)";

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge>;
type Counters = Family<Labels, Counter>;
type Seconds = Counter<f64, AtomicU64>;

/// The numbers of a run as they are now, to be written down.
pub(super) fn of(run: &Run) -> Later {
    let mut registry = Registry::default();
    scheduler(&mut registry, run);
    groups(&mut registry, run);
    workers(&mut registry, run);
    process(&mut registry, run);
    Box::new(move || {
        let mut text = String::new();
        encode(&mut text, &registry).ok()?;
        Some(text.into_bytes())
    })
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(signed(value));
    registry.register(name, help, gauge);
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn scheduler(registry: &mut Registry, run: &Run) {
    let tasks = Gauges::default();
    for (state, name) in named_states() {
        let count = run.groups().iter().map(|(_, group)| group.of(state)).sum();
        tasks.get_or_create(&vec![("state", name.to_string())]).set(count);
    }
    registry.register("dask_scheduler_tasks", "Tasks that are known, by state", tasks);
    gauge(
        registry,
        "partita_task_groups",
        "Groups of tasks: those whose keys have one name",
        run.groups().len() as u64,
    );
    let (mut there, mut all) = (0, 0);
    for (_, facts) in run.workers().iter() {
        all += 1;
        there += u64::from(facts.is_there());
    }
    gauge(registry, "partita_workers", "Workers that are there", there);
    counter(registry, "dask_scheduler_workers_added", "Workers that came", all);
    counter(registry, "dask_scheduler_workers_removed", "Workers that went", all - there);
    let stolen = run.groups().iter().map(|(_, group)| group.stolen).sum();
    counter(registry, "partita_tasks_stolen", "Tasks that were taken back from a worker for another", stolen);
    counter(registry, "partita_executions", "Executions of tasks that ended", run.executions().count);
    let failures = run.groups().iter().map(|(_, group)| group.failures).sum();
    counter(
        registry,
        "partita_executions_failed",
        "Executions that failed, also those that were tried again",
        failures,
    );
    let (records, dropped) = run.records();
    counter(registry, "partita_records", "Records of what happened", records);
    counter(registry, "partita_records_dropped", "Records that were dropped because the profiler was slow", dropped);
}

fn groups(registry: &mut Registry, run: &Run) {
    let (entered, seconds) = (Counters::default(), Family::<Labels, Seconds>::default());
    let outputs = Counters::default();
    for (index, (prefix, group)) in run.groups().into_iter().enumerate() {
        let name = if index < GROUPS { run.names().group(prefix).to_string() } else { OTHERS.to_string() };
        let label = || ("task_prefix_name", name.clone());
        for (state, count) in [(State::Memory, group.finished), (State::Erred, group.erred)] {
            let state = named_states().find(|(known, _)| *known == state).map_or("", |(_, name)| name);
            entered.get_or_create(&vec![label(), ("state", state.to_string())]).inc_by(count);
        }
        seconds.get_or_create(&vec![label()]).inc_by(group.busy().as_secs_f64());
        outputs.get_or_create(&vec![label()]).inc_by(group.sizes.sum);
    }
    registry.register("dask_scheduler_prefix_state_totals", "Times that tasks of a group entered a state", entered);
    let name = "dask_scheduler_tasks_compute";
    registry.register_with_unit(name, "Time that executions of a group took", Unit::Seconds, seconds);
    registry.register("partita_tasks_output_bytes", "Bytes of all results of a group, ever", outputs);
}

fn workers(registry: &mut Registry, run: &Run) {
    let families: [Gauges; 3] = Default::default();
    let [threads, memory, limit] = families;
    let counters: [Counters; 3] = Default::default();
    let [sent, received, executed] = counters;
    let (cores, resident) = (Family::<Labels, Gauge<f64, AtomicU64>>::default(), Gauges::default());
    for (worker, facts) in run.workers().iter().filter(|(_, facts)| facts.is_there()) {
        let label = || ("worker", facts.name.to_string());
        threads.get_or_create(&vec![label()]).set(i64::from(facts.threads));
        memory.get_or_create(&vec![label(), ("type", "managed".into())]).set(signed(facts.nbytes));
        memory.get_or_create(&vec![label(), ("type", "spilled".into())]).set(signed(facts.on_disk));
        limit.get_or_create(&vec![label()]).set(signed(facts.memory_limit));
        sent.get_or_create(&vec![label()]).inc_by(facts.sent);
        received.get_or_create(&vec![label()]).inc_by(facts.received);
        executed.get_or_create(&vec![label()]).inc_by(facts.executed);
        if let Some((_, cpu)) = run.cpu().last(worker) {
            cores.get_or_create(&vec![label()]).set(f64::from(cpu));
        }
        if let Some((_, nbytes)) = run.resident().last(worker) {
            resident.get_or_create(&vec![label()]).set(signed(nbytes as u64));
        }
    }
    registry.register(
        "partita_worker_cpu_cores",
        "Cores that the threads of a worker, or its process, keep busy",
        cores,
    );
    let name = "partita_worker_resident_memory_bytes";
    registry.register(name, "Bytes of a worker's process that are in memory, if it has one of its own", resident);
    registry.register("dask_worker_threads", "Tasks that a worker runs at a time", threads);
    registry.register("dask_worker_memory_bytes", "Bytes of results that a worker holds", memory);
    registry.register("partita_worker_memory_limit_bytes", "Bytes that a worker may hold", limit);
    registry.register("dask_worker_transfer_outgoing_bytes", "Bytes that a worker sent to others", sent);
    registry.register("partita_worker_transfer_incoming_bytes", "Bytes that a worker got from others", received);
    registry.register("partita_worker_executions", "Executions of a worker that ended", executed);
}

fn process(registry: &mut Registry, run: &Run) {
    let Some(usage) = run.usage().kept().next_back() else { return };
    gauge(registry, "process_resident_memory_bytes", "Bytes of the process that are in memory", usage.memory);
    let cores: Gauge<f64, AtomicU64> = Gauge::default();
    cores.set(f64::from(usage.cpu));
    registry.register("partita_process_cpu_cores", "Cores that the process keeps busy", cores);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{HOSTILE, Scene};
    use partita_graph::Token;
    use partita_protocol::telemetry::{Record, Usage};
    use partita_protocol::{Time, WorkerId};
    use std::collections::{BTreeMap, BTreeSet};

    /// Reads labels as the format has them: names, and texts in quotes with `\\`, `\"` and `\n` for what would end them.
    fn labels(text: &str) -> Vec<(String, String)> {
        let (mut labels, mut letters) = (Vec::new(), text.chars());
        while !letters.as_str().is_empty() {
            let (name, rest) = letters.as_str().split_once("=\"").expect("a name and a quote");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{text:?}");
            letters = rest.chars();
            let mut value = String::new();
            loop {
                match letters.next().expect("a quote at the end") {
                    '"' => break,
                    '\\' => value.push(match letters.next() {
                        Some('n') => '\n',
                        Some(letter @ ('"' | '\\')) => letter,
                        other => panic!("{other:?} is not escaped so in {text:?}"),
                    }),
                    letter => value.push(letter),
                }
            }
            labels.push((name.to_string(), value));
            assert!(matches!(letters.next(), None | Some(',')), "{text:?}");
        }
        labels
    }

    /// The samples by name and labels; panics at what OpenMetrics forbids.
    fn read(text: &str) -> BTreeMap<(String, Vec<(String, String)>), f64> {
        let (mut families, mut samples) = (BTreeSet::new(), BTreeMap::new());
        let (mut family, mut kind, mut said) = ("", "", BTreeSet::new());
        let body = text.strip_suffix("# EOF\n").expect("the end is said");
        for line in body.lines() {
            if let Some(about) = line.strip_prefix("# ") {
                let [what, name, rest] = about.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
                if name != family {
                    assert!(families.insert(name), "{name} comes in one piece");
                    (family, kind) = (name, "");
                    said.clear();
                }
                assert!(["HELP", "TYPE", "UNIT"].contains(&what) && said.insert(what), "{line:?}");
                match what {
                    "TYPE" => kind = rest,
                    "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line:?}"),
                    _ => assert!(!rest.is_empty(), "{line:?}"),
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let (name, inside) = match series.split_once('{') {
                Some((name, inside)) => (name, inside.strip_suffix('}').expect("a brace")),
                None => (series, ""),
            };
            assert!(said.contains("HELP") && said.contains("TYPE"), "{name} is explained");
            let value: f64 = value.parse().expect("a number");
            match kind {
                "counter" => assert!(name == format!("{family}_total") && value >= 0.0, "{line:?}"),
                "gauge" => assert!(name == family && !name.ends_with("_total"), "{line:?}"),
                _ => panic!("{family} is a {kind}"),
            }
            let known = samples.insert((name.to_string(), labels(inside)), value);
            assert_eq!(known, None, "{series} is told once");
        }
        samples
    }

    #[test]
    fn what_is_told_is_openmetrics_whatever_groups_are_called() {
        let mut scene = Scene::with_workers(&["worker-0", "w\\\"\n}"]);
        let more = (0..300).map(|number| format!("group-{number}"));
        let names: Vec<String> = HOSTILE.iter().map(|name| (*name).to_string()).chain(more).collect();
        for name in &names {
            let group = scene.group(name);
            scene.ran((group, Token::NONE, 0), &[], (0, 0), (0, 1_000_000), true);
        }
        let usage = |worker, cpu, memory| Record::WorkerUsage { time: Time(1), worker: WorkerId(worker), cpu, memory };
        scene.push(usage(0, 0.25, Some(3 << 20)));
        scene.push(usage(1, 0.5, None));
        scene.push(Record::Usage(Usage { cpu: 0.5, memory: 7, ..Usage::default() }));
        let text = of(&scene.run())().unwrap();
        let samples = read(std::str::from_utf8(&text).unwrap());
        let of = |name: &str, labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            samples.get(&(name.to_string(), labels)).copied()
        };
        for name in &names[..GROUPS] {
            assert_eq!(of("partita_tasks_output_bytes_total", &[("task_prefix_name", name)]), Some(8.0), "{name:?}");
        }
        let others = (names.len() - GROUPS) as f64;
        let label = ("task_prefix_name", OTHERS);
        assert_eq!(of("dask_scheduler_tasks_compute_seconds_total", &[label]), Some(others));
        let entered = of("dask_scheduler_prefix_state_totals_total", &[label, ("state", "memory")]);
        assert_eq!(entered, Some(others));
        assert_eq!(of("partita_workers", &[]), Some(2.0));
        assert_eq!(of("partita_task_groups", &[]), Some(names.len() as f64));
        assert_eq!(of("dask_worker_threads", &[("worker", "w\\\"\n}")]), Some(2.0));
        assert_eq!(of("process_resident_memory_bytes", &[]), Some(7.0));
        let (first, second) = ([("worker", "worker-0")], [("worker", "w\\\"\n}")]);
        assert_eq!(of("partita_worker_cpu_cores", &first), Some(0.25));
        assert_eq!(of("partita_worker_cpu_cores", &second), Some(0.5));
        assert_eq!(of("partita_worker_resident_memory_bytes", &first), Some(f64::from(3 << 20)));
        assert_eq!(of("partita_worker_resident_memory_bytes", &second), None, "it shares its process");
        // Nothing has a name of Dask's that means something else there.
        for (name, _) in samples.keys().filter(|(name, _)| name.starts_with("dask_")) {
            assert!(DASKS.contains(&name.as_str()), "{name}");
        }
    }

    /// Names that Dask has with the meaning that they have here; a worker has an address of its own there.
    const DASKS: [&str; 8] = [
        "dask_scheduler_tasks",
        "dask_scheduler_workers_added_total",
        "dask_scheduler_workers_removed_total",
        "dask_scheduler_prefix_state_totals_total",
        "dask_scheduler_tasks_compute_seconds_total",
        "dask_worker_threads",
        "dask_worker_memory_bytes",
        "dask_worker_transfer_outgoing_bytes_total",
    ];
}
