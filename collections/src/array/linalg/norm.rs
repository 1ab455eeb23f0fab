//! Norms: of vectors, of matrices and of all elements.

use super::svd::try_svd;
use super::{Field, Multiply};
use crate::array::axes::Axes;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::layers::Built;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::sums::{Exact, NormFold};
use crate::array::{Array, keep};
use crate::identity::Identity;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The order of a norm; NumPy's `ord`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub enum Norm {
    /// The root of the sum of squares, whatever the number of axes; NumPy's `None`.
    #[default]
    Euclidean,
    /// The same, of matrices only; NumPy's `"fro"`.
    Frobenius,
    /// The sum of the singular values of a matrix; NumPy's `"nuc"`.
    Nuclear,
    /// Of vectors the largest absolute value; of matrices the largest sum of those of a row; NumPy's `inf`.
    Infinity,
    /// Of vectors the smallest absolute value; of matrices the smallest sum of those of a row; NumPy's `-inf`.
    NegativeInfinity,
    /// Of vectors `(Σ |x|ᵖ)^(1/p)`, and for 0 how many elements are not 0. Of matrices for 1 and −1 the largest and the
    /// smallest sum of absolute values of a column, for 2 and −2 the largest and the smallest singular value.
    P(f64),
}

/// The root of the sum of the squares of all elements; NumPy's `linalg.norm`. Squares are added up in twice their
/// precision while blocks are made, so nothing in between is kept. NaN if an element is one; 0 of no elements.
///
/// ```
/// use partita_collections::{Array, array::linalg, bag::on_reference};
///
/// let x = Array::<f64>::from_array(ndarray::array![[1.0, 2.0], [2.0, 4.0]], 1);
/// assert_eq!(on_reference(&linalg::norm(&x).item())?, 5.0);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn norm<T: Multiply>(array: &Array<T>) -> Array<f64> {
    Array::built(array.reduce("norm", Identity::of("norm"), &Axes::all(), NormFold::<T>(PhantomData)))
}

/// A norm of this order over one axis (of vectors) or two (of matrices); over all, if none is named. Axes stay with
/// length 1 if they are given as [`keep`]`(axes)`. NumPy's `linalg.norm(x, ord, axis, keepdims)`; the result is always
/// `f64`.
///
/// ```
/// use partita_collections::array::linalg::{Norm, norm_with};
/// use partita_collections::{Array, array::keep, bag::on_reference};
///
/// let x = Array::<f64>::from_array(ndarray::array![[1.0, -2.0], [3.0, 4.0]], 1);
/// assert_eq!(on_reference(&norm_with(&x, Norm::P(1.0), 1))?, ndarray::array![3.0, 7.0].into_dyn());
/// assert_eq!(on_reference(&norm_with(&x, Norm::Infinity, None).item())?, 7.0);
/// assert_eq!(norm_with(&x, Norm::Euclidean, keep(0)).shape(), [1, 2]);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
///
/// # Errors
/// [`ArrayError::Argument`] for an order that there is not for so many axes. Orders of singular values need a matrix
/// that [`svd`](super::svd) can work with. The largest or smallest of no elements fails when it is computed.
#[track_caller]
pub fn norm_with<T: Field>(array: &Array<T>, order: Norm, axes: impl Into<Axes>) -> Array<f64> {
    Array::built(try_norm(array, order, &axes.into()))
}

#[track_caller]
fn try_norm<T: Field>(array: &Array<T>, order: Norm, axes: &Axes) -> Built<Array<f64>> {
    array.sound()?;
    let flags = axes.flags("norm", array.ndim())?;
    let over: Vec<isize> = (0..flags.len()).filter(|&axis| flags[axis]).map(|axis| axis as isize).collect();
    let refused = |allowed: &'static str| -> Built<Array<f64>> {
        let value = format!("{order:?}");
        Err(ArrayError::Argument { operation: "norm", argument: "order", value, allowed }.into())
    };
    let identity = Identity::of("norm-order");
    let vector = |measure: Measure| identity.clone().data(&measure);
    match (order, over.len()) {
        (Norm::Euclidean, _) | (Norm::Frobenius, 2) | (Norm::P(2.0), 1) => {
            array.reduce("norm", Identity::of("norm"), axes, NormFold::<T>(PhantomData))
        }
        (Norm::Nuclear | Norm::P(2.0 | -2.0), 2) => of_singular_values(array, order, axes),
        (Norm::Infinity | Norm::NegativeInfinity | Norm::P(1.0 | -1.0), 2) => {
            let by_rows = matches!(order, Norm::Infinity | Norm::NegativeInfinity);
            let largest = matches!(order, Norm::Infinity | Norm::P(1.0));
            // NumPy's rows are along the first axis that is named.
            let named = axes.named();
            let first = named.as_ref().and_then(|named| named.first().copied()).unwrap_or(0);
            let first = crate::array::axes::resolve("norm", first, array.ndim())? as isize;
            let second = if over[0] == first { over[1] } else { over[0] };
            let (summed, searched) = if by_rows { (second, first) } else { (first, second) };
            let sums = Measures { measure: Measure::Power(1.0), of: PhantomData::<T> };
            let sums = array.reduce("norm", vector(Measure::Power(1.0)), &keep(summed), sums)?;
            let measure = if largest { Measure::Largest } else { Measure::Smallest };
            let found = Measures { measure, of: PhantomData::<f64> };
            let found = sums.reduce("norm", vector(measure), &keep(searched), found)?;
            if axes.keeps() {
                return Ok(found);
            }
            // Of one element each: the axes go.
            found.reduce(
                "norm",
                vector(Measure::Power(1.0)),
                &Axes::from(over),
                Measures { measure: Measure::Power(1.0), of: PhantomData::<f64> },
            )
        }
        (Norm::Infinity | Norm::NegativeInfinity | Norm::P(_), 1) => {
            let measure = match order {
                Norm::Infinity => Measure::Largest,
                Norm::NegativeInfinity => Measure::Smallest,
                Norm::P(0.0) => Measure::Count,
                Norm::P(p) if p == f64::INFINITY => Measure::Largest,
                Norm::P(p) if p == f64::NEG_INFINITY => Measure::Smallest,
                Norm::P(p) => Measure::Power(p),
                _ => Measure::Count,
            };
            array.reduce("norm", vector(measure), axes, Measures { measure, of: PhantomData::<T> })
        }
        (Norm::Frobenius | Norm::Nuclear, 1) => refused("vectors have norms of `Euclidean`, `Infinity` and `P`"),
        (_, 2) => refused("matrices have norms of P(1), P(-1), P(2) and P(-2), and those with names"),
        _ => refused("a norm with an order is over one axis or two"),
    }
}

/// Norms that are made of singular values.
#[track_caller]
fn of_singular_values<T: Field>(array: &Array<T>, order: Norm, axes: &Axes) -> Built<Array<f64>> {
    let (_, s, _) = try_svd("norm", array)?;
    let measure = match order {
        Norm::Nuclear => Measure::Power(1.0),
        Norm::P(p) if p < 0.0 => Measure::Smallest,
        _ => Measure::Largest,
    };
    let identity = Identity::of("norm-order").data(&measure);
    let found = s.reduce("norm", identity, &Axes::all(), Measures { measure, of: PhantomData::<T::Real> })?;
    Ok(if axes.keeps() { found.broadcast_to([1, 1]) } else { found })
}

/// What is found of absolute values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Measure {
    Largest,
    Smallest,
    Count,
    Power(f64),
}

/// The fold of a measure.
#[derive(Clone)]
struct Measures<T> {
    measure: Measure,
    of: PhantomData<T>,
}

partita_graph::travels_as_data!(Measure);
partita_graph::travels!([T: Multiply] Measures[T] { measure, of });

impl<T: Multiply> Fold for Measures<T> {
    type Item = T;
    /// A sum, and the largest or smallest so far.
    type Acc = (Exact, Option<f64>);
    type Out = f64;

    fn empty(&self) -> Self::Acc {
        (Exact::default(), None)
    }

    fn add(&self, acc: &mut Self::Acc, x: T, _: usize) {
        let size = x.magnitude();
        let sooner = |other: f64, better: bool| if better || size.is_nan() { size } else { other };
        match self.measure {
            Measure::Largest => acc.1 = Some(acc.1.map_or(size, |other| sooner(other, size > other))),
            Measure::Smallest => acc.1 = Some(acc.1.map_or(size, |other| sooner(other, size < other))),
            Measure::Count => acc.0.add(f64::from(u8::from(x.is_true()))),
            Measure::Power(1.0) => acc.0.add(size),
            Measure::Power(p) => acc.0.add(size.powf(p)),
        }
    }

    fn merge(&self, acc: &mut Self::Acc, later: &Self::Acc) {
        acc.0.merge(&later.0);
        let other = |one: f64, other: f64, better: bool| if better || other.is_nan() { other } else { one };
        acc.1 = match (acc.1, later.1, self.measure) {
            (Some(one), Some(two), Measure::Smallest) => Some(other(one, two, two < one)),
            (Some(one), Some(two), _) => Some(other(one, two, two > one)),
            (one, two, _) => one.or(two),
        };
    }

    fn finish(&self, acc: &Self::Acc) -> Result<f64, ArrayFault> {
        match self.measure {
            Measure::Largest | Measure::Smallest => acc.1.ok_or(ArrayFault::Empty { operation: "norm" }),
            Measure::Count | Measure::Power(1.0) => Ok(acc.0.value()),
            Measure::Power(p) => Ok(acc.0.value().powf(1.0 / p)),
        }
    }
}
