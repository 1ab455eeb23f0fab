//! What a worker that has a process of its own does about that process's memory: it looks, tells its machine, and tells the user.

use super::actor::WorkerActor;
use actix::{AsyncContext, Context};
use partita_protocol::telemetry::{Level, Log};
use partita_protocol::worker::Event;
use partita_protocol::{bytes, limits};

/// What the process of a worker has in memory, in bytes; nothing if the system does not tell.
pub type Look = Box<dyn FnMut() -> Option<u64> + Send>;

/// Bytes that this process has in memory, as Linux tells.
pub fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages(&text)?.checked_mul(rustix::param::page_size() as u64)
}

/// The second number of `/proc/self/statm`.
fn pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

impl WorkerActor {
    /// Looks at the process's memory from now on, again and again, if it has one of its own.
    pub(super) fn watch_resident(&mut self, context: &mut Context<Self>) {
        let Some(mut look) = self.parts.resident.take().filter(|_| self.parts.machine.memory.limit > 0) else { return };
        context.run_interval(limits::RESIDENT_EVERY, move |actor, context| {
            if let Some(nbytes) = look() {
                actor.guarded(context, |actor| actor.tell(Event::Resident { nbytes }));
            }
        });
    }

    /// Tells the user that the process has too much and that no value is left to go to disk; once, until it is well again.
    pub(super) fn warn_of_memory(&mut self) {
        let limits = self.parts.machine.memory;
        if self.warned_of_memory {
            self.warned_of_memory = self.machine.resident() > limits.target;
            return;
        }
        if !self.machine.is_beyond_help() {
            return;
        }
        self.warned_of_memory = true;
        let (resident, managed) = (self.machine.resident(), self.machine.managed());
        let shown = [resident.saturating_sub(managed), resident, managed, limits.limit].map(bytes::show);
        let [unmanaged, resident, managed, limit] = shown;
        let text = format!(
            "unmanaged memory use is high: the process has {resident} in memory, of which {managed} are results and {unmanaged} \
             are not; its limit is {limit}. Nothing more can go to disk. Tasks take much while they run, something leaks, or the \
             allocator does not give back what was freed. Over {} nothing new starts, or one task at a time",
            bytes::show(limits.pause)
        );
        tracing::warn!(worker = &*self.parts.executor.name, "{text}");
        if self.parts.record {
            self.records.push(Log::record(self.now, Level::Warn, Some(self.parts.id), &text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        assert!(resident().unwrap() > 1 << 20);
        for bad in ["", "17", "1 x", "1 -2"] {
            assert_eq!(pages(bad), None, "{bad}");
        }
        assert_eq!(pages("4096 321 7 1 0 99 0\n"), Some(321));
    }
}
