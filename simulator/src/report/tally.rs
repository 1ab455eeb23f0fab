//! Adding up what happens in a simulation, while it happens.

use super::again::Watcher;
use super::bins::{FIRST, MOST, Sums};
use super::failed::{self, Failures};
use super::holdings::Holdings;
use super::stream::{MOST_RUNS, Run, Transfer, Weave};
use super::{Bounds, Counts, Curves, GroupReport, Report, Setting, Transfers, WorkerReport};
use crate::simulate::Checked;
use crate::universe::Number;
use crate::world::Trace;
use partita_protocol::{TaskId, Time, WorkerId};
use partita_scheduler::machine::Placement;
use std::time::Duration;

/// A place for a worker: what the workers that had it did, one after the other.
#[derive(Debug, Default)]
struct Place {
    runs: u64,
    busy: u64,
    /// Time that a worker was there.
    lived: u64,
    /// When the worker that is there came.
    since: Option<u64>,
    sent: u64,
    received: u64,
    deaths: u32,
    holdings: Holdings,
    /// What its threads run, and since when.
    threads: Vec<Option<(u64, Number)>>,
}

/// Adds up what happens.
pub(crate) struct Tally<'a> {
    checked: &'a Checked,
    began: Time,
    places: Vec<Place>,
    /// The place of each worker.
    seats: Vec<u32>,
    runs: Vec<Run>,
    counts: Counts,
    transfers: Transfers,
    groups: Vec<(u64, u64)>,
    again: Watcher,
    flow: Sums,
    /// The first transfers.
    moves: Vec<Transfer>,
    deaths: Vec<(Duration, u32)>,
    /// The length of an interval of the memory curves, doubled so many times.
    shift: u32,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(checked: &'a Checked) -> Self {
        let place = || Place { threads: vec![None; checked.threads as usize], ..Place::default() };
        Tally {
            checked,
            began: Time::ZERO,
            places: (0..checked.workers()).map(|_| place()).collect(),
            seats: Vec::new(),
            runs: Vec::with_capacity(checked.plan.len()),
            counts: Counts::default(),
            transfers: Transfers::default(),
            groups: vec![(0, 0); checked.plan.universe().prefixes().len()],
            again: Watcher::new(checked.plan.len()),
            flow: Sums::default(),
            moves: Vec::new(),
            deaths: Vec::new(),
            shift: 0,
        }
    }

    /// The next worker has this place.
    pub(crate) fn seated(&mut self, place: usize) {
        self.seats.push(place as u32);
    }

    /// The graph is handed in: the time begins.
    pub(crate) fn begin(&mut self, now: Time) {
        self.began = now;
        for seat in &self.seats {
            self.places[*seat as usize].since = Some(0);
        }
    }

    /// How many runs have started.
    pub(crate) fn runs(&self) -> u64 {
        self.counts.runs
    }

    fn nanos(&self, now: Time) -> u64 {
        now.0.saturating_sub(self.began.0)
    }

    /// Takes note of something.
    pub(crate) fn see(&mut self, now: Time, trace: &Trace) {
        let at = self.nanos(now);
        match trace {
            Trace::Started { worker, thread, task, .. } => self.started(at, *worker, *thread, *task),
            Trace::Ended { worker, thread, task, kept, .. } => self.ended(at, *worker, *thread, *task, *kept),
            Trace::Holds { worker, task, change, .. } => self.holds(at, *worker, *task, *change),
            Trace::Sent { from, to, nbytes, count, until } => {
                self.transfers.values += u64::from(*count);
                self.sent(at, (*from, *to), *nbytes, self.nanos(*until));
            }
            Trace::Came(worker) => {
                if let Some(place) = self.place(*worker) {
                    place.since = Some(at);
                }
            }
            _ => {}
        }
    }

    fn place(&mut self, worker: WorkerId) -> Option<&mut Place> {
        let place = *self.seats.get(worker.0 as usize)?;
        self.places.get_mut(place as usize)
    }

    fn sent(&mut self, at: u64, (from, to): (WorkerId, WorkerId), nbytes: u64, until: u64) {
        self.transfers.count += 1;
        self.transfers.nbytes += nbytes;
        self.flow.spread(at, until, nbytes);
        if let Some(place) = self.place(from) {
            place.sent += nbytes;
        }
        if let Some(place) = self.place(to) {
            place.received += nbytes;
        }
        if self.moves.len() < MOST_RUNS
            && let (Some(from), Some(to)) = (self.seats.get(from.0 as usize), self.seats.get(to.0 as usize))
        {
            let (start, end) = (Duration::from_nanos(at), Duration::from_nanos(until));
            self.moves.push(Transfer { from: *from, to: *to, start, end, nbytes });
        }
    }

    fn started(&mut self, at: u64, worker: WorkerId, thread: u32, task: TaskId) {
        let number = task.index() as Number;
        let group = self.checked.plan.universe().definition(number).prefix;
        self.counts.runs += 1;
        self.groups[group as usize].0 += 1;
        self.again.started(number, group, worker);
        if let Some(place) = self.place(worker) {
            place.runs += 1;
            place.since.get_or_insert(at);
            place.threads[thread as usize] = Some((at, number));
        }
    }

    fn ended(&mut self, at: u64, worker: WorkerId, thread: u32, task: TaskId, kept: bool) {
        self.again.ended(task.index() as Number, worker, kept);
        *(if kept { &mut self.counts.finished } else { &mut self.counts.lost }) += 1;
        self.close(at, worker, thread, !kept);
    }

    /// A thread has nothing to do any longer.
    fn close(&mut self, at: u64, worker: WorkerId, thread: u32, lost: bool) {
        let Some(seat) = self.seats.get(worker.0 as usize).copied() else { return };
        let place = &mut self.places[seat as usize];
        let Some((start, number)) = place.threads[thread as usize].take() else { return };
        place.busy += at - start;
        let group = self.checked.plan.universe().definition(number).prefix;
        self.groups[group as usize].1 += at - start;
        let lane = seat * self.checked.threads + thread;
        self.runs.push(Run { start, end: at, lane, number, lost });
    }

    fn holds(&mut self, at: u64, worker: WorkerId, task: TaskId, change: i64) {
        let group = self.checked.plan.universe().definition(task.index() as Number).prefix;
        let interval = self.interval(at);
        if let Some(place) = self.place(worker) {
            place.holdings.change(at, group, change);
            let held = place.holdings.held();
            place.holdings.levels.set(interval, held);
        }
    }

    /// The interval of the memory curves that a moment is in.
    fn interval(&mut self, at: u64) -> usize {
        while (at >> self.shift) / FIRST >= MOST as u64 {
            self.shift += 1;
            self.places.iter_mut().for_each(|place| place.holdings.levels.fold());
        }
        ((at >> self.shift) / FIRST) as usize
    }

    /// A worker died.
    pub(crate) fn died(&mut self, worker: WorkerId, now: Time) {
        self.counts.deaths += 1;
        if let Some(place) = self.seats.get(worker.0 as usize).copied() {
            self.deaths.push((Duration::from_nanos(self.nanos(now)), place));
            self.places[place as usize].deaths += 1;
        }
        self.left(worker, now);
    }

    /// A worker is there no longer.
    pub(crate) fn left(&mut self, worker: WorkerId, now: Time) {
        let at = self.nanos(now);
        self.again.died(worker);
        for thread in 0..self.checked.threads {
            let before = self.runs.len();
            self.close(at, worker, thread, true);
            self.counts.lost += (self.runs.len() - before) as u64;
        }
        let interval = self.interval(at);
        if let Some(place) = self.place(worker) {
            place.lived += at - place.since.take().unwrap_or(at);
            place.holdings.clear();
            place.holdings.levels.set(interval, 0);
        }
    }

    /// The report, when all is done.
    pub(crate) fn report(mut self, end: Time, events: u64, failures: &Failures, wall: Duration) -> Report {
        let at = self.nanos(end);
        let plan = &self.checked.plan;
        self.counts.erred = failures.len() as u64;
        let workers = self.workers(at);
        let last = self.interval(at);
        let interval = Duration::from_nanos(FIRST << self.shift);
        let curve = |place: &mut Place| {
            let mut levels = std::mem::take(&mut place.holdings.levels);
            levels.fill(last);
            levels.into_values()
        };
        let memory = Curves { interval, workers: self.places.iter_mut().map(curve).collect() };
        let groups = self.groups();
        let weave = Weave {
            checked: self.checked,
            runs: self.runs,
            groups: &groups,
            transfers: self.moves,
            deaths: self.deaths,
            end: at,
        };
        let again = self
            .again
            .report(|group| plan.universe().prefixes()[group as usize].to_string(), |number| plan.name(number));
        Report {
            setting: setting(self.checked),
            makespan: Duration::from_nanos(at),
            bounds: bounds(self.checked),
            counts: self.counts,
            transfers: self.transfers,
            workers,
            again,
            failed: failed::report(failures, plan),
            assumed: self.checked.costs.assumed.clone(),
            stream: weave.stream(self.flow),
            groups,
            memory,
            events,
            wall,
        }
    }

    fn workers(&mut self, end: u64) -> Vec<WorkerReport> {
        let prefixes = self.checked.plan.universe().prefixes();
        let storage = self.checked.settings.storage;
        let limit = self.checked.memory;
        let target = if limit == 0 { u64::MAX } else { (limit as f64 * storage.target) as u64 };
        let worker = |(place, info): (&mut Place, &partita_protocol::scheduler::WorkerInfo)| {
            // What runs at the end is nobody's result: it is cut there.
            let open: u64 = place.threads.iter().flatten().map(|(start, _)| end.saturating_sub(*start)).sum();
            let lived = place.lived + place.since.map_or(0, |since| end.saturating_sub(since));
            let busy = place.busy + open;
            let idle = (lived * u64::from(info.threads)).saturating_sub(busy);
            WorkerReport {
                name: info.name.to_string(),
                runs: place.runs,
                busy: Duration::from_nanos(busy),
                idle: Duration::from_nanos(idle),
                peak: place.holdings.peak(prefixes, target, storage.disk),
                sent: place.sent,
                received: place.received,
                deaths: place.deaths,
            }
        };
        self.places.iter_mut().zip(&self.checked.infos).map(worker).collect()
    }

    fn groups(&self) -> Vec<GroupReport> {
        let universe = self.checked.plan.universe();
        let mut sums = vec![(0u64, 0u64); universe.prefixes().len()];
        for number in universe.numbers() {
            let (tasks, nbytes) = &mut sums[universe.definition(number).prefix as usize];
            *tasks += 1;
            *nbytes = nbytes.saturating_add(self.checked.costs.nbytes[number as usize]);
        }
        let group = |at: usize| GroupReport {
            name: universe.prefixes()[at].to_string(),
            tasks: sums[at].0,
            runs: self.groups[at].0,
            busy: Duration::from_nanos(self.groups[at].1),
            nbytes: sums[at].1,
        };
        let mut groups: Vec<GroupReport> = (0..sums.len()).map(group).collect();
        groups.sort_by(|a, b| b.busy.cmp(&a.busy).then_with(|| a.name.cmp(&b.name)));
        groups
    }
}

/// A policy in words.
fn placement(placement: Placement) -> String {
    let words = match placement {
        Placement::Cheapest => "cheapest",
        Placement::Random { .. } => "random",
        Placement::LeastBusy => "least busy",
        Placement::RoundRobin => "round robin",
    };
    words.to_string()
}

fn setting(checked: &Checked) -> Setting {
    Setting {
        workers: checked.workers(),
        threads: checked.threads,
        memory_limit: checked.memory,
        bandwidth: checked.settings.network.bandwidth,
        latency: checked.settings.network.latency,
        seed: checked.settings.seed,
        placement: placement(checked.settings.scheduler.placement),
        tasks: checked.plan.len(),
        edges: checked.plan.edges(),
    }
}

/// What no scheduler could be faster than.
pub(crate) fn bounds(checked: &Checked) -> Bounds {
    let universe = checked.plan.universe();
    let length = |number: Number| match universe.definition(number).data {
        true => 0,
        false => checked.costs.nanos[number as usize],
    };
    let work: u128 = universe.numbers().map(|number| u128::from(length(number))).sum();
    let threads = u128::from(checked.threads) * checked.workers() as u128;
    Bounds {
        critical_path: Duration::from_nanos(universe.critical_path(length)),
        work: Duration::from_nanos(u64::try_from(work.div_ceil(threads.max(1))).unwrap_or(u64::MAX)),
    }
}
