//! Why what came on a socket is no message.

/// Why what came on a socket is no message. Nothing that comes after it can be understood either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A message without frames.
    #[error("the message at byte {offset} of the connection has no frames: this is no Dask peer")]
    Empty {
        /// Bytes that had come on this connection.
        offset: u64,
    },
    /// A message said that it has more frames than allowed.
    #[error(
        "the message at byte {offset} of the connection would have {frames} frames, and {most} are allowed: this is no Dask peer, or another protocol (TLS?)"
    )]
    TooManyFrames {
        /// Bytes that had come on this connection.
        offset: u64,
        /// The number that it told.
        frames: u64,
        /// The limit.
        most: u64,
    },
    /// The first frame is longer than allowed.
    #[error(
        "the message at byte {offset} of the connection would have a head of {length} bytes, and {most} are allowed"
    )]
    HeadTooLong {
        /// Bytes that had come on this connection.
        offset: u64,
        /// The length that it told.
        length: u64,
        /// The limit.
        most: u64,
    },
    /// All frames together are longer than allowed.
    #[error("the message at byte {offset} of the connection would have {length} bytes or more, and {most} are allowed")]
    TooLong {
        /// Bytes that had come on this connection.
        offset: u64,
        /// The length that it told.
        length: u64,
        /// The limit.
        most: u64,
    },
    /// The connection ended within a message.
    #[error("the connection ended at byte {offset}, in the middle of a message")]
    Cut {
        /// Bytes that had come on this connection.
        offset: u64,
    },
}
