//! Coarse tasks: blocks of a graph, each of which a worker runs as a whole, on its own threads.
//!
//! A scheduler of Dask's needs 0.1 to 0.5 ms for a task, a worker of Partita's some microseconds. So a graph is cut into as many
//! blocks as keep all threads busy, and the scheduler sees these alone.

mod group;
mod shape;

pub use group::{Block, Blocks, group};
pub use shape::Shape;
