//! Memory: which values go to disk and when, and whether there is room for another task.
//!
//! A value in the store is in memory, on disk, or both. Over the target, those that were not used for longest are written, a
//! few at a time, and leave memory once that was done. Over the pause, nothing new starts until there is room again. What is
//! read back stays on disk as well: to leave memory again costs nothing then. What the whole process has counts too, if
//! somebody tells (`resident.rs`).

mod patience;
mod resident;
mod validate;

use super::entry::{Entry, State, Work};
use super::lru::{Lru, Turn};
use super::{Stored, Worker};
use partita_protocol::limits::{SPILL_RETRY, SPILL_TRIES};
use partita_protocol::worker::{Effect, Effects, Report, Unspilled};
use partita_protocol::{TaskId, Time};
use resident::Resident;

/// Places that are looked at for values that no task here needs, before others are taken.
const LOOK: usize = 1024;

/// Where a value of the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// In memory.
    #[default]
    Memory,
    /// In memory, and being written, as one of the values of the file with this number.
    Writing(u32),
    /// In memory and on disk.
    Both,
    /// On disk.
    Disk,
    /// In memory, and there it stays: it cannot be written.
    Pinned,
    /// In memory, where something is that tells why the value could not be read: no copy of it.
    Unread,
}

/// What the machine knows of its memory and its disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Values that may leave memory.
    lru: Lru,
    /// How many values may: those in memory, and in both.
    live: usize,
    /// Values that are on disk and not in memory.
    on_disk: Stored,
    /// Values that are being written.
    writing: Stored,
    /// What the results of running tasks are expected to have together, in bytes.
    reserved: u64,
    /// The number of the last file.
    file: u32,
    /// Nothing is to be found to spill before so many bytes are held; 0 if it is not known.
    barren: u64,
    /// When the disk, which did not take something, is tried again, and how often it was tried.
    retry: Option<(Time, u32)>,
    /// Whether the process holds too much, whatever the store does.
    pub(super) filled: bool,
    /// Whether the store holds too much.
    full: bool,
    /// When tasks that cannot start are given back, while nothing may.
    give_up: Option<Time>,
    /// What the process has, beside the store.
    resident: Resident,
}

impl Memory {
    /// A running task is expected to give so many bytes.
    pub(super) fn begin(&mut self, work: &Work) {
        self.reserved = self.reserved.saturating_add(work.expected_nbytes);
    }

    /// A task no longer runs.
    pub(super) fn end(&mut self, work: &mut Work) {
        self.reserved = self.reserved.saturating_sub(std::mem::take(&mut work.expected_nbytes));
    }

    /// What is told of it; see [`Worker::on_disk`].
    pub(super) fn on_disk(&self) -> Stored {
        self.on_disk
    }

    /// Whether a value that is kept so may leave memory.
    fn is_live(kept: Kept) -> bool {
        matches!(kept, Kept::Memory | Kept::Both)
    }
}

impl Worker {
    /// Bytes of values in memory.
    pub(super) fn in_memory(&self) -> u64 {
        self.stored.nbytes.saturating_sub(self.memory.on_disk.nbytes)
    }

    /// Bytes of values that stay in memory once all is done that was asked for.
    fn pending(&self) -> u64 {
        self.in_memory().saturating_sub(self.memory.writing.nbytes)
    }

    /// When something is to be done about memory, if nothing else happens: only a worker that starts nothing has to be woken.
    pub(super) fn memory_due(&self) -> Option<Time> {
        let again = self.memory.retry.filter(|(_, tries)| *tries <= SPILL_TRIES).map(|(due, _)| due);
        let again = again.filter(|_| self.pending() > self.bounds().0.max(self.memory.barren));
        let dues = again.into_iter().chain(self.memory.give_up).chain(self.memory.resident.due);
        if self.paused { dues.min() } else { None }
    }

    /// A value came into the store: into memory.
    pub(super) fn stored_in_memory(&mut self, task: TaskId, nbytes: u64) {
        self.stored.add(nbytes);
        if !self.may_leave(nbytes) {
            return;
        }
        self.memory.live += 1;
        self.queue(task);
    }

    /// What came is no value: it takes no turn to leave memory.
    pub(super) fn memory_unread(&mut self, may_leave: bool) {
        self.memory.live -= usize::from(may_leave);
        if self.memory.live == 0 {
            self.memory.lru.clear();
        }
    }

    /// Whether values of this size may leave memory.
    pub(super) fn may_leave(&self, nbytes: u64) -> bool {
        self.config.memory.limit > 0 && nbytes >= self.config.memory.least
    }

    /// A value is used or came: its turn to leave memory comes last.
    fn queue(&mut self, task: TaskId) {
        let Worker { memory, tasks, .. } = self;
        let mark = memory.lru.used(task, memory.live, |turn| is_current(tasks, turn));
        if let Some(entry) = tasks.get_mut(&task) {
            entry.mark = mark;
        }
    }

    /// A value that is in the store came once more, into memory: what is on disk of it, or will be, counts no longer.
    pub(super) fn renewed(&mut self, task: TaskId) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        let (State::Memory { nbytes } | State::Released { nbytes }) = entry.state else { return };
        match std::mem::take(&mut entry.kept) {
            Kept::Memory | Kept::Both => return,
            Kept::Disk => self.memory.on_disk.remove(nbytes),
            Kept::Writing(_) => self.memory.writing.remove(nbytes),
            Kept::Unread if !self.may_leave(nbytes) => return,
            Kept::Pinned | Kept::Unread => {}
        }
        self.memory.live += 1;
        self.queue(task);
    }

    /// A value leaves the store, wherever it is.
    pub(super) fn unstored(&mut self, kept: Kept, nbytes: u64) {
        self.stored.remove(nbytes);
        if !self.may_leave(nbytes) {
            return;
        }
        match kept {
            Kept::Disk => self.memory.on_disk.remove(nbytes),
            Kept::Writing(_) => self.memory.writing.remove(nbytes),
            Kept::Memory | Kept::Both => self.memory.live -= 1,
            Kept::Pinned | Kept::Unread => {}
        }
        if self.memory.live == 0 {
            self.memory.lru.clear();
        }
    }

    /// Whether it matters when a value was used: something is on disk, or may be soon.
    pub(super) fn memory_matters(&self) -> bool {
        let limits = &self.config.memory;
        let (nears, swells) = (self.in_memory() > limits.target / 2, self.memory.resident.nbytes > limits.target);
        limits.limit > 0 && (self.memory.on_disk.count > 0 || nears || swells)
    }

    /// The inputs of a task that starts are used: those on disk come back to memory.
    pub(super) fn used(&mut self, inputs: &[TaskId]) {
        for input in inputs {
            let Some(entry) = self.tasks.get_mut(input) else { continue };
            let (State::Memory { nbytes } | State::Released { nbytes }) = entry.state else { continue };
            if entry.kept == Kept::Disk {
                entry.kept = Kept::Both;
                self.memory.on_disk.remove(nbytes);
                self.memory.live += 1;
            }
            if nbytes >= self.config.memory.least && Memory::is_live(entry.kept) {
                self.queue(*input);
            }
        }
    }

    /// Whether there is room for what a task needs and gives, beside what is there and what running tasks are expected to
    /// give. One task may always run, or none would ever end.
    pub(super) fn has_memory(&self, work: &Work) -> bool {
        let limits = &self.config.memory;
        if limits.limit == 0 || self.running.count() == 0 {
            return true;
        }
        if self.memory.resident.strained {
            return false;
        }
        let mut needs = self.in_memory().saturating_add(self.memory.reserved).saturating_add(work.expected_nbytes);
        if self.memory.on_disk.count > 0 {
            for input in &work.inputs {
                let Some(entry) = self.tasks.get(input) else { continue };
                if let (Kept::Disk, State::Memory { nbytes } | State::Released { nbytes }) = (entry.kept, &entry.state)
                {
                    needs = needs.saturating_add(*nbytes);
                }
            }
        }
        needs <= limits.pause
    }

    /// Keeps what the store holds within its limits: has values written, and stops or goes on.
    pub(super) fn keep_within(&mut self, effects: &mut Effects) {
        if self.config.memory.limit > 0 {
            self.has_too_much();
            self.spill(effects);
            let (held, limits) = (self.in_memory(), &self.config.memory);
            self.memory.full = held > if self.memory.full { limits.resume } else { limits.pause };
        }
        let choked = self.choked();
        let paused = self.memory.full || self.memory.filled || choked;
        if self.paused != paused {
            self.paused = paused;
            effects.report(if paused { Report::Paused } else { Report::Resumed });
            self.memory.give_up = None;
            if self.tasks.len() as u64 > self.stored.count {
                self.expect_patience();
            }
        }
    }

    /// The process has room: its disk is tried again at once, too.
    pub(super) fn memory_freed(&mut self) {
        self.memory.filled = false;
        self.memory.retry = None;
        self.memory.barren = 0;
    }

    /// Has those values written that were not used for longest, until what is left in memory is within the target.
    fn spill(&mut self, effects: &mut Effects) {
        let (pending, (most, least)) = (self.pending(), self.bounds());
        if pending <= most {
            self.memory.barren = 0;
        }
        if pending <= most.max(self.memory.barren) {
            return;
        }
        let mut wanted = pending - least;
        if let Some((due, tries)) = self.memory.retry {
            if self.now < due {
                return;
            }
            // One file tells whether the disk takes something again.
            let again = self.now + SPILL_RETRY * (1 << tries.min(8));
            self.memory.retry = Some((again, tries + 1));
            wanted = 1;
        }
        let mut spared = Vec::new();
        let (mut batch, mut size) = (Vec::new(), 0u64);
        for looked in 0.. {
            if wanted == 0 || looked == LOOK {
                break;
            }
            let Some(turn) = self.memory.lru.pop() else { break };
            let Some(entry) = self.tasks.get_mut(&turn.task).filter(|entry| entry.is_turn(&turn)) else { continue };
            if entry.users > 0 {
                spared.push(turn);
                continue;
            }
            wanted = wanted.saturating_sub(self.part_with(turn.task, (&mut batch, &mut size), effects));
        }
        // What waiting and running tasks need goes only if nothing else is left.
        let mut left = spared.into_iter();
        while wanted > 0
            && let Some(turn) = left.next()
        {
            wanted = wanted.saturating_sub(self.part_with(turn.task, (&mut batch, &mut size), effects));
        }
        self.memory.lru.put_back(left.collect());
        self.write(batch, effects);
        let pending = self.pending();
        // Before that much more has come, another look would find no more.
        self.memory.barren = if wanted > 0 { pending.saturating_add(self.config.memory.slack()) } else { 0 };
    }

    /// A value leaves memory, at once if it is on disk, else once it is written with others; the bytes that this frees.
    fn part_with(&mut self, task: TaskId, batch: (&mut Vec<TaskId>, &mut u64), effects: &mut Effects) -> u64 {
        let Some(entry) = self.tasks.get_mut(&task) else { return 0 };
        let (State::Memory { nbytes } | State::Released { nbytes }) = entry.state else { return 0 };
        self.memory.live -= 1;
        if entry.kept == Kept::Both {
            entry.kept = Kept::Disk;
            self.memory.on_disk.add(nbytes);
            effects.push(Effect::Evict { task });
            return nbytes;
        }
        entry.kept = Kept::Writing(self.memory.file);
        self.memory.writing.add(nbytes);
        let (tasks, size) = batch;
        tasks.push(task);
        *size = size.saturating_add(nbytes);
        if *size >= self.config.memory.file {
            *size = 0;
            self.write(std::mem::take(tasks), effects);
        }
        nbytes
    }

    fn write(&mut self, tasks: Vec<TaskId>, effects: &mut Effects) {
        if !tasks.is_empty() {
            let file = self.memory.file;
            self.memory.file = file.wrapping_add(1);
            effects.push(Effect::Spill { file, tasks });
        }
    }

    /// Values were written, or not. Those that were leave memory, if there is still no room for them.
    pub(super) fn spilled(
        &mut self,
        file: u32,
        written: &[TaskId],
        kept: &[(TaskId, Unspilled)],
        effects: &mut Effects,
    ) {
        self.memory.barren = 0;
        if !written.is_empty() {
            self.memory.retry = None;
        }
        for task in written {
            let Some(nbytes) = self.end_writing(*task, file, Kept::Both) else { continue };
            if self.pending() > self.bounds().1 {
                if let Some(entry) = self.tasks.get_mut(task) {
                    entry.kept = Kept::Disk;
                }
                self.memory.on_disk.add(nbytes);
                effects.push(Effect::Evict { task: *task });
            } else {
                self.memory.live += 1;
                self.queue(*task);
            }
        }
        let mut gone = Vec::new();
        for (task, why) in kept {
            let after = if *why == Unspilled::Disk { Kept::Memory } else { Kept::Pinned };
            if *why == Unspilled::Disk && self.memory.retry.is_none() {
                self.memory.retry = Some((self.now + SPILL_RETRY, 1));
            }
            if self.end_writing(*task, file, after).is_none() {
                continue;
            }
            if after == Kept::Memory {
                self.memory.live += 1;
                self.queue(*task);
            }
            gone.extend((*why == Unspilled::Gone).then_some(*task));
        }
        // What is not there although it did not leave has vanished: to write it again would be in vain, again and again.
        self.vanished(&gone, effects);
    }

    /// A value is no longer being written as one of this file, if it was; its size.
    fn end_writing(&mut self, task: TaskId, file: u32, after: Kept) -> Option<u64> {
        let entry = self.tasks.get_mut(&task).filter(|entry| entry.kept == Kept::Writing(file))?;
        let (State::Memory { nbytes } | State::Released { nbytes }) = entry.state else { return None };
        entry.kept = after;
        self.memory.writing.remove(nbytes);
        Some(nbytes)
    }
}

/// Whether a value's place in the line counts.
pub(super) fn is_current(tasks: &partita_protocol::IdMap<TaskId, Entry>, turn: &Turn) -> bool {
    tasks.get(&turn.task).is_some_and(|entry| entry.is_turn(turn))
}

impl Entry {
    /// Whether this is the place of this value, and it may leave memory.
    fn is_turn(&self, turn: &Turn) -> bool {
        self.state.is_here() && self.mark == turn.mark && Memory::is_live(self.kept)
    }
}
