//! What can be wrong with files of frames: before anything is read or written, and while it is.

use super::super::error::FrameError;
use super::cloud::CloudError;
use crate::staged::TargetError;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files that cannot be read or written; found before any work starts.
///
/// ```
/// use partita_collections::dataframe::{FileError, read_parquet};
///
/// let error = read_parquet("/nowhere/*.parquet").finish().unwrap_err();
/// assert!(matches!(error, FileError::NoMatch { .. }));
/// assert!(error.to_string().contains("/nowhere/*.parquet"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// No path was given at all.
    #[error("no path was given to read from")]
    NoPaths,
    /// A file is at a URL, and cannot be reached.
    #[error(transparent)]
    Cloud(#[from] CloudError),
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
    /// A directory has no file of the format.
    #[error("no file in `{}`, and none in the directories below, has a name that ends in {expected}", path.display())]
    NoFiles {
        /// The directory.
        path: PathBuf,
        /// How names of such files end.
        expected: String,
    },
    /// A file is not there.
    #[error("there is no file `{}`", path.display())]
    Missing {
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
    /// The file is of another format, or damaged.
    #[error("`{}` cannot be read as {format}: {reason}", path.display())]
    Format {
        /// The path.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has other columns than the first.
    #[error(
        "`{}` has other columns than `{}`: {differences}. Read them apart, or choose `columns` that they share; \
         `fill_missing(true)` makes columns that are not there null",
        path.display(), first.display()
    )]
    Schemas {
        /// The first file.
        first: PathBuf,
        /// The file that differs.
        path: PathBuf,
        /// What differs.
        differences: String,
    },
    /// A column is of a type that frames do not have.
    #[error(
        "`{}` has column \"{column}\" of Arrow's type {found}, which frames do not have in this build: choose other \
         `columns`, or write it as another type", path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// Names of directories do not tell of the same columns, or not of values of their type.
    #[error("`{}`: {reason}; `hive(false)` takes no columns from names of directories", path.display())]
    Hive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A format cannot hold a column of this type.
    #[error("{format} cannot hold column \"{column}\" of type {found}: {remedy}")]
    Unwritable {
        /// The format.
        format: &'static str,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Files to which others are to be added have other columns.
    #[error(
        "`{}` has other columns than what is to be added to it: {differences}. `select`, `cast` and `partition_by` make \
         them alike", path.display()
    )]
    Unlike {
        /// The file that is there.
        path: PathBuf,
        /// What differs.
        differences: String,
    },
    /// The settings contradict each other or are out of their range.
    #[error("`{operation}`: {reason}")]
    Settings {
        /// What was asked for.
        operation: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The target cannot be written to.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A column is not there, or the frame cannot be built for another reason.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl FileError {
    /// What the system said when a file was looked at.
    pub(super) fn of(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::NotFound => FileError::Missing { path },
            std::io::ErrorKind::PermissionDenied => FileError::Denied { path },
            _ => FileError::Io { path, cause: error.to_string() },
        }
    }
}

/// Files that cannot be read while a task runs. A partition is never cut short: it is whole or an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// The file is another one than when the dataframe was made.
    #[error(
        "`{}` changed since the dataframe was made: it had {} bytes, and has {}. Make the dataframe again, \
         when nobody writes to the file", path.display(), planned.0, found.0
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Size and time of the last change when the dataframe was made.
        planned: (u64, Option<SystemTime>),
        /// And now.
        found: (u64, Option<SystemTime>),
    },
    /// The file is gone.
    #[error("`{}` is not there any more: it was when the dataframe was made", path.display())]
    Vanished {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("`{}` is damaged and cannot be read as {format}: {reason}. Fetch it again", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is at a URL, and changed or could not be read.
    #[error(transparent)]
    Cloud(CloudError),
    /// The system could not read on.
    #[error("`{}` could not be read: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}

impl From<CloudError> for FileFault {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::Missing { url, .. } => FileFault::Vanished { path: url.into() },
            other => FileFault::Cloud(other),
        }
    }
}

impl FileFault {
    /// What the system said when a file was read.
    pub(super) fn of(path: &Path, error: &std::io::Error) -> Self {
        if let Some(error) = CloudError::within(error) {
            return error.clone().into();
        }
        let path = path.to_path_buf();
        match error.kind() {
            std::io::ErrorKind::NotFound => FileFault::Vanished { path },
            _ => FileFault::Io { path, cause: error.to_string() },
        }
    }
}

/// Calls what may panic when a file is damaged, as Polars' decoders do.
pub(crate) fn unpanicked<R, E: ToString>(work: impl FnOnce() -> Result<R, E>) -> Result<R, String> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "its content makes no sense".into())),
    }
}
