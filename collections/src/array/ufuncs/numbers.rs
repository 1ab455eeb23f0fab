//! Functions of all numbers: absolute values, signs, limits, quotients and powers.

use crate::array::{Array, Number, Operand, Ordered, Real};
use num_complex::Complex;
use partita_graph::Plain;

/// Numbers with an absolute value; that of a complex number is an `f64`.
pub trait Absolute: Number {
    /// What their absolute value is.
    type Absolute: Number;
    /// The absolute value; that of the least integer is itself, as it has no other.
    fn absolute(self) -> Self::Absolute;
    /// -1, 0 or 1, as the number is below, at or above 0, and NaN for NaN; a complex number divided by its absolute value.
    fn sign_of(self) -> Self;
}

macro_rules! absolute {
    ($($type:ty: $absolute:expr, $sign:expr;)*) => {
        $(impl Absolute for $type {
            type Absolute = $type;
            #[inline]
            fn absolute(self) -> $type {
                let absolute: fn($type) -> $type = $absolute;
                absolute(self)
            }
            #[inline]
            fn sign_of(self) -> $type {
                let sign: fn($type) -> $type = $sign;
                sign(self)
            }
        })*
    };
}

absolute! {
    f64: f64::abs, |x| if x == 0.0 { 0.0 } else { x.signum() };
    f32: f32::abs, |x| if x == 0.0 { 0.0 } else { x.signum() };
    i64: i64::wrapping_abs, i64::signum;
    i32: i32::wrapping_abs, i32::signum;
    u8: |x| x, |x| u8::from(x > 0);
}

impl Absolute for Complex<f64> {
    type Absolute = f64;
    #[inline]
    fn absolute(self) -> f64 {
        self.norm()
    }
    #[inline]
    fn sign_of(self) -> Self {
        if self == Complex::new(0.0, 0.0) { self } else { self / self.norm() }
    }
}

impl<T: Absolute> Array<T> {
    /// The absolute values; NumPy's `abs`, and `absolute`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i32>::from_array(ndarray::array![-3, 4, i32::MIN], 2);
    /// assert_eq!(on_reference(&x.abs())?, ndarray::array![3, 4, i32::MIN].into_dyn());
    /// assert_eq!(on_reference(&x.sign())?, ndarray::array![-1, 1, -1].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn abs(&self) -> Array<T::Absolute> {
        self.named("abs", T::absolute)
    }

    /// The signs: -1, 0 or 1; NumPy's `sign`.
    #[track_caller]
    pub fn sign(&self) -> Self {
        self.named("sign", T::sign_of)
    }
}

impl<T: Number> Array<T> {
    /// The squares.
    #[track_caller]
    pub fn square(&self) -> Self {
        self.named("square", |x| x.times(x))
    }

    /// The same array; NumPy's `positive`.
    pub fn positive(&self) -> Self {
        self.clone()
    }

    /// Each element to a whole power, by repeated squaring; integers wrap around. Negative powers of integers are 0, but
    /// for 1 and -1, of floats the inverse.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![2, -3], 1);
    /// assert_eq!(on_reference(&x.powi(3))?, ndarray::array![8, -27].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn powi(&self, exponent: i64) -> Self {
        self.beside_number("powi", exponent, power)
    }
}

fn power<T: Number>(x: T, exponent: i64) -> T {
    let (mut result, mut base, mut left) = (T::ONE, x, exponent.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            result = result.times(base);
        }
        base = base.times(base);
        left >>= 1;
    }
    if exponent < 0 { T::ONE.divided_by(result) } else { result }
}

/// Numbers whose divisions can be rounded down.
pub trait Floored: Number + Ordered {
    /// The quotient rounded down, as Python's `//`; integers divided by 0 give 0.
    fn floor_quotient(self, other: Self) -> Self;
}

macro_rules! floored {
    (floats $($float:ty),*; integers $($integer:ty),*) => {
        $(impl Floored for $float {
            fn floor_quotient(self, other: Self) -> Self {
                if other == 0.0 {
                    return self / other;
                }
                let rest = self % other;
                let down = rest != 0.0 && (rest < 0.0) != (other < 0.0);
                let quotient = (self - rest) / other - <$float>::from(u8::from(down));
                let floor = quotient.floor();
                match quotient == 0.0 {
                    true => (0.0 as $float).copysign(self / other),
                    false if quotient - floor > 0.5 => floor + 1.0,
                    false => floor,
                }
            }
        })*
        $(impl Floored for $integer {
            fn floor_quotient(self, other: Self) -> Self {
                self.minus(floor_rest(self, other)).divided_by(other)
            }
        })*
    };
}

floored! { floats f64, f32; integers i64, i32, u8 }

impl<T: Floored> Array<T> {
    /// The quotients rounded down; NumPy's `floor_divide`. Integers divided by 0 give 0.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![-7, 7], 1);
    /// assert_eq!(on_reference(&x.floor_divide(2))?, ndarray::array![-4, 3].into_dyn());
    /// assert_eq!(on_reference(&x.floor_remainder(2))?, ndarray::array![1, 1].into_dyn());
    /// assert_eq!(on_reference(&(&x % 2))?, ndarray::array![-1, 1].into_dyn(), "as in Rust, and NumPy's `fmod`");
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn floor_divide(&self, other: impl Operand<T>) -> Self {
        other.beside(self, "floor_divide", T::floor_quotient)
    }

    /// What a division rounded down leaves, with the sign of the divisor; NumPy's `mod`, and `remainder`. With
    /// [`Array::floor_divide`] it is NumPy's `divmod`.
    #[track_caller]
    pub fn floor_remainder(&self, other: impl Operand<T>) -> Self {
        other.beside(self, "remainder", floor_rest)
    }

    /// What a division cut towards 0 leaves, with the sign of the element; NumPy's `fmod`, and the operator `%`.
    #[track_caller]
    pub fn fmod(&self, other: impl Operand<T>) -> Self {
        other.beside(self, "fmod", T::remainder)
    }

    /// The quotients as `f64`; NumPy's `true_divide`.
    #[track_caller]
    pub fn true_divide(&self, other: impl Operand<T>) -> Array<f64> {
        other.beside(self, "true_divide", |a: T, b: T| a.to_f64() / b.to_f64())
    }
}

fn floor_rest<T: Number + Ordered>(a: T, b: T) -> T {
    let rest = a.remainder(b);
    match rest {
        rest if rest == T::ZERO => {
            if b < T::ZERO {
                T::ZERO.negated()
            } else {
                T::ZERO
            }
        }
        rest if (rest < T::ZERO) != (b < T::ZERO) => rest.plus(b),
        rest => rest,
    }
}

impl<T: Ordered> Array<T> {
    /// The larger ones of two elements, NaN if one is NaN; NumPy's `maximum`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, 3.0], 2);
    /// let y = on_reference(&x.maximum(2.0))?;
    /// assert!(y[0] == 2.0 && y[1].is_nan() && y[2] == 3.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn maximum(&self, other: impl Operand<T>) -> Self {
        other.beside(self, "maximum", T::upper)
    }

    /// The smaller ones of two elements, NaN if one is NaN; NumPy's `minimum`.
    #[track_caller]
    pub fn minimum(&self, other: impl Operand<T>) -> Self {
        other.beside(self, "minimum", T::lower)
    }

    /// The elements, none below `low` and none above `high`; NumPy's `clip`. NaN stay.
    #[track_caller]
    pub fn clip(&self, low: T, high: T) -> Self {
        let identity = self.identity("clip").data(&(low, high));
        self.unary_with("clip", identity, Plain((low, high)), |Plain((low, high)), x| x.upper(low).lower(high))
    }
}

impl<T: Floored + Real> Array<T> {
    /// The quotient and the rest of divisions rounded down; NumPy's `divmod` of floats.
    #[track_caller]
    pub fn divmod(&self, other: impl Operand<T>) -> (Self, Self) {
        (self.floor_divide(other.clone()), self.floor_remainder(other))
    }
}
