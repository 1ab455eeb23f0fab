//! The memory and the disk of a simulated worker, and what its machine has put there.

use partita_protocol::worker::Unspilled;
use partita_protocol::{IdMap, TaskId, Time, limits};
use partita_worker::machine::MemoryLimits;
use rustc_hash::FxHashMap;
use std::time::Duration;

/// How much memory and disk a worker has, and how they are used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Storage {
    /// Over this share of the limit, values go to disk.
    pub target: f64,
    /// Over this share of the limit, the memory of the whole process has values go to disk.
    pub spill: f64,
    /// Over this share of the limit, the worker starts nothing new.
    pub pause: f64,
    /// Values of fewer bytes stay in memory.
    pub least: u64,
    /// Bytes of values after which a file takes no further one.
    pub file: u64,
    /// Bytes that its disk takes.
    pub disk: u64,
    /// Bytes that the disk writes or reads in a second.
    pub disk_bandwidth: u64,
    /// What workers' processes have in memory beside values, if each worker has a process of its own and looks at it.
    pub process: Option<Process>,
}

/// What the process of a worker has in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Process {
    /// The share of what values took, and take no longer, that the allocator does not give back.
    pub keeps: f64,
    /// How long it takes until the worker sees that it has changed.
    pub look: Duration,
}

impl Default for Storage {
    /// As a worker of a local cluster: to disk over 60 %, a pause over 80 %; no disk.
    fn default() -> Self {
        let (least, file) = (limits::SPILL_LEAST, limits::SPILL_FILE);
        let (target, spill, pause) = (0.6, 0.7, 0.8);
        Storage { target, spill, pause, least, file, disk: 0, disk_bandwidth: 500_000_000, process: None }
    }
}

impl Storage {
    /// What the machine of a worker with so much memory is set up with.
    pub(crate) fn limits(&self, memory_limit: u64) -> MemoryLimits {
        let limits = MemoryLimits::shares(memory_limit, self.target, self.spill, self.pause);
        MemoryLimits { least: self.least, file: self.file, ..limits }
    }
}

/// The disk of a worker, and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    storage: Storage,
    /// Bytes of all values, wherever they are.
    pub(crate) held: u64,
    /// Whether the machine was told that the process is full.
    full: bool,
    /// Whether a fault says that the process is full, whatever the store holds.
    pub(crate) forced: bool,
    /// Whether the disk takes nothing more.
    pub(crate) disk_full: bool,
    /// Values on disk: their sizes, and whether they are in memory too.
    on_disk: IdMap<TaskId, (u64, bool)>,
    /// Bytes on disk, and of them those that are not in memory.
    used: u64,
    alone: u64,
    /// Values that are being written, by file.
    files: FxHashMap<u32, Vec<TaskId>>,
    /// Until when the disk is busy.
    busy: Time,
    /// Bytes of the process that are no values.
    pub(crate) unmanaged: u64,
    /// The most that values in memory took so far.
    peak: u64,
    /// The bytes of the process that the machine was told of the last time.
    told: u64,
    /// How often in a row it was told that.
    looks: usize,
    /// Whether somebody is about to look.
    looking: bool,
}

impl Memory {
    pub(crate) fn new(storage: Storage) -> Self {
        Memory {
            storage,
            held: 0,
            full: false,
            forced: false,
            disk_full: false,
            on_disk: IdMap::default(),
            used: 0,
            alone: 0,
            files: FxHashMap::default(),
            busy: Time::ZERO,
            unmanaged: 0,
            peak: 0,
            told: 0,
            looks: limits::RESIDENT_LOOKS,
            looking: false,
        }
    }

    /// A value came into memory; what was on disk of it, or is being written, is of no more use.
    pub(crate) fn add(&mut self, task: TaskId, nbytes: u64) {
        self.held = self.held.saturating_add(nbytes);
        self.forget(task);
    }

    /// A value went, from memory and from disk.
    pub(crate) fn remove(&mut self, task: TaskId, nbytes: u64) {
        self.vanish(nbytes);
        self.forget(task);
    }

    /// A value went, and the machine does not know.
    pub(crate) fn vanish(&mut self, nbytes: u64) {
        self.held = self.held.saturating_sub(nbytes);
    }

    /// The machine drops what it had of a value on disk.
    pub(crate) fn forget(&mut self, task: TaskId) {
        if let Some((nbytes, in_memory)) = self.on_disk.remove(&task) {
            self.used -= nbytes;
            self.alone -= if in_memory { 0 } else { nbytes };
        }
        self.files.values_mut().for_each(|tasks| tasks.retain(|other| *other != task));
    }

    /// There is enough of everything from now on.
    pub(crate) fn ease(&mut self) {
        (self.forced, self.disk_full) = (false, false);
        self.storage.disk = u64::MAX;
    }

    /// Bytes on disk that are not in memory.
    pub(crate) fn spilled(&self) -> u64 {
        self.alone
    }

    /// Whether the machine is to be told that the process is full, or that it has room again.
    pub(crate) fn changed(&mut self) -> Option<bool> {
        (self.forced != self.full).then(|| {
            self.full = self.forced;
            self.full
        })
    }

    /// Bytes that the process has: values in memory, what the allocator kept of those that went, and whatever else there is.
    fn resident(&mut self, keeps: f64) -> u64 {
        let values = self.held.saturating_sub(self.alone);
        self.peak = self.peak.max(values);
        let kept = ((self.peak - values) as f64 * keeps) as u64;
        values.saturating_add(kept).saturating_add(self.unmanaged)
    }

    /// In what time somebody is to look at the process, if it has changed, until that is well known, and nobody is about to.
    pub(crate) fn look(&mut self) -> Option<Duration> {
        let Process { keeps, look } = self.storage.process?;
        let resident = self.resident(keeps);
        if resident != self.told {
            (self.told, self.looks) = (resident, 0);
        }
        let due = self.looks < limits::RESIDENT_LOOKS && !self.looking;
        self.looking |= due;
        due.then_some(look)
    }

    /// Somebody looks: the bytes of the process.
    pub(crate) fn looked(&mut self) -> u64 {
        self.looking = false;
        self.looks += 1;
        self.told = self.storage.process.map_or(0, |process| self.resident(process.keeps));
        self.told
    }

    /// Values are to be written, so many bytes; when that is done.
    pub(crate) fn write(&mut self, now: Time, file: u32, tasks: Vec<TaskId>, nbytes: u64) -> Time {
        self.files.insert(file, tasks);
        self.busy = self.busy.max(now) + self.time(nbytes);
        self.busy
    }

    /// A file is done: which of its values are on disk, and which are not, and why. `size` tells what is in the store.
    pub(crate) fn written(
        &mut self,
        file: u32,
        asked: Vec<TaskId>,
        size: impl Fn(TaskId) -> Option<u64>,
    ) -> (Vec<TaskId>, Vec<(TaskId, Unspilled)>) {
        let left = self.files.remove(&file).unwrap_or_default();
        let sizes = asked.iter().map(|task| (*task, size(*task).filter(|_| left.contains(task))));
        let sizes: Vec<(TaskId, Option<u64>)> = sizes.collect();
        let total = sizes.iter().filter_map(|(_, nbytes)| *nbytes).fold(0, u64::saturating_add);
        let fits = !self.disk_full && self.used.saturating_add(total) <= self.storage.disk;
        let (mut written, mut kept) = (Vec::new(), Vec::new());
        for (task, nbytes) in sizes {
            match nbytes {
                Some(nbytes) if fits => {
                    self.on_disk.insert(task, (nbytes, true));
                    self.used += nbytes;
                    written.push(task);
                }
                Some(_) => kept.push((task, Unspilled::Disk)),
                None => kept.push((task, Unspilled::Gone)),
            }
        }
        (written, kept)
    }

    /// A value leaves memory. False if it is not on disk, or not in memory.
    pub(crate) fn evict(&mut self, task: TaskId) -> bool {
        match self.on_disk.get_mut(&task) {
            Some((nbytes, in_memory @ true)) => {
                *in_memory = false;
                self.alone += *nbytes;
                true
            }
            _ => false,
        }
    }

    /// A value comes back to memory; the bytes that are read for that.
    pub(crate) fn bring_back(&mut self, task: TaskId) -> u64 {
        match self.on_disk.get_mut(&task) {
            Some((nbytes, in_memory @ false)) => {
                *in_memory = true;
                self.alone -= *nbytes;
                *nbytes
            }
            _ => 0,
        }
    }

    /// The bytes that are read when somebody else asks for these values.
    pub(crate) fn on_disk(&self, tasks: impl Iterator<Item = TaskId>) -> u64 {
        let alone = tasks.filter_map(|task| self.on_disk.get(&task)).filter(|(_, in_memory)| !in_memory);
        alone.map(|(nbytes, _)| *nbytes).fold(0, u64::saturating_add)
    }

    /// How long it takes to read so many bytes.
    pub(crate) fn time(&self, nbytes: u64) -> Duration {
        match nbytes {
            0 => Duration::ZERO,
            _ => Duration::from_secs_f64(nbytes as f64 / self.storage.disk_bandwidth.max(1) as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(index: u32) -> TaskId {
        TaskId::new(index, 0)
    }

    #[test]
    fn a_process_has_what_the_allocator_kept_and_is_looked_at_when_it_has_changed() {
        let process = Some(Process { keeps: 0.5, look: Duration::from_millis(200) });
        let mut memory = Memory::new(Storage { process, ..Storage::default() });
        assert_eq!(memory.look(), None);
        memory.add(t(0), 100);
        assert_eq!((memory.look(), memory.look()), (Some(Duration::from_millis(200)), None));
        assert_eq!(memory.looked(), 100);
        memory.remove(t(0), 100);
        memory.unmanaged = 7;
        // So often that it is well known.
        for _ in 0..limits::RESIDENT_LOOKS {
            assert!(memory.look().is_some());
            assert_eq!(memory.looked(), 57);
        }
        assert_eq!(memory.look(), None);
    }

    #[test]
    fn a_file_is_on_disk_if_it_fits_and_what_went_meanwhile_is_not() {
        let storage = Storage { disk: 100, disk_bandwidth: 10, ..Storage::default() };
        let mut memory = Memory::new(storage);
        (0..4).for_each(|task| memory.add(t(task), 30));
        let done = memory.write(Time::ZERO, 0, vec![t(0), t(1)], 60);
        assert_eq!(done, Time(6_000_000_000));
        memory.remove(t(1), 30);
        let size = |_| Some(30);
        assert_eq!(memory.written(0, vec![t(0), t(1)], size), (vec![t(0)], vec![(t(1), Unspilled::Gone)]));
        assert!(memory.evict(t(0)) && !memory.evict(t(0)) && !memory.evict(t(2)));
        assert_eq!((memory.spilled(), memory.held, memory.on_disk([t(0), t(2)].into_iter())), (30, 90, 30));
        assert_eq!((memory.bring_back(t(0)), memory.bring_back(t(0)), memory.spilled()), (30, 0, 0));
        memory.disk_full = true;
        assert_eq!(memory.written(1, vec![t(2)], size).0, []);
        memory.disk_full = false;
        memory.write(done, 2, vec![t(2), t(3)], 200);
        let refused = memory.written(2, vec![t(2), t(3)], |_| Some(80));
        assert_eq!(refused.1, [(t(2), Unspilled::Disk), (t(3), Unspilled::Disk)], "whole or not at all");
    }
}
