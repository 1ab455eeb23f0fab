//! The nanny: starts a worker, and starts another one when it dies.

mod actor;
mod policy;

pub use actor::{Mail, NannyActor, NannyParts, Verdict};
pub use policy::{Decision, Policy};
