//! Folders that belong to one process: nobody else may enter them, a lock tells that their owner lives, and what the dead left
//! is removed by whoever comes next.

mod lock;
mod reclaim;

pub use reclaim::{Reclaimed, reclaim};

use std::fs::{DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names that are tried for a new folder.
const ATTEMPTS: usize = 8;

/// Random digits of the name of a folder.
pub const DIGITS: usize = 16;

/// What folders of one kind are like.
#[derive(Clone, Copy, Debug)]
pub struct FolderKind {
    /// How their names begin; [`DIGITS`] random digits follow.
    pub prefix: &'static str,
    /// The name of the file in each that its owner holds locked.
    pub lock: &'static str,
    /// Whether a reclaim leaves alone what others may enter, and what is not named just as by [`PrivateFolder::make`].
    pub strict: bool,
    /// How long one without a lock may be one that is just being made; if it is not said, it may always be.
    pub unlocked: Option<Duration>,
}

/// A folder of mode 0700 with a random name, held by this process: a lock, which the system takes back when the process ends,
/// however it ends, says that the owner lives. It is removed when this is dropped.
///
/// ```
/// use partita_graph::folders::{FolderKind, PrivateFolder, reclaim};
///
/// let kind = FolderKind { prefix: "partita-example-", lock: "owner", strict: true, unlocked: None };
/// let folder = PrivateFolder::make(&std::env::temp_dir(), &kind)?;
/// let path = folder.path().to_path_buf();
/// assert!(path.join("owner").is_file());
/// assert!(!reclaim(&std::env::temp_dir(), &kind).removed.contains(&path), "its owner lives");
/// drop(folder);
/// assert!(!path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    _lock: File,
}

impl PrivateFolder {
    /// A new one of this kind in `base`.
    ///
    /// # Errors
    /// Those of the system; nothing is left then.
    pub fn make(base: &Path, kind: &FolderKind) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..ATTEMPTS {
            let path = base.join(format!("{}{}", kind.prefix, random_digits()?));
            match make(&path, kind) {
                Ok(lock) => return Ok(PrivateFolder { path, _lock: lock }),
                // Somebody has the name, or a reclaim came between the folder and its lock.
                Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {
                    last = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with all that is in it, before it is dropped; one that is gone already is no error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn remove(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed is so by the next one that looks.
        self.remove().ok();
    }
}

/// Makes the folder and locks it.
fn make(path: &Path, kind: &FolderKind) -> io::Result<File> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    let made = owner_only(path, 0o700).and_then(|()| lock::make(&path.join(kind.lock)));
    made.inspect_err(|_| drop(std::fs::remove_dir_all(path)))
}

/// Gives a file or a folder exactly these rights, whatever a umask took away.
///
/// # Errors
/// Those of the system.
pub fn owner_only(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

/// 64 random bits as 16 digits.
fn random_digits() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no random bytes: {error}")))?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

#[cfg(test)]
mod tests;
