//! What is asked of a disk, so that tests can have one that fails.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Where files of values are.
pub trait Disk: Send + Sync {
    /// A new file, to be written from its beginning: where it is, and the way to write it.
    ///
    /// # Errors
    /// Those of the system.
    fn create(&self) -> io::Result<(PathBuf, Box<dyn Write + Send>)>;

    /// What stands in a file from `offset` on.
    ///
    /// # Errors
    /// Those of the system.
    fn open(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read>>;

    /// Removes a file of so many bytes; whether that works matters to nobody here.
    fn remove(&self, path: &Path, nbytes: u64);

    /// So many more bytes are about to be written.
    ///
    /// # Errors
    /// If they are more than may be there.
    fn take(&self, nbytes: u64) -> io::Result<()>;
}
