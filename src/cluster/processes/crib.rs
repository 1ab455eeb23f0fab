//! The place of a worker that is a process, between its nanny and the cluster.

use super::hall::Hall;
use crate::cluster::actor::ToCluster;
use crate::process::{Briefing, RemoteWorker, Settings};
use futures_util::FutureExt;
use parking_lot::Mutex;
use partita_profiler::ProfilerLink;
use partita_protocol::message::{ToScheduler, ToWorker};
use partita_protocol::request::{Request, Retired};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::{Batch, Level, Log};
use partita_protocol::{Begun, Closed, Link, LossCause, TaskId, Time, WorkerId};
use partita_worker::nanny::process::{
    Config, Event, Excess, Incarnation, Lifetime, NannyLink, Order, Plan, ProcessNanny, SystemProcesses,
    Verdict as Fate, Why,
};
use partita_worker::nanny::{Mail, Verdict};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// The place of a worker's process.
pub(in crate::cluster) struct Crib {
    number: u64,
    info: WorkerInfo,
    grace: Duration,
    pub(super) start: Instant,
    pub(super) scheduler: Arc<dyn Link<ToScheduler>>,
    pub(super) profiler: ProfilerLink,
    records: bool,
    verdicts: ToCluster,
    /// Whose turn it is to leave, of those whose time has come.
    leaving: Arc<Semaphore>,
    nanny: OnceLock<NannyLink>,
    pub(super) current: Mutex<Current>,
    /// Where its processes put values on disk.
    spill: PathBuf,
    /// Whether its nanny is gone, and nobody else will tell that it ends.
    is_abandoned: AtomicBool,
}

/// The process that is there, or comes.
#[derive(Default)]
pub(super) struct Current {
    incarnation: Option<Incarnation>,
    pub(super) worker: Option<WorkerId>,
    pub(super) remote: Option<Arc<RemoteWorker>>,
    /// Whether it leaves even if nobody can take what only it holds.
    must: bool,
}

/// What all cribs of a cluster share.
pub(in crate::cluster) struct Nursery {
    pub(in crate::cluster) scheduler: Arc<dyn Link<ToScheduler>>,
    pub(in crate::cluster) profiler: ProfilerLink,
    pub(in crate::cluster) records: bool,
    pub(in crate::cluster) verdicts: ToCluster,
    pub(in crate::cluster) next_worker: Arc<AtomicU32>,
    pub(in crate::cluster) start: Instant,
}

impl Current {
    pub(super) fn is(&self, incarnation: u64) -> bool {
        self.incarnation.is_some_and(|own| u64::from(own.0) == incarnation)
    }
}

impl Crib {
    /// A place for a process, which is started at once.
    pub(in crate::cluster) fn start(hall: &Arc<Hall>, number: u64, settings: Settings, nursery: Nursery) -> Arc<Self> {
        let Nursery { scheduler, profiler, records, verdicts, next_worker, start } = nursery;
        let crib = Arc::new(Crib {
            number,
            info: settings.info.clone(),
            grace: settings.grace,
            start,
            scheduler,
            profiler,
            records,
            verdicts,
            leaving: hall.leaving.clone(),
            nanny: OnceLock::new(),
            current: Mutex::default(),
            spill: settings.spill.0.clone(),
            is_abandoned: AtomicBool::new(false),
        });
        let memory_limit = Some(settings.info.memory_limit).filter(|limit| *limit != 0 && *limit != u64::MAX);
        let lifetime = settings.lifetime.map(|time| Lifetime { time, restart: true });
        let config = Config { memory_limit, lifetime, ..Config::new(settings.info.name.clone()) };
        let (hall, expecting) = (hall.clone(), Arc::downgrade(&crib));
        let plan = move |incarnation: Incarnation| {
            let worker = WorkerId(next_worker.fetch_add(1, Ordering::Relaxed));
            if let Some(crib) = expecting.upgrade() {
                let mut current = crib.current.lock();
                let must = current.must;
                *current = Current { incarnation: Some(incarnation), worker: Some(worker), remote: None, must };
                drop(current);
                let mut expected = hall.expected.lock();
                expected.retain(|(place, _), _| *place != number as u32);
                expected.insert((number as u32, u64::from(incarnation.0)), crib);
            }
            let who = (worker, number as u32, incarnation.0);
            let briefing = Briefing::new(who, hall.folder.path(), settings.clone(), &hall.token);
            Plan::new(settings.info.name.clone(), hall.entry.clone(), briefing.write())
        };
        let orders = Arc::new(Orders(crib.clone()));
        let (nanny, link) = ProcessNanny::new(config, SystemProcesses::new(plan), orders, start);
        crib.nanny.set(link).ok();
        let told = crib.clone();
        actix::spawn(async move {
            if AssertUnwindSafe(nanny.run()).catch_unwind().await.is_err() {
                told.abandoned();
            }
        });
        crib
    }

    /// Its nanny panicked: her process is killed with her, and nobody starts another one.
    fn abandoned(&self) {
        let text = "its nanny panicked";
        self.is_abandoned.store(true, Ordering::SeqCst);
        let worker = self.current.lock().worker.take();
        self.lost(worker, LossCause::Died(text.into()), Begun::Unknown);
        tracing::error!(worker = &*self.info.name, "{text}");
        let (name, window) = (self.info.name.clone(), self.start.elapsed());
        self.verdicts.send(Verdict::GaveUp { place: self.number, name, deaths: 1, window, cause: text.into() }).ok();
    }

    pub(super) fn tell(&self, event: Event) {
        if let Some(nanny) = self.nanny.get() {
            // A nanny that ended knows all that she wants to.
            nanny.send(event).ok();
        }
    }

    /// What the cluster wants of its nanny.
    pub(in crate::cluster) fn order(self: &Arc<Self>, mail: Mail) {
        match mail {
            Mail::Stop => self.stop(Why::Closing),
            Mail::Retire { patience, must } => {
                self.current.lock().must |= must;
                self.tell(Event::RetireBegun);
                self.retire(patience, true);
            }
            Mail::Panic(message) => {
                if let Some(remote) = &self.current.lock().remote {
                    remote.send(ToWorker::Panic(message)).ok();
                }
            }
            Mail::Died(..) | Mail::Retired(..) => {}
        }
    }

    fn stop(&self, why: Why) {
        // At once, so that the scheduler knows before the cluster does; what the nanny says of it later is ignored there.
        let worker = self.current.lock().worker.take();
        self.lost(worker, LossCause::Retired, Begun::none());
        self.tell(Event::StopAsked { timeout: self.grace + STOP_SLACK, why });
        self.verdicts.send(Verdict::Dismissed { place: self.number }).ok();
        if self.is_abandoned.load(Ordering::SeqCst) {
            let name = self.info.name.clone();
            self.verdicts.send(Verdict::Left { place: self.number, name, abandoned: 0 }).ok();
        }
    }

    /// Asks the scheduler to bring what the worker holds to others; whether it then leaves for good.
    fn retire(self: &Arc<Self>, patience: Option<Duration>, for_good: bool) {
        let Some(worker) = self.current.lock().worker else { return self.stop(Why::Retired) };
        let crib = self.clone();
        let answer = Box::new(move |outcome| crib.retired(worker, &outcome, for_good));
        if self.scheduler.send(ToScheduler::Request(Request::Retire { worker, patience, answer })).is_err() {
            self.stop(Why::Retired);
        }
    }

    fn retired(&self, worker: WorkerId, outcome: &Retired, for_good: bool) {
        let current = self.current.lock();
        if current.worker != Some(worker) {
            return;
        }
        let must = current.must;
        drop(current);
        match outcome {
            Retired::Refused { nbytes } if !must || !for_good => {
                self.tell(Event::RetireRefused);
                if for_good {
                    let (place, name) = (self.number, self.info.name.clone());
                    self.verdicts.send(Verdict::Refused { place, name, nbytes: *nbytes }).ok();
                }
            }
            _ if for_good => self.stop(Why::Retired),
            _ => self.tell(Event::RetireDone),
        }
    }

    /// A process is a worker by now.
    pub(super) fn joined(&self, incarnation: Incarnation, worker: WorkerId, remote: &Arc<RemoteWorker>) {
        if self.current.lock().worker != Some(worker) {
            return remote.close();
        }
        self.tell(Event::Hello { incarnation });
        let (info, link) = (self.info.clone(), remote.clone());
        self.scheduler.send(ToScheduler::WorkerJoined { worker, info, link }).ok();
    }

    /// A task cannot be ended but with its process: what the worker holds is brought to others as far as it can be, then
    /// another process takes its place. What else it runs is run elsewhere, and no task is blamed.
    pub(super) fn runaway(self: &Arc<Self>, worker: WorkerId, task: TaskId) {
        let name = &self.info.name;
        let text = format!(
            "worker `{name}` is started again: its task {task} was cancelled or took too long, and does not end; a task \
             that looks at `partita::task::should_stop()` now and then can"
        );
        tracing::warn!("{text}");
        self.log(Level::Warn, &text);
        let crib = self.clone();
        let answer = Box::new(move |outcome: Retired| {
            if crib.current.lock().worker != Some(worker) {
                return;
            }
            match outcome {
                // Its thread stays taken, which is less than what would be lost. It is told again while that lasts.
                Retired::Refused { nbytes } => {
                    let text = format!(
                        "worker `{}` is not started again: it holds {nbytes} bytes of data put in by hand that nobody else can \
                         take; add a worker, or let go of them",
                        crib.info.name
                    );
                    tracing::warn!("{text}");
                    crib.log(Level::Warn, &text);
                }
                _ => crib.tell(Event::RestartAsked { timeout: Duration::ZERO }),
            }
        });
        let patience = Some(Duration::ZERO);
        // A scheduler that is gone has no use for workers.
        self.scheduler.send(ToScheduler::Request(Request::Retire { worker, patience, answer })).ok();
    }

    fn lost(&self, worker: Option<WorkerId>, cause: LossCause, begun: Begun) {
        if let Some(worker) = worker {
            self.scheduler.send(ToScheduler::WorkerLost { worker, cause, begun }).ok();
        }
    }

    fn log(&self, level: Level, text: &str) {
        if self.records {
            let now = Time(self.start.elapsed().as_nanos() as u64);
            let records = vec![Log::record(now, level, self.current.lock().worker, text)];
            self.profiler.send(Batch { records, dropped: 0 }).ok();
        }
    }

    /// What became of the place.
    fn fate(&self, fate: Fate) {
        if !matches!(fate, Fate::Ready(_)) {
            // A process that is dead leaves its values on disk.
            let base = self.spill.clone();
            tokio::task::spawn_blocking(move || partita_worker::spill::clear_dead(&base));
        }
        let name = self.info.name.clone();
        let verdict = match fate {
            Fate::Ready(_) => Verdict::Started { name },
            Fate::Restarting { cause, .. } => {
                let cause = cause.to_string();
                tracing::warn!(worker = &*name, %cause, "worker died; starting it again");
                self.log(Level::Warn, &format!("worker `{name}` died, and is started again: {cause}"));
                Verdict::Restarted { name, cause }
            }
            Fate::GaveUp(gave_up) => {
                tracing::error!("{gave_up}");
                self.log(Level::Error, &gave_up.to_string());
                let (deaths, window) = match gave_up.excess {
                    Excess::FailedStarts { starts } => (starts as usize, self.start.elapsed()),
                    Excess::Deaths { deaths, window } => (deaths, window),
                    Excess::Hopeless => (gave_up.causes.len().max(1), self.start.elapsed()),
                };
                let cause = gave_up.causes.last().map_or_else(|| gave_up.to_string(), LossCause::to_string);
                Verdict::GaveUp { place: self.number, name, deaths, window, cause }
            }
            Fate::Left { stuck, .. } => {
                Verdict::Left { place: self.number, name, abandoned: usize::from(stuck.is_some()) }
            }
        };
        self.verdicts.send(verdict).ok();
    }
}

/// Its time has come: it leaves when it is its turn, and the next one when another process has taken its place.
async fn leave_in_turn(crib: Arc<Crib>, incarnation: Incarnation) {
    let turn = tokio::time::timeout(TURN, crib.leaving.clone().acquire_owned()).await;
    let is_here = |crib: &Crib| crib.current.lock().is(u64::from(incarnation.0));
    if !is_here(&crib) {
        return;
    }
    crib.retire(None, false);
    let begun = Instant::now();
    while begun.elapsed() < TURN && (is_here(&crib) || crib.current.lock().remote.is_none()) {
        tokio::time::sleep(LOOK).await;
    }
    drop(turn);
}

/// How long one whose time has come waits for others before it, and others for it.
const TURN: Duration = Duration::from_secs(30);

/// How often it is looked whether its place is taken.
const LOOK: Duration = Duration::from_millis(20);

/// How much longer than its threads a process may take to leave.
const STOP_SLACK: Duration = Duration::from_secs(1);

/// The way from a nanny to the cluster. The place lives until its nanny has told that all is over, whoever else lets go of it.
struct Orders(Arc<Crib>);

impl Link<Order> for Orders {
    fn send(&self, order: Order) -> Result<(), Closed<Order>> {
        let crib = &self.0;
        let mut current = crib.current.lock();
        let (worker, remote) = (current.worker, current.remote.clone());
        let is_current = |incarnation: Incarnation| current.is(u64::from(incarnation.0));
        match order {
            Order::AskToLeave(incarnation) if is_current(incarnation) => {
                if let Some(remote) = remote {
                    remote.send(ToWorker::Leave).ok();
                }
            }
            Order::Fence(incarnation, cause, begun) if is_current(incarnation) => {
                // Whatever of it is still on its way, it does not join any more.
                current.worker = None;
                drop(current);
                // Who was asked to leave may still say that it does.
                if let Some(remote) = remote.filter(|_| cause != LossCause::Retired) {
                    remote.close();
                }
                crib.lost(worker, cause, begun);
            }
            Order::Retire(incarnation) if is_current(incarnation) => {
                drop(current);
                actix::spawn(leave_in_turn(crib.clone(), incarnation));
            }
            Order::Warn(warning) => {
                drop(current);
                crib.log(Level::Warn, &warning.to_string());
            }
            Order::Verdict(fate) => {
                drop(current);
                crib.fate(fate);
            }
            Order::AskToLeave(_) | Order::Fence(..) | Order::Retire(_) => {}
        }
        Ok(())
    }
}
