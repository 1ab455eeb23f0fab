//! Selecting: arrays whose elements are some of another array's, axis by axis. What slices, rechunks, rolls, flips,
//! takes, repeats and pads has in common.

use super::chunk::{Chunk, Dims};
use super::error::{ArrayError, ArrayFault};
use super::grid::{Grid, UNKNOWN, starts};
use super::layers::{blockwise_with, chunk_task_with};
use super::lazy::Lazy;
use super::{Array, Element};
use crate::identity::Identity;
use ndarray::{ArrayViewMutD, IxDyn, SliceInfoElem};
use partita_graph::{Chosen, Fault, Function, Inputs, Plain, Reads};
use std::collections::HashMap;
use std::sync::Arc;

/// Elements of one chunk of an axis that follow each other in a chunk of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The chunk that they come from.
    pub(crate) chunk: usize,
    /// The first of them, in that chunk.
    pub(crate) start: usize,
    /// From one to the next; 0 to repeat one.
    pub(crate) step: isize,
    /// How many.
    pub(crate) count: usize,
    /// Where the first one goes, in the chunk of the result.
    pub(crate) to: usize,
}

/// One axis of the result: its chunks, and what each of them is made of. Elements that no run covers are left to the
/// fill value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) chunks: Vec<usize>,
    pub(crate) runs: Vec<Vec<Run>>,
}

partita_graph::travels!(Run { chunk, start, step, count, to });
partita_graph::travels!(Selection { chunks, runs });
partita_graph::travels!(Piece { input, runs });

impl Selection {
    /// All of an axis.
    pub(crate) fn all(chunks: &[usize]) -> Self {
        let run = |(chunk, &count): (usize, &usize)| vec![Run { chunk, start: 0, step: 1, count, to: 0 }];
        Selection { chunks: chunks.to_vec(), runs: chunks.iter().enumerate().map(run).collect() }
    }

    /// The elements `start, start + step, …` of an axis, `count` of them. Each chunk of the result comes from one chunk;
    /// chunks without elements go, unless all of them would.
    pub(crate) fn range(chunks: &[usize], start: usize, step: isize, count: usize) -> Self {
        if count == 0 {
            return Selection {
                chunks: vec![0],
                runs: vec![vec![Run { chunk: 0, start: 0, step: 1, count: 0, to: 0 }]],
            };
        }
        let mut selection = Selection { chunks: Vec::new(), runs: Vec::new() };
        let begins = starts(chunks);
        let mut done = 0;
        while done < count {
            let at = start.wrapping_add_signed(done as isize * step);
            let chunk = begins.partition_point(|&begin| begin <= at) - 1;
            let within = at - begins[chunk];
            let fit = if step > 0 {
                (chunks[chunk] - within).div_ceil(step as usize)
            } else {
                within / step.unsigned_abs() + 1
            };
            let taken = fit.min(count - done);
            selection.chunks.push(taken);
            selection.runs.push(vec![Run { chunk, start: within, step, count: taken, to: 0 }]);
            done += taken;
        }
        selection
    }

    /// The same axis in other chunks, which must be as long together.
    pub(crate) fn rechunked(old: &[usize], new: &[usize]) -> Self {
        let (begins, ends) = (starts(old), starts(new));
        let runs = |at: usize| {
            let (first, end) = (ends[at], ends[at + 1]);
            let mut runs = Vec::new();
            let mut chunk = begins.partition_point(|&begin| begin <= first).saturating_sub(1).min(old.len() - 1);
            let mut done = first;
            while done < end {
                let count = begins[chunk + 1].min(end) - done;
                if count > 0 {
                    runs.push(Run { chunk, start: done - begins[chunk], step: 1, count, to: done - first });
                }
                (done, chunk) = (done + count, chunk + 1);
            }
            if runs.is_empty() {
                runs.push(Run { chunk, start: 0, step: 1, count: 0, to: 0 });
            }
            runs
        };
        Selection { chunks: new.to_vec(), runs: (0..new.len()).map(runs).collect() }
    }

    /// Elements at these places of an axis, in this order, in chunks of these lengths.
    pub(crate) fn places(chunks: &[usize], places: &[usize], lengths: &[usize]) -> Self {
        let begins = starts(chunks);
        let mut rest = places;
        let mut runs = Vec::with_capacity(lengths.len());
        for &length in lengths {
            let (own, after) = rest.split_at(length);
            rest = after;
            let mut found: Vec<Run> = Vec::new();
            for (to, &place) in own.iter().enumerate() {
                let chunk = begins.partition_point(|&begin| begin <= place) - 1;
                let start = place - begins[chunk];
                if !found.last_mut().is_some_and(|run| run.takes(chunk, start)) {
                    found.push(Run { chunk, start, step: 1, count: 1, to });
                }
            }
            if found.is_empty() {
                found.push(Run { chunk: 0, start: 0, step: 1, count: 0, to: 0 });
            }
            runs.push(found);
        }
        Selection { chunks: lengths.to_vec(), runs }
    }

    /// Whether each chunk of the result is part of one chunk and nothing else.
    fn is_cut(&self) -> bool {
        let cut = |(runs, &length): (&Vec<Run>, &usize)| matches!(runs.as_slice(), [run] if run.count == length);
        self.runs.iter().zip(&self.chunks).all(cut)
    }

    /// Whether it is the axis as it was.
    fn is_all(&self, chunks: &[usize]) -> bool {
        self.chunks == chunks && *self == Selection::all(chunks)
    }
}

impl Run {
    /// Whether it is all of a chunk of this length.
    fn is_whole(&self, length: usize) -> bool {
        self.count == UNKNOWN || (self.start, self.step, self.count) == (0, 1, length)
    }

    /// The run's elements of a chunk: all of them, if only computing tells how many there are.
    fn of<T: Element>(&self, chunk: Chunk<T>, axis: usize) -> Chunk<T> {
        match self.count {
            UNKNOWN => chunk,
            count => chunk.cut(axis, self.start, self.step, count),
        }
    }

    /// Goes on with the element at `start` of a chunk, if it follows. The second element settles the step.
    fn takes(&mut self, chunk: usize, start: usize) -> bool {
        let step = start as isize - self.start as isize;
        let follows = self.chunk == chunk && (self.count == 1 || step == self.step * self.count as isize);
        if follows {
            self.step = if self.count == 1 { step } else { self.step };
            self.count += 1;
        }
        follows
    }
}

/// One piece of a block of the result: which of the task's inputs, and its runs, one for each axis.
struct Piece {
    input: usize,
    runs: Vec<Run>,
}

impl<T: Element> Array<T> {
    /// Some of the array's elements; `fill` stands where nothing was selected. `identity` is told of everything but the
    /// array's node.
    #[track_caller]
    pub(crate) fn select(
        &self,
        name: &str,
        identity: Identity,
        axes: Vec<Selection>,
        fill: T,
    ) -> Result<Self, ArrayError> {
        if axes.iter().enumerate().all(|(axis, selection)| selection.is_all(self.grid.axis(axis))) {
            return Ok(self.clone());
        }
        let grid = Grid::new(axes.iter().map(|selection| selection.chunks.clone()).collect())?;
        let identity = identity.node(&self.node);
        Ok(match axes.iter().all(Selection::is_cut) {
            true => self.cut_blocks(name, identity, axes, grid),
            false => self.pasted(name, identity, &axes, grid, fill),
        }
        .split_like(self))
    }

    /// Each block of the result is a part of one block.
    #[track_caller]
    fn cut_blocks(&self, name: &str, identity: Identity, axes: Vec<Selection>, grid: Grid) -> Self {
        let source = |part: usize| {
            let block = grid.block(part);
            let place: Dims = axes.iter().zip(&block).map(|(selection, &at)| selection.runs[at][0].chunk).collect();
            self.grid.part(&place) as u32
        };
        let chosen = Chosen::new((0..grid.parts()).map(source).collect());
        let reads = vec![Reads { node: self.node.clone(), chosen: Some(Arc::new(chosen)) }];
        let numblocks = grid.numblocks();
        let block = blockwise_with((axes, numblocks), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (axes, numblocks) = &**env;
            let place = super::grid::unravel(index as usize, numblocks);
            let lazy = Lazy::<T>::of(flow, 0)?;
            let run = |axis: usize| axes[axis].runs[place[axis]][0];
            if (0..axes.len()).all(|axis| run(axis).is_whole(lazy.shape()[axis])) {
                return Ok(lazy);
            }
            let cut = |chunk: Chunk<T>, axis: usize| run(axis).of(chunk, axis);
            Ok((0..axes.len()).fold(lazy.into_chunk()?, cut).into())
        });
        Array::blocks(name, identity, grid, reads, block)
    }

    /// Blocks of the result are put together of several.
    #[track_caller]
    fn pasted(&self, name: &str, identity: Identity, axes: &[Selection], grid: Grid, fill: T) -> Self {
        let task = |part: usize| -> (Function, Inputs) {
            let block = grid.block(part);
            let shape = grid.block_shape(&block);
            let mut inputs = Inputs::new();
            let mut pieces: Vec<Piece> = Vec::new();
            let own: Vec<&[Run]> =
                axes.iter().zip(&block).map(|(selection, &at)| selection.runs[at].as_slice()).collect();
            let counts: Dims = own.iter().map(|runs| runs.len()).collect();
            let mut known: HashMap<u32, usize> = HashMap::new();
            for number in 0..counts.iter().product() {
                let at = super::grid::unravel(number, &counts);
                let runs: Vec<Run> = own.iter().zip(&at).map(|(runs, &at)| runs[at]).collect();
                let source: Dims = runs.iter().map(|run| run.chunk).collect();
                let input = self.input(&source);
                let input = *known.entry(input.part).or_insert_with(|| {
                    inputs.push(input);
                    inputs.len() - 1
                });
                pieces.push(Piece { input, runs });
            }
            if inputs.is_empty() && shape.contains(&UNKNOWN) {
                // Only a block beside it tells how long it is.
                let beside: Dims = own.iter().map(|runs| runs.first().map_or(0, |run| run.chunk)).collect();
                inputs.push(self.input(&beside));
            }
            (paste(shape, pieces, fill), inputs)
        };
        let tasks = (0..grid.parts()).map(task).collect();
        Array::tasks(name, identity, grid, tasks)
    }
}

/// The function of a task that puts pieces of its inputs into one block.
fn paste<T: Element>(shape: Dims, pieces: Vec<Piece>, fill: T) -> Function {
    chunk_task_with((shape, pieces, Plain(fill)), |(shape, pieces, fill), chunks: &[&Chunk<T>]| {
        let fill = fill.0;
        // Axes whose lengths are not known are selected as a whole, and each piece has all of them.
        let mut shape = shape.clone();
        for (axis, length) in shape.iter_mut().enumerate().filter(|(_, length)| **length == UNKNOWN) {
            *length = chunks.first().map_or(0, |chunk| chunk.shape()[axis]);
        }
        let cut = |chunk: Chunk<T>, (axis, run): (usize, &Run)| run.of(chunk, axis);
        match pieces.as_slice() {
            [] => return Ok(Chunk::full(&shape, fill)),
            // A block that is part of one block is a view of it.
            [Piece { input, runs }]
                if runs.iter().zip(&shape).all(|(run, length)| run.count == UNKNOWN || run.count == *length) =>
            {
                return Ok(runs.iter().enumerate().fold(chunks[*input].clone(), cut));
            }
            _ => {}
        }
        let mut all = vec![fill; shape.iter().product()];
        for Piece { input, runs } in pieces {
            if runs.iter().any(|run| run.count == 0) {
                continue;
            }
            let piece = runs.iter().enumerate().fold(chunks[*input].clone(), cut);
            let fits = |(axis, &length): (usize, &usize)| runs[axis].count != UNKNOWN || length == shape[axis];
            if !piece.shape().iter().enumerate().all(fits) {
                let (found, expected) = (piece.shape().to_vec(), shape.to_vec());
                return Err(Fault::failed(ArrayFault::BlockShape { operation: "a selection", found, expected }));
            }
            let to: Dims = runs.iter().map(|run| run.to).collect();
            put(&mut all, &shape, &piece, &to)?;
        }
        Ok(Chunk::new(&shape, all))
    })
}

/// Writes a piece into a block of this shape, from place `to` on.
pub(crate) fn put<T: Element>(all: &mut [T], shape: &[usize], piece: &Chunk<T>, to: &[usize]) -> Result<(), Fault> {
    let whole = ArrayViewMutD::from_shape(IxDyn(shape), all).map_err(Fault::failed)?;
    let slices: Vec<SliceInfoElem> =
        to.iter().zip(piece.shape()).map(|(&to, &length)| (to..to + length).into()).collect();
    let mut place = whole.slice_move(slices.as_slice());
    place.assign(&piece.view());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(chunk: usize, start: usize, step: isize, count: usize, to: usize) -> Run {
        Run { chunk, start, step, count, to }
    }

    #[test]
    fn ranges_keep_to_chunks() {
        let every_third = Selection::range(&[4, 4, 4], 1, 3, 4);
        assert_eq!(every_third.chunks, [1, 2, 1]);
        assert_eq!(every_third.runs, [vec![run(0, 1, 3, 1, 0)], vec![run(1, 0, 3, 2, 0)], vec![run(2, 2, 3, 1, 0)]]);
        let backwards = Selection::range(&[4, 0, 4], 6, -3, 3);
        assert_eq!(backwards.runs, [vec![run(2, 2, -3, 1, 0)], vec![run(0, 3, -3, 2, 0)]]);
        assert_eq!(Selection::range(&[4], 0, 1, 0).chunks, [0]);
    }

    #[test]
    fn other_chunks_are_made_of_old_ones() {
        let new = Selection::rechunked(&[3, 0, 3], &[2, 0, 4]);
        assert_eq!(new.runs[0], [run(0, 0, 1, 2, 0)]);
        assert_eq!(new.runs[1].iter().map(|run| run.count).sum::<usize>(), 0);
        assert_eq!(new.runs[2], [run(0, 2, 1, 1, 0), run(2, 0, 1, 3, 1)]);
    }

    #[test]
    fn places_become_runs() {
        let some = Selection::places(&[3, 3], &[0, 2, 5, 4, 3, 3], &[4, 2]);
        assert_eq!(some.runs[0], [run(0, 0, 2, 2, 0), run(1, 2, -1, 2, 2)]);
        assert_eq!(some.runs[1], [run(1, 0, 0, 2, 0)]);
    }
}
