//! Memory of shuffles: how many bytes of rows that are on their way may be in memory; what is more goes to files.

use partita_graph::machine_memory;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How many bytes shuffles have in memory and on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShuffleUsage {
    /// How many bytes may be in memory.
    pub limit: usize,
    /// How many are.
    pub in_memory: usize,
    /// How many are in files.
    pub on_disk: usize,
}

/// How many bytes of rows that shuffles move this process keeps in memory, a quarter of the machine's if not set. Rows that
/// would be more are written to files in the directory for temporary files (`TMPDIR`), which are gone when the last
/// reader is done with them, or when the process ends.
///
/// ```
/// use partita_collections::dataframe::{set_shuffle_memory, shuffle_usage};
///
/// set_shuffle_memory(2 << 30);
/// assert_eq!(shuffle_usage().limit, 2 << 30);
/// ```
pub fn set_shuffle_memory(bytes: usize) {
    Memory::of_process().limit.store(bytes, Relaxed);
}

/// How many bytes shuffles of this process have in memory and on disk now.
///
/// ```
/// use partita_collections::dataframe::shuffle_usage;
///
/// assert!(shuffle_usage().limit > 0);
/// ```
pub fn shuffle_usage() -> ShuffleUsage {
    Memory::of_process().usage()
}

/// Memory that buckets share, and where they go if it is full.
pub(crate) struct Memory {
    limit: AtomicUsize,
    held: AtomicUsize,
    written: AtomicUsize,
    directory: PathBuf,
}

impl Memory {
    /// That of this process.
    pub(crate) fn of_process() -> &'static Memory {
        static MEMORY: LazyLock<Memory> = LazyLock::new(|| {
            let quarter = usize::try_from(machine_memory() / 4).unwrap_or(usize::MAX);
            Memory::new(quarter, std::env::temp_dir())
        });
        &MEMORY
    }

    fn new(limit: usize, directory: PathBuf) -> Self {
        Memory { limit: limit.into(), held: 0.into(), written: 0.into(), directory }
    }

    /// So many bytes, if there is room for them.
    pub(super) fn hold(&'static self, nbytes: usize) -> Option<Held> {
        let limit = self.limit.load(Relaxed);
        let more = |held: usize| held.checked_add(nbytes).filter(|&sum| sum <= limit);
        let all = self.held.fetch_update(Relaxed, Relaxed, more);
        all.is_ok().then(|| Held { nbytes, of: &self.held })
    }

    /// So many bytes in a file.
    pub(super) fn written(&'static self, nbytes: usize) -> Held {
        self.written.fetch_add(nbytes, Relaxed);
        Held { nbytes, of: &self.written }
    }

    /// Where files go.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn usage(&self) -> ShuffleUsage {
        let [limit, in_memory, on_disk] = [&self.limit, &self.held, &self.written].map(|count| count.load(Relaxed));
        ShuffleUsage { limit, in_memory, on_disk }
    }
}

/// Bytes that are counted while it lives.
pub(super) struct Held {
    nbytes: usize,
    of: &'static AtomicUsize,
}

impl Held {
    pub(super) fn nbytes(&self) -> usize {
        self.nbytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.of.fetch_sub(self.nbytes, Relaxed);
    }
}

#[cfg(test)]
impl Memory {
    pub(super) fn leaked(limit: usize) -> &'static Memory {
        Box::leak(Box::new(Memory::new(limit, std::env::temp_dir())))
    }

    pub(super) fn leaked_in(limit: usize, directory: &str) -> &'static Memory {
        Box::leak(Box::new(Memory::new(limit, directory.into())))
    }
}
