//! Functions of blocks: whole blocks at a time, into blocks of the same shape or of another one.

use crate::array::blocks::block_calls::{BlockInfo, returned};
use crate::array::blocks::by_labels::{blockwise2_of, character};
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use crate::bag::BoxError;
use crate::identity::Identity;
use ndarray::{ArrayD, ArrayViewD};
use partita_graph::{Data, Plain, Travels};

/// How the blocks that a function makes stand in the result: which axes go, which are new, and how long chunks are.
///
/// ```
/// use partita_collections::{Array, array::Outline, bag::on_reference};
/// use ndarray::Axis;
///
/// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4], [5, 6]], 2);
/// let first = x.map_blocks_to(Outline::same().chunks([vec![1], vec![2]]), |_, block| {
///     block.slice_axis(Axis(0), (..1).into()).to_owned()
/// });
/// assert_eq!(on_reference(&first)?, ndarray::array![[1, 2], [5, 6]].into_dyn());
/// let sums = x.map_blocks_to(Outline::same().drop_axes([1]), |_, block| block.sum_axis(Axis(1)));
/// assert_eq!(on_reference(&sums)?, ndarray::array![3, 7, 11].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    dropped: Vec<isize>,
    new: Vec<isize>,
    chunks: Option<Vec<Vec<usize>>>,
}

impl Outline {
    /// Blocks of the shape that they had.
    pub fn same() -> Self {
        Outline::default()
    }

    /// Without these axes; Dask's `drop_axis`. Blocks along them are put together before the function is called.
    #[must_use]
    pub fn drop_axes(self, axes: impl Into<Vec<isize>>) -> Self {
        Outline { dropped: axes.into(), ..self }
    }

    /// With new axes that are these ones in the result, of length 1 if [`chunks`](Outline::chunks) does not tell; Dask's
    /// `new_axis`.
    #[must_use]
    pub fn new_axes(self, axes: impl Into<Vec<isize>>) -> Self {
        Outline { new: axes.into(), ..self }
    }

    /// With chunks of these lengths, one list for each axis of the result: a length for each chunk, or one for all of
    /// them. [`UNKNOWN`](crate::array::UNKNOWN) stands for what only computing tells.
    #[must_use]
    pub fn chunks(self, chunks: impl Into<Vec<Vec<usize>>>) -> Self {
        Outline { chunks: Some(chunks.into()), ..self }
    }

    /// The axes that go, and the grid of the result if they are one chunk.
    fn of<T: Element>(&self, array: &Array<T>) -> Result<(Vec<bool>, Vec<Vec<usize>>), ArrayError> {
        let operation = "map_blocks";
        let dropped = crate::array::Axes::from(self.dropped.clone()).flags(operation, array.ndim())?;
        let left = array.chunks().iter().zip(&dropped).filter(|(_, dropped)| !**dropped);
        let mut chunks: Vec<Vec<usize>> = left.map(|(chunks, _)| chunks.clone()).collect();
        let new = crate::array::Axes::from(self.new.clone()).flags(operation, chunks.len() + self.new.len())?;
        (0..new.len()).filter(|&axis| new[axis]).for_each(|axis| chunks.insert(axis, vec![1]));
        let Some(given) = &self.chunks else { return Ok((dropped, chunks)) };
        let shape = || chunks.iter().map(|chunks| chunks.len()).collect();
        if given.len() != chunks.len() {
            return Err(ArrayError::ChunkAxes { given: given.len(), shape: shape() });
        }
        let axes = given.iter().zip(&chunks).map(|(given, own)| match given.as_slice() {
            [each] => Ok(vec![*each; own.len()]),
            lengths if lengths.len() == own.len() => Ok(lengths.to_vec()),
            _ => Err(ArrayError::Chunking {
                operation,
                needs: "a length for each chunk of the result, or one for all of an axis",
                chunks: given_chunks(&self.chunks),
                remedy: format!("there are {} chunks along the axes", crate::array::error::Show(&shape())),
            }),
        });
        Ok((dropped, axes.collect::<Result<_, _>>()?))
    }
}

fn given_chunks(chunks: &Option<Vec<Vec<usize>>>) -> Vec<Vec<usize>> {
    chunks.clone().unwrap_or_default()
}

impl<T: Element> Array<T> {
    /// Each block made into another one of the same shape; Dask's `map_blocks`. A block of another shape is an error of
    /// its task; [`map_blocks_to`](Array::map_blocks_to) allows for it.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 5, 2, 4], 2);
    /// let less_first = x.map_blocks(|block| &block - block[0]);
    /// assert_eq!(on_reference(&less_first)?, ndarray::array![0, 4, 0, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_blocks<U: Element>(
        &self,
        f: impl Fn(ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks").function(&f);
        self.same_blocks("map_blocks", identity, (), move |(), block| Ok(f(block)))
    }

    /// As [`map_blocks`](Array::map_blocks), with a function that can fail: the error is told with the place of the
    /// block, as a [`BlockError`](crate::array::BlockError).
    #[track_caller]
    pub fn try_map_blocks<U: Element, E: Into<BoxError>>(
        &self,
        f: impl Fn(ArrayViewD<'_, T>) -> Result<ArrayD<U>, E> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks").function(&f);
        self.same_blocks("map_blocks", identity, (), move |(), block| f(block).map_err(Into::into))
    }

    /// As [`map_blocks`](Array::map_blocks), with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 5, 2, 4], 2);
    /// let most = x.map_blocks_with(3, |limit, block| block.mapv(|x| x.min(*limit)));
    /// assert_eq!(on_reference(&most)?, ndarray::array![1, 3, 2, 3].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_blocks_with<V: Data, U: Element>(
        &self,
        env: V,
        f: impl Fn(&V, ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks").data(&env).function(&f);
        self.same_blocks("map_blocks", identity, Plain(env), move |env, block| Ok(f(env, block)))
    }

    /// As [`map_blocks`](Array::map_blocks), with the blocks of another array in the same places. Axes are paired from
    /// the last one; where one array is of length 1, or has no axis, its block is given as it is. The function gives
    /// blocks as long as the longer ones.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// let row = Array::<f64>::from_array(ndarray::array![0.5, 2.0], 2);
    /// let product = x.map_blocks2(&row, |x, row| x.mapv(|x| x as f64) * row);
    /// assert_eq!(on_reference(&product)?, ndarray::array![[0.5, 4.0], [1.5, 8.0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_blocks2<B: Element, U: Element>(
        &self,
        other: &Array<B>,
        f: impl Fn(ArrayViewD<'_, T>, ArrayViewD<'_, B>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks2").function(&f);
        let ndim = self.ndim().max(other.ndim());
        let out: Vec<char> = (0..ndim).map(|axis| character(ndim - 1 - axis)).collect();
        let inputs = ((self, &out[ndim - self.ndim()..]), (other, &out[ndim - other.ndim()..]));
        let made = blockwise2_of("map_blocks", identity, &out, (&[], &[]), inputs, (), move |(), x, y| Ok(f(x, y)));
        Array::built(made.map(|made| made.split_like(self)))
    }

    /// Blocks of the same shape; the identity is told of the array here.
    #[track_caller]
    pub(crate) fn same_blocks<E: Travels, U: Element>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: E,
        f: impl Fn(&E, ArrayViewD<'_, T>) -> Result<ArrayD<U>, BoxError> + Send + Sync + 'static,
    ) -> Array<U> {
        let grid = self.grid.clone();
        if let Err(stop) = self.sound() {
            return Array::built(Err(stop));
        }
        let identity = identity.node(&self.node);
        self.each_block_with(operation, identity, (operation, grid, env), move |env, index, lazy| {
            let (operation, grid, env) = &**env;
            let chunk = lazy.into_chunk()?;
            returned(operation, &grid.block(index as usize), chunk.shape(), f(env, chunk.view().view()))
        })
    }

    /// Each block made into one of the shape that the outline says; the function is told which block it is called for.
    ///
    /// ```
    /// use partita_collections::{Array, array::Outline, bag::on_reference};
    ///
    /// let x = Array::<f64>::ones([4, 4], 2);
    /// let diagonal = x.map_blocks_to(Outline::same(), |info, block| match info.block() {
    ///     [row, column] if row == column => block.to_owned(),
    ///     _ => ndarray::ArrayD::zeros(block.raw_dim()),
    /// });
    /// assert_eq!(on_reference(&diagonal)?.sum(), 8.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_blocks_to<U: Element>(
        &self,
        outline: Outline,
        f: impl Fn(&BlockInfo, ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks_to").function(&f);
        Array::built(self.outlined(&outline, identity, (), move |(), info, block| Ok(f(info, block))))
    }

    /// As [`map_blocks_to`](Array::map_blocks_to), with a function that can fail.
    #[track_caller]
    pub fn try_map_blocks_to<U: Element, E: Into<BoxError>>(
        &self,
        outline: Outline,
        f: impl Fn(&BlockInfo, ArrayViewD<'_, T>) -> Result<ArrayD<U>, E> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks_to").function(&f);
        Array::built(self.outlined(&outline, identity, (), move |(), info, block| f(info, block).map_err(Into::into)))
    }

    /// As [`map_blocks_to`](Array::map_blocks_to), with data that the function needs.
    #[track_caller]
    pub fn map_blocks_to_with<V: Data, U: Element>(
        &self,
        outline: Outline,
        env: V,
        f: impl Fn(&V, &BlockInfo, ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_blocks_to").data(&env).function(&f);
        Array::built(self.outlined(&outline, identity, Plain(env), move |env, info, block| Ok(f(env, info, block))))
    }

    #[track_caller]
    fn outlined<E: Travels, U: Element>(
        &self,
        outline: &Outline,
        identity: Identity,
        env: E,
        f: impl Fn(&E, &BlockInfo, ArrayViewD<'_, T>) -> Result<ArrayD<U>, BoxError> + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.sound()?;
        let (dropped, _) = outline.of(self)?;
        let own = self.whole_along("map_blocks", &dropped)?;
        let grid = Grid::new(outline.of(&own)?.1)?;
        let (same, from, to) = (*outline == Outline::same(), own.grid.clone(), grid.clone());
        // Axes that go and new ones have one chunk, so that blocks keep their numbers.
        let block = blockwise_with((same, from, to, env), move |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (same, from, to, env) = &**env;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let info = BlockInfo::of(from, index as usize);
            let expected = if *same { chunk.shape().into() } else { to.part_shape(index as usize) };
            returned("map_blocks", info.block(), &expected, f(env, &info, chunk.view().view()))
        });
        let identity = identity.node(&own.node).data(&(own.chunks(), same));
        Ok(Array::blocks("map_blocks", identity, grid, vec![own.node.clone().into()], block).split_like(self))
    }
}
