//! From nodes to numbered tasks: what the outputs need, with equal calls merged and partition-wise chains found.

use crate::chain::{Chain, fuse};
use crate::error::{GraphError, Misbuilt};
use crate::graph::MAX_TASKS;
use crate::key::Key;
use crate::narrow::{Needs, narrowed, narrowed_key};
use crate::node::{Input, Kind, Node};
use hashbrown::HashMap;
use std::sync::Arc;

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// A part that no output needs.
const NOT_NEEDED: u32 = u32::MAX;

/// Numbered tasks with their edges, and where each came from.
pub(crate) struct Flat<'a> {
    nodes: Nodes<'a>,
    /// For each task its node and part.
    tasks: Vec<(u32, u32)>,
    /// The edges of task `t` are `edges[starts[t]..starts[t + 1]]`.
    pub(crate) starts: Vec<u32>,
    /// Dependencies, task by task.
    pub(crate) edges: Vec<u32>,
    /// The tasks that were asked for.
    pub(crate) outputs: Vec<u32>,
    chains: Map<u32, Arc<Chain<'a>>>,
    /// The keys of layers of which not all is kept.
    narrowed: Map<u32, Key>,
}

/// The nodes below the outputs, each once.
pub(crate) struct Nodes<'a> {
    pub(crate) list: Vec<&'a Arc<Node>>,
    /// The inputs of node `n` are `inputs[starts[n]..starts[n + 1]]`: node numbers, in the order of
    /// [`Node::for_each_input`].
    starts: Vec<u32>,
    inputs: Vec<u32>,
    outputs: Vec<(u32, u32)>,
}

impl Nodes<'_> {
    /// Calls `f` with each node that somebody asks for.
    pub(crate) fn asked_for(&self, mut f: impl FnMut(u32)) {
        self.outputs.iter().for_each(|&(node, _)| f(node));
    }

    pub(crate) fn inputs_of(&self, node: u32) -> &[u32] {
        &self.inputs[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

/// Finds the nodes below the outputs. A node that only one pointer leads to is met once, and needs no look-up.
struct Discovery<'a> {
    list: Vec<&'a Arc<Node>>,
    by_pointer: Map<usize, u32>,
    by_key: Map<&'a Key, u32>,
}

impl<'a> Discovery<'a> {
    fn number(&mut self, node: &'a Arc<Node>) -> Result<u32, GraphError> {
        let shared = Arc::strong_count(node) > 1;
        let pointer = Arc::as_ptr(node) as usize;
        if shared && let Some(&number) = self.by_pointer.get(&pointer) {
            return Ok(number);
        }
        let number = match node.key.token().is_unique() {
            true => self.list.len() as u32,
            false => self.by_key(node)?,
        };
        if number as usize == self.list.len() {
            if self.list.len() >= MAX_TASKS {
                return Err(GraphError::TooLarge { tasks: self.list.len() + 1, limit: MAX_TASKS });
            }
            if let Some(error) = node.extras.as_ref().and_then(|extras| extras.misbuilt.clone()) {
                return Err(Misbuilt { error, place: node.place }.into());
            }
            self.list.push(node);
        }
        if shared {
            self.by_pointer.insert(pointer, number);
        }
        Ok(number)
    }

    /// A node whose key another one may have: equal calls are one task, different ones a conflict.
    fn by_key(&mut self, node: &'a Arc<Node>) -> Result<u32, GraphError> {
        let next = self.list.len() as u32;
        let number = *self.by_key.entry(&node.key).or_insert(next);
        if let Some(known) = self.list.get(number as usize) {
            let definition = |node: &Node| node.extras.as_ref().and_then(|extras| extras.definition);
            if definition(known) != definition(node) || known.parts() != node.parts() {
                return Err(GraphError::KeyConflict { key: node.key.clone(), first: known.place, second: node.place });
            }
        }
        Ok(number)
    }
}

fn discover<'a>(outputs: &'a [Input]) -> Result<Nodes<'a>, GraphError> {
    let mut discovery = Discovery { list: Vec::new(), by_pointer: Map::default(), by_key: Map::default() };
    let mut found = Vec::with_capacity(outputs.len());
    for output in outputs {
        found.push((discovery.number(&output.node)?, output.part));
    }
    let (mut starts, mut inputs) = (vec![0], Vec::new());
    let mut done = 0;
    while let Some(&node) = discovery.list.get(done) {
        let mut failed = None;
        node_inputs(node, |input| match discovery.number(input) {
            Ok(number) => inputs.push(number),
            Err(error) => failed = Some(error),
        });
        if let Some(error) = failed {
            return Err(error);
        }
        // They are numbered, too.
        if inputs.len() >= u32::MAX as usize {
            return Err(GraphError::TooLarge { tasks: inputs.len(), limit: u32::MAX as usize - 1 });
        }
        starts.push(inputs.len() as u32);
        done += 1;
    }
    Ok(Nodes { list: discovery.list, starts, inputs, outputs: found })
}

/// As [`Node::for_each_input`], with references that live as long as the node.
fn node_inputs<'a>(node: &'a Node, mut f: impl FnMut(&'a Arc<Node>)) {
    match &node.kind {
        Kind::Data(_) | Kind::Held(_) => {}
        Kind::Call { inputs, .. } => inputs.iter().for_each(|input| f(&input.node)),
        Kind::Blocks { inputs, .. } => inputs.iter().for_each(|input| f(&input.node)),
        Kind::Tasks(tasks) => tasks.iter().flat_map(|(_, inputs)| inputs).for_each(|input| f(&input.node)),
    }
}

/// Nodes with every reader before what it reads.
fn readers_first(nodes: &Nodes<'_>) -> Vec<u32> {
    let mut readers = vec![0u32; nodes.list.len()];
    for &input in &nodes.inputs {
        readers[input as usize] += 1;
    }
    let mut ready: Vec<u32> = (0..nodes.list.len() as u32).filter(|&node| readers[node as usize] == 0).collect();
    let mut next = 0;
    while let Some(&node) = ready.get(next) {
        next += 1;
        for &input in nodes.inputs_of(node) {
            readers[input as usize] -= 1;
            if readers[input as usize] == 0 {
                ready.push(input);
            }
        }
    }
    ready
}

/// For each node the numbers of its parts' tasks, as a slice of one long list.
struct Parts {
    starts: Vec<u32>,
    tasks: Vec<u32>,
}

impl Parts {
    fn new(nodes: &Nodes<'_>) -> Result<Self, GraphError> {
        let mut starts = Vec::with_capacity(nodes.list.len() + 1);
        let mut total = 0usize;
        for node in &nodes.list {
            starts.push(total as u32);
            total += node.parts() as usize;
            if total > MAX_TASKS {
                return Err(GraphError::TooLarge { tasks: total, limit: MAX_TASKS });
            }
        }
        starts.push(total as u32);
        Ok(Parts { starts, tasks: vec![NOT_NEEDED; total] })
    }

    fn of(&self, node: u32) -> std::ops::Range<usize> {
        self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize
    }

    fn at(&self, node: u32, part: u32) -> usize {
        let range = self.of(node);
        assert!((part as usize) < range.len(), "part {part} of a node with {} parts is asked for", range.len());
        range.start + part as usize
    }

    fn need(&mut self, node: u32, part: u32) {
        let at = self.at(node, part);
        self.tasks[at] = 0;
    }

    fn task(&self, node: u32, part: u32) -> u32 {
        self.tasks[self.at(node, part)]
    }
}

impl<'a> Flat<'a> {
    /// The tasks that the outputs need.
    pub(crate) fn new(outputs: &'a [Input], fuse_blocks: bool) -> Result<Self, GraphError> {
        let nodes = discover(outputs)?;
        let topological = readers_first(&nodes);
        let mut chains = if fuse_blocks { fuse(&nodes, &topological) } else { fuse(&nodes, &[]) };
        let narrowed = if fuse_blocks { narrowed(&nodes, &topological, &chains) } else { Map::default() };
        let narrow = |(node, needs): (u32, Needs)| {
            let chain = chains.get_mut(&node)?;
            *chain = Arc::new(chain.narrowed(&needs));
            Some((node, narrowed_key(&nodes.list[node as usize].key, &needs)))
        };
        let narrowed = narrowed.into_iter().filter_map(narrow).collect();
        let mut parts = Parts::new(&nodes)?;
        let mut flat = Flat {
            tasks: Vec::new(),
            starts: vec![0],
            edges: Vec::with_capacity(nodes.inputs.len()),
            outputs: Vec::with_capacity(outputs.len()),
            nodes,
            chains: Map::default(),
            narrowed,
        };
        flat.mark(&mut parts, &topological, &chains);
        flat.write(&parts);
        Ok(flat)
    }

    /// Marks what is needed, readers first, and numbers it.
    fn mark(&mut self, parts: &mut Parts, topological: &[u32], chains: &Map<u32, Arc<Chain<'a>>>) {
        for &(node, part) in &self.nodes.outputs {
            parts.need(node, part);
        }
        for &number in topological {
            let node = self.nodes.list[number as usize];
            // Where the inputs of the next part's task stand among those of the node.
            let mut next = 0;
            for (part, at) in parts.of(number).enumerate() {
                let start = next;
                if let Kind::Tasks(tasks) = &node.kind {
                    next += tasks[part].1.len();
                }
                if parts.tasks[at] == NOT_NEEDED {
                    continue;
                }
                parts.tasks[at] = self.tasks.len() as u32;
                self.tasks.push((number, part as u32));
                let inputs = self.nodes.inputs_of(number);
                match &node.kind {
                    Kind::Data(_) | Kind::Held(_) => {}
                    Kind::Call { inputs: named, .. } => {
                        inputs.iter().zip(named).for_each(|(&input, named)| parts.need(input, named.part));
                    }
                    Kind::Blocks { .. } => {
                        chains[&number].inputs.iter().for_each(|input| parts.need(input.node, input.part(part as u32)));
                    }
                    Kind::Tasks(tasks) => {
                        let named = &tasks[part].1;
                        inputs[start..next].iter().zip(named).for_each(|(&input, named)| parts.need(input, named.part));
                    }
                }
            }
        }
        self.chains.clone_from(chains);
    }

    /// Writes the edges down, task by task.
    fn write(&mut self, parts: &Parts) {
        let mut layer = (u32::MAX, Vec::new());
        for &(number, part) in &self.tasks {
            let node = self.nodes.list[number as usize];
            let inputs = self.nodes.inputs_of(number);
            match &node.kind {
                Kind::Data(_) | Kind::Held(_) => {}
                Kind::Call { inputs: named, .. } => {
                    let pairs = inputs.iter().zip(named);
                    self.edges.extend(pairs.map(|(&input, named)| parts.task(input, named.part)));
                }
                Kind::Blocks { .. } => {
                    let inputs = self.chains[&number].inputs.iter();
                    self.edges.extend(inputs.map(|input| parts.task(input.node, input.part(part))));
                }
                Kind::Tasks(tasks) => {
                    if layer.0 != number {
                        layer = (number, offsets(tasks.iter().map(|(_, named)| named.len())));
                    }
                    let named = &tasks[part as usize].1;
                    let inputs = &inputs[layer.1[part as usize]..];
                    let pairs = inputs.iter().zip(named);
                    self.edges.extend(pairs.map(|(&input, named)| parts.task(input, named.part)));
                }
            }
            self.starts.push(self.edges.len() as u32);
        }
        self.outputs = self.nodes.outputs.iter().map(|&(node, part)| parts.task(node, part)).collect();
    }

    pub(crate) fn edges_of(&self, task: u32) -> &[u32] {
        &self.edges[self.starts[task as usize] as usize..self.starts[task as usize + 1] as usize]
    }

    /// The node and the part that a task came from.
    pub(crate) fn source(&self, task: u32) -> (&'a Arc<Node>, u32) {
        let (node, part) = self.tasks[task as usize];
        (self.nodes.list[node as usize], part)
    }

    /// The key of a task: that of the node's part, or of what is kept of it.
    pub(crate) fn key(&self, task: u32) -> Key {
        let (number, part) = self.tasks[task as usize];
        let node = self.nodes.list[number as usize];
        match self.narrowed.get(&number) {
            Some(key) => key.part(part),
            None => node.part_key(part),
        }
    }

    /// The chain of partition-wise layers that a task of one runs.
    pub(crate) fn chain_of(&self, task: u32) -> &Chain<'a> {
        &self.chains[&self.tasks[task as usize].0]
    }
}

/// Running sums, from 0.
fn offsets(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    lengths
        .scan(0, |sum, length| {
            let start = *sum;
            *sum += length;
            Some(start)
        })
        .collect()
}
