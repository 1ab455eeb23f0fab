//! Workers: what each did and holds at a moment, and over time.

use super::range::{Range, nanos, since_start};
use super::series::{Series, stretches};
use crate::run::{Bin, Run, WorkerBin, WorkerFacts};
use partita_protocol::{Time, WorkerId};
use serde::Serialize;
use std::sync::Arc;

/// A worker at a moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerRow {
    /// Which one it is: one that is started again has the name of the one before.
    #[serde(skip)]
    pub worker: WorkerId,
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
    /// Bytes that it held in memory.
    pub nbytes: u64,
    /// Bytes that it held on disk and not in memory.
    pub on_disk: u64,
    /// The most bytes that it had held in memory until then.
    pub peak: u64,
    /// Executions that had ended.
    pub executed: u64,
    /// Of those, how many failed.
    pub failures: u64,
    /// Time that executions took until then, added up over threads; also of those that were under way.
    pub busy: u64,
    /// Threads that computed, as a mean of the stretch of time that the moment is in.
    pub busy_threads: f64,
    /// Tasks that its threads ran, as it had told last.
    pub running: u32,
    /// Cores that its threads, or its process if it has one of its own, kept busy, as far as the system tells.
    pub cpu: Option<f32>,
    /// Bytes that its process had in memory, if it has one of its own.
    pub resident: Option<u64>,
    /// Bytes that it had sent to others.
    pub sent: u64,
    /// Bytes that it had got from others.
    pub received: u64,
    /// Tasks that had been taken back from it.
    pub stolen: u64,
    /// When it came, since the run's start.
    pub joined: u64,
    /// When it went.
    pub lost: Option<u64>,
    /// Why it went.
    pub cause: Option<Arc<str>>,
}

/// The workers that had come by a moment, in the order in which they came. All values of a row are those at the end of the
/// stretch of time that the moment is in, or those of now.
pub fn workers(run: &Run, at: Option<Time>) -> Vec<WorkerRow> {
    let until = run.until(at);
    let moment = at.unwrap_or(run.span().1);
    let past = run.timeline().filter(|_| until.is_some()).map(|timeline| timeline.workers(moment));
    let row = |(worker, facts): (WorkerId, &WorkerFacts)| {
        let sums = match &past {
            Some(past) => past.get(worker).copied().unwrap_or_default(),
            None => whole(facts),
        };
        let (count, nbytes, on_disk) = sums.held.unwrap_or_default();
        let lost = facts.lost.as_ref().filter(|(lost, _)| until.is_none_or(|until| *lost < until));
        WorkerRow {
            worker,
            name: facts.name.clone(),
            there: lost.is_none(),
            threads: facts.threads,
            memory_limit: facts.memory_limit,
            count,
            nbytes,
            on_disk,
            peak: sums.peak,
            executed: sums.executed,
            failures: sums.failures,
            busy: sums.busy,
            busy_threads: busy_threads(run, worker, moment),
            running: sums.running.unwrap_or(0),
            cpu: run.cpu().at(worker, moment).filter(|_| lost.is_none()),
            resident: run.resident().at(worker, moment).filter(|_| lost.is_none()).map(|nbytes| nbytes as u64),
            sent: sums.sent,
            received: sums.received,
            stolen: sums.stolen,
            joined: since_start(run, facts.joined),
            lost: lost.map(|(lost, _)| since_start(run, *lost)),
            cause: lost.map(|(_, cause)| cause.clone()),
        }
    };
    let had_come = |facts: &WorkerFacts| until.is_none_or(|until| facts.joined < until);
    run.workers().iter().filter(|(_, facts)| had_come(facts)).map(row).collect()
}

fn whole(facts: &WorkerFacts) -> WorkerBin {
    WorkerBin {
        busy: nanos(facts.busy),
        executed: facts.executed,
        failures: facts.failures,
        sent: facts.sent,
        received: facts.received,
        stolen: facts.stolen,
        peak: facts.peak,
        held: Some((facts.count, facts.nbytes, facts.on_disk)),
        running: Some(facts.running),
    }
}

fn busy_threads(run: &Run, worker: WorkerId, at: Time) -> f64 {
    let (_, now) = stretches(run, Range { from: at, to: at }, 1);
    let busy = now.first().map_or(0.0, |stretch| stretch.rate(|bin| bin.worked(worker)));
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
        let last = |bins: &[Bin]| bins.iter().rev().find_map(|bin| bin.workers.get(worker)?.held);
        let mut now = last(before).map_or(0, |held| held.1);
        let mut value = |bins: &[Bin]| {
            now = last(bins).map_or(now, |held| held.1);
            Some(now as f64)
        };
        stretches.iter().map(|stretch| value(stretch.bins)).collect()
    };
    let busy = |worker| stretches.iter().map(|stretch| Some(stretch.rate(|bin| bin.worked(worker)) / 1e9)).collect();
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
            workers(&run, Some(Time(moment * MS))).into_iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(at(9), [(0, 0, 100, 10, true), (1, 0, 0, 5, true)]);
        assert_eq!(at(39), [(2, 1, 300, 20, true), (1, 0, 0, 5, true)]);
        assert_eq!(at(60), [(2, 1, 0, 20, true), (1, 0, 0, 5, false)]);
        let last = &workers(&run, None)[1];
        assert_eq!((last.lost, last.cause.as_deref()), (Some(40 * MS), Some("it fell")));
        assert_eq!(workers(&run, Some(Time(9 * MS)))[0].busy_threads, 1.0);
    }

    #[test]
    fn workers_that_are_processes_have_the_memory_of_their_process() {
        let mut script = Script::new(2);
        script.uses(10 * MS, 0, 0.5, Some(7 << 20));
        script.uses(10 * MS, 1, 0.25, None);
        script.uses(20 * MS, 0, 1.5, Some(9 << 20));
        script.store(30 * MS, 0, 1, 100);
        let run = script.run();
        let at = |moment: Option<u64>| {
            let rows = workers(&run, moment.map(|moment| Time(moment * MS)));
            rows.into_iter().map(|row| (row.cpu, row.resident)).collect::<Vec<_>>()
        };
        assert_eq!(at(Some(10)), [(Some(0.5), Some(7 << 20)), (Some(0.25), None)]);
        assert_eq!(at(None)[0], (Some(1.5), Some(9 << 20)));
        assert_eq!(run.resident().series(WorkerId(1)), []);
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
