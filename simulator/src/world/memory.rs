//! The memory and the disk of a simulated worker: what goes over the target is on disk, what does not fit makes it pause.

use std::time::Duration;

/// How much memory and disk a worker has, as shares of its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Storage {
    /// Over this share of the limit, values go to disk.
    pub target: f64,
    /// Over this share of the limit, the worker starts nothing new.
    pub pause: f64,
    /// Bytes that its disk takes.
    pub disk: u64,
    /// Bytes that the disk reads in a second.
    pub disk_bandwidth: u64,
}

impl Default for Storage {
    /// As Dask's worker: to disk over 60 %, a pause over 80 %; no disk.
    fn default() -> Self {
        Storage { target: 0.6, pause: 0.8, disk: 0, disk_bandwidth: 500_000_000 }
    }
}

/// The memory of a worker.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    storage: Storage,
    /// 0 for no limit.
    limit: u64,
    /// Bytes of all values, wherever they are.
    pub(crate) held: u64,
    /// Whether the machine was told that it is full.
    pub(crate) full: bool,
    /// Whether a fault says that it is full, whatever it holds.
    pub(crate) forced: bool,
    /// Whether the disk takes nothing more.
    pub(crate) disk_full: bool,
    /// Bytes on disk.
    pub(crate) spilled: u64,
}

impl Memory {
    pub(crate) fn new(storage: Storage, limit: u64) -> Self {
        let limit = if limit == u64::MAX { 0 } else { limit };
        Memory { storage, limit, held: 0, full: false, forced: false, disk_full: false, spilled: 0 }
    }

    /// A value came.
    pub(crate) fn add(&mut self, nbytes: u64) {
        self.held = self.held.saturating_add(nbytes);
        self.spill();
    }

    /// A value went.
    pub(crate) fn remove(&mut self, nbytes: u64) {
        self.held = self.held.saturating_sub(nbytes);
        self.spilled = self.spilled.min(self.held);
        self.spill();
    }

    /// There is enough of everything from now on.
    pub(crate) fn ease(&mut self) {
        (self.limit, self.forced, self.disk_full) = (0, false, false);
        self.spill();
    }

    fn spill(&mut self) {
        let target = (self.limit as f64 * self.storage.target) as u64;
        let over = if self.limit == 0 { 0 } else { self.held.saturating_sub(target) };
        // A disk that is full takes nothing more; what is there stays until it is dropped or fits into memory.
        let most = if self.disk_full { self.spilled } else { self.storage.disk };
        self.spilled = over.min(most);
    }

    /// Whether the machine is to be told that the store is full, or that it has room again.
    pub(crate) fn changed(&mut self) -> Option<bool> {
        let pause = (self.limit as f64 * self.storage.pause) as u64;
        let full = self.forced || (self.limit > 0 && self.held - self.spilled > pause);
        (full != self.full).then(|| {
            self.full = full;
            full
        })
    }

    /// How long it takes to read inputs of so many bytes, as far as they are on disk.
    pub(crate) fn read(&self, nbytes: u64) -> Duration {
        if self.spilled == 0 || self.held == 0 {
            return Duration::ZERO;
        }
        let on_disk = nbytes as f64 * self.spilled as f64 / self.held as f64;
        Duration::from_secs_f64(on_disk / self.storage.disk_bandwidth.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_target_goes_to_disk_and_a_full_disk_makes_it_pause() {
        let storage = Storage { disk: 1000, ..Storage::default() };
        let mut memory = Memory::new(storage, 1000);
        memory.add(600);
        assert_eq!((memory.spilled, memory.changed()), (0, None));
        memory.add(600);
        assert_eq!((memory.spilled, memory.changed()), (600, None));
        assert!(memory.read(100) > Duration::ZERO);
        memory.disk_full = true;
        memory.add(300);
        assert_eq!((memory.spilled, memory.changed()), (600, Some(true)));
        memory.remove(500);
        assert_eq!((memory.spilled, memory.changed()), (400, Some(false)));
    }
}
