//! Conversions of element types.

use crate::array::{Array, Element};
use num_complex::Complex;

/// Types that become others. Numbers become others as by Rust's `as`: fractions are cut off, what is out of range becomes
/// the nearest number of the type, NaN becomes 0; integers keep their low bits. `bool` is 0 and 1, and everything but 0
/// is `true`. Complex numbers lose their imaginary part.
pub trait Cast<U>: Element {
    /// The element as another type.
    fn cast(self) -> U;
}

macro_rules! casts {
    ($($from:ty => $($to:ty)*;)*) => {
        $($(impl Cast<$to> for $from {
            #[inline]
            fn cast(self) -> $to {
                self as $to
            }
        })*

        impl Cast<bool> for $from {
            #[inline]
            fn cast(self) -> bool {
                self.is_true()
            }
        }

        impl Cast<$from> for bool {
            #[inline]
            fn cast(self) -> $from {
                u8::from(self) as $from
            }
        }

        impl Cast<Complex<f64>> for $from {
            #[inline]
            fn cast(self) -> Complex<f64> {
                Complex::new(self as f64, 0.0)
            }
        }

        impl Cast<$from> for Complex<f64> {
            #[inline]
            fn cast(self) -> $from {
                self.re as $from
            }
        })*
    };
}

casts! {
    f64 => f64 f32 i64 i32 u8;
    f32 => f64 f32 i64 i32 u8;
    i64 => f64 f32 i64 i32 u8;
    i32 => f64 f32 i64 i32 u8;
    u8 => f64 f32 i64 i32 u8;
}

impl Cast<bool> for bool {
    fn cast(self) -> bool {
        self
    }
}

impl Cast<bool> for Complex<f64> {
    fn cast(self) -> bool {
        self.is_true()
    }
}

impl Cast<Complex<f64>> for bool {
    fn cast(self) -> Complex<f64> {
        Complex::new(f64::from(u8::from(self)), 0.0)
    }
}

impl Cast<Complex<f64>> for Complex<f64> {
    fn cast(self) -> Complex<f64> {
        self
    }
}

impl<T: Element> Array<T> {
    /// The elements as another type; NumPy's `astype`. See [`Cast`] for what does not fit.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.9, -300.0, f64::NAN], 2);
    /// assert_eq!(on_reference(&x.astype::<u8>())?, ndarray::array![1, 0, 0].into_dyn());
    /// assert_eq!(on_reference(&x.gt(0.0).astype::<f64>())?, ndarray::array![1.0, 0.0, 0.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn astype<U: Element>(&self) -> Array<U>
    where
        T: Cast<U>,
    {
        self.named("astype", T::cast)
    }
}
