//! The worker's actor: functions and values around the machine, and the threads that run them.

mod actor;
mod carry;
mod current;
mod disk;
mod job;
mod limit;
mod link;
mod measure;
mod parts;
mod process;
mod pump;
mod records;
mod runaway;
#[cfg(test)]
mod slow_disk;
mod spiller;
mod stop;
mod thread;
mod transfers;

pub use actor::{Mail, WorkerActor};
pub use current::{Home, Waiting, current, wait_for_others};
pub use link::WorkerLink;
pub use measure::{Measure, Measuring, measure};
pub use parts::{Death, Parts, Runaways};
pub use process::{Look, Used, used};
pub use stop::{Standing, StopToken, standing};
