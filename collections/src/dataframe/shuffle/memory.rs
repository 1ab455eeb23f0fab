//! Memory of shuffles: how many bytes of rows that are on their way may be in memory; what is more goes to files.

use super::volumes::{Volume, Volumes};
use partita_graph::machine_memory;
use std::io::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

/// How many bytes shuffles have in memory and on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShuffleUsage {
    /// How many bytes may wait in memory.
    pub limit: usize,
    /// How many wait in memory.
    pub in_memory: usize,
    /// How many are in files.
    pub on_disk: usize,
    /// How many are in tasks that run: those of a partition that is sorted by where its rows go, or put together.
    pub moving: usize,
    /// How many were in memory at once, at most, waiting or in tasks.
    pub peak: usize,
}

/// How many bytes of rows that wait in a shuffle this process keeps in memory, a quarter of the machine's if not set. Rows
/// that would be more are written to files in the directory for temporary files (`TMPDIR`), which have no names, and are
/// gone when the last reader is done with them, when the computation fails or is cancelled, or when the process ends.
///
/// What a task works on comes on top: a partition and its rows sorted by where they go, or the rows that come together in a
/// partition, twice while they are put together; [`shuffle_usage`] counts it.
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
    moving: AtomicUsize,
    peak: AtomicUsize,
    directory: PathBuf,
    volumes: Volumes,
}

impl Memory {
    /// That of this process; tests may have one of their own on their thread.
    pub(crate) fn here() -> &'static Memory {
        #[cfg(test)]
        if let Some(own) = tests::OWN.get() {
            return own;
        }
        Memory::of_process()
    }

    fn of_process() -> &'static Memory {
        static MEMORY: LazyLock<Memory> = LazyLock::new(|| {
            let quarter = usize::try_from(machine_memory() / 4).unwrap_or(usize::MAX);
            Memory::new(quarter, std::env::temp_dir())
        });
        &MEMORY
    }

    fn new(limit: usize, directory: PathBuf) -> Self {
        let [held, written, moving, peak] = [0; 4].map(AtomicUsize::new);
        Memory { limit: limit.into(), held, written, moving, peak, directory, volumes: Volumes::default() }
    }

    /// So many bytes, if there is room for them.
    pub(super) fn hold(&'static self, nbytes: usize) -> Option<Held> {
        let limit = self.limit.load(Relaxed);
        let more = |held: usize| held.checked_add(nbytes).filter(|&sum| sum <= limit);
        let all = self.held.fetch_update(Relaxed, Relaxed, more);
        all.is_ok().then(|| {
            self.count();
            Held { nbytes, of: &self.held }
        })
    }

    /// So many bytes in a task that runs.
    pub(super) fn moving(&'static self, nbytes: usize) -> Held {
        self.moving.fetch_add(nbytes, Relaxed);
        self.count();
        Held { nbytes, of: &self.moving }
    }

    fn count(&self) {
        self.peak.fetch_max(self.held.load(Relaxed) + self.moving.load(Relaxed), Relaxed);
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

    /// A file there, to write to.
    pub(super) fn volume(&self) -> Result<Arc<Volume>, Error> {
        self.volumes.current(&self.directory)
    }

    pub(super) fn usage(&self) -> ShuffleUsage {
        let of = |count: &AtomicUsize| count.load(Relaxed);
        ShuffleUsage {
            limit: of(&self.limit),
            in_memory: of(&self.held),
            on_disk: of(&self.written),
            moving: of(&self.moving),
            peak: of(&self.peak),
        }
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

#[cfg(test)]
pub(super) mod tests {
    use super::Memory;
    use std::cell::Cell;

    thread_local! {
        pub(super) static OWN: Cell<Option<&'static Memory>> = const { Cell::new(None) };
    }

    /// Does something with a memory of this thread's own.
    pub(in super::super) fn with<R>(memory: &'static Memory, work: impl FnOnce() -> R) -> R {
        OWN.set(Some(memory));
        let made = work();
        OWN.set(None);
        made
    }
}
