//! Waiting for futures: all of them, the first of them, each as it ends.

mod as_completed;
mod wait;

pub use as_completed::{AsCompleted, as_completed};
pub use wait::{Waited, wait, wait_first};
