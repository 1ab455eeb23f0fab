//! Functions of each element, as NumPy's ufuncs; all of them fuse with their neighbours.

mod bessel;
mod cast;
mod complex;
pub(crate) mod elementwise;
pub(crate) mod functions;
mod inexact;
mod logic;
mod numbers;
pub(crate) mod operators;
mod real;
mod trigonometry;

pub use cast::Cast;
pub use inexact::Inexact;
pub use numbers::{Absolute, Floored};
