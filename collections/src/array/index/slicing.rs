//! Slicing: ranges, single places and new axes, written with ndarray's `s!`.

use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{Built, blockwise, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::select::Selection;
use crate::array::{Array, Element};
use ndarray::SliceInfoElem;
use partita_graph::{Chosen, Reads};
use std::sync::Arc;

/// Elements `start, start + step, …` of an axis, `count` of them; `None` is all of the axis.
pub(crate) type Span = Option<(usize, isize, usize)>;

/// What slices ask of an array.
pub(crate) struct Sliced {
    /// One for each axis of the array.
    pub(crate) spans: Vec<Span>,
    /// The axes of the array that go: they were asked for one place.
    pub(crate) dropped: Vec<bool>,
    /// Axes of length 1 in the result.
    pub(crate) new: Vec<usize>,
}

/// A place of an axis, counted from its start.
pub(crate) fn place(axis: usize, index: isize, length: usize) -> Result<usize, ArrayError> {
    let from_start = if index < 0 { index.checked_add_unsigned(length) } else { Some(index) };
    let place = from_start.and_then(|index| usize::try_from(index).ok()).filter(|&place| place < length);
    place.ok_or(ArrayError::Index { index, axis, length })
}

/// Where a bound of a range is on an axis; bounds outside of it are its ends.
fn bound(index: isize, length: usize) -> usize {
    let from_start = if index < 0 { index.saturating_add_unsigned(length).max(0) } else { index };
    from_start.unsigned_abs().min(length)
}

/// The elements that a range names.
fn span(start: isize, end: Option<isize>, step: isize, length: usize) -> (usize, isize, usize) {
    let first = bound(start, length);
    let end = end.map_or(length, |end| bound(end, length)).max(first);
    let count = (end - first).div_ceil(step.unsigned_abs().max(1));
    // A step that leads out of the axis is not taken.
    (if step < 0 && count > 0 { end - 1 } else { first }, if count > 1 { step } else { 1 }, count)
}

impl Sliced {
    /// Reads slices of an array of this shape; axes that none is given for are taken whole.
    pub(crate) fn read(operation: &'static str, slices: &[SliceInfoElem], shape: &[usize]) -> Result<Self, ArrayError> {
        let given = slices.iter().filter(|slice| !matches!(slice, SliceInfoElem::NewAxis)).count();
        if given > shape.len() {
            let value = format!("{given} of them for an array of {} axes", shape.len());
            let allowed = "there can be one for each axis, and new axes";
            return Err(ArrayError::Argument { operation, argument: "slices", value, allowed });
        }
        let mut read = Sliced { spans: Vec::new(), dropped: Vec::new(), new: Vec::new() };
        let mut out = 0;
        for slice in slices {
            let axis = read.spans.len();
            let whole = matches!(slice, SliceInfoElem::Slice { start: 0, end: None, step: 1 });
            if !whole && !matches!(slice, SliceInfoElem::NewAxis) && shape[axis] == UNKNOWN {
                return Err(ArrayError::Unknown { operation, axis });
            }
            match *slice {
                SliceInfoElem::NewAxis => read.new.push(out),
                SliceInfoElem::Index(index) => {
                    read.spans.push(Some((place(axis, index, shape[axis])?, 1, 1)));
                    read.dropped.push(true);
                    continue;
                }
                SliceInfoElem::Slice { step: 0, .. } => {
                    let (argument, value, allowed) = ("step", "0".to_string(), "elements must be some steps apart");
                    return Err(ArrayError::Argument { operation, argument, value, allowed });
                }
                SliceInfoElem::Slice { start, end, step } => {
                    read.spans.push((!whole).then(|| span(start, end, step, shape[axis])));
                    read.dropped.push(false);
                }
            }
            out += 1;
        }
        read.spans.resize(shape.len(), None);
        read.dropped.resize(shape.len(), false);
        Ok(read)
    }

    /// The elements of each axis.
    pub(crate) fn selections(&self, grid: &Grid) -> Vec<Selection> {
        let axes = self.spans.iter().enumerate();
        axes.map(|(axis, span)| match *span {
            None => Selection::all(grid.axis(axis)),
            Some((start, step, count)) => Selection::range(grid.axis(axis), start, step, count),
        })
        .collect()
    }
}

impl<T: Element> Array<T> {
    /// Part of the array: NumPy's `x[...]` with ranges, single places and new axes, as ndarray's [`s!`] writes them.
    ///
    /// Negative bounds and places count from the end, ranges that reach over the ends of an axis are cut to it, axes
    /// without a slice are taken whole, and an axis that is asked for one place goes. Slices of slices run as one task
    /// a block. As in ndarray, a range says which elements there are and the sign of its step in which direction:
    /// `s![2..6;-1]` are the elements 5, 4, 3, 2, for which NumPy writes `5:1:-1`.
    ///
    /// ```
    /// use partita_collections::{Array, array::{NewAxis, s}, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6], [7, 8, 9]], 2);
    /// assert_eq!(on_reference(&x.slice(s![1.., ..;-1]))?, ndarray::array![[6, 5, 4], [9, 8, 7]].into_dyn());
    /// assert_eq!(on_reference(&x.slice(s![-1, ..-1]))?, ndarray::array![7, 8].into_dyn());
    /// assert_eq!(x.slice(s![.., NewAxis, 0]).shape(), [3, 1]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    ///
    /// [`s!`]: ndarray::s
    #[track_caller]
    pub fn slice(&self, slices: impl AsRef<[SliceInfoElem]>) -> Self {
        Array::built(self.try_slice(slices.as_ref()))
    }

    #[track_caller]
    fn try_slice(&self, slices: &[SliceInfoElem]) -> Built<Self> {
        self.sound()?;
        let sliced = Sliced::read("slice", slices, self.shape())?;
        let identity = crate::identity::Identity::of("getitem").data(&sliced.spans);
        let cut = self.select("getitem", identity, sliced.selections(&self.grid), T::default())?;
        Ok(cut.exchanged_axes(&sliced.dropped, &sliced.new)?)
    }

    /// What is at one place of an axis, which goes; NumPy's `take` of one index. Negative places count from the end.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6]], 2);
    /// assert_eq!(on_reference(&x.index_axis(-1, 0))?, ndarray::array![1, 4].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn index_axis(&self, axis: isize, index: isize) -> Self {
        let slices = || {
            self.sound()?;
            let axis = crate::array::axes::resolve("index_axis", axis, self.ndim())?;
            let whole = SliceInfoElem::Slice { start: 0, end: None, step: 1 };
            let mut slices = vec![whole; axis];
            slices.push(SliceInfoElem::Index(index));
            Ok(slices)
        };
        Array::built(match slices() {
            Ok(slices) => self.try_slice(&slices),
            Err(stop) => Err(stop),
        })
    }

    /// Some of the array's blocks, side by side; Dask's `blocks` and `partitions`. The slices are those of the grid of
    /// blocks; one block of an axis keeps the axis.
    ///
    /// ```
    /// use partita_collections::{Array, array::s, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 10, 1, 4);
    /// assert_eq!(on_reference(&x.partitions(s![1]))?, ndarray::array![4, 5, 6, 7].into_dyn());
    /// assert_eq!(x.partitions(s![..;-1]).chunks(), [vec![2, 4, 4]]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn partitions(&self, slices: impl AsRef<[SliceInfoElem]>) -> Self {
        Array::built(self.try_partitions(slices.as_ref()))
    }

    #[track_caller]
    fn try_partitions(&self, slices: &[SliceInfoElem]) -> Built<Self> {
        self.sound()?;
        let numblocks = self.numblocks();
        if slices.iter().any(|slice| matches!(slice, SliceInfoElem::NewAxis)) {
            let (argument, allowed) = ("slices", "they can be ranges and places, without new axes");
            let value = "a new axis".to_string();
            return Err(ArrayError::Argument { operation: "partitions", argument, value, allowed }.into());
        }
        let sliced = Sliced::read("partitions", slices, &numblocks)?;
        let picked: Vec<Vec<usize>> = (0..self.ndim())
            .map(|axis| match sliced.spans[axis] {
                None => (0..numblocks[axis]).collect(),
                Some((start, step, count)) => {
                    (0..count).map(|k| start.wrapping_add_signed(k as isize * step)).collect()
                }
            })
            .collect();
        if let Some(axis) = picked.iter().position(Vec::is_empty) {
            let (argument, allowed) = ("slices", "at least one block of each axis must be left");
            let value = format!("no block of axis {axis}");
            return Err(ArrayError::Argument { operation: "partitions", argument, value, allowed }.into());
        }
        let lengths =
            |(axis, picked): (usize, &Vec<usize>)| picked.iter().map(|&at| self.grid.axis(axis)[at]).collect();
        let grid = Grid::new(picked.iter().enumerate().map(lengths).collect())?;
        let source = |part: usize| {
            let block = grid.block(part);
            let own: Vec<usize> = block.iter().zip(&picked).map(|(&at, picked)| picked[at]).collect();
            self.grid.part(&own) as u32
        };
        let chosen = Chosen::new((0..grid.parts()).map(source).collect());
        let reads = vec![Reads { node: self.node.clone(), chosen: Some(Arc::new(chosen)) }];
        let block = blockwise(move |_, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            Lazy::<T>::of(flow, 0)
        });
        let identity = self.identity("partitions").data(&picked);
        Ok(Array::blocks("partitions", identity, grid, reads, block).split_like(self))
    }

    /// Without the named axes, which must be of length 1, and then with axes of length 1 where `new` says they are in
    /// the result.
    #[track_caller]
    pub(crate) fn exchanged_axes(&self, dropped: &[bool], new: &[usize]) -> Result<Self, ArrayError> {
        if !dropped.contains(&true) && new.is_empty() {
            return Ok(self.clone());
        }
        let left = self.grid.chunks().iter().zip(dropped).filter(|(_, dropped)| !**dropped);
        let mut chunks: Vec<Vec<usize>> = left.map(|(chunks, _)| chunks.clone()).collect();
        new.iter().for_each(|&axis| chunks.insert(axis, vec![1]));
        let grid = Grid::new(chunks)?;
        let identity = self.identity("exchanged_axes").data(&(dropped, new));
        let (dropped, new) = (dropped.to_vec(), new.to_vec());
        // Axes that go have one chunk, so that blocks keep their numbers.
        let block = blockwise_with((dropped, new), |env, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (dropped, new) = &**env;
            Ok(match Lazy::<T>::of(flow, 0)? {
                Lazy::Chunk(chunk) => {
                    let gone = (0..dropped.len()).rev().filter(|&axis| dropped[axis]);
                    let left = gone.fold(chunk, |chunk, axis| chunk.pick(axis, 0));
                    new.iter().fold(left, |chunk, &axis| chunk.with_axis(axis)).into()
                }
                lane => {
                    let left = lane.shape().iter().zip(dropped).filter(|(_, dropped)| !**dropped);
                    let mut shape: Vec<usize> = left.map(|(&length, _)| length).collect();
                    new.iter().for_each(|&axis| shape.insert(axis, 1));
                    lane.reshaped(&shape)
                }
            })
        });
        Ok(Array::blocks("exchanged_axes", identity, grid, vec![self.node.clone().into()], block).split_like(self))
    }

    /// The same array in another grid of the same shape.
    #[track_caller]
    pub(crate) fn regrid(&self, grid: &Grid) -> Built<Self> {
        if self.grid.is_known() {
            return self.rechunked(grid.clone());
        }
        let axes = self.grid.chunks().iter().zip(grid.chunks());
        let axes = axes.map(|(old, new)| match old == new {
            true => Selection::all(old),
            false => Selection::rechunked(old, new),
        });
        Ok(self.select("rechunk", crate::identity::Identity::of("rechunk"), axes.collect(), T::default())?)
    }

    /// The same array with one chunk along some axes, whose lengths must be known unless they are one chunk already.
    #[track_caller]
    pub(crate) fn whole_along(&self, operation: &'static str, axes: &[bool]) -> Built<Self> {
        let mut chunks = self.grid.chunks().to_vec();
        for (axis, _) in axes.iter().enumerate().filter(|(_, whole)| **whole) {
            if chunks[axis].len() > 1 {
                if self.shape()[axis] == UNKNOWN {
                    return Err(ArrayError::Unknown { operation, axis }.into());
                }
                chunks[axis] = vec![self.shape()[axis]];
            }
        }
        self.regrid(&Grid::new(chunks)?)
    }
}
