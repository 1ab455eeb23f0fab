//! What is wrong with results that are to be kept.

use partita_graph::{Key, Place};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Results cannot be kept in files, or taken from them.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A key says nothing of what is computed.
    #[error(
        "`{key}`, made at {place}, cannot be kept for a later run: its key is its own alone, because a function captures \
         something, its data is too large to compare, or a call was not said to be pure. Give what a function captures as an \
         argument, and say `pure()` of a delayed call"
    )]
    Unique {
        /// The key.
        key: Key,
        /// The line that made it.
        place: Place,
    },
    /// The folder cannot be used.
    #[error("results cannot be kept in `{}`: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: Arc<io::Error>,
    },
    /// A file was whole when the graph was handed in, and no longer when it was read.
    #[error("`{}` has changed since the graph was handed in: {reason}. Call `persist_to` again: it is computed anew", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
