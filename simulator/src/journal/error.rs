//! What can be wrong with a journal.

use std::path::PathBuf;
use std::sync::Arc;

/// Why a journal cannot be read, or cannot be read any further.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be read.
    #[error("the journal `{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: Arc<std::io::Error>,
    },
    /// The file is something else.
    #[error("this is no journal of Partita")]
    NoJournal,
    /// Another version of Partita wrote it. Its machines may decide otherwise, so it is not replayed by this one.
    #[error("the journal was written by Partita {found}; this is {expected}")]
    OtherVersion {
        /// The version that wrote it.
        found: String,
        /// The version that reads it.
        expected: String,
    },
    /// A version of Partita wrote it that packed journals otherwise.
    #[error(
        "the journal is of form {found}, and this version reads form {expected}: replay it with the version that wrote it"
    )]
    OtherForm {
        /// The form of the journal.
        found: u8,
        /// The form that is read here.
        expected: u8,
    },
    /// The file was damaged after it was written. What comes before this place was good.
    #[error("the journal is damaged in the block at byte {offset}: {what}")]
    Damaged {
        /// Where the damaged block begins.
        offset: u64,
        /// What is wrong there.
        what: Nonsense,
    },
}

/// What makes a block unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nonsense {
    /// The bytes are not those that were written.
    #[error("its checksum is wrong")]
    Checksum,
    /// The length of its records is not the one that was written.
    #[error("its length is wrong")]
    Length,
    /// It ends within a record.
    #[error("it ends within a record")]
    Short,
    /// A number is too large.
    #[error("a number in it is out of range")]
    Range,
    /// A record of a kind that does not exist.
    #[error("it has a record of no known kind")]
    Kind,
    /// A value cannot be made of its bytes.
    #[error("it has a value that cannot be read")]
    Value,
}
