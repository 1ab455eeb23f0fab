//! Products: of vectors, matrices and tensors, as methods of arrays; traces, and advice on products of many blocks.

use super::Multiply;
use super::contract::{Labels, contract};
use super::turn::{diagonal, stretched};
use crate::array::align::pair_grids;
use crate::array::axes::resolve;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::Built;
use crate::array::select::Selection;
use crate::array::{Array, UNKNOWN};
use partita_graph::Place;

/// Which axes of two arrays are multiplied with each other and summed over; see [`Array::tensordot`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contracted(Pairing);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pairing {
    /// The last ones of the left array with the first ones of the right one.
    Count(usize),
    /// These.
    Axes(Vec<isize>, Vec<isize>),
}

impl From<usize> for Contracted {
    fn from(count: usize) -> Self {
        Contracted(Pairing::Count(count))
    }
}

impl<const N: usize> From<([isize; N], [isize; N])> for Contracted {
    fn from((left, right): ([isize; N], [isize; N])) -> Self {
        Contracted(Pairing::Axes(left.to_vec(), right.to_vec()))
    }
}

impl From<(Vec<isize>, Vec<isize>)> for Contracted {
    fn from((left, right): (Vec<isize>, Vec<isize>)) -> Self {
        Contracted(Pairing::Axes(left, right))
    }
}

/// Warns of a product with very many pairs of blocks, with the line of user code.
#[track_caller]
fn advise<T: Multiply>(left: &Array<T>, right: &Array<T>) {
    if let Some(explosion) = super::explosion(left, right) {
        tracing::warn!("{explosion} (at {})", Place::here());
    }
}

impl<T: Multiply> Array<T> {
    /// The product with another array: of two vectors their inner product, of matrices their matrix product, and
    /// else the sum over the last axis of this array and the last but one of the other. NumPy's `dot`.
    ///
    /// Blocks are multiplied by faer, and each task adds up to 16 products in place. A matrix times its own transpose
    /// costs half. Sums of floats over one block are rounded as the processor comes to them, sums over blocks in their
    /// order; inner products of vectors are in twice the precision. NaN and infinities spread as in NumPy.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![[1.0, 2.0], [3.0, 4.0]], 1);
    /// let v = Array::<f64>::from_array(ndarray::array![1.0, 10.0], 2);
    /// assert_eq!(on_reference(&x.dot(&v))?, ndarray::array![21.0, 43.0].into_dyn());
    /// assert_eq!(on_reference(&v.dot(&v).item())?, 101.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn dot(&self, other: &Array<T>) -> Array<T> {
        advise(self, other);
        Array::built(self.try_dot("dot", other))
    }

    #[track_caller]
    pub(super) fn try_dot(&self, operation: &'static str, other: &Array<T>) -> Built<Array<T>> {
        self.sound()?;
        other.sound()?;
        match (self.ndim(), other.ndim()) {
            (0, _) | (_, 0) => Ok(self.named2(operation, other, T::times)),
            (left, right) => tensordot(operation, self, other, &[left - 1], &[right.saturating_sub(2)]),
        }
    }

    /// The matrix product over the last two axes, for each place on the axes before them, which are stretched to each
    /// other's; a vector is a row on the left and a column on the right. NumPy's `matmul`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let many = Array::<i64>::ones([5, 2, 3], [2, 1, 2]);
    /// let one = Array::<i64>::arange(0, 3, 1, 2);
    /// assert_eq!(many.matmul(&Array::ones([3, 4], 2)).shape(), [5, 2, 4]);
    /// assert_eq!(on_reference(&many.matmul(&one))?, ndarray::ArrayD::from_elem(vec![5, 2], 3));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn matmul(&self, other: &Array<T>) -> Array<T> {
        advise(self, other);
        Array::built(self.try_matmul(other))
    }

    #[track_caller]
    fn try_matmul(&self, other: &Array<T>) -> Built<Array<T>> {
        self.sound()?;
        other.sound()?;
        if let Some(scalar) = [self, other].into_iter().find(|array| array.ndim() == 0) {
            let shape = scalar.shape().to_vec();
            let wanted = "arrays with axes (`*` multiplies by a number)";
            return Err(ArrayError::Dimensions { operation: "matmul", wanted, shape }.into());
        }
        let own = |array: &Array<T>| array.ndim().saturating_sub(2);
        let batch = own(self).max(own(other));
        let grid = |array: &Array<T>| Grid::new(array.chunks()[..own(array)].to_vec());
        let common = pair_grids("matmul", &grid(self)?, &grid(other)?)?;
        let (left, right) = (under(self, &common)?, under(other, &common)?);
        let [row, inner, column] = [batch, batch + 1, batch + 2];
        let labels = |array: &Array<T>, last: &[usize]| -> Vec<usize> {
            let batch = if own(array) == 0 { 0 } else { batch };
            (0..batch).chain(last.iter().copied()).collect()
        };
        let (rows, columns) = ([row, inner], [inner, column]);
        let of_left = labels(&left, if left.ndim() == 1 { &rows[1..] } else { &rows });
        let of_right = labels(&right, if right.ndim() == 1 { &columns[..1] } else { &columns });
        let out = (0..batch).chain([row, column]).filter(|label| of_left.contains(label) || of_right.contains(label));
        let labels = Labels { out: out.collect(), left: of_left, right: of_right };
        contract("matmul", &left, &right, &labels)
    }

    /// The product summed over pairs of axes: the last `n` of this array and the first `n` of the other, or those that
    /// two lists name. The result has the other axes of this array and then those of the other. NumPy's `tensordot`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::ones([2, 3, 4], 2);
    /// let y = Array::<f64>::ones([4, 3, 5], 2);
    /// assert_eq!(x.tensordot(&y, 1).shape(), [2, 3, 3, 5]);
    /// assert_eq!(on_reference(&x.tensordot(&y, ([1, 2], [1, 0])))?, ndarray::ArrayD::from_elem(vec![2, 5], 12.0));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn tensordot(&self, other: &Array<T>, axes: impl Into<Contracted>) -> Array<T> {
        Array::built(self.try_tensordot(other, axes.into()))
    }

    #[track_caller]
    fn try_tensordot(&self, other: &Array<T>, axes: Contracted) -> Built<Array<T>> {
        self.sound()?;
        other.sound()?;
        let operation = "tensordot";
        let (left, right): (Vec<usize>, Vec<usize>) = match axes.0 {
            Pairing::Count(count) if count > self.ndim().min(other.ndim()) => {
                let (value, allowed) = (count.to_string(), "neither array may have fewer axes");
                return Err(ArrayError::Argument { operation, argument: "axes", value, allowed }.into());
            }
            Pairing::Count(count) => ((self.ndim() - count..self.ndim()).collect(), (0..count).collect()),
            Pairing::Axes(left, right) if left.len() != right.len() => {
                let value = format!("{left:?}, {right:?}");
                let allowed = "as many axes of the left array as of the right one";
                return Err(ArrayError::Argument { operation, argument: "axes", value, allowed }.into());
            }
            Pairing::Axes(left, right) => {
                (once(operation, &left, self.ndim())?, once(operation, &right, other.ndim())?)
            }
        };
        tensordot(operation, self, other, &left, &right)
    }

    /// The products of each element of a vector with each of another; NumPy's `outer`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(1, 3, 1, 1);
    /// assert_eq!(on_reference(&x.outer(&x))?, ndarray::array![[1, 2], [2, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn outer(&self, other: &Array<T>) -> Array<T> {
        Array::built(self.try_outer(other))
    }

    #[track_caller]
    fn try_outer(&self, other: &Array<T>) -> Built<Array<T>> {
        self.sound()?;
        other.sound()?;
        if let Some(array) = [self, other].into_iter().find(|array| array.ndim() != 1) {
            let (wanted, shape) = ("vectors (`ravel()` first)", array.shape().to_vec());
            return Err(ArrayError::Dimensions { operation: "outer", wanted, shape }.into());
        }
        contract("outer", self, other, &Labels { left: vec![0], right: vec![1], out: vec![0, 1] })
    }

    /// The sum of the products of the conjugates of all elements with those beside them in an array of the same shape;
    /// NumPy's `vdot`. No block in between is made.
    ///
    /// ```
    /// use num_complex::Complex;
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::from_array(ndarray::array![Complex::new(0.0, 2.0), Complex::new(1.0, 1.0)], 1);
    /// assert_eq!(on_reference(&x.vdot(&x).item())?, Complex::new(6.0, 0.0));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn vdot(&self, other: &Array<T>) -> Array<T> {
        let different = || -> Built<Array<T>> {
            let axis = (0..self.ndim().min(other.ndim())).find(|&axis| self.shape()[axis] != other.shape()[axis]);
            let axis = axis.unwrap_or(0);
            let (left, right) = (self.shape().to_vec(), other.shape().to_vec());
            let length = |shape: &[usize]| shape.get(axis).copied().unwrap_or(1);
            let (left_length, right_length) = (length(&left), length(&right));
            let operation = "vdot";
            Err(ArrayError::Shapes { operation, left, right, axis, left_length, right_length }.into())
        };
        match (self.sound(), other.sound()) {
            (Err(stop), _) | (_, Err(stop)) => Array::built(Err(stop)),
            _ if self.shape() != other.shape() => Array::built(different()),
            _ => T::narrow(self.named2("vdot", other, |a, b| a.conjugate().times(b)).sum()),
        }
    }

    /// The sum of the elements on the diagonal of the first two axes; NumPy's `trace`. Blocks off the diagonal are not
    /// computed.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6]], 2);
    /// assert_eq!(on_reference(&x.trace().item())?, 6);
    /// assert_eq!(on_reference(&x.trace_at(1).item())?, 8);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn trace(&self) -> Array<T::Sum> {
        self.trace_at(0)
    }

    /// The sum of the elements of a diagonal `offset` places above the main one, or below it; see [`Array::trace`].
    #[track_caller]
    pub fn trace_at(&self, offset: isize) -> Array<T::Sum> {
        Array::built(self.try_trace(offset))
    }

    #[track_caller]
    fn try_trace(&self, offset: isize) -> Built<Array<T::Sum>> {
        self.sound()?;
        if self.ndim() < 2 {
            let (wanted, shape) = ("an array of two axes or more", self.shape().to_vec());
            return Err(ArrayError::Dimensions { operation: "trace", wanted, shape }.into());
        }
        if let Some(axis) = (0..2).find(|&axis| self.shape()[axis] == UNKNOWN) {
            return Err(ArrayError::Unknown { operation: "trace", axis }.into());
        }
        let (down, right) = (offset.min(0).unsigned_abs(), offset.max(0) as usize);
        let (rows, columns) = (self.shape()[0].saturating_sub(down), self.shape()[1].saturating_sub(right));
        let count = rows.min(columns);
        let cut = |axis: usize, start: usize| Selection::range(self.grid.axis(axis), start, 1, count);
        let rest = (2..self.ndim()).map(|axis| Selection::all(self.grid.axis(axis)));
        let axes = [cut(0, down), cut(1, right)].into_iter().chain(rest).collect();
        let identity = crate::identity::Identity::of("square").data(&(offset as i64));
        let square = self.select("square", identity, axes, T::ZERO)?;
        Ok(diagonal("trace", &square, 0, 1)?.sum_axis(0))
    }
}

/// The matrices of an array for each place of these axes, to which those before the last two are stretched.
#[track_caller]
fn under<T: Multiply>(array: &Array<T>, batch: &Grid) -> Result<Array<T>, ArrayError> {
    let own = array.ndim().saturating_sub(2);
    if own == 0 {
        return Ok(array.clone());
    }
    let chunks = batch.chunks().iter().chain(&array.chunks()[own..]).cloned().collect();
    Ok(stretched(array, Grid::new(chunks)?))
}

/// Axes counted from the first one, none of them twice.
fn once(operation: &'static str, axes: &[isize], ndim: usize) -> Result<Vec<usize>, ArrayError> {
    let mut found = Vec::with_capacity(axes.len());
    for &axis in axes {
        let axis = resolve(operation, axis, ndim)?;
        if found.contains(&axis) {
            return Err(ArrayError::AxisTwice { operation, axis });
        }
        found.push(axis);
    }
    Ok(found)
}

/// The product summed over pairs of axes.
#[track_caller]
pub(super) fn tensordot<T: Multiply>(
    operation: &'static str,
    left: &Array<T>,
    right: &Array<T>,
    of_left: &[usize],
    of_right: &[usize],
) -> Built<Array<T>> {
    let mut of_right_labels: Vec<usize> = (left.ndim()..left.ndim() + right.ndim()).collect();
    of_left.iter().zip(of_right).for_each(|(&one, &other)| of_right_labels[other] = one);
    let kept = (0..left.ndim()).filter(|axis| !of_left.contains(axis));
    let out = kept.chain(of_right_labels.iter().copied().filter(|&label| label >= left.ndim())).collect();
    let labels = Labels { left: (0..left.ndim()).collect(), out, right: of_right_labels };
    contract(operation, left, right, &labels)
}

/// The product summed over the last axes of both arrays; of numbers their product. NumPy's `inner`.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
/// assert_eq!(on_reference(&linalg::inner(&x, &x))?, ndarray::array![[5, 11], [11, 25]].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn inner<T: Multiply>(left: &Array<T>, right: &Array<T>) -> Array<T> {
    Array::built(try_inner(left, right))
}

#[track_caller]
fn try_inner<T: Multiply>(left: &Array<T>, right: &Array<T>) -> Built<Array<T>> {
    match (left.sound()?.ndim(), right.sound()?.ndim()) {
        (0, _) | (_, 0) => Ok(left.named2("inner", right, T::times)),
        (a, b) => tensordot("inner", left, right, &[a - 1], &[b - 1]),
    }
}
