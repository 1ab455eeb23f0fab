//! The scheduler's actor: keys, functions and errors around the machine, and the mail to and from its neighbours.

mod actor;
mod link;
mod outbox;
mod question;
mod registry;
mod spread;
mod submit;

pub use actor::{Mail, SchedulerActor, Settings};
pub use link::SchedulerLink;
