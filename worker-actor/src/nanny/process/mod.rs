//! A nanny of a worker that is a process of its own.
//!
//! [`Policy`] decides, and is pure. The rest carries out: `child` has processes, `driver` brings the two together.

mod policy;

pub use policy::{Config, Effect, Event, Excess, Exit, GaveUp, Incarnation, Lifetime, Look, Next, Policy, Verdict, Warning, Why};
