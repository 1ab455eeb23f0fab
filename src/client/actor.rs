//! The client's actor: hands graphs in piece by piece, and fills the futures' cells.

use super::link::ClientLink;
use super::scatter::ScatterOptions;
use super::sending::{SendPieces, Sending};
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message};
use parking_lot::Mutex;
use partita_collections::future::{Cell, State};
use partita_graph::{CheckedGraph, Key, Place, RunError, TaskOptions, Value};
use partita_protocol::message::{Delivery, News, Question, Scatter, ToClient, ToScheduler};
use partita_protocol::request::Request;
use partita_protocol::{ClientId, IdMap, Link, TaskId};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// A message to a client's actor.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum Mail {
    /// Run a graph; the ranks of the results that are wanted, ascending, and their cells.
    Submit { graph: CheckedGraph, wanted: Vec<(u32, Arc<Cell>)>, inside: Option<i64> },
    /// Put data into the cluster.
    Scatter(Vec<(Key, Value, Arc<Cell>)>, Place, ScatterOptions, TaskOptions),
    /// Fetch the values of finished results.
    Fetch(Vec<Arc<Cell>>),
    /// Results that nobody holds any longer wait in the client's list.
    ReleaseQueued,
    /// Cancel results.
    Cancel { cells: Vec<Arc<Cell>>, force: bool },
    /// Run failed tasks again.
    Retry(Vec<Arc<Cell>>),
    /// Keep results wanted until they ended, whoever drops them.
    Forget(Vec<Arc<Cell>>),
    /// Ask the scheduler.
    Ask(Question),
    /// Have the scheduler see to something, once all that was submitted is on its way.
    Request(Request),
    /// From the scheduler.
    News(ToClient),
    /// From a worker.
    Delivery(Delivery),
    /// The last handle is gone.
    Leave,
    /// The cluster is closed.
    End(RunError),
}

/// A result that the client wants.
pub(super) struct Slot {
    cell: Arc<Cell>,
    task: Option<TaskId>,
    /// Nobody holds its future any longer.
    released: bool,
    /// It stays wanted until it ended, although nobody holds it.
    pub(super) detached: bool,
    /// It is to be cancelled as soon as its task is known; for all clients if so.
    cancel: Option<bool>,
}

/// A client.
pub(crate) struct ClientActor {
    pub(super) id: ClientId,
    scheduler: Arc<dyn Link<ToScheduler>>,
    pub(super) slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_task: IdMap<TaskId, SmallVec<[u32; 1]>>,
    pub(super) sending: VecDeque<Sending>,
    pub(super) submissions: u64,
    pub(super) requests: Vec<Request>,
    /// Slots whose task's id is not known yet.
    pub(super) unaccepted: usize,
    /// Tasks that no slot wants any longer and of which the scheduler is not told yet, with what became of them.
    unwanted: IdMap<TaskId, State>,
    pub(super) ended: Option<RunError>,
    /// The last handle is gone; it ends when what was to go on has ended.
    leaving: bool,
    /// Results that nobody holds any longer, put there by the handles.
    released: Released,
}

/// The list in which handles put what they released.
pub(crate) type Released = Arc<Mutex<Vec<Arc<Cell>>>>;

impl ClientActor {
    pub(crate) fn new(id: ClientId, scheduler: Arc<dyn Link<ToScheduler>>, released: Released) -> Self {
        ClientActor {
            id,
            released,
            scheduler,
            slots: Vec::new(),
            free: Vec::new(),
            by_task: IdMap::default(),
            sending: VecDeque::new(),
            submissions: 0,
            requests: Vec::new(),
            unaccepted: 0,
            unwanted: IdMap::default(),
            ended: None,
            leaving: false,
        }
    }

    /// Writes to the scheduler; if it is gone, every pending future ends.
    pub(super) fn tell(&mut self, message: ToScheduler) {
        if self.scheduler.send(message).is_err() {
            self.end(RunError::Closed);
        }
    }

    pub(super) fn add_slot(&mut self, cell: Arc<Cell>) -> u32 {
        self.unaccepted += 1;
        let released = cell.is_released();
        let slot = Slot { cell: cell.clone(), task: None, released, detached: false, cancel: None };
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = Some(slot);
                number
            }
            None => {
                self.slots.push(Some(slot));
                self.slots.len() as u32 - 1
            }
        };
        cell.set_slot(number);
        number
    }

    fn slot(&mut self, cell: &Arc<Cell>) -> Option<(u32, &mut Slot)> {
        let number = cell.slot();
        let slot = self.slots.get_mut(number as usize)?.as_mut()?;
        Arc::ptr_eq(&slot.cell, cell).then_some((number, slot))
    }

    fn tasks_of(&mut self, cells: &[Arc<Cell>]) -> Vec<TaskId> {
        cells.iter().filter_map(|cell| self.slot(cell)?.1.task).collect()
    }

    fn scatter(&mut self, items: Vec<(Key, Value, Arc<Cell>)>, place: Place, to: ScatterOptions, options: TaskOptions) {
        if let Some(error) = &self.ended {
            items.iter().for_each(|(_, _, cell)| {
                cell.set(State::Ended(error.clone()));
            });
            return;
        }
        let items = items.into_iter().map(|(key, value, cell)| (key, value, self.add_slot(cell))).collect();
        let options = (!options.is_default()).then(|| Arc::new(options));
        let client = self.id;
        let ScatterOptions { workers, broadcast } = to;
        self.tell(ToScheduler::Scatter(Scatter { client, items, place, workers, broadcast, options }));
    }

    fn news(&mut self, news: ToClient, context: &mut Context<Self>) {
        match news {
            ToClient::Accepted(accepted) => {
                let fetch = accepted.into_iter().filter(|(number, task)| self.accepted(*number, *task));
                let fetch = fetch.map(|(_, task)| task).collect();
                self.fetch(fetch, context);
            }
            ToClient::Notices(notices) => {
                let mut fetch = Vec::new();
                for (task, news) in notices {
                    if self.notice(task, news) {
                        fetch.push(task);
                    }
                }
                self.fetch(fetch, context);
            }
            ToClient::HolderLost => {
                let due = self.slots.iter().flatten().filter(|slot| slot.cell.is_due());
                let due = due.filter_map(|slot| slot.task).collect();
                self.fetch(due, context);
            }
            ToClient::Ended(cause) => self.end(RunError::Failed { cause }),
        }
    }

    /// A result that the client wants has its id. True if its value is to be fetched at once.
    fn accepted(&mut self, number: u32, task: TaskId) -> bool {
        self.unaccepted -= 1;
        let Some(slot) = self.slots.get_mut(number as usize).and_then(Option::as_mut) else { return false };
        slot.task = Some(task);
        let (cell, released) = (slot.cell.clone(), slot.released && !slot.detached);
        let cancel = slot.cancel;
        let numbers = self.by_task.entry(task).or_default();
        let other = numbers.first().copied();
        numbers.push(number);
        if let Some(force) = cancel {
            self.tell(ToScheduler::Cancel { client: self.id, tasks: vec![task], force });
        }
        // What is known of the task already is told once, and was told to the other slot, or to one that is gone.
        let gone = self.unwanted.remove(&task);
        let known = other.and_then(|other| Some(self.slots[other as usize].as_ref()?.cell.state()));
        let known = match (known, gone) {
            // An error that nobody has any longer is no answer to somebody who asks anew.
            (None, Some(State::Erred(_))) => {
                self.tell(ToScheduler::Retry { client: self.id, tasks: vec![task] });
                None
            }
            (known, gone) => known.or(gone),
        };
        // One that was cancelled says nothing of a call that is made anew.
        let known = known.filter(|state| matches!(state, State::Finished | State::Erred(_)));
        let fetch = known.is_some_and(|state| cell.set(state));
        if released {
            self.drop_slot(number);
            return false;
        }
        fetch
    }

    /// Tells whoever waits; true if the value is wanted now.
    fn notice(&mut self, task: TaskId, news: News) -> bool {
        let numbers = self.by_task.get(&task).cloned().unwrap_or_default();
        let state = match news {
            News::InMemory { .. } => State::Finished,
            News::Lost => State::Pending,
            News::Erred(error) => State::Erred(error),
            News::Cancelled => State::Cancelled("a client cancelled it".into()),
        };
        if let Some(last) = self.unwanted.get_mut(&task) {
            *last = state.clone();
        }
        let over = !matches!(state, State::Pending);
        let mut fetch = false;
        for number in numbers {
            let Some(slot) = self.slots[number as usize].as_mut() else { continue };
            let cell = slot.cell.clone();
            if matches!(cell.state(), State::Cancelled(_)) {
                continue;
            }
            fetch |= cell.set(state.clone());
            if over && slot.detached && slot.released {
                self.drop_slot(number);
            }
        }
        fetch
    }

    /// Takes a slot away; if it was the last one for its task, the scheduler is told.
    fn drop_slot(&mut self, number: u32) {
        let Some(slot) = self.slots[number as usize].take() else { return };
        self.free.push(number);
        let Some(task) = slot.task else { return };
        let Some(numbers) = self.by_task.get_mut(&task) else { return };
        numbers.retain(|known| *known != number);
        if numbers.is_empty() {
            self.by_task.remove(&task);
            self.unwanted.insert(task, slot.cell.state());
        }
    }

    fn cancel(&mut self, cells: &[Arc<Cell>], force: bool) {
        let tasks = self.tasks_of(cells);
        for cell in cells {
            if let Some((_, slot)) = self.slot(cell)
                && slot.task.is_none()
            {
                slot.cancel = Some(force);
            }
        }
        self.tell(ToScheduler::Cancel { client: self.id, tasks, force });
    }

    /// The last handle is gone: everything is released but what was to go on without it.
    fn leave(&mut self) {
        self.leaving = true;
        self.withdraw();
        for number in 0..self.slots.len() as u32 {
            let Some(slot) = &mut self.slots[number as usize] else { continue };
            slot.released = true;
            if !(slot.detached && matches!(slot.cell.state(), State::Pending)) {
                self.drop_slot(number);
            }
        }
    }

    fn release(&mut self, cells: Vec<Arc<Cell>>) {
        for cell in cells {
            // One without a slot is still on its way here, and says itself that it is released.
            let Some((number, slot)) = self.slot(&cell) else { continue };
            slot.released = true;
            // Without a task its piece has not been accepted yet: it is released when it is.
            let pending = slot.detached && matches!(cell.state(), State::Pending);
            if slot.task.is_some() && !pending {
                self.drop_slot(number);
            }
        }
    }

    /// Tells the scheduler what is not wanted any longer. Not while a graph is under way: it may want the same again, and
    /// the scheduler may have taken that note already.
    fn tell_unwanted(&mut self) {
        if self.unaccepted == 0 && !self.unwanted.is_empty() {
            let (client, tasks) = (self.id, self.unwanted.drain().map(|(task, _)| task).collect());
            self.tell(ToScheduler::Release { client, tasks });
        }
    }

    fn fetch(&mut self, tasks: Vec<TaskId>, context: &mut Context<Self>) {
        if !tasks.is_empty() {
            let reply: Arc<dyn Link<Delivery>> = Arc::new(ClientLink(context.address()));
            self.tell(ToScheduler::Fetch { tasks, reply });
        }
    }

    fn delivered(&mut self, delivery: Delivery, context: &mut Context<Self>) {
        for (task, value) in delivery.found {
            for number in self.by_task.get(&task).into_iter().flatten() {
                if let Some(slot) = &self.slots[*number as usize] {
                    slot.cell.put(value.clone());
                }
            }
        }
        if !delivery.missing.is_empty() {
            let tasks = delivery.missing;
            self.tell(ToScheduler::NotThere { holder: delivery.holder, tasks: tasks.clone() });
            // Another worker may hold them; if none does, they are asked for when they are there again.
            self.fetch(tasks, context);
        }
    }

    /// Nothing more will come: every pending future ends with this error.
    fn end(&mut self, error: RunError) {
        let error = self.ended.get_or_insert(error).clone();
        let cells: Vec<Arc<Cell>> = self.slots.iter().flatten().map(|slot| slot.cell.clone()).collect();
        for cell in cells {
            cell.set(State::Ended(error.clone()));
        }
        self.sending.clear();
    }
}

impl Actor for ClientActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let link: Arc<dyn Link<ToClient>> = Arc::new(ClientLink(context.address()));
        let client = self.id;
        self.tell(ToScheduler::ClientJoined { client, link });
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.end(RunError::Closed);
    }
}

impl Handler<Mail> for ClientActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, context: &mut Self::Context) {
        match mail {
            Mail::Submit { graph, wanted, inside } => {
                let idle = self.sending.is_empty();
                self.submit(graph, wanted, inside);
                if idle && !self.sending.is_empty() {
                    context.spawn(SendPieces);
                }
            }
            Mail::Scatter(items, place, to, options) => self.scatter(items, place, to, options),
            Mail::Fetch(cells) => {
                let tasks = self.tasks_of(&cells);
                self.fetch(tasks, context);
            }
            Mail::ReleaseQueued => {
                let cells = std::mem::take(&mut *self.released.lock());
                self.release(cells);
            }
            Mail::Cancel { cells, force } => self.cancel(&cells, force),
            Mail::Retry(cells) => {
                let (client, tasks) = (self.id, self.tasks_of(&cells));
                let erred = cells.iter().filter(|cell| matches!(cell.state(), State::Erred(_)));
                erred.for_each(|cell| {
                    cell.set(State::Pending);
                });
                self.tell(ToScheduler::Retry { client, tasks });
            }
            Mail::Forget(cells) => {
                for cell in cells {
                    if let Some((_, slot)) = self.slot(&cell) {
                        slot.detached = true;
                    }
                }
            }
            Mail::Ask(question) => self.tell(ToScheduler::Ask(question)),
            Mail::Request(request) => self.requests.push(request),
            Mail::News(news) => self.news(news, context),
            Mail::Delivery(delivery) => self.delivered(delivery, context),
            Mail::Leave => self.leave(),
            Mail::End(error) => self.end(error),
        }
        self.send_requests();
        self.tell_unwanted();
        if self.leaving && self.slots.iter().all(Option::is_none) {
            self.tell(ToScheduler::ClientLeft { client: self.id });
            context.stop();
        }
    }
}
