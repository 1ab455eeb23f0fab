//! A worker that has a process of its own looks at what that uses: its machine is told of the memory, the profiler of memory and
//! CPU, and the user if it is too much.

use super::actor::WorkerActor;
use actix::{AsyncContext, Context};
use partita_protocol::telemetry::{Level, Log, Record};
use partita_protocol::worker::Event;
use partita_protocol::{Time, bytes, limits};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What a process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Bytes that it has in memory.
    pub memory: u64,
    /// How long all its threads together were on a core, since it began.
    pub cpu: Duration,
}

/// Looks at the process of a worker; nothing if the system does not tell.
pub type Look = Box<dyn FnMut() -> Option<Used> + Send>;

/// What this process uses, as Linux tells.
pub fn used() -> Option<Used> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let memory = pages(&text)?.checked_mul(rustix::param::page_size() as u64)?;
    let cpu = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).ok()?;
    Some(Used { memory, cpu })
}

/// The second number of `/proc/self/statm`.
fn pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

impl WorkerActor {
    /// Looks at the process from now on, again and again, if the worker has one of its own.
    pub(super) fn watch_process(&mut self, context: &mut Context<Self>) {
        let Some(mut look) = self.parts.process.take() else { return };
        let mut before = None;
        context.run_interval(limits::RESIDENT_EVERY, move |actor, context| {
            if let Some(used) = look() {
                actor.guarded(context, |actor| {
                    actor.record_process(used, &mut before);
                    actor.tell(Event::Resident { nbytes: used.memory });
                });
            }
        });
    }

    /// Tells what the process uses, since what was `before`, to those who listen; nothing the first time.
    fn record_process(&mut self, used: Used, before: &mut Option<(Time, Duration)>) {
        if !self.is_heard() {
            *before = None;
            return;
        }
        let (time, worker) = (self.now, self.parts.id);
        if let Some((then, cpu)) = before.replace((time, used.cpu)) {
            let passed = time.since(then).as_secs_f32().max(1e-6);
            let cpu = used.cpu.saturating_sub(cpu).as_secs_f32() / passed;
            self.records.push(Record::WorkerUsage { time, worker, cpu, memory: Some(used.memory) });
        }
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
    fn this_process_has_memory_and_uses_cpu() {
        let before = used().unwrap();
        assert!(before.memory > 1 << 20);
        let begin = std::time::Instant::now();
        while used().unwrap().cpu < before.cpu + Duration::from_millis(5) {
            assert!(begin.elapsed() < Duration::from_secs(60));
        }
        for bad in ["", "17", "1 x", "1 -2"] {
            assert_eq!(pages(bad), None, "{bad}");
        }
        assert_eq!(pages("4096 321 7 1 0 99 0\n"), Some(321));
    }
}
