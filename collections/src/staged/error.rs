//! What can be wrong with a target: found before any work starts, or when what was written should get its name.

use std::io;
use std::path::{Path, PathBuf};

/// A place that cannot be written to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The directory to write into is not there.
    #[error("there is no directory `{}` to write into: create it first", path.display())]
    NoDirectory {
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
    /// The target is there already.
    #[error("`{}` is there already: name another path, or `overwrite(..)` this one", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// A directory that should be overwritten holds something else.
    #[error(
        "`{}` is no {expected} and is not overwritten: remove it yourself, if nothing in it is needed", path.display()
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// It may not be written.
    #[error("`{}` may not be written by this user: change its permissions", path.display())]
    Denied {
        /// The path.
        path: PathBuf,
    },
    /// No space is left for it.
    #[error("`{}` could not be written, because no space is left: {cause}. Free some, or name another path", path.display())]
    Full {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The system said something else.
    #[error("`{}` could not be written: {cause}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}

impl TargetError {
    /// What the system said when something was to be written.
    pub(crate) fn writing(path: &Path, error: &io::Error) -> Self {
        let (path, cause) = (path.to_path_buf(), error.to_string());
        match error.kind() {
            io::ErrorKind::AlreadyExists => TargetError::Exists { path },
            io::ErrorKind::PermissionDenied => TargetError::Denied { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => TargetError::Full { path, cause },
            _ => TargetError::Io { path, cause },
        }
    }
}
