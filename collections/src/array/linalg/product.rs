//! Products of blocks: which blocks make each block of a result, and the tasks that multiply and add them up.

use super::Multiply;
use super::contract::{Labels, place};
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayFault;
use crate::array::grid::{Grid, unravel};
use crate::array::layers::{Built, blockwise_with, chunk_task, chunk_task_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Chosen, Fault, Function, Input, Inputs, Kind, Node, Place, Reads, Travels};
use std::sync::Arc;

/// How many pairs of blocks one task multiplies and adds up at most.
const MOST_PAIRS: usize = 16;

/// The order in which axes are read, and how many of them are rows, columns and the like.
#[derive(Clone)]
pub(super) struct Plan {
    left: Vec<usize>,
    right: Vec<usize>,
    /// From batch, rows, columns to the order of the result.
    out: Vec<usize>,
    /// Of batch, rows, inner axes and columns.
    counts: [usize; 4],
}

partita_graph::travels!(Plan { left, right, out, counts });

impl Plan {
    /// The plan for labels of batch axes, rows, inner axes and columns.
    pub(super) fn new(labels: &Labels, [batch, rows, inner, columns]: [&[usize]; 4]) -> Self {
        let order = |labels: &[usize], groups: [&[usize]; 3]| -> Vec<usize> {
            groups.concat().iter().filter_map(|&label| place(labels, label)).collect()
        };
        let made = [batch, rows, columns].concat();
        Plan {
            left: order(&labels.left, [batch, rows, inner]),
            right: order(&labels.right, [batch, inner, columns]),
            out: labels.out.iter().filter_map(|&label| place(&made, label)).collect(),
            counts: [batch.len(), rows.len(), inner.len(), columns.len()],
        }
    }

    /// The sum of the products of pairs of blocks, with batch, rows and columns as its axes.
    fn multiply<T: Multiply>(&self, pairs: &[(&Chunk<T>, &Chunk<T>)]) -> Result<Chunk<T>, Fault> {
        let [batch, rows, inner, columns] = self.counts;
        let Some((first, second)) = pairs.first() else { return Err(Fault::failed("no blocks to multiply")) };
        let shape: Dims = (self.left[..batch + rows].iter().map(|&axis| first.shape()[axis]))
            .chain(self.right[batch + inner..].iter().map(|&axis| second.shape()[axis]))
            .collect();
        let mut out = super::dense::zeros(shape.iter().product());
        for (left, right) in pairs {
            let left = (*left).clone().permuted(&self.left).grouped(&[batch, rows, inner]);
            let right = (*right).clone().permuted(&self.right).grouped(&[batch, inner, columns]);
            let (&[matrices, rows, length], &[others, width, columns]) = (left.shape(), right.shape()) else {
                return Err(Fault::failed("blocks of a product that are no matrices"));
            };
            if length != width || matrices != others || matrices * rows * columns != out.len() {
                let (found, expected) = (right.shape().to_vec(), vec![matrices, length, columns]);
                return Err(Fault::failed(ArrayFault::BlockShape { operation: "a product", found, expected }));
            }
            for (number, out) in out.chunks_exact_mut((rows * columns).max(1)).enumerate() {
                T::add_product(out, &left.clone().pick(0, number), &right.clone().pick(0, number));
            }
        }
        Ok(Chunk::new(&shape, out))
    }

    /// With its axes in the order of the result.
    fn finish<T: Element>(&self, chunk: Chunk<T>) -> Chunk<T> {
        chunk.permuted(&self.out)
    }
}

/// A product to be built.
pub(super) struct Product<'a, T> {
    pub(super) operation: &'static str,
    pub(super) left: &'a Array<T>,
    pub(super) right: &'a Array<T>,
    pub(super) labels: &'a Labels,
    pub(super) inner: &'a [usize],
    pub(super) grid: Grid,
}

impl<T: Multiply> Product<'_, T> {
    fn identity(&self) -> Identity {
        let Labels { left, right, out } = self.labels;
        Identity::of("contract").node(self.left.node()).node(self.right.node()).data(&(left, right, out))
    }

    /// For each block of the result the pairs of blocks that it comes from, as numbers.
    fn pairs(&self) -> Vec<Vec<(u32, u32)>> {
        let lengths: Dims = self
            .inner
            .iter()
            .filter_map(|&label| place(&self.labels.left, label))
            .map(|axis| self.left.grid.axis(axis).len())
            .collect();
        let count: usize = lengths.iter().product();
        let part = |grid: &Grid, labels: &[usize], block: &[usize], inner: &[usize]| {
            let at = |&label: &usize| match place(&self.labels.out, label) {
                Some(axis) => block[axis],
                None => place(self.inner, label).map_or(0, |axis| inner[axis]),
            };
            grid.part(&labels.iter().map(at).collect::<Dims>()) as u32
        };
        let of_block = |index: usize| {
            let block = self.grid.block(index);
            let pair = |number: usize| {
                let inner = unravel(number, &lengths);
                let left = part(&self.left.grid, &self.labels.left, &block, &inner);
                (left, part(&self.right.grid, &self.labels.right, &block, &inner))
            };
            (0..count).map(pair).collect()
        };
        (0..self.grid.parts()).map(of_block).collect()
    }

    #[track_caller]
    pub(super) fn build(self, plan: Plan) -> Built<Array<T>> {
        let pairs = self.pairs();
        let each = group(pairs.len());
        let (identity, operation) = (self.identity().data(&(each as u64)), self.operation);
        let groups = pairs.first().map_or(0, |pairs| pairs.len().div_ceil(each));
        let split_every = self.left.split_every;
        if groups <= 1 && each > 1 && pairs.iter().any(|pairs| pairs.len() > 1) {
            let last = chunk_task_with(plan, |plan: &Plan, chunks: &[&Chunk<T>]| {
                Ok(plan.finish(plan.multiply(&paired(chunks))?))
            });
            let tasks = pairs.iter().map(|pairs| (last.clone(), self.inputs(pairs))).collect();
            return Ok(Array::tasks(operation, identity, self.grid, tasks).split_like(self.left));
        }
        if groups <= 1 {
            let (reads, plan) = (self.reads(&pairs), plan.clone());
            let block = blockwise_with(plan, |plan, _, flows| Ok(plan.finish(both::<T>(plan, flows)?).into()));
            return Ok(Array::blocks(operation, identity, self.grid, reads, block).split_like(self.left));
        }
        let name = format!("{operation}-products");
        let kind = match each {
            1 => {
                let (reads, plan) = (self.reads(&pairs), plan.clone());
                let block = blockwise_with(plan, |plan, _, flows| Ok(both::<T>(plan, flows)?.into()));
                Kind::Blocks { parts: (pairs.len() * groups) as u32, block, inputs: reads }
            }
            _ => {
                let plan = plan.clone();
                let multiply =
                    chunk_task_with(plan, |plan: &Plan, chunks: &[&Chunk<T>]| plan.multiply(&paired(chunks)));
                let some = pairs.iter().flat_map(|pairs| pairs.chunks(each));
                Kind::Tasks(some.map(|pairs| (multiply.clone(), self.inputs(pairs))).collect())
            }
        };
        let products = Arc::new(Node::new(identity.key::<Chunk<T>>(&name), kind, Place::here()));
        let sums = Sums { operation, products, groups, split_every };
        Ok(sums.build(self.grid, plan, |plan, chunk| Ok(plan.finish(chunk))).split_like(self.left))
    }

    fn inputs(&self, pairs: &[(u32, u32)]) -> Inputs {
        let both = |&(left, right): &(u32, u32)| {
            [
                Input { node: self.left.node().clone(), part: left },
                Input { node: self.right.node().clone(), part: right },
            ]
        };
        pairs.iter().flat_map(both).collect()
    }

    fn reads(&self, pairs: &[Vec<(u32, u32)>]) -> Vec<Reads> {
        let all = || pairs.iter().flatten();
        let reads = |array: &Array<T>, chosen: Vec<u32>| Reads {
            node: array.node().clone(),
            chosen: Some(Arc::new(Chosen::new(chosen))),
        };
        let left = reads(self.left, all().map(|pair| pair.0).collect());
        vec![left, reads(self.right, all().map(|pair| pair.1).collect())]
    }
}

/// The product of one pair of blocks.
fn both<T: Multiply>(plan: &Plan, flows: Vec<partita_graph::Flow>) -> Result<Chunk<T>, Fault> {
    let [left, right] = crate::layer::inputs(flows)?;
    let (left, right) = (Lazy::of(left, 0)?.into_chunk()?, Lazy::of(right, 1)?.into_chunk()?);
    plan.multiply(&[(&left, &right)])
}

/// Inputs that come in pairs.
fn paired<'a, T>(chunks: &[&'a Chunk<T>]) -> Vec<(&'a Chunk<T>, &'a Chunk<T>)> {
    chunks.as_chunks::<2>().0.iter().map(|[left, right]| (*left, *right)).collect()
}

/// How many pairs one task multiplies, so that a result of few blocks still keeps many workers busy.
pub(super) fn group(blocks: usize) -> usize {
    (blocks / 4).clamp(1, MOST_PAIRS)
}

/// Blocks to be added up: `groups` of them, one after the other, for each block of the result.
pub(super) struct Sums {
    pub(super) operation: &'static str,
    pub(super) products: Arc<Node>,
    pub(super) groups: usize,
    pub(super) split_every: usize,
}

impl Sums {
    /// The sums, along a tree. The order of additions depends on nothing but the chunks.
    #[track_caller]
    pub(super) fn build<E: Travels, T: Multiply>(
        self,
        grid: Grid,
        env: E,
        finish: impl Fn(&E, Chunk<T>) -> Result<Chunk<T>, Fault> + Send + Sync + 'static,
    ) -> Array<T> {
        let Sums { operation, mut products, mut groups, split_every } = self;
        let add: Function = chunk_task(|chunks: &[&Chunk<T>]| sum(chunks));
        while groups > split_every {
            let name = format!("{operation}-sum");
            let identity = Identity::of(&name).node(&products).data(&(split_every as u64, groups as u64));
            let lists = some_of(&products, groups, split_every);
            let tasks = lists.into_iter().map(|inputs| (add.clone(), inputs)).collect();
            products = Arc::new(Node::new(identity.key::<Chunk<T>>(&name), Kind::Tasks(tasks), Place::here()));
            groups = groups.div_ceil(split_every);
        }
        let last: Function = chunk_task_with(env, move |env: &E, chunks: &[&Chunk<T>]| finish(env, sum(chunks)?));
        let lists = some_of(&products, groups, groups);
        let tasks = lists.into_iter().map(|inputs| (last.clone(), inputs)).collect();
        let identity = Identity::of("sum-of-products").node(&products).data(&(groups as u64));
        Array::tasks(operation, identity, grid, tasks)
    }
}

/// Parts of a node in runs of up to `most`, and none across two groups.
fn some_of(node: &Arc<Node>, groups: usize, most: usize) -> Vec<Inputs> {
    let parts: Vec<u32> = (0..node.parts()).collect();
    let input = |&part: &u32| Input { node: node.clone(), part };
    parts.chunks(groups).flat_map(|own| own.chunks(most)).map(|some| some.iter().map(input).collect()).collect()
}

fn sum<T: Multiply>(chunks: &[&Chunk<T>]) -> Result<Chunk<T>, Fault> {
    let Some((first, rest)) = chunks.split_first() else { return Err(Fault::failed("nothing to add up")) };
    let mut all = first.to_vec();
    for chunk in rest {
        if chunk.shape() != first.shape() {
            let (found, expected) = (chunk.shape().to_vec(), first.shape().to_vec());
            return Err(Fault::failed(ArrayFault::BlockShape { operation: "a product", found, expected }));
        }
        Lazy::Chunk((*chunk).clone()).for_each_tile(|start, tile| {
            all[start..].iter_mut().zip(tile).for_each(|(sum, &x)| *sum = sum.plus(x));
        })?;
    }
    Ok(Chunk::new(first.shape(), all))
}
