//! Least squares: solutions of equations that have too many rows, or too few.

use super::Field;
use super::contract::{Labels, contract};
use super::svd::{adjoint_of, try_svd};
use super::tiles::fault;
use crate::array::axes::Axes;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::layers::{Built, value_task_with};
use crate::array::reduce::fold::Fold;
use crate::array::{Array, Number};
use crate::identity::Identity;
use partita_graph::Fault;
use std::marker::PhantomData;

/// What [`lstsq`] finds.
pub struct LeastSquares<T: Field> {
    /// The solution: of several, the one with the smallest norm.
    pub solution: Array<T>,
    /// The sum of the squares of what is left, for each column of the right side. Unlike NumPy's it is never left out:
    /// the rank is not known before it is computed.
    pub residuals: Array<f64>,
    /// How many singular values count, as an array without axes.
    pub rank: Array<i64>,
    /// The singular values.
    pub singular_values: Array<T::Real>,
}

/// The `x` for which `|a · x − b|` is smallest; NumPy's `linalg.lstsq`. Singular values up to `max(rows, columns)` times
/// the rounding unit times the largest of them count as 0.
///
/// The matrix must be one column or one row of chunks: see [`svd`](super::svd).
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let a = Array::<f64>::from_array(ndarray::array![[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [1, 2]);
/// let b = Array::from_array(ndarray::array![1.0, 3.0, 5.0], 1);
/// let found = linalg::lstsq(&a, &b);
/// assert!(on_reference(&found.solution)?.iter().zip([2.0, 1.0]).all(|(x, line)| (x - line).abs() < 1e-12));
/// assert_eq!(on_reference(&found.rank.item())?, 2);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn lstsq<T: Field>(a: &Array<T>, b: &Array<T>) -> LeastSquares<T> {
    match try_lstsq(a, b) {
        Ok(found) => found,
        Err(stop) => LeastSquares {
            solution: Array::built(Err(stop.clone())),
            residuals: Array::built(Err(stop.clone())),
            rank: Array::built(Err(stop.clone())),
            singular_values: Array::built(Err(stop)),
        },
    }
}

#[track_caller]
fn try_lstsq<T: Field>(a: &Array<T>, b: &Array<T>) -> Built<LeastSquares<T>> {
    b.sound()?;
    let (u, s, vh) = try_svd("lstsq", a)?;
    if !matches!(b.ndim(), 1 | 2) {
        let (wanted, shape) = ("a vector or a matrix on the right side", b.shape().to_vec());
        return Err(ArrayError::Dimensions { operation: "lstsq", wanted, shape }.into());
    }
    let product = labels(b);
    let cutoff = T::EPSILON * a.shape()[0].max(a.shape()[1]) as f64;
    let right = contract("lstsq", &adjoint_of(&u)?, b, &product)?;
    let scale = value_task_with(cutoff, |&cutoff, values| {
        let [right, s] = values else { return Err(Fault::failed("a task of `lstsq` takes two blocks")) };
        let right = right.get::<Chunk<T>>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
        let s = s.get::<Chunk<T::Real>>().map_err(|mismatch| Fault::Type { input: 1, mismatch })?;
        scaled(right, &s.to_vec(), cutoff)
    });
    let task = |block: usize| {
        let own = partita_graph::Input { node: right.node().clone(), part: block as u32 };
        (scale.clone(), [own, s.input(&[0])].into_iter().collect())
    };
    let tasks = (0..right.npartitions()).map(task).collect();
    let identity = right.identity("lstsq-scale").node(s.node()).data(&cutoff);
    let scaled = Array::tasks("lstsq-scale", identity, right.grid.clone(), tasks).split_like(b);
    let solution = contract("lstsq", &adjoint_of(&vh)?, &scaled, &product)?;
    let left = contract("lstsq", a, &solution, &product)?.named2("-", b, T::minus);
    let residuals = left.reduce("residuals", Identity::of("square-sum"), &Axes::from(0), SquareSum(PhantomData))?;
    let counted = value_task_with(cutoff, |&cutoff, values| {
        let s: Vec<&Chunk<T::Real>> = crate::layer::read(values)?;
        let s: Vec<f64> = s.iter().flat_map(|chunk| chunk.to_vec()).map(Number::to_f64).collect();
        let largest = s.iter().copied().fold(0.0, f64::max);
        Ok(Chunk::scalar(s.iter().filter(|&&s| s > cutoff * largest).count() as i64))
    });
    let tasks = vec![(counted, [s.input(&[0])].into_iter().collect())];
    let grid = crate::array::grid::Grid::single(&[]);
    let rank = Array::tasks("rank", s.identity("rank").data(&cutoff), grid, tasks);
    Ok(LeastSquares { solution, residuals, rank, singular_values: s })
}

/// A matrix times a vector or a matrix.
fn labels<T: Field>(right: &Array<T>) -> Labels {
    match right.ndim() {
        1 => Labels { left: vec![0, 1], right: vec![1], out: vec![0] },
        _ => Labels { left: vec![0, 1], right: vec![1, 2], out: vec![0, 2] },
    }
}

/// Rows divided by singular values, and by those that do not count made 0.
fn scaled<T: Field>(right: &Chunk<T>, s: &[T::Real], cutoff: f64) -> Result<Chunk<T>, Fault> {
    let s: Vec<f64> = s.iter().map(|s| s.to_f64()).collect();
    if right.shape()[0] != s.len() {
        return Err(fault("lstsq", format!("{} rows for {} singular values", right.shape()[0], s.len())));
    }
    let columns = right.len().checked_div(s.len()).unwrap_or(0);
    let largest = s.iter().copied().fold(0.0, f64::max);
    let factor = |at: usize| if s[at] > cutoff * largest { T::from_f64(1.0 / s[at]) } else { T::ZERO };
    let elements = right.to_vec();
    let all = elements.iter().enumerate().map(|(at, &x)| x.times(factor(at / columns.max(1)))).collect();
    Ok(Chunk::new(right.shape(), all))
}

/// The fold of a sum of squares.
#[derive(Clone)]
struct SquareSum<T>(PhantomData<T>);

partita_graph::travels!([T: Field] SquareSum[T] { 0 });

impl<T: Field> Fold for SquareSum<T> {
    type Item = T;
    type Acc = f64;
    type Out = f64;

    fn empty(&self) -> f64 {
        0.0
    }

    fn add(&self, acc: &mut f64, x: T, _: usize) {
        *acc += x.square_norm();
    }

    fn merge(&self, acc: &mut f64, later: &f64) {
        *acc += later;
    }

    fn finish(&self, acc: &f64) -> Result<f64, crate::array::ArrayFault> {
        Ok(*acc)
    }
}
