//! What is wrong with results that are to be kept.

use partita_graph::{Key, Place};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Results cannot be kept in files, or taken from them.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A key, of a result or of what it needs, says nothing of what is computed.
    #[error(
        "what needs `{key}`, made at {place}, cannot be kept for a later run: that key does not tell what is computed. A \
         function captures something, data is in memory or too large to compare, a source has no known contents, a call was \
         not said to be pure, or the key was given by hand. Give what a function captures as an argument, read data from \
         files, and say `pure()` of a delayed call"
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
    /// A file was whole when the graph was handed in, and does not give its result.
    #[error("`{}` does not give its result any longer: {reason}. Remove it, let go of what `persist_to` gave, and call it again", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
