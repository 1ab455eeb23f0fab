//! Real floating-point numbers.

use super::element::{Number, Ordered};

/// Real floating-point numbers: `f64` and `f32`.
pub trait Real: Number<Wide = Self> + Ordered + num_traits::Float {
    /// The next number of the type in the direction of another one; that one if they are equal.
    #[doc(hidden)]
    fn after(self, towards: Self) -> Self;

    /// A number in [0.5, 1) and the power of 2 to multiply it with; 0, infinities and NaN as they are.
    #[doc(hidden)]
    fn split(self) -> (Self, i64) {
        if self == Self::ZERO || !self.is_finite() {
            return (self, 0);
        }
        let (mantissa, exponent, _) = self.integer_decode();
        let bits = 64 - i64::from(mantissa.leading_zeros());
        let scaled = mantissa as f64 / 2f64.powi(bits as i32);
        (Self::from_f64(scaled).copysign(self), i64::from(exponent) + bits)
    }
}

macro_rules! real {
    ($($type:ty),*) => {
        $(impl Real for $type {
            fn after(self, towards: Self) -> Self {
                match self.partial_cmp(&towards) {
                    Some(std::cmp::Ordering::Less) => self.next_up(),
                    Some(std::cmp::Ordering::Greater) => self.next_down(),
                    Some(std::cmp::Ordering::Equal) => towards,
                    None => <$type>::NAN,
                }
            }
        })*
    };
}

real!(f64, f32);
