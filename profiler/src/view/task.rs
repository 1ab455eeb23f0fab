//! One task: its key, its line, its inputs, where it ran, and how it failed.

use super::STATES;
use super::failures::Failure;
use super::range::{group_name, line_text, nanos, since_start};
use crate::run::Run;
use partita_protocol::TaskId;
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
pub struct Ran {
    /// On which worker.
    pub worker: Arc<str>,
    /// On which of its threads.
    pub thread: u32,
    /// When it began, since the run's start.
    pub started: u64,
    /// How long it took.
    pub time: u64,
    /// Bytes of its result.
    pub nbytes: u64,
    /// Whether it ended well.
    pub ok: bool,
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
    pub executions: Vec<Ran>,
    /// How it failed.
    pub failures: Vec<Failure>,
}

/// What is known of a task; none if it is not kept. [`Names::find`](crate::run::Names::find) finds it by its key.
pub fn task(run: &Run, task: TaskId) -> Option<TaskView> {
    let (names, known) = (run.names(), run.names().known(task)?);
    let input = |input: &TaskId| TaskInput {
        key: names.key_text(*input),
        state: names.known(*input).map(|known| STATES[known.state as usize]),
    };
    let ran = |execution: &crate::run::Execution| Ran {
        worker: run.workers().name(execution.worker),
        thread: execution.thread,
        started: since_start(run, execution.started),
        time: nanos(execution.duration()),
        nbytes: execution.nbytes,
        ok: execution.ok,
    };
    let key = names.key_text(task);
    let failures = super::failures::failures(run, usize::MAX).lines;
    Some(TaskView {
        group: group_name(run, known.prefix),
        line: line_text(run, task),
        state: STATES[known.state as usize],
        inputs: known.dependencies.iter().take(ROWS).map(input).collect(),
        more_inputs: known.dependencies.len().saturating_sub(ROWS),
        executions: run.executions().kept().filter(|ran| ran.task == task).take(ROWS).map(ran).collect(),
        failures: failures.into_iter().filter(|failure| *failure.key == *key).take(ROWS).collect(),
        key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;
    use partita_protocol::telemetry::State::{Erred, Processing};

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
        let view = task(&run, a).unwrap();
        assert_eq!((&*view.group, view.line.as_deref(), view.state), ("a", Some("a.rs:3"), "erred"));
        assert_eq!(view.executions.iter().map(|ran| (ran.started, ran.time)).collect::<Vec<_>>(), [(0, 10), (10, 20)]);
        assert_eq!(view.failures.iter().map(|failure| &*failure.error).collect::<Vec<_>>(), ["no luck"]);
        let found = run.names().find(&view.key);
        assert_eq!(
            (found, task(&run, b).unwrap().inputs),
            (Some(a), vec![TaskInput { key: view.key, state: Some("erred") }])
        );
        assert_eq!(task(&run, TaskId::new(99, 0)), None);
    }
}
