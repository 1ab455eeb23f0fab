//! Reductions: an accumulator for each result, filled block by block and merged along a tree.

use crate::array::axes::Axes;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayFault;
use crate::array::grid::{Grid, unravel};
use crate::array::layers::{Built, blockwise_with, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::tree::Tree;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Data, Fault, Input, Kind, Node, Place, Travels};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How elements become a result. Accumulators are merged in the order of the elements that they saw.
pub(crate) trait Fold: Clone + Travels {
    /// What is reduced.
    type Item: Element;
    /// What is kept of the elements so far.
    type Acc: Data + Clone;
    /// What comes of it.
    type Out: Element;
    /// Whether it has to know where elements stand. If not, it is given longer runs, and 0 for each place.
    const PLACED: bool = false;

    /// The accumulator of no elements.
    fn empty(&self) -> Self::Acc;

    /// One more element, number `place` of those that are reduced to one.
    fn add(&self, acc: &mut Self::Acc, x: Self::Item, place: usize);

    /// Elements that follow each other, the first one being number `place`.
    fn add_run(&self, acc: &mut Self::Acc, run: &[Self::Item], place: usize) {
        run.iter().enumerate().for_each(|(at, &x)| self.add(acc, x, place + at));
    }

    /// One element for each of several accumulators, being number `place` of each.
    fn add_each(&self, accs: &mut [Self::Acc], row: &[Self::Item], place: usize) {
        accs.iter_mut().zip(row).for_each(|(acc, &x)| self.add(acc, x, place));
    }

    /// What later elements came to.
    fn merge(&self, acc: &mut Self::Acc, later: &Self::Acc);

    /// The result.
    fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, ArrayFault>;
}

/// Accumulators of a block: one for each result, in C order. Axes that are reduced have length 1.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Partial<A> {
    pub(crate) shape: Vec<usize>,
    pub(crate) accs: Vec<A>,
}

/// Where a block stands in the whole array: its first place and the array's lengths, on each axis.
#[derive(Default)]
pub(crate) struct Site {
    origin: Dims,
    shape: Dims,
}

/// What a block comes to.
pub(crate) fn fold_block<F: Fold>(
    fold: &F,
    lazy: Lazy<F::Item>,
    reduced: &[bool],
    site: &Site,
) -> Result<Partial<F::Acc>, Fault> {
    let shape: Dims = lazy.shape().into();
    let out: Vec<usize> =
        shape.iter().zip(reduced).map(|(&length, &reduced)| if reduced { 1 } else { length }).collect();
    let mut accs = vec![fold.empty(); out.iter().product()];
    let (lengths, flags) = if F::PLACED { (shape, reduced.to_vec()) } else { merged_axes(&shape, reduced) };
    let last = lengths.len().saturating_sub(1);
    let (row, run) = (lengths.last().copied().unwrap_or(1), flags.last().copied().unwrap_or(true));
    let outer = lengths.get(..last).unwrap_or(&[]);
    lazy.for_each_tile(|start, tile| {
        let (mut at, mut column, mut rest) = (start / row, start % row, tile);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(row - column));
            let index = unravel(at, outer);
            let result = index.iter().zip(&flags).zip(&lengths).filter(|((_, flag), _)| !**flag);
            let result = result.fold(0, |result, ((&i, _), &length)| result * length + i);
            let place = if F::PLACED { place_of(&index, column, reduced, site) } else { 0 };
            match run {
                true => fold.add_run(&mut accs[result], piece, place),
                false => fold.add_each(&mut accs[result * row + column..][..piece.len()], piece, place),
            }
            (at, column, rest) = (at + 1, 0, after);
        }
    })?;
    Ok(Partial { shape: out, accs })
}

/// The number of an element among those that are reduced with it.
fn place_of(index: &[usize], column: usize, reduced: &[bool], site: &Site) -> usize {
    let all = index.iter().chain(std::iter::once(&column)).zip(reduced);
    let places = all.zip(site.origin.iter().zip(&site.shape)).filter(|((_, reduced), _)| **reduced);
    places.fold(0, |place, ((&i, _), (&origin, &length))| place * length + origin + i)
}

/// Neighbouring axes that are both reduced, or both not, as one.
fn merged_axes(shape: &[usize], reduced: &[bool]) -> (Dims, Vec<bool>) {
    let (mut lengths, mut flags): (Dims, Vec<bool>) = Default::default();
    for (&length, &flag) in shape.iter().zip(reduced) {
        match lengths.last_mut() {
            Some(last) if flags.last() == Some(&flag) => *last *= length,
            _ => {
                lengths.push(length);
                flags.push(flag);
            }
        }
    }
    (lengths, flags)
}

/// The results of accumulators; axes that were reduced stay with length 1 or go.
fn finish<F: Fold>(fold: &F, partial: &Partial<F::Acc>, reduced: &[bool], keep: bool) -> Result<Chunk<F::Out>, Fault> {
    let results: Result<Vec<F::Out>, ArrayFault> = partial.accs.iter().map(|acc| fold.finish(acc)).collect();
    let kept = partial.shape.iter().zip(reduced).filter(|(_, reduced)| keep || !**reduced);
    let shape: Dims = kept.map(|(&length, _)| length).collect();
    Ok(Chunk::new(&shape, results.map_err(Fault::failed)?))
}

pub(crate) fn merge<F: Fold>(fold: &F, partials: &[&Partial<F::Acc>]) -> Result<Partial<F::Acc>, Fault> {
    let (first, rest) = partials.split_first().ok_or_else(|| Fault::failed("nothing to merge"))?;
    let mut merged = (*first).clone();
    for partial in rest {
        if partial.shape != merged.shape {
            let (found, expected) = (partial.shape.clone(), merged.shape);
            return Err(Fault::failed(ArrayFault::BlockShape { operation: "a reduction", found, expected }));
        }
        merged.accs.iter_mut().zip(&partial.accs).for_each(|(acc, later)| fold.merge(acc, later));
    }
    Ok(merged)
}

/// The blocks of a reduction's result, and the blocks that each comes from in C order.
pub(crate) fn targets(grid: &Grid, reduced: &[bool], keep: bool) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let kept = |axis: &usize| !reduced[*axis];
    let outer: Vec<usize> = (0..grid.ndim()).filter(kept).collect();
    let numblocks = grid.numblocks();
    let mut sources = vec![Vec::new(); outer.iter().map(|&axis| numblocks[axis]).product()];
    for part in 0..grid.parts() {
        let block = grid.block(part);
        let target = outer.iter().fold(0, |target, &axis| target * numblocks[axis] + block[axis]);
        sources[target].push(part);
    }
    let chunks = (0..grid.ndim()).filter(|axis| keep || kept(axis));
    let chunks = chunks.map(|axis| if reduced[axis] { vec![1] } else { grid.axis(axis).to_vec() }).collect();
    (chunks, sources)
}

impl<T: Element> Array<T> {
    /// A reduction over some axes. `identity` is told of everything but the array and the axes.
    #[track_caller]
    pub(crate) fn reduce<F: Fold<Item = T>>(
        &self,
        name: &'static str,
        identity: Identity,
        axes: &Axes,
        fold: F,
    ) -> Built<Array<F::Out>> {
        self.sound()?;
        let reduced = axes.flags(name, self.ndim())?;
        let keep = axes.keeps();
        let (chunks, sources) = targets(&self.grid, &reduced, keep);
        let grid = Grid::new(chunks)?;
        let identity = identity.node(&self.node).data(&(&reduced, keep));
        let reads = vec![self.node.clone().into()];
        let env = (fold, reduced, keep, self.grid.clone());
        let site = |(_, flags, _, own): &(F, Vec<bool>, bool, Arc<Grid>), index: u32| {
            let block = own.block(index as usize);
            // Only folds that ask for places use these, of axes that are reduced, and all lengths along these are known.
            let origin = block.iter().enumerate();
            let origin = origin.map(|(axis, &at)| if flags[axis] { own.range(axis, at).start } else { 0 });
            Site { origin: if F::PLACED { origin.collect() } else { Dims::new() }, shape: own.shape().into() }
        };
        if sources.iter().all(|parts| parts.len() == 1) {
            let block = blockwise_with(env, move |env, index, flows| {
                let [flow] = crate::layer::inputs(flows)?;
                let (fold, reduced, keep, _) = &**env;
                let partial = fold_block(fold, Lazy::of(flow, 0)?, reduced, &site(env, index))?;
                Ok(finish(fold, &partial, reduced, *keep)?.into())
            });
            return Ok(Array::blocks(name, identity, grid, reads, block).split_like(self));
        }
        let ends = (env.0.clone(), env.1.clone(), keep);
        let block = valued_with(env, move |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            fold_block(&env.0, Lazy::of(flow, 0)?, &env.1, &site(env, index))
        });
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs: reads };
        let key = identity.clone().key::<Partial<F::Acc>>(name);
        let partials = Arc::new(Node::new(key, kind, Place::here()));
        let input = |part: usize| Input { node: partials.clone(), part: part as u32 };
        let lists = sources.into_iter().map(|parts| parts.into_iter().map(input).collect()).collect();
        type Ends<F> = (F, Vec<bool>, bool);
        let combine = |(fold, ..): &Ends<F>, partials: &[&Partial<F::Acc>]| merge(fold, partials);
        let last = |(fold, reduced, keep): &Ends<F>, partial: &Partial<F::Acc>| finish(fold, partial, reduced, *keep);
        let tree = Tree { name, lists, split_every: self.split_every };
        Ok(tree.grown_with(identity, grid, "aggregate", ends, combine, last).split_like(self))
    }
}
