//! Why there is no place for sockets.

use std::io;
use std::path::{Path, PathBuf};

/// Why a private directory or a socket in it could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The path of a socket would be longer than the system allows.
    #[error(
        "the path of a socket, {path:?}, would have {length} bytes, and the system allows {most}: set XDG_RUNTIME_DIR or TMPDIR to a shorter directory, or use a shorter name"
    )]
    TooLong {
        /// The path.
        path: PathBuf,
        /// Its bytes.
        length: usize,
        /// The limit.
        most: usize,
    },
    /// The name of a socket is not that of a file in the directory.
    #[error("{name:?} is no name for a socket: it must be that of a file, without `/`")]
    Name {
        /// The name, or how it begins.
        name: String,
    },
    /// Somebody has the path of the socket.
    #[error("the socket {path:?} is there already: within one place each listener needs a name of its own")]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// The directory cannot be made.
    #[error("no private directory for sockets can be made at {path:?}: {error}")]
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The socket cannot be made.
    #[error("no socket can be made at {path:?}: {error}")]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl PlaceError {
    pub(super) fn of_directory(path: &Path, error: io::Error) -> Self {
        PlaceError::Directory { path: path.to_path_buf(), error }
    }

    pub(crate) fn of_socket(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::AddrInUse => PlaceError::InUse { path },
            _ => PlaceError::Socket { path, error },
        }
    }
}
