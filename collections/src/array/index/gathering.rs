//! Gathering: elements at many places along an axis, copied row by row.

use crate::array::chunk::Chunk;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, starts, unravel};
use crate::array::layers::{blockwise_with, chunk_task_with};
use crate::array::lazy::Lazy;
use crate::array::select::Selection;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Chosen, Fault, Function, Inputs, Reads};
use std::collections::HashMap;
use std::sync::Arc;

/// Runs of elements in a chunk, on average, up to which they are taken one run after the other.
const FEW_RUNS: usize = 4;

/// A place along an axis: which of some chunks, and where in it.
pub(crate) type Pick = (usize, usize);

/// What is at these places along an axis of chunks that are of one shape but for their length on it.
pub(crate) fn gather<T: Element>(chunks: Vec<Chunk<T>>, axis: usize, picks: &[Pick]) -> Result<Chunk<T>, Fault> {
    let mut shape = chunks.first().ok_or_else(|| Fault::failed("there is nothing to take from"))?.shape().to_vec();
    for chunk in &chunks {
        let mut expected = shape.clone();
        expected[axis] = chunk.shape()[axis];
        if chunk.shape() != expected {
            let found = chunk.shape().to_vec();
            return Err(Fault::failed(ArrayFault::BlockShape { operation: "take", found, expected }));
        }
    }
    let (outer, inner) = (shape[..axis].iter().product::<usize>(), shape[axis + 1..].iter().product::<usize>());
    let chunks: Vec<Chunk<T>> = chunks.into_iter().map(Chunk::in_order).collect();
    let rows: Vec<(&[T], usize)> =
        chunks.iter().map(|chunk| (chunk.as_slice().unwrap_or(&[]), chunk.shape()[axis])).collect();
    shape[axis] = picks.len();
    let mut all = Vec::with_capacity(outer * picks.len() * inner);
    for number in 0..outer {
        for &(chunk, place) in picks {
            let (elements, length) = rows[chunk];
            all.extend_from_slice(&elements[(number * length + place) * inner..][..inner]);
        }
    }
    Ok(Chunk::new(&shape, all))
}

/// Chunks for elements at these places: whole groups from one chunk if they are in order, and else chunks as long as
/// the longest one that there was.
fn lengths(chunks: &[usize], places: &[usize]) -> Vec<usize> {
    let longest = chunks.iter().copied().max().unwrap_or(1).max(1);
    let mut groups = vec![places.len()];
    if places.is_sorted() {
        let begins = starts(chunks);
        let before = |end: &usize| places.partition_point(|place| place < end);
        groups = begins.windows(2).map(|pair| before(&pair[1]) - before(&pair[0])).collect();
    }
    let cut = |group: usize| (0..group).step_by(longest).map(move |done| longest.min(group - done));
    let lengths: Vec<usize> = groups.into_iter().flat_map(cut).collect();
    if lengths.is_empty() { vec![0] } else { lengths }
}

impl<T: Element> Array<T> {
    /// The elements at known places of an axis.
    #[track_caller]
    pub(crate) fn at_places(&self, axis: usize, places: &[usize]) -> Result<Self, ArrayError> {
        let chunks = self.grid.axis(axis);
        let lengths = lengths(chunks, places);
        let selection = Selection::places(chunks, places, &lengths);
        let identity = Identity::of("take").data(&(axis, places));
        if selection.runs.iter().map(Vec::len).sum::<usize>() <= FEW_RUNS * lengths.len() {
            let mut axes: Vec<Selection> = self.grid.chunks().iter().map(|chunks| Selection::all(chunks)).collect();
            axes[axis] = selection;
            return self.select("take", identity, axes, T::default());
        }
        // For each chunk of the result the chunks that it is taken from, and the places in them.
        let begins = starts(chunks);
        let mut rest = places;
        let sources: Vec<(Vec<usize>, Vec<Pick>)> = lengths
            .iter()
            .map(|&length| {
                let (own, after) = rest.split_at(length);
                rest = after;
                sources(&begins, own)
            })
            .collect();
        let mut all = self.grid.chunks().to_vec();
        all[axis] = lengths;
        let grid = Grid::new(all)?;
        let identity = identity.node(&self.node);
        Ok(match sources.iter().all(|(chunks, _)| chunks.len() == 1) {
            true => self.gathered_blocks(axis, grid, sources, identity),
            false => self.gathered_tasks(axis, grid, sources, identity),
        }
        .split_like(self))
    }

    /// Each block comes from one.
    #[track_caller]
    fn gathered_blocks(
        &self,
        axis: usize,
        grid: Grid,
        sources: Vec<(Vec<usize>, Vec<Pick>)>,
        identity: Identity,
    ) -> Self {
        let source = |part: usize| {
            let mut block = grid.block(part);
            block[axis] = sources[block[axis]].0[0];
            self.grid.part(&block) as u32
        };
        let chosen = Chosen::new((0..grid.parts()).map(source).collect());
        let reads = vec![Reads { node: self.node.clone(), chosen: Some(Arc::new(chosen)) }];
        let numblocks = grid.numblocks();
        let block = blockwise_with((numblocks, sources, axis), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (numblocks, sources, axis) = &**env;
            let axis = *axis;
            let at = unravel(index as usize, numblocks)[axis];
            Ok(gather(vec![Lazy::<T>::of(flow, 0)?.into_chunk()?], axis, &sources[at].1)?.into())
        });
        Array::blocks("take", identity, grid, reads, block)
    }

    /// Blocks come from several.
    #[track_caller]
    fn gathered_tasks(
        &self,
        axis: usize,
        grid: Grid,
        sources: Vec<(Vec<usize>, Vec<Pick>)>,
        identity: Identity,
    ) -> Self {
        let (chunks, functions): (Vec<Vec<usize>>, Vec<Function>) = sources
            .into_iter()
            .map(|(chunks, picks)| {
                let task = chunk_task_with((axis, picks), |(axis, picks), chunks: &[&Chunk<T>]| {
                    gather(chunks.iter().map(|&chunk| chunk.clone()).collect(), *axis, picks)
                });
                (chunks, task)
            })
            .unzip();
        let task = |part: usize| -> (Function, Inputs) {
            let mut block = grid.block(part);
            let at = block[axis];
            let input = |&chunk: &usize| {
                block[axis] = chunk;
                self.input(&block)
            };
            (functions[at].clone(), chunks[at].iter().map(input).collect())
        };
        let tasks = (0..grid.parts()).map(task).collect();
        Array::tasks("take", identity, grid, tasks)
    }
}

/// The chunks that places are in, each once, and which of them each place is in.
fn sources(begins: &[usize], places: &[usize]) -> (Vec<usize>, Vec<Pick>) {
    let mut chunks = Vec::new();
    let mut known: HashMap<usize, usize> = HashMap::new();
    let mut pick = |&place: &usize| {
        let chunk = begins.partition_point(|&begin| begin <= place) - 1;
        let number = *known.entry(chunk).or_insert_with(|| {
            chunks.push(chunk);
            chunks.len() - 1
        });
        (number, place - begins[chunk])
    };
    let picks = places.iter().map(&mut pick).collect();
    (chunks, picks)
}
