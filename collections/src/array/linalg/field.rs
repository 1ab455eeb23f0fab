//! Numbers that matrices are made of: what products need of them, and what factorisations do.

use super::dense::{lower_product, product};
use crate::array::chunk::Chunk;
use crate::array::{Array, Inexact, Number, Real, Summable};
use faer::traits::ComplexField;
use num_complex::Complex;

/// Numbers whose arrays can be multiplied as matrices: all but `bool`. Products of integers wrap around.
///
/// ```
/// use partita_collections::{Array, bag::on_reference};
///
/// let x = Array::<u8>::from_array(ndarray::array![200, 100], 1);
/// assert_eq!(on_reference(&x.dot(&x).item())?, (200u32 * 200 + 100 * 100) as u8);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub trait Multiply: Number + Summable {
    /// Sums as elements; integers are cut to their width.
    #[doc(hidden)]
    fn narrow(sums: Array<Self::Sum>) -> Array<Self>;
    /// The absolute value.
    #[doc(hidden)]
    fn magnitude(self) -> f64;
    /// Adds a product of two matrices to one in C order.
    #[doc(hidden)]
    fn add_product(out: &mut [Self], left: &Chunk<Self>, right: &Chunk<Self>);
    /// Adds a product that is known to be symmetric to a matrix in C order, perhaps only on and below the diagonal.
    #[doc(hidden)]
    fn add_lower_product(out: &mut [Self], left: &Chunk<Self>, right: &Chunk<Self>) {
        Self::add_product(out, left, right);
    }
}

macro_rules! floats {
    ($($type:ty: $magnitude:expr;)*) => {
        $(impl Multiply for $type {
            fn narrow(sums: Array<Self>) -> Array<Self> {
                sums
            }

            fn magnitude(self) -> f64 {
                let magnitude: fn(Self) -> f64 = $magnitude;
                magnitude(self)
            }

            fn add_product(out: &mut [Self], left: &Chunk<Self>, right: &Chunk<Self>) {
                product(out, left, right);
            }

            fn add_lower_product(out: &mut [Self], left: &Chunk<Self>, right: &Chunk<Self>) {
                lower_product(out, left, right);
            }
        })*
    };
}

floats! {
    f64: f64::abs;
    f32: |x| f64::from(x.abs());
    Complex<f64>: |x| x.norm();
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Multiply for $type {
            #[track_caller]
            fn narrow(sums: Array<i64>) -> Array<Self> {
                sums.named("narrow", |sum| sum as $type)
            }

            fn magnitude(self) -> f64 {
                (self as f64).abs()
            }

            fn add_product(out: &mut [Self], left: &Chunk<Self>, right: &Chunk<Self>) {
                plain_product(out, left, right);
            }
        })*
    };
}

integers!(i64, i32, u8);

/// Row by row of the right matrix, which the compiler makes vector instructions of.
fn plain_product<T: Number>(out: &mut [T], left: &Chunk<T>, right: &Chunk<T>) {
    let (inner, columns) = (right.shape()[0], right.shape()[1]);
    if inner == 0 || columns == 0 {
        return;
    }
    let (left, right) = (left.clone().in_order(), right.clone().in_order());
    let (Some(left), Some(right)) = (left.as_slice(), right.as_slice()) else { return };
    for (row, out) in left.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
        for (&x, line) in row.iter().zip(right.chunks_exact(columns)) {
            out.iter_mut().zip(line).for_each(|(sum, &y)| *sum = sum.plus(x.times(y)));
        }
    }
}

/// Numbers of which matrices can be factorised: `f64`, `f32` and `Complex<f64>`.
///
/// ```
/// use partita_collections::array::linalg::Field;
///
/// fn condition<T: Field>(largest: T::Real, smallest: T::Real) -> f64 {
///     use partita_collections::array::Number;
///     largest.to_f64() / smallest.to_f64()
/// }
/// assert_eq!(condition::<f64>(3.0, 2.0), 1.5);
/// ```
pub trait Field: Inexact + Multiply + ComplexField<Real: Real + Multiply> {
    /// The distance from 1 to the next larger number.
    const EPSILON: f64;

    /// It times the inverse of its absolute value; 1 for 0.
    #[doc(hidden)]
    fn phase(self) -> Self;
}

impl Field for f64 {
    const EPSILON: f64 = f64::EPSILON;

    fn phase(self) -> Self {
        if self < 0.0 { -1.0 } else { 1.0 }
    }
}

impl Field for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;

    fn phase(self) -> Self {
        if self < 0.0 { -1.0 } else { 1.0 }
    }
}

impl Field for Complex<f64> {
    const EPSILON: f64 = f64::EPSILON;

    fn phase(self) -> Self {
        let norm = self.norm();
        if norm == 0.0 { Complex::new(1.0, 0.0) } else { self / norm }
    }
}
