//! One task: its key, its line, its inputs, where it ran, and how it failed.

use super::STATES;
use super::failures::Failure;
use super::ran::Ran;
use super::range::{group_name, line_text};
use crate::run::{Execution, Run};
use partita_protocol::{TaskId, Time};
use serde::Serialize;
use std::sync::Arc;

/// Rows of each kind that are shown at the most.
const ROWS: usize = 1_000;

/// A task that another takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskInput {
    /// Its key.
    pub key: String,
    /// Its state, if it is kept.
    pub state: Option<&'static str>,
}

/// One run of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskRun {
    /// The execution. While it is under way, its time is that until the moment, and it has neither bytes nor a failure.
    #[serde(flatten)]
    pub ran: Ran,
    /// Whether it was under way at the moment. Workers tell of executions when they end: now, none is known to be.
    pub running: bool,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskView {
    /// Its key.
    pub key: String,
    /// Its group.
    pub group: Arc<str>,
    /// The line of user code that made it.
    pub line: Option<String>,
    /// Its state.
    pub state: &'static str,
    /// What it takes.
    pub inputs: Vec<TaskInput>,
    /// Inputs that are not shown.
    pub more_inputs: usize,
    /// Where and when it ran.
    pub executions: Vec<TaskRun>,
    /// How it failed.
    pub failures: Vec<Failure>,
}

/// What is known of a task; none if it is not kept. [`Names::find`](crate::run::Names::find) finds it by its key. At a past
/// moment it is what had happened by the end of the stretch of time that the moment is in; none if the task was not known
/// then.
pub fn task(run: &Run, at: Option<Time>, task: TaskId) -> Option<TaskView> {
    let (names, known, until) = (run.names(), run.names().known(task)?, run.until(at));
    let state = run.state(task, at)?;
    let input = |input: &TaskId| TaskInput {
        key: names.key_text(*input),
        state: run.state(*input, at).map(|state| STATES[state as usize]),
    };
    let own = run.executions().kept().filter(|execution| execution.task == task);
    let key = names.key_text(task);
    let failures = super::failures::failures_of(run, until, &key, ROWS);
    Some(TaskView {
        group: group_name(run, known.prefix),
        line: line_text(run, task),
        state: STATES[state as usize],
        inputs: known.dependencies.iter().take(ROWS).map(input).collect(),
        more_inputs: known.dependencies.len().saturating_sub(ROWS),
        executions: own.filter_map(|execution| task_run(run, until, execution)).take(ROWS).collect(),
        failures,
        key,
    })
}

/// An execution as it was before a moment; none if it had not begun.
fn task_run(run: &Run, until: Option<Time>, execution: &Execution) -> Option<TaskRun> {
    let under_way = |until: &Time| execution.stopped >= *until;
    let Some(until) = until.filter(under_way) else {
        return Some(TaskRun { ran: Ran::of(run, execution), running: false });
    };
    let so_far = Execution { stopped: until, nbytes: 0, ok: true, ..*execution };
    (execution.started < until).then(|| TaskRun { ran: Ran::of(run, &so_far), running: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;
    use partita_protocol::telemetry::State::{Erred, Processing, Released, Waiting};

    #[test]
    fn a_task_has_its_story() {
        let mut script = Script::new(1);
        let a = script.at_line("a.rs", 3, "a");
        let b = script.task("b", &[a]);
        script.ran_at(a, 0, (0, 10), false);
        script.ran_at(a, 0, (10, 30), false);
        script.ran_at(b, 0, (30, 40), true);
        script.step(30, a, Processing, Erred);
        script.failed_task(30, a, "no luck");
        let run = script.run();
        let view = task(&run, None, a).unwrap();
        assert_eq!((&*view.group, view.line.as_deref(), view.state), ("a", Some("a.rs:3"), "erred"));
        assert_eq!(
            view.executions.iter().map(|run| (run.ran.started, run.ran.time)).collect::<Vec<_>>(),
            [(0, 10), (10, 20)]
        );
        assert_eq!(view.failures.iter().map(|failure| &*failure.error).collect::<Vec<_>>(), ["no luck"]);
        let found = run.names().find(&view.key);
        assert_eq!(
            (found, task(&run, None, b).unwrap().inputs),
            (Some(a), vec![TaskInput { key: view.key, state: Some("erred") }])
        );
        assert_eq!(task(&run, None, TaskId::new(99, 0)), None);
    }

    #[test]
    fn at_a_past_moment_nothing_is_known_of_what_came_later() {
        let ms = 1_000_000;
        let mut script = Script::new(1);
        let a = script.task("a", &[]);
        script.step(5 * ms, a, Released, Processing);
        script.ran_at(a, 0, (5 * ms, 35 * ms), false);
        script.step(35 * ms, a, Processing, Erred);
        script.failed_task(35 * ms, a, "no luck");
        let b = script.task("b", &[a]);
        script.step(45 * ms, b, Released, Waiting);
        script.step(55 * ms, b, Waiting, Erred);
        let run = script.run();
        let at = |moment| {
            let view = task(&run, Some(Time(moment * ms)), a).unwrap();
            let runs =
                view.executions.iter().map(|run| (run.ran.time / ms, run.ran.ok, run.running)).collect::<Vec<_>>();
            (view.state, runs, view.failures.len())
        };
        // Stretches of 10 ms from 5 ms on.
        assert_eq!(at(16), ("processing", vec![(20, true, true)], 0));
        assert_eq!(at(36), ("erred", vec![(30, false, false)], 1));
        assert_eq!(task(&run, Some(Time(36 * ms)), b), None);
        let inputs = |at| task(&run, at, b).unwrap().inputs[0].state;
        assert_eq!((inputs(Some(Time(46 * ms))), inputs(None)), (Some("erred"), Some("erred")));
    }
}
