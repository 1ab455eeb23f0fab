//! How much the executor threads were handed, and whether they may be handed more.

use super::config::Config;

/// How much the executor threads were handed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Running {
    count: usize,
    /// The expected lengths together; each counts for one quantum at the most.
    nanos: u64,
}

impl Running {
    /// How many tasks the threads have.
    pub(super) fn count(self) -> usize {
        self.count
    }

    /// Whether the threads may be handed a task of this length.
    ///
    /// A free thread takes any task. Beyond the threads, tasks go ahead only if they are known to be shorter than the
    /// quantum, up to one quantum of work for each thread: a thread with a long task has its quantum already.
    pub(super) fn has_room(self, expected_nanos: u64, config: &Config) -> bool {
        let threads = config.threads as usize;
        if self.count < threads {
            return true;
        }
        let limit = config.quantum_nanos.saturating_mul(u64::from(config.threads));
        expected_nanos < config.quantum_nanos
            && self.count < threads.saturating_mul(config.ahead_tasks)
            && self.nanos.saturating_add(expected_nanos) <= limit
    }

    /// A task was handed over.
    pub(super) fn begin(&mut self, expected_nanos: u64, config: &Config) {
        self.count += 1;
        self.nanos += expected_nanos.min(config.quantum_nanos);
    }

    /// A task ended or gave its thread back.
    pub(super) fn end(&mut self, expected_nanos: u64, config: &Config) {
        self.count -= 1;
        self.nanos -= expected_nanos.min(config.quantum_nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many tasks of one length the threads are handed.
    fn handed(expected_nanos: u64, config: &Config) -> usize {
        let mut running = Running::default();
        while running.has_room(expected_nanos, config) {
            running.begin(expected_nanos, config);
        }
        running.count()
    }

    #[test]
    fn short_tasks_go_ahead_by_the_quantum() {
        let config = Config { quantum_nanos: 100, ahead_tasks: 16, ..Config::new(2) };
        assert_eq!(handed(u64::MAX, &config), 2, "of unknown length");
        assert_eq!(handed(100, &config), 2, "as long as the quantum");
        assert_eq!(handed(50, &config), 4);
        assert_eq!(handed(10, &config), 20);
        assert_eq!(handed(1, &config), 32, "ahead_tasks is the limit");
        assert_eq!(handed(0, &config), 32);
        assert_eq!(handed(0, &Config { threads: 0, ..config.clone() }), 0);
        assert_eq!(handed(1, &Config { ahead_tasks: 0, ..config }), 2);
    }

    #[test]
    fn a_long_task_leaves_room_only_for_the_other_thread() {
        let config = Config { quantum_nanos: 100, ahead_tasks: 16, ..Config::new(2) };
        let mut running = Running::default();
        running.begin(u64::MAX, &config);
        while running.has_room(10, &config) {
            running.begin(10, &config);
        }
        assert_eq!(running.count(), 11);
    }
}
