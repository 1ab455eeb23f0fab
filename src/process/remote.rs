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
use partita_wire::{Message, Sender};
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

    /// Says something that has no segments; whether it could be said.
    pub(crate) fn say(&self, message: &ToChild) -> bool {
        self.sender.send(message, Vec::new()).is_ok()
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
    fn order(&self, orders: Vec<Order>, works: Vec<Work>) -> bool {
        let mut works = works.into_iter();
        let (mut sent, mut segments) = (Vec::with_capacity(orders.len()), Vec::new());
        let (mut apart, mut lent) = (Vec::new(), Vec::new());
        let mut writer = self.writer.lock();
        for order in orders {
            if let Order::Free { task } = &order {
                self.recent.lock().forget(*task);
            }
            let Order::Compute(assignment) = &order else {
                sent.push(order);
                continue;
            };
            let written = match works.next() {
                None => continue,
                Some(Work::Value(value)) if value.nbytes() > SMALL => {
                    pack_one(assignment.task, &value).map(|(parcel, bytes)| {
                        apart.push(parcel);
                        lent.push(bytes);
                    })
                }
                Some(work) => {
                    work.write(&mut writer).map(|bytes| segments.push(bytes.into())).map_err(|error| error.to_string())
                }
            };
            match written {
                Ok(()) => sent.push(order),
                Err(why) => self.unwritten(assignment, why),
            }
        }
        segments.append(&mut lent);
        self.sender.send(&ToChild::Orders(sent, apart), segments).is_ok()
    }

    /// Tells that a task failed since what it does cannot be written.
    fn unwritten(&self, assignment: &Assignment, why: String) {
        let fault = FaultId((u64::from(self.worker.0) << 40) | HERE | assignment.attempt.0);
        let (task, attempt, now) = (assignment.task, assignment.attempt, Time::ZERO);
        let report = Report::Failed { task, attempt, fault, retry: false, started: now, stopped: now };
        let failures = vec![(fault, Failure::of(Fault::failed(why)))];
        self.scheduler.send(ToScheduler::Reported { worker: self.worker, reports: vec![report], failures }).ok();
    }

    /// Asks for values, if they did not come with the news of them.
    fn get(&self, tasks: Vec<TaskId>, reply: Arc<dyn Link<Delivery>>) -> bool {
        let recent = if tasks.len() <= RECENT { self.recent.lock().take(&tasks) } else { None };
        if let Some(found) = recent {
            // Who asked and is gone needs no answer.
            reply.send(Delivery { holder: self.worker, found, missing: Vec::new() }).ok();
            return true;
        }
        let request = self.number(|open, number| drop(open.gets.insert(number, reply)));
        self.say(&ToChild::Get { request, tasks })
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

    fn write(&self, message: ToWorker) {
        let said = match message {
            ToWorker::Orders { orders, works } => self.order(orders, works),
            ToWorker::Get { tasks, reply } => self.get(tasks, reply),
            ToWorker::Put { values } => {
                let (parcels, segments) = pack(&values);
                self.sender.send(&ToChild::Put(parcels), segments).is_ok()
            }
            ToWorker::PeerJoined { peer, .. } => self.say(&ToChild::PeerJoined(peer)),
            ToWorker::Records(done) => {
                let number = self.number(|open, number| drop(open.records.insert(number, done)));
                self.say(&ToChild::Records(number))
            }
            ToWorker::Leave => self.say(&ToChild::Leave),
            ToWorker::Panic(message) => self.say(&ToChild::Panic(message)),
        };
        // What could not be said is as good as said to somebody who died then: its nanny will tell.
        if !said {
            tracing::debug!(worker = %self.worker, "a worker's process was told something and did not hear it");
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
            Some(me) if !self.sender.has_ended() => Ok(pass(&me, message)),
            _ => Err(Closed(message)),
        }
    }
}
