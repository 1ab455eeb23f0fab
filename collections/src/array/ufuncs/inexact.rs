//! Functions of numbers with fractions, real or complex: exponentials, roots, trigonometry.

use super::trigonometry;
use crate::array::{Array, Number};
use num_complex::Complex;

macro_rules! inexact {
    ($($(#[$doc:meta])* $name:ident $all:ident;)*) => {
        /// Numbers with fractions: `f64`, `f32` and `Complex<f64>`.
        pub trait Inexact: Number<Wide = Self> {
            $(
                $(#[$doc])*
                #[doc(hidden)]
                fn $name(self) -> Self;

                #[doc(hidden)]
                fn $all(tile: &[Self], out: &mut Vec<Self>) {
                    out.extend(tile.iter().map(|&x| Inexact::$name(x)));
                }
            )*
        }

        impl Inexact for f32 {
            $(fn $name(self) -> Self {
                num_traits::Float::$name(self)
            })*
        }

        impl Inexact for f64 {
            $(fn $name(self) -> Self {
                num_traits::Float::$name(self)
            })*

            fn sin_all(tile: &[f64], out: &mut Vec<f64>) {
                trigonometry::sines(tile, out);
            }

            fn cos_all(tile: &[f64], out: &mut Vec<f64>) {
                trigonometry::cosines(tile, out);
            }
        }

        impl Inexact for Complex<f64> {
            $(fn $name(self) -> Self {
                super::functions::$name(self)
            })*
        }
    };
}

inexact! {
    exp exp_all;
    exp2 exp2_all;
    ln ln_all;
    log2 log2_all;
    log10 log10_all;
    sqrt sqrt_all;
    sin sin_all;
    cos cos_all;
    tan tan_all;
    asin asin_all;
    acos acos_all;
    atan atan_all;
    sinh sinh_all;
    cosh cosh_all;
    tanh tanh_all;
    asinh asinh_all;
    acosh acosh_all;
    atanh atanh_all;
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $all:ident;)*) => {
        impl<T: Inexact> Array<T> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Self {
                let each = |_, lazy: crate::array::lazy::Lazy<T>| lazy.map_tiles(|_, tile, out| T::$all(tile, out));
                match self.sound() {
                    Ok(array) => array.each_block(stringify!($name), array.identity(stringify!($name)), each),
                    Err(stop) => Array::built(Err(stop)),
                }
            })*
        }
    };
}

functions! {
    /// e to the power of each element; NumPy's `exp`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![0.0, 1.0], 1);
    /// assert_eq!(on_reference(&x.exp())?, ndarray::array![1.0, std::f64::consts::E].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    exp exp_all;
    /// 2 to the power of each element.
    exp2 exp2_all;
    /// The natural logarithm; NumPy's `log`. NaN below 0, -∞ of 0.
    log ln_all;
    /// The logarithm to base 2.
    log2 log2_all;
    /// The logarithm to base 10.
    log10 log10_all;
    /// The square root; NaN of negative real numbers.
    sqrt sqrt_all;
    /// The sine.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::linspace(0.0, 3.0, 1000, 100);
    /// let one = x.sin().square() + x.cos().square();
    /// assert!(on_reference(&one)?.iter().all(|x| (x - 1.0).abs() < 1e-15));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    sin sin_all;
    /// The cosine.
    cos cos_all;
    /// The tangent.
    tan tan_all;
    /// The arc sine; NaN outside of [-1, 1].
    arcsin asin_all;
    /// The arc cosine; NaN outside of [-1, 1].
    arccos acos_all;
    /// The arc tangent.
    arctan atan_all;
    /// The hyperbolic sine.
    sinh sinh_all;
    /// The hyperbolic cosine.
    cosh cosh_all;
    /// The hyperbolic tangent.
    tanh tanh_all;
    /// The inverse of the hyperbolic sine.
    arcsinh asinh_all;
    /// The inverse of the hyperbolic cosine.
    arccosh acosh_all;
    /// The inverse of the hyperbolic tangent.
    arctanh atanh_all;
}

impl<T: Inexact> Array<T> {
    /// 1 divided by each element.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![-4.0, 0.5], 2);
    /// assert_eq!(on_reference(&x.reciprocal())?, ndarray::array![-0.25, 2.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reciprocal(&self) -> Self {
        self.named("reciprocal", |x| T::ONE.divided_by(x))
    }
}
