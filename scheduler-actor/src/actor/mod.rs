//! The scheduler's actor: keys, functions and errors around the machine, and the mail to and from its neighbours.

mod actor;
mod census;
mod dump;
mod errors;
mod lanes;
mod ledger;
mod link;
mod outbox;
mod question;
mod records;
mod registry;
mod request;
mod span;
mod spread;
mod submit;
#[cfg(test)]
mod tests;
mod turn;
mod values;
mod workers;

pub use actor::{SchedulerActor, Settings};
pub use link::SchedulerLink;
