//! The scheduler: a pure machine and the actor around it.
#![forbid(unsafe_code)]

#[cfg(feature = "actor")]
pub mod actor;
pub mod machine;

pub use machine::Scheduler;
