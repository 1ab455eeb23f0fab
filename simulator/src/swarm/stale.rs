//! Messages that are out of date, or that nobody sent: of old assignments, of unknown tasks, of workers that are gone.
//! None of them is a lie about what holds now; so none may change anything but cost time.

use super::driver::Driver;
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, Begun, ClientId, FaultId, LossCause, TaskId, Time, WorkerId};

/// Faults that no run reports: they are counted up from one.
const NO_FAULT: FaultId = FaultId(u64::MAX);

/// Messages that arrive together.
const MESSAGES: u32 = 4;

impl Driver<'_> {
    /// Messages that are out of date arrive at once; `pick` says which.
    pub(super) fn stale(&mut self, pick: u32) -> bool {
        for turn in 0..MESSAGES {
            self.stale_message(pick.rotate_left(turn * u32::BITS / MESSAGES));
        }
        true
    }

    fn stale_message(&mut self, pick: u32) {
        let number = self.stale_number(pick / 7);
        let current = self.world.id_of(number);
        let old = TaskId::new(number, current.generation().wrapping_sub(1));
        let unknown = TaskId::new(u32::MAX - 1, 3);
        let task = [current, current, old, unknown][(pick / 3 % 4) as usize];
        match pick % 2 {
            0 => self.stale_report(pick / 2, task, current),
            _ => self.stale_order(pick / 2, task, current),
        }
    }

    /// Often a task that is with a worker, of which more can be said.
    fn stale_number(&self, pick: u32) -> u32 {
        let mut busy: Vec<_> =
            self.world.scheduler().tasks().filter(|(_, state)| *state == State::Processing).collect();
        busy.sort_unstable_by_key(|(task, _)| *task);
        match busy.get((pick / 2) as usize % busy.len().max(1)) {
            Some((task, _)) if pick.is_multiple_of(2) => self.world.number_of(*task),
            _ => pick % self.plan.universe.len().max(1) as u32,
        }
    }

    fn stale_report(&mut self, pick: u32, task: TaskId, current: TaskId) {
        let gone = WorkerId(u32::MAX - 1);
        let known: Vec<WorkerId> = self.world.scheduler().workers().map(|view| view.worker).collect();
        let worker = known.get(pick as usize % (known.len() + 1)).copied().unwrap_or(gone);
        // An assignment that was never given, or a current one by a worker that does not have it.
        let attempt = match self.world.scheduler().processing_on(current) {
            Some((on, attempt)) if on != worker => attempt,
            _ => Attempt(0),
        };
        let (started, stopped) = (Time(1), Time(2));
        let report = match pick / 16 % 10 {
            0 => Report::Finished { task, attempt, nbytes: 7, started, stopped },
            1 => Report::Failed { task, attempt, fault: NO_FAULT, retry: true, started, stopped },
            2 => Report::Rescheduled { task, attempt },
            3 => Report::Seceded { task, attempt },
            4 => Report::TimedOut { task, attempt, started, stopped },
            5 => Report::StealAnswered { task, attempt, given: pick.is_multiple_of(2) },
            6 => Report::Missing { holder: gone, tasks: vec![task] },
            7 if worker == gone => Report::Added { tasks: vec![task] },
            8 if worker == gone => Report::Paused,
            _ if worker == gone => Report::Orphaned { threads: u32::MAX },
            _ => return self.stale_client(pick, task),
        };
        self.world.tell_scheduler(Event::WorkerReported { worker, report });
    }

    /// Clients, workers and tasks that are unknown, and moments before their time.
    fn stale_client(&mut self, pick: u32, task: TaskId) {
        let (client, tasks) = (ClientId(u32::MAX - 1), vec![task]);
        let worker = WorkerId(u32::MAX - 1);
        let (here, unknown) = (self.desks.iter().flatten().next(), TaskId::new(u32::MAX - 1, 3));
        self.world.tell_scheduler(match pick / 256 % 7 {
            0 => Event::KeysReleased { client, tasks },
            5 => Event::KeysWanted { client: here.copied().unwrap_or(client), tasks: vec![unknown] },
            1 => Event::TasksRetried { client, tasks },
            2 => Event::ClientLeft { client },
            3 => Event::WorkerLost { worker, cause: LossCause::Retired, begun: Begun::Unknown },
            4 => Event::RetirementAsked { worker },
            _ => Event::TimePassed,
        });
    }

    fn stale_order(&mut self, pick: u32, task: TaskId, current: TaskId) {
        let there: Vec<WorkerId> = self.world.hosts().map(|(id, _)| id).collect();
        let Some(worker) = there.get(pick as usize % there.len().max(1)).copied() else { return };
        let holder = there[pick as usize / 8 % there.len()];
        let order = match pick / 16 % 4 {
            0 if task != current => Order::Free { task },
            1 => Order::Steal { task, attempt: Attempt(0) },
            2 if holder != worker => Order::Holders { task, holders: [holder].into_iter().collect() },
            _ => Order::Holders { task, holders: [worker].into_iter().collect() },
        };
        self.world.send_order(worker, order);
    }
}
