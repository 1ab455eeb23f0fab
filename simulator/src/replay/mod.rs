//! Replay: the production machines are told what a journal kept, and decide the same again.
//!
//! ```no_run
//! use partita_protocol::telemetry::State;
//! use partita_simulator::replay::{Replay, To};
//!
//! let mut replay = Replay::open("cluster.journal")?;
//! // Event by event, or up to a condition, or to a moment; backwards too.
//! replay.step()?;
//! replay.run_until(|replay| replay.scheduler().counts().of(State::Erred) > 0)?;
//! replay.seek(To::Event(1_000))?;
//!
//! // At each point, everything can be asked that a live scheduler can, and more.
//! let task = replay.find("sum")?;
//! println!("{:?}", replay.scheduler().state_of(task));
//! println!("{}", replay.why(task)?);
//! println!("{}", replay.story(task)?);
//! # Ok::<(), partita_simulator::replay::ReplayError>(())
//! ```
//!
//! The journal tells from time to time what the machines had answered. If a replay answers otherwise it ends with
//! [`ReplayError::Diverged`]: a machine was changed since, or is not as pure as it should be.

mod book;
mod command;
mod error;
mod replay;
mod step;
mod story;

#[cfg(test)]
mod tests;

pub use command::{USAGE, command};
pub use error::ReplayError;
pub use replay::{Replay, To};
pub use step::{Step, Told};
pub use story::{Line, Story, What};
