//! Why a connection ends, and why a message is not sent.

use crate::hex::FirstBytes;

/// Why nothing more comes from a connection.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The peer was gone in the middle of a message.
    #[error(
        "the connection ended at byte {offset}, in the middle of a message of which {missing} bytes or more are missing"
    )]
    Cut {
        /// Bytes that came on this connection after the handshake.
        offset: u64,
        /// Bytes that are missing, as far as it was told.
        missing: u64,
    },
    /// A message said of itself that its head is longer than allowed.
    #[error("the message at byte {offset} has a head of {length} bytes, and {most} are allowed (`Limits::head_bytes`)")]
    HeadTooLong {
        /// Where the message begins.
        offset: u64,
        /// The length that it told.
        length: u64,
        /// The limit.
        most: u64,
    },
    /// A message has more segments than allowed.
    #[error("the message at byte {offset} has {count} segments, and {most} are allowed (`Limits::segments`)")]
    TooManySegments {
        /// Where the message begins.
        offset: u64,
        /// Segments.
        count: usize,
        /// The limit.
        most: usize,
    },
    /// The segments of a message are longer than allowed.
    #[error(
        "the message at byte {offset} has {length} bytes in its segments, and {most} are allowed (`Limits::bulk_bytes`)"
    )]
    BulkTooLong {
        /// Where the message begins.
        offset: u64,
        /// Bytes of all segments, as it told; the highest number if there are more than that.
        length: u64,
        /// The limit.
        most: u64,
    },
    /// There is no memory for a segment that is coming.
    #[error("the message at byte {offset} has a segment of {length} bytes, for which there is no memory")]
    NoMemory {
        /// Where the segments of the message begin.
        offset: u64,
        /// Bytes of the segment.
        length: u64,
    },
    /// A head is not what it should be.
    #[error("the message at byte {offset} cannot be read: {problem}; it begins with {first}")]
    Head {
        /// Where the message begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
        /// How the head begins.
        first: FirstBytes,
    },
    /// The peer takes less than it is sent.
    #[error(
        "{queued} bytes wait for a peer that does not take them, and {most} are allowed (`Limits::queue_bytes`): the connection is closed"
    )]
    QueueFull {
        /// Bytes that wait.
        queued: u64,
        /// The limit.
        most: u64,
    },
    /// This side closed the connection.
    #[error("the connection was closed by this side")]
    Closed,
    /// The socket failed.
    #[error("the socket failed after {offset} bytes: {error}")]
    Io {
        /// Bytes that came on this connection after the handshake.
        offset: u64,
        /// How.
        error: std::io::Error,
    },
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The head cannot be written as msgpack.
    #[error("the head of the message cannot be written: {0}")]
    Head(#[from] rmp_serde::encode::Error),
    /// The head is longer than allowed. The connection is as it was.
    #[error("the message has a head of {length} bytes, and {most} are allowed: large data belongs into segments")]
    HeadTooLong {
        /// Bytes of the head.
        length: usize,
        /// The limit.
        most: usize,
    },
    /// There are more segments than allowed. The connection is as it was.
    #[error("the message has {count} segments, and {most} are allowed (`Limits::segments`)")]
    TooManySegments {
        /// Segments.
        count: usize,
        /// The limit.
        most: usize,
    },
    /// The segments are longer than allowed. The connection is as it was.
    #[error("the message has {length} bytes in its segments, and {most} are allowed (`Limits::bulk_bytes`)")]
    BulkTooLong {
        /// Bytes of all segments.
        length: u64,
        /// The limit.
        most: u64,
    },
    /// The peer takes less than it is sent. The connection is closed.
    #[error(
        "{queued} bytes wait for a peer that does not take them, and {most} are allowed (`Limits::queue_bytes`): the connection is closed"
    )]
    QueueFull {
        /// Bytes that wait.
        queued: u64,
        /// The limit.
        most: u64,
    },
    /// The connection has ended; the receiver knows why.
    #[error("the connection has ended: what is sent now goes nowhere")]
    Ended,
}
