//! Sketches: small summaries of many values that can be merged, for answers that are about right.
//!
//! A sketch is the bytes of a binary column, so that partial results are frames like any other.

pub(crate) mod digest;
pub(crate) mod distinct;
pub(crate) mod function;
pub(crate) mod quantiles;
pub(crate) mod registers;
