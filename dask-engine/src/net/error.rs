//! Why somebody cannot be talked to, or no longer.

use crate::frame::FrameError;
use crate::message::MessageError;
use std::time::Duration;

/// Why somebody cannot be talked to, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Nobody is there.
    #[error("nobody answers at {address}: {error}")]
    Connect {
        /// Where.
        address: String,
        /// Why.
        error: std::io::Error,
    },
    /// The other side is there, and says nothing.
    #[error("{address} did not answer within {after:?}: is a scheduler or worker of Dask there?")]
    Silent {
        /// Where.
        address: String,
        /// How long it was waited.
        after: Duration,
    },
    /// The connection broke.
    #[error("the connection to {address} broke: {error}")]
    Broken {
        /// Whither.
        address: String,
        /// Why.
        error: std::io::Error,
    },
    /// The other side ended the connection.
    #[error("{address} ended the connection")]
    Ended {
        /// Who.
        address: String,
    },
    /// What comes is no message.
    #[error("what {address} says is no message: {error}")]
    Frame {
        /// Who.
        address: String,
        /// Why.
        error: FrameError,
    },
    /// What comes makes no sense.
    #[error("what {address} says makes no sense: {error}")]
    Message {
        /// Who.
        address: String,
        /// Why.
        error: MessageError,
    },
    /// A question was answered by an error.
    #[error("{address} answers {question}: {answer}")]
    Refused {
        /// Who.
        address: String,
        /// What was asked.
        question: String,
        /// What it says.
        answer: String,
    },
}
