//! What may go wrong, and what may be asked of workers.

use super::{Happening, Trace, World};
use partita_protocol::worker::Event;
use partita_protocol::{LossCause, WorkerId};
use std::time::Duration;

/// The ways in which a request between workers may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostRequest {
    /// It never arrives.
    Request,
    /// The answer never arrives.
    Reply,
    /// The answer arrives when nobody waits for it any more.
    Late,
}

impl World {
    /// A worker dies, with all that it holds. What it said and arrives within `heard` still arrives; the scheduler hears
    /// of the death right after.
    pub fn kill(&mut self, worker: WorkerId, cause: LossCause, heard: Duration) {
        let begun = self.host(worker).map(|host| host.executor.begun());
        if self.bury(worker) {
            let cut = self.now + heard;
            self.silenced.insert(worker, cut);
            self.queue.push(cut, Happening::Lost(worker, cause, begun));
        }
    }

    /// A worker is taken for lost, and lives on: nobody told it.
    pub fn declare_lost(&mut self, worker: WorkerId, cause: LossCause) {
        self.queue.push(self.now, Happening::Lost(worker, cause, None));
    }

    /// A worker that was taken for lost ends, with nobody to be told.
    pub fn bury(&mut self, worker: WorkerId) -> bool {
        let Some(place) = self.hosts.get_mut(worker.0 as usize) else { return false };
        if place.take().is_none() {
            return false;
        }
        for what in self.backlog.remove(&worker).unwrap_or_default() {
            self.over(&what);
        }
        self.trace.push(Trace::Died(worker));
        true
    }

    /// A worker may go: it ends when it hears of it, and is lost as retired.
    pub(super) fn let_go(&mut self, worker: WorkerId) {
        self.kill(worker, LossCause::Retired, Duration::ZERO);
    }

    /// Asks the scheduler to let a worker go when nothing is lost by it.
    pub fn retire(&mut self, worker: WorkerId) {
        let takes = self.latency();
        self.queue.push(self.now + takes, Happening::Retire(worker));
    }

    /// A worker does nothing any more, as a stopped process; what is for it waits.
    pub fn freeze(&mut self, worker: WorkerId) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.frozen = true;
        }
    }

    /// A frozen worker goes on, with all that it missed.
    pub fn thaw(&mut self, worker: WorkerId) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.thawed = if host.frozen { self.now } else { host.thawed };
            host.frozen = false;
        }
        for what in self.backlog.remove(&worker).unwrap_or_default() {
            self.queue.push(self.now, what);
        }
    }

    /// A worker is no longer heard by the scheduler, or no longer hears it, or both.
    pub fn cut(&mut self, worker: WorkerId, is_heard: bool, hears: bool) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.is_heard &= is_heard;
            host.hears &= hears;
        }
    }

    /// Messages between a worker and the scheduler take longer, for a while.
    pub fn delay(&mut self, worker: WorkerId, by: Duration, lasting: Duration) {
        let until = self.now + lasting;
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.orders.delay(until, by);
            host.reports.delay(until, by);
        }
    }

    /// Runs that start on a worker take so many times as long.
    pub fn slow(&mut self, worker: WorkerId, times: u32) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.slowness = times.max(1);
        }
    }

    /// A worker's memory is full whatever it holds, or no longer so.
    pub fn fill(&mut self, worker: WorkerId, full: bool) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.memory.forced = full;
            self.end_turn(worker);
        }
    }

    /// The process of a worker has so many percent of its memory limit beside values, from now on.
    pub fn swell(&mut self, worker: WorkerId, percent: u32) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.memory.unmanaged = (host.info.memory_limit as f64 * f64::from(percent) / 100.0) as u64;
            self.end_turn(worker);
        }
    }

    /// A worker's disk takes nothing more, or does again.
    pub fn fill_disk(&mut self, worker: WorkerId, full: bool) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.memory.disk_full = full;
            self.end_turn(worker);
        }
    }

    /// A worker's memory and disk are large enough for whatever it holds, from now on.
    pub fn ease(&mut self, worker: WorkerId) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.memory.ease();
            // Who waits before it tries the disk again need not.
            self.inform(worker, Event::MemoryFreed);
            self.end_turn(worker);
        }
    }

    /// Asks the scheduler to spread evenly what the workers hold.
    pub fn rebalance(&mut self) {
        let takes = self.latency();
        self.queue.push(self.now + takes, Happening::Rebalance);
    }

    /// The next request of a worker to another is lost.
    pub fn lose_request(&mut self, worker: WorkerId, how: LostRequest) {
        if let Some(host) = &mut self.hosts[worker.0 as usize] {
            host.lose_next = Some(how);
        }
    }

    /// A value vanishes from a worker's store, as by a broken file. False if there is none.
    pub fn lose_value(&mut self, worker: WorkerId, task: partita_protocol::TaskId) -> bool {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return false };
        match host.store.remove(&task) {
            Some(stored) => {
                host.memory.vanish(stored.nbytes);
                host.vanished.insert(task);
                let (nbytes, change) = (host.memory.held, -(stored.nbytes as i64));
                self.trace.push(Trace::Holds { worker, nbytes, task, change });
                true
            }
            None => false,
        }
    }
}
