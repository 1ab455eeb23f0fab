//! Futures: results that an engine computes now, and the ways to wait for them.

mod cell;
mod future;
mod host;

pub use cell::{Callback, Cell, State};
pub use future::{Future, FutureInner};
pub use host::Host;
