//! Aligning: the grid that arrays of different shapes and chunks have in common, and how each of them is read in it.

use super::error::{ArrayError, Show};
use super::grid::{self, Grid, UNKNOWN, unravel};
use super::layers::{Built, blockwise_with};
use super::lazy::Lazy;
use super::{Array, Element, IntoShape};
use crate::identity::Identity;
use partita_graph::{Chosen, Fault, Kind, Reads};
use std::sync::Arc;

/// The grid of the shape that two shapes stretch to, with chunks that those of both are made of.
pub(crate) fn pair_grids(operation: &'static str, left: &Grid, right: &Grid) -> Result<Grid, ArrayError> {
    if left == right {
        return Ok(left.clone());
    }
    let ndim = left.ndim().max(right.ndim());
    let mut chunks = Vec::with_capacity(ndim);
    for axis in 0..ndim {
        let of = |grid: &Grid| (axis + grid.ndim()).checked_sub(ndim).map(|axis| (axis, grid.shape()[axis]));
        chunks.push(match (of(left), of(right)) {
            (None, Some((a, _))) => right.axis(a).to_vec(),
            (Some((a, _)), None) => left.axis(a).to_vec(),
            (Some((a, x)), Some((b, y))) => {
                let (one, other) = (left.axis(a), right.axis(b));
                match (x, y) {
                    _ if one == other => one.to_vec(),
                    (_, 1) => one.to_vec(),
                    (1, _) => other.to_vec(),
                    (UNKNOWN, _) | (_, UNKNOWN) => {
                        return Err(ArrayError::UnknownChunks { operation, left: one.len(), right: other.len() });
                    }
                    (x, y) if x == y => grid::refine(one, other),
                    (x, y) => {
                        let (left, right) = (left.shape().to_vec(), right.shape().to_vec());
                        return Err(ArrayError::Shapes {
                            operation,
                            left,
                            right,
                            axis,
                            left_length: x,
                            right_length: y,
                        });
                    }
                }
            }
            (None, None) => vec![1],
        });
    }
    Grid::new(chunks)
}

/// The pieces of an array's blocks that are the blocks of another grid; lengths of 1 are yet to be stretched.
pub(crate) struct Fitted {
    /// What is read.
    pub(crate) reads: Reads,
    cuts: Option<Cuts>,
}

/// For each axis that is cut, the start and the length of each chunk within the one that it comes from.
#[derive(Clone)]
struct Cuts {
    numblocks: super::chunk::Dims,
    axes: Vec<Option<Vec<(usize, usize)>>>,
}

/// How an array is read in a grid that [`pair_grids`] made of its own and others.
pub(crate) fn fit<T: Element>(array: &Array<T>, grid: &Grid) -> Fitted {
    let own = &array.grid;
    if **own == *grid {
        return Fitted { reads: array.node.clone().into(), cuts: None };
    }
    let new = grid.ndim() - own.ndim();
    // For each axis the chunk that each chunk of the grid comes from, and the cut within it.
    let mut sources: Vec<Vec<usize>> = Vec::with_capacity(own.ndim());
    let mut axes: Vec<Option<Vec<(usize, usize)>>> = Vec::with_capacity(own.ndim());
    for axis in 0..own.ndim() {
        let (chunks, target) = (own.axis(axis), grid.axis(new + axis));
        if chunks == target {
            sources.push((0..chunks.len()).collect());
            axes.push(None);
        } else if own.shape()[axis] == 1 && grid.shape()[new + axis] != 1 {
            let holder = chunks.iter().position(|&length| length == 1).unwrap_or(0);
            sources.push(vec![holder; target.len()]);
            axes.push(None);
        } else {
            let places = grid::inside(target, chunks);
            sources.push(places.iter().map(|(chunk, _)| *chunk).collect());
            axes.push(Some(places.iter().zip(target).map(|((_, start), &length)| (*start, length)).collect()));
        }
    }
    let part = |index: usize| {
        let block = grid.block(index);
        let place: Vec<usize> = sources.iter().enumerate().map(|(axis, from)| from[block[new + axis]]).collect();
        own.part(&place) as u32
    };
    let chosen = Chosen::new((0..grid.parts()).map(part).collect());
    let reads = Reads { node: array.node.clone(), chosen: Some(Arc::new(chosen)) };
    let cuts = axes.iter().any(Option::is_some).then(|| Cuts { numblocks: grid.numblocks(), axes });
    Fitted { reads, cuts }
}

/// Makes a block of a grid of the block that is read for it.
#[derive(Clone)]
pub(crate) struct Placing(Option<Cuts>);

partita_graph::travels!(Placing { 0 });
partita_graph::travels!(Cuts { numblocks, axes });

impl Placing {
    /// What the block of this number has of what was read for it.
    pub(crate) fn of<T: Element>(&self, index: u32, lazy: Lazy<T>) -> Result<Lazy<T>, Fault> {
        match &self.0 {
            None => Ok(lazy),
            Some(cuts) => cuts.apply(index, lazy),
        }
    }
}

impl Fitted {
    /// What is read, and how the blocks that are read become those of the grid.
    pub(crate) fn split(self) -> (Reads, Placing) {
        (self.reads, Placing(self.cuts))
    }
}

impl Cuts {
    fn apply<T: Element>(&self, index: u32, lazy: Lazy<T>) -> Result<Lazy<T>, Fault> {
        let block = unravel(index as usize, &self.numblocks);
        let new = block.len() - self.axes.len();
        let mut chunk = lazy.into_chunk()?;
        for (axis, cuts) in self.axes.iter().enumerate() {
            if let Some(cuts) = cuts {
                let (start, length) = cuts[block[new + axis]];
                chunk = chunk.cut(axis, start, 1, length);
            }
        }
        Ok(chunk.into())
    }
}

impl<T: Element> Array<T> {
    /// The array in a grid of the same shape whose chunks its own ones are made of.
    #[track_caller]
    pub(crate) fn refined(&self, grid: Grid) -> Self {
        if *self.grid == grid {
            return self.clone();
        }
        let (reads, place) = fit(self, &grid).split();
        let block = blockwise_with(place, |place, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            place.of(index, Lazy::<T>::of(flow, 0)?)
        });
        Array::blocks("rechunk-split", self.identity("rechunk-split"), grid, vec![reads], block).split_like(self)
    }

    /// Repeated along axes of length 1, and new axes in front, to a shape; Dask's `broadcast_to`. Nothing is copied.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let row = Array::<i64>::from_array(ndarray::array![1, 2], 1);
    /// assert_eq!(on_reference(&row.broadcast_to([2, 2]))?, ndarray::array![[1, 2], [1, 2]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Self {
        let shape = shape.into_shape();
        Array::built(self.try_broadcast(&shape))
    }

    #[track_caller]
    fn try_broadcast(&self, shape: &[usize]) -> Built<Self> {
        self.sound()?;
        if let Some(axis) = shape.iter().position(|&length| length == UNKNOWN) {
            return Err(ArrayError::Unknown { operation: "broadcast_to", axis }.into());
        }
        // Axes that are stretched are one chunk, unless that would be a large block for nothing.
        let target = super::Chunks::auto().grid(shape, size_of::<T>())?;
        let fixed = |axis: usize| (axis + self.ndim()).checked_sub(shape.len()).filter(|&own| self.shape()[own] != 1);
        let chunks = (0..shape.len()).map(|axis| match fixed(axis) {
            Some(own) => self.grid.axis(own).to_vec(),
            None => target.axis(axis).to_vec(),
        });
        let grid = Grid::new(chunks.collect())?;
        if self.ndim() > shape.len() || (0..shape.len()).any(|axis| shape[axis] == 1 && fixed(axis).is_some()) {
            let value = format!("{} for an array of shape {}", Show(shape), Show(self.shape()));
            let allowed = "axes of length 1 are stretched and new ones stand before the others, but none goes or gets \
                           shorter: index or reduce those first";
            return Err(ArrayError::Argument { operation: "broadcast_to", argument: "shape", value, allowed }.into());
        }
        if grid.shape() != shape {
            let (left, right) = (self.shape().to_vec(), shape.to_vec());
            let differs = |&axis: &usize| fixed(axis).is_some_and(|own| self.shape()[own] != shape[axis]);
            let axis = (0..shape.len()).find(differs).unwrap_or(0);
            let length = |shape: &[usize], axis: usize| shape.get(axis).copied().unwrap_or(1);
            let own = (axis + self.ndim()).saturating_sub(shape.len());
            let (left_length, right_length) = (length(&left, own), length(&right, axis));
            return Err(
                ArrayError::Shapes { operation: "broadcast_to", left, right, axis, left_length, right_length }.into()
            );
        }
        let identity = self.identity("broadcast_to").data(&shape);
        Ok(self.spread("broadcast_to", identity, grid))
    }

    /// Cut and repeated to a grid that it fits and whose lengths are known; the blocks are views of its own.
    #[track_caller]
    pub(crate) fn spread(&self, name: &str, identity: Identity, grid: Grid) -> Self {
        let (reads, place) = fit(self, &grid).split();
        let grid = Arc::new(grid);
        let target = grid.clone();
        let block = blockwise_with((place, target), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            env.0.of(index, Lazy::<T>::of(flow, 0)?)?.stretched(&env.1.part_shape(index as usize))
        });
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: vec![reads] };
        Array::of_views(name, identity, grid, kind).split_like(self)
    }
}
