//! Why a run could not be read.

use std::path::{Path, PathBuf};

/// Why a run could not be read from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunFileError {
    /// The system refused.
    #[error("it could not be read: {cause}")]
    Read {
        /// What the system said.
        cause: String,
    },
    /// It is some other file.
    #[error("it is no run: name a file that `Run::save` wrote")]
    NotARun,
    /// It was written by another version of Partita.
    #[error("it is of format {found}, and this version of Partita reads format {known}: use the version that wrote it")]
    OtherVersion {
        /// The number of its format.
        found: u32,
        /// The number of the format that is read.
        known: u32,
    },
    /// It is larger than any run.
    #[error("it has more than {limit} bytes, the most that a run may have: save the run with smaller `Limits`")]
    TooLarge {
        /// The bytes that it may have.
        limit: u64,
    },
    /// Its end is missing.
    #[error("it ends after {found} bytes of {wanted}: save the run again")]
    Truncated {
        /// Bytes that are there.
        found: u64,
        /// Bytes that there should be.
        wanted: u64,
    },
    /// Its bytes are not those that were written.
    #[error("its checksum is wrong, it was damaged: save the run again")]
    Damaged,
    /// It was written by no version of Partita.
    #[error("it holds no run: {cause}")]
    Malformed {
        /// What is wrong.
        cause: String,
    },
    /// One of these, of a file.
    #[error("the run in `{}` could not be read: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<RunFileError>,
    },
}

impl RunFileError {
    /// This error, of a file.
    pub(super) fn of(self, path: &Path) -> Self {
        RunFileError::File { path: path.to_path_buf(), error: Box::new(self) }
    }
}
