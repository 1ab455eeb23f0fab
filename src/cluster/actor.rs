//! The cluster's actor: its nannies, how many there are, and the way out.

use super::builder::Builder;
use super::info::ClusterInfo;
use crate::client::{ClientActor, Mail as ClientMail};
use crate::coordination::CoordinationLink;
use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message};
use parking_lot::Mutex;
use partita_collections::future::Cell;
use partita_graph::RunError;
use partita_profiler::ProfilerLink;
use partita_protocol::message::ToScheduler;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::Batch;
use partita_protocol::{ClientId, Closed, Link, WorkerId};
use partita_scheduler::actor::SchedulerLink;
use partita_worker::actor::{Home, Parts};
use partita_worker::machine::Config;
use partita_worker::nanny::{Mail as NannyMail, NannyActor, NannyParts, Verdict};
use std::collections::{BTreeMap, BTreeSet};
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
    /// A new client.
    Join { released: Arc<Mutex<Vec<Arc<Cell>>>>, joined: Sender<(ClientId, Addr<ClientActor>)> },
    /// A nanny tells what became of her place.
    Verdict(Verdict),
    /// The scheduler failed.
    Failed(String),
    /// Have a worker panic.
    Panic { worker: String, message: String },
    /// End everything; told when every worker has left, with how many threads were left behind.
    Close { closed: Sender<usize> },
}

/// The cluster.
pub(super) struct ClusterActor {
    pub(super) builder: Builder,
    pub(super) info: ClusterInfo,
    pub(super) scheduler: SchedulerLink,
    pub(super) profiler: ProfilerLink,
    pub(super) coordination: CoordinationLink,
    pub(super) garbage: Arc<dyn Link<Box<dyn Send>>>,
    pub(super) home: Home,
    pub(super) start: Instant,
    pub(super) next_worker: Arc<AtomicU32>,
    pub(super) nannies: BTreeMap<Arc<str>, (WorkerInfo, Addr<NannyActor>)>,
    /// Places that stay empty, and why.
    pub(super) given_up: BTreeMap<Arc<str>, RunError>,
    pub(super) clients: Vec<Addr<ClientActor>>,
    pub(super) next_client: u32,
    pub(super) closing: Option<(Sender<usize>, usize)>,
    /// Workers that were asked to leave and have not left yet.
    pub(super) leaving: usize,
    /// Workers that were hired and have not started.
    pub(super) starting: BTreeSet<Arc<str>>,
    /// Who waits for them.
    pub(super) scaled: Vec<Sender<()>>,
}

impl ClusterActor {
    fn hire(&mut self, info: WorkerInfo, context: &mut Context<Self>) {
        let (builder, garbage, home, start) =
            (self.builder.clone(), self.garbage.clone(), self.home.clone(), self.start);
        let profiler: Arc<dyn Link<Batch>> = Arc::new(self.profiler.clone());
        let scheduler: Arc<dyn Link<ToScheduler>> = Arc::new(self.scheduler.clone());
        let (worker_scheduler, worker_info) = (scheduler.clone(), info.clone());
        let parts = move |id: WorkerId, nanny: Addr<NannyActor>| {
            let name = format!("partita-{}", worker_info.name);
            let executor = partita_worker::executor::Settings {
                stack_size: builder.stack_size,
                ..partita_worker::executor::Settings::new(name, worker_info.threads)
            };
            Parts {
                id,
                machine: Config::new(worker_info.threads),
                executor,
                start,
                home: home.clone(),
                scheduler: worker_scheduler.clone(),
                profiler: profiler.clone(),
                garbage: garbage.clone(),
                validate: builder.validate,
                record: builder.telemetry,
                grace: builder.close_grace,
                on_death: Box::new(move |death| nanny.do_send(NannyMail::Died(id, death))),
            }
        };
        let next = self.next_worker.clone();
        let nanny = NannyActor::new(NannyParts {
            info: info.clone(),
            next_id: Box::new(move || WorkerId(next.fetch_add(1, Ordering::Relaxed))),
            parts: Box::new(parts),
            scheduler: self.coordination.overhear(scheduler),
            verdicts: Arc::new(ToCluster(context.address())),
            start,
        });
        self.starting.insert(info.name.clone());
        self.nannies.insert(info.name.clone(), (info, nanny.start()));
    }

    /// Tells whoever asked for workers, once none is starting any longer.
    fn tell_scaled(&mut self) {
        if self.starting.is_empty() {
            // Who asked and is gone need not be told.
            self.scaled.drain(..).for_each(|done| {
                done.send(()).ok();
            });
        }
    }

    fn scale(&mut self, infos: Vec<WorkerInfo>, context: &mut Context<Self>) {
        let names: Vec<Arc<str>> = infos.iter().map(|info| info.name.clone()).collect();
        let gone: Vec<Arc<str>> = self.nannies.keys().filter(|name| !names.contains(name)).cloned().collect();
        for name in gone {
            if let Some((_, nanny)) = self.nannies.remove(&name) {
                self.starting.remove(&name);
                self.leaving += 1;
                nanny.do_send(NannyMail::Stop);
            }
        }
        for info in infos {
            if !self.nannies.contains_key(&info.name) {
                self.hire(info, context);
            }
        }
        self.count();
    }

    fn count(&self) {
        let workers = self.nannies.values().map(|(info, _)| info);
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
            && let Some(error) = self.given_up.values().next()
        {
            address.do_send(ClientMail::End(error.clone()));
        }
        (id, address)
    }

    fn verdict(&mut self, verdict: Verdict, context: &mut Context<Self>) {
        match verdict {
            Verdict::Restarted { .. } => {}
            Verdict::Started { name } => {
                self.starting.remove(&name);
                self.tell_scaled();
            }
            Verdict::GaveUp { name, deaths, window, cause } => {
                let error = RunError::WorkersExhausted { worker: name.to_string(), deaths, window, cause };
                self.nannies.remove(&name);
                self.starting.remove(&name);
                self.tell_scaled();
                self.given_up.insert(name, error.clone());
                self.count();
                if self.nannies.is_empty() {
                    self.end(&error);
                }
            }
            Verdict::Left { abandoned, .. } => {
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

    fn close(&mut self, closed: Sender<usize>, context: &mut Context<Self>) {
        self.end(&RunError::Closed);
        self.closing = Some((closed, 0));
        self.leaving += self.nannies.len();
        for (_, nanny) in std::mem::take(&mut self.nannies).into_values() {
            nanny.do_send(NannyMail::Stop);
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
                self.scale(infos, context);
                self.scaled.push(done);
                self.tell_scaled();
            }
            Mail::Join { released, joined } => drop(joined.send(self.join(released))),
            Mail::Verdict(verdict) => self.verdict(verdict, context),
            Mail::Failed(cause) => self.end(&RunError::Failed { cause }),
            Mail::Panic { worker, message } => {
                if let Some((_, nanny)) = self.nannies.get(worker.as_str()) {
                    nanny.do_send(NannyMail::Panic(message));
                }
            }
            Mail::Close { closed } => self.close(closed, context),
        }
    }
}

/// The way to the cluster's actor.
struct ToCluster(Addr<ClusterActor>);

impl Link<Verdict> for ToCluster {
    fn send(&self, verdict: Verdict) -> Result<(), Closed<Verdict>> {
        self.0.do_send(Mail::Verdict(verdict));
        Ok(())
    }
}
