//! What the whole process has in memory: the store is not all that takes it, and what is let go is not always given back.
//!
//! What it has beside its values counts as the least of the last looks says: what an allocator has kept of values that went is used
//! by the next ones, and what a task takes while it runs goes with it. A process that has too much lets values go to disk, also if
//! the store alone is within its target; over the pause it starts nothing new. If nothing runs then, nothing is being written, and
//! what it has beside its values is too much by itself, waiting longer would be of no use: tasks begin one at a time from there on,
//! until it has less. If it is values that are too much, because no disk takes them, it waits until somebody lets them go.

use super::super::Worker;
use crate::machine::MemoryLimits;
use partita_protocol::Time;
use partita_protocol::limits::{RESIDENT_LOOKS, STRAIN_PATIENCE};

/// What the process has in memory, as far as the worker was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Resident {
    /// Bytes at the last look; 0 if nobody looks, as when workers share a process.
    pub(super) nbytes: u64,
    /// Bytes beside the values in memory, at each of the last looks.
    recent: [u64; RESIDENT_LOOKS],
    /// Whether values go to disk for it: once it has more than the share for that, until it is down to the target.
    pub(super) too_much: bool,
    /// Whether it is over the pause.
    pub(super) over: bool,
    /// When a worker that is paused for it, and can do nothing about it, goes on all the same.
    pub(super) due: Option<Time>,
    /// Whether it went on: tasks begin one at a time.
    pub(super) strained: bool,
}

impl Resident {
    /// Somebody looked, while values in memory had `managed` bytes.
    fn looked(&mut self, nbytes: u64, managed: u64) {
        let beside = nbytes.saturating_sub(managed);
        if self.nbytes == 0 {
            self.recent = [beside; RESIDENT_LOOKS];
        }
        self.nbytes = nbytes;
        self.recent.rotate_right(1);
        self.recent[0] = beside;
    }

    /// Bytes beside the values that will hardly go away: as of now if the process comes near its end, else the least of the last
    /// looks.
    fn beside(&self, limits: &MemoryLimits) -> u64 {
        let [last, ..] = self.recent;
        if self.nbytes > limits.brink() { last } else { self.recent.into_iter().min().unwrap_or(last) }
    }

    /// Bytes that the process has, as far as can be told, if its values have `managed` bytes; 0 if nobody looks.
    pub(super) fn estimate(&self, limits: &MemoryLimits, managed: u64) -> u64 {
        if self.nbytes == 0 || limits.limit == 0 { 0 } else { managed.saturating_add(self.beside(limits)) }
    }

    /// Bytes of values that may stay in memory, if the process has too much.
    fn cap(&self, limits: &MemoryLimits) -> Option<u64> {
        self.too_much.then(|| limits.target.saturating_sub(self.beside(limits)))
    }

    /// Whether the process would go on if somebody let go of its values: then nothing else is done about them.
    pub(super) fn values_matter(&self, limits: &MemoryLimits) -> bool {
        self.beside(limits).saturating_add(limits.slack()) <= limits.pause.saturating_sub(limits.limit / 32)
    }

    /// Whether nothing new may start.
    pub(super) fn stops(&self) -> bool {
        self.over && !self.strained
    }
}

impl Worker {
    /// Somebody looked at the process.
    pub(in crate::machine) fn looked(&mut self, nbytes: u64) {
        if self.config.memory.limit == 0 {
            return;
        }
        let managed = self.in_memory();
        self.memory.resident.looked(nbytes, managed);
        if self.has_too_much() {
            // Small things that came since may be enough this time.
            self.memory.barren = 0;
        }
    }

    /// Whether the process has too much, as of now.
    pub(super) fn has_too_much(&mut self) -> bool {
        let (managed, Worker { memory, config, .. }) = (self.in_memory(), self);
        let (limits, resident) = (&config.memory, &mut memory.resident);
        let most = if resident.too_much { limits.target } else { limits.spill };
        resident.too_much = resident.estimate(limits, managed) > most;
        resident.too_much
    }

    /// How many bytes of values may stay in memory, and to how many they are brought down if they are more.
    pub(super) fn bounds(&self) -> (u64, u64) {
        let limits = &self.config.memory;
        let cap = self.memory.resident.cap(limits).unwrap_or(u64::MAX);
        (limits.target.min(cap), limits.target.saturating_sub(limits.slack()).min(cap))
    }

    /// Whether the process has too much for anything new to start, as of now. It is waited for as long as something runs or is
    /// written that may change it, and for a while after that.
    pub(super) fn choked(&mut self) -> bool {
        let may_change = self.running.count() > 0 || self.memory.writing.count > 0 || self.memory.full;
        let (now, managed, Worker { memory, config, .. }) = (self.now, self.in_memory(), self);
        let resident = &mut memory.resident;
        let limits = &config.memory;
        // Somewhat less is needed to go on, so that not each value that comes or goes stops the worker or has it go on.
        let most = if resident.over { limits.pause.saturating_sub(limits.limit / 32) } else { limits.pause };
        resident.over = resident.estimate(limits, managed) > most;
        if !resident.over {
            (resident.due, resident.strained) = (None, false);
        } else if !resident.strained {
            if may_change || resident.values_matter(limits) {
                resident.due = None;
            } else {
                let due = *resident.due.get_or_insert(now + STRAIN_PATIENCE);
                resident.strained = now >= due;
                resident.due = (!resident.strained).then_some(due);
            }
        }
        resident.stops()
    }

    /// Bytes that the process has in memory, as it was told the last time; 0 if nobody looks.
    pub fn resident(&self) -> u64 {
        self.memory.resident.nbytes
    }

    /// Bytes of values that are in memory.
    pub fn managed(&self) -> u64 {
        self.in_memory()
    }

    /// Whether tasks begin one at a time, as the process has too much that is no value and goes not away.
    pub fn is_strained(&self) -> bool {
        self.memory.resident.strained
    }

    /// Whether the process has too much, and nothing is left that could go to disk.
    pub fn is_beyond_help(&self) -> bool {
        let memory = &self.memory;
        let nothing_left = memory.live == 0 && memory.writing.count == 0;
        memory.resident.strained || (memory.resident.too_much && nothing_left)
    }
}
