//! Operators: `+ - * / %` and `-` of arrays and numbers, comparisons as methods.

use crate::array::{Array, Element, Number, Ordered};
use crate::identity::Identity;
use num_complex::Complex;
use partita_graph::Plain;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};

/// The right side of a binary operation: an array, or a number that stands beside each element.
pub trait Operand<B>: Clone {
    /// `f` of each element of an array and the one beside it.
    #[doc(hidden)]
    fn beside<T: Element, U: Element>(
        &self,
        left: &Array<T>,
        name: &'static str,
        f: impl Fn(T, B) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U>;
}

macro_rules! arrays {
    ($($array:ty),*) => {
        $(impl<B: Element> Operand<B> for $array {
            #[track_caller]
            fn beside<T: Element, U: Element>(
                &self,
                left: &Array<T>,
                name: &'static str,
                f: impl Fn(T, B) -> U + Clone + Send + Sync + 'static,
            ) -> Array<U> {
                left.named2(name, self, f)
            }
        })*
    };
}

arrays!(&Array<B>, Array<B>);

impl<B: Element> Operand<B> for B {
    #[track_caller]
    fn beside<T: Element, U: Element>(
        &self,
        left: &Array<T>,
        name: &'static str,
        f: impl Fn(T, B) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        left.beside_number(name, *self, f)
    }
}

impl<T: Element> Array<T> {
    /// A function of each element and a number.
    #[track_caller]
    pub(crate) fn beside_number<S: Element, U: Element>(
        &self,
        name: &'static str,
        number: S,
        f: impl Fn(T, S) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = self.identity(name).data(&number);
        self.unary_with(name, identity, Plain(number), move |number, x| f(x, number.0))
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $symbol:literal $bound:ident $f:expr;)*) => {
        $(impl<T: $bound, O: Operand<T>> $trait<O> for &Array<T> {
            type Output = Array<T>;

            #[track_caller]
            fn $method(self, other: O) -> Array<T> {
                other.beside(self, $symbol, $f)
            }
        }

        impl<T: $bound, O: Operand<T>> $trait<O> for Array<T> {
            type Output = Array<T>;

            #[track_caller]
            fn $method(self, other: O) -> Array<T> {
                other.beside(&self, $symbol, $f)
            }
        })*
    };
}

operators! {
    Add add "+" Number T::plus;
    Sub sub "-" Number T::minus;
    Mul mul "*" Number T::times;
    Div div "/" Number T::divided_by;
    Rem rem "%" Number T::remainder;
}

impl<T: Number> Neg for &Array<T> {
    type Output = Array<T>;

    #[track_caller]
    fn neg(self) -> Array<T> {
        self.named("negative", T::negated)
    }
}

impl<T: Number> Neg for Array<T> {
    type Output = Array<T>;

    #[track_caller]
    fn neg(self) -> Array<T> {
        -&self
    }
}

/// Numbers on the left: `2.0 * &x`.
macro_rules! numbers {
    ($($type:ty),*) => {
        $(numbers! { $type: Add add "+" plus, Sub sub "-" minus, Mul mul "*" times, Div div "/" divided_by, Rem rem "%" remainder })*
    };
    ($type:ty: $($trait:ident $method:ident $symbol:literal $f:ident),*) => {
        $(impl $trait<&Array<$type>> for $type {
            type Output = Array<$type>;

            #[track_caller]
            fn $method(self, array: &Array<$type>) -> Array<$type> {
                let identity = Identity::of("left").data(&$symbol).data(&self).node(array.node());
                array.unary_with($symbol, identity, Plain(self), |number, x| <$type as Number>::$f(number.0, x))
            }
        }

        impl $trait<Array<$type>> for $type {
            type Output = Array<$type>;

            #[track_caller]
            fn $method(self, array: Array<$type>) -> Array<$type> {
                <$type as $trait<&Array<$type>>>::$method(self, &array)
            }
        })*
    };
}

numbers!(f64, f32, i64, i32, u8, Complex<f64>);

/// Elements with the operators of bits: `bool` and the integers.
pub trait Bits:
    Element + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self> + Not<Output = Self>
{
}

impl Bits for bool {}
impl Bits for i64 {}
impl Bits for i32 {}
impl Bits for u8 {}

operators! {
    BitAnd bitand "&" Bits |a, b| a & b;
    BitOr bitor "|" Bits |a, b| a | b;
    BitXor bitxor "^" Bits |a, b| a ^ b;
}

impl<T: Bits> Not for &Array<T> {
    type Output = Array<T>;

    #[track_caller]
    fn not(self) -> Array<T> {
        self.named("invert", |x| !x)
    }
}

impl<T: Bits> Not for Array<T> {
    type Output = Array<T>;

    #[track_caller]
    fn not(self) -> Array<T> {
        !&self
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $method:ident $name:literal $bound:ident $f:expr;)*) => {
        $(impl<T: $bound> Array<T> {
            $(#[$doc])*
            #[track_caller]
            pub fn $method<O: Operand<T>>(&self, other: O) -> Array<bool> {
                other.beside(self, $name, $f)
            }
        })*
    };
}

comparisons! {
    /// Where elements are equal to those beside them; NumPy's `equal`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, 3.0], 2);
    /// assert_eq!(on_reference(&x.eq(&x))?, ndarray::array![true, false, true].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    eq "equal" Element |a, b| a == b;
    /// Where elements differ from those beside them; NumPy's `not_equal`.
    ne "not_equal" Element |a, b| a != b;
    /// Where elements are less than those beside them; NumPy's `less`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 3], 2);
    /// assert_eq!(on_reference(&x.lt(2))?, ndarray::array![true, false, false].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    lt "less" Ordered |a, b| a < b;
    /// Where elements are at most those beside them; NumPy's `less_equal`.
    le "less_equal" Ordered |a, b| a <= b;
    /// Where elements are greater than those beside them; NumPy's `greater`.
    gt "greater" Ordered |a, b| a > b;
    /// Where elements are at least those beside them; NumPy's `greater_equal`.
    ge "greater_equal" Ordered |a, b| a >= b;
}
