//! Functions of each element, as NumPy's ufuncs; all of them fuse with their neighbours.

mod bessel;
mod cast;
mod complex;
mod inexact;
mod logic;
mod numbers;
mod real;
mod trigonometry;

pub use cast::Cast;
pub use inexact::Inexact;
pub use numbers::{Absolute, Floored};
