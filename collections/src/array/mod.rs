//! Arrays: n-dimensional arrays in chunks, with NumPy's vocabulary, typed and lazy.
//!
//! An array is a grid of blocks, each of them an ndarray when it is computed. Methods and operators build a graph and
//! touch no element. A chain of elementwise operations runs as one task a block, piece by piece through the
//! processor's caches, without blocks in between.
//!
//! ```
//! use partita_collections::{Array, bag::on_reference};
//!
//! let x = Array::<f64>::arange(0.0, 6.0, 1.0, 4).reshape([2, 3]);
//! let y = (&x * 2.0 + 1.0).sum_axis(0);
//! assert_eq!(on_reference(&y)?, ndarray::array![8.0, 12.0, 16.0].into_dyn());
//! # Ok::<(), partita_graph::RunError>(())
//! ```
//!
//! # Errors
//!
//! Shapes, axes and chunks are checked when an expression is built. What makes no sense gives an array that stands for
//! the error, as do all that are made of it; computing one of them gives the error, with the line that wrote the
//! expression, before any work starts. [`Array::check`] tells at once.

mod align;
mod axes;
mod blocks;
pub(crate) mod chunk;
mod chunks;
mod creation;
mod element;
mod error;
pub mod fft;
pub(crate) mod grid;
mod index;
pub(crate) mod layers;
mod lazy;
pub mod linalg;
mod picture;
pub mod random;
mod real;
mod reduce;
mod scans;
mod select;
mod shape;
mod statistics;
mod store;
mod turned;
mod ufuncs;
mod written;

pub use axes::{Axes, keep};
pub use blocks::block_calls::{BlockError, BlockInfo};
pub use blocks::boundaries::{Boundaries, Boundary, Depth};
pub use blocks::map_blocks::Outline;
pub use chunk::Chunk;
pub use chunks::{AUTO_BYTES, Chunks, Cut, IntoShape, MAX_BLOCK_BYTES};
pub use creation::meshes::Indexing;
pub use element::{Element, Integer, Number, Ordered};
pub use error::{ArrayError, ArrayFault};
pub use grid::UNKNOWN;
pub use index::assigning::Filling;
pub use index::choosing::Piece;
pub use ndarray::{NewAxis, s};
pub use real::Real;
pub use reduce::means::Averaged;
pub use reduce::sums::Summable;
pub use scans::slopes::Spacing;
pub use shape::nested::Nested;
pub use shape::padding::PadBy;
pub use shape::pads::{IntoWidths, Pad};
pub use shape::repeats::Counts;
pub use statistics::bins::Bins;
pub use statistics::moments::Varied;
pub use statistics::quantiles::{Between, Levels};
pub use statistics::searching::Side;
pub use store::{Sink, Source, StoreError, Target, TargetError, overwrite};
#[cfg(feature = "zarr")]
pub use store::{ZarrCompression, ZarrOptions, ZarrVersion};
pub use ufuncs::operators::{Bits, Operand};
pub use ufuncs::{Absolute, Cast, Floored, Inexact};

use crate::collection::{Held, held_node};
use crate::{Collection, Item};
use error::Show;
use grid::Grid;
use ndarray::ArrayD;
use partita_graph::{Fault, Input, Kind, Node, Place, Reader, RunError, Value};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Partial results that are combined by one task, unless [`Array::split_every`] says otherwise.
pub const SPLIT_EVERY: usize = 8;

/// A lazy n-dimensional array in chunks. Cloning it is a pointer copy.
///
/// ```
/// use partita_collections::Array;
///
/// let x = Array::<f64>::ones([100, 40], [30, 40]);
/// assert_eq!((x.shape(), x.numblocks()), (&[100, 40][..], vec![4, 1]));
/// assert!(format!("{x}").starts_with("Array<float64>(shape (100, 40), chunks of (30, 40), \"ones-"));
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
pub struct Array<T> {
    node: Arc<Node>,
    grid: Arc<Grid>,
    split_every: usize,
    elements: PhantomData<fn() -> T>,
}

impl<T> Clone for Array<T> {
    fn clone(&self) -> Self {
        Array { node: self.node.clone(), grid: self.grid.clone(), split_every: self.split_every, elements: PhantomData }
    }
}

impl<T: Element> Array<T> {
    /// The array whose blocks are the parts of a node.
    pub(crate) fn from_parts(node: Arc<Node>, grid: Arc<Grid>) -> Self {
        Array { node, grid, split_every: SPLIT_EVERY, elements: PhantomData }
    }

    /// The node whose parts are its blocks, in C order.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The lengths of its axes; [`UNKNOWN`] for those that only computing tells. An expression that makes no sense has
    /// none.
    pub fn shape(&self) -> &[usize] {
        self.grid.shape()
    }

    /// How many axes it has.
    pub fn ndim(&self) -> usize {
        self.grid.ndim()
    }

    /// How many elements it has; [`UNKNOWN`] if a length is.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let x = Array::<f32>::zeros([100, 40], 10);
    /// assert_eq!((x.size(), x.itemsize(), x.nbytes()), (4000, 4, 16_000));
    /// assert_eq!((x.npartitions(), x.chunksize(), x.dtype()), (40, vec![10, 10], "float32"));
    /// ```
    pub fn size(&self) -> usize {
        match self.grid.is_known() {
            true => self.shape().iter().product(),
            false => UNKNOWN,
        }
    }

    /// The bytes that an element takes.
    pub fn itemsize(&self) -> usize {
        size_of::<T>()
    }

    /// The bytes that all elements take; [`UNKNOWN`] if a length is.
    pub fn nbytes(&self) -> usize {
        self.size().checked_mul(self.itemsize()).unwrap_or(UNKNOWN)
    }

    /// NumPy's name of the type of its elements.
    pub fn dtype(&self) -> &'static str {
        T::DTYPE
    }

    /// The lengths of its chunks along each axis.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// assert_eq!(Array::<u8>::zeros([5, 4], 2).chunks(), [vec![2, 2, 1], vec![2, 2]]);
    /// ```
    pub fn chunks(&self) -> &[Vec<usize>] {
        self.grid.chunks()
    }

    /// The lengths of its largest block.
    pub fn chunksize(&self) -> Vec<usize> {
        self.grid.largest_block().to_vec()
    }

    /// How many chunks it has along each axis.
    pub fn numblocks(&self) -> Vec<usize> {
        self.grid.numblocks().to_vec()
    }

    /// How many blocks it has.
    pub fn npartitions(&self) -> usize {
        self.grid.parts()
    }

    /// The same array, whose reductions (and those of arrays made from it) combine up to `n` partial results in one
    /// task, at least 2; Dask's `split_every`. It is [`SPLIT_EVERY`] if not set.
    pub fn split_every(&self, n: usize) -> Self {
        Array { split_every: n.max(2), ..self.clone() }
    }

    pub(crate) fn split_like<U>(self, other: &Array<U>) -> Self {
        Array { split_every: other.split_every, ..self }
    }

    /// The only element of an array of one, as a lazy value.
    ///
    /// Computing it fails if there are more or fewer.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 3], 2);
    /// assert_eq!(on_reference(&x.sum().item())?, 6);
    /// assert!(on_reference(&x.item()).unwrap_err().to_string().contains("(3,)"));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn item(&self) -> Item<T> {
        let wanted = "an array of one element";
        let found = match self.sound() {
            Ok(array) if array.grid.is_known() && array.size() != 1 => {
                let shape = self.shape().to_vec();
                Err(ArrayError::Dimensions { operation: "item", wanted, shape }.into())
            }
            sound => sound.cloned(),
        };
        let array = Array::built(found);
        let only = crate::layer::task((), |(), values| {
            let chunks: Vec<&Chunk<T>> = crate::layer::read(values)?;
            let mut elements = chunks.iter().flat_map(|chunk| chunk.to_vec());
            match (elements.next(), elements.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err(Fault::failed(ArrayFault::Empty { operation: "item" })),
                _ => Err(Fault::failed("`item` was asked of an array of more than one element")),
            }
        });
        let kind = Kind::Call { function: only, inputs: array.outputs().into() };
        Item::from_node(Arc::new(Node::new(array.identity("item").key::<T>("item"), kind, Place::here())))
    }

    /// A block as an input of another node.
    pub(crate) fn input(&self, block: &[usize]) -> Input {
        Input { node: self.node.clone(), part: self.grid.part(block) as u32 }
    }
}

impl<T: Element> Collection for Array<T> {
    type Output = ArrayD<T>;

    fn outputs(&self) -> Vec<Input> {
        crate::layer::parts(&self.node).collect()
    }

    fn readers(&self) -> Vec<Reader> {
        vec![Reader::of::<Chunk<T>>(); self.node.parts() as usize]
    }

    fn assemble(&self, values: Vec<Value>) -> Result<ArrayD<T>, RunError> {
        let chunks: Result<Vec<Chunk<T>>, RunError> = values
            .into_iter()
            .zip(self.outputs())
            .map(|(value, output)| crate::collection::take(value, &output))
            .collect();
        Ok(assembled(&self.grid, chunks?))
    }

    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
        match held_node(held, place) {
            Some(node) => Array { node, ..self.clone() },
            None => self.clone(),
        }
    }
}

/// One array of all blocks, in C order.
fn assembled<T: Element>(grid: &Grid, mut chunks: Vec<Chunk<T>>) -> ArrayD<T> {
    if chunks.len() == 1 {
        return chunks.remove(0).into_ndarray();
    }
    // Lengths that were unknown are those of the blocks at the edge.
    let lengths = |axis: usize| {
        let mut block = vec![0; grid.ndim()];
        (0..grid.axis(axis).len()).map(move |at| {
            block[axis] = at;
            grid.part(&block)
        })
    };
    let starts: Vec<Vec<usize>> = (0..grid.ndim())
        .map(|axis| grid::starts(&lengths(axis).map(|part| chunks[part].shape()[axis]).collect::<Vec<_>>()))
        .collect();
    let shape: Vec<usize> = starts.iter().map(|starts| starts.last().copied().unwrap_or(0)).collect();
    let mut all = ArrayD::from_elem(shape, T::default());
    for (part, chunk) in chunks.drain(..).enumerate() {
        let block = grid.block(part);
        let place = all.slice_each_axis_mut(|axis| {
            let start = starts[axis.axis.index()][block[axis.axis.index()]];
            (start..start + chunk.shape()[axis.axis.index()]).into()
        });
        ndarray::Zip::from(place).and(chunk.view().view()).for_each(|to, &from| *to = from);
    }
    all
}

impl<T: Element> fmt::Display for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Err(error) = self.check() {
            return write!(f, "Array<{}>({error})", T::DTYPE);
        }
        let (shape, chunks) = (Show(self.shape()), self.chunksize());
        write!(f, "Array<{}>(shape {shape}, chunks of {}, \"{}\")", T::DTYPE, Show(&chunks), self.node.key)
    }
}

impl<T: Element> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
