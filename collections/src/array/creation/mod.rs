//! Making arrays: of constants, sequences, diagonals, and of what is at hand.

pub(crate) mod diagonals;
pub(crate) mod filled;
pub(crate) mod likes;
pub(crate) mod meshes;
pub(crate) mod sequences;
pub(crate) mod triangles;
