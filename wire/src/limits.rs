//! Limits on every length, queue and wait, each a constant named with its unit.

use std::time::Duration;

/// Bytes of one frame before the peer is known.
pub const HANDSHAKE_FRAME_BYTES: usize = 4 << 10;

/// How long a handshake may take on either side, from the connection to its last byte: somewhat less than the 5 seconds
/// after which no stranger may be connected any more.
pub const HELLO_TIME: Duration = Duration::from_millis(4500);

/// Connections whose peers are not known yet. One more, and the oldest of them makes room.
pub const PENDING_CONNECTIONS: usize = 64;

/// Bytes of the head of a message, unless the owner says otherwise.
pub const HEAD_BYTES: usize = 64 << 20;

/// Bytes of all segments of a message together, unless the owner says otherwise.
pub const BULK_BYTES: u64 = 64 << 30;

/// Segments of a message, unless the owner says otherwise.
pub const SEGMENTS: usize = 4096;

/// Bytes of heads and small segments that may wait to be written to one peer, unless the owner says otherwise. So many of all kinds
/// wait before [`Sender::wait_for_room`](crate::Sender::wait_for_room) returns no longer at once.
pub const QUEUE_BYTES: u64 = 256 << 20;

/// Levels of lists, maps and structures within each other in a head.
pub const HEAD_DEPTH: usize = 128;

/// First bytes of what cannot be understood, as errors and logs show them.
pub const SHOWN_BYTES: usize = 32;

/// Bytes that are read at once while it is not known what they are.
pub const READ_BYTES: usize = 64 << 10;

/// Memory that a segment is given before any of its bytes is there. It grows by [`SEGMENT_GROWTH`] from there on.
pub const SEGMENT_START_BYTES: usize = 256 << 10;

/// How many times what has arrived of a segment its memory may be. More means fewer moves; what is not written to is not
/// resident.
pub const SEGMENT_GROWTH: usize = 4;

/// Memory of a segment from which on it is in pages of its own.
pub const MAPPED_BYTES: usize = 4 << 20;

/// Segments of up to this many bytes are copied behind their head, so that both go out with one piece.
pub const INLINE_BYTES: usize = 4 << 10;

/// Bytes that one system call writes or reads at the most, so that a large segment does not hold up its thread.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Pieces that one system call writes at the most.
pub const CHUNK_PIECES: usize = 64;

/// What a socket's buffer is asked to hold; the system may give less.
pub const SOCKET_BYTES: usize = 1 << 20;

/// Memory for small messages that is kept for the next ones after a burst.
pub const KEPT_BYTES: usize = 256 << 10;

/// How long a connection whose senders are all gone waits for a peer that takes nothing.
pub const LINGER: Duration = Duration::from_secs(30);

/// Bytes of a path of a Unix socket: `sun_path` without the zero at its end.
pub const SOCKET_PATH_BYTES: usize = 107;

/// How long a directory without a lock file may be one that is just being made.
pub const PLACE_BEING_MADE: Duration = Duration::from_secs(60);

/// The first wait after the system refused a connection for want of file descriptors or memory; doubles up to
/// [`BACK_OFF_MOST`].
pub const BACK_OFF_FIRST: Duration = Duration::from_millis(5);

/// The longest such wait.
pub const BACK_OFF_MOST: Duration = Duration::from_millis(500);

/// Refusals of one kind that are logged each; from there on only each that is a power of two.
pub const LOGGED_REFUSALS: u64 = 8;

/// What the owner of a connection may choose.
///
/// ```
/// use partita_wire::Limits;
///
/// let limits = Limits { queue_bytes: 16 << 20, ..Limits::default() };
/// assert_eq!(limits.head_bytes, 64 << 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of the head of a message.
    pub head_bytes: usize,
    /// Bytes of all segments of a message together.
    pub bulk_bytes: u64,
    /// Segments of a message; 65,535 at the most.
    pub segments: usize,
    /// Bytes of heads and of segments up to [`INLINE_BYTES`] that may wait to be written. Who sends when more wait already loses
    /// the connection. Larger segments are not copied, and do not count: who sends them looks at what waits.
    pub queue_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { head_bytes: HEAD_BYTES, bulk_bytes: BULK_BYTES, segments: SEGMENTS, queue_bytes: QUEUE_BYTES }
    }
}
