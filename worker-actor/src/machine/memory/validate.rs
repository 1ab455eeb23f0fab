//! The invariants of memory.

use super::super::entry::{State, Work};
use super::super::validate::{Violation, ensure};
use super::super::{Stored, Worker};
use super::{Kept, Memory, is_current};

impl Worker {
    /// W7, ST1: what is on disk, what is being written and what is kept free are what the values and tasks say; each value
    /// that may leave memory has one place in the line.
    pub(in crate::machine) fn validate_memory(&self) -> Result<(), Violation> {
        let (mut on_disk, mut writing, mut live) = (Stored::default(), Stored::default(), 0);
        for (task, entry) in &self.tasks {
            let (State::Memory { nbytes } | State::Released { nbytes }) = entry.state else { continue };
            let stays = matches!(entry.kept, Kept::Memory | Kept::Unread);
            ensure!("ST1", stays || self.may_leave(nbytes), "{task} may not be {:?}", entry.kept);
            match entry.kept {
                Kept::Disk => on_disk.add(nbytes),
                Kept::Writing(file) => {
                    let is_known = self.memory.file.wrapping_sub(file) > 0;
                    ensure!("ST1", is_known, "{task} is written into file {file}, which is not begun");
                    writing.add(nbytes);
                }
                kept => live += usize::from(self.may_leave(nbytes) && Memory::is_live(kept)),
            }
        }
        ensure!("W7", on_disk == self.memory.on_disk, "{on_disk:?} is on disk, not {:?}", self.memory.on_disk);
        ensure!("W7", writing == self.memory.writing, "{writing:?} is written, not {:?}", self.memory.writing);
        ensure!("W7", live == self.memory.live, "{live} values may leave memory, not {}", self.memory.live);
        let placed = self.memory.lru.turns().filter(|turn| is_current(&self.tasks, turn)).count();
        ensure!("ST1", placed == live, "{placed} values stand in line, not {live}");
        let works = self.works_that_run().map(|work| work.expected_nbytes);
        let reserved = works.fold(0, u64::saturating_add);
        ensure!("W7", reserved == self.memory.reserved, "{reserved} bytes are kept free, not {}", self.memory.reserved);
        let idle = !self.paused && self.memory.full;
        ensure!("W9", !idle, "the store is full, and tasks start");
        self.validate_resident()
    }

    /// W9: the worker is paused if and only if something stops it; while its process has too much that it can do nothing
    /// about, one task runs at the most, and it waits for nothing for ever but for values to be let go.
    fn validate_resident(&self) -> Result<(), Violation> {
        let (memory, runs) = (&self.memory, self.running.count());
        let resident = &memory.resident;
        let stops = memory.full || memory.filled || resident.stops();
        ensure!("W9", self.paused == stops, "paused is {}, and that it is stopped {stops}", self.paused);
        let nbytes = resident.nbytes;
        let over = resident.over;
        ensure!("W9", over || !resident.strained, "a process of {nbytes} bytes is strained");
        ensure!("W9", runs <= 1 || !resident.strained, "{runs} tasks run, not one at a time");
        let idle = runs == 0 && memory.writing.count == 0 && !memory.full;
        let waits = over && !resident.strained && idle && !resident.values_matter(&self.config.memory);
        ensure!("W9", waits == resident.due.is_some(), "until {:?} it waits for nothing", resident.due);
        Ok(())
    }

    /// What runs, orphans included.
    fn works_that_run(&self) -> impl Iterator<Item = &Work> {
        let current = self.tasks.values().filter_map(|entry| match &entry.state {
            State::Executing(work) | State::LongRunning(work) => Some(&**work),
            _ => None,
        });
        current.chain(self.orphans.values().map(|orphan| &*orphan.work))
    }
}
