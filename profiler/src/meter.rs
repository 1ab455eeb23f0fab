//! What this process and its machine use, asked of the operating system.

use partita_protocol::Time;
use partita_protocol::telemetry::Usage;
use std::time::{Duration, Instant};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

/// How often it is asked.
pub(crate) const PERIOD: Duration = Duration::from_millis(250);

/// Asks the operating system what this process and its machine use.
pub struct Meter {
    system: System,
    process: Option<Pid>,
    /// When it was asked last, and how many milliseconds of CPU the process had used then.
    before: (Instant, u64),
    /// The moment that times are counted from.
    start: Instant,
}

impl Meter {
    /// A meter whose times are counted from this moment. CPU is measured from one question to the next.
    pub fn new(start: Instant) -> Self {
        let kinds = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_cpu_usage());
        let system = System::new_with_specifics(kinds.with_memory(MemoryRefreshKind::nothing().with_ram()));
        let mut meter = Meter { system, process: sysinfo::get_current_pid().ok(), before: (start, 0), start };
        meter.read();
        meter
    }

    /// What is used now.
    pub fn read(&mut self) -> Usage {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let own = self.process.and_then(|process| {
            let kinds = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
            self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), false, kinds);
            self.system.process(process)
        });
        let used = own.map_or(0, sysinfo::Process::accumulated_cpu_time);
        let before = std::mem::replace(&mut self.before, (Instant::now(), used));
        let milliseconds = before.0.elapsed().as_secs_f64() * 1e3;
        Usage {
            time: Time(self.start.elapsed().as_nanos() as u64),
            cpu: (used.saturating_sub(before.1) as f64 / milliseconds.max(1.0)) as f32,
            memory: own.map_or(0, sysinfo::Process::memory),
            machine_cpu: self.system.global_cpu_usage() / 100.0 * self.system.cpus().len() as f32,
            machine_memory: self.system.used_memory(),
            machine_total: self.system.total_memory(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_and_holds_memory_shows() {
        let mut meter = Meter::new(Instant::now());
        let until = Instant::now() + Duration::from_millis(400);
        let held = vec![1u8; 32 << 20];
        let mut sum = 0u64;
        while Instant::now() < until {
            sum = held.iter().fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
        }
        let usage = meter.read();
        assert!(sum > 0 && usage.cpu > 0.05 && usage.memory > 32 << 20, "{usage:?}");
        assert!(usage.machine_total > usage.memory && usage.machine_memory > 0, "{usage:?}");
    }
}
