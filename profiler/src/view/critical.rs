//! The critical path: from the execution that ended last back through the input that ended last, and so on. What needs
//! nothing follows what ended last before it, as it waited for a thread, or for the caller. What is on the path, or in
//! the gaps between, is what made the run as long as it was.

use super::ran::Ran;
use super::range::nanos;
use crate::run::{Execution, Run};
use partita_protocol::{IdMap, TaskId, Time};
use serde::Serialize;

/// An execution on the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathStep {
    /// The execution.
    #[serde(flatten)]
    pub ran: Ran,
    /// Whether the step before it is one of its inputs, rather than what ended last before it began.
    pub input: bool,
    /// The time from the end of the step before it, or from the run's start, until it began.
    pub gap: u64,
}

/// The critical path, its first step first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CriticalPath {
    /// Its steps, or the last of them.
    pub steps: Vec<PathStep>,
    /// Steps before those, which are not shown but are in the sums.
    pub left_off: usize,
    /// Time of all its executions.
    pub computing: u64,
    /// Time of all gaps: waiting for threads, for transfers, or for the caller.
    pub waiting: u64,
}

/// The critical path to the execution that ended last and well, of those that are kept; so many steps of it at the most. At
/// a past moment it is the path to the one that had ended last by the end of the stretch of time that the moment is in.
pub fn critical_path(run: &Run, at: Option<Time>, most: usize) -> CriticalPath {
    let ended = run.executions().ended_by(run.until(at));
    let mut order: Vec<&Execution> = ended.filter(|execution| execution.ok).collect();
    order.sort_unstable_by_key(|execution| place(execution));
    let runs = Runs::of(&order);
    let (mut step, mut walked, mut path) = (order.last().copied(), 0, CriticalPath::default());
    while let Some(execution) = step {
        let input = input(run, &runs, execution);
        let before = input.or_else(|| last_before(&order, execution));
        let since = before.map_or(run.span().0, |before| before.stopped);
        let (gap, time) = (nanos(execution.started.since(since)), nanos(execution.duration()));
        path.computing += time;
        path.waiting += gap;
        walked += 1;
        if path.steps.len() < most {
            path.steps.push(PathStep { ran: Ran::of(run, execution), input: input.is_some(), gap });
        }
        step = before;
    }
    path.left_off = walked - path.steps.len();
    path.steps.reverse();
    path
}

/// The order of executions by their end. Each step of a path stands before the next, so that every path has an end.
fn place(execution: &Execution) -> (Time, Time, TaskId) {
    (execution.stopped, execution.started, execution.task)
}

/// The execution that ended last before one began.
fn last_before<'a>(order: &[&'a Execution], execution: &Execution) -> Option<&'a Execution> {
    let own = place(execution);
    let before = order.partition_point(|other| other.stopped <= execution.started && place(other) < own);
    order[..before].last().copied()
}

/// The executions of each task.
struct Runs<'a> {
    last: IdMap<TaskId, &'a Execution>,
    /// All of those tasks that ran more than once, by their end.
    all: IdMap<TaskId, Vec<&'a Execution>>,
}

impl<'a> Runs<'a> {
    fn of(order: &[&'a Execution]) -> Self {
        let mut runs = Runs { last: IdMap::default(), all: IdMap::default() };
        for &execution in order {
            if let Some(before) = runs.last.insert(execution.task, execution) {
                runs.all.entry(execution.task).or_insert_with(|| vec![before]).push(execution);
            }
        }
        runs
    }

    /// The last execution of a task for which something holds.
    fn last_of(&self, task: TaskId, holds: impl Fn(&Execution) -> bool) -> Option<&'a Execution> {
        let last = *self.last.get(&task)?;
        // One that was computed again later counts as it was before.
        if holds(last) { Some(last) } else { self.all.get(&task)?.iter().copied().rfind(|other| holds(other)) }
    }
}

/// The execution of the input that ended last before an execution began.
fn input<'a>(run: &Run, runs: &Runs<'a>, execution: &Execution) -> Option<&'a Execution> {
    let inputs = &run.names().known(execution.task)?.dependencies;
    let fits = |other: &Execution| other.stopped <= execution.started && place(other) < place(execution);
    let ended = inputs.iter().filter_map(|&task| runs.last_of(task, fits));
    ended.max_by_key(|input| place(input))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{Script, runs};
    use proptest::prelude::*;

    #[test]
    fn the_path_goes_through_the_input_that_ended_last() {
        let mut script = Script::new(2);
        let (a, b) = (script.task("a", &[]), script.task("b", &[]));
        let c = script.task("c", &[a, b]);
        let d = script.task("d", &[c]);
        script.ran_at(a, 0, (10, 20), true);
        script.ran_at(b, 1, (5, 50), true);
        script.ran_at(c, 0, (55, 70), true);
        script.ran_at(d, 0, (70, 100), true);
        script.ran("e", 1, (60, 90), true);
        script.ran("f", 1, (110, 130), true);
        let run = script.run();
        let path = critical_path(&run, None, 100);
        let steps: Vec<_> =
            path.steps.iter().map(|step| (&*step.ran.group, step.input, step.gap, step.ran.time)).collect();
        // The last one needs nothing: it follows what ended last before it.
        assert_eq!(steps, [("b", false, 0, 45), ("c", true, 5, 15), ("d", true, 0, 30), ("f", false, 10, 20)]);
        assert_eq!((path.computing, path.waiting, path.left_off), (110, 15, 0));
        let short = critical_path(&run, None, 1);
        assert_eq!((&*short.steps[0].ran.group, short.left_off, short.computing), ("f", 3, 110));
        assert_eq!(critical_path(&Run::default(), None, 10), CriticalPath::default());
    }

    proptest! {
        /// Computing and waiting together are the time from the run's start to the end of the last step.
        #[test]
        fn a_path_has_no_holes(run in runs()) {
            let path = critical_path(&run, None, 7);
            let last = run.executions().kept().filter(|ran| ran.ok).map(|ran| ran.stopped).max();
            let whole = last.map_or(0, |last| nanos(last.since(run.span().0)));
            prop_assert_eq!(path.computing + path.waiting, whole);
        }
    }

    #[test]
    fn an_input_that_was_computed_again_later_counts_as_it_was() {
        let mut script = Script::new(1);
        let a = script.task("a", &[]);
        let b = script.task("b", &[a]);
        script.ran_at(a, 0, (0, 10), true);
        script.ran_at(a, 0, (10, 14), false);
        script.ran_at(b, 0, (20, 100), true);
        script.ran_at(a, 0, (40, 60), true);
        let steps = critical_path(&script.run(), None, 10).steps;
        assert_eq!(steps.iter().map(|step| (step.gap, step.ran.time)).collect::<Vec<_>>(), [(0, 10), (10, 80)]);
    }
}
