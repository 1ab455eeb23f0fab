//! What Prometheus is told, by Dask's names where the meaning is the same. Keys of tasks are never labels.

use super::moment::STATES;
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
    for (state, name) in STATES {
        let count = run.groups().iter().map(|(_, group)| group.of(state)).sum();
        tasks.get_or_create(&vec![("state", name.to_string())]).set(count);
    }
    registry.register("dask_scheduler_tasks", "Tasks that are known, by state", tasks);
    gauge(registry, "dask_scheduler_task_groups", "Groups of tasks", run.groups().len() as u64);
    let (mut there, mut all) = (0, 0);
    for (_, facts) in run.workers().iter() {
        all += 1;
        there += u64::from(facts.is_there());
    }
    gauge(registry, "dask_scheduler_workers", "Workers that are there", there);
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
    let outputs = Gauges::default();
    for (index, (prefix, group)) in run.groups().into_iter().enumerate() {
        let name = if index < GROUPS { run.names().group(prefix).to_string() } else { OTHERS.to_string() };
        let label = || ("task_prefix_name", name.clone());
        for (state, count) in [(State::Memory, group.finished), (State::Erred, group.erred)] {
            let state = STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, name)| name);
            entered.get_or_create(&vec![label(), ("state", state.to_string())]).inc_by(count);
        }
        seconds.get_or_create(&vec![label()]).inc_by(group.busy().as_secs_f64());
        outputs.get_or_create(&vec![label()]).inc_by(signed(group.sizes.sum));
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
    for (_, facts) in run.workers().iter().filter(|(_, facts)| facts.is_there()) {
        let label = || ("worker", facts.name.to_string());
        threads.get_or_create(&vec![label()]).set(i64::from(facts.threads));
        memory.get_or_create(&vec![label(), ("type", "managed".into())]).set(signed(facts.nbytes));
        limit.get_or_create(&vec![label()]).set(signed(facts.memory_limit));
        sent.get_or_create(&vec![label()]).inc_by(facts.sent);
        received.get_or_create(&vec![label()]).inc_by(facts.received);
        executed.get_or_create(&vec![label()]).inc_by(facts.executed);
    }
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
