//! Functions of real floats: rounding, parts, angles and what only they have.

use crate::array::{Array, Operand, Real};
use num_traits::Float;
use partita_graph::Plain;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $f:expr;)*) => {
        impl<T: Real> Array<T> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Self {
                self.named(stringify!($name), $f)
            })*
        }
    };
}

macro_rules! tests {
    ($($(#[$doc:meta])* $name:ident $f:expr;)*) => {
        impl<T: Real> Array<T> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> Array<bool> {
                self.named(stringify!($name), $f)
            })*
        }
    };
}

macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident $f:expr;)*) => {
        impl<T: Real> Array<T> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self, other: impl Operand<T>) -> Self {
                other.beside(self, stringify!($name), $f)
            })*
        }
    };
}

/// A constant of this type.
fn number<T: Real>(x: f64) -> T {
    T::from_f64(x)
}

/// The nearest whole number; of two as near the even one, as in NumPy.
fn even<T: Real>(x: T) -> T {
    let rounded = x.round();
    let tie = (x - x.trunc()).abs() == number(0.5);
    let odd = rounded % number(2.0) != T::ZERO;
    if tie && odd { rounded - x.signum() } else { rounded }
}

functions! {
    /// The largest whole number that is not above; NumPy's `floor`.
    floor Float::floor;
    /// The smallest whole number that is not below; NumPy's `ceil`.
    ceil Float::ceil;
    /// The whole part, without the fraction; NumPy's `trunc`, and `fix`.
    trunc Float::trunc;
    /// The nearest whole number, and of two as near the even one; NumPy's `rint`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![0.5, 1.5, -2.5, 2.4], 2);
    /// assert_eq!(on_reference(&x.rint())?, ndarray::array![0.0, 2.0, -2.0, 2.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    rint even;
    /// e to the power of each element, less 1, right to the last places near 0.
    expm1 Float::exp_m1;
    /// The natural logarithm of 1 and each element, right to the last places near 0.
    log1p Float::ln_1p;
    /// The cube root.
    cbrt Float::cbrt;
    /// From degrees to radians; NumPy's `deg2rad`, and `radians`.
    deg2rad |x| x * number(std::f64::consts::PI / 180.0);
    /// From radians to degrees; NumPy's `rad2deg`, and `degrees`.
    rad2deg |x| x * number(180.0 / std::f64::consts::PI);
    /// The absolute value of floats; NumPy's `fabs`.
    fabs Float::abs;
    /// `sin(πx) / πx`, and 1 at 0; NumPy's `sinc`.
    sinc |x| {
        let y = x * number(std::f64::consts::PI);
        if y == T::ZERO { T::ONE } else { y.sin() / y }
    };
    /// The distance to the next number of the type, away from 0; NumPy's `spacing`.
    spacing |x| {
        let next = x.after(if x.is_sign_negative() { Float::neg_infinity() } else { Float::infinity() });
        next - x
    };
    /// The fraction, with the sign of the element; the first half of NumPy's `modf`, whose other half is `trunc`.
    fraction |x| if x.is_infinite() { T::ZERO.copysign(x) } else { (x - x.trunc()).copysign(x) };
    /// The mantissa, in [0.5, 1); the first half of NumPy's `frexp`.
    mantissa |x| x.split().0;
    /// The modified Bessel function of the first kind, of order 0; NumPy's `i0`. By its power series
    /// `Σ (x/2)^2k / (k!)²` up to 20, and above by the asymptotic one (Abramowitz and Stegun 9.6.12, 9.7.1).
    i0 |x| number(super::bessel::i0(x.to_f64()));
}

tests! {
    /// Where elements are NaN.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN], 1);
    /// assert_eq!(on_reference(&x.isnan())?, ndarray::array![false, true].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    isnan Float::is_nan;
    /// Where elements are infinite.
    isinf Float::is_infinite;
    /// Where elements are neither infinite nor NaN.
    isfinite Float::is_finite;
    /// Where elements are -∞.
    isneginf |x| x == Float::neg_infinity();
    /// Where elements are ∞.
    isposinf |x| x == Float::infinity();
    /// Where elements have a minus sign, -0 and NaN with one among them.
    signbit Float::is_sign_negative;
    /// Where elements are missing, which is NaN; Dask's `isnull`.
    isnull Float::is_nan;
    /// Where elements are not missing; Dask's `notnull`.
    notnull |x| !Float::is_nan(x);
}

pairs! {
    /// Each element to the power of the one beside it; NumPy's `power` of floats.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![2.0, 9.0], 1);
    /// assert_eq!(on_reference(&x.pow(0.5))?, ndarray::array![2f64.sqrt(), 3.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    pow Float::powf;
    /// The angle of the point (other, element), in (-π, π]; NumPy's `arctan2`.
    arctan2 Float::atan2;
    /// The length of the hypotenuse, without overflow on the way.
    hypot Float::hypot;
    /// The element with the sign of the one beside it.
    copysign Float::copysign;
    /// `ln(eᵃ + eᵇ)`, without overflow on the way.
    logaddexp |a, b| {
        let (high, low) = (a.upper(b), a.lower(b));
        if high == low { high + number(std::f64::consts::LN_2) } else { high + (low - high).exp().ln_1p() }
    };
    /// `log2(2ᵃ + 2ᵇ)`, without overflow on the way.
    logaddexp2 |a, b| {
        let (high, low) = (a.upper(b), a.lower(b));
        let more = (low - high).exp2().ln_1p() * number(std::f64::consts::LOG2_E);
        if high == low { high + T::ONE } else { high + more }
    };
    /// The next number of the type towards the one beside it; NumPy's `nextafter`.
    nextafter T::after;
    /// The larger one, and the other one where one is NaN; NumPy's `fmax`.
    fmax Float::max;
    /// The smaller one, and the other one where one is NaN; NumPy's `fmin`.
    fmin Float::min;
}

impl<T: Real> Array<T> {
    /// Rounded to so many digits after the point, and of two as near to the even one; NumPy's `round`, and `around`.
    /// Negative ones are digits before the point.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.2345, 1250.0], 1);
    /// assert_eq!(on_reference(&x.round(2))?, ndarray::array![1.23, 1250.0].into_dyn());
    /// assert_eq!(on_reference(&x.round(-2))?, ndarray::array![0.0, 1200.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn round(&self, digits: i32) -> Self {
        let factor: T = number(10f64.powi(digits.saturating_abs().min(400)));
        let identity = self.identity("round").data(&digits);
        self.unary_with("round", identity, Plain((digits, factor)), |Plain((digits, factor)), x| match digits {
            0 => even(x),
            // No number has digits there.
            309.. => x,
            ..=-309 => x * T::ZERO,
            1.. => even(x * factor) / factor,
            _ => even(x / factor) * factor,
        })
    }

    /// NaN and infinities replaced: NaN by 0, infinities by the largest and the least finite number; NumPy's
    /// `nan_to_num`.
    #[track_caller]
    pub fn nan_to_num(&self) -> Self {
        self.named("nan_to_num", |x| match x {
            x if Float::is_nan(x) => T::ZERO,
            x => x.max(Float::min_value()).min(Float::max_value()),
        })
    }

    /// The exponents of 2; the second half of NumPy's `frexp`, whose first half is `mantissa`.
    #[track_caller]
    pub fn exponent(&self) -> Array<i64> {
        self.named("exponent", |x| x.split().1)
    }

    /// Each element times 2 to the power of the integer beside it; NumPy's `ldexp`.
    #[track_caller]
    pub fn ldexp(&self, exponents: impl Operand<i64>) -> Self {
        // In two steps, for powers that the type does not have.
        exponents.beside(self, "ldexp", |x: T, exponent| {
            let exponent = exponent.clamp(-2200, 2200) as i32;
            x * number(2f64.powi(exponent / 2)) * number(2f64.powi(exponent - exponent / 2))
        })
    }

    /// Where elements are as near to those beside them as `|a - b| ≤ absolute + relative × |b|`; NumPy's `isclose`. Equal
    /// infinities are close, NaN is close to nothing.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, 2.0], 1);
    /// assert_eq!(on_reference(&x.isclose(&(&x * 1.0001), 1e-3, 0.0))?, ndarray::array![true, true].into_dyn());
    /// assert!(!on_reference(&x.allclose(&(&x * 1.1), 1e-5, 1e-8).item())?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn isclose(&self, other: &Self, relative: f64, absolute: f64) -> Array<bool> {
        let identity = crate::identity::Identity::of("isclose").data(&(relative, absolute));
        let close = |(relative, absolute): (f64, f64), a: T, b: T| {
            let (a, b) = (a.to_f64(), b.to_f64());
            a == b || (a - b).abs() <= absolute + relative * b.abs() && b.is_finite()
        };
        Array::built(self.try_binary_with("isclose", identity, other, (relative, absolute), close))
    }

    /// Whether all elements are near to those beside them, as by [`Array::isclose`]; NumPy's `allclose`.
    #[track_caller]
    pub fn allclose(&self, other: &Self, relative: f64, absolute: f64) -> Array<bool> {
        self.isclose(other, relative, absolute).all()
    }
}
