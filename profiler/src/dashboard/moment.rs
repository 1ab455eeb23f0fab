//! What every page shows at its head: how many tasks, workers, bytes and errors there are at a moment.

use crate::run::{Run, WorkerFacts};
use crate::view::STATES;
use partita_protocol::Time;
use partita_protocol::telemetry::State;
use serde::Serialize;

/// The states that a task may be in, and how they are called here: as Dask calls them.
pub(super) fn named_states() -> impl Iterator<Item = (State, &'static str)> {
    State::ALL.into_iter().zip(STATES).filter(|(state, _)| *state != State::Forgotten)
}

/// A run at a moment, in a few numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Moment {
    /// The moment, in nanoseconds since the run's start.
    at: u64,
    /// How far the run has come.
    end: u64,
    /// Whether the moment is now.
    live: bool,
    /// Tasks in each state.
    tasks: serde_json::Map<String, serde_json::Value>,
    /// Workers that are there.
    workers: u64,
    /// Tasks that they run at a time.
    threads: u64,
    /// Bytes that they may hold.
    memory_limit: u64,
    /// Bytes that they hold.
    nbytes: u64,
    /// Bytes of the process that are in memory, as it was measured last; none if it was not yet.
    process: Option<u64>,
    /// Bytes of the machine that are in use.
    machine: Option<u64>,
    /// Bytes that the machine has.
    machine_total: Option<u64>,
    /// Executions that ended.
    executions: u64,
    /// Executions that failed.
    failures: u64,
    /// Tasks that were taken back from a worker.
    stolen: u64,
    /// Bytes that went from worker to worker.
    sent: u64,
    /// Records that were dropped on the way because the profiler was slow; of all the run.
    dropped: u64,
    /// Since when tasks are counted right again after that, in nanoseconds since the run's start; none if they are not yet,
    /// or nothing was dropped.
    corrected: Option<u64>,
}

impl Moment {
    /// A run at a moment, or now.
    pub(super) fn of(run: &Run, at: Option<Time>) -> Moment {
        let (start, end) = run.span();
        let moment = at.unwrap_or(end).clamp(start, end);
        let mut counts = [0i64; 8];
        let states = run.timeline().map(|timeline| timeline.states(moment)).unwrap_or_default();
        for own in states.values() {
            counts.iter_mut().zip(own).for_each(|(count, own)| *count += own);
        }
        // As all else, at the end of the stretch of time that the moment is in.
        let last = run.until(at).map(|until| Time(until.0.saturating_sub(1)));
        let is_there = |facts: &&WorkerFacts| last.map_or_else(|| facts.is_there(), |last| facts.was_there(last));
        let there = || run.workers().iter().map(|(_, facts)| facts).filter(is_there);
        let held = run.timeline().map(|timeline| timeline.held(moment)).unwrap_or_default();
        let bins = || {
            let upto = run.timeline().map(|timeline| {
                let count = moment.since(timeline.start()).as_nanos() / timeline.width().as_nanos() + 1;
                &timeline.bins()[..timeline.bins().len().min(count as usize)]
            });
            upto.unwrap_or_default().iter()
        };
        let usage = bins().filter_map(|bin| bin.usage).next_back();
        let since_start = |time: Time| time.0.saturating_sub(start.0);
        Moment {
            at: since_start(moment),
            end: since_start(end),
            live: at.is_none(),
            tasks: named_states().map(|(state, name)| (name.into(), counts[state as usize].into())).collect(),
            workers: there().count() as u64,
            threads: there().map(|facts| u64::from(facts.threads)).sum(),
            memory_limit: there().map(|facts| facts.memory_limit).fold(0, u64::saturating_add),
            nbytes: held.values().map(|(_, nbytes)| nbytes).sum(),
            process: usage.map(|usage| usage.memory),
            machine: usage.map(|usage| usage.machine_memory),
            machine_total: usage.map(|usage| usage.machine_total),
            executions: bins().map(|bin| bin.ended).sum(),
            failures: bins().map(|bin| bin.failed).sum(),
            stolen: bins().map(|bin| bin.stolen).sum(),
            sent: bins().map(|bin| bin.sent).sum(),
            dropped: run.records().1,
            corrected: run.corrected().map(since_start),
        }
    }
}
