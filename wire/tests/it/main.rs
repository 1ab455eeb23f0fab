//! Two sides of real sockets: sessions, strangers, crowds, slow peers, places, and what hostile peers cost.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod authenticated;
mod crowd;
mod descriptors;
mod fuzzing;
mod logs;
mod places;
mod sessions;
mod slow;
mod strangers;
mod support;
mod users;
