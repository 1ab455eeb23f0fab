//! A worker's process, as the scheduler sees it: what is for it is written, what it says is read.

use super::lane::{Lane, Writes, pass};
use super::message::{Parcel, ToChild, ToParent};
use super::parcel::{SMALL, failure, pack, pack_one, unpack};
use bytes::Bytes;
use parking_lot::Mutex;
use partita_graph::{Fault, Value, Work, WorkWriter};
use partita_protocol::message::{Delivery, Failure, ToScheduler, ToWorker};
use partita_protocol::scheduler::Assignment;
use partita_protocol::telemetry::Batch;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Closed, FaultId, Link, TaskId, Time, WorkerId};
use partita_wire::limits::SEGMENTS;
use partita_wire::{Message, SendError, Sender};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

/// A worker's process.
pub(crate) struct RemoteWorker {
    worker: WorkerId,
    sender: Sender<ToChild>,
    scheduler: Arc<dyn Link<ToScheduler>>,
    profiler: Arc<dyn Link<Batch>>,
    writer: Mutex<WorkWriter>,
    open: Mutex<Open>,
    recent: Mutex<Recent>,
    lane: Lane,
    me: Weak<RemoteWorker>,
}

/// Small results that came with the news of them, the newest last.
#[derive(Default)]
struct Recent(VecDeque<(Parcel, Bytes)>);

/// How many of them are kept: whoever waits for one asks at once.
const RECENT: usize = 16;

impl Recent {
    fn add(&mut self, parcels: Vec<Parcel>, segments: Vec<Bytes>) {
        self.0.extend(parcels.into_iter().zip(segments));
        let excess = self.0.len().saturating_sub(RECENT);
        self.0.drain(..excess);
    }

    fn forget(&mut self, task: TaskId) {
        self.0.retain(|(parcel, _)| parcel.task != task);
    }

    /// These results, if all are here.
    fn take(&mut self, tasks: &[TaskId]) -> Option<Vec<(TaskId, Value)>> {
        let at = |task: &TaskId| self.0.iter().position(|(parcel, _)| parcel.task == *task);
        let places: Vec<usize> = tasks.iter().map(at).collect::<Option<_>>()?;
        let found = places.into_iter().filter_map(|at| self.0.get(at));
        Some(
            found
                .flat_map(|(parcel, bytes)| unpack(std::slice::from_ref(parcel), std::slice::from_ref(bytes)))
                .collect(),
        )
    }
}

/// What was asked of the process and not answered.
#[derive(Default)]
struct Open {
    last: u64,
    gets: FxHashMap<u64, Arc<dyn Link<Delivery>>>,
    records: FxHashMap<u64, Arc<dyn Send + Sync>>,
}

/// Orders that go out with one message.
#[derive(Default)]
struct Letter {
    orders: Vec<Order>,
    works: Vec<Bytes>,
    /// Large data at hand.
    apart: Vec<(Parcel, Bytes)>,
}

/// Whether a message could not be sent because the connection has ended.
pub(super) fn is_over(error: &SendError) -> bool {
    matches!(error, SendError::Ended | SendError::QueueFull { .. })
}

/// Of faults that are found on this side: no number of a worker's own has this bit.
const HERE: u64 = 1 << 39;

impl RemoteWorker {
    pub(crate) fn new(
        worker: WorkerId,
        sender: Sender<ToChild>,
        scheduler: Arc<dyn Link<ToScheduler>>,
        profiler: Arc<dyn Link<Batch>>,
    ) -> Arc<Self> {
        let (writer, open, recent, lane) = Default::default();
        Arc::new_cyclic(|me| {
            let me = me.clone();
            RemoteWorker { worker, sender, scheduler, profiler, writer, open, recent, lane, me }
        })
    }

    /// Ends the connection.
    pub(crate) fn close(&self) {
        self.sender.close();
    }

    /// Says something that has no segments.
    pub(crate) fn say(&self, message: &ToChild) {
        self.sent(self.sender.send(message, Vec::new()));
    }

    /// What could not be said since the connection has ended is as good as said to somebody who died then: its nanny will tell. One
    /// that lives would wait for it for ever: so it is given up.
    fn sent(&self, said: Result<(), SendError>) {
        if let Err(error) = said
            && !is_over(&error)
        {
            tracing::error!(worker = %self.worker, %error, "a worker's process cannot be told something, and is given up");
            self.close();
        }
    }

    fn number(&self, note: impl FnOnce(&mut Open, u64)) -> u64 {
        let mut open = self.open.lock();
        open.last += 1;
        let number = open.last;
        note(&mut open, number);
        number
    }

    /// Writes orders with their works; large data apart, without a copy where it can be lent. A task that cannot be written has
    /// failed; that was looked for when it was handed in, so this is the exception.
    fn order(&self, orders: Vec<Order>, works: Vec<Work>, patient: bool) {
        let mut works = works.into_iter();
        let mut letter = Letter::default();
        for order in orders {
            if let Order::Free { task } = &order {
                self.recent.lock().forget(*task);
            }
            let Order::Compute(assignment) = &order else {
                letter.orders.push(order);
                continue;
            };
            let written = match works.next() {
                None => continue,
                Some(Work::Value(value)) if value.nbytes() > SMALL => {
                    pack_one(assignment.task, &value).map(|lent| letter.apart.push(lent))
                }
                Some(work) => match work.write(&mut self.writer.lock()) {
                    Ok(bytes) => {
                        letter.works.push(bytes.into());
                        Ok(())
                    }
                    Err(error) => Err(error.to_string()),
                },
            };
            match written {
                Ok(()) => letter.orders.push(order),
                Err(why) => self.unwritten(assignment, why),
            }
            if letter.works.len() + letter.apart.len() == SEGMENTS {
                self.post(std::mem::take(&mut letter), patient);
            }
        }
        self.post(letter, patient);
    }

    /// Sends what fits into one message. If it is refused, its tasks have failed, and the rest is said without them.
    fn post(&self, letter: Letter, patient: bool) {
        let Letter { orders, works: mut segments, apart } = letter;
        if orders.is_empty() {
            return;
        }
        if patient {
            self.sender.wait_for_room();
        }
        let (parcels, lent): (Vec<_>, Vec<_>) = apart.into_iter().unzip();
        segments.extend(lent);
        let message = ToChild::Orders(orders, parcels);
        let Err(error) = self.sender.send(&message, segments) else { return };
        let ToChild::Orders(orders, _) = message else { return };
        if is_over(&error) {
            return;
        }
        // What stood in it for the first time is not there.
        self.writer.lock().forget_all();
        let (computes, orders): (Vec<_>, Vec<_>) =
            orders.into_iter().partition(|order| matches!(order, Order::Compute(_)));
        for order in computes {
            if let Order::Compute(assignment) = order {
                self.unwritten(&assignment, error.to_string());
            }
        }
        self.say(&ToChild::Orders(orders, Vec::new()));
    }

    /// Tells that a task failed since what it does cannot be written.
    fn unwritten(&self, assignment: &Assignment, why: String) {
        let fault = FaultId((u64::from(self.worker.0) << 40) | HERE | assignment.attempt.0);
        let (task, attempt, now) = (assignment.task, assignment.attempt, Time::ZERO);
        let report = Report::Failed { task, attempt, fault, retry: false, started: now, stopped: now };
        let failures = vec![(fault, Failure::of(Fault::failed(why)))];
        self.scheduler.send(ToScheduler::Reported { worker: self.worker, reports: vec![report], failures }).ok();
    }

    /// Asks for values, if they did not come with the news of them. Many are answered by several messages.
    fn get(&self, tasks: Vec<TaskId>, reply: &Arc<dyn Link<Delivery>>) {
        let recent = if tasks.len() <= RECENT { self.recent.lock().take(&tasks) } else { None };
        if let Some(found) = recent {
            // Who asked and is gone needs no answer.
            reply.send(Delivery { holder: self.worker, found, missing: Vec::new() }).ok();
            return;
        }
        for tasks in tasks.chunks(SEGMENTS) {
            let request = self.number(|open, number| drop(open.gets.insert(number, reply.clone())));
            self.say(&ToChild::Get { request, tasks: tasks.to_vec() });
        }
    }

    /// Puts values into its store.
    fn put(&self, values: &[(TaskId, Value)], patient: bool) {
        for values in values.chunks(SEGMENTS) {
            if patient {
                self.sender.wait_for_room();
            }
            let (parcels, segments) = pack(values);
            self.sent(self.sender.send(&ToChild::Put(parcels), segments));
        }
    }

    /// What the process says. Some of it is for the nanny: that is given back.
    pub(crate) fn heard(self: &Arc<Self>, message: Message<ToParent>) -> Option<ToParent> {
        let Message { head, segments } = message;
        match head {
            ToParent::Reported { reports, failures, results } => {
                if !results.is_empty() {
                    self.recent.lock().add(results, segments);
                }
                let failures = failures.into_iter().map(|(fault, broken)| (fault, failure(broken))).collect();
                self.scheduler.send(ToScheduler::Reported { worker: self.worker, reports, failures }).ok();
            }
            ToParent::Delivery { request, found, missing } => {
                let reply = self.open.lock().gets.remove(&request)?;
                let holder = self.worker;
                let nbytes: usize = segments.iter().map(Bytes::len).sum();
                let deliver = move || {
                    let found = unpack(&found, &segments);
                    // Who asked and is gone needs no answer.
                    reply.send(Delivery { holder, found, missing }).ok();
                };
                if nbytes > SMALL {
                    tokio::task::spawn_blocking(deliver);
                } else {
                    deliver();
                }
            }
            ToParent::Unread => self.writer.lock().forget_all(),
            ToParent::Records(batch) => drop(self.profiler.send(batch)),
            ToParent::RecordsDone(number) => drop(self.open.lock().records.remove(&number)),
            other => return Some(other),
        }
        None
    }
}

impl Writes for RemoteWorker {
    fn lane(&self) -> &Lane {
        &self.lane
    }

    fn write(&self, message: ToWorker, patient: bool) {
        if self.sender.has_ended() {
            return;
        }
        match message {
            ToWorker::Orders { orders, works } => self.order(orders, works, patient),
            ToWorker::Get { tasks, reply } => self.get(tasks, &reply),
            ToWorker::Put { values } => self.put(&values, patient),
            ToWorker::PeerJoined { peer, .. } => self.say(&ToChild::PeerJoined(peer)),
            ToWorker::Records(done) => {
                let number = self.number(|open, number| drop(open.records.insert(number, done)));
                self.say(&ToChild::Records(number));
            }
            ToWorker::Leave => self.say(&ToChild::Leave),
            ToWorker::Panic(message) => self.say(&ToChild::Panic(message)),
        }
    }

    fn broken(&self) {
        tracing::error!(worker = %self.worker, "writing for a worker's process panicked, which ends the connection");
        self.close();
    }
}

impl Link<ToWorker> for RemoteWorker {
    fn send(&self, message: ToWorker) -> Result<(), Closed<ToWorker>> {
        match self.me.upgrade() {
            Some(me) if !self.sender.has_ended() => {
                pass(&me, message);
                Ok(())
            }
            _ => Err(Closed(message)),
        }
    }
}
