//! Arrays brought to a common shape, to common chunks, or to a number of axes.

use crate::array::align::pair_grids;
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::Built;
use crate::array::{Array, Element};

impl<T: Element> Array<T> {
    /// Arrays stretched to the shape that they have in common, in the same chunks; NumPy's `broadcast_arrays`. Nothing is
    /// copied.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let (row, column) = (Array::<f64>::ones(3, 2), Array::<f64>::ones([2, 1], 1));
    /// let both = Array::broadcast_arrays([&row, &column]);
    /// assert_eq!((both[0].shape(), both[1].shape()), (&[2, 3][..], &[2, 3][..]));
    /// assert_eq!(both[0].chunks(), both[1].chunks());
    /// ```
    #[track_caller]
    pub fn broadcast_arrays<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>) -> Vec<Self> {
        let arrays: Vec<&Self> = arrays.into_iter().collect();
        let grid = common("broadcast_arrays", &arrays);
        let mut all = Vec::with_capacity(arrays.len());
        for array in arrays {
            all.push(Array::built(match &grid {
                Ok(grid) => array.stretched_to(grid),
                Err(stop) => Err(stop.clone()),
            }));
        }
        all
    }

    /// It in a grid that it fits.
    #[track_caller]
    fn stretched_to(&self, grid: &Grid) -> Built<Self> {
        if *self.grid == *grid {
            return Ok(self.clone());
        }
        if let Some(axis) = grid.shape().iter().position(|&length| length == UNKNOWN) {
            return Err(crate::array::ArrayError::Unknown { operation: "broadcast_arrays", axis }.into());
        }
        let identity = self.identity("broadcast_to").data(&grid.shape());
        Ok(self.spread("broadcast_to", identity, grid.clone()))
    }

    /// Arrays in the same chunks along each axis that they have in common: the coarsest ones that those of all are made
    /// of. Axes are counted from the last one, and those of length 1 stay as they are. Dask's `unify_chunks`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let (x, y) = (Array::<f64>::ones(6, 4), Array::<f64>::ones([2, 6], 3));
    /// let both = Array::unify_chunks([&x, &y]);
    /// assert_eq!(both[0].chunks(), [vec![3, 1, 2]]);
    /// assert_eq!(both[1].chunks(), [vec![2], vec![3, 1, 2]]);
    /// ```
    #[track_caller]
    pub fn unify_chunks<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>) -> Vec<Self> {
        let arrays: Vec<&Self> = arrays.into_iter().collect();
        let grid = common("unify_chunks", &arrays);
        let mut all = Vec::with_capacity(arrays.len());
        for array in arrays {
            all.push(Array::built(match &grid {
                Ok(grid) => array.cut_like(grid),
                Err(stop) => Err(stop.clone()),
            }));
        }
        all
    }

    /// It in the chunks of a grid that it fits, without being stretched.
    #[track_caller]
    fn cut_like(&self, grid: &Grid) -> Built<Self> {
        let new = grid.ndim() - self.ndim();
        let chunks = (0..self.ndim()).map(|axis| match self.shape()[axis] == grid.shape()[new + axis] {
            true => grid.axis(new + axis).to_vec(),
            false => self.grid.axis(axis).to_vec(),
        });
        Ok(self.refined(Grid::new(chunks.collect())?))
    }

    /// With one axis, if it has none; NumPy's `atleast_1d`.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let x = Array::<f64>::ones(5, 2);
    /// assert_eq!((x.sum().atleast_1d().shape(), x.atleast_1d().shape()), (&[1][..], &[5][..]));
    /// assert_eq!((x.atleast_2d().shape(), x.atleast_3d().shape()), (&[1, 5][..], &[1, 5, 1][..]));
    /// ```
    #[track_caller]
    pub fn atleast_1d(&self) -> Self {
        self.at_least(1)
    }

    /// With two axes, if it has fewer: a vector becomes a row; NumPy's `atleast_2d`.
    #[track_caller]
    pub fn atleast_2d(&self) -> Self {
        self.at_least(2)
    }

    /// With three axes, if it has fewer: a vector becomes a row `(1, n, 1)`, a matrix `(m, n, 1)`; NumPy's `atleast_3d`.
    #[track_caller]
    pub fn atleast_3d(&self) -> Self {
        let matrix = self.at_least(2);
        if matrix.ndim() < 3 { matrix.expand_dims(-1) } else { matrix }
    }

    /// With axes of length 1 in front, until it has so many.
    #[track_caller]
    pub(crate) fn at_least(&self, ndim: usize) -> Self {
        let mut array = self.clone();
        for _ in self.ndim()..ndim {
            array = array.expand_dims(0);
        }
        array
    }
}

/// The grid that arrays have in common.
fn common<T: Element>(operation: &'static str, arrays: &[&Array<T>]) -> Built<Grid> {
    let mut grid = Grid::single(&[]);
    for array in arrays {
        grid = pair_grids(operation, &grid, &array.sound()?.grid)?;
    }
    Ok(grid)
}
