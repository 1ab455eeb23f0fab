//! The clients' side: what they ask for, as messages to the scheduler.

use super::client::{Client, Part, PartTask, Say, Told};
use super::host::Stored;
use super::{Happening, Patience, World};
use crate::universe::{Number, Universe, value_of};
use partita_protocol::limits::PIECE_TASKS;
use partita_protocol::scheduler::{Event, NewTask, Piece};
use partita_protocol::{ClientId, TaskId, WorkerId, priority};

impl World {
    /// A client comes.
    pub fn add_client(&mut self) -> ClientId {
        let id = ClientId(self.clients.len() as u32);
        self.clients.push(Client::new(id));
        self.say(id, Say::Join);
        id
    }

    /// A client asks for results: it hands in their tasks and all that these depend on, in static order, in pieces.
    pub fn submit(&mut self, client: ClientId, outputs: &[Number]) {
        let numbers = self.universe.closure(outputs);
        let order = self.universe.static_order(&numbers);
        self.submit_in_order(client, outputs, order);
    }

    /// A client asks for results: it hands in these tasks, which are all that the results depend on, in this order, in
    /// pieces. Tasks that come before their dependencies are left out.
    pub fn submit_in_order(&mut self, client: ClientId, outputs: &[Number], order: Vec<Number>) {
        let universe = self.universe.clone();
        let mut ranks = vec![u32::MAX; universe.len()];
        let mut dependents = vec![0u32; order.len()];
        let order: Vec<Number> = keep_ordered(&universe, order, &mut ranks, &mut dependents);
        let me = &mut self.clients[client.0 as usize];
        me.submissions += 1;
        let submission = me.submissions;
        let mut is_wanted = vec![false; order.len()];
        for number in outputs.iter().filter(|number| ranks[**number as usize] != u32::MAX) {
            if !is_wanted[ranks[*number as usize] as usize] {
                me.ask([*number]);
            }
            is_wanted[ranks[*number as usize] as usize] = true;
        }
        let parts = order.chunks(PIECE_TASKS);
        let count = parts.len();
        for (at, chunk) in parts.enumerate() {
            let tasks = chunk.iter().map(|number| {
                let rank = ranks[*number as usize] as usize;
                let dependencies =
                    universe.definition(*number).dependencies.iter().map(|number| ranks[*number as usize]).collect();
                PartTask { number: *number, dependencies, dependents: dependents[rank], wanted: is_wanted[rank] }
            });
            let part = Part { submission, tasks: tasks.collect(), last: at + 1 == count };
            self.say(client, Say::Piece(part));
        }
    }

    /// A client no longer wants results.
    pub fn release(&mut self, client: ClientId, numbers: &[Number]) {
        let wants = &mut self.clients[client.0 as usize].wants;
        wants.retain(|number, _| !numbers.contains(number));
        self.say(client, Say::Release(numbers.to_vec()));
    }

    /// A client cancels results, for itself or for everyone.
    pub fn cancel(&mut self, client: ClientId, numbers: &[Number], force: bool) {
        let me = &mut self.clients[client.0 as usize];
        for number in numbers {
            me.wants.remove(number);
        }
        self.say(client, Say::Cancel(numbers.to_vec(), force));
    }

    /// A client asks to run failed tasks again, and waits for what comes of them.
    pub fn retry(&mut self, client: ClientId, numbers: &[Number]) {
        let wants = &mut self.clients[client.0 as usize].wants;
        for number in numbers {
            if let Some(told) = wants.get_mut(number).filter(|told| **told == Told::Erred) {
                *told = Told::Nothing;
            }
        }
        self.say(client, Say::Retry(numbers.to_vec()));
    }

    /// A client wants results that it knows of by others.
    pub fn want(&mut self, client: ClientId, numbers: &[Number]) {
        self.clients[client.0 as usize].ask(numbers.iter().copied());
        self.say(client, Say::Want(numbers.to_vec()));
    }

    /// A client puts data into a worker, in turn.
    pub fn scatter(&mut self, client: ClientId, numbers: &[Number]) {
        self.clients[client.0 as usize].ask(numbers.iter().copied());
        self.say(client, Say::Scatter(numbers.to_vec()));
    }

    /// A client asks that results are kept by so many workers.
    pub fn replicate(&mut self, client: ClientId, numbers: &[Number], copies: u32) {
        self.say(client, Say::Copies(numbers.to_vec(), copies));
    }

    /// A client leaves; what it said before still arrives.
    pub fn leave(&mut self, client: ClientId) {
        let me = &mut self.clients[client.0 as usize];
        me.wants.clear();
        if std::mem::replace(&mut me.is_here, false) {
            self.say(client, Say::Leave);
        }
    }

    fn say(&mut self, client: ClientId, say: Say) {
        let takes = self.latency();
        let time = self.clients[client.0 as usize].to_scheduler.arrival(self.now, takes);
        self.queue.push(time, Happening::Said(client, say));
    }

    /// What a client said arrives at the scheduler.
    pub(super) fn heard(&mut self, client: ClientId, say: Say) {
        match say {
            Say::Join => self.tell(Event::ClientJoined { client }),
            Say::Piece(part) => self.submitted(client, part),
            Say::Release(numbers) => {
                let tasks = self.ids_of(&numbers);
                self.tell(Event::KeysReleased { client, tasks });
            }
            Say::Cancel(numbers, force) => {
                let tasks = self.ids_of(&numbers);
                self.tell(Event::KeysCancelled { client, tasks, force });
            }
            Say::Retry(numbers) => {
                let tasks = self.ids_of(&numbers);
                self.tell(Event::TasksRetried { client, tasks });
            }
            Say::Want(numbers) => self.want_heard(client, &numbers),
            Say::Scatter(numbers) => self.scatter_heard(client, &numbers),
            Say::Copies(numbers, copies) => {
                let tasks = self.ids_of(&numbers);
                self.tell(Event::CopiesAsked { tasks, copies });
            }
            Say::Leave => self.client_gone(client),
        }
        self.send();
    }

    fn ids_of(&self, numbers: &[Number]) -> Vec<TaskId> {
        numbers.iter().map(|number| self.ids[*number as usize]).collect()
    }

    /// Only what is known can be wanted by name. What is not is not waited for.
    fn want_heard(&mut self, client: ClientId, numbers: &[Number]) {
        let is_known = |number: &Number| self.scheduler.state_of(self.ids[*number as usize]).is_some();
        let (known, unknown): (Vec<Number>, Vec<Number>) = numbers.iter().copied().partition(is_known);
        let tasks = self.ids_of(&known);
        self.accept(client, unknown, false);
        self.accept(client, known, true);
        self.tell(Event::KeysWanted { client, tasks });
    }

    /// The scheduler's shell takes data and hands it to workers in turn.
    fn scatter_heard(&mut self, client: ClientId, numbers: &[Number]) {
        self.generation += priority::GENERATION_STEP;
        let universe = self.universe.clone();
        let new = |(rank, number): (usize, &Number)| NewTask {
            task: self.ids[*number as usize],
            prefix: universe.definition(*number).prefix_id(),
            rank: rank as u32,
            dependents: 0,
            dependencies: 0..0,
            wanted: true,
            data: true,
            options: Patience::of(client).ask(universe.definition(*number).options.as_ref()),
        };
        let tasks: Vec<NewTask> = numbers.iter().enumerate().map(new).collect();
        let ids: Vec<TaskId> = tasks.iter().map(|task| task.task).collect();
        let piece = Piece { generation: self.generation, tasks, ..Piece::default() };
        self.accept(client, numbers.to_vec(), true);
        self.tell(Event::GraphSubmitted { client, piece });
        let known: Vec<WorkerId> = self.scheduler.workers().map(|view| view.worker).collect();
        for (id, number) in ids.into_iter().zip(numbers) {
            let nbytes = self.model.data_nbytes(*number);
            let worker = match known.len() {
                0 => WorkerId(u32::MAX),
                count => known[self.turn % count],
            };
            self.turn += 1;
            if !known.is_empty() {
                self.hand_over(worker, id, Stored { value: value_of(*number, []), nbytes });
            }
            self.tell(Event::DataScattered { worker, tasks: vec![(id, nbytes)] });
        }
    }

    /// Data goes to a worker behind the orders that were sent before.
    fn hand_over(&mut self, worker: WorkerId, task: TaskId, stored: Stored) {
        self.send();
        let takes = self.latency() + self.settings.network.travel(stored.nbytes);
        let now = self.now;
        if let Some(host) = self.hosts[worker.0 as usize].as_mut().filter(|host| host.hears) {
            let time = host.orders.arrival(now, takes);
            self.dispatch(time, Happening::Put(worker, vec![(task, stored)]));
        }
    }
}

/// The tasks whose dependencies come before them, with their ranks and how many others depend on each.
fn keep_ordered(universe: &Universe, order: Vec<Number>, ranks: &mut [u32], dependents: &mut [u32]) -> Vec<Number> {
    let mut kept = Vec::with_capacity(order.len());
    for number in order {
        let dependencies = &universe.definition(number).dependencies;
        if dependencies.iter().any(|number| ranks[*number as usize] == u32::MAX) {
            continue;
        }
        dependencies.iter().for_each(|number| dependents[ranks[*number as usize] as usize] += 1);
        ranks[number as usize] = kept.len() as u32;
        kept.push(number);
    }
    kept
}
