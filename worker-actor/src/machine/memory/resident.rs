//! What the whole process has in memory: the store is not all that takes it, and what is let go is not always given back.
//!
//! A process that has too much lets values go to disk, also if the store alone is within its target; over the pause it starts
//! nothing new. If nothing runs then, and nothing is being written, the process has more than values: waiting longer would
//! be of no use. Tasks begin one at a time from there on, until the process has less.

use super::super::Worker;
use crate::machine::MemoryLimits;
use partita_protocol::Time;
use partita_protocol::limits::STRAIN_PATIENCE;

/// What the process has in memory, as far as the worker was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Resident {
    /// Bytes at the last look; 0 if nobody looks, as when workers share a process.
    pub(super) nbytes: u64,
    /// Bytes of values that may stay in memory until the next look, if the process has too much.
    pub(super) cap: Option<u64>,
    /// When a worker that is paused for it, and can do nothing about it, goes on all the same.
    pub(super) due: Option<Time>,
    /// Whether it went on: tasks begin one at a time.
    pub(super) strained: bool,
}

impl Resident {
    /// Whether nothing new may start.
    pub(super) fn stops(&self, limits: &MemoryLimits) -> bool {
        self.is_over(limits) && !self.strained
    }

    /// Whether it is over the pause.
    pub(super) fn is_over(&self, limits: &MemoryLimits) -> bool {
        limits.limit > 0 && self.nbytes > limits.pause
    }
}

impl Worker {
    /// Somebody looked at the process: what is over the target is to leave, once the process is over the share for that. What
    /// is being written then leaves anyway.
    pub(in crate::machine) fn looked(&mut self, nbytes: u64) {
        let (in_memory, limits) = (self.in_memory(), &self.config.memory);
        if limits.limit == 0 {
            return;
        }
        let too_much = nbytes > limits.spill;
        let resident = &mut self.memory.resident;
        resident.nbytes = nbytes;
        resident.cap = too_much.then(|| in_memory.saturating_sub(nbytes.saturating_sub(limits.target)));
        if too_much {
            // Small things that came since may be enough this time.
            self.memory.barren = 0;
        }
    }

    /// How many bytes of values may stay in memory, and to how many they are brought down if they are more.
    pub(super) fn bounds(&self) -> (u64, u64) {
        let limits = &self.config.memory;
        let cap = self.memory.resident.cap.unwrap_or(u64::MAX);
        (limits.target.min(cap), limits.target.saturating_sub(limits.slack()).min(cap))
    }

    /// Whether the process has too much for anything new to start, as of now. It is waited for as long as something runs or is
    /// written that may change it, and for a while after that.
    pub(super) fn choked(&mut self) -> bool {
        let may_change = self.running.count() > 0 || self.memory.writing.count > 0 || self.memory.full;
        let (now, Worker { memory, config, .. }) = (self.now, self);
        let resident = &mut memory.resident;
        if !resident.is_over(&config.memory) {
            (resident.due, resident.strained) = (None, false);
        } else if !resident.strained {
            let due = *resident.due.get_or_insert(now + STRAIN_PATIENCE);
            resident.strained = !may_change && now >= due;
            if may_change || resident.strained {
                resident.due = None;
            }
        }
        resident.stops(&config.memory)
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
        memory.resident.strained || (memory.resident.cap.is_some() && nothing_left)
    }
}
