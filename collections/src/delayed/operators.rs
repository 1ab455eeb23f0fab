//! Arithmetic on delayed values: `&a + &b`, `a * 2`.

use super::delayed::{Delayed, delayed};
use partita_graph::Data;
use std::ops;

macro_rules! binary {
    ($($trait:ident $method:ident),*) => {
        $(
            impl<T: Data + Clone + ops::$trait<Output = T>> ops::$trait for Delayed<T> {
                type Output = Delayed<T>;

                #[track_caller]
                fn $method(self, other: Self) -> Delayed<T> {
                    delayed(<T as ops::$trait>::$method, (self, other))
                }
            }

            impl<T: Data + Clone + ops::$trait<Output = T>> ops::$trait for &Delayed<T> {
                type Output = Delayed<T>;

                #[track_caller]
                fn $method(self, other: Self) -> Delayed<T> {
                    delayed(<T as ops::$trait>::$method, (self.clone(), other.clone()))
                }
            }

            impl<T: Data + Clone + ops::$trait<Output = T>> ops::$trait<T> for Delayed<T> {
                type Output = Delayed<T>;

                #[track_caller]
                fn $method(self, other: T) -> Delayed<T> {
                    delayed(<T as ops::$trait>::$method, (self, other))
                }
            }

            impl<T: Data + Clone + ops::$trait<Output = T>> ops::$trait<T> for &Delayed<T> {
                type Output = Delayed<T>;

                #[track_caller]
                fn $method(self, other: T) -> Delayed<T> {
                    delayed(<T as ops::$trait>::$method, (self.clone(), other))
                }
            }
        )*
    };
}

binary!(Add add, Sub sub, Mul mul, Div div, Rem rem, BitAnd bitand, BitOr bitor, BitXor bitxor);

impl<T: Data + Clone + ops::Neg<Output = T>> ops::Neg for Delayed<T> {
    type Output = Delayed<T>;

    #[track_caller]
    fn neg(self) -> Delayed<T> {
        delayed(<T as ops::Neg>::neg, (self,))
    }
}

impl<T: Data + Clone + ops::Not<Output = T>> ops::Not for Delayed<T> {
    type Output = Delayed<T>;

    #[track_caller]
    fn not(self) -> Delayed<T> {
        delayed(<T as ops::Not>::not, (self,))
    }
}
