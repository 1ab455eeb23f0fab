//! The summary of a run: its main figures.

use super::range::nanos;
use crate::run::Run;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the time of threads went, in nanoseconds added up over threads and transfers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TimeByAction {
    /// Threads computed.
    pub compute: u64,
    /// Results were on their way between workers; threads may have computed meanwhile.
    pub transfer: u64,
    /// Threads had nothing to do.
    pub idle: u64,
}

/// The main figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How long it took, in nanoseconds.
    pub duration: u64,
    /// Tasks that became known.
    pub tasks: u64,
    /// Tasks that failed for good; one that is tried again by wish is none of them.
    pub erred: u64,
    /// Executions.
    pub executions: u64,
    /// Executions that failed, also those that were tried again.
    pub failures: u64,
    /// Tasks that were taken back from a worker.
    pub stolen: u64,
    /// Where the time went.
    pub time: TimeByAction,
    /// Workers that ever were there.
    pub workers: u64,
    /// Workers that went.
    pub workers_lost: u64,
    /// Tasks that all workers together run at a time.
    pub threads: u64,
    /// Bytes that all workers together may hold.
    pub memory_limit: u64,
    /// The most bytes of results that all workers together held.
    pub held_peak: u64,
    /// The most bytes that the process was seen to have in memory.
    pub process_peak: u64,
    /// Bytes of the machine.
    pub machine_memory: u64,
    /// Transfers between workers.
    pub transfers: u64,
    /// Bytes of transfers.
    pub transferred: u64,
    /// Groups of tasks.
    pub groups: u64,
    /// Records that the run is made of.
    pub records: u64,
    /// Records that were dropped because the profiler was slow.
    pub dropped: u64,
    /// Since when tasks are counted right by state after records were dropped, in nanoseconds since the start; none if they
    /// are not yet, or nothing was dropped. Sums over all time, as of tasks and executions, are lower than they should be.
    pub corrected: Option<u64>,
    /// Executions that are no longer kept one by one.
    pub forgotten_executions: u64,
    /// Tasks whose keys are no longer kept.
    pub forgotten_tasks: u64,
    /// Names and versions of what ran.
    pub versions: Vec<(String, String)>,
}

/// The summary of a run.
///
/// ```
/// use partita_profiler::{run::Run, view};
/// assert_eq!(view::summary(&Run::default()).tasks, 0);
/// ```
pub fn summary(run: &Run) -> Summary {
    let groups = run.groups();
    let sum = |of: fn(&crate::run::GroupStats) -> u64| groups.iter().map(|(_, group)| of(group)).sum();
    let (records, dropped) = run.records();
    let (facts, executions) = (|| run.workers().iter().map(|(_, facts)| facts), run.executions());
    let usages = || run.usage().kept();
    Summary {
        duration: nanos(run.duration()),
        tasks: sum(|group| group.tasks),
        erred: sum(|group| group.failed.max(0).unsigned_abs()),
        executions: executions.count,
        failures: sum(|group| group.failures),
        stolen: facts().map(|facts| facts.stolen).sum(),
        time: time_by_action(run),
        workers: facts().count() as u64,
        workers_lost: facts().filter(|facts| !facts.is_there()).count() as u64,
        threads: facts().map(|facts| u64::from(facts.threads)).sum(),
        memory_limit: facts().map(|facts| facts.memory_limit).fold(0, u64::saturating_add),
        held_peak: held_peak(run),
        process_peak: usages().map(|usage| usage.memory).max().unwrap_or(0),
        machine_memory: usages().next_back().map_or(0, |usage| usage.machine_total),
        transfers: run.transfers().all.transfers,
        transferred: run.transfers().all.nbytes,
        groups: groups.len() as u64,
        records,
        dropped,
        corrected: run.corrected().map(|time| nanos(time.since(run.span().0))),
        forgotten_executions: executions.forgotten,
        forgotten_tasks: run.names().forgotten,
        versions: versions(),
    }
}

fn time_by_action(run: &Run) -> TimeByAction {
    let (first, last) = run.span();
    let there = run.workers().iter().map(|(_, facts)| {
        let gone = facts.lost.as_ref().map_or(last, |(lost, _)| *lost);
        nanos(gone.since(facts.joined.max(first))).saturating_mul(u64::from(facts.threads))
    });
    let (compute, transfer) = (nanos(run.executions().busy), nanos(run.transfers().all.time));
    TimeByAction { compute, transfer, idle: there.fold(0, u64::saturating_add).saturating_sub(compute) }
}

/// The most that all workers together held at the end of a stretch of time, and at least the most of any one.
fn held_peak(run: &Run) -> u64 {
    let (mut held, mut peak) = (BTreeMap::new(), 0);
    for bin in run.timeline().map_or(&[][..], |timeline| timeline.bins()) {
        held.extend(bin.held().map(|(worker, (_, nbytes))| (worker, nbytes)));
        peak = peak.max(held.values().sum());
    }
    run.workers().iter().map(|(_, facts)| facts.peak).fold(peak, u64::max)
}

fn versions() -> Vec<(String, String)> {
    let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    vec![("partita".into(), env!("CARGO_PKG_VERSION").into()), ("system".into(), system)]
}
