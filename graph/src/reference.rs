//! The reference engine: one task after the other, on the calling thread. The oracle of all tests.

use crate::callback::{Event, heard, next_run, tell};
use crate::checked::{CheckedGraph, Work};
use crate::engine::Engine;
use crate::error::{RunError, TaskError, TaskErrorKind};
use crate::function::TaskFn;
use crate::panics::catch;
use crate::value::Value;

/// Runs one task after the other, in static order, and drops each result after its last reader.
///
/// ```
/// use partita_graph::{Engine, Graph, Input, Key, Kind, Node, Place, Reference, Value};
/// use std::sync::Arc;
///
/// let data = Node::new(Key::unique("x"), Kind::Data(vec![Value::new(1i64)]), Place::here());
/// let graph = Graph::new(vec![Input { node: Arc::new(data), part: 0 }]).check()?;
/// assert_eq!(Reference.run(graph)?[0].get::<i64>(), Ok(&1));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl Engine for Reference {
    fn name(&self) -> &str {
        "reference"
    }

    fn run(&self, graph: CheckedGraph) -> Result<Vec<Value>, RunError> {
        let run = next_run();
        tell(run, &Event::Start { graph: &graph });
        let mut values: Vec<Option<Value>> = vec![None; graph.len()];
        let done = run_tasks(&graph, run, &mut values);
        let outputs = graph.outputs().iter().filter_map(|&output| values[output as usize].clone()).collect();
        if heard() {
            let held = values.iter().enumerate().filter(|(_, value)| value.is_some());
            held.for_each(|(rank, _)| tell(run, &Event::Freed { rank, task: graph.task(rank) }));
        }
        tell(run, &Event::Finish { result: done.as_ref().copied() });
        done.map(|()| outputs)
    }
}

fn run_tasks(graph: &CheckedGraph, run: u64, values: &mut [Option<Value>]) -> Result<(), RunError> {
    let mut readers: Vec<u32> = graph.tasks().map(|task| task.dependents).collect();
    graph.outputs().iter().for_each(|&output| readers[output as usize] += 1);
    let mut inputs = Vec::new();
    for rank in 0..graph.len() {
        inputs.clear();
        inputs.extend(graph.inputs(rank).iter().filter_map(|&input| values[input as usize].clone()));
        let task = graph.task(rank);
        tell(run, &Event::Before { rank, task });
        let result = run_task(graph, rank, &inputs);
        tell(run, &Event::After { rank, task, result: result.as_ref() });
        values[rank] = Some(result?);
        for &input in graph.inputs(rank) {
            readers[input as usize] -= 1;
            if readers[input as usize] == 0 {
                values[input as usize] = None;
                tell(run, &Event::Freed { rank: input as usize, task: graph.task(input as usize) });
            }
        }
    }
    Ok(())
}

fn run_task(graph: &CheckedGraph, rank: usize, inputs: &[Value]) -> Result<Value, RunError> {
    let task = graph.task(rank);
    let key_of = |input: usize| Some(graph.task(*graph.inputs(rank).get(input)? as usize).key.clone());
    match &task.work {
        Work::Value(value) => Ok(value.clone()),
        Work::Call(function) => run_function(&**function, inputs, key_of)
            .map_err(|kind| TaskError::new(task.key.clone(), Some(task.place), kind).into()),
        Work::Held(_) => Err(RunError::Cancelled {
            key: task.key.clone(),
            reason: "its value is held by a cluster, and this graph runs on another engine".into(),
        }),
    }
}

/// Runs a task function with its panic caught.
///
/// # Errors
/// Why the task failed; `key_of` names the inputs.
pub fn run_function(
    function: &dyn TaskFn,
    inputs: &[Value],
    key_of: impl Fn(usize) -> Option<crate::Key>,
) -> Result<Value, TaskErrorKind> {
    match catch(|| function.call(inputs)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(fault)) => Err(fault.kind(key_of)),
        Err(panic) => Err(TaskErrorKind::Panicked { message: panic.message, location: panic.location }),
    }
}
