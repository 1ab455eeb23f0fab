//! Workers: what each did and holds at a moment, and over time.

use super::range::{Range, nanos, since_start};
use super::series::{Series, stretches};
use crate::run::{Run, WorkerFacts};
use partita_protocol::{Time, WorkerId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A worker at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerRow {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it was there.
    pub there: bool,
    /// Tasks that it runs at a time.
    pub threads: u32,
    /// Bytes that it may hold.
    pub memory_limit: u64,
    /// Results that it held.
    pub count: u64,
    /// Bytes that it held.
    pub nbytes: u64,
    /// The most bytes that it held, in the whole run.
    pub peak: u64,
    /// Executions that had ended, of those that are kept.
    pub executed: u64,
    /// Of those, how many failed.
    pub failures: u64,
    /// Time that executions took until then, added up over threads.
    pub busy: u64,
    /// Threads that computed, as a mean of the stretch of time that the moment is in.
    pub busy_threads: f64,
    /// Bytes that it sent to others, in the whole run.
    pub sent: u64,
    /// Bytes that it got from others, in the whole run.
    pub received: u64,
    /// Tasks that were taken back from it, in the whole run.
    pub stolen: u64,
    /// When it came, since the run's start.
    pub joined: u64,
    /// When it went.
    pub lost: Option<u64>,
    /// Why it went.
    pub cause: Option<Arc<str>>,
}

/// The workers that had come by a moment, in the order in which they came.
pub fn workers(run: &Run, at: Time) -> Vec<WorkerRow> {
    let held = run.timeline().map(|timeline| timeline.held(at)).unwrap_or_default();
    let whole = at >= run.span().1;
    let mut done: BTreeMap<WorkerId, (u64, u64)> = BTreeMap::new();
    if !whole {
        for execution in run.executions().kept().filter(|execution| execution.stopped <= at) {
            let (executed, failures) = done.entry(execution.worker).or_default();
            *executed += 1;
            *failures += u64::from(!execution.ok);
        }
    }
    let (_, before) = stretches(run, Range { from: run.span().0, to: at }, 1);
    let row = |(worker, facts): (WorkerId, &WorkerFacts)| {
        let (count, nbytes) = held.get(&worker).copied().unwrap_or_default();
        let (executed, failures) = match whole {
            true => (facts.executed, facts.failures),
            false => done.get(&worker).copied().unwrap_or_default(),
        };
        let worked = before.iter().flat_map(|stretch| stretch.bins).filter_map(|bin| bin.worked.get(&worker)).sum();
        let lost = facts.lost.as_ref().filter(|(lost, _)| *lost <= at);
        WorkerRow {
            name: facts.name.clone(),
            there: facts.was_there(at),
            threads: facts.threads,
            memory_limit: facts.memory_limit,
            count,
            nbytes,
            peak: facts.peak,
            executed,
            failures,
            busy: if whole { nanos(facts.busy) } else { worked },
            busy_threads: busy_threads(run, worker, at),
            sent: facts.sent,
            received: facts.received,
            stolen: facts.stolen,
            joined: since_start(run, facts.joined),
            lost: lost.map(|(lost, _)| since_start(run, *lost)),
            cause: lost.map(|(_, cause)| cause.clone()),
        }
    };
    run.workers().iter().filter(|(_, facts)| facts.joined <= at).map(row).collect()
}

fn busy_threads(run: &Run, worker: WorkerId, at: Time) -> f64 {
    let (_, now) = stretches(run, Range { from: at, to: at }, 1);
    let busy = now.first().map_or(0.0, |stretch| stretch.rate(|bin| bin.worked.get(&worker).copied().unwrap_or(0)));
    (busy / 1e6).round() / 1e3
}

/// Values over time of each worker.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WorkerSeries {
    /// Bytes of results that each held.
    pub held: Series,
    /// Threads of each that computed.
    pub busy: Series,
    /// Workers that are not shown, as they did least.
    pub left_off: usize,
}

/// Values over time of the workers that did most, so many of them, in at most so many points.
pub fn worker_series(run: &Run, range: Range, points: usize, most: usize) -> WorkerSeries {
    let (before, stretches) = stretches(run, range, points);
    let mut shown: Vec<_> =
        run.workers().iter().filter(|(_, facts)| facts.was_there_in(range.from, range.to)).collect();
    let all = shown.len();
    shown.sort_by_key(|(worker, facts)| (std::cmp::Reverse(facts.busy), *worker));
    shown.truncate(most);
    shown.sort_by_key(|(worker, _)| *worker);
    let times: Vec<u64> = stretches.iter().map(|stretch| stretch.end).collect();
    let lines = |values: &dyn Fn(WorkerId) -> Vec<Option<f64>>| {
        Series::new(&times, shown.iter().map(|(worker, facts)| (facts.name.clone(), values(*worker))))
    };
    let held = |worker: WorkerId| {
        let mut now = before.iter().filter_map(|bin| bin.held.get(&worker)).next_back().map_or(0, |held| held.1);
        let mut value = |bins: &[crate::run::Bin]| {
            now = bins.iter().filter_map(|bin| bin.held.get(&worker)).next_back().map_or(now, |held| held.1);
            Some(now as f64)
        };
        stretches.iter().map(|stretch| value(stretch.bins)).collect()
    };
    let worked = |bin: &crate::run::Bin, worker| bin.worked.get(&worker).copied().unwrap_or(0);
    let busy = |worker| stretches.iter().map(|stretch| Some(stretch.rate(|bin| worked(bin, worker)) / 1e9)).collect();
    WorkerSeries { held: lines(&held), busy: lines(&busy), left_off: all - shown.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;

    const MS: u64 = 1_000_000;

    #[test]
    fn workers_at_any_moment() {
        let mut script = Script::new(2);
        script.ran("inc", 0, (0, 15 * MS), true);
        script.ran("inc", 0, (15 * MS, 20 * MS), false);
        script.ran("inc", 1, (0, 5 * MS), true);
        script.store(5 * MS, 0, 1, 100);
        script.store(35 * MS, 0, 3, 300);
        script.lost(40 * MS, 1, "it fell");
        script.store(60 * MS, 0, 0, 0);
        let run = script.run();
        let at = |moment| {
            let row = |row: WorkerRow| (row.executed, row.failures, row.nbytes, row.busy / MS, row.there);
            workers(&run, Time(moment * MS)).into_iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(at(9), [(0, 0, 100, 10, true), (1, 0, 0, 5, true)]);
        assert_eq!(at(39), [(2, 1, 300, 20, true), (1, 0, 0, 5, true)]);
        assert_eq!(at(60), [(2, 1, 0, 20, true), (1, 0, 0, 5, false)]);
        let last = &workers(&run, Time(60 * MS))[1];
        assert_eq!((last.lost, last.cause.as_deref()), (Some(40 * MS), Some("it fell")));
        assert_eq!(workers(&run, Time(9 * MS))[0].busy_threads, 1.0);
    }

    #[test]
    fn what_each_held_and_did_over_time() {
        let mut script = Script::new(3);
        script.ran("inc", 0, (0, 15 * MS), true);
        script.ran("inc", 2, (0, 5 * MS), true);
        script.store(12 * MS, 0, 1, 100);
        script.store(30 * MS, 2, 1, 7);
        let run = script.run();
        let series = worker_series(&run, Range::of(&run), 3, 2);
        assert_eq!(series.left_off, 1);
        assert_eq!(series.held.lines.iter().map(|line| &*line.name).collect::<Vec<_>>(), ["worker-0", "worker-2"]);
        // Four stretches of 10 ms, two a point; the last one is only as long as the run.
        let values = |line: usize| (series.held.lines[line].values.clone(), series.busy.lines[line].values.clone());
        assert_eq!(values(0), (vec![Some(100.0), Some(100.0)], vec![Some(0.75), Some(0.0)]));
        assert_eq!(values(1), (vec![Some(0.0), Some(7.0)], vec![Some(0.25), Some(0.0)]));
    }
}
