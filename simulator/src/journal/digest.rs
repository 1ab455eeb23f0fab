//! A running number over what a machine decided: two runs with the same number took the same decisions.

use partita_protocol::scheduler::{Assignment, Effect, Input, Notice, Retirement};
use partita_protocol::worker::{self, Order, Report};

/// Counts the events of a machine, and adds up what it answers to every fourth: whatever it decides otherwise shows
/// there too, as the numbers of its assignments and the states of its tasks are others from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    events: u64,
    digest: Digest,
}

/// Of so many events, the answer to one is added up.
const SAMPLE: u64 = 4;

/// Events after which the digest is written.
const PERIOD: u64 = 256;

impl Tally {
    /// The machine is told an event.
    #[inline]
    pub fn count(&mut self) {
        self.events += 1;
    }

    /// The scheduler's machine answered to it.
    #[inline]
    pub fn scheduler(&mut self, effects: &[Effect]) {
        if self.events.is_multiple_of(SAMPLE) {
            self.digest.scheduler(effects);
        }
    }

    /// A worker's machine answered to it.
    #[inline]
    pub fn worker(&mut self, effects: &[worker::Effect]) {
        if self.events.is_multiple_of(SAMPLE) {
            self.digest.worker(effects);
        }
    }

    /// The number over the answers so far.
    pub fn digest(&self) -> u64 {
        self.digest.0
    }

    /// Whether the digest is to be written before the next event.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        self.events.is_multiple_of(PERIOD) && self.events > 0
    }
}

/// The number over effects. Records for the profiler do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Digest(u64);

impl Digest {
    /// Adds effects of the scheduler's machine.
    fn scheduler(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Record(_) => {}
                Effect::Order { worker, order } => {
                    self.pair(1, u64::from(worker.0));
                    self.order(order);
                }
                Effect::Notify { client, task, notice } => {
                    self.pair(2, u64::from(client.0));
                    self.add(task_number(*task));
                    self.notice(notice);
                }
                Effect::Forget { task } => self.pair(3, task_number(*task)),
                Effect::ForgetFault { fault } => self.pair(4, fault.0),
                Effect::Retirement { worker, outcome } => {
                    self.pair(5, u64::from(worker.0));
                    match outcome {
                        Retirement::Ready { moved } => self.pair(1, *moved),
                        Retirement::Refused { nbytes } => self.pair(2, *nbytes),
                    }
                }
            }
        }
    }

    /// Adds effects of a worker's machine.
    fn worker(&mut self, effects: &[worker::Effect]) {
        use worker::Effect::{Abandon, Drop, Evict, Execute, Forget, Gather, Keep, Record, Report, Spill, Stop};
        for effect in effects {
            match effect {
                Record(_) => {}
                Execute { task, attempt, inputs, .. } => {
                    self.pair(1, task_number(*task));
                    self.add(attempt.0);
                    inputs.iter().for_each(|input| self.add(task_number(*input)));
                }
                Abandon { task, attempt } => {
                    self.pair(2, task_number(*task));
                    self.add(attempt.0);
                }
                Stop { task, attempt } => {
                    self.pair(20, task_number(*task));
                    self.add(attempt.0);
                }
                Keep { task, attempt } => {
                    self.pair(3, task_number(*task));
                    self.add(attempt.0);
                }
                Gather { peer, tasks } => {
                    self.pair(4, u64::from(peer.0));
                    tasks.iter().for_each(|task| self.add(task_number(*task)));
                }
                Spill { file, tasks } => {
                    self.pair(21, u64::from(*file));
                    tasks.iter().for_each(|task| self.add(task_number(*task)));
                }
                Evict { task } => self.pair(22, task_number(*task)),
                Drop { task } => self.pair(5, task_number(*task)),
                Forget { task } => self.pair(6, task_number(*task)),
                Report(report) => self.report(report),
            }
        }
    }

    fn order(&mut self, order: &Order) {
        match order {
            Order::Compute(Assignment { task, attempt, priority, inputs, .. }) => {
                self.pair(1, task_number(*task));
                self.pair(attempt.0, u64::from(priority.rank));
                inputs.iter().for_each(|input| self.input(input));
            }
            Order::Free { task } => self.pair(2, task_number(*task)),
            Order::Holders { task, holders } => {
                self.pair(3, task_number(*task));
                holders.iter().for_each(|holder| self.add(u64::from(holder.0)));
            }
            Order::PeerLost { peer } => self.pair(4, u64::from(peer.0)),
            Order::Steal { task, attempt } => {
                self.pair(5, task_number(*task));
                self.add(attempt.0);
            }
            Order::Hold { inputs } => {
                self.pair(6, inputs.len() as u64);
                inputs.iter().for_each(|input| self.input(input));
            }
        }
    }

    fn input(&mut self, input: &Input) {
        self.pair(task_number(input.task), input.holders.first().map_or(0, |holder| u64::from(holder.0) + 1));
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::InMemory { holder, nbytes } => self.pair(u64::from(holder.0), *nbytes),
            Notice::Lost => self.add(1),
            Notice::Erred { blame, .. } => self.pair(2, task_number(*blame)),
            Notice::Cancelled => self.add(3),
        }
    }

    fn report(&mut self, report: &Report) {
        let (kind, task, attempt) = match report {
            Report::Finished { task, attempt, .. } => (7, *task, *attempt),
            Report::Failed { task, attempt, .. } => (8, *task, *attempt),
            Report::Rescheduled { task, attempt } => (9, *task, *attempt),
            Report::Seceded { task, attempt } => (10, *task, *attempt),
            Report::TimedOut { task, attempt, .. } => (11, *task, *attempt),
            Report::StealAnswered { task, attempt, given } => (12 + u64::from(*given), *task, *attempt),
            Report::Added { tasks } => {
                self.pair(14, tasks.len() as u64);
                return tasks.iter().for_each(|task| self.add(task_number(*task)));
            }
            Report::Missing { holder, tasks } => {
                self.pair(15, u64::from(holder.0));
                return tasks.iter().for_each(|task| self.add(task_number(*task)));
            }
            Report::Unreadable { tasks } => {
                self.pair(18, tasks.len() as u64);
                return tasks.iter().for_each(|task| self.add(task_number(*task)));
            }
            Report::Orphaned { threads } => return self.pair(19, u64::from(*threads)),
            Report::Paused => return self.add(16),
            Report::Resumed => return self.add(17),
        };
        self.pair(kind, task_number(task));
        self.add(attempt.0);
    }

    #[inline]
    fn pair(&mut self, one: u64, other: u64) {
        self.add(one);
        self.add(other);
    }

    #[inline]
    fn add(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

/// A task's id as one number.
pub(super) fn task_number(task: partita_protocol::TaskId) -> u64 {
    (u64::from(task.generation()) << 32) | task.index() as u64
}
