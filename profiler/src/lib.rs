//! The profiler: what machines, executors and stores tell, added up, and the actor that collects it.
//!
//! It only listens. When it is slow, records are dropped and counted; the work is never delayed.

#![forbid(unsafe_code)]

mod actor;
pub mod aggregate;
pub mod assets;
mod backlog;
pub mod compare;
#[cfg(feature = "dashboard")]
pub mod dashboard;
pub mod export;
mod link;
pub mod local;
pub mod memory;
mod meter;
mod priority;
pub mod report;
pub mod run;
mod saved;
#[cfg(test)]
mod scene;
pub mod view;
mod worker_meter;

pub use actor::{Mail, ProfilerActor, Tap};
pub use aggregate::{Aggregates, Group};
pub use backlog::Backlog;
pub use link::ProfilerLink;
pub use meter::Meter;
pub use saved::{MOST as MOST_RUN_BYTES, RunFileError};
