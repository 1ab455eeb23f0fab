//! Why a message cannot be read or written.

/// Why a message cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// A frame that is to be a value of msgpack is none.
    #[error("frame {frame} of the message is no msgpack: {reason}")]
    NotMsgpack {
        /// Which frame.
        frame: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A value was followed by more bytes.
    #[error("frame {frame} of the message has {bytes} bytes behind its value")]
    Trailing {
        /// Which frame.
        frame: usize,
        /// How many bytes too much.
        bytes: usize,
    },
    /// A reference to frames that the message has not.
    #[error("the message refers to frame {frame} and {data} behind it, and has {frames}")]
    NoFrame {
        /// The frame that was referred to.
        frame: u64,
        /// How many it said belong to it.
        data: u64,
        /// How many frames the message has.
        frames: usize,
    },
    /// Something that is described by a map is not described as it should be.
    #[error("{what} is not as expected: {reason}")]
    Form {
        /// What was read: the name of an operation, or of a part.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A message cannot be written.
    #[error("a message cannot be written: {0}")]
    Write(#[from] rmp_serde::encode::Error),
}
