//! The profiler: what machines, executors and stores tell, added up, and the actor that collects it.
//!
//! It only listens. When it is slow, records are dropped and counted; the work is never delayed.

#![forbid(unsafe_code)]

mod actor;
pub mod aggregate;
mod link;

pub use actor::{Mail, ProfilerActor, Tap};
pub use aggregate::{Aggregates, Group};
pub use link::ProfilerLink;
