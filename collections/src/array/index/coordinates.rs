//! Coordinates: numbers of elements as places on each axis and back, and the places of triangles.

use crate::array::chunk::Chunk;
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::error::{ArrayError, ArrayFault, Show};
use crate::array::grid::{Grid, starts};
use crate::array::index::taking::known;
use crate::array::layers::Built;
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::{Fault, Travels};
use std::sync::Arc;

impl<T: Element> Array<T> {
    /// Each element made into another, or an error of its task.
    #[track_caller]
    fn checked<E: Travels + Copy, U: Element>(
        &self,
        name: &'static str,
        identity: Identity,
        env: E,
        f: impl Fn(E, T) -> Result<U, ArrayFault> + Send + Sync + 'static,
    ) -> Array<U> {
        self.each_block_with(name, identity, env, move |env, _, lazy| {
            let shape = lazy.shape().to_vec();
            let mut made = Vec::with_capacity(lazy.len());
            let mut wrong = None;
            lazy.for_each_tile(|_, tile| {
                for &x in tile {
                    match f(**env, x) {
                        Ok(one) => made.push(one),
                        Err(fault) => wrong = wrong.take().or(Some(fault)),
                    }
                }
            })?;
            match wrong {
                Some(fault) => Err(Fault::failed(fault)),
                None => Ok(Lazy::Chunk(Chunk::new(&shape, made))),
            }
        })
    }
}

/// A number that is no place.
fn outside(operation: &'static str, value: i64, length: i64) -> ArrayFault {
    let value = format!("{value} where there are {length} places");
    ArrayFault::Element { operation, value, allowed: "it must be one of them, counted from 0" }
}

/// How many elements a shape has.
fn total(operation: &'static str, shape: &[usize]) -> Result<i64, ArrayError> {
    let all = shape.iter().try_fold(1i64, |all, &length| all.checked_mul(i64::try_from(length).ok()?));
    all.ok_or_else(|| ArrayError::Argument {
        operation,
        argument: "shape",
        value: Show(shape).to_string(),
        allowed: "it can have as many elements as an i64 counts",
    })
}

impl Array<i64> {
    /// Numbers of elements in C order as places on each axis of a shape; NumPy's `unravel_index`. A number outside of
    /// the shape is an error of its task.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let numbers = Array::<i64>::from_array(ndarray::array![0, 4, 5], 2);
    /// let places = numbers.unravel_index([2, 3]);
    /// assert_eq!(on_reference(&places[0])?, ndarray::array![0, 1, 1].into_dyn());
    /// assert_eq!(on_reference(&places[1])?, ndarray::array![0, 1, 2].into_dyn());
    /// assert_eq!(on_reference(&Array::ravel_multi_index(&[&places[0], &places[1]], [2, 3]))?, on_reference(&numbers)?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unravel_index(&self, shape: impl IntoShape) -> Vec<Self> {
        let shape = shape.into_shape();
        let mut all = Vec::with_capacity(shape.len());
        for axis in 0..shape.len() {
            all.push(Array::built(self.try_unravel(&shape, axis)));
        }
        all
    }

    #[track_caller]
    fn try_unravel(&self, shape: &[usize], axis: usize) -> Built<Self> {
        let operation = "unravel_index";
        self.sound()?;
        let all = total(operation, shape)?;
        let (inner, length) = (total(operation, &shape[axis + 1..])?, shape[axis] as i64);
        let identity = self.identity(operation).data(&(shape, axis));
        Ok(self.checked(operation, identity, (all, inner, length), |(all, inner, length), number| match number {
            0.. if number < all => Ok(number / inner % length),
            _ => Err(outside("unravel_index", number, all)),
        }))
    }

    /// Places on each axis of a shape as numbers of elements in C order; NumPy's `ravel_multi_index`. A place outside of
    /// its axis is an error of its task.
    #[track_caller]
    pub fn ravel_multi_index(places: &[&Self], shape: impl IntoShape) -> Self {
        Array::built(try_ravel(places, &shape.into_shape()))
    }

    /// The places of the lower triangle of a matrix, up to diagonal `k`, row by row: those on the first axis and those
    /// on the second; NumPy's `tril_indices`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let [rows, columns] = Array::tril_indices(2, 3, 0, 2);
    /// assert_eq!(on_reference(&rows)?, ndarray::array![0, 1, 1].into_dyn());
    /// assert_eq!(on_reference(&columns)?, ndarray::array![0, 0, 1].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn tril_indices(rows: usize, columns: usize, k: isize, chunks: impl Into<Chunks>) -> [Self; 2] {
        triangle("tril_indices", rows, (columns, k), &chunks.into(), |columns, k, row| {
            0..(row as isize).saturating_add(k).saturating_add(1).clamp(0, columns as isize) as usize
        })
    }

    /// The places of the upper triangle of a matrix, from diagonal `k` on, row by row; NumPy's `triu_indices`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let [rows, columns] = Array::triu_indices(2, 2, 0, 2);
    /// assert_eq!(on_reference(&rows)?, ndarray::array![0, 0, 1].into_dyn());
    /// assert_eq!(on_reference(&columns)?, ndarray::array![0, 1, 1].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn triu_indices(rows: usize, columns: usize, k: isize, chunks: impl Into<Chunks>) -> [Self; 2] {
        triangle("triu_indices", rows, (columns, k), &chunks.into(), |columns, k, row| {
            (row as isize).saturating_add(k).clamp(0, columns as isize) as usize..columns
        })
    }
}

impl<T: Element> Array<T> {
    /// The places of the lower triangle of this matrix, up to diagonal `k`; NumPy's `tril_indices_from`. Chunks have as
    /// many places as its largest block has elements.
    #[track_caller]
    pub fn tril_indices_from(&self, k: isize) -> [Array<i64>; 2] {
        self.triangle_of("tril_indices_from", |rows, columns, chunks| Array::tril_indices(rows, columns, k, chunks))
    }

    /// The places of the upper triangle of this matrix, from diagonal `k` on; NumPy's `triu_indices_from`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let [rows, _] = Array::<f64>::zeros([2, 2], 2).triu_indices_from(0);
    /// assert_eq!(on_reference(&rows)?, ndarray::array![0, 0, 1].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn triu_indices_from(&self, k: isize) -> [Array<i64>; 2] {
        self.triangle_of("triu_indices_from", |rows, columns, chunks| Array::triu_indices(rows, columns, k, chunks))
    }

    #[track_caller]
    fn triangle_of(
        &self,
        operation: &'static str,
        of: impl Fn(usize, usize, usize) -> [Array<i64>; 2],
    ) -> [Array<i64>; 2] {
        let lengths = || -> Built<(usize, usize)> {
            self.sound()?;
            let shape = self.shape().to_vec();
            match shape.as_slice() {
                [_, _] => Ok((known(operation, &shape, 0)?, known(operation, &shape, 1)?)),
                _ => Err(ArrayError::Dimensions { operation, wanted: "a matrix", shape }.into()),
            }
        };
        match lengths() {
            Ok((rows, columns)) => {
                let [first, second] = of(rows, columns, self.chunksize().iter().product::<usize>().max(1));
                [Array::built(Ok(first)), Array::built(Ok(second))]
            }
            Err(stop) => [Array::built(Err(stop.clone())), Array::built(Err(stop))],
        }
    }
}

#[track_caller]
fn try_ravel(places: &[&Array<i64>], shape: &[usize]) -> Built<Array<i64>> {
    let operation = "ravel_multi_index";
    total(operation, shape)?;
    if places.len() != shape.len() || places.is_empty() {
        let value = format!("{} arrays for {} axes", places.len(), shape.len());
        let allowed = "there must be one for each axis, and one at least";
        return Err(ArrayError::Argument { operation, argument: "places", value, allowed }.into());
    }
    let mut numbers: Option<Array<i64>> = None;
    for (axis, place) in places.iter().enumerate() {
        place.sound()?;
        let (inner, length) = (total(operation, &shape[axis + 1..])?, shape[axis] as i64);
        let identity = place.identity(operation).data(&(shape, axis));
        let own = place.checked(operation, identity, (length, inner), |(length, inner), place| match place {
            0.. if place < length => Ok(place * inner),
            _ => Err(outside("ravel_multi_index", place, length)),
        });
        numbers = Some(match numbers {
            None => own,
            Some(before) => before + own,
        });
    }
    numbers.ok_or_else(|| ArrayError::Dimensions { operation, wanted: "an axis", shape: shape.to_vec() }.into())
}

/// Matrices with more rows or columns than this are refused.
const MOST_ROWS: usize = 1 << 30;

/// The places in some columns of each row.
#[track_caller]
fn triangle(
    name: &'static str,
    rows: usize,
    (columns, k): (usize, isize),
    chunks: &Chunks,
    range: impl Fn(usize, isize, usize) -> std::ops::Range<usize> + Clone + Send + Sync + 'static,
) -> [Array<i64>; 2] {
    if rows.max(columns) > MOST_ROWS {
        let (argument, value) = ("rows", format!("{rows} × {columns}"));
        let allowed = "a matrix may have 2^30 rows and columns here";
        let refused = || {
            Array::built(Err(ArrayError::Argument { operation: name, argument, value: value.clone(), allowed }.into()))
        };
        return [refused(), refused()];
    }
    let counts: Vec<usize> = (0..rows).map(|row| range(columns, k, row).len()).collect();
    let firsts = Arc::new(starts(&counts));
    let count = firsts.last().copied().unwrap_or(0);
    let grid = || -> Built<Grid> { Ok(chunks.grid(&[count], size_of::<i64>())?) };
    let identity = Identity::of(name).data(&(rows, columns, k));
    type Env = (Arc<Vec<usize>>, usize, isize);
    let row_of = |firsts: &[usize], at: usize| firsts.partition_point(|&first| first <= at) - 1;
    let row = move |env: &Env, at: usize| row_of(&env.0, at) as i64;
    let column = move |(firsts, columns, k): &Env, at: usize| {
        let row = row_of(firsts, at);
        (range(*columns, *k, row).start + at - firsts[row]) as i64
    };
    let env: Env = (firsts, columns, k);
    let rows_identity = identity.clone().data(&"rows");
    let first = grid().map(|grid| Array::along(name, rows_identity, grid, env.clone(), row));
    let second = grid().map(|grid| Array::along(name, identity.data(&"columns"), grid, env.clone(), column));
    [Array::built(first), Array::built(second)]
}
