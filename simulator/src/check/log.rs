//! X7: what happens is in order, and the same each time: all of it is hashed.

use super::Broken;
use crate::universe::Number;
use crate::world::Trace;
use partita_protocol::Time;
use partita_protocol::scheduler::Event;
use partita_protocol::worker::{Order, Report};
use std::collections::BTreeSet;

/// What happened, as a hash.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) hash: u64,
    pub(super) events: u64,
    /// Tasks that were handed in.
    pub(super) asked: BTreeSet<Number>,
    now: Time,
}

impl Log {
    pub(super) fn hear(&mut self, now: Time, trace: &[Trace]) -> Result<(), Broken> {
        if now < self.now {
            return Err(Broken::new("X7", format!("time runs back from {:?} to {now:?}", self.now)));
        }
        self.now = now;
        self.mix(&[1, now.0]);
        for entry in trace {
            self.entry(entry);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Trace) {
        match entry {
            Trace::Told(event) => {
                self.events += 1;
                if let Event::GraphSubmitted { piece, .. } = event {
                    self.asked.extend(piece.tasks.iter().map(|task| task.task.index() as Number));
                }
            }
            Trace::Heard { .. } => self.events += 1,
            Trace::Ordered { worker, order } => {
                let (kind, id) = match order {
                    Order::Compute(assignment) => (1, assignment.attempt.0),
                    Order::Free { task } => (2, task.index() as u64),
                    Order::Holders { task, .. } => (3, task.index() as u64),
                    Order::PeerLost { peer } => (4, u64::from(peer.0)),
                    Order::Steal { attempt, .. } => (5, attempt.0),
                    Order::Hold { inputs } => (6, inputs.len() as u64),
                };
                self.mix(&[2, u64::from(worker.0), kind, id]);
            }
            Trace::Reported { worker, report } => {
                let (kind, id) = match report {
                    Report::Finished { attempt, .. } => (1, attempt.0),
                    Report::Failed { attempt, .. } => (2, attempt.0),
                    Report::Rescheduled { attempt, .. } => (3, attempt.0),
                    Report::Seceded { attempt, .. } => (4, attempt.0),
                    Report::TimedOut { attempt, .. } => (5, attempt.0),
                    Report::StealAnswered { attempt, given, .. } => (6 + u64::from(*given), attempt.0),
                    Report::Added { tasks } => (8, tasks.first().map_or(0, |task| task.index() as u64)),
                    Report::Missing { tasks, .. } => (9, tasks.first().map_or(0, |task| task.index() as u64)),
                    Report::Unreadable { tasks } => (12, tasks.first().map_or(0, |task| task.index() as u64)),
                    Report::Orphaned { threads } => (13, u64::from(*threads)),
                    Report::Paused => (10, 0),
                    Report::Resumed => (11, 0),
                };
                self.mix(&[3, u64::from(worker.0), kind, id]);
            }
            Trace::Started { worker, attempt, .. } => self.mix(&[4, u64::from(worker.0), attempt.0]),
            Trace::Ended { worker, attempt, .. } => self.mix(&[5, u64::from(worker.0), attempt.0]),
            Trace::Holds { worker, nbytes, task, .. } => {
                self.mix(&[6, u64::from(worker.0), *nbytes, task.index() as u64]);
            }
            Trace::Sent { from, to, nbytes, .. } => self.mix(&[7, u64::from(from.0), u64::from(to.0), *nbytes]),
            Trace::Notified { client, task, .. } => self.mix(&[8, u64::from(client.0), task.index() as u64]),
            Trace::Learned { client, number, .. } => self.mix(&[9, u64::from(client.0), u64::from(*number)]),
            Trace::Came(worker) => self.mix(&[10, u64::from(worker.0)]),
            Trace::Died(worker) => self.mix(&[11, u64::from(worker.0)]),
            _ => {}
        }
    }

    fn mix(&mut self, words: &[u64]) {
        for word in words {
            self.hash = (self.hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}
