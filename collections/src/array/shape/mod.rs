//! Shapes and chunks: turned, joined, padded, repeated, reshaped and rechunked arrays.

pub(crate) mod flips;
pub(crate) mod joins;
pub(crate) mod nested;
pub(crate) mod padding;
pub(crate) mod pads;
pub(crate) mod rechunk;
pub(crate) mod repeats;
pub(crate) mod reshape;
pub(crate) mod rolls;
pub(crate) mod together;
pub(crate) mod transpose;
