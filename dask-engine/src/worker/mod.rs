//! A worker in a Dask cluster: what it holds, runs and fetches, as a machine without clock, threads or sockets.
//!
//! States of a key: *waiting* for what it needs, *ready*, *running*, *held*; as what others need: to *fetch*, in *flight*, *missing*
//! if nobody is known to have it; and *named* alone. A task that runs and is no longer wanted is *orphaned*: what comes of it is
//! dropped, unless it is wanted again before it ends.

mod event;
mod fetch;
mod machine;
mod orders;
mod queue;
mod task;
mod validate;

pub use event::{Effect, Event, Outcome};
pub use machine::{Config, Worker};
pub use task::State;
