//! The cluster's actor: its nannies, how many there are, and the way out.

use super::adapt::Adapting;
use super::builder::Builder;
use super::info::ClusterInfo;
use super::journal::JournalLink;
use super::processes::{Crib, Hall, Nursery};
use super::staff::{Done, Nanny, Place, Staff};
use crate::client::{ClientActor, Mail as ClientMail};
use crate::coordination::CoordinationLink;
use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message};
use parking_lot::Mutex;
use partita_collections::future::Cell;
use partita_graph::RunError;
use partita_profiler::ProfilerLink;
use partita_protocol::message::ToScheduler;
use partita_protocol::request::Adaptation;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::Batch;
use partita_protocol::threads::Threads;
use partita_protocol::{AdaptConfig, ClientId, Closed, Link, WorkerId};
use partita_scheduler::actor::SchedulerLink;
use partita_worker::actor::{Home, Parts};
use partita_worker::machine::Config;
use partita_worker::nanny::{Mail as NannyMail, NannyActor, NannyParts, Verdict};
use partita_worker::spill::SpillFolder;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

/// A message to the cluster's actor.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) enum Mail {
    /// Have these workers; told when all of them have started, or will not.
    Scale { infos: Vec<WorkerInfo>, done: Sender<()> },
    /// Have workers leave once nothing is lost with them.
    Retire { names: Vec<String>, done: Done },
    /// Replace these workers, or all, by new ones.
    Restart { names: Option<Vec<String>>, done: Done },
    /// Adapt the number of workers to the work, or no longer.
    Adapt(Option<AdaptConfig>),
    /// How many workers there should be.
    Adaptation(Adaptation),
    /// A new client.
    Join { released: Arc<Mutex<Vec<Arc<Cell>>>>, joined: Sender<(ClientId, Addr<ClientActor>)> },
    /// A nanny tells what became of her place.
    Verdict(Verdict),
    /// The scheduler failed.
    Failed(String),
    /// Have a worker panic.
    Panic { worker: String, message: String },
    /// End everything, for this reason; told when every worker has left, with how many threads were left behind.
    Close { closed: Sender<usize>, why: RunError },
}

/// The cluster.
pub(super) struct ClusterActor {
    pub(super) builder: Builder,
    pub(super) info: ClusterInfo,
    pub(super) scheduler: SchedulerLink,
    pub(super) profiler: ProfilerLink,
    /// Those of workers.
    pub(super) threads: Threads,
    pub(super) coordination: CoordinationLink,
    pub(super) garbage: Arc<dyn Link<Box<dyn Send>>>,
    pub(super) home: Home,
    pub(super) journal: Option<JournalLink>,
    /// Where worker processes come in, if workers are processes.
    pub(super) hall: Option<Arc<Hall>>,
    /// Where values go that do not fit into memory.
    pub(super) disk: Arc<SpillFolder>,
    pub(super) start: Instant,
    pub(super) next_worker: Arc<AtomicU32>,
    pub(super) nannies: BTreeMap<Arc<str>, Place>,
    /// Places that stay empty, and why.
    pub(super) given_up: BTreeMap<Arc<str>, (WorkerInfo, RunError)>,
    pub(super) clients: Vec<Addr<ClientActor>>,
    pub(super) next_client: u32,
    pub(super) closing: Option<(Sender<usize>, usize)>,
    /// Workers that were asked to leave and have not left yet.
    pub(super) leaving: usize,
    pub(super) staff: Staff,
    pub(super) adapting: Option<Adapting>,
}

impl ClusterActor {
    pub(super) fn hire(&mut self, info: WorkerInfo, context: &mut Context<Self>) {
        let number = self.staff.next_place();
        let nanny = match &self.hall {
            Some(hall) => {
                let nursery = Nursery {
                    scheduler: self.coordination.overhear(Arc::new(self.scheduler.clone())),
                    profiler: self.profiler.clone(),
                    records: self.builder.telemetry,
                    verdicts: ToCluster(context.address()),
                    next_worker: self.next_worker.clone(),
                    start: self.start,
                };
                Nanny::Process(Crib::start(hall, number, self.builder.settings(&info, &self.disk), nursery))
            }
            None => Nanny::Threads(self.nanny(number, &info, context)),
        };
        self.staff.starting.insert(info.name.clone());
        self.given_up.remove(&info.name);
        self.nannies.insert(info.name.clone(), Place { number, info, nanny });
    }

    /// The nanny of a worker that is threads of this process.
    fn nanny(&self, number: u64, info: &WorkerInfo, context: &mut Context<Self>) -> Addr<NannyActor> {
        let (builder, garbage, home, start) =
            (self.builder.clone(), self.garbage.clone(), self.home.clone(), self.start);
        let (journal, threads, disk) = (self.journal.clone(), self.threads.clone(), self.disk.clone());
        let profiler: Arc<dyn Link<Batch>> = Arc::new(self.profiler.clone());
        let listeners = self.profiler.listeners();
        let scheduler: Arc<dyn Link<ToScheduler>> = Arc::new(self.scheduler.clone());
        let (worker_scheduler, worker_info) = (scheduler.clone(), info.clone());
        let parts = move |id: WorkerId, nanny: Addr<NannyActor>| {
            let name = format!("partita-{}", worker_info.name);
            let executor = partita_worker::executor::Settings {
                stack_size: builder.stack_size,
                ..partita_worker::executor::Settings::new(name, worker_info.threads)
            };
            let resources = worker_info.resources.clone();
            let memory = builder.spill.limits(worker_info.memory_limit);
            let machine = Config { resources, memory, ..Config::new(worker_info.threads) };
            let ledger = journal.as_ref().and_then(|journal| journal.worker(id, &machine));
            Parts {
                id,
                machine,
                ledger,
                executor,
                start,
                home: home.clone(),
                scheduler: worker_scheduler.clone(),
                profiler: profiler.clone(),
                garbage: garbage.clone(),
                disk: disk.clone(),
                threads: threads.clone(),
                validate: builder.validate,
                record: builder.telemetry,
                listeners: listeners.clone(),
                grace: builder.close_grace,
                // A thread cannot be ended.
                runaways: None,
                process: None,
                on_death: Box::new(move |death| nanny.do_send(NannyMail::Died(id, death))),
            }
        };
        let next = self.next_worker.clone();
        NannyActor::new(NannyParts {
            place: number,
            info: info.clone(),
            next_id: Box::new(move || WorkerId(next.fetch_add(1, Ordering::Relaxed))),
            parts: Box::new(parts),
            scheduler: self.coordination.overhear(scheduler),
            verdicts: Arc::new(ToCluster(context.address())),
            profiler: self.builder.telemetry.then(|| Arc::new(self.profiler.clone()) as Arc<dyn Link<Batch>>),
            start,
        })
        .start()
    }

    pub(super) fn count(&self) {
        let workers = self.nannies.values().map(|place| &place.info);
        let threads = workers.clone().map(|info| info.threads).sum();
        let memory = workers.map(|info| info.memory_limit).sum();
        let count = self.nannies.len();
        self.info.change(|info| (info.workers, info.threads, info.memory) = (count, threads, memory));
    }

    fn join(&mut self, released: Arc<Mutex<Vec<Arc<Cell>>>>) -> (ClientId, Addr<ClientActor>) {
        let id = ClientId(self.next_client);
        self.next_client += 1;
        let scheduler = self.coordination.overhear(Arc::new(self.scheduler.clone()));
        let address = ClientActor::new(id, scheduler, released).start();
        self.clients.retain(Addr::connected);
        self.clients.push(address.clone());
        if self.nannies.is_empty()
            && let Some((_, error)) = self.given_up.values().next()
        {
            address.do_send(ClientMail::End(error.clone()));
        }
        (id, address)
    }

    fn verdict(&mut self, verdict: Verdict, context: &mut Context<Self>) {
        match verdict {
            Verdict::Restarted { .. } => {}
            Verdict::Started { name } => {
                self.staff.starting.remove(&name);
                self.tell_staffed();
            }
            // Another one may have the name by now.
            Verdict::GaveUp { place, .. } if !self.nannies.values().any(|other| other.number == place) => {}
            Verdict::GaveUp { name, deaths, window, cause, .. } => {
                let error = RunError::WorkersExhausted { worker: name.to_string(), deaths, window, cause };
                self.staff.starting.remove(&name);
                self.tell_staffed();
                if let Some(place) = self.nannies.remove(&name) {
                    self.given_up.insert(name, (place.info, error.clone()));
                }
                self.count();
                if self.nannies.is_empty() {
                    self.end(&error);
                }
            }
            Verdict::Dismissed { place } => self.dismissed(place),
            Verdict::Refused { place, name, nbytes } => self.refused(place, name, nbytes),
            Verdict::Left { place, abandoned, .. } => {
                self.dismissed(place);
                if let Some((_, left)) = &mut self.closing {
                    *left += abandoned;
                }
                self.leaving = self.leaving.saturating_sub(1);
                self.finish(context);
            }
        }
    }

    /// Every pending future ends with this error.
    fn end(&mut self, error: &RunError) {
        for client in &self.clients {
            client.do_send(ClientMail::End(error.clone()));
        }
        self.coordination.end(error.clone());
    }

    fn close(&mut self, closed: Sender<usize>, why: &RunError, context: &mut Context<Self>) {
        self.end(why);
        self.closing = Some((closed, 0));
        self.leaving += self.nannies.len();
        self.adapting = None;
        let going = std::mem::take(&mut self.staff.going).into_values();
        for place in std::mem::take(&mut self.nannies).into_values().chain(going) {
            place.nanny.do_send(NannyMail::Stop);
        }
        self.count();
        self.finish(context);
    }

    /// Ends when every worker has left.
    fn finish(&mut self, context: &mut Context<Self>) {
        if self.leaving == 0
            && let Some((closed, abandoned)) = self.closing.take()
        {
            closed.send(abandoned).ok();
            context.stop();
        }
    }
}

impl Actor for ClusterActor {
    type Context = Context<Self>;
}

impl Handler<Mail> for ClusterActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, context: &mut Self::Context) {
        match mail {
            Mail::Scale { infos, done } => {
                self.adapt(None, context);
                self.scale(infos, context);
                // Who asked and is gone need not be told.
                self.when_staffed(Box::new(move || {
                    done.send(()).ok();
                }));
            }
            Mail::Retire { names, done } => self.retire(&names, done),
            Mail::Restart { names: None, done } => self.restart(done, context),
            Mail::Restart { names: Some(names), done } => self.restart_these(&names, done, context),
            Mail::Adapt(config) => self.adapt(config, context),
            Mail::Adaptation(adaptation) => self.adapted(&adaptation, context),
            Mail::Join { released, joined } => drop(joined.send(self.join(released))),
            Mail::Verdict(verdict) => self.verdict(verdict, context),
            Mail::Failed(cause) => {
                let error = RunError::Failed { cause };
                self.info.end(&error);
                self.end(&error);
            }
            Mail::Panic { worker, message } => {
                if let Some(place) = self.nannies.get(worker.as_str()) {
                    place.nanny.do_send(NannyMail::Panic(message));
                }
            }
            Mail::Close { closed, why } => self.close(closed, &why, context),
        }
    }
}

/// The way to the cluster's actor.
pub(super) struct ToCluster(Addr<ClusterActor>);

impl Link<Verdict> for ToCluster {
    fn send(&self, verdict: Verdict) -> Result<(), Closed<Verdict>> {
        self.0.do_send(Mail::Verdict(verdict));
        Ok(())
    }
}
