//! Delayed calls: a function and its arguments, to be run when somebody asks for the result.

mod delayed;
mod operators;
mod unpack;

pub use delayed::{Delayed, delayed, try_delayed};
pub use unpack::NoSuchElement;
