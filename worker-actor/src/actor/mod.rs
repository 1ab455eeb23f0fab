//! The worker's actor: functions and values around the machine, and the threads that run them.

mod actor;
mod carry;
mod current;
mod job;
mod link;
mod pump;

pub use actor::{Death, Mail, Parts, WorkerActor};
pub use current::{Home, Waiting, current, wait_for_others};
pub use link::WorkerLink;
