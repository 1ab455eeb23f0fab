//! Optimisations of single tasks: linear fusion and inlining. Layers are fused before, by [`Graph::check`].
//!
//! Both keep the results, their keys and the static order. They are not done by default: fused tasks cannot be retried,
//! restricted or watched one by one.
//!
//! [`Graph::check`]: crate::Graph::check

use crate::checked::{CheckedGraph, CheckedTask, Work};
use crate::function::{Fault, Function, TaskFn};
use crate::portable::Portable;
use crate::travel::{NotPortable, Packer};
use crate::value::Value;
use std::sync::Arc;

impl CheckedGraph {
    /// Makes one task of each chain of calls in which each has one input, nobody else reads what it reads, and both were
    /// asked the same; as Dask's `fuse_linear`. The task has the key of the chain's last call. Results that somebody
    /// asks for stay tasks of their own.
    #[must_use]
    pub fn fuse_linear(self) -> Self {
        let absorbed = self.links();
        let (pieces, inputs, outputs) = self.into_parts();
        let mut rebuilt = Rebuilt::default();
        // For each task that goes into the one after it: the functions so far, and the inputs of the first.
        let mut chains: Vec<Option<(Vec<Function>, Vec<u32>)>> = Vec::new();
        for task in pieces.into_iter().flatten() {
            let rank = chains.len();
            let own = inputs[task.range()].to_vec();
            let before = match (&task.work, own.as_slice()) {
                (Work::Call(_), [only]) => chains[*only as usize].take(),
                _ => None,
            };
            let Work::Call(function) = &task.work else {
                chains.push(None);
                rebuilt.push(task, &own);
                continue;
            };
            let (mut functions, first) = before.unwrap_or_else(|| (Vec::new(), own));
            functions.push(function.clone());
            if absorbed[rank] {
                rebuilt.skip();
                chains.push(Some((functions, first)));
                continue;
            }
            chains.push(None);
            let work = if functions.len() > 1 { Work::Call(Arc::new(Fused { functions })) } else { task.work };
            rebuilt.push(CheckedTask { work, ..task }, &first);
        }
        rebuilt.finish(outputs)
    }

    /// Which tasks go into their only reader.
    fn links(&self) -> Vec<bool> {
        let mut absorbed = vec![false; self.len()];
        for (rank, task) in self.tasks().enumerate() {
            let [only] = self.inputs(rank) else { continue };
            let below = self.task(*only as usize);
            let calls = matches!((&task.work, &below.work), (Work::Call(_), Work::Call(_)));
            absorbed[*only as usize] = calls && below.dependents == 1 && below.options == task.options;
        }
        self.outputs().iter().for_each(|&output| absorbed[output as usize] = false);
        absorbed
    }

    /// Puts values of at most so many bytes into the tasks that read them, so that they are no tasks of their own; as
    /// Dask's `inline`. Values that somebody asks for stay.
    #[must_use]
    pub fn inline_values(self, most_bytes: usize) -> Self {
        let mut small: Vec<Option<Value>> = self
            .tasks()
            .map(|task| match &task.work {
                Work::Value(value) if value.nbytes() <= most_bytes => Some(value.clone()),
                _ => None,
            })
            .collect();
        self.outputs().iter().for_each(|&output| small[output as usize] = None);
        let (pieces, inputs, outputs) = self.into_parts();
        let mut rebuilt = Rebuilt::default();
        for (rank, task) in pieces.into_iter().flatten().enumerate() {
            if small[rank].is_some() {
                rebuilt.skip();
                continue;
            }
            let own = &inputs[task.range()];
            match &task.work {
                Work::Call(function) if own.iter().any(|&input| small[input as usize].is_some()) => {
                    let places = own.iter().map(|&input| small[input as usize].clone()).collect();
                    let left: Vec<u32> = own.iter().copied().filter(|&input| small[input as usize].is_none()).collect();
                    let work = Work::Call(Arc::new(Inlined { function: function.clone(), places }));
                    rebuilt.push(CheckedTask { work, ..task }, &left);
                }
                _ => rebuilt.push(task, own),
            }
        }
        rebuilt.finish(outputs)
    }
}

/// A graph that is written anew, with some tasks left out.
#[derive(Default)]
struct Rebuilt {
    tasks: Vec<CheckedTask>,
    inputs: Vec<u32>,
    /// The new rank of each task so far; meaningless for those that were left out.
    ranks: Vec<u32>,
}

impl Rebuilt {
    fn skip(&mut self) {
        self.ranks.push(u32::MAX);
    }

    fn push(&mut self, mut task: CheckedTask, inputs: &[u32]) {
        let start = self.inputs.len() as u32;
        self.inputs.extend(inputs.iter().map(|&input| self.ranks[input as usize]));
        task.dependencies = start..self.inputs.len() as u32;
        task.dependents = 0;
        self.ranks.push(self.tasks.len() as u32);
        self.tasks.push(task);
    }

    fn finish(mut self, outputs: Vec<u32>) -> CheckedGraph {
        for &input in &self.inputs {
            self.tasks[input as usize].dependents += 1;
        }
        let outputs = outputs.into_iter().map(|output| self.ranks[output as usize]).collect();
        CheckedGraph::new(self.tasks.into_iter(), self.inputs, outputs)
    }
}

/// A chain of functions, each of what the one before it gave.
struct Fused {
    functions: Vec<Function>,
}

impl TaskFn for Fused {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let mut value = None;
        for function in &self.functions {
            value = Some(match &value {
                None => function.call(inputs)?,
                Some(value) => function.call(std::slice::from_ref(value))?,
            });
        }
        value.ok_or_else(|| Fault::failed("a chain of calls without a call"))
    }

    fn returns(&self) -> &'static str {
        self.functions.last().map_or("()", |last| last.returns())
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

crate::travels!(Fused { functions });

/// A function with some of its inputs at hand.
struct Inlined {
    function: Function,
    /// For each argument the value, or nothing if it is the next of the inputs.
    places: Vec<Option<Value>>,
}

impl TaskFn for Inlined {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let mut next = inputs.iter();
        let all: Vec<Value> =
            self.places.iter().filter_map(|place| place.as_ref().or_else(|| next.next()).cloned()).collect();
        self.function.call(&all)
    }

    fn returns(&self) -> &'static str {
        self.function.returns()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

crate::travels!(Inlined { function, places });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, FromValues, Graph, Input, Inputs, Key, Kind, Node, Place, Reference, TaskOptions};
    use proptest::prelude::*;

    fn number(n: i64) -> Arc<Node> {
        Arc::new(Node::new(Key::unique("n"), Kind::Data(vec![Value::new(n)]), Place::here()))
    }

    /// 10 × the sum of the inputs, and 1.
    fn node(inputs: &[&Arc<Node>]) -> Node {
        let function = FromValues::new("i64", |inputs: &[Value]| {
            let sum: i64 = inputs.iter().filter_map(|value| value.get::<i64>().ok()).sum();
            Ok(Value::new(sum.wrapping_mul(10).wrapping_add(1)))
        });
        let inputs: Inputs = inputs.iter().map(|&node| Input { node: node.clone(), part: 0 }).collect();
        Node::new(Key::unique("f"), Kind::Call { function: Arc::new(function), inputs }, Place::here())
    }

    fn call(inputs: &[&Arc<Node>]) -> Arc<Node> {
        Arc::new(node(inputs))
    }

    fn graph(outputs: &[&Arc<Node>]) -> CheckedGraph {
        let outputs = outputs.iter().map(|&node| Input { node: node.clone(), part: 0 }).collect();
        Graph::new(outputs).check().unwrap()
    }

    fn run(graph: CheckedGraph) -> Vec<i64> {
        Reference.run(graph).unwrap().iter().map(|value| *value.get::<i64>().unwrap()).collect()
    }

    #[test]
    fn a_chain_becomes_one_task_with_the_last_key() {
        let n = number(4);
        let mut link = call(&[&n]);
        for _ in 0..5 {
            link = call(&[&link]);
        }
        let fused = graph(&[&link]).fuse_linear();
        assert_eq!(fused.len(), 2, "the value and the chain");
        assert_eq!(fused.task(1).key, link.key);
        let inlined = graph(&[&link]).inline_values(8).fuse_linear();
        assert_eq!((inlined.len(), run(inlined)), (1, vec![4_111_111]));
        assert_eq!(run(fused), [4_111_111]);
    }

    #[test]
    fn what_is_shared_asked_for_or_of_other_wishes_stays() {
        let n = number(1);
        let shared = call(&[&n]);
        let (left, right) = (call(&[&shared]), call(&[&shared]));
        let fused = graph(&[&left, &right]).fuse_linear();
        assert_eq!((fused.len(), run(fused)), (4, vec![111, 111]));
        let end = call(&[&left]);
        assert_eq!(graph(&[&left, &end]).fuse_linear().len(), 3, "left is asked for, and ends the chain before it");
        let picky = Arc::new(node(&[&left]).with_options(TaskOptions::new().retries(1)));
        assert_eq!(graph(&[&picky]).fuse_linear().len(), 3, "the chain below is one, the picky one stays");
        assert_eq!(graph(&[&n]).inline_values(8).len(), 1, "a value that is asked for stays");
        assert_eq!(graph(&[&shared]).inline_values(7).len(), 2, "it is too large");
    }

    proptest! {
        #[test]
        fn nothing_changes_but_the_number_of_tasks(
            shape in proptest::collection::vec(proptest::collection::vec(any::<usize>(), 0..4), 1..40),
            asked in proptest::collection::vec(any::<usize>(), 1..4),
        ) {
            let mut nodes: Vec<Arc<Node>> = Vec::new();
            for list in &shape {
                let inputs: Vec<Arc<Node>> = list.iter().filter_map(|at| nodes.get(at % nodes.len().max(1)).cloned()).collect();
                let inputs: Vec<&Arc<Node>> = inputs.iter().collect();
                nodes.push(if inputs.is_empty() { number(nodes.len() as i64) } else { call(&inputs) });
            }
            let outputs: Vec<&Arc<Node>> = asked.iter().map(|at| &nodes[at % nodes.len()]).collect();
            let plain = graph(&outputs);
            let (count, expected) = (plain.len(), run(plain));
            let optimised = graph(&outputs).inline_values(8).fuse_linear();
            prop_assert!(optimised.len() <= count);
            prop_assert_eq!(run(optimised), expected);
        }
    }
}
