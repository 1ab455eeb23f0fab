//! Task functions that travel: written as bytes in one process, and made of them in another one of the same executable.
//!
//! A function is its type and what it captures. The type is named by its place in the executable ([`Portable`]); what it
//! captures is written if it [`Travels`]: numbers, text, lists, what serde can write ([`Plain`]), functions that capture nothing
//! themselves ([`Func`]), constants that are named by how they are made ([`Named`]), and structs of these. A closure that captures
//! variables has no written form, so what a task needs is given apart: [`FromEnv`](crate::FromEnv).
//!
//! [`Portable`]: crate::Portable
//!
//! ```
//! use partita_graph::{FromEnv, Function, Value, Work, WorkReader, WorkWriter, build_id};
//! use std::sync::Arc;
//!
//! let add = FromEnv::new("i64", 40, |n: &i32, _: &[Value]| Ok(Value::new(n + 2)));
//! let written = Work::Call(Arc::new(add)).write(&mut WorkWriter::new())?;
//! // In another process:
//! let Work::Call(function) = Work::read(&written, &mut WorkReader::new(build_id())?)? else { panic!("a call") };
//! assert_eq!(function.call(&[]).unwrap().get::<i32>(), Ok(&42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod basics;
mod error;
mod func;
mod functions;
mod named;
mod packer;
mod table;
mod through;
mod unpacker;
mod work;

pub use error::{NotPortable, NotRead, TravelError};
pub use func::{Func, Plain, Stays};
pub use named::Named;
pub use packer::Packer;
pub use unpacker::Unpacker;
pub use work::{WorkReader, WorkWriter};

/// What a task function may consist of, so that it can be written in one process and read in another one of the same executable.
///
/// Structs do it field by field, in one order.
pub trait Travels: Sized + Send + Sync + 'static {
    /// Writes it.
    ///
    /// # Errors
    /// [`NotPortable`], which says what cannot be written and what to do instead.
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable>;

    /// Reads what [`Travels::pack`] wrote.
    ///
    /// # Errors
    /// [`NotRead`], if the bytes are something else.
    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead>;
}

/// Makes structs travel field by field: `travels!(Step { from, to });`, or with parameters
/// `travels!([T: Travels] Pair[T] { first, second });`. Fields of tuples are numbers.
#[macro_export]
macro_rules! travels {
    ($([$($bounds:tt)*])? $name:ident $([$($arguments:tt)*])? { $($field:tt),* $(,)? }) => {
        impl $(<$($bounds)*>)? $crate::Travels for $name $(<$($arguments)*>)? {
            fn pack(&self, _into: &mut $crate::Packer) -> Result<(), $crate::NotPortable> {
                $($crate::Travels::pack(&self.$field, _into)?;)*
                Ok(())
            }

            fn unpack(_from: &mut $crate::Unpacker<'_>) -> Result<Self, $crate::NotRead> {
                Ok($name { $($field: $crate::Travels::unpack(_from)?),* })
            }
        }
    };
}

/// Makes types travel in the form that serde gives them: `travels_as_data!(Grid, Order);`, and with parameters
/// `travels_as_data!([T: Element] Chunk[T]);`.
#[macro_export]
macro_rules! travels_as_data {
    ([$($bounds:tt)*] $name:ident[$($arguments:tt)*]) => {
        impl<$($bounds)*> $crate::Travels for $name<$($arguments)*> {
            fn pack(&self, into: &mut $crate::Packer) -> Result<(), $crate::NotPortable> {
                into.data(self)
            }

            fn unpack(from: &mut $crate::Unpacker<'_>) -> Result<Self, $crate::NotRead> {
                from.data()
            }
        }
    };
    ($($name:ty),* $(,)?) => {
        $(impl $crate::Travels for $name {
            fn pack(&self, into: &mut $crate::Packer) -> Result<(), $crate::NotPortable> {
                into.data(self)
            }

            fn unpack(from: &mut $crate::Unpacker<'_>) -> Result<Self, $crate::NotRead> {
                from.data()
            }
        })*
    };
}

#[cfg(test)]
mod tests;
