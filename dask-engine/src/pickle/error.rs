//! Why a pickle cannot be read.

/// Why a pickle cannot be read. Nothing of it was executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    /// It ends before its end.
    #[error("the pickle ends at byte {at}, where {more} more are needed")]
    Cut {
        /// Where it ends.
        at: usize,
        /// How many bytes are missing at least.
        more: u64,
    },
    /// It does what is not known here.
    #[error("the pickle has the opcode 0x{opcode:02x} at byte {at}, which is not read here")]
    Opcode {
        /// Where.
        at: usize,
        /// What it does.
        opcode: u8,
    },
    /// It is about something that is not there, or of another kind.
    #[error("the pickle makes no sense at byte {at}: {what}")]
    Sense {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// It does too much.
    #[error("the pickle has more than {most} steps")]
    TooLong {
        /// The limit.
        most: usize,
    },
}
