//! Element types: what an array may hold, and what each type can do.

use num_complex::Complex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt;

/// What an array may hold: `f64 f32 i64 i32 u8 bool` and `Complex<f64>`.
///
/// ```
/// use partita_collections::array::Element;
///
/// assert_eq!((f64::DTYPE, bool::DTYPE), ("float64", "bool"));
/// ```
pub trait Element:
    Copy + Default + PartialEq + fmt::Debug + fmt::Display + Send + Sync + Serialize + DeserializeOwned + 'static
{
    /// NumPy's name of the type.
    const DTYPE: &'static str;

    /// The bytes of some elements, as they are in memory.
    fn bytes_of(elements: &[Self]) -> Cow<'_, [u8]>;

    /// Elements from their bytes; `None` if there is a piece of one too many, or one that is no value of the type.
    fn from_bytes(bytes: &[u8]) -> Option<Vec<Self>>;

    /// Whether it is a NaN, or has one as a part.
    fn is_nan(self) -> bool;

    /// Whether it is anything but zero.
    fn is_true(self) -> bool {
        self != Self::default()
    }
}

macro_rules! plain {
    ($($type:ty, $name:literal, $nan:expr;)*) => {
        $(impl Element for $type {
            const DTYPE: &'static str = $name;

            fn bytes_of(elements: &[Self]) -> Cow<'_, [u8]> {
                Cow::Borrowed(bytemuck::cast_slice(elements))
            }

            fn from_bytes(bytes: &[u8]) -> Option<Vec<Self>> {
                if !bytes.len().is_multiple_of(size_of::<Self>()) {
                    return None;
                }
                Some(bytemuck::pod_collect_to_vec(bytes))
            }

            fn is_nan(self) -> bool {
                let nan: fn(Self) -> bool = $nan;
                nan(self)
            }
        })*
    };
}

plain! {
    f64, "float64", |x| x.is_nan();
    f32, "float32", |x| x.is_nan();
    i64, "int64", |_| false;
    i32, "int32", |_| false;
    u8, "uint8", |_| false;
    Complex<f64>, "complex128", |x| x.is_nan();
}

impl Element for bool {
    const DTYPE: &'static str = "bool";

    fn bytes_of(elements: &[Self]) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytemuck::cast_slice(elements))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Vec<Self>> {
        bytes.iter().map(|&byte| (byte <= 1).then_some(byte == 1)).collect()
    }

    fn is_nan(self) -> bool {
        false
    }
}

/// Numbers: everything but `bool`. Integers wrap around on overflow, as in NumPy, and give 0 when divided by 0.
///
/// ```
/// use partita_collections::array::Number;
///
/// assert_eq!(i32::MAX.plus(1), i32::MIN);
/// assert_eq!(7i64.divided_by(0), 0);
/// assert!(1.0f64.divided_by(0.0).is_infinite());
/// ```
pub trait Number: Element {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// What sums and products of it are kept in: 64 bits for integers.
    type Wide: Number;
    /// The sum.
    fn plus(self, other: Self) -> Self;
    /// The difference.
    fn minus(self, other: Self) -> Self;
    /// The product.
    fn times(self, other: Self) -> Self;
    /// The quotient; of integers cut towards zero.
    fn divided_by(self, other: Self) -> Self;
    /// What a division leaves, with the sign of `self`; 0 for integers divided by 0.
    fn remainder(self, other: Self) -> Self;
    /// 0 minus it.
    fn negated(self) -> Self;
    /// It as what its sums are kept in.
    fn widen(self) -> Self::Wide;
    /// The nearest number of this type, as Rust's `as`: cut towards zero and to the type's limits.
    fn from_f64(x: f64) -> Self;
    /// It as a float; the real part of a complex number.
    fn to_f64(self) -> f64;
    /// Its complex conjugate; itself if it is real.
    fn conjugate(self) -> Self;
    /// The square of its absolute value.
    fn square_norm(self) -> f64;
    /// How many steps lead from `start` up to `stop`, without it; `None` if none or endless ones do.
    #[doc(hidden)]
    fn steps(start: Self, stop: Self, step: Self) -> Option<u64> {
        let count = ((stop.to_f64() - start.to_f64()) / step.to_f64()).ceil();
        (count <= (1u64 << 53) as f64).then_some(count.max(0.0) as u64)
    }
}

/// Numbers with fractions: the operators are Rust's own.
macro_rules! fractions {
    ($($type:ty: $zero:expr, $one:expr, $from:expr, $to:expr, $conjugate:expr, $norm:expr, $quotient:expr;)*) => {
        $(impl Number for $type {
            const ZERO: Self = $zero;
            const ONE: Self = $one;
            type Wide = Self;
            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }
            #[inline]
            fn minus(self, other: Self) -> Self {
                self - other
            }
            #[inline]
            fn times(self, other: Self) -> Self {
                self * other
            }
            #[inline]
            fn divided_by(self, other: Self) -> Self {
                let quotient: fn(Self, Self) -> Self = $quotient;
                quotient(self, other)
            }
            #[inline]
            fn remainder(self, other: Self) -> Self {
                self % other
            }
            #[inline]
            fn negated(self) -> Self {
                -self
            }
            #[inline]
            fn widen(self) -> Self {
                self
            }
            #[inline]
            fn from_f64(x: f64) -> Self {
                let from: fn(f64) -> Self = $from;
                from(x)
            }
            #[inline]
            fn to_f64(self) -> f64 {
                let to: fn(Self) -> f64 = $to;
                to(self)
            }
            #[inline]
            fn conjugate(self) -> Self {
                let conjugate: fn(Self) -> Self = $conjugate;
                conjugate(self)
            }
            #[inline]
            fn square_norm(self) -> f64 {
                let norm: fn(Self) -> f64 = $norm;
                norm(self)
            }
        })*
    };
}

fractions! {
    f64: 0.0, 1.0, |x| x, |x| x, |x| x, |x| x * x, |x, y| x / y;
    f32: 0.0, 1.0, |x| x as f32, f64::from, |x| x, |x| f64::from(x) * f64::from(x), |x, y| x / y;
    Complex<f64>: Complex { re: 0.0, im: 0.0 }, Complex { re: 1.0, im: 0.0 }, |x| Complex::new(x, 0.0), |z| z.re,
        |z| z.conj(), |z| z.norm_sqr(), crate::array::ufuncs::functions::quotient;
}

macro_rules! integers {
    ($($type:ty),*) => {
        $(impl Number for $type {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            type Wide = i64;
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline]
            fn divided_by(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }
            #[inline]
            fn remainder(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }
            #[inline]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }
            #[inline]
            fn widen(self) -> i64 {
                self as i64
            }
            #[inline]
            fn from_f64(x: f64) -> Self {
                x as $type
            }
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn conjugate(self) -> Self {
                self
            }
            #[inline]
            fn square_norm(self) -> f64 {
                self as f64 * self as f64
            }
            fn steps(start: Self, stop: Self, step: Self) -> Option<u64> {
                let (way, step) = (i128::from(stop) - i128::from(start), i128::from(step));
                let count = way.checked_div(step)? + i128::from(way % step != 0 && (way > 0) == (step > 0));
                u64::try_from(count.max(0)).ok().filter(|&count| count <= 1 << 53)
            }
        }

        impl Integer for $type {
            #[inline]
            fn to_i64(self) -> i64 {
                self as i64
            }
            #[inline]
            fn from_i64(x: i64) -> Self {
                x as $type
            }
            #[inline]
            fn shifted_left(self, bits: i64) -> Self {
                u32::try_from(bits).ok().and_then(|bits| self.checked_shl(bits)).unwrap_or(0)
            }
            #[inline]
            fn shifted_right(self, bits: i64) -> Self {
                let sign = if Ordered::order(&self, &0) == std::cmp::Ordering::Less { Self::ZERO.wrapping_sub(1) } else { 0 };
                u32::try_from(bits).ok().and_then(|bits| self.checked_shr(bits)).unwrap_or(sign)
            }
        })*
    };
}

integers!(i64, i32, u8);

/// Integers: `i64 i32 u8`.
pub trait Integer: Number + Ordered {
    /// It as 64 bits.
    fn to_i64(self) -> i64;
    /// The low bits of a number of 64 bits.
    fn from_i64(x: i64) -> Self;
    /// Shifted left; 0 if the type has not so many bits.
    #[doc(hidden)]
    fn shifted_left(self, bits: i64) -> Self;
    /// Shifted right, with copies of the sign.
    #[doc(hidden)]
    fn shifted_right(self, bits: i64) -> Self;
}

/// Types with an order: everything but complex numbers. NaN comes after all numbers where elements are sorted.
pub trait Ordered: Element + PartialOrd {
    /// The least value of the type, which every other one is above.
    const LEAST: Self;
    /// The greatest value of the type.
    const GREATEST: Self;

    /// The smaller one; a NaN if one of them is one.
    #[inline]
    fn lower(self, other: Self) -> Self {
        if self.is_nan() || self < other { self } else { other }
    }

    /// The larger one; a NaN if one of them is one.
    #[inline]
    fn upper(self, other: Self) -> Self {
        if self.is_nan() || self > other { self } else { other }
    }

    /// Their order, with NaN after all numbers.
    #[inline]
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.partial_cmp(other).unwrap_or_else(|| self.is_nan().cmp(&other.is_nan()))
    }
}

macro_rules! ordered {
    ($($type:ty: $least:expr, $greatest:expr;)*) => {
        $(impl Ordered for $type {
            const LEAST: Self = $least;
            const GREATEST: Self = $greatest;
        })*
    };
}

ordered! {
    f64: f64::NEG_INFINITY, f64::INFINITY;
    f32: f32::NEG_INFINITY, f32::INFINITY;
    i64: i64::MIN, i64::MAX;
    i32: i32::MIN, i32::MAX;
    u8: u8::MIN, u8::MAX;
    bool: false, true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_there_and_back() {
        fn check<T: Element>(elements: &[T]) {
            assert_eq!(T::from_bytes(&T::bytes_of(elements)).unwrap(), elements);
        }
        check(&[1.5f64, -0.0]);
        check(&[true, false, true]);
        check(&[Complex::new(1.0, -2.0)]);
        check::<i32>(&[]);
        assert!(i32::from_bytes(&[1, 2, 3]).is_none() && bool::from_bytes(&[2]).is_none());
    }

    /// FAULTS T27.
    #[test]
    fn nan_spreads_and_is_last() {
        assert!(f64::NAN.lower(1.0).is_nan() && 1.0.lower(f64::NAN).is_nan() && 1.0.upper(f64::NAN).is_nan());
        let mut some = [f64::NAN, 1.0, f64::NEG_INFINITY, f64::NAN, 0.0];
        some.sort_by(Ordered::order);
        assert_eq!(some[..3], [f64::NEG_INFINITY, 0.0, 1.0]);
    }
}
