//! A nanny of a worker that is a process of its own.
//!
//! [`Policy`] decides, and is pure. The rest carries out: `keeper` has processes, `driver` brings the two together,
//! `birth` is what the started process does first, and `slate` is where it says what it begins.

#[cfg(feature = "actor")]
mod birth;
#[cfg(feature = "actor")]
mod driver;
#[cfg(feature = "actor")]
mod keeper;
#[cfg(feature = "actor")]
mod orphan;
#[cfg(feature = "actor")]
mod plan;
mod policy;
#[cfg(feature = "actor")]
mod slate;
#[cfg(feature = "actor")]
mod stat;
#[cfg(test)]
#[cfg(feature = "actor")]
mod tests;
#[cfg(feature = "actor")]
mod words;
#[cfg(feature = "actor")]
mod world;

#[cfg(feature = "actor")]
pub use birth::{BirthError, Entry, MARK, ReexecGuard, Role, guard, init};
#[cfg(feature = "actor")]
pub use driver::{NannyLink, Order, ProcessNanny};
#[cfg(feature = "actor")]
pub use plan::{Plan, Sink, SpawnError, threads};
pub use policy::{
    Config, Effect, Event, Excess, Exit, GaveUp, Incarnation, Lifetime, Look, Next, Policy, Verdict, Warning, Why,
};
#[cfg(feature = "actor")]
pub(crate) use slate::begin;
#[cfg(feature = "actor")]
pub use world::{Processes, SystemProcesses, Tell};
