//! Triangles: what is on and below a diagonal, or on and above it. Blocks on one side of it are passed on or are zero.

use crate::array::chunk::Chunk;
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::error::ArrayError;
use crate::array::layers::Built;
use crate::array::{Array, Element, Number};
use crate::identity::Identity;
use ndarray::Array2;

/// The lengths of a matrix, of which one is enough if it is square.
fn lengths(operation: &'static str, shape: &[usize]) -> Result<[usize; 2], ArrayError> {
    match *shape {
        [both] => Ok([both, both]),
        [rows, columns] => Ok([rows, columns]),
        _ => {
            let allowed = "a matrix has one length or two";
            Err(ArrayError::Argument { operation, argument: "shape", value: format!("{shape:?}"), allowed })
        }
    }
}

/// How many of the first `columns` elements of row `row` are on or below diagonal `offset`.
fn below(row: usize, offset: isize, columns: usize) -> usize {
    let end = row as i128 + offset as i128 + 1;
    end.clamp(0, columns as i128) as usize
}

impl<T: Number> Array<T> {
    /// A matrix with ones on a diagonal, the `offset`th above the main one (below it, if negative), and zeros elsewhere;
    /// NumPy's `eye`. A single length makes a square.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Array::<f64>::eye(2, 0, 1))?, ndarray::array![[1.0, 0.0], [0.0, 1.0]].into_dyn());
    /// assert_eq!(on_reference(&Array::<i64>::eye([2, 3], 1, 2))?, ndarray::array![[0, 1, 0], [0, 0, 1]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn eye(shape: impl IntoShape, offset: isize, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_matrix("eye", &shape.into_shape(), offset, &chunks.into(), |mut row, end| {
            if (1..=row.len()).contains(&end) {
                row[end - 1] = T::ONE;
            }
        }))
    }

    /// A matrix with ones on and below a diagonal, the `offset`th above the main one (below it, if negative), and zeros
    /// above; NumPy's `tri`. A single length makes a square.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Array::<i64>::tri([2, 3], 1, 2))?, ndarray::array![[1, 1, 0], [1, 1, 1]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn tri(shape: impl IntoShape, offset: isize, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_matrix("tri", &shape.into_shape(), offset, &chunks.into(), |mut row, end| {
            let end = end.min(row.len());
            row.slice_mut(ndarray::s![..end]).fill(T::ONE);
        }))
    }

    /// A matrix of zeros whose rows a function fills in. It is told where the diagonal ends in the row: one place after
    /// the element on it, 0 if it is further left, more than the row is long if it is further right.
    #[track_caller]
    fn try_matrix(
        name: &'static str,
        shape: &[usize],
        offset: isize,
        chunks: &Chunks,
        fill: impl Fn(ndarray::ArrayViewMut1<T>, usize) + Send + Sync + 'static,
    ) -> Built<Self> {
        let grid = chunks.grid(&lengths(name, shape)?, size_of::<T>())?;
        let identity = Identity::of(name).data(&(offset as i64));
        Ok(Array::generated_with(name, identity, grid, offset, move |offset, grid, part| {
            let offset = *offset;
            let block = grid.block(part);
            let (rows, columns) = (grid.range(0, block[0]), grid.range(1, block[1]));
            let end = |row: usize| {
                let end = row as i128 + offset as i128 + 1 - columns.start as i128;
                end.clamp(0, columns.len() as i128 + 1) as usize
            };
            let (first, last) = (end(rows.start), end(rows.end.saturating_sub(1)));
            // All rows alike: the diagonal does not come through.
            if first == last && !(1..=columns.len()).contains(&first) {
                let mut one = Array2::from_elem((1, 1), T::ZERO);
                fill(one.row_mut(0), if first == 0 { 0 } else { 2 });
                return Chunk::full(&[rows.len(), columns.len()], one[[0, 0]]).into();
            }
            let mut matrix = Array2::from_elem((rows.len(), columns.len()), T::ZERO);
            matrix.rows_mut().into_iter().zip(rows).for_each(|(view, row)| fill(view, end(row)));
            Chunk::from(matrix.into_dyn()).into()
        }))
    }
}

impl<T: Element> Array<T> {
    /// With zeros above a diagonal of its last two axes, the `offset`th above the main one (below it, if negative);
    /// NumPy's `tril`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// assert_eq!(on_reference(&x.tril(0))?, ndarray::array![[1, 0], [3, 4]].into_dyn());
    /// assert_eq!(on_reference(&x.triu(1))?, ndarray::array![[0, 2], [0, 0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn tril(&self, offset: isize) -> Self {
        Array::built(self.try_triangle("tril", offset, true))
    }

    /// With zeros below a diagonal of its last two axes, the `offset`th above the main one (below it, if negative);
    /// NumPy's `triu`.
    #[track_caller]
    pub fn triu(&self, offset: isize) -> Self {
        // What is kept is what is not on or below the diagonal before.
        Array::built(self.try_triangle("triu", offset.saturating_sub(1), false))
    }

    /// Keeps what is on or below a diagonal, or what is not.
    #[track_caller]
    fn try_triangle(&self, name: &'static str, offset: isize, keep: bool) -> Built<Self> {
        let Some(rows_axis) = self.sound()?.ndim().checked_sub(2) else {
            let (wanted, shape) = ("an array of two or more axes", self.shape().to_vec());
            return Err(ArrayError::Dimensions { operation: name, wanted, shape }.into());
        };
        self.known_along(name, |axis| axis >= rows_axis)?;
        let grid = self.grid.clone();
        let starts = [self.grid.starts(rows_axis), self.grid.starts(rows_axis + 1)];
        let identity = self.identity(name).data(&(offset as i64));
        Ok(self.each_block_with(name, identity, (grid, starts, rows_axis, offset, keep), |env, index, lazy| {
            let (grid, starts, rows_axis, offset, keep) = &**env;
            let (rows_axis, offset, keep) = (*rows_axis, *offset, *keep);
            let block = grid.block(index as usize);
            let first = [starts[0][block[rows_axis]], starts[1][block[rows_axis + 1]]];
            let shape: crate::array::chunk::Dims = lazy.shape().into();
            let (rows, columns) = (shape[rows_axis], shape[rows_axis + 1]);
            let shift = offset as i128 + first[0] as i128 - first[1] as i128;
            let shift = shift.clamp(-(rows as i128) - 1, columns as i128) as isize;
            let (least, most) = (below(0, shift, columns), below(rows.saturating_sub(1), shift, columns));
            match (keep, least == columns, most == 0) {
                (true, true, _) | (false, _, true) => return Ok(lazy),
                (true, _, true) | (false, true, _) => return Ok(Chunk::full(&shape, T::default()).into()),
                _ => {}
            }
            lazy.map_tiles(move |start, tile, out| {
                let (mut row, mut column, mut rest) = (start / columns % rows, start % columns, tile);
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at(rest.len().min(columns - column));
                    let (low, high) =
                        piece.split_at(below(row, shift, columns).saturating_sub(column).min(piece.len()));
                    let zeros = |some: &[T]| std::iter::repeat_n(T::default(), some.len());
                    if keep {
                        out.extend_from_slice(low);
                        out.extend(zeros(high));
                    } else {
                        out.extend(zeros(low));
                        out.extend_from_slice(high);
                    }
                    (row, column, rest) = ((row + 1) % rows, 0, after);
                }
            })
        }))
    }
}
