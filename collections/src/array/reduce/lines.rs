//! Lines: arrays in chunks that hold whole axes, for what cannot be put together of parts; and arrays in one row.

use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{Built, blockwise, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::select::Selection;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Fault, Travels};

impl<T: Element> Array<T> {
    /// It with one chunk along each axis that is flagged.
    #[track_caller]
    pub(crate) fn joined(&self, operation: &'static str, flags: &[bool]) -> Built<Self> {
        let joins = |axis: usize| flags[axis] && self.grid.axis(axis).len() > 1;
        if !(0..self.ndim()).any(joins) {
            return Ok(self.clone());
        }
        self.known_along(operation, joins)?;
        let selection = |axis: usize| match joins(axis) {
            true => Selection::rechunked(self.grid.axis(axis), &[self.shape()[axis]]),
            false => Selection::all(self.grid.axis(axis)),
        };
        let axes = (0..self.ndim()).map(selection).collect();
        Ok(self.select("rechunk-merge", Identity::of("rechunk-merge"), axes, T::default())?)
    }

    /// All elements in C order, along one axis.
    #[track_caller]
    pub(crate) fn in_a_row(&self, operation: &'static str) -> Built<Self> {
        self.sound()?;
        if self.ndim() == 1 {
            return Ok(self.clone());
        }
        self.known(operation)?;
        // Blocks must hold whole rows; those along the first axis with more than one element need not.
        let first = self.shape().iter().position(|&length| length != 1).unwrap_or(0);
        let flags: Vec<bool> = (0..self.ndim()).map(|axis| axis > first).collect();
        let rows = self.joined(operation, &flags)?;
        let rest: usize = self.shape().iter().skip(first + 1).product();
        let chunks = if self.ndim() == 0 { vec![1] } else { rows.grid.axis(first).iter().map(|n| n * rest).collect() };
        let rows = match (0..first).any(|axis| rows.grid.axis(axis).len() > 1) {
            // Axes of length 1 may have chunks of none beside that of one.
            true => rows.joined(operation, &vec![true; self.ndim()])?,
            false => rows,
        };
        let chunks = if rows.npartitions() == 1 { vec![self.size()] } else { chunks };
        let identity = rows.identity("in-a-row");
        let block = blockwise(move |_, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let lazy = Lazy::<T>::of(flow, 0)?;
            let len = lazy.len();
            Ok(lazy.reshaped(&[len]))
        });
        let reads = vec![rows.node.clone().into()];
        Ok(Array::blocks("ravel", identity, Grid::new(vec![chunks])?, reads, block).split_like(self))
    }

    /// An array with one axis as one of `ndim` axes, all but `axis` of length 1.
    #[track_caller]
    pub(crate) fn standing(&self, ndim: usize, axis: usize) -> Built<Self> {
        let chunks = (0..ndim).map(|at| if at == axis { self.grid.axis(0).to_vec() } else { vec![1] }).collect();
        let block = blockwise_with((ndim, axis), |env, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (ndim, axis) = **env;
            let lazy = Lazy::<T>::of(flow, 0)?;
            let mut shape: Dims = smallvec::smallvec![1; ndim];
            shape[axis] = lazy.len();
            Ok(lazy.reshaped(&shape))
        });
        let identity = self.identity("standing").data(&(axis as u64));
        Ok(Array::blocks("standing", identity, Grid::new(chunks)?, vec![self.node.clone().into()], block)
            .split_like(self))
    }

    /// Elements `start..` of an axis in chunks of these lengths, of all others all.
    #[track_caller]
    pub(crate) fn window(&self, name: &str, axis: usize, start: usize, lengths: &[usize]) -> Result<Self, ArrayError> {
        let own = self.grid.axis(axis);
        let end = self.shape()[axis] - start - lengths.iter().sum::<usize>();
        let around: Vec<usize> = std::iter::once(start).chain(lengths.iter().copied()).chain([end]).collect();
        let mut all = Selection::rechunked(own, &around);
        let runs = all.runs.drain(1..=lengths.len()).collect();
        let kept = Selection { chunks: lengths.to_vec(), runs };
        let selection = |at: usize| if at == axis { kept.clone() } else { Selection::all(self.grid.axis(at)) };
        let axes = (0..self.ndim()).map(selection).collect();
        self.select(name, Identity::of(name).data(&(axis as u64, start as u64)), axes, T::default())
    }

    /// Each line along the axes that are reduced made into one result, or into several that stand along a new first axis.
    #[track_caller]
    pub(crate) fn each_line<E: Travels, U: Element>(
        &self,
        name: &'static str,
        identity: Identity,
        reduced: &[bool],
        results: Lines,
        env: E,
        f: impl Fn(&E, &mut Vec<T>, &mut Vec<U>) + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        let flags = reduced.to_vec();
        let kept = self.grid.chunks().iter().zip(reduced).filter(|(_, reduced)| results.keep || !**reduced);
        let kept = kept.map(|(chunks, &reduced)| if reduced { vec![1] } else { chunks.clone() });
        let chunks = results.count.map(|count| vec![count]).into_iter().chain(kept).collect();
        let reads = vec![self.node.clone().into()];
        let block = blockwise_with((flags, results, env), move |env, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (flags, results, env) = &**env;
            let f = |line: &mut Vec<T>, all: &mut Vec<U>| f(env, line, all);
            Ok(lines_of(Lazy::of(flow, 0)?.into_chunk()?, flags, *results, f)?.into())
        });
        let identity = identity.node(&self.node).data(&(reduced, results.keep));
        Ok(Array::blocks(name, identity, Grid::new(chunks)?, reads, block).split_like(self))
    }
}

/// What lines become.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    /// How many results there are for each line, along a new first axis; one and no new axis, if not said.
    pub(crate) count: Option<usize>,
    /// Whether axes that lines are along stay, with length 1.
    pub(crate) keep: bool,
}

partita_graph::travels!(Lines { count, keep });

fn lines_of<T: Element, U: Element>(
    chunk: Chunk<T>,
    reduced: &[bool],
    results: Lines,
    f: impl Fn(&mut Vec<T>, &mut Vec<U>),
) -> Result<Chunk<U>, Fault> {
    let (along, across): (Vec<usize>, Vec<usize>) = (0..reduced.len()).partition(|&axis| reduced[axis]);
    let shape: Dims = chunk.shape().into();
    let line: usize = along.iter().map(|&axis| shape[axis]).product();
    let count: usize = across.iter().map(|&axis| shape[axis]).product();
    let order: Vec<usize> = across.iter().chain(&along).copied().collect();
    let turned = chunk.permuted(&order);
    let mut all = Vec::with_capacity(count * results.count.unwrap_or(1));
    let mut elements = Vec::with_capacity(line);
    for number in 0..count {
        elements.clear();
        if line > 0 {
            turned.append_to(&mut elements, number * line, line);
        }
        f(&mut elements, &mut all);
    }
    let kept = (0..shape.len()).filter(|&axis| results.keep || !reduced[axis]);
    let kept: Dims = kept.map(|axis| if reduced[axis] { 1 } else { shape[axis] }).collect();
    let Some(per_line) = results.count else { return Ok(Chunk::new(&kept, all)) };
    let mut order: Vec<usize> = vec![kept.len()];
    order.extend(0..kept.len());
    let all_shape: Dims = kept.iter().copied().chain([per_line]).collect();
    Ok(Chunk::new(&all_shape, all).permuted(&order))
}

/// Lengths of chunks without those of none, unless there are no others; unknown ones stay.
pub(crate) fn without_empty(chunks: Vec<usize>) -> Vec<usize> {
    let some: Vec<usize> = chunks.into_iter().filter(|&length| length > 0).collect();
    debug_assert!(!some.contains(&UNKNOWN));
    if some.is_empty() { vec![0] } else { some }
}
