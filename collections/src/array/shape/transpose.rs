//! Turning: axes in another order, and axes of length 1 that come and go. Nothing is copied.

use crate::array::axes::{Axes, resolve};
use crate::array::chunk::Dims;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::select::Selection;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Chosen, Reads, Travels};
use std::sync::Arc;

impl<T: Element> Array<T> {
    /// With all axes in reverse order; NumPy's `T`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// assert_eq!(on_reference(&x.t())?, ndarray::array![[1, 3], [2, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn t(&self) -> Self {
        let reverse: Vec<usize> = (0..self.ndim()).rev().collect();
        match self.sound() {
            Ok(array) => array.permuted(&reverse),
            Err(stop) => Array::built(Err(stop)),
        }
    }

    /// With its axes in this order; NumPy's `transpose`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let x = Array::<f64>::ones([2, 3, 4], 2);
    /// assert_eq!(x.transpose([2, 0, 1]).shape(), [4, 2, 3]);
    /// assert!(x.transpose([0, 0, 1]).check().is_err());
    /// ```
    #[track_caller]
    pub fn transpose(&self, order: impl Into<Vec<isize>>) -> Self {
        Array::built(self.try_transpose(&order.into()))
    }

    #[track_caller]
    fn try_transpose(&self, order: &[isize]) -> Built<Self> {
        self.sound()?;
        if order.len() != self.ndim() {
            let (wanted, shape) = ("one number for each axis", self.shape().to_vec());
            return Err(ArrayError::Dimensions { operation: "transpose", wanted, shape }.into());
        }
        Axes::from(order.to_vec()).flags("transpose", self.ndim())?;
        let order: Result<Vec<usize>, ArrayError> =
            order.iter().map(|&axis| resolve("transpose", axis, self.ndim())).collect();
        Ok(self.permuted(&order?))
    }

    /// The layer of a transposition.
    #[track_caller]
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        if order.is_sorted() {
            return self.clone();
        }
        let chunks = order.iter().map(|&axis| self.grid.axis(axis).to_vec()).collect();
        // A grid of as many blocks cannot be refused.
        let Ok(grid) = Grid::new(chunks) else { return self.clone() };
        let source = |part: usize| {
            let block = grid.block(part);
            let mut place: Dims = block.clone();
            order.iter().zip(&block).for_each(|(&axis, &at)| place[axis] = at);
            self.grid.part(&place) as u32
        };
        let chosen = Chosen::new((0..grid.parts()).map(source).collect());
        let reads = vec![Reads { node: self.node.clone(), chosen: Some(Arc::new(chosen)) }];
        let own = order.to_vec();
        let block = blockwise_with(own, |own, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            Ok(Lazy::<T>::of(flow, 0)?.into_chunk()?.permuted(own).into())
        });
        Array::blocks("transpose", self.identity("transpose").data(&order), grid, reads, block).split_like(self)
    }

    /// With two axes exchanged; NumPy's `swapaxes`.
    #[track_caller]
    pub fn swapaxes(&self, one: isize, other: isize) -> Self {
        Array::built(self.try_moved("swapaxes", one, other, |order, one, other| order.swap(one, other)))
    }

    /// With an axis moved to another place; NumPy's `moveaxis`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let x = Array::<f64>::ones([2, 3, 4], 2);
    /// assert_eq!(x.moveaxis(0, -1).shape(), [3, 4, 2]);
    /// assert_eq!(x.swapaxes(0, 2).shape(), [4, 3, 2]);
    /// ```
    #[track_caller]
    pub fn moveaxis(&self, from: isize, to: isize) -> Self {
        Array::built(self.try_moved("moveaxis", from, to, |order, from, to| {
            let axis = order.remove(from);
            order.insert(to, axis);
        }))
    }

    /// With an axis rolled back until it stands before another one; NumPy's `rollaxis`.
    #[track_caller]
    pub fn rollaxis(&self, axis: isize, start: isize) -> Self {
        let ndim = self.ndim() as isize;
        let from = if axis < 0 { axis + ndim } else { axis };
        let before = if start < 0 { start + ndim } else { start };
        Array::built(self.try_moved(
            "rollaxis",
            axis,
            if before > from { before - 1 } else { before },
            |order, from, to| {
                let axis = order.remove(from);
                order.insert(to, axis);
            },
        ))
    }

    #[track_caller]
    fn try_moved(
        &self,
        operation: &'static str,
        one: isize,
        other: isize,
        change: impl FnOnce(&mut Vec<usize>, usize, usize),
    ) -> Built<Self> {
        self.sound()?;
        let (one, other) = (resolve(operation, one, self.ndim())?, resolve(operation, other, self.ndim())?);
        let mut order: Vec<usize> = (0..self.ndim()).collect();
        change(&mut order, one, other);
        Ok(self.permuted(&order))
    }

    /// Turned by 90° so many times, from the first towards the second of two axes; NumPy's `rot90`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// assert_eq!(on_reference(&x.rot90(1, [0, 1]))?, ndarray::array![[2, 4], [1, 3]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn rot90(&self, times: i64, axes: [isize; 2]) -> Self {
        Array::built(self.try_rot90(times, axes))
    }

    #[track_caller]
    fn try_rot90(&self, times: i64, axes: [isize; 2]) -> Built<Self> {
        self.sound()?;
        Axes::from(axes).flags("rot90", self.ndim())?;
        let (from, to) = (resolve("rot90", axes[0], self.ndim())?, resolve("rot90", axes[1], self.ndim())?);
        let mut order: Vec<usize> = (0..self.ndim()).collect();
        order.swap(from, to);
        match times.rem_euclid(4) {
            0 => Ok(self.clone()),
            1 => Ok(self.reversed(&[to])?.permuted(&order)),
            2 => self.reversed(&[from, to]),
            _ => self.permuted(&order).reversed(&[to]),
        }
    }

    /// With the elements along some axes in reverse order.
    #[track_caller]
    pub(crate) fn reversed(&self, axes: &[usize]) -> Built<Self> {
        self.known_along("flip", |axis| axes.contains(&axis))?;
        let selection = |axis: usize| match axes.contains(&axis) && self.shape()[axis] > 0 {
            true => Selection::range(self.grid.axis(axis), self.shape()[axis] - 1, -1, self.shape()[axis]),
            false => Selection::all(self.grid.axis(axis)),
        };
        let selections = (0..self.ndim()).map(selection).collect();
        Ok(self.select("flip", Identity::of("flip").data(&axes), selections, T::default())?)
    }

    /// Without axes of length 1: all of them, or those named; NumPy's `squeeze`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let x = Array::<f64>::ones([1, 3, 1], 2);
    /// assert_eq!(x.squeeze(None).shape(), [3]);
    /// assert_eq!(x.squeeze(0).shape(), [3, 1]);
    /// assert_eq!(x.squeeze(1).check().unwrap_err().to_string().split(" (at").next(),
    ///     Some("`squeeze` takes axes of length 1, and this array has shape (1, 3, 1)"));
    /// ```
    #[track_caller]
    pub fn squeeze(&self, axes: impl Into<Axes>) -> Self {
        Array::built(self.try_squeeze(&axes.into()))
    }

    #[track_caller]
    fn try_squeeze(&self, axes: &Axes) -> Built<Self> {
        self.sound()?;
        let ones: Vec<bool> = self.shape().iter().map(|&length| length == 1).collect();
        let gone = if axes == &Axes::all() { ones.clone() } else { axes.flags("squeeze", self.ndim())? };
        let single = |axis: usize| ones[axis] && self.grid.axis(axis).len() == 1;
        if let Some(axis) = (0..self.ndim()).find(|&axis| gone[axis] && !single(axis)) {
            if ones[axis] {
                // One element among empty chunks.
                let chunks =
                    (0..self.ndim()).map(|axis| if ones[axis] { vec![1] } else { self.grid.axis(axis).to_vec() });
                return self.regrid(&Grid::new(chunks.collect())?)?.try_squeeze(axes);
            }
            let (wanted, shape) = ("axes of length 1", self.shape().to_vec());
            return Err(ArrayError::Dimensions { operation: "squeeze", wanted, shape }.into());
        }
        let chunks = (0..self.ndim()).filter(|&axis| !gone[axis]).map(|axis| self.grid.axis(axis).to_vec());
        let identity = self.identity("squeeze").data(&gone);
        Ok(self.reaxed("squeeze", identity, Grid::new(chunks.collect())?, gone, |gone, lazy| match lazy {
            Lazy::Chunk(chunk) => {
                let gone = (0..gone.len()).rev().filter(|&axis| gone[axis]);
                gone.fold(chunk, |chunk, axis| chunk.pick(axis, 0)).into()
            }
            lane => {
                let kept: Dims = lane.shape().iter().zip(gone).filter(|(_, gone)| !**gone).map(|(&n, _)| n).collect();
                lane.reshaped(&kept)
            }
        }))
    }

    /// With an axis of length 1 at a place; NumPy's `expand_dims`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let x = Array::<f64>::ones([3, 4], 2);
    /// assert_eq!(x.expand_dims(0).shape(), [1, 3, 4]);
    /// assert_eq!(x.expand_dims(-1).shape(), [3, 4, 1]);
    /// ```
    #[track_caller]
    pub fn expand_dims(&self, axis: isize) -> Self {
        Array::built(self.try_expand(axis))
    }

    #[track_caller]
    fn try_expand(&self, axis: isize) -> Built<Self> {
        self.sound()?;
        let axis = resolve("expand_dims", axis, self.ndim() + 1)?;
        let mut chunks = self.grid.chunks().to_vec();
        chunks.insert(axis, vec![1]);
        let identity = self.identity("expand_dims").data(&axis);
        Ok(self.reaxed("expand_dims", identity, Grid::new(chunks)?, axis, |&axis, lazy| match lazy {
            Lazy::Chunk(chunk) => chunk.with_axis(axis).into(),
            lane => {
                let mut shape: Dims = lane.shape().into();
                shape.insert(axis, 1);
                lane.reshaped(&shape)
            }
        }))
    }

    /// A layer that changes the axes of each block, with as many blocks in the same order.
    #[track_caller]
    fn reaxed<E: Travels>(
        &self,
        name: &str,
        identity: Identity,
        grid: Grid,
        env: E,
        change: impl Fn(&E, Lazy<T>) -> Lazy<T> + Send + Sync + 'static,
    ) -> Self {
        let block = blockwise_with(env, move |env, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            Ok(change(env, Lazy::of(flow, 0)?))
        });
        Array::blocks(name, identity, grid, vec![self.node.clone().into()], block).split_like(self)
    }
}
