//! The nanny's actor.

use super::policy::{Decision, Policy};
use crate::actor::{Death, Parts, WorkerActor, WorkerLink};
use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message};
use partita_protocol::message::{ToScheduler, ToWorker};
use partita_protocol::request::{Request, Retired};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::{Batch, Level, Log};
use partita_protocol::{Begun, Link, LossCause, Time, WorkerId};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A message to a nanny.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Mail {
    /// The worker's actor ended.
    Died(WorkerId, Death),
    /// Let the worker go, and end.
    Stop,
    /// Let the worker go once nothing is lost with it, and end.
    Retire {
        /// How long its running tasks may take to end, before they are run elsewhere; `None` for ever.
        patience: Option<Duration>,
        /// Whether it goes all the same if nobody can take what only it holds.
        must: bool,
    },
    /// The scheduler tells what became of the wish that the worker leaves.
    Retired(WorkerId, Retired),
    /// Have the worker's actor panic with this message: a fault put in by hand, to see the cluster recover.
    Panic(String),
}

/// What became of a nanny's place, told to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A worker was started, and the scheduler told.
    Started {
        /// The worker's name.
        name: Arc<str>,
    },
    /// The worker was started again after a death.
    Restarted {
        /// The worker's name.
        name: Arc<str>,
        /// Why it died.
        cause: String,
    },
    /// The place stays empty: too many deaths in too short a time.
    GaveUp {
        /// The nanny's place.
        place: u64,
        /// The worker's name.
        name: Arc<str>,
        /// How many died.
        deaths: usize,
        /// In which time.
        window: Duration,
        /// Why the last one died.
        cause: String,
    },
    /// The worker was told to leave, and the scheduler that it is gone.
    Dismissed {
        /// The nanny's place.
        place: u64,
    },
    /// The worker stays, because nobody can take what only it holds.
    Refused {
        /// The nanny's place.
        place: u64,
        /// The worker's name.
        name: Arc<str>,
        /// Bytes that nobody can take.
        nbytes: u64,
    },
    /// The worker left as it was asked to.
    Left {
        /// The nanny's place.
        place: u64,
        /// The worker's name.
        name: Arc<str>,
        /// Its threads that are still in a task.
        abandoned: usize,
    },
}

/// The parts of a worker with a way back to its nanny.
pub(crate) type MakeParts = Box<dyn Fn(WorkerId, Addr<NannyActor>) -> Parts + Send>;

/// What a nanny is made of.
pub struct NannyParts {
    /// The number of her place, to tell her from others whose workers have the same name.
    pub place: u64,
    /// What its worker is like.
    pub info: WorkerInfo,
    /// Numbers for its worker's incarnations.
    pub next_id: Box<dyn Fn() -> WorkerId + Send>,
    /// Makes the parts of a worker.
    pub parts: MakeParts,
    /// The scheduler.
    pub scheduler: Arc<dyn Link<ToScheduler>>,
    /// Who is told what became of the place.
    pub verdicts: Arc<dyn Link<Verdict>>,
    /// Where lines of the log go, if they go anywhere.
    pub profiler: Option<Arc<dyn Link<Batch>>>,
    /// The moment that times are counted from.
    pub start: Instant,
}

/// A nanny: one place for a worker.
pub struct NannyActor {
    parts: NannyParts,
    policy: Policy,
    worker: Option<(WorkerId, Addr<WorkerActor>)>,
    stopping: bool,
    /// Whether the worker is to leave once nothing is lost with it.
    retiring: bool,
    /// Whether it is to leave in any case.
    must: bool,
}

impl NannyActor {
    /// A nanny whose worker starts when she does.
    pub fn new(parts: NannyParts) -> Self {
        NannyActor { parts, policy: Policy::default(), worker: None, stopping: false, retiring: false, must: false }
    }

    fn start_worker(&mut self, context: &mut Context<Self>) {
        let id = (self.parts.next_id)();
        let parts = (self.parts.parts)(id, context.address());
        match WorkerActor::new(parts) {
            Ok(actor) => {
                let address = actor.start();
                let link = Arc::new(WorkerLink(address.clone()));
                let info = self.parts.info.clone();
                drop(self.parts.scheduler.send(ToScheduler::WorkerJoined { worker: id, info, link }));
                self.worker = Some((id, address));
                drop(self.parts.verdicts.send(Verdict::Started { name: self.parts.info.name.clone() }));
            }
            Err(error) => self.bury(context, id, format!("its threads could not be started: {error}")),
        }
    }

    /// Replaces a dead worker, or gives its place up.
    fn bury(&mut self, context: &mut Context<Self>, dead: WorkerId, cause: String) {
        let name = self.parts.info.name.clone();
        let verdict = match self.policy.died(self.now()) {
            Decision::Restart => {
                tracing::warn!(worker = &*name, %cause, "worker died; starting it again");
                self.log(dead, Level::Warn, format!("worker `{name}` died, and is started again: {cause}"));
                self.start_worker(context);
                Verdict::Restarted { name, cause }
            }
            Decision::GiveUp { deaths, window } => {
                tracing::error!(worker = &*name, %cause, deaths, "worker died too often; its place stays empty");
                let text = format!("worker `{name}` died {deaths} times in {window:?}, its place stays empty: {cause}");
                self.log(dead, Level::Error, text);
                Verdict::GaveUp { place: self.parts.place, name, deaths, window, cause }
            }
        };
        drop(self.parts.verdicts.send(verdict));
    }

    fn now(&self) -> Time {
        Time(self.parts.start.elapsed().as_nanos() as u64)
    }

    /// Adds a line to the log of a worker.
    fn log(&self, worker: WorkerId, level: Level, text: String) {
        if let Some(profiler) = &self.parts.profiler {
            let record = Log::record(self.now(), level, Some(worker), &text);
            // Without a profiler there is no log.
            drop(profiler.send(Batch { records: vec![record], dropped: 0 }));
        }
    }
}

impl Actor for NannyActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.start_worker(context);
    }
}

impl Handler<Mail> for NannyActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, context: &mut Self::Context) {
        match mail {
            Mail::Died(worker, death) => {
                if self.worker.as_ref().is_none_or(|(id, _)| *id != worker) {
                    return;
                }
                self.worker = None;
                let (cause, begun) = match &death {
                    Death::Left { .. } => (LossCause::Retired, Begun::none()),
                    Death::Panicked { message, begun } => (LossCause::Died(message.clone()), begun.clone()),
                };
                drop(self.parts.scheduler.send(ToScheduler::WorkerLost { worker, cause, begun }));
                match death {
                    Death::Panicked { message, .. } if !self.stopping && !self.retiring => {
                        self.bury(context, worker, message);
                    }
                    Death::Panicked { .. } => self.left(0, context),
                    Death::Left { abandoned } => {
                        if abandoned > 0 {
                            let text = format!("the worker left, and {abandoned} of its threads are still in a task");
                            self.log(worker, Level::Warn, text);
                        }
                        self.left(abandoned, context);
                    }
                }
            }
            Mail::Stop => self.stop(context),
            Mail::Retire { patience, must } => self.retire(patience, must, context),
            Mail::Retired(worker, outcome) => {
                if self.worker.as_ref().is_some_and(|(id, _)| *id == worker) && !self.stopping {
                    self.retired(outcome, context);
                }
            }
            Mail::Panic(message) => {
                if let Some((_, address)) = &self.worker {
                    address.do_send(crate::actor::Mail::Order(ToWorker::Panic(message)));
                }
            }
        }
    }
}

impl NannyActor {
    /// Lets the worker go at once.
    fn stop(&mut self, context: &mut Context<Self>) {
        if std::mem::replace(&mut self.stopping, true) {
            return;
        }
        if let Some((worker, address)) = &self.worker {
            // At once, and not when its threads have ended: others take its tasks over.
            let (worker, cause, begun) = (*worker, LossCause::Retired, Begun::none());
            drop(self.parts.scheduler.send(ToScheduler::WorkerLost { worker, cause, begun }));
            address.do_send(crate::actor::Mail::Order(ToWorker::Leave));
        }
        drop(self.parts.verdicts.send(Verdict::Dismissed { place: self.parts.place }));
        if self.worker.is_none() {
            self.left(0, context);
        }
    }

    /// Lets the worker go once nothing is lost with it.
    fn retire(&mut self, patience: Option<Duration>, must: bool, context: &mut Context<Self>) {
        (self.retiring, self.must) = (true, self.must || must);
        let Some((worker, _)) = self.worker else { return self.stop(context) };
        let nanny = context.address();
        let answer = Box::new(move |outcome| nanny.do_send(Mail::Retired(worker, outcome)));
        let request = Request::Retire { worker, patience, answer };
        if self.parts.scheduler.send(ToScheduler::Request(request)).is_err() {
            self.stop(context);
        }
    }

    /// What became of the wish that the worker leaves.
    fn retired(&mut self, outcome: Retired, context: &mut Context<Self>) {
        match outcome {
            Retired::Refused { nbytes } if !self.must => {
                self.retiring = false;
                let (place, name) = (self.parts.place, self.parts.info.name.clone());
                drop(self.parts.verdicts.send(Verdict::Refused { place, name, nbytes }));
            }
            Retired::Refused { nbytes } => {
                let worker = &*self.parts.info.name;
                tracing::warn!(worker, nbytes, "a worker leaves with data that nobody can take");
                if let Some((id, _)) = self.worker {
                    let text = format!("the worker leaves with {nbytes} bytes of data that nobody can take");
                    self.log(id, Level::Warn, text);
                }
                self.stop(context);
            }
            Retired::Ready { .. } | Retired::Gone => self.stop(context),
        }
    }

    fn left(&mut self, abandoned: usize, context: &mut Context<Self>) {
        let (place, name) = (self.parts.place, self.parts.info.name.clone());
        drop(self.parts.verdicts.send(Verdict::Left { place, name, abandoned }));
        context.stop();
    }
}
