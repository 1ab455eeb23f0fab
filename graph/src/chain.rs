//! Blockwise fusion: chains of partition-wise layers that run as one task for each partition.
//!
//! A layer is taken into its reader's chain if that is the only reader, reads it once and reads no part of it twice; a
//! layer that [shares](Block::shares) also if all its readers are in the same chain and read the same part of it. So
//! nothing is computed twice and no result that is asked for goes missing.

use crate::flat::Nodes;
use crate::function::{Fault, Function, TaskFn};
use crate::narrow::{Narrow, Needs};
use crate::node::{Block, Chosen, Flow, Kind, Reads};
use crate::options::TaskOptions;
use crate::portable::Portable;
use crate::travel::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::value::Value;
use hashbrown::HashMap;
use smallvec::{SmallVec, smallvec};
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
    /// Which of its parts each part of the chain runs; the same one, if nothing is chosen.
    part: Option<Arc<Chosen>>,
    /// How many inputs of later steps it is.
    readers: usize,
}

/// A node that a chain reads, and which part of it each part of the chain reads.
pub(crate) struct ChainInput {
    pub(crate) node: u32,
    chosen: Option<Arc<Chosen>>,
}

impl ChainInput {
    /// The part that part `index` of the chain reads.
    pub(crate) fn part(&self, index: u32) -> u32 {
        self.chosen.as_ref().map_or(index, |chosen| chosen.part(index))
    }
}

/// The steps of one fused layer, inputs first.
pub(crate) struct Chain<'a> {
    steps: Arc<Vec<Step>>,
    /// What the chain reads.
    pub(crate) inputs: Vec<ChainInput>,
    nodes: PhantomData<&'a ()>,
}

impl Chain<'_> {
    /// The task function of one partition.
    pub(crate) fn call(chain: &Self, index: u32) -> Function {
        Arc::new(ChainCall { steps: chain.steps.clone(), index })
    }
}

impl Chain<'_> {
    /// The same chain, of whose result only some is kept.
    pub(crate) fn narrowed(&self, needs: &Needs) -> Self {
        let mut steps = Vec::clone(&self.steps);
        if let Some(last) = steps.last_mut() {
            last.readers = 1;
            let narrow = Narrow { block: last.block.clone(), needs: needs.clone() };
            let inputs = vec![From::Step(steps.len() - 1)];
            steps.push(Step { block: Arc::new(narrow), inputs, part: None, readers: 0 });
        }
        let input = |input: &ChainInput| ChainInput { node: input.node, chosen: input.chosen.clone() };
        let inputs = self.inputs.iter().map(input).collect();
        Chain { steps: Arc::new(steps), inputs, nodes: PhantomData }
    }
}

/// For each partition-wise node that is not taken into another one, its chain. `topological` lists readers before what
/// they read; if it is empty, nothing is fused.
pub(crate) fn fuse<'a>(nodes: &Nodes<'a>, topological: &[u32]) -> Map<u32, Arc<Chain<'a>>> {
    let absorbed = absorbed(nodes, topological);
    let mut position = vec![0u32; nodes.list.len()];
    for (at, &number) in topological.iter().enumerate() {
        position[number as usize] = at as u32;
    }
    let mut chains = Map::default();
    for (number, node) in nodes.list.iter().enumerate() {
        if matches!(node.kind, Kind::Blocks { .. }) && !absorbed[number] {
            chains.insert(number as u32, Arc::new(chain(nodes, number as u32, &absorbed, &position)));
        }
    }
    chains
}

/// What is known of the readers of a node, when all of them were seen.
#[derive(Clone, Default)]
struct Readers<'a> {
    edges: u32,
    /// A reader that cannot take it in.
    other: bool,
    /// The only choice, if there is one edge.
    chosen: Option<&'a Arc<Chosen>>,
    /// Whether one of several edges chooses parts.
    chooses: bool,
    parts: u32,
    options: Option<&'a Arc<TaskOptions>>,
    /// The frame of the readers: steps of one frame run the same part of one chain.
    frame: u32,
}

impl<'a> Readers<'a> {
    /// A partition-wise layer reads the node.
    fn add(&mut self, reads: &'a Reads, parts: u32, options: Option<&'a Arc<TaskOptions>>, frame: u32) {
        if self.edges == 0 {
            (self.parts, self.options, self.frame) = (parts, options, frame);
            self.chosen = reads.chosen.as_ref();
        }
        self.edges += 1;
        self.chooses |= reads.chosen.is_some();
        self.other |= self.frame != frame || self.options != options;
    }

    /// Whether a layer of so many parts goes into the chain of its readers.
    fn take(&self, parts: u32, options: Option<&Arc<TaskOptions>>, shares: bool) -> bool {
        let fits = match (self.edges, self.chosen) {
            (0, _) => false,
            (1, Some(chosen)) => chosen.is_distinct(),
            (1, None) => self.parts == parts,
            _ => shares && !self.chooses && self.parts == parts,
        };
        fits && !self.other && self.options == options
    }
}

/// Which nodes are taken into the chain of their readers.
fn absorbed(nodes: &Nodes<'_>, topological: &[u32]) -> Vec<bool> {
    let mut absorbed = vec![false; nodes.list.len()];
    if topological.is_empty() {
        return absorbed;
    }
    let mut readers = vec![Readers::default(); nodes.list.len()];
    nodes.asked_for(|node| readers[node as usize].other = true);
    for &number in topological {
        let node = nodes.list[number as usize];
        let Kind::Blocks { parts, block, inputs } = &node.kind else {
            nodes.inputs_of(number).iter().for_each(|&input| readers[input as usize].other = true);
            continue;
        };
        let own = &readers[number as usize];
        let taken = own.take(*parts, node.options(), block.shares());
        let frame = if taken && own.chosen.is_none() { own.frame } else { number };
        absorbed[number as usize] = taken;
        for (&input, reads) in nodes.inputs_of(number).iter().zip(inputs) {
            readers[input as usize].add(reads, *parts, node.options(), frame);
        }
    }
    absorbed
}

/// The members of the chain that ends in `last`, inputs first, and which part each of them runs.
fn members(nodes: &Nodes<'_>, last: u32, absorbed: &[bool], position: &[u32]) -> Vec<(u32, Option<Arc<Chosen>>)> {
    let mut members = vec![(last, None::<Arc<Chosen>>)];
    let mut seen: Map<u32, ()> = Map::default();
    let mut next = 0;
    while let Some((member, part)) = members.get(next).cloned() {
        next += 1;
        let Kind::Blocks { inputs, .. } = &nodes.list[member as usize].kind else { continue };
        for (&input, reads) in nodes.inputs_of(member).iter().zip(inputs) {
            if absorbed[input as usize] && seen.insert(input, ()).is_none() {
                members.push((input, through(part.as_ref(), reads.chosen.as_ref())));
            }
        }
    }
    members.sort_by_key(|(member, _)| std::cmp::Reverse(position[*member as usize]));
    members
}

/// One choice after the other.
fn through(first: Option<&Arc<Chosen>>, second: Option<&Arc<Chosen>>) -> Option<Arc<Chosen>> {
    match (first, second) {
        (Some(first), Some(second)) => Some(Arc::new(first.then(second))),
        (only, None) | (None, only) => only.cloned(),
    }
}

/// The chain that ends in `last`, by a walk over what it absorbed.
fn chain<'a>(nodes: &Nodes<'a>, last: u32, absorbed: &[bool], position: &[u32]) -> Chain<'a> {
    let members = members(nodes, last, absorbed, position);
    let place: Map<u32, usize> = members.iter().enumerate().map(|(at, (member, _))| (*member, at)).collect();
    let mut inputs: Vec<ChainInput> = Vec::new();
    let mut steps: Vec<Step> = Vec::with_capacity(members.len());
    for (member, part) in &members {
        let Kind::Blocks { block, inputs: reads, .. } = &nodes.list[*member as usize].kind else { continue };
        let mut from = Vec::with_capacity(reads.len());
        for (input, reads) in nodes.inputs_of(*member).iter().zip(reads) {
            if let Some(&step) = place.get(input) {
                steps[step].readers += 1;
                from.push(From::Step(step));
                continue;
            }
            let chosen = through(part.as_ref(), reads.chosen.as_ref());
            let known = inputs.iter().position(|known| known.node == *input && known.chosen == chosen);
            from.push(From::Outside(known.unwrap_or_else(|| {
                inputs.push(ChainInput { node: *input, chosen });
                inputs.len() - 1
            })));
        }
        steps.push(Step { block: block.clone(), inputs: from, part: part.clone(), readers: 0 });
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
        // What each step gave, once for each of its readers.
        let mut flows: Vec<SmallVec<[Flow; 1]>> = Vec::with_capacity(self.steps.len());
        let last = self.steps.len().saturating_sub(1);
        for (number, step) in self.steps.iter().enumerate() {
            let given = step.inputs.iter().map(|from| match *from {
                From::Outside(input) => inputs.get(input).cloned().map(Flow::Value),
                From::Step(step) => flows.get_mut(step).and_then(SmallVec::pop),
            });
            let missing = || Fault::failed("a step of a chain reads what is not there");
            let given = given.collect::<Option<Vec<Flow>>>().ok_or_else(missing)?;
            let part = step.part.as_ref().map_or(self.index, |chosen| chosen.part(self.index));
            let flow = step.block.run(part, given)?;
            if number == last {
                return step.block.settle(flow);
            }
            flows.push(if step.readers > 1 { step.block.share(flow, step.readers)? } else { smallvec![flow] });
        }
        Err(Fault::failed("a chain of partition-wise layers has no steps"))
    }

    fn returns(&self) -> &'static str {
        self.steps.last().map_or("()", |step| step.block.returns())
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

crate::travels!(Step { block, inputs, part, readers });

impl Travels for From {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        match *self {
            From::Outside(input) => (false, input).pack(into),
            From::Step(step) => (true, step).pack(into),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (is_step, number) = Travels::unpack(from)?;
        Ok(if is_step { From::Step(number) } else { From::Outside(number) })
    }
}

impl Travels for ChainCall {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.steps.pack(into)?;
        self.index.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (steps, index): (Arc<Vec<Step>>, u32) = Travels::unpack(from)?;
        sound(&steps, index)?;
        Ok(ChainCall { steps, index })
    }
}

/// Says what is wrong with steps that were read: each reads earlier ones only, as often as those say, and has such a part.
fn sound(steps: &[Step], index: u32) -> Result<(), NotRead> {
    let mut readers: SmallVec<[usize; 8]> = smallvec![0; steps.len()];
    for (number, step) in steps.iter().enumerate() {
        for from in &step.inputs {
            match *from {
                From::Step(earlier) if earlier < number => readers[earlier] += 1,
                From::Step(later) => return Err(NotRead::Invalid { what: "step before", found: later as u64 }),
                From::Outside(_) => {}
            }
        }
        if step.part.as_ref().is_some_and(|chosen| chosen.len() <= index as usize) {
            return Err(NotRead::Invalid { what: "part of the chain", found: index.into() });
        }
    }
    match steps.iter().zip(readers).find(|(step, readers)| step.readers != *readers) {
        Some((step, _)) => Err(NotRead::Invalid { what: "number of readers", found: step.readers as u64 }),
        None => Ok(()),
    }
}
