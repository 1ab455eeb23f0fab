//! Arguments of tasks in a graph written by hand: keys, lists of keys, nested tasks, values.

use super::graph::{Nested, Source, call, try_call};
use crate::call::{Callable, Read, Slot};
use partita_graph::{Data, Fault, FromEnv, Function, Name, Named, Place, Travels, Value};
use std::error::Error;
use std::marker::PhantomData;
use std::sync::Arc;

/// Collects the inputs of a task while its arguments are bound.
pub struct RawBinder {
    pub(super) sources: Vec<Source>,
    place: Place,
}

impl RawBinder {
    pub(super) fn new(place: Place) -> Self {
        RawBinder { sources: Vec::new(), place }
    }

    fn add(&mut self, source: Source) -> u32 {
        self.sources.push(source);
        self.sources.len() as u32 - 1
    }
}

/// A task without a key, as an argument of another one.
pub struct RawTask<T> {
    function: Function,
    inputs: Vec<Source>,
    types: PhantomData<fn() -> T>,
}

/// A value as an argument, told from a key.
pub struct RawValue<T>(T);

/// A task written inside another one: `task(sum, (["w", "z"],))`.
#[track_caller]
pub fn task<F, P, A>(function: F, arguments: A) -> RawTask<F::Output>
where
    F: Callable<P>,
    F::Output: Data,
    A: RawArgs<P>,
    P: 'static,
{
    let (function, inputs) = call(function, arguments, Place::here());
    RawTask { function, inputs, types: PhantomData }
}

/// As [`task()`], of a function that returns a `Result`.
#[track_caller]
pub fn try_task<F, P, A, T, E>(function: F, arguments: A) -> RawTask<T>
where
    F: Callable<P, Output = Result<T, E>>,
    T: Data,
    E: Into<Box<dyn Error + Send + Sync>>,
    A: RawArgs<P>,
    P: 'static,
{
    let (function, inputs) = try_call(function, arguments, Place::here());
    RawTask { function, inputs, types: PhantomData }
}

/// A value as an argument.
pub fn value<T: Data + Clone>(value: T) -> RawValue<T> {
    RawValue(value)
}

/// What may stand for an argument of type `T` in a graph written by hand: a key, [`task()`] or [`value`]; for a `Vec`
/// also lists of these, and lists of lists.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for an argument of type `{T}` in a graph written by hand",
    note = "give a key as text, `value(..)`, `task(.., (..))`, or for a `Vec` a list of them"
)]
pub trait RawArg<T> {
    /// Binds the argument.
    fn bind(self, binder: &mut RawBinder) -> Slot<T>;
}

fn read<T: Data + Clone>(inputs: &[Value], start: u32, _: u32) -> Result<T, Fault> {
    let input = start as usize;
    let value = inputs.get(input).ok_or_else(|| Fault::failed(format!("a call has no input {input}")))?;
    value.get::<T>().cloned().map_err(|mismatch| Fault::Type { input, mismatch })
}

fn reads<T: Data + Clone>() -> Named<Read<T>> {
    Named::new(|| read::<T> as Read<T>)
}

fn read_list<T: Data + Clone>(inputs: &[Value], start: u32, count: u32) -> Result<Vec<T>, Fault> {
    (start..start + count).map(|input| read(inputs, input, 1)).collect()
}

impl<T: Data + Clone> RawArg<T> for &str {
    fn bind(self, binder: &mut RawBinder) -> Slot<T> {
        Slot::Read { start: binder.add(Source::Key(Name::from(self))), count: 1, read: reads::<T>() }
    }
}

impl<T: Data + Clone> RawArg<T> for RawTask<T> {
    fn bind(self, binder: &mut RawBinder) -> Slot<T> {
        let nested =
            Source::Nested(Arc::new(Nested { function: self.function, inputs: self.inputs, place: binder.place }));
        Slot::Read { start: binder.add(nested), count: 1, read: reads::<T>() }
    }
}

impl<T: Data + Clone> RawArg<T> for RawValue<T> {
    fn bind(self, _: &mut RawBinder) -> Slot<T> {
        Slot::Const(self.0)
    }
}

fn bind_list<T: Data + Clone, A: RawArg<T>>(list: impl Iterator<Item = A>, binder: &mut RawBinder) -> Slot<Vec<T>> {
    // A list is an input of its own, so that it may hold keys, tasks, values and lists alike.
    let mut inner = RawBinder::new(binder.place);
    let slots: Vec<Slot<T>> = list.map(|item| item.bind(&mut inner)).collect();
    if slots.iter().all(|slot| matches!(slot, Slot::Read { count: 1, .. })) && inner.sources.len() == slots.len() {
        let start = binder.sources.len() as u32;
        binder.sources.append(&mut inner.sources);
        return Slot::Read { start, count: slots.len() as u32, read: Named::new(|| read_list::<T> as Read<Vec<T>>) };
    }
    let gather = FromEnv::new(std::any::type_name::<Vec<T>>(), slots, |slots: &Vec<Slot<T>>, inputs: &[Value]| {
        slots.iter().map(|slot| slot.fill(inputs)).collect::<Result<Vec<T>, _>>().map(Value::new)
    });
    let nested =
        Source::Nested(Arc::new(Nested { function: Arc::new(gather), inputs: inner.sources, place: binder.place }));
    Slot::Read { start: binder.add(nested), count: 1, read: reads::<Vec<T>>() }
}

impl<T: Data + Clone, A: RawArg<T>, const N: usize> RawArg<Vec<T>> for [A; N] {
    fn bind(self, binder: &mut RawBinder) -> Slot<Vec<T>> {
        bind_list(self.into_iter(), binder)
    }
}

impl<T: Data + Clone, A: RawArg<T>> RawArg<Vec<T>> for Vec<A> {
    fn bind(self, binder: &mut RawBinder) -> Slot<Vec<T>> {
        bind_list(self.into_iter(), binder)
    }
}

/// A tuple of arguments for a function of parameters `P`.
pub trait RawArgs<P>: 'static {
    /// Where the values come from.
    type Slots: Travels;

    /// Binds all arguments.
    fn bind(self, binder: &mut RawBinder) -> Self::Slots;

    /// Makes the arguments for one run.
    ///
    /// # Errors
    /// [`Fault::Type`] if an input is of another type.
    fn fill(slots: &Self::Slots, inputs: &[Value]) -> Result<P, Fault>;
}

macro_rules! args {
    ($(($($arg:ident $param:ident $index:tt),*))*) => {
        $(impl<$($arg: RawArg<$param> + 'static, $param: Data + Clone),*> RawArgs<($($param,)*)> for ($($arg,)*) {
            type Slots = ($(Slot<$param>,)*);

            #[allow(clippy::unused_unit, reason = "without arguments there is nothing to bind")]
            fn bind(self, _binder: &mut RawBinder) -> Self::Slots {
                ($(self.$index.bind(_binder),)*)
            }

            fn fill(_slots: &Self::Slots, _inputs: &[Value]) -> Result<($($param,)*), Fault> {
                Ok(($(_slots.$index.fill(_inputs)?,)*))
            }
        })*
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
}
