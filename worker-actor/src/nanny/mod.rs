//! The nanny: starts a worker, and starts another one when it dies.

#[cfg(feature = "actor")]
mod actor;
mod policy;
pub mod process;

#[cfg(feature = "actor")]
pub use actor::{Mail, NannyActor, NannyParts, Verdict};
pub use policy::{Decision, Policy};
