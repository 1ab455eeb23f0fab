//! Creation: arrays of constants and of sequences, of ndarrays at hand and of delayed blocks.

use crate::array::chunk::Chunk;
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::{Lazy, Pull};
use crate::array::{Array, Element, Number};
use crate::identity::Identity;
use ndarray::{Array as NdArray, Dimension};
use partita_graph::{Fault, Kind, Plain, Travels};
use std::sync::Arc;

impl<T: Element> Array<T> {
    /// An array whose elements `make` fills in: of each block its number and lengths.
    #[track_caller]
    pub(crate) fn generated(
        name: &str,
        identity: Identity,
        grid: Grid,
        make: impl Fn(&Grid, usize) -> Lazy<T> + Send + Sync + 'static,
    ) -> Self {
        Array::generated_with(name, identity, grid, (), move |(), grid, part| make(grid, part))
    }

    /// As [`Array::generated`], of a function and what it needs, so that it can run in another process.
    #[track_caller]
    pub(crate) fn generated_with<E: Travels>(
        name: &str,
        identity: Identity,
        grid: Grid,
        env: E,
        make: impl Fn(&E, &Grid, usize) -> Lazy<T> + Send + Sync + 'static,
    ) -> Self {
        let grid = Arc::new(grid);
        let block = blockwise_with((grid.clone(), env), move |env, index, _| Ok(make(&env.1, &env.0, index as usize)));
        Array::blocks(name, identity, grid, Vec::new(), block)
    }

    /// An array of one value; NumPy's `full`. A block takes the memory of one element until something is made of it.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::full([2, 2], 7, 1);
    /// assert_eq!(on_reference(&x)?, ndarray::array![[7i64, 7], [7, 7]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn full(shape: impl IntoShape, value: T, chunks: impl Into<Chunks>) -> Self {
        Array::filled("full", &shape.into_shape(), value, &chunks.into())
    }

    #[track_caller]
    pub(crate) fn filled(name: &'static str, shape: &[usize], value: T, chunks: &Chunks) -> Self {
        Array::built(match chunks.grid(shape, size_of::<T>()) {
            Ok(grid) => Ok(Array::constant(name, value, Arc::new(grid))),
            Err(error) => Err(error.into()),
        })
    }

    /// One value in each block of a grid.
    #[track_caller]
    pub(crate) fn constant(name: &str, value: T, grid: Arc<Grid>) -> Self {
        let block = blockwise_with((grid.clone(), Plain(value)), |env, index, _| {
            Ok(Chunk::full(&env.0.part_shape(index as usize), env.1.0).into())
        });
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: Vec::new() };
        Array::of_views(name, Identity::of("full").data(&value), grid, kind)
    }

    /// An array of zeros (`false` for `bool`); NumPy's `zeros`, and `empty`.
    #[track_caller]
    pub fn zeros(shape: impl IntoShape, chunks: impl Into<Chunks>) -> Self {
        Array::filled("zeros", &shape.into_shape(), T::default(), &chunks.into())
    }

    /// An array of an ndarray that is at hand, in chunks; Dask's `from_array`. The chunks share its elements, nothing is
    /// copied.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// assert_eq!(x.npartitions(), 4);
    /// assert_eq!(on_reference(&x)?, ndarray::array![[1, 2], [3, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_array<D: Dimension>(array: NdArray<T, D>, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_from_chunk(Chunk::from(array.into_dyn()), &chunks.into()))
    }

    #[track_caller]
    pub(crate) fn try_from_chunk(chunk: Chunk<T>, chunks: &Chunks) -> Built<Self> {
        let grid = chunks.grid(chunk.shape(), size_of::<T>())?;
        let identity = Identity::of("from_array").data(&chunk);
        let starts: Vec<Vec<usize>> = (0..grid.ndim()).map(|axis| grid.starts(axis)).collect();
        let values = (0..grid.parts()).map(|part| {
            let block = grid.block(part);
            let cut = |piece: Chunk<T>, axis: usize| {
                piece.cut(axis, starts[axis][block[axis]], 1, grid.axis(axis)[block[axis]])
            };
            let piece = (0..grid.ndim()).fold(chunk.clone(), cut);
            let nbytes = piece.len() * size_of::<T>();
            partita_graph::Value::with_size(piece, nbytes)
        });
        let kind = Kind::Data(values.collect());
        Ok(Array::of_kind("from_array", identity, Arc::new(grid), kind))
    }
}

impl<T: Number> Array<T> {
    /// An array of ones.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Array::<f64>::ones(3, 2))?, ndarray::array![1.0, 1.0, 1.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn ones(shape: impl IntoShape, chunks: impl Into<Chunks>) -> Self {
        Array::filled("ones", &shape.into_shape(), T::ONE, &chunks.into())
    }

    /// The numbers `start, start + step, …` up to `stop`, without it; NumPy's `arange`: `⌈(stop − start) / step⌉` of
    /// them. Element `i` is `start + i × step`, so it does not depend on the chunks.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Array::arange(0, 10, 3, 2))?, ndarray::array![0, 3, 6, 9].into_dyn());
    /// assert_eq!(on_reference(&Array::arange(1.0, 0.0, -0.25, 2))?, ndarray::array![1.0, 0.75, 0.5, 0.25].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn arange(start: T, stop: T, step: T, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_arange(start, stop, step, &chunks.into()))
    }

    #[track_caller]
    fn try_arange(start: T, stop: T, step: T, chunks: &Chunks) -> Built<Self> {
        let Some(count) = T::steps(start, stop, step) else {
            let value = format!("{step}");
            let allowed = "it must lead from start to stop in a finite number of steps";
            return Err(ArrayError::Argument { operation: "arange", argument: "step", value, allowed }.into());
        };
        let grid = chunks.grid(&[count as usize], size_of::<T>())?;
        let identity = Identity::of("arange").data(&(start, step));
        Ok(Array::along("arange", identity, grid, Plain((start, step)), |numbers, i| {
            numbers.0.0.plus(numbers.0.1.times(T::from_f64(i as f64)))
        }))
    }

    /// A row of numbers made of their index.
    #[track_caller]
    pub(crate) fn along<E: Travels + Clone>(
        name: &str,
        identity: Identity,
        grid: Grid,
        env: E,
        make: impl Fn(&E, usize) -> T + Clone + Send + Sync + 'static,
    ) -> Self {
        Array::generated_with(name, identity, grid, env, move |env, grid, part| {
            let first = grid.range(0, part).start;
            let (env, make) = (env.clone(), make.clone());
            Lazy::new(&grid.part_shape(part), Indexed { make: move |at| make(&env, first + at), out: Vec::new() })
        })
    }
}

/// Elements made of their number in the block.
pub(crate) struct Indexed<T, F> {
    pub(crate) make: F,
    pub(crate) out: Vec<T>,
}

impl<T: Element, F: Fn(usize) -> T> Pull<T> for Indexed<T, F> {
    fn pull(&mut self, start: usize, len: usize) -> Result<&[T], Fault> {
        self.out.clear();
        self.out.extend((start..start + len).map(&self.make));
        Ok(&self.out)
    }
}
