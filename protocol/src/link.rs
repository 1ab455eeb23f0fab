//! How an actor reaches its neighbours without knowing their crates.

use std::fmt;

/// The way to one neighbour. Sending never blocks.
pub trait Link<M>: Send + Sync {
    /// Hands a message over, or gives it back if the neighbour is gone.
    ///
    /// # Errors
    /// [`Closed`] with the message.
    fn send(&self, message: M) -> Result<(), Closed<M>>;
}

/// The neighbour is gone; the message that it did not take.
#[derive(PartialEq, Eq)]
pub struct Closed<M>(pub M);

impl<M> fmt::Debug for Closed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed(..)")
    }
}

impl<M> fmt::Display for Closed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the actor that this message was for is gone")
    }
}

impl<M> std::error::Error for Closed<M> {}
