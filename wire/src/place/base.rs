//! Where private directories are made: the first directory in which paths are short enough.

use super::{PREFIX, PlaceError};
use crate::limits::SOCKET_PATH_BYTES;
use partita_graph::folders::DIGITS;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes that the name of a socket may have in a directory that is chosen.
pub(super) const NAME_BYTES: usize = 24;

/// The directories that come into question, the best first.
pub(super) fn candidates() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| is_private(path));
    let mut all: Vec<PathBuf> = runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]).collect();
    all.dedup();
    all
}

/// Whether a directory is this user's alone, as the one for runtime files must be.
fn is_private(path: &Path) -> bool {
    let ours = rustix::process::geteuid().as_raw();
    path.is_absolute()
        && path.metadata().is_ok_and(|found| found.is_dir() && found.uid() == ours && found.mode() & 0o077 == 0)
}

/// The first one in which a socket with a name of [`NAME_BYTES`] has a path that the system allows.
///
/// # Errors
/// [`PlaceError::TooLong`] about the first one, if there is none.
pub(super) fn choose(bases: &[PathBuf]) -> Result<&Path, PlaceError> {
    let needed = |base: &Path| base.as_os_str().as_bytes().len() + 1 + PREFIX.len() + DIGITS + 1 + NAME_BYTES;
    if let Some(base) = bases.iter().find(|base| needed(base) <= SOCKET_PATH_BYTES) {
        return Ok(base);
    }
    let path = bases.first().cloned().unwrap_or_default();
    Err(PlaceError::TooLong { length: needed(&path), path, most: SOCKET_PATH_BYTES })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS M12.
    #[test]
    fn a_shorter_directory_is_taken_when_paths_would_be_too_long() {
        let of = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        let most = SOCKET_PATH_BYTES - 1 - PREFIX.len() - DIGITS - 1 - NAME_BYTES;
        assert!(matches!(choose(&[of(most), of(4)]), Ok(base) if base == of(most)));
        assert!(matches!(choose(&[of(most + 1), of(4)]), Ok(base) if base == of(4)));
        let long = [of(most + 1), of(300)];
        let none = choose(&long);
        assert!(
            matches!(&none, Err(PlaceError::TooLong { length: 108, most: 107, path }) if *path == of(most + 1)),
            "{none:?}"
        );
    }
}
