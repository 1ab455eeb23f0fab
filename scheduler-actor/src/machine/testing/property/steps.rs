//! What may happen at random: to workers, to clients, and from outside.

use super::super::stale::all_about;
use super::fake::Act;
use super::graph::KEYS;
use super::world::{CLIENTS, Told, World, pick};
use partita_protocol::scheduler::Event;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Begun, ClientId, LossCause, TaskId, WorkerId};

/// Something that may happen; the number picks among what it may happen to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Submit(u16),
    Piece(u16),
    Order(u16),
    Act(u16),
    Report(u16),
    Fail(u16),
    TimeOut(u16),
    Reschedule(u16),
    Secede(u16),
    Lose(u16),
    Join,
    Pause(u16),
    Drop(u16),
    Release(u16),
    Cancel(u16),
    Retry(u16),
    Want(u16),
    Leave(u16),
    Retire(u16),
    Go(u16),
    Copies(u16),
    Rebalance(u16),
    Garbage(u16),
    Wait,
}

impl World {
    pub(super) fn step(&mut self, step: Step) {
        let workers: Vec<WorkerId> = self.fakes.keys().copied().collect();
        match step {
            // Where workers are slow, tasks pile up.
            Step::Act(number) if self.slow && !number.is_multiple_of(8) => {}
            Step::Act(number) => self.act_of_any(number, Act::Finish),
            Step::Fail(number) => self.act_of_any(number, Act::Fail),
            Step::TimeOut(number) => self.act_of_any(number, Act::TimeOut),
            Step::Reschedule(number) => self.act_of_any(number, Act::Reschedule),
            Step::Secede(number) => self.act_of_any(number, Act::Secede),
            Step::Order(number) => {
                if let Some(id) = pick(workers.iter().filter(|id| !self.fakes[id].orders.is_empty()), number) {
                    self.deliver_order(*id);
                }
            }
            Step::Report(number) => {
                if let Some(id) = pick(workers.iter().filter(|id| !self.fakes[id].reports.is_empty()), number) {
                    self.deliver_report(*id);
                }
            }
            Step::Lose(number) => {
                if let Some(id) = pick(workers, number) {
                    self.lose(id, number);
                }
            }
            Step::Join if workers.len() < 4 => self.join(),
            Step::Join => {}
            Step::Pause(number) => {
                if let Some(fake) = pick(workers, number).and_then(|id| self.fakes.get_mut(&id)) {
                    if number.is_multiple_of(3) {
                        fake.reports.push_back(Report::Orphaned { threads: number as u32 / 3 % 4 });
                        return;
                    }
                    fake.paused = !fake.paused;
                    fake.reports.push_back(if fake.paused { Report::Paused } else { Report::Resumed });
                }
            }
            Step::Drop(number) => {
                // A store loses a value, as by a corrupted spill file. (Not data: that comes past the worker's reports.)
                let definitions = &self.definitions;
                if let Some(fake) = pick(workers, number).and_then(|id| self.fakes.get_mut(&id))
                    && let Some(task) = pick(fake.store.clone(), number / 5)
                    && !definitions[task.index()].data
                {
                    self.dropped |= fake.store.remove(&task);
                }
            }
            Step::Garbage(number) => self.garbage(number),
            Step::Wait => {
                if let Some(due) = self.scheduler.next_timeout() {
                    self.now = self.now.max(due);
                    self.event(Event::TimePassed);
                }
            }
            Step::Piece(number) => self.piece(number as usize % CLIENTS as usize),
            Step::Retire(_) | Step::Go(_) | Step::Copies(_) | Step::Rebalance(_) => self.copies_step(step),
            step => self.client_step(step),
        }
    }

    /// Something that a client does.
    fn client_step(&mut self, step: Step) {
        let live: Vec<ClientId> = self.clients.iter().copied().collect();
        let client = |number: u16| live[number as usize % live.len()];
        match step {
            Step::Submit(number) => self.submit(client(number), number),
            Step::Release(number) => {
                if let Some((client, task)) = pick(self.told.keys().copied(), number) {
                    self.told.remove(&(client, task));
                    self.event(Event::KeysReleased { client, tasks: vec![task] });
                }
            }
            Step::Cancel(number) => {
                if let Some((client, task)) = pick(self.told.keys().copied(), number) {
                    self.event(Event::KeysCancelled { client, tasks: vec![task], force: number.is_multiple_of(3) });
                }
            }
            Step::Retry(number) => {
                let erred = self.told.iter().filter(|(_, told)| **told == Told::Erred).map(|(key, _)| *key);
                if let Some((client, task)) = pick(erred, number) {
                    self.event(Event::TasksRetried { client, tasks: vec![task] });
                }
            }
            Step::Want(number) => {
                let (client, task) = (client(number), self.ids[number as usize / 3 % KEYS]);
                if self.scheduler.state_of(task).is_some() {
                    self.told.entry((client, task)).or_insert(Told::Nothing);
                }
                self.event(Event::KeysWanted { client, tasks: vec![task] });
            }
            Step::Leave(number) => {
                let client = client(number);
                self.told.retain(|(other, _), _| *other != client);
                self.event(Event::ClientLeft { client });
                self.event(Event::ClientJoined { client });
                self.strip_wants(client);
            }
            _ => {}
        }
    }

    fn act_of_any(&mut self, number: u16, act: Act) {
        if let Some(id) = pick(self.fakes.keys().copied(), number) {
            self.act(id, number / 7, act);
        }
    }

    /// A worker goes, with all messages that it had not delivered.
    pub(super) fn lose(&mut self, id: WorkerId, number: u16) {
        self.ready.remove(&id);
        let Some(fake) = self.fakes.remove(&id) else { return };
        for report in fake.reports {
            if let Report::Failed { fault, .. } = report {
                self.faults.remove(&fault);
            }
        }
        let cause = match number % 3 {
            0 => LossCause::Retired,
            _ => LossCause::Died("boom".into()),
        };
        // Every other task that it had was under way.
        let attempts = fake.assigned.values().map(|assignment| assignment.attempt);
        let begun = match number % 5 {
            0 => Begun::Unknown,
            _ => Begun::These(attempts.filter(|attempt| attempt.0.is_multiple_of(2)).collect()),
        };
        self.event(Event::WorkerLost { worker: id, cause, begun });
    }

    fn garbage(&mut self, number: u16) {
        let client = ClientId(9);
        let task = TaskId::new(u32::from(number) % KEYS as u32, 1_000_000);
        let events = all_about(task, Attempt(u64::from(number)), WorkerId(1_000_000), client);
        let event = events[number as usize % events.len()].clone();
        if !matches!(event, Event::WorkerJoined { .. }) {
            self.event(event);
        }
    }
}
