//! Logic of each element: everything but 0 is true.

use crate::array::{Array, Element, Integer, Operand};

macro_rules! logic {
    ($($(#[$doc:meta])* $name:ident $f:expr;)*) => {
        impl<T: Element> Array<T> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self, other: impl Operand<T>) -> Array<bool> {
                other.beside(self, stringify!($name), $f)
            })*
        }
    };
}

logic! {
    /// Where both elements are true.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![0, 2, 3], 2);
    /// let y = Array::<i64>::from_array(ndarray::array![1, 1, 0], 2);
    /// assert_eq!(on_reference(&x.logical_and(&y))?, ndarray::array![false, true, false].into_dyn());
    /// assert_eq!(on_reference(&x.logical_not())?, ndarray::array![true, false, false].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    logical_and |a: T, b: T| a.is_true() && b.is_true();
    /// Where one of both elements is true.
    logical_or |a: T, b: T| a.is_true() || b.is_true();
    /// Where one of both elements is true and the other is not.
    logical_xor |a: T, b: T| a.is_true() != b.is_true();
}

impl<T: Element> Array<T> {
    /// Where elements are not true.
    #[track_caller]
    pub fn logical_not(&self) -> Array<bool> {
        self.named("logical_not", |x| !x.is_true())
    }
}

macro_rules! shifts {
    ($($(#[$doc:meta])* $name:ident $f:ident;)*) => {
        impl<T: Integer> Array<T> {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self, bits: impl Operand<i64>) -> Self {
                bits.beside(self, stringify!($name), |x: T, bits| x.$f(bits))
            })*
        }
    };
}

shifts! {
    /// Shifted left by so many bits; NumPy's `left_shift`. Bits that leave the type are lost; a negative number of bits, or
    /// one that the type does not have, gives 0.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<u8>::from_array(ndarray::array![1, 129], 2);
    /// assert_eq!(on_reference(&x.left_shift(1))?, ndarray::array![2, 2].into_dyn());
    /// assert_eq!(on_reference(&x.right_shift(7))?, ndarray::array![0, 1].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    left_shift shifted_left;
    /// Shifted right by so many bits, with copies of the sign; NumPy's `right_shift`. A negative number of bits, or one that
    /// the type does not have, gives 0, or -1 for negative elements.
    right_shift shifted_right;
}
