//! Making a move.

use super::board::Board;
use super::moves::Move;
use super::site::{Answer, RunId, Said, Sent};
use crate::universe::{Number, value_of};
use crate::world::Told;
use partita_protocol::priority::GENERATION_STEP;
use partita_protocol::scheduler::{Event, NewTask, Piece};
use partita_protocol::worker::{self, Outcome};
use partita_protocol::{Begun, ClientId, FaultId, LossCause, Resources, TaskId, WorkerId};

impl Board {
    /// Makes a move; false if there is nothing to move.
    pub fn play(&mut self, step: &Move) -> bool {
        self.causes += u32::from(step.is_cause() || self.is_asked_again(step));
        match step {
            Move::Join(threads) => {
                self.add_worker(*threads, Resources::default());
            }
            Move::Submit(client, outputs) => self.submit(*client, outputs),
            Move::Want(client, numbers) => self.want(*client, numbers),
            Move::Release(client, numbers) => self.release(*client, numbers),
            Move::Cancel(client, numbers, force) => {
                self.tell(Event::KeysCancelled { client: *client, tasks: self.ids_of(numbers), force: *force });
            }
            Move::Retry(client, numbers) => self.retry(*client, numbers),
            Move::Scatter(client, worker, number) => self.scatter(*client, *worker, *number),
            Move::Leave(client) => self.leave(*client),
            Move::Copies(numbers, copies) => {
                self.tell(Event::CopiesAsked { tasks: self.ids_of(numbers), copies: *copies });
            }
            Move::Rebalance => self.tell(Event::RebalanceAsked { workers: Vec::new() }),
            Move::Retire(worker) => {
                self.retiring.insert(*worker);
                self.tell(Event::RetirementAsked { worker: *worker });
            }
            Move::Tick => return self.tick(),
            Move::Tell(event) => self.tell(event.clone()),
            other => return self.play_worker(other),
        }
        true
    }

    /// Whether a client asks for something that was computed before, and may have been let go since.
    fn is_asked_again(&self, step: &Move) -> bool {
        let Move::Submit(_, outputs) = step else { return false };
        self.universe.closure(outputs).into_iter().any(|number| self.runs_of(number) > 0)
    }

    /// A move of a worker, or between workers.
    fn play_worker(&mut self, step: &Move) -> bool {
        match step {
            Move::Order(worker) => {
                let sent = self.sites.get_mut(worker).and_then(|site| site.inbox.pop_front());
                sent.map(|sent| self.arrive_at(*worker, sent)).is_some()
            }
            Move::Report(worker) => {
                let said = self.said.get_mut(worker).and_then(|said| said.pop_front());
                said.map(|said| self.hear(*worker, said)).is_some()
            }
            Move::Finish(worker, task, attempt) => self.end_run(*worker, (*task, *attempt), End::Value),
            Move::Fail(worker, task, attempt) => self.end_run(*worker, (*task, *attempt), End::Error),
            Move::Reschedule(worker, task, attempt) => self.end_run(*worker, (*task, *attempt), End::Reschedule),
            Move::Secede(worker, task, attempt) => {
                self.inform(*worker, worker::Event::Seceded { task: *task, attempt: *attempt });
                true
            }
            Move::Serve(asker, peer) => self.serve(*asker, *peer),
            Move::Arrive(asker, peer) => self.arrive(*asker, *peer),
            Move::Break(asker, peer) => {
                let is_asked = self.sites.get(asker).is_some_and(|site| site.transfers.contains_key(peer));
                self.give_up(*asker, *peer);
                is_asked
            }
            other => self.play_fault(other),
        }
    }

    fn play_fault(&mut self, step: &Move) -> bool {
        match step {
            Move::Kill(worker) => {
                let lives = self.sites.contains_key(worker);
                self.end(*worker, LossCause::Died("killed".into()));
                lives
            }
            Move::Hush(worker) => {
                let said = self.said.get_mut(worker);
                said.map(|said| said.retain(|said| matches!(said, Said::Lost(..)))).is_some()
            }
            Move::Declare(worker, cause) => {
                let mut begun = Begun::Unknown;
                if let Some(site) = self.sites.get_mut(worker) {
                    site.hears = false;
                    begun = site.begun();
                }
                self.tell(Event::WorkerLost { worker: *worker, cause: cause.clone(), begun });
                true
            }
            Move::Pause(worker) => self.wake(*worker, worker::Event::MemoryFilled),
            Move::Resume(worker) => self.wake(*worker, worker::Event::MemoryFreed),
            Move::WorkerTick(worker) => {
                let due = self.sites.get(worker).and_then(|site| site.machine.next_timeout());
                self.now = self.now.max(due.unwrap_or(self.now));
                due.is_some() && self.wake(*worker, worker::Event::TimePassed)
            }
            Move::Lose(worker, task) => {
                self.sites.get_mut(worker).is_some_and(|site| site.store.remove(task).is_some())
            }
            Move::Command(worker, order) => {
                let site = self.sites.get_mut(worker);
                site.map(|site| site.inbox.push_back(Sent::Order(order.clone()))).is_some()
            }
            _ => false,
        }
    }

    fn wake(&mut self, worker: WorkerId, event: worker::Event) -> bool {
        self.inform(worker, event);
        self.sites.contains_key(&worker)
    }

    fn tick(&mut self) -> bool {
        let Some(due) = self.scheduler.next_timeout() else { return false };
        self.now = self.now.max(due);
        self.tell(Event::TimePassed);
        true
    }

    fn ids_of(&self, numbers: &[Number]) -> Vec<TaskId> {
        numbers.iter().filter_map(|number| self.ids.get(*number as usize).copied()).collect()
    }

    /// A client hands in the tasks of these results and all that they depend on, dependencies first, in one piece.
    fn submit(&mut self, client: ClientId, outputs: &[Number]) {
        let numbers = self.universe.closure(outputs);
        if let Some(wants) = self.clients.get_mut(client.0 as usize) {
            outputs.iter().for_each(|number| {
                wants.entry(*number).or_insert(Told::Nothing);
            });
        }
        self.generation += GENERATION_STEP;
        let mut piece = Piece { generation: self.generation, ..Piece::default() };
        let universe = self.universe.clone();
        for (rank, number) in numbers.iter().enumerate() {
            let definition = universe.definition(*number);
            let start = piece.dependencies.len() as u32;
            piece.dependencies.extend(self.ids_of(&definition.dependencies));
            let depends = |other: &&Number| universe.definition(**other).dependencies.contains(number);
            piece.tasks.push(NewTask {
                task: self.ids[*number as usize],
                prefix: definition.prefix_id(),
                rank: rank as u32,
                dependents: numbers.iter().filter(depends).count() as u32,
                dependencies: start..piece.dependencies.len() as u32,
                wanted: outputs.contains(number),
                data: definition.data,
                options: definition.options.clone(),
            });
        }
        self.tell(Event::GraphSubmitted { client, piece });
    }

    fn want(&mut self, client: ClientId, numbers: &[Number]) {
        for number in numbers {
            let id = self.id_of(*number);
            if self.scheduler.state_of(id).is_some()
                && let Some(wants) = self.clients.get_mut(client.0 as usize)
            {
                wants.entry(*number).or_insert(Told::Nothing);
            }
        }
        self.tell(Event::KeysWanted { client, tasks: self.ids_of(numbers) });
    }

    fn release(&mut self, client: ClientId, numbers: &[Number]) {
        if let Some(wants) = self.clients.get_mut(client.0 as usize) {
            wants.retain(|number, _| !numbers.contains(number));
        }
        self.tell(Event::KeysReleased { client, tasks: self.ids_of(numbers) });
    }

    /// Failed tasks run again: what was told of them, and of the failed tasks that they depend on, counts no longer.
    fn retry(&mut self, client: ClientId, numbers: &[Number]) {
        for number in self.universe.closure(numbers) {
            if self.scheduler.failure(self.id_of(number)).is_some() {
                let wants = self.clients.iter_mut().filter_map(|wants| wants.get_mut(&number));
                wants.for_each(|told| *told = Told::Nothing);
            }
        }
        // Nor of those that went on for others when the client's deadline passed.
        for number in numbers {
            let told = self.clients.get_mut(client.0 as usize).and_then(|wants| wants.get_mut(number));
            if let Some(told) = told.filter(|told| **told == Told::Erred) {
                *told = Told::Nothing;
            }
        }
        self.tell(Event::TasksRetried { client, tasks: self.ids_of(numbers) });
    }

    fn scatter(&mut self, client: ClientId, worker: WorkerId, number: Number) {
        if let Some(wants) = self.clients.get_mut(client.0 as usize) {
            wants.entry(number).or_insert(Told::Nothing);
        }
        self.generation += GENERATION_STEP;
        let task = self.id_of(number);
        let definition = self.universe.definition(number);
        let new = NewTask {
            task,
            prefix: definition.prefix_id(),
            rank: 0,
            dependents: 0,
            dependencies: 0..0,
            wanted: true,
            data: true,
            options: definition.options.clone(),
        };
        let piece = Piece { generation: self.generation, tasks: vec![new], ..Piece::default() };
        self.tell(Event::GraphSubmitted { client, piece });
        if let Some(site) = self.sites.get_mut(&worker).filter(|site| site.hears) {
            site.inbox.push_back(Sent::Put(task, value_of(number, [])));
        }
        let nbytes = self.size(task);
        self.tell(Event::DataScattered { worker, tasks: vec![(task, nbytes)] });
    }

    fn leave(&mut self, client: ClientId) {
        if let Some(wants) = self.clients.get_mut(client.0 as usize) {
            wants.clear();
        }
        self.tell(Event::ClientLeft { client });
    }

    fn end_run(&mut self, worker: WorkerId, run: RunId, end: End) -> bool {
        let (started, stopped) = (self.now, self.now + self.rules.duration);
        let nbytes = self.size(run.0);
        let Some(site) = self.sites.get_mut(&worker) else { return false };
        let Some(inputs) = site.runs.remove(&run) else { return false };
        let (task, attempt) = run;
        let outcome = match end {
            End::Value => {
                site.result = Some((run, value_of(task.index() as Number, inputs)));
                Outcome::Value { nbytes }
            }
            End::Error => {
                self.next_fault += 1;
                Outcome::Error { fault: FaultId(self.next_fault) }
            }
            End::Reschedule => Outcome::Reschedule,
        };
        self.inform(worker, worker::Event::Executed { task, attempt, outcome, started, stopped });
        true
    }

    /// A worker looks into its store for another.
    fn serve(&mut self, asker: WorkerId, peer: WorkerId) -> bool {
        let Some(store) = self.sites.get(&peer).map(|site| &site.store) else { return false };
        let transfer = self.sites.get(&asker).and_then(|site| site.transfers.get(&peer));
        let Some(transfer) = transfer.filter(|transfer| transfer.answer.is_none()) else { return false };
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for task in &transfer.tasks {
            match store.get(task) {
                Some(value) => found.push((*task, *value)),
                None => missing.push(*task),
            }
        }
        if !missing.is_empty() {
            self.inform(peer, worker::Event::Vanished { tasks: missing.clone() });
        }
        let transfer = self.sites.get_mut(&asker).and_then(|site| site.transfers.get_mut(&peer));
        transfer.map(|transfer| transfer.answer = Some(Answer { found, missing })).is_some()
    }

    /// An answer arrives.
    fn arrive(&mut self, asker: WorkerId, peer: WorkerId) -> bool {
        let Some(site) = self.sites.get_mut(&asker) else { return false };
        let Some(Answer { found, missing }) = site.transfers.get_mut(&peer).and_then(|transfer| transfer.answer.take())
        else {
            return false;
        };
        site.transfers.remove(&peer);
        let sizes = found.iter().map(|(task, _)| (*task, self.size(*task))).collect();
        for (task, value) in found {
            self.keep(asker, task, value);
        }
        self.inform(asker, worker::Event::Gathered { peer, found: sizes, missing });
        true
    }
}

/// How a run ends.
#[derive(Clone, Copy)]
enum End {
    Value,
    Error,
    Reschedule,
}
