//! What a transform is over: lengths, axes and scaling.

use crate::array::{Element, Number, Ordered};
use num_complex::Complex;
use serde::Serialize;

/// Elements that can be transformed: all of them; `bool` counts as 0 and 1.
pub trait Signal: Element {
    /// As a complex number.
    #[doc(hidden)]
    fn to_complex(self) -> Complex<f64>;
}

macro_rules! signals {
    ($($type:ty),*) => {
        $(impl Signal for $type {
            fn to_complex(self) -> Complex<f64> {
                Complex::new(self.to_f64(), 0.0)
            }
        })*
    };
}

signals!(f64, f32, i64, i32, u8);

impl Signal for bool {
    fn to_complex(self) -> Complex<f64> {
        Complex::new(f64::from(u8::from(self)), 0.0)
    }
}

impl Signal for Complex<f64> {
    fn to_complex(self) -> Complex<f64> {
        self
    }
}

/// Elements without imaginary parts: all but complex numbers.
pub trait RealSignal: Signal + Ordered {}

impl<T: Signal + Ordered> RealSignal for T {}

/// Which direction is divided by the length; NumPy's `norm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
pub enum Scaling {
    /// The inverse transform is divided by `n`; NumPy's `"backward"`.
    #[default]
    Backward,
    /// Both are divided by `√n`; NumPy's `"ortho"`.
    Ortho,
    /// The forward transform is divided by `n`; NumPy's `"forward"`.
    Forward,
}

impl Scaling {
    /// What results are multiplied by.
    pub(super) fn factor(self, n: usize, inverse: bool) -> f64 {
        match (self, inverse) {
            (Scaling::Ortho, _) => 1.0 / (n as f64).sqrt(),
            (Scaling::Backward, true) | (Scaling::Forward, false) => 1.0 / n as f64,
            _ => 1.0,
        }
    }

    /// With the directions changed.
    pub(super) fn swapped(self) -> Self {
        match self {
            Scaling::Backward => Scaling::Forward,
            Scaling::Ortho => Scaling::Ortho,
            Scaling::Forward => Scaling::Backward,
        }
    }
}

/// How a transform over one axis is to be done: over the last axis, with its length, if nothing else is said.
///
/// ```
/// use partita_collections::array::Array;
/// use partita_collections::array::fft::{Scaling, Transform, fft_with};
///
/// let x = Array::<f64>::ones([6, 4], [6, 2]);
/// let y = fft_with(&x, Transform::new().length(8).axis(0).scaling(Scaling::Ortho));
/// assert_eq!(y.shape(), [8, 4]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Transform {
    pub(super) length: Option<usize>,
    pub(super) axis: isize,
    pub(super) scaling: Scaling,
}

impl Default for Transform {
    fn default() -> Self {
        Transform { length: None, axis: -1, scaling: Scaling::Backward }
    }
}

impl Transform {
    /// A transform over the last axis.
    pub fn new() -> Self {
        Transform::default()
    }

    /// Over this many elements of the axis (of the result, if it is real and the spectrum is not); NumPy's `n`.
    pub fn length(self, length: usize) -> Self {
        Transform { length: Some(length), ..self }
    }

    /// Over this axis, counted from the last if it is negative.
    pub fn axis(self, axis: isize) -> Self {
        Transform { axis, ..self }
    }

    /// Divided like this.
    pub fn scaling(self, scaling: Scaling) -> Self {
        Transform { scaling, ..self }
    }
}

/// How a transform over several axes is to be done: over all of them (the last two for `fft2` and its like), with their
/// lengths, if nothing else is said.
///
/// ```
/// use partita_collections::array::Array;
/// use partita_collections::array::fft::{Transforms, fftn_with};
///
/// let x = Array::<f64>::ones([3, 6, 4], [1, 6, 4]);
/// assert_eq!(fftn_with(&x, Transforms::new().axes([1, 2]).lengths([8, 4])).shape(), [3, 8, 4]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Transforms {
    pub(super) lengths: Option<Vec<usize>>,
    pub(super) axes: Option<Vec<isize>>,
    pub(super) scaling: Scaling,
}

impl Transforms {
    /// A transform over all axes.
    pub fn new() -> Self {
        Transforms::default()
    }

    /// Over so many elements of each axis; of the last axes, if none are named. NumPy's `s`.
    pub fn lengths(self, lengths: impl Into<Vec<usize>>) -> Self {
        Transforms { lengths: Some(lengths.into()), ..self }
    }

    /// Over these axes, the last one first; real transforms are real along the last one.
    pub fn axes(self, axes: impl Into<Vec<isize>>) -> Self {
        Transforms { axes: Some(axes.into()), ..self }
    }

    /// Divided like this.
    pub fn scaling(self, scaling: Scaling) -> Self {
        Transforms { scaling, ..self }
    }
}
