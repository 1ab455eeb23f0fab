//! Lanes: functions of the elements along one axis.

use crate::array::axes::resolve;
use crate::array::blocks::block_calls::BlockError;
use crate::array::error::ArrayFault;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Chunk, Element};
use ndarray::{Array1, ArrayD, ArrayView1, Axis};
use partita_graph::Fault;

impl<T: Element> Array<T> {
    /// A function of all elements along an axis, which goes; NumPy's `apply_along_axis` with a function that gives one
    /// value. Blocks along the axis are put together first.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1, 2], [4, 6, 4]], 2);
    /// let spans = x.apply_along_axis(1, |row| row.iter().max().unwrap() - row.iter().min().unwrap());
    /// assert_eq!(on_reference(&spans)?, ndarray::array![2, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn apply_along_axis<U: Element>(
        &self,
        axis: isize,
        f: impl Fn(ArrayView1<'_, T>) -> U + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_along(axis, f))
    }

    #[track_caller]
    fn try_along<U: Element>(
        &self,
        axis: isize,
        f: impl Fn(ArrayView1<'_, T>) -> U + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        let (own, axis) = self.lanes(axis)?;
        let mut chunks = own.chunks().to_vec();
        chunks.remove(axis);
        let identity = own.identity("apply_along_axis").data(&axis).function(&f);
        let block = blockwise_with(axis, move |axis, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            Ok(Chunk::from(chunk.view().map_axis(Axis(**axis), &f)).into())
        });
        let reads = vec![own.node.clone().into()];
        Ok(Array::blocks("apply_along_axis", identity, Grid::new(chunks)?, reads, block).split_like(self))
    }

    /// A function of all elements along an axis, which gives `length` elements that take their place; NumPy's
    /// `apply_along_axis` with a function that gives a row. A result of another length is an error of its task.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1, 2], [4, 6, 4]], 2);
    /// let ends = x.apply_along_axis_to(1, 2, |row| ndarray::array![row[0], row[2]]);
    /// assert_eq!(on_reference(&ends)?, ndarray::array![[3, 2], [4, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn apply_along_axis_to<U: Element>(
        &self,
        axis: isize,
        length: usize,
        f: impl Fn(ArrayView1<'_, T>) -> Array1<U> + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_along_to(axis, length, f))
    }

    #[track_caller]
    fn try_along_to<U: Element>(
        &self,
        axis: isize,
        length: usize,
        f: impl Fn(ArrayView1<'_, T>) -> Array1<U> + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        let operation = "apply_along_axis";
        let (own, axis) = self.lanes(axis)?;
        own.grid.bounded_along(operation, axis, length, size_of::<U>())?;
        let mut chunks = own.chunks().to_vec();
        chunks[axis] = vec![length];
        let identity = own.identity(operation).data(&(axis, length)).function(&f);
        let from = own.grid.clone();
        let block = blockwise_with((axis, length, from), move |env, index, flows| {
            let operation = "apply_along_axis";
            let (axis, length, from) = &**env;
            let (axis, length) = (*axis, *length);
            let [flow] = crate::layer::inputs(flows)?;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let mut shape = chunk.shape().to_vec();
            shape[axis] = length;
            let mut all = ArrayD::from_elem(shape, U::default());
            let view = chunk.view();
            for (lane, mut to) in view.lanes(Axis(axis)).into_iter().zip(all.lanes_mut(Axis(axis))) {
                let made = f(lane);
                if made.len() != length {
                    let (found, expected) = (vec![made.len()], vec![length]);
                    let fault = ArrayFault::BlockShape { operation, found, expected };
                    let block = from.block(index as usize);
                    return Err(Fault::failed(BlockError::new(operation, &block, fault)));
                }
                to.assign(&made);
            }
            Ok(Chunk::from(all).into())
        });
        let reads = vec![own.node.clone().into()];
        Ok(Array::blocks(operation, identity, Grid::new(chunks)?, reads, block).split_like(self))
    }

    /// The array with one chunk along an axis, and the axis.
    #[track_caller]
    fn lanes(&self, axis: isize) -> Built<(Self, usize)> {
        self.sound()?;
        let axis = resolve("apply_along_axis", axis, self.ndim())?;
        let along: Vec<bool> = (0..self.ndim()).map(|own| own == axis).collect();
        Ok((self.whole_along("apply_along_axis", &along)?, axis))
    }
}
