//! Nannies with processes that are played, and with real ones.

mod births;
mod ends;
mod nannies;
mod orphans;
mod play;
mod scripted;

use super::policy::{Event, Exit, Incarnation};
use super::{Entry, Plan, Processes, SystemProcesses, Tell};
use partita_protocol::{ProcessEnd, ProcessLoss, Tail};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Longer than anything takes on a machine that is busy with other things.
const LONG: Duration = Duration::from_secs(60);

const FIRST: Incarnation = Incarnation(1);

/// A worker's process that plays a part; see [`play`].
fn plan(part: &str) -> Plan {
    Plan::new("w", Entry::Test("nanny::process::tests::play::play".into()), part.as_bytes().to_vec())
}

/// A process under a keeper, and what is told of it.
struct Kept {
    processes: SystemProcesses,
    events: Receiver<Event>,
    pid: u32,
}

impl Kept {
    fn start(plan: Plan) -> Self {
        let (sender, events) = channel();
        let tell: Tell = Arc::new(move |event| drop(sender.send(event)));
        let mut processes = SystemProcesses::new(move |_| plan.clone());
        processes.spawn(FIRST, tell);
        let event = events.recv_timeout(LONG).unwrap();
        let Event::Spawned { pid, .. } = event else { panic!("{event:?}") };
        Kept { processes, events, pid }
    }

    /// How it ended, its last words, and how many it left behind.
    fn end(&self) -> (Exit, Tail, usize) {
        match self.events.recv_timeout(LONG).unwrap() {
            Event::Exited { exit, stderr, left_behind, .. } => (exit, stderr, left_behind),
            other => panic!("{other:?}"),
        }
    }

    /// What a user would read of its end.
    fn loss(&self) -> ProcessLoss {
        let (exit, stderr, _) = self.end();
        ProcessLoss { end: ProcessEnd::from(exit), stderr }
    }
}

/// A hold on a process that tells when it ended, also if it is not a child of this one.
struct Hold(OwnedFd);

impl Hold {
    fn of(pid: u32) -> Self {
        let pid = Pid::from_raw(pid.cast_signed()).unwrap();
        Hold(pidfd_open(pid, PidfdFlags::empty()).unwrap())
    }

    /// Whether it ends within this time.
    fn ends_within(&self, time: Duration) -> bool {
        let timeout = rustix::time::Timespec::try_from(time).unwrap();
        poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&timeout)).unwrap() == 1
    }
}
