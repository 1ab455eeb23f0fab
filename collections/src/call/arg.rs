//! What may stand as an argument: values, results to come, and lists and pairs of them.

use super::slot::{Read, Slot, read_list, read_one, read_pair, read_shared, read_shared_list};
use crate::delayed::Delayed;
use crate::future::Future;
use partita_graph::{Data, Fault, Input, Named, Shared, Travels, Value};

/// Collects the inputs of a call while its arguments are bound.
#[derive(Default)]
pub struct Binder {
    inputs: partita_graph::Inputs,
}

impl Binder {
    /// Adds an input and gives its number.
    pub fn input(&mut self, input: Input) -> u32 {
        self.inputs.push(input);
        self.inputs.len() as u32 - 1
    }

    /// The inputs that were added, in order.
    pub fn into_inputs(self) -> partita_graph::Inputs {
        self.inputs
    }

    fn list<T>(&mut self, inputs: impl Iterator<Item = Input>, read: Named<Read<T>>) -> Slot<T> {
        let start = self.inputs.len() as u32;
        self.inputs.extend(inputs);
        Slot::Read { start, count: self.inputs.len() as u32 - start, read }
    }
}

/// What may be given for an argument of type `T`: a `T`; a [`Delayed`] or [`Future`] of `T`, by value or by reference;
/// for a `Vec<T>` also lists of them. A function that takes [`Shared<T>`] reads the result in place.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given for an argument of type `{T}`",
    note = "give a `{T}`, or a `Delayed<{T}>` or `Future<{T}>` by value or by reference"
)]
pub trait IntoArg<T> {
    /// Binds the argument: notes its inputs, and says where its value comes from.
    fn bind(self, binder: &mut Binder) -> Slot<T>;
}

impl<T: Data + Clone> IntoArg<T> for T {
    fn bind(self, _: &mut Binder) -> Slot<T> {
        Slot::Const(self)
    }
}

/// Text literals are text.
impl IntoArg<String> for &str {
    fn bind(self, _: &mut Binder) -> Slot<String> {
        Slot::Const(self.to_string())
    }
}

macro_rules! handles {
    ($($handle:ident),*) => {
        $(
            impl<T: Data + Clone> IntoArg<T> for $handle<T> {
                fn bind(self, binder: &mut Binder) -> Slot<T> {
                    (&self).bind(binder)
                }
            }

            impl<T: Data + Clone> IntoArg<T> for &$handle<T> {
                fn bind(self, binder: &mut Binder) -> Slot<T> {
                    Slot::Read { start: binder.input(self.input()), count: 1, read: Named::new(|| read_one::<T> as Read<T>) }
                }
            }

            impl<T: Data> IntoArg<Shared<T>> for $handle<T> {
                fn bind(self, binder: &mut Binder) -> Slot<Shared<T>> {
                    (&self).bind(binder)
                }
            }

            impl<T: Data> IntoArg<Shared<T>> for &$handle<T> {
                fn bind(self, binder: &mut Binder) -> Slot<Shared<T>> {
                    Slot::Read { start: binder.input(self.input()), count: 1, read: Named::new(|| read_shared::<T> as Read<Shared<T>>) }
                }
            }

            handles!(@list $handle, Vec<$handle<T>>);
            handles!(@list $handle, &Vec<$handle<T>>);
            handles!(@list $handle, &[$handle<T>]);
            handles!(@list $handle, Vec<&$handle<T>>);

            impl<T: Data + Clone, const N: usize> IntoArg<Vec<T>> for [$handle<T>; N] {
                fn bind(self, binder: &mut Binder) -> Slot<Vec<T>> {
                    binder.list(self.iter().map(|handle| handle.input()), Named::new(|| read_list::<T> as Read<Vec<T>>))
                }
            }

            impl<T: Data + Clone, const N: usize> IntoArg<Vec<T>> for [&$handle<T>; N] {
                fn bind(self, binder: &mut Binder) -> Slot<Vec<T>> {
                    binder.list(self.iter().map(|handle| handle.input()), Named::new(|| read_list::<T> as Read<Vec<T>>))
                }
            }

            impl<A: Data + Clone, B: Data + Clone> IntoArg<(A, B)> for ($handle<A>, $handle<B>) {
                fn bind(self, binder: &mut Binder) -> Slot<(A, B)> {
                    let inputs = [self.0.input(), self.1.input()];
                    binder.list(inputs.into_iter(), Named::new(|| read_pair::<A, B> as Read<(A, B)>))
                }
            }
        )*
    };
    (@list $handle:ident, $list:ty) => {
        impl<T: Data + Clone> IntoArg<Vec<T>> for $list {
            fn bind(self, binder: &mut Binder) -> Slot<Vec<T>> {
                binder.list(self.iter().map(|handle| handle.input()), Named::new(|| read_list::<T> as Read<Vec<T>>))
            }
        }

        impl<T: Data> IntoArg<Vec<Shared<T>>> for $list {
            fn bind(self, binder: &mut Binder) -> Slot<Vec<Shared<T>>> {
                binder.list(self.iter().map(|handle| handle.input()), Named::new(|| read_shared_list::<T> as Read<Vec<Shared<T>>>))
            }
        }
    };
}

handles!(Delayed, Future);

/// The parameters of a function, as a tuple.
pub trait Params: Sized + 'static {
    /// Where their values come from.
    type Slots: Travels;

    /// Makes the arguments for one run.
    ///
    /// # Errors
    /// [`Fault::Type`] if an input is of another type.
    fn fill(slots: &Self::Slots, inputs: &[Value]) -> Result<Self, Fault>;

    /// Writes the constants among the slots, for the token of a pure call; false if one cannot be written.
    fn write(slots: &Self::Slots, into: &mut Vec<u8>) -> bool;
}

/// A tuple of arguments for a function of parameters `P`.
pub trait IntoArgs<P: Params> {
    /// Binds all arguments.
    fn bind(self, binder: &mut Binder) -> P::Slots;
}

macro_rules! args {
    ($(($($arg:ident $param:ident $index:tt),*))*) => {
        $(
            impl<$($param: Data + Clone),*> Params for ($($param,)*) {
                type Slots = ($(Slot<$param>,)*);

                fn fill(_slots: &Self::Slots, _inputs: &[Value]) -> Result<($($param,)*), Fault> {
                    Ok(($(_slots.$index.fill(_inputs)?,)*))
                }

                fn write(_slots: &Self::Slots, _into: &mut Vec<u8>) -> bool {
                    true $(&& _slots.$index.write(_into))*
                }
            }

            impl<$($arg: IntoArg<$param>, $param: Data + Clone),*> IntoArgs<($($param,)*)> for ($($arg,)*) {
                #[allow(clippy::unused_unit, reason = "without arguments there is nothing to bind")]
                fn bind(self, _binder: &mut Binder) -> ($(Slot<$param>,)*) {
                    ($(self.$index.bind(_binder),)*)
                }
            }
        )*
    };
}

args! {
    ()
    (A P 0)
    (A P 0, B Q 1)
    (A P 0, B Q 1, C R 2)
    (A P 0, B Q 1, C R 2, D S 3)
    (A P 0, B Q 1, C R 2, D S 3, E T 4)
    (A P 0, B Q 1, C R 2, D S 3, E T 4, F U 5)
    (A P 0, B Q 1, C R 2, D S 3, E T 4, F U 5, G V 6)
    (A P 0, B Q 1, C R 2, D S 3, E T 4, F U 5, G V 6, H W 7)
}
