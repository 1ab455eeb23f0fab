//! What can be wrong with files of arrays: before anything is read or written, and while it is.

use super::super::error::{ArrayError, Show};
use crate::staged::TargetError;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files of arrays that cannot be read or written: found before any work starts; or, as the source of a task's error,
/// while a block is read or written. What could not be written as a whole does not stand under its name.
///
/// ```
/// use partita_collections::{Array, array::StoreError};
///
/// let error = Array::<f64>::from_npy("/nowhere/x.npy", 10).unwrap_err();
/// assert!(matches!(error, StoreError::Missing { .. }));
/// assert_eq!(error.to_string(), "there is no `/nowhere/x.npy`: check the spelling");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What should be read is not there.
    #[error("there is no `{}`: check the spelling", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// What should be a directory is a file.
    #[error("`{}` is a file, and a directory is needed: name another path", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// What should be a file is a directory, a pipe, a device or a socket.
    #[error("`{}` is no file: name one", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The place to write to is not as it should be, or cannot be written.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// It may not be read or written.
    #[error("`{}` may not be {done} by this user: change its permissions", path.display())]
    Denied {
        /// The path.
        path: PathBuf,
        /// What was to be done with it.
        done: &'static str,
    },
    /// The system said something else.
    #[error("`{}` could not be {done}: {cause}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What was to be done with it.
        done: &'static str,
        /// What the system said.
        cause: String,
    },
    /// The file or directory is of another format, or damaged.
    #[error("`{}` cannot be read as {format}: {reason}", path.display())]
    Format {
        /// The path.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The format cannot hold what should be written.
    #[error("`{}` cannot be written as {format}: {reason}", path.display())]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// Why it cannot be.
        reason: String,
    },
    /// The elements are of another type.
    #[error("`{}` holds {found}, and was to be read as {wanted}: {remedy}", path.display())]
    ElementType {
        /// The path.
        path: PathBuf,
        /// The type that it holds.
        found: String,
        /// The type that was asked for.
        wanted: &'static str,
        /// What to do.
        remedy: String,
    },
    /// The file ends before all elements.
    #[error(
        "`{}` is cut short: an array of shape {} needs {needed} bytes, and the file has {found}. Fetch it again",
        path.display(), Show(shape)
    )]
    Short {
        /// The path.
        path: PathBuf,
        /// The shape that its header tells.
        shape: Vec<usize>,
        /// How many bytes the file needs.
        needed: u64,
        /// How many it has.
        found: u64,
    },
    /// Bytes that are no value of the type.
    #[error("`{}` has bytes that are no {wanted}, after byte {offset}: it is damaged, fetch it again", path.display())]
    Element {
        /// The path.
        path: PathBuf,
        /// The type.
        wanted: &'static str,
        /// Where the piece with these bytes starts.
        offset: u64,
    },
    /// The file is another one than when the array was made.
    #[error(
        "`{}` changed since the array was made: it had {} bytes, and has {}. Make the array again, when nobody writes \
         to the file", path.display(), planned.0, found.0
    )]
    Changed {
        /// The path.
        path: PathBuf,
        /// Size and time of the last change when the array was made.
        planned: (u64, Option<SystemTime>),
        /// And now.
        found: (u64, Option<SystemTime>),
    },
    /// Chunks or axes that do not fit the array that is stored.
    #[error("`{}`: {error}", path.display())]
    Array {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        error: ArrayError,
    },
    /// Blocks that would write to parts of one stored chunk.
    #[error(
        "`{}` is stored in chunks of {} along axis {axis}, and the array's chunks are {}: two tasks would write to \
         one stored chunk. `rechunk` to multiples of {stored} first, or store in other chunks",
        path.display(), stored, Show(chunks)
    )]
    Misaligned {
        /// The path.
        path: PathBuf,
        /// The axis.
        axis: usize,
        /// The lengths of the array's chunks.
        chunks: Vec<usize>,
        /// The length of stored chunks.
        stored: usize,
    },
}

impl StoreError {
    /// What the system said when something was to be read.
    pub(super) fn reading(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::Missing { path: path.to_path_buf() },
            _ => StoreError::system(path, "read", error),
        }
    }

    /// What the system said when something was to be written.
    pub(super) fn writing(path: &Path, error: &std::io::Error) -> Self {
        TargetError::writing(path, error).into()
    }

    fn system(path: &Path, done: &'static str, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::PermissionDenied => StoreError::Denied { path, done },
            _ => StoreError::Io { path, done, cause: error.to_string() },
        }
    }

    /// It is no such file or directory.
    pub(super) fn format(path: &Path, format: &'static str, reason: impl ToString) -> Self {
        StoreError::Format { path: path.to_path_buf(), format, reason: reason.to_string() }
    }

    /// The format cannot hold it.
    pub(super) fn unwritable(path: &Path, format: &'static str, reason: impl ToString) -> Self {
        StoreError::Unwritable { path: path.to_path_buf(), format, reason: reason.to_string() }
    }

    /// The chunks or axes do not fit.
    pub(super) fn array(path: &Path, error: ArrayError) -> Self {
        StoreError::Array { path: path.to_path_buf(), error }
    }
}
