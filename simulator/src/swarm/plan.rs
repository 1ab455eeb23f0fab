//! What a seed draws: a cluster, a workload, and what clients and faults do when. Data, so that parts of it can be taken
//! out without changing the rest.

use super::course::Course;
use crate::universe::{Number, Universe};
use crate::world::{LostRequest, Settings};
use partita_protocol::scheduler::WorkerInfo;
use std::sync::Arc;
use std::time::Duration;

/// How large the world of a seed is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// 2 to 12 workers, now and then 17 to 40, and 20 to 400 tasks.
    #[default]
    Any,
    /// At least 10 workers at a time in the beginning, 100 tasks, 10 faults and 1,000 events.
    Big,
}

/// A cluster, a workload, and what happens to them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it was drawn from.
    pub seed: u64,
    /// How large it is.
    pub size: Size,
    /// The machines' settings, the links and the stores.
    pub settings: Settings,
    /// What there is to compute.
    pub universe: Arc<Universe>,
    /// How the runs of each task go, by its number.
    pub courses: Arc<[Course]>,
    /// What workers are like, by name.
    pub workers: Vec<WorkerInfo>,
    /// What happens, in no order.
    pub deeds: Vec<Deed>,
    /// When faults end and calm begins.
    pub horizon: Duration,
}

/// Something that a client does, or that befalls the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// When.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What clients do and what befalls workers. A `pick` chooses among the workers that are there at that moment.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A worker comes, like the one of this place in [`Plan::workers`].
    Join(usize),
    /// The client of this desk comes, if the desk is free.
    Arrive(usize),
    /// A client puts in data and asks for results.
    Submit(usize, Vec<Number>),
    /// A client no longer wants results.
    Release(usize, Vec<Number>),
    /// A client cancels results, for itself or for everyone.
    Cancel(usize, Vec<Number>, bool),
    /// A client asks to run again what failed.
    Retry(usize),
    /// A client wants what it knows of by others.
    Want(usize, Vec<Number>),
    /// A client asks for copies.
    Replicate(usize, Vec<Number>, u32),
    /// A client leaves.
    Leave(usize),
    /// A worker dies; what it said and arrives within this time still does. One like it comes after a while, or not.
    Kill(u32, Duration, Option<Duration>),
    /// All workers die, and come again after a while.
    KillAll(Duration),
    /// A worker stands still and goes on. It may be taken for lost meanwhile; then it goes on as one that nobody knows.
    Freeze {
        /// Which.
        pick: u32,
        /// For how long.
        lasting: Duration,
        /// After which time it is taken for lost, if it is.
        lost: Option<Duration>,
    },
    /// Nothing reaches a worker, or nothing of it is heard, until it is taken for lost.
    Cut {
        /// Which.
        pick: u32,
        /// Whether it is still heard.
        is_heard: bool,
        /// Whether it still hears.
        hears: bool,
        /// After which time it is taken for lost.
        lost: Duration,
    },
    /// Runs on a worker take so many times as long, for a while.
    Slow(u32, u32, Duration),
    /// A worker's memory is full, for a while.
    Fill(u32, Duration),
    /// A worker's process has so many percent of its memory limit beside values, from then on, also when all is calm.
    Swell(u32, u32),
    /// A worker's disk is full, for a while.
    FillDisk(u32, Duration),
    /// Messages to and from a worker take so much longer, for a while.
    Delay(u32, Duration, Duration),
    /// A worker's next request to another is lost.
    LoseRequest(u32, LostRequest),
    /// A worker's store loses a value.
    LoseValue(u32, u32),
    /// A worker is asked to leave.
    Retire(u32),
    /// What workers hold is to be spread evenly.
    Rebalance,
    /// There should be as many workers as do the work in this time: some come, or some are asked to leave.
    Adapt(Duration),
    /// A message that is out of date, or that nobody sent, reaches the scheduler or a worker.
    Stale(u32),
}

impl What {
    /// What kind of fault it is; `None` if it is no fault but what a client or an operator does.
    pub fn fault(&self) -> Option<&'static str> {
        Some(match self {
            What::Kill(..) => "kill",
            What::KillAll(_) => "kill all",
            What::Freeze { lost: None, .. } => "freeze",
            What::Freeze { .. } => "zombie",
            What::Cut { .. } => "cut",
            What::Slow(..) => "slow",
            What::Fill(..) => "memory full",
            What::Swell(..) => "memory leaks",
            What::FillDisk(..) => "disk full",
            What::Delay(..) => "delay",
            What::LoseRequest(_, LostRequest::Request) => "request lost",
            What::LoseRequest(_, LostRequest::Reply) => "reply lost",
            What::LoseRequest(_, LostRequest::Late) => "reply late",
            What::LoseValue(..) => "value lost",
            What::Stale(_) => "stale message",
            What::Cancel(..) => "cancel",
            What::Leave(_) => "client leaves",
            What::Retire(_) => "retire",
            _ => return None,
        })
    }
}

impl Plan {
    /// Whether nothing but one submission happens, so that every task runs just once.
    pub fn is_peaceful(&self) -> bool {
        let submissions = self.deeds.iter().filter(|deed| matches!(deed.what, What::Submit(..))).count();
        let is_peaceful = |deed: &Deed| matches!(deed.what, What::Join(_) | What::Arrive(_) | What::Submit(..));
        submissions == 1
            && self.deeds.iter().all(is_peaceful)
            && self.courses.iter().all(Course::is_plain)
            && self.universe.numbers().all(|number| self.universe.definition(number).options.is_none())
    }

    /// Leaves nothing but one client that asks for everything at once, and runs that end well.
    pub(super) fn calm_down(&mut self) {
        let mut universe = (*self.universe).clone();
        universe.numbers().for_each(|number| universe.clear_options(number));
        self.courses = self.courses.iter().map(Course::plain).collect();
        self.settings.scheduler.no_workers_timeout = None;
        self.deeds.retain(|deed| matches!(deed.what, What::Join(_)));
        self.deeds.push(Deed { at: Duration::ZERO, what: What::Arrive(0) });
        let network = &self.settings.network;
        let at = 10 * (network.latency + network.jitter);
        self.deeds.push(Deed { at, what: What::Submit(0, universe.ends()) });
        self.horizon = self.horizon.max(2 * at);
        self.universe = Arc::new(universe);
    }

    /// The most that runs of a task may take one after the other.
    pub fn longest_run(&self) -> Duration {
        self.courses.iter().map(|course| course.duration).max().unwrap_or_default()
    }
}
