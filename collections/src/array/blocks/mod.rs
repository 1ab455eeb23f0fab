//! Functions of blocks: users' own ones, with neighbours, along lanes, and blocks that others make or take.

pub(crate) mod block_calls;
pub(crate) mod boundaries;
pub(crate) mod by_labels;
pub(crate) mod delayed;
pub(crate) mod gufunc;
pub(crate) mod lanes;
pub(crate) mod map_blocks;
pub(crate) mod overlaps;
pub(crate) mod windows;
