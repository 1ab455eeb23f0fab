//! The folder of a cluster's files: made when the first one is written, removed with the cluster, or by the next one.

use super::disk::Disk;
use parking_lot::Mutex;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tempfile::TempDir;

/// What the names of such folders begin with.
const PREFIX: &str = "partita-spill-";

/// The file that a living owner holds locked.
const LOCK: &str = "lock";

/// The folder of a cluster's files, for its owner only (0700, files 0600).
///
/// Its name is random, and nothing in it is named by what the user named. A folder whose owner is dead, as its lock tells, is
/// removed when another one is opened beside it.
#[derive(Debug)]
pub struct SpillFolder {
    base: PathBuf,
    /// Bytes that all files may have together.
    cap: u64,
    used: AtomicU64,
    opened: Mutex<Option<Opened>>,
}

#[derive(Debug)]
struct Opened {
    folder: TempDir,
    /// Locked as long as this process lives.
    _lock: File,
    files: u64,
}

impl SpillFolder {
    /// A folder to be made in `base`, whose files may have `cap` bytes together. Nothing is made yet.
    pub fn new(base: impl Into<PathBuf>, cap: u64) -> Self {
        SpillFolder { base: base.into(), cap, used: AtomicU64::new(0), opened: Mutex::new(None) }
    }

    /// Whether it could be made and written: it is, and removed again.
    ///
    /// # Errors
    /// Those of the system.
    pub fn check(&self) -> io::Result<()> {
        let folder = new_folder(&self.base)?;
        fs::write(folder.path().join(LOCK), [0])?;
        folder.close()
    }

    /// In which folder it is made.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Bytes that its files may have together.
    pub fn cap(&self) -> u64 {
        self.cap
    }

    /// Bytes that its files have together.
    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    fn make(&self) -> io::Result<Opened> {
        let folder = new_folder(&self.base)?;
        let lock = new_file(&folder.path().join(LOCK))?;
        lock.try_lock().map_err(|error| io::Error::other(error.to_string()))?;
        reclaim(&self.base, folder.path());
        Ok(Opened { folder, _lock: lock, files: 0 })
    }
}

impl Disk for SpillFolder {
    fn create(&self) -> io::Result<(PathBuf, Box<dyn Write + Send>)> {
        let mut opened = self.opened.lock();
        // Who cleans temporary folders up may have removed it: what was there is lost, and what comes has a new one.
        if opened.as_ref().is_none_or(|opened| !opened.folder.path().is_dir()) {
            *opened = Some(self.make()?);
        }
        let Some(opened) = &mut *opened else { return Err(io::Error::other("no folder")) };
        opened.files += 1;
        let path = opened.folder.path().join(format!("{}.values", opened.files));
        let file = new_file(&path)?;
        Ok((path, Box::new(file)))
    }

    fn open(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }

    fn remove(&self, path: &Path, nbytes: u64) {
        // If it is gone already, all the better.
        drop(fs::remove_file(path));
        self.used.fetch_sub(nbytes, Relaxed);
    }

    fn take(&self, nbytes: u64) -> io::Result<()> {
        let used = self.used.fetch_add(nbytes, Relaxed).saturating_add(nbytes);
        if used <= self.cap {
            return Ok(());
        }
        self.used.fetch_sub(nbytes, Relaxed);
        let text = format!("{used} bytes on disk would be more than the {} that may be there", self.cap);
        Err(io::Error::new(io::ErrorKind::QuotaExceeded, text))
    }
}

/// A folder of a random name, for its owner only.
fn new_folder(base: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(base)
}

/// A file that was not there, for its owner only.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes folders of this user whose owners are dead, but not the one that was just made. Those of the living are locked.
fn reclaim(base: &Path, own: &Path) {
    let (Ok(entries), Ok(mine)) = (fs::read_dir(base), fs::metadata(own)) else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        if path == own || !name.to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            continue;
        }
        // A link is no folder here: it may lead anywhere. And in the folder of another user the lock may be anything, such as a
        // pipe that is never opened by anybody else: who opens it would wait for ever.
        if !entry.metadata().is_ok_and(|found| found.is_dir() && is_same_user(&found, &mine)) {
            continue;
        }
        let lock = path.join(LOCK);
        if !fs::symlink_metadata(&lock).is_ok_and(|found| found.is_file()) {
            continue;
        }
        // One that has no lock yet is being made.
        let Ok(lock) = OpenOptions::new().write(true).open(lock) else { continue };
        if lock.try_lock().is_ok() {
            drop(fs::remove_dir_all(path));
        }
    }
}

#[cfg(unix)]
fn is_same_user(found: &fs::Metadata, mine: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.uid() == mine.uid()
}

#[cfg(not(unix))]
fn is_same_user(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}
