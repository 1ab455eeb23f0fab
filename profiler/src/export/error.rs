//! Why a file could not be written.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a file was not written. What was there before is still there.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The folder is not there.
    #[error("there is no folder `{}`: make it first", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The path is a folder's.
    #[error("`{}` is a folder: name a file in it", path.display())]
    IsFolder {
        /// The path.
        path: PathBuf,
    },
    /// The ending of the path says no format that is known.
    #[error("`{}` does not say its format: end it in {known}", path.display())]
    UnknownEnding {
        /// The path.
        path: PathBuf,
        /// The endings that are known.
        known: &'static str,
    },
    /// The system refused.
    #[error("`{}` could not be written: {source}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
}
