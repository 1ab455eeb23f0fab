//! A graph: the outputs that somebody asks for, with everything that they need, and how it is made runnable.

use crate::chain::Chain;
use crate::checked::{CheckedGraph, CheckedTask, Work};
use crate::error::GraphError;
use crate::flat::Flat;
use crate::key::Key;
use crate::node::{Input, Kind, Node};
use crate::order::order;
use std::sync::Arc;

/// Tasks that one graph may have: 268,435,456. Whoever asks for more by mistake, as a partition for each element, is told before
/// anything of that size is made.
pub const MAX_TASKS: usize = 1 << 28;

/// The outputs that somebody asks for, with everything that they need.
///
/// ```
/// use partita_graph::{Graph, Input, Key, Kind, Node, Place, Value};
/// use std::sync::Arc;
///
/// let data = Node::new(Key::unique("x"), Kind::Data(vec![Value::new(1i64)]), Place::here());
/// let graph = Graph::new(vec![Input { node: Arc::new(data), part: 0 }]);
/// assert_eq!(graph.check()?.len(), 1);
/// # Ok::<(), partita_graph::GraphError>(())
/// ```
pub struct Graph {
    outputs: Vec<Input>,
    fuse_blocks: bool,
}

impl Graph {
    /// The graph of these outputs.
    pub fn new(outputs: Vec<Input>) -> Self {
        Graph { outputs, fuse_blocks: true }
    }

    /// The graph as it was written: chains of partition-wise layers are not fused into one task.
    #[must_use]
    pub fn without_fusion(mut self) -> Self {
        self.fuse_blocks = false;
        self
    }

    /// The outputs.
    pub fn outputs(&self) -> &[Input] {
        &self.outputs
    }

    /// Makes the graph runnable: keeps what the outputs need, fuses chains of partition-wise layers, merges equal
    /// calls, and puts the tasks into static order.
    ///
    /// # Errors
    /// [`GraphError::KeyConflict`] if one key stands for two tasks, [`GraphError::TooLarge`] if there are too many.
    pub fn check(&self) -> Result<CheckedGraph, GraphError> {
        let flat = Flat::new(&self.outputs, self.fuse_blocks)?;
        let ranks = order(&flat.starts, &flat.edges);
        Ok(Emitter::new(&flat, ranks).emit())
    }
}

/// Writes the tasks down in static order.
struct Emitter<'a> {
    flat: &'a Flat<'a>,
    /// Task by rank.
    by_rank: Vec<u32>,
    /// Rank by task.
    rank_of: Vec<u32>,
}

impl<'a> Emitter<'a> {
    fn new(flat: &'a Flat<'a>, by_rank: Vec<u32>) -> Self {
        let mut rank_of = vec![0; by_rank.len()];
        for (rank, &task) in by_rank.iter().enumerate() {
            rank_of[task as usize] = rank as u32;
        }
        Emitter { flat, by_rank, rank_of }
    }

    fn emit(self) -> CheckedGraph {
        let mut dependencies = Vec::with_capacity(self.flat.edges.len());
        let mut dependents = vec![0u32; self.by_rank.len()];
        let mut ends = Vec::with_capacity(self.by_rank.len());
        for &task in &self.by_rank {
            for &dependency in self.flat.edges_of(task) {
                let rank = self.rank_of[dependency as usize];
                dependencies.push(rank);
                dependents[rank as usize] += 1;
            }
            ends.push(dependencies.len() as u32);
        }
        let mut start = 0;
        let tasks = self.by_rank.iter().zip(ends).zip(dependents).map(|((&task, end), dependents)| {
            let range = std::mem::replace(&mut start, end)..end;
            self.task(task, range, dependents)
        });
        let outputs = self.flat.outputs.iter().map(|&task| self.rank_of[task as usize]).collect();
        CheckedGraph::new(tasks, dependencies, outputs)
    }

    fn task(&self, task: u32, dependencies: std::ops::Range<u32>, dependents: u32) -> CheckedTask {
        let (node, part) = self.flat.source(task);
        let definition = node.extras.as_ref().and_then(|extras| extras.definition);
        CheckedTask {
            key: self.flat.key(task),
            work: self.work(task, node, part),
            place: node.place,
            options: node.options().cloned(),
            definition: definition.map(Box::new),
            dependencies,
            dependents,
        }
    }

    fn work(&self, task: u32, node: &Arc<Node>, part: u32) -> Work {
        match &node.kind {
            Kind::Data(values) => Work::Value(values[part as usize].clone()),
            Kind::Call { function, .. } => Work::Call(function.clone()),
            Kind::Tasks(tasks) => Work::Call(tasks[part as usize].0.clone()),
            Kind::Held(_) => Work::Held(node.extras.as_ref().and_then(|extras| extras.guard.clone())),
            Kind::Blocks { .. } => Work::Call(Chain::call(self.flat.chain_of(task), part)),
        }
    }
}

/// The keys of some outputs, in order.
pub fn output_keys(outputs: &[Input]) -> Vec<Key> {
    outputs.iter().map(|input| input.node.part_key(input.part)).collect()
}
