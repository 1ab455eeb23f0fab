//! The folder of a cluster's files: made when the first one is written, removed with the cluster, or by the next one.

use super::disk::Disk;
use parking_lot::Mutex;
use partita_graph::folders::{FolderKind, PrivateFolder, reclaim};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What such folders are like. One that has no lock yet is being made.
const KIND: FolderKind = FolderKind { prefix: "partita-spill-", lock: "lock", strict: false, unlocked: None };

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
    folder: PrivateFolder,
    files: u64,
}

/// Removes the folders in `base` whose owners are dead.
pub fn clear_dead(base: &Path) {
    reclaim(base, &KIND);
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
        PrivateFolder::make(&self.base, &KIND)?.remove()
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
        let folder = PrivateFolder::make(&self.base, &KIND)?;
        if is_memory(&self.base) {
            let base = self.base.display();
            tracing::warn!(
                "values that do not fit into memory go to {base}, which is memory itself (tmpfs): name a folder of a disk by \
                 `spill_folder`, or by the variable TMPDIR"
            );
        }
        // What cannot be removed is left to the next one.
        reclaim(&self.base, &KIND);
        Ok(Opened { folder, files: 0 })
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

/// Whether what is written there stays in memory, as in many systems' folder for temporary files.
fn is_memory(path: &Path) -> bool {
    /// What Linux calls tmpfs and ramfs (`statfs(2)`).
    #[cfg(target_os = "linux")]
    const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
    #[cfg(target_os = "linux")]
    return rustix::fs::statfs(path).is_ok_and(|about| IN_MEMORY.contains(&(about.f_type as u64)));
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// A file that was not there, for its owner only.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// FAULTS D3: where the folder is memory, that is told, as the system knows it.
    #[test]
    fn folders_in_memory_are_known() {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mut seen = 0;
        for mount in mounts.lines() {
            let [_, path, kind, ..] = mount.split(' ').collect::<Vec<_>>()[..] else { panic!("{mount}") };
            // One mount may hide another, and some may not be looked at.
            let is_last =
                mounts.lines().filter_map(|line| line.split(' ').nth(1)).filter(|other| *other == path).count() == 1;
            if is_last && fs::metadata(path).is_ok() {
                assert_eq!(is_memory(Path::new(path)), matches!(kind, "tmpfs" | "devtmpfs" | "ramfs"), "{mount}");
                seen += 1;
            }
        }
        assert!(seen > 0, "{mounts}");
        assert!(!is_memory(Path::new("/no/such/folder")));
    }
}
