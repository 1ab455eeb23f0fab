//! Coarsening: one element made of each cell of several; and functions of arrays over one axis after the other.

use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, starts, unravel};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::lines::without_empty;
use crate::array::{Array, Element, IntoShape};
use ndarray::ArrayViewD;

impl<T: Element> Array<T> {
    /// One element made of each cell of neighbours, `lengths` of them along each axis; Dask's `coarsen`.
    ///
    /// Axes must be a whole number of cells long, unless `trim` says to leave out what is over at their ends.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3, 4], [5, 6, 7, 8]], 3);
    /// assert_eq!(on_reference(&x.coarsen([2, 2], false, |cell| cell.sum()))?, ndarray::array![[14, 22]].into_dyn());
    /// assert_eq!(on_reference(&x.coarsen([1, 3], true, |cell| cell.sum()))?, ndarray::array![[6], [18]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn coarsen<U: Element>(
        &self,
        lengths: impl IntoShape,
        trim: bool,
        f: impl Fn(ArrayViewD<'_, T>) -> U + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_coarsen(lengths.into_shape(), trim, f))
    }

    #[track_caller]
    fn try_coarsen<U: Element>(
        &self,
        lengths: Vec<usize>,
        trim: bool,
        f: impl Fn(ArrayViewD<'_, T>) -> U + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        let operation = "coarsen";
        self.sound()?;
        let wrong =
            |allowed| ArrayError::Argument { operation, argument: "lengths", value: format!("{lengths:?}"), allowed };
        if lengths.len() != self.ndim() || lengths.contains(&0) {
            return Err(wrong("there must be a length of cells for each axis, 1 and more").into());
        }
        // Axes with cells of one element stay as they are.
        self.known_along(operation, |axis| lengths[axis] > 1)?;
        let over = |axis: usize| !self.shape()[axis].is_multiple_of(lengths[axis]);
        if !trim && (0..self.ndim()).any(over) {
            return Err(wrong("axes must be a whole number of cells long, or be trimmed").into());
        }
        // Chunks end where cells do.
        let mut cells: Vec<Vec<usize>> = Vec::with_capacity(self.ndim());
        let mut array = self.clone();
        for (axis, &length) in lengths.iter().enumerate() {
            if length == 1 {
                cells.push(self.grid.axis(axis).to_vec());
                continue;
            }
            let all = self.shape()[axis] / length;
            let ends: Vec<usize> =
                starts(self.grid.axis(axis)).iter().map(|end| end.div_ceil(length).min(all)).collect();
            let counts = without_empty(ends.windows(2).map(|pair| pair[1] - pair[0]).collect());
            let chunks: Vec<usize> = counts.iter().map(|count| count * length).collect();
            array = array.window("coarsen-cells", axis, 0, &chunks)?;
            cells.push(counts);
        }
        let identity = array.identity(operation).data(&lengths).function(&f);
        let block = blockwise_with(lengths, move |lengths, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let counts: Dims = chunk.shape().iter().zip(&**lengths).map(|(all, length)| all / length).collect();
            let cell = |number: usize| {
                let place = unravel(number, &counts);
                let cut = |cell: Chunk<T>, axis: usize| cell.cut(axis, place[axis] * lengths[axis], 1, lengths[axis]);
                f((0..lengths.len()).fold(chunk.clone(), cut).view().view())
            };
            Ok(Chunk::new(&counts, (0..counts.iter().product()).map(cell).collect()).into())
        });
        let reads = vec![array.node.clone().into()];
        Ok(Array::blocks(operation, identity, Grid::new(cells)?, reads, block).split_like(self))
    }

    /// A function of an array and an axis, applied to one axis after the other; NumPy's `apply_over_axes`. What it gives
    /// must have as many axes as what it was given, so reduce over [`keep`](crate::array::keep)`(axis)`.
    ///
    /// ```
    /// use partita_collections::{Array, array::keep, bag::on_reference};
    ///
    /// let x = Array::<i64>::ones([2, 3, 4], 2);
    /// let sums = x.apply_over_axes(|x, axis| x.sum_axis(keep(axis)), [0, 2]);
    /// assert_eq!(on_reference(&sums)?, ndarray::array![[[8], [8], [8]]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn apply_over_axes(&self, f: impl Fn(&Self, isize) -> Self, axes: impl IntoIterator<Item = isize>) -> Self {
        let operation = "apply_over_axes";
        let mut array = self.clone();
        for axis in axes {
            let next = crate::array::axes::resolve(operation, axis, self.ndim()).map(|axis| f(&array, axis as isize));
            array = Array::built(next.map_err(Into::into));
            if array.sound().is_ok() && array.ndim() != self.ndim() {
                let (wanted, shape) = ("a function that keeps all axes", array.shape().to_vec());
                return Array::built(Err(ArrayError::Dimensions { operation, wanted, shape }.into()));
            }
        }
        array
    }
}
