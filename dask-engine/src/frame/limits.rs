//! How much one message may be.

/// How much one message may be. What is longer is refused as soon as its length is told, before there is memory for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Frames of a message.
    pub frames: u64,
    /// Bytes of the first frame, which is taken apart: its values need up to forty times as much memory.
    pub head_bytes: u64,
    /// Bytes of all frames together.
    pub message_bytes: u64,
}

impl Limits {
    /// What a scheduler may send, to which we have connected.
    pub const SCHEDULER: Limits = Limits { frames: 1 << 20, head_bytes: 256 << 20, message_bytes: 64 << 30 };

    /// What somebody may send who has connected to us, and has said who it is.
    pub const PEER: Limits = Limits { frames: 1 << 20, head_bytes: 16 << 20, message_bytes: 64 << 30 };

    /// What somebody may send of whom nothing is known yet.
    pub const STRANGER: Limits = Limits { frames: 1, head_bytes: 4 << 10, message_bytes: 4 << 10 };
}
