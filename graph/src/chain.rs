//! Blockwise fusion: chains of partition-wise layers that run as one task for each partition.
//!
//! A layer is taken into its reader's chain if that is the only reader, reads it once and has as many parts; so nothing
//! is computed twice and no result that is asked for goes missing.

use crate::flat::Nodes;
use crate::function::{Fault, Function, TaskFn};
use crate::node::{Block, Flow, Kind};
use crate::value::Value;
use hashbrown::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// Where a step's input comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    /// An input of the whole chain.
    Outside(usize),
    /// An earlier step.
    Step(usize),
}

#[derive(Clone)]
struct Step {
    block: Arc<dyn Block>,
    inputs: Vec<From>,
}

/// The steps of one fused layer, inputs first.
pub(crate) struct Chain<'a> {
    steps: Arc<Vec<Step>>,
    /// The nodes whose parts the chain reads.
    pub(crate) inputs: Vec<u32>,
    nodes: PhantomData<&'a ()>,
}

impl Chain<'_> {
    /// The task function of one partition.
    pub(crate) fn call(chain: &Self, index: u32) -> Function {
        Arc::new(ChainCall { steps: chain.steps.clone(), index })
    }
}

/// For each partition-wise node that is not taken into another one, its chain. `topological` lists readers before what
/// they read; if it is empty, nothing is fused.
pub(crate) fn fuse<'a>(nodes: &Nodes<'a>, topological: &[u32]) -> Map<u32, Arc<Chain<'a>>> {
    let absorbed = absorbed(nodes, topological);
    let mut chains = Map::default();
    for (number, node) in nodes.list.iter().enumerate() {
        if matches!(node.kind, Kind::Blocks { .. }) && !absorbed[number] {
            chains.insert(number as u32, Arc::new(chain(nodes, number as u32, &absorbed)));
        }
    }
    chains
}

/// Which nodes are taken into their only reader.
fn absorbed(nodes: &Nodes<'_>, topological: &[u32]) -> Vec<bool> {
    let mut absorbed = vec![false; nodes.list.len()];
    if topological.is_empty() {
        return absorbed;
    }
    let mut readers = vec![0u32; nodes.list.len()];
    for number in 0..nodes.list.len() as u32 {
        nodes.inputs_of(number).iter().for_each(|&input| readers[input as usize] += 1);
    }
    nodes.asked_for(|node| readers[node as usize] = u32::MAX);
    for (number, node) in nodes.list.iter().enumerate() {
        let Kind::Blocks { parts, .. } = &node.kind else { continue };
        for &input in nodes.inputs_of(number as u32) {
            let below = nodes.list[input as usize];
            let same = matches!(&below.kind, Kind::Blocks { parts: theirs, .. } if theirs == parts);
            absorbed[input as usize] = same && readers[input as usize] == 1 && below.options() == node.options();
        }
    }
    absorbed
}

/// The chain that ends in `last`, by a walk over what it absorbed.
fn chain<'a>(nodes: &Nodes<'a>, last: u32, absorbed: &[bool]) -> Chain<'a> {
    // Reader before input; turned round at the end.
    let mut members = vec![last];
    let mut next = 0;
    while let Some(&member) = members.get(next) {
        members.extend(nodes.inputs_of(member).iter().copied().filter(|&input| absorbed[input as usize]));
        next += 1;
    }
    members.reverse();
    let place: Map<u32, usize> = members.iter().enumerate().map(|(at, &member)| (member, at)).collect();
    let mut inputs = Vec::new();
    let mut steps = Vec::with_capacity(members.len());
    for &member in &members {
        let Kind::Blocks { block, .. } = &nodes.list[member as usize].kind else { continue };
        let from = nodes.inputs_of(member).iter().map(|input| match place.get(input) {
            Some(&step) => From::Step(step),
            None => {
                let known = inputs.iter().position(|known| known == input);
                From::Outside(known.unwrap_or_else(|| {
                    inputs.push(*input);
                    inputs.len() - 1
                }))
            }
        });
        let from = from.collect();
        steps.push(Step { block: block.clone(), inputs: from });
    }
    Chain { steps: Arc::new(steps), inputs, nodes: PhantomData }
}

/// One partition of a chain.
struct ChainCall {
    steps: Arc<Vec<Step>>,
    index: u32,
}

impl TaskFn for ChainCall {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let mut flows: Vec<Option<Flow>> = Vec::with_capacity(self.steps.len());
        for step in self.steps.iter() {
            let given = step.inputs.iter().map(|from| match *from {
                From::Outside(input) => Flow::Value(inputs[input].clone()),
                // Each step has one reader, which takes what it made.
                From::Step(step) => flows[step].take().unwrap_or(Flow::Lazy(Box::new(()))),
            });
            let given = given.collect();
            let flow = step.block.run(self.index, given)?;
            flows.push(Some(flow));
        }
        match (self.steps.last(), flows.pop().flatten()) {
            (Some(last), Some(flow)) => last.block.settle(flow),
            _ => Err(Fault::failed("a chain of partition-wise layers has no steps")),
        }
    }

    fn returns(&self) -> &'static str {
        self.steps.last().map_or("()", |step| step.block.returns())
    }
}
