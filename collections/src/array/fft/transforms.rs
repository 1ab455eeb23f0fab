//! Transforms: forward, inverse, of real and of Hermitian-symmetric signals, over one axis or several.

use super::lines::{Lines, Shape};
use super::options::{RealSignal, Scaling, Signal, Transform, Transforms};
use crate::array::axes::resolve;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element, UNKNOWN};
use num_complex::Complex;

/// A transform that is to be built: its name and what it does with lines.
#[derive(Clone, Copy)]
struct Plan {
    operation: &'static str,
    shape: Shape,
    inverse: bool,
    conjugate: bool,
}

const FORWARD: Plan = Plan { operation: "fft", shape: Shape::Whole, inverse: false, conjugate: false };
const INVERSE: Plan = Plan { operation: "ifft", shape: Shape::Whole, inverse: true, conjugate: false };
const OF_REAL: Plan = Plan { operation: "rfft", shape: Shape::Half, inverse: false, conjugate: false };
const TO_REAL: Plan = Plan { operation: "irfft", shape: Shape::Mirrored, inverse: true, conjugate: false };
const HERMITIAN: Plan = Plan { operation: "hfft", shape: Shape::Mirrored, inverse: true, conjugate: true };
/// The inverse transform of a real signal, which is the conjugate of the forward one.
const TO_HERMITIAN: Plan = Plan { operation: "ihfft", shape: Shape::Half, inverse: true, conjugate: false };

impl Plan {
    /// The transform of lines of an array.
    fn lines<T: Element>(self, array: &Array<T>, transform: Transform) -> Built<Lines> {
        let Plan { operation, shape, inverse, conjugate } = self;
        array.sound()?;
        let axis = resolve(operation, transform.axis, array.ndim())?;
        let length = array.shape()[axis];
        if length == UNKNOWN {
            return Err(ArrayError::Unknown { operation, axis }.into());
        }
        if array.grid.axis(axis).len() != 1 {
            let needs = "one chunk along the axis of the transform";
            let remedy = format!("`rechunk` axis {axis} to one chunk of {length} first");
            return Err(ArrayError::Chunking { operation, needs, chunks: array.chunks().to_vec(), remedy }.into());
        }
        let natural = match shape {
            Shape::Mirrored => (length.max(1) - 1) * 2,
            _ => length,
        };
        let n = transform.length.unwrap_or(natural);
        if n == 0 {
            let (value, allowed) = ("0".to_owned(), "a transform needs one element at least");
            return Err(ArrayError::Argument { operation, argument: "length", value, allowed }.into());
        }
        Ok(Lines { shape, axis, n, inverse, conjugate, scaling: transform.scaling })
    }

    /// A layer of this transform.
    #[track_caller]
    fn layer<T: Element, U: Element>(
        self,
        array: &Array<T>,
        transform: Transform,
        run: impl Fn(&Lines, &Chunk<T>) -> Chunk<U> + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        let lines = self.lines(array, transform)?;
        array.grid.bounded_along(self.operation, lines.axis, lines.length(), size_of::<U>())?;
        let mut chunks = array.chunks().to_vec();
        chunks[lines.axis] = vec![lines.length()];
        let grid = Grid::new(chunks)?;
        let identity = array.identity(self.operation).data(&lines);
        let block = blockwise_with(lines, move |lines, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            Ok(run(lines, &Lazy::<T>::of(flow, 0)?.into_chunk()?).into())
        });
        let reads = vec![array.node().clone().into()];
        Ok(Array::blocks(self.operation, identity, grid, reads, block).split_like(array))
    }

    #[track_caller]
    fn complex<T: Signal>(self, array: &Array<T>, transform: Transform) -> Built<Array<Complex<f64>>> {
        self.layer(array, transform, |lines, chunk| lines.complex(chunk, T::to_complex))
    }

    #[track_caller]
    fn real<T: Signal>(self, array: &Array<T>, transform: Transform) -> Built<Array<f64>> {
        self.layer(array, transform, |lines, chunk| lines.real(chunk, T::to_complex))
    }
}

/// The transforms of several axes, in their order.
fn each_axis(operation: &'static str, ndim: usize, last: Option<usize>, all: &Transforms) -> Built<Vec<Transform>> {
    let named = match (&all.axes, &all.lengths) {
        (Some(axes), _) => axes.clone(),
        (None, None) => (0..ndim as isize).rev().take(last.unwrap_or(ndim)).rev().collect(),
        (None, Some(lengths)) => (1..=lengths.len() as isize).rev().map(|from_last| -from_last).collect(),
    };
    let mut axes: Vec<usize> = Vec::with_capacity(named.len());
    for axis in named {
        // As in NumPy, an axis may be named twice, and is transformed twice then.
        axes.push(resolve(operation, axis, ndim)?);
    }
    if last.is_some_and(|last| axes.len() != last) || axes.is_empty() {
        let value = format!("{axes:?}");
        let allowed = if last.is_some() { "two axes are needed" } else { "one axis at least is needed" };
        return Err(ArrayError::Argument { operation, argument: "axes", value, allowed }.into());
    }
    if let Some(lengths) = all.lengths.as_ref().filter(|lengths| lengths.len() != axes.len()) {
        let (value, allowed) = (format!("{lengths:?}"), "one length for each axis");
        return Err(ArrayError::Argument { operation, argument: "lengths", value, allowed }.into());
    }
    let length = |at: usize| all.lengths.as_ref().map(|lengths| lengths[at]);
    let transform =
        |(at, &axis): (usize, &usize)| Transform { length: length(at), axis: axis as isize, scaling: all.scaling };
    Ok(axes.iter().enumerate().map(transform).collect())
}

/// Complex transforms over several axes, the last one first.
#[track_caller]
fn over_axes<T: Signal>(
    plan: Plan,
    array: &Array<T>,
    last: Option<usize>,
    all: &Transforms,
) -> Built<Array<Complex<f64>>> {
    last_first(plan, plan, array, last, all)
}

/// A real transform over the last axis, then complex ones over the others.
#[track_caller]
fn of_real<T: Signal>(
    plan: Plan,
    array: &Array<T>,
    last: Option<usize>,
    all: &Transforms,
) -> Built<Array<Complex<f64>>> {
    last_first(plan, Plan { operation: plan.operation, ..FORWARD }, array, last, all)
}

/// A transform over the last axis, then other ones over those before it, from behind.
#[track_caller]
fn last_first<T: Signal>(
    plan: Plan,
    others: Plan,
    array: &Array<T>,
    last: Option<usize>,
    all: &Transforms,
) -> Built<Array<Complex<f64>>> {
    array.sound()?;
    let transforms = each_axis(plan.operation, array.ndim(), last, all)?;
    let Some((last, rest)) = transforms.split_last() else { return plan.complex(array, Transform::new()) };
    let mut array = plan.complex(array, *last)?;
    for transform in rest.iter().rev() {
        array = others.complex(&array, *transform)?;
    }
    Ok(array)
}

/// Complex inverse transforms over all axes but the last, then one with a real result.
#[track_caller]
fn to_real<T: Signal>(plan: Plan, array: &Array<T>, last: Option<usize>, all: &Transforms) -> Built<Array<f64>> {
    array.sound()?;
    let transforms = each_axis(plan.operation, array.ndim(), last, all)?;
    let whole = Plan { operation: plan.operation, ..INVERSE };
    match transforms.as_slice() {
        [] => plan.real(array, Transform::new()),
        [only] => plan.real(array, *only),
        [first, between @ .., last] => {
            let mut array = whole.complex(array, *first)?;
            for transform in between {
                array = whole.complex(&array, *transform)?;
            }
            plan.real(&array, *last)
        }
    }
}

macro_rules! along_one_axis {
    ($($(#[$doc:meta])* $name:ident $with:ident $bound:ident $to:ty: $run:ident $plan:expr, $scaling:expr;)*) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// The axis must be one chunk and have elements, or [`Transform::length`] must say how many.
        #[track_caller]
        pub fn $name<T: $bound>(array: &Array<T>) -> Array<$to> {
            $with(array, Transform::new())
        }

        #[doc = concat!("[`", stringify!($name), "`] with another axis, length or scaling.")]
        #[track_caller]
        pub fn $with<T: $bound>(array: &Array<T>, transform: Transform) -> Array<$to> {
            let scaling: fn(Scaling) -> Scaling = $scaling;
            let plan = Plan { operation: stringify!($name), ..$plan };
            Array::built(plan.$run(array, Transform { scaling: scaling(transform.scaling), ..transform }))
        })*
    };
}

along_one_axis! {
    /// The discrete Fourier transform over the last axis; NumPy's `fft.fft`.
    ///
    /// ```
    /// use partita_collections::{Array, array::fft::{fft, ifft}, bag::on_reference};
    ///
    /// let x = Array::<f64>::arange(0.0, 8.0, 1.0, 8);
    /// let there_and_back = on_reference(&ifft(&fft(&x)))?;
    /// assert!(there_and_back.iter().enumerate().all(|(i, y)| (y - i as f64).norm() < 1e-12));
    ///
    /// let error = fft(&Array::<f64>::ones(8, 4)).check().unwrap_err().to_string();
    /// assert!(error.contains("`rechunk` axis 0 to one chunk of 8 first"));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    fft fft_with Signal Complex<f64>: complex FORWARD, |scaling| scaling;
    /// The inverse of [`fft()`]; NumPy's `fft.ifft`.
    ifft ifft_with Signal Complex<f64>: complex INVERSE, |scaling| scaling;
    /// The first `n / 2 + 1` elements of the transform of a real signal, which the others are the mirror image of;
    /// NumPy's `fft.rfft`.
    ///
    /// ```
    /// use partita_collections::{Array, array::fft::{Transform, irfft_with, rfft}, bag::on_reference};
    ///
    /// let x = Array::<f64>::arange(0.0, 7.0, 1.0, 7);
    /// assert_eq!(rfft(&x).shape(), [4]);
    /// let back = on_reference(&irfft_with(&rfft(&x), Transform::new().length(7)))?;
    /// assert!(back.iter().enumerate().all(|(i, y)| (y - i as f64).abs() < 1e-12));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    rfft rfft_with RealSignal Complex<f64>: complex OF_REAL, |scaling| scaling;
    /// The inverse of [`rfft`], a real signal of `2 · (length − 1)` elements unless told otherwise; imaginary parts that
    /// the spectrum of a real signal cannot have are ignored. NumPy's `fft.irfft`.
    irfft irfft_with Signal f64: real TO_REAL, |scaling| scaling;
    /// The transform of a signal with a real spectrum, of which half is given; NumPy's `fft.hfft`.
    hfft hfft_with Signal f64: real HERMITIAN, Scaling::swapped;
    /// The inverse of [`hfft`]: half of a signal whose spectrum is this; NumPy's `fft.ihfft`.
    ///
    /// ```
    /// use partita_collections::{Array, array::fft::{hfft, ihfft}, bag::on_reference};
    ///
    /// let x = Array::<f64>::arange(0.0, 6.0, 1.0, 6);
    /// let back = on_reference(&hfft(&ihfft(&x)))?;
    /// assert!(back.iter().enumerate().all(|(i, y)| (y - i as f64).abs() < 1e-12));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    ihfft ihfft_with RealSignal Complex<f64>: complex TO_HERMITIAN, |scaling| scaling;
}

macro_rules! along_axes {
    ($($(#[$doc:meta])* $name:ident $with:ident $bound:ident $to:ty: $build:ident $plan:ident $last:expr;)*) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// Each axis must be one chunk and have elements, or [`Transforms::lengths`] must say how many.
        #[track_caller]
        pub fn $name<T: $bound>(array: &Array<T>) -> Array<$to> {
            $with(array, Transforms::new())
        }

        #[doc = concat!("[`", stringify!($name), "`] with other axes, lengths or scaling.")]
        #[track_caller]
        pub fn $with<T: $bound>(array: &Array<T>, transforms: Transforms) -> Array<$to> {
            let plan = Plan { operation: stringify!($name), ..$plan };
            Array::built($build(plan, array, $last, &transforms))
        })*
    };
}

along_axes! {
    /// The transform over the last two axes; NumPy's `fft.fft2`.
    ///
    /// ```
    /// use partita_collections::{Array, array::fft::{fft2, ifft2}, bag::on_reference};
    ///
    /// let x = Array::<f64>::ones([2, 4, 4], [1, 4, 4]);
    /// let spectrum = on_reference(&fft2(&x))?;
    /// assert!((spectrum[[1, 0, 0]].re - 16.0).abs() < 1e-12 && spectrum[[1, 2, 1]].norm() < 1e-12);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    fft2 fft2_with Signal Complex<f64>: over_axes FORWARD Some(2);
    /// The inverse of [`fft2`]; NumPy's `fft.ifft2`.
    ifft2 ifft2_with Signal Complex<f64>: over_axes INVERSE Some(2);
    /// The transform over all axes; NumPy's `fft.fftn`.
    fftn fftn_with Signal Complex<f64>: over_axes FORWARD None;
    /// The inverse of [`fftn`]; NumPy's `fft.ifftn`.
    ifftn ifftn_with Signal Complex<f64>: over_axes INVERSE None;
    /// The transform of real signals over the last two axes, halved along the last one; NumPy's `fft.rfft2`.
    rfft2 rfft2_with RealSignal Complex<f64>: of_real OF_REAL Some(2);
    /// The inverse of [`rfft2`], with a real result; NumPy's `fft.irfft2`.
    irfft2 irfft2_with Signal f64: to_real TO_REAL Some(2);
    /// The transform of real signals over all axes, halved along the last one; NumPy's `fft.rfftn`.
    rfftn rfftn_with RealSignal Complex<f64>: of_real OF_REAL None;
    /// The inverse of [`rfftn`], with a real result; NumPy's `fft.irfftn`.
    irfftn irfftn_with Signal f64: to_real TO_REAL None;
}
