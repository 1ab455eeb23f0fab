//! Scans: what each element and those before it along an axis come to.
//!
//! Each block comes to a total, the totals before a block are merged along a tree, and each block is passed over once
//! more, starting with what came before it. Sums of floats are carried along in twice their precision.

use crate::array::axes::{Axes, resolve};
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, unravel};
use crate::array::layers::{Built, value_task_with, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::fold::{Fold, Partial, Site, fold_block, merge};
use crate::array::{Array, Element};
use crate::identity::Identity;
use crate::layer::{read, task};
use partita_graph::{Fault, Function, Input, Inputs, Kind, Node, Place};
use std::sync::Arc;

/// What each element and those before it along an axis come to; `before` is what came before the block.
fn scan_block<F: Fold>(
    fold: &F,
    chunk: Chunk<F::Item>,
    axis: usize,
    before: &[&Partial<F::Acc>],
) -> Result<Chunk<F::Out>, Fault> {
    let shape: Dims = chunk.shape().into();
    let (outer, inner): (usize, usize) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
    let mut accs = match before {
        [] => vec![fold.empty(); outer * inner],
        some => merge(fold, some)?.accs,
    };
    if accs.len() != outer * inner {
        let expected = shape.iter().enumerate().map(|(at, &length)| if at == axis { 1 } else { length }).collect();
        let found = before.first().map(|partial| partial.shape.clone()).unwrap_or_default();
        return Err(Fault::failed(ArrayFault::BlockShape { operation: "a scan", found, expected }));
    }
    let mut all = Vec::with_capacity(chunk.len());
    let mut wrong = None;
    let mut step = |acc: &mut F::Acc, x: F::Item| {
        fold.add(acc, x, 0);
        match fold.finish(acc) {
            Ok(result) => all.push(result),
            Err(error) => wrong = Some(error),
        }
    };
    let row = if inner == 1 { shape[axis] } else { inner };
    Lazy::Chunk(chunk).for_each_tile(|start, tile| {
        let (mut at, mut column, mut rest) = (start / row, start % row, tile);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(row - column));
            if inner == 1 {
                piece.iter().for_each(|&x| step(&mut accs[at], x));
            } else {
                let accs = accs[at / shape[axis] * inner + column..].iter_mut();
                accs.zip(piece).for_each(|(acc, &x)| step(acc, x));
            }
            (at, column, rest) = (at + 1, 0, after);
        }
    })?;
    match wrong {
        None => Ok(Chunk::new(&shape, all)),
        Some(error) => Err(Fault::failed(error)),
    }
}

impl<T: Element> Array<T> {
    /// Each element made into what it and those before it come to, along an axis, or of all in C order if none is named.
    #[track_caller]
    pub(crate) fn scanned_over<F: Fold<Item = T>>(&self, name: &'static str, axes: &Axes, fold: F) -> Array<F::Out> {
        let identity = Identity::of(name);
        let scanned = || match axes.only() {
            Some(axis) => self.scanned(name, identity, axis, fold),
            None if *axes == Axes::all() => self.in_a_row(name)?.scanned(name, identity, 0, fold),
            None => {
                let (argument, value) = ("axes", "several".to_owned());
                let allowed = "it must be one axis, or none for all elements in C order";
                Err(ArrayError::Argument { operation: name, argument, value, allowed }.into())
            }
        };
        Array::built(scanned())
    }

    /// Each element made into what it and those before it along an axis come to.
    #[track_caller]
    pub(crate) fn scanned<F: Fold<Item = T>>(
        &self,
        name: &'static str,
        identity: Identity,
        axis: isize,
        fold: F,
    ) -> Built<Array<F::Out>> {
        self.sound()?;
        let axis = resolve(name, axis, self.ndim())?;
        let identity = identity.node(&self.node).data(&(axis as u64));
        let count = self.grid.axis(axis).len();
        if count == 1 {
            return Ok(self.each_block_with(name, identity, (fold, axis), |env, _, lazy| {
                Ok(scan_block(&env.0, lazy.into_chunk()?, env.1, &[])?.into())
            }));
        }
        let totals = self.totals(name, &identity, axis, &fold);
        let identity = identity.data(&(self.split_every as u64));
        let before = Before { grid: &self.grid, axis, split_every: self.split_every };
        let lists = before.lists(name, &identity, totals, &fold);
        let scan: Function = value_task_with((fold, axis), |(fold, axis), values| {
            let (block, before) = values.split_first().ok_or_else(|| Fault::failed("a scan of nothing"))?;
            let chunk = block.get::<Chunk<T>>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
            scan_block(fold, chunk.clone(), *axis, &read(before)?)
        });
        let task = |(part, before): (usize, Vec<Input>)| {
            let own = Input { node: self.node.clone(), part: part as u32 };
            (scan.clone(), std::iter::once(own).chain(before).collect::<Inputs>())
        };
        let tasks = lists.into_iter().enumerate().map(task).collect();
        Ok(Array::tasks(name, identity, self.grid.clone(), tasks).split_like(self))
    }

    /// What each block comes to along an axis.
    #[track_caller]
    fn totals<F: Fold<Item = T>>(&self, name: &str, identity: &Identity, axis: usize, fold: &F) -> Arc<Node> {
        let reduced: Vec<bool> = (0..self.ndim()).map(|at| at == axis).collect();
        let block = valued_with((fold.clone(), reduced), |env, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            fold_block(&env.0, Lazy::of(flow, 0)?, &env.1, &Site::default())
        });
        let inputs = vec![self.node.clone().into()];
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs };
        let name = format!("{name}-total");
        Arc::new(Node::new(identity.clone().key::<Partial<F::Acc>>(&name), kind, Place::here()))
    }
}

/// A tree over the blocks along an axis. Each node of it has the total of a group of blocks below, and what came before
/// the group.
struct Before<'a> {
    grid: &'a Grid,
    axis: usize,
    split_every: usize,
}

impl Before<'_> {
    /// For each block the partial results that come before it: fewer than `split_every` neighbours, and what came before
    /// these.
    #[track_caller]
    fn lists<F: Fold>(&self, name: &str, identity: &Identity, totals: Arc<Node>, fold: &F) -> Vec<Vec<Input>> {
        let call: Function = task(fold.clone(), |fold, values| merge(fold, &read::<Partial<F::Acc>>(values)?));
        let node = |name: &str, level: usize, tasks: Vec<Vec<Input>>| {
            let tasks = tasks.into_iter().map(|inputs| (call.clone(), inputs.into())).collect();
            let key = identity.clone().data(&(level as u64)).key::<Partial<F::Acc>>(name);
            Arc::new(Node::new(key, Kind::Tasks(tasks), Place::here()))
        };
        // Upwards: totals of groups, of groups of groups and so on. The numbers of blocks along the axis shrink.
        let numblocks = self.grid.numblocks();
        let mut lengths: Vec<Dims> = vec![numblocks];
        let mut levels: Vec<Arc<Node>> = vec![totals];
        while let Some(below) = lengths.last().filter(|lengths| lengths[self.axis] > self.split_every).cloned() {
            let mut above = below.clone();
            above[self.axis] = below[self.axis].div_ceil(self.split_every);
            let group = |number| self.members(&levels[levels.len() - 1], &below, number, &above);
            let tasks = (0..above.iter().product()).map(group).collect();
            let level = levels.len();
            levels.push(node(&format!("{name}-combine"), level, tasks));
            lengths.push(above);
        }
        // Downwards: what came before each member of a group is what came before the group, and the members before it.
        let mut before: Vec<Vec<Input>> = vec![Vec::new(); lengths[lengths.len() - 1].iter().product()];
        for level in (0..levels.len()).rev() {
            let own = &lengths[level];
            let tops = level + 1 == levels.len();
            let lists: Vec<Vec<Input>> = (0..own.iter().product())
                .map(|number| {
                    let mut place = unravel(number, own);
                    let at = place[self.axis];
                    let (group, within) = match tops {
                        true => (0, at),
                        false => (at / self.split_every, at % self.split_every),
                    };
                    place[self.axis] = group;
                    let above = if tops { None } else { Some(ravel(&place, &lengths[level + 1])) };
                    let carried = above.map(|above| before[above].clone()).unwrap_or_default();
                    let first = at - within;
                    carried.into_iter().chain(self.along(&levels[level], own, number, first..at)).collect()
                })
                .collect();
            before = match level {
                0 => return lists,
                _ => self.merged(&format!("{name}-before"), level, lists, &node),
            };
        }
        before
    }

    /// Lists of one partial result each, or of none.
    fn merged(
        &self,
        name: &str,
        level: usize,
        lists: Vec<Vec<Input>>,
        node: &impl Fn(&str, usize, Vec<Vec<Input>>) -> Arc<Node>,
    ) -> Vec<Vec<Input>> {
        let some: Vec<Vec<Input>> = lists.iter().filter(|list| !list.is_empty()).cloned().collect();
        if some.is_empty() {
            return lists;
        }
        let merged = node(name, level, some);
        let mut parts = crate::layer::parts(&merged);
        lists.iter().map(|list| if list.is_empty() { Vec::new() } else { parts.by_ref().take(1).collect() }).collect()
    }

    /// The members of group `number` of the level above.
    fn members(&self, node: &Arc<Node>, below: &[usize], number: usize, above: &[usize]) -> Vec<Input> {
        let mut place = unravel(number, above);
        let first = place[self.axis] * self.split_every;
        place[self.axis] = first;
        let end = (first + self.split_every).min(below[self.axis]);
        self.along(node, below, ravel(&place, below), first..end)
    }

    /// The parts at these places along the axis, in the row of part `number`.
    fn along(&self, node: &Arc<Node>, lengths: &[usize], number: usize, places: std::ops::Range<usize>) -> Vec<Input> {
        let mut place = unravel(number, lengths);
        let part = |at| {
            place[self.axis] = at;
            Input { node: node.clone(), part: ravel(&place, lengths) as u32 }
        };
        places.map(part).collect()
    }
}

/// The number of a place in C order.
pub(crate) fn ravel(place: &[usize], lengths: &[usize]) -> usize {
    place.iter().zip(lengths).fold(0, |number, (&at, &length)| number * length + at)
}
