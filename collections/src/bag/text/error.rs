//! What can be wrong with text files: before anything is read, while it is read, and when it is written.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files that cannot be read; found before any work starts.
///
/// ```
/// use partita_collections::{Bag, bag::ReadError};
///
/// let error = Bag::read_text("/nowhere/*.txt").unwrap_err();
/// assert!(matches!(error, ReadError::NoMatch { .. }));
/// assert!(error.to_string().contains("/nowhere/*.txt"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No path was given at all.
    #[error("no path was given to read text from")]
    NoPaths,
    /// No file matches a pattern.
    #[error("no file matches `{}`: check the spelling; `**` looks into directories below", pattern.display())]
    NoMatch {
        /// The pattern.
        pattern: PathBuf,
    },
    /// A pattern cannot be read.
    #[error("the pattern `{}` cannot be read: {reason}", pattern.display())]
    Pattern {
        /// The pattern.
        pattern: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file is not there.
    #[error("there is no file `{}`", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// What is there is a directory.
    #[error("`{}` is a directory: name its files, with `{}/*`", path.display(), path.display())]
    Directory {
        /// The path.
        path: PathBuf,
    },
    /// What is there is no file with an end that could be read twice: a pipe, a device, a socket.
    #[error("`{}` is a pipe, a device or a socket: write its content to a file first", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file may not be read.
    #[error("`{}` may not be read by this user: change its permissions", path.display())]
    Denied {
        /// The path.
        path: PathBuf,
    },
    /// The system said something else.
    #[error("`{}` cannot be looked at: {cause}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Both ways of cutting were asked for.
    #[error("`block_size` cuts files and `files_per_partition` puts them together: use one of them")]
    BothCuts,
    /// Lines that end with nothing.
    #[error("the delimiter between lines is empty")]
    EmptyDelimiter,
    /// More partitions than can be numbered.
    #[error("the files would make {partitions} partitions, more than can be numbered: use larger blocks")]
    TooMany {
        /// How many.
        partitions: u64,
    },
}

impl ReadError {
    pub(super) fn of(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::NotFound => ReadError::Missing { path },
            std::io::ErrorKind::PermissionDenied => ReadError::Denied { path },
            _ => ReadError::Io { path, cause: error.to_string() },
        }
    }
}

/// Text that cannot be read; the source of a task's error. A partition is never cut short: it is whole or an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// The file is another one than when the bag was made.
    #[error(
        "`{}` changed since the bag was made: it had {} bytes, and has {}. Make the bag again, \
         when nobody writes to the file", path.display(), planned.0, found.0
    )]
    FileChanged {
        /// The file.
        path: PathBuf,
        /// Size and time of the last change when the bag was made.
        planned: (u64, Option<SystemTime>),
        /// And now.
        found: (u64, Option<SystemTime>),
    },
    /// The system could not read on.
    #[error("`{}` could not be read at byte {offset}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        offset: u64,
        /// What the system said.
        cause: String,
    },
    /// A compressed file is damaged or cut short.
    #[error(
        "`{}` is no whole {format} file: after {offset} bytes of text, {cause}. Fetch it again, or set `compression`",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// How many decompressed bytes came before.
        offset: u64,
        /// What the decoder said.
        cause: String,
    },
    /// Bytes that are no UTF-8.
    #[error(
        "`{}` is no UTF-8 text at byte {offset}: convert it, or read it with `encoding_errors(EncodingErrors::Lossy)`",
        path.display()
    )]
    Utf8 {
        /// The file.
        path: PathBuf,
        /// Where in the text, decompressed if the file is compressed.
        offset: u64,
    },
    /// UTF-16 text.
    #[error("`{}` is UTF-16 text, by its first two bytes: convert it to UTF-8", path.display())]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// A line without end.
    #[error(
        "`{}` has a line of more than {limit} bytes, from byte {offset}: is the `delimiter` right? \
         If so, raise `max_line`", path.display()
    )]
    LineTooLong {
        /// The file.
        path: PathBuf,
        /// Where the line starts.
        offset: u64,
        /// How long it may be.
        limit: usize,
    },
}

/// Text files that cannot be written: the target is wrong, found before any work starts; or, as the source of a task's
/// error, a file could not be finished. Then nothing stands under its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The directory to write into is not there.
    #[error("there is no directory `{}` to write into: create it first", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// What should be a directory is a file.
    #[error("`{}` is a file: name a directory, or files with a `*` for the partition", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// More than one place for the partition's number, or one in the middle of the path.
    #[error("`{}` must have one `*`, in the last part of the path, for the partition's number", path.display())]
    Stars {
        /// The path.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error("`{}` could not be written: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}
