//! Stealing: whether a task that waits on one worker had better run on another, that has a free thread.

use std::time::Duration;

/// What asking a worker for a task and handing it to another costs, in nanoseconds: a few wakes of actors.
pub(crate) const HANDSHAKE_NANOS: u64 = 100_000;

/// Shorter tasks are not worth asking for by themselves, in nanoseconds.
const SHORTEST_NANOS: u64 = HANDSHAKE_NANOS / 2;

/// How often a task is taken away from a worker before it stays where it is.
pub(crate) const STEALS: u8 = 3;

/// Workers that are asked for tasks in one event, at the most.
pub(crate) const VICTIMS: usize = 16;

/// Tasks that are looked at in one event, at the most; of a worker's tasks those that it was given last.
pub(crate) const TASKS: usize = 32;

/// Workers with a free thread that are looked at in one event, at the most.
pub(crate) const THIEVES: usize = 16;

/// The inputs that a task may have to be stolen; more take too long to look at.
pub(crate) const INPUTS: usize = 256;

/// How long a worker may end nothing, at the least, before its other tasks are taken to wait behind a long one.
pub(crate) const PATIENCE: Duration = Duration::from_millis(2);

/// How many times the expected duration of its tasks a worker may end nothing.
const PATIENCE_FACTOR: u64 = 10;

/// A worker with more tasks than threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Victim {
    /// Its threads.
    pub(crate) threads: u32,
    /// Its tasks that take a thread.
    pub(crate) tasks: u32,
    /// The expected durations of these tasks, added up, in nanoseconds.
    pub(crate) occupancy_nanos: u64,
    /// For how long it has ended nothing, in nanoseconds.
    pub(crate) quiet_nanos: u64,
    /// Whether it starts tasks at all.
    pub(crate) runs: bool,
}

impl Victim {
    /// How long it may end nothing before it is taken to be held up, in nanoseconds.
    pub(crate) fn patience(&self) -> u64 {
        let expected = self.occupancy_nanos / u64::from(self.tasks.max(1));
        (PATIENCE.as_nanos() as u64).max(expected.saturating_mul(PATIENCE_FACTOR))
    }

    /// Whether its tasks are long enough to be asked for one by one, or must wait for no one knows how long.
    pub(crate) fn is_worth_asking(&self) -> bool {
        let least = u64::from(self.tasks).saturating_mul(SHORTEST_NANOS);
        !self.runs || self.occupancy_nanos >= least || self.quiet_nanos > self.patience()
    }

    /// How long its last task, that is expected to last so long, will wait for a thread, in nanoseconds. Tasks that run
    /// are half done; those of a worker that is held up are taken to last once more as long as they did.
    fn wait(&self, task_nanos: u64) -> u64 {
        if !self.runs {
            return u64::MAX;
        }
        let threads = u64::from(self.threads.max(1));
        let expected = self.occupancy_nanos / u64::from(self.tasks.max(1));
        let running = expected / 2 * threads.min(u64::from(self.tasks));
        let wait = self.occupancy_nanos.saturating_sub(task_nanos).saturating_sub(running) / threads;
        if self.quiet_nanos > self.patience() { wait.max(self.quiet_nanos) } else { wait }
    }
}

/// What a task is worth to a worker with a free thread: how much earlier it would start there, in nanoseconds, if the
/// inputs that are not there take `transfer_nanos`. `None` if it would not.
pub(crate) fn gain(victim: &Victim, task_nanos: u64, transfer_nanos: u64) -> Option<u64> {
    let cost = HANDSHAKE_NANOS.saturating_add(transfer_nanos);
    victim.wait(task_nanos).checked_sub(cost).filter(|gain| *gain > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn victim(threads: u32, tasks: u32, each: u64) -> Victim {
        let occupancy_nanos = u64::from(tasks) * each;
        Victim { threads, tasks, occupancy_nanos, quiet_nanos: 0, runs: true }
    }

    #[test]
    fn a_long_wait_is_worth_a_move_and_a_short_one_is_not() {
        let (micro, milli) = (1_000, 1_000_000);
        assert_eq!(gain(&victim(1, 2, 10 * milli), 10 * milli, 0), Some(5 * milli - HANDSHAKE_NANOS));
        assert_eq!(gain(&victim(1, 2, 10 * milli), 10 * milli, 5 * milli), None);
        assert_eq!(gain(&victim(4, 5, 10 * milli), 10 * milli, 0), Some(5 * milli - HANDSHAKE_NANOS));
        assert_eq!(gain(&victim(1, 10, 10 * micro), 10 * micro, 0), None);
        assert!(gain(&victim(1, 50, 10 * micro), 10 * micro, 0).is_some());
        assert_eq!(gain(&victim(0, 0, 0), 7, u64::MAX), None);
    }

    #[test]
    fn tiny_tasks_behind_a_long_one_are_worth_it() {
        let held_up = Victim { quiet_nanos: 2_100_000, ..victim(1, 10, 10_000) };
        assert_eq!(gain(&held_up, 10_000, 0), Some(2_000_000));
        assert_eq!(gain(&Victim { quiet_nanos: 1_900_000, ..held_up }, 10_000, 0), None);
        assert!(held_up.is_worth_asking() && !Victim { quiet_nanos: 0, ..held_up }.is_worth_asking());
        assert!(victim(1, 10, SHORTEST_NANOS).is_worth_asking());
        let slow = Victim { quiet_nanos: 9_000_000, ..victim(1, 2, 1_000_000) };
        assert_eq!(slow.patience(), 10_000_000);
        assert_eq!(gain(&Victim { runs: false, ..held_up }, 10_000, 1 << 40), Some(u64::MAX - (1 << 40) - 100_000));
    }
}
