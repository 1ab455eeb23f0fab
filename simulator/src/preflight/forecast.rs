//! The quick look: tasks are started in their order as threads become free, and what they hold is added up.

use crate::report::{Held, Holdings};
use crate::simulate::Checked;
use crate::universe::{Number, Universe};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What workers will hold.
pub(super) struct Forecast {
    /// At its peak, each.
    pub(super) peaks: Vec<u64>,
    /// The one that holds the most.
    pub(super) fullest: usize,
    /// When it does, in nanoseconds.
    pub(super) at: u64,
    /// What that is.
    pub(super) guilty: Vec<Held>,
}

/// The state of the look.
struct Look<'a> {
    universe: &'a Universe,
    nbytes: &'a [u64],
    workers: Vec<Holdings>,
    /// Free threads of each worker, and the workers that have some; some of the list have none any more.
    threads: Vec<u32>,
    free: VecDeque<u32>,
    idle: usize,
    /// Who holds the result of each task.
    places: Vec<SmallVec<[u32; 2]>>,
    /// How many tasks still need the result of each; what is wanted counts as one.
    needed: Vec<u32>,
    /// How many dependencies of each are missing.
    missing: Vec<u32>,
    now: u64,
}

impl Forecast {
    /// What so many workers will hold.
    pub(super) fn new(checked: &Checked, workers: usize) -> Self {
        let universe = &**checked.plan.universe();
        let (dependents, missing) = dependents(universe);
        let ranks = ranks(checked);
        let mut look = Look::new(checked, workers, &dependents, missing);
        let mut ready: BinaryHeap<Reverse<(u32, Number)>> = BinaryHeap::new();
        let waits_for_none = |number: &Number| universe.definition(*number).dependencies.is_empty();
        ready.extend(universe.numbers().filter(waits_for_none).map(|number| Reverse((ranks[number as usize], number))));
        let mut running: BinaryHeap<Reverse<(u64, u32, Number)>> = BinaryHeap::new();
        loop {
            while look.idle > 0
                && let Some(Reverse((_, number))) = ready.pop()
            {
                let worker = look.start(number);
                let takes = if universe.definition(number).data { 0 } else { checked.costs.nanos[number as usize] };
                running.push(Reverse((look.now.saturating_add(takes), worker, number)));
            }
            let Some(Reverse((end, worker, number))) = running.pop() else { break };
            look.now = end;
            look.end(number, worker);
            for dependent in dependents.of(number) {
                let missing = &mut look.missing[*dependent as usize];
                *missing -= 1;
                if *missing == 0 {
                    ready.push(Reverse((ranks[*dependent as usize], *dependent)));
                }
            }
        }
        look.forecast()
    }

    /// The most that a worker holds.
    pub(super) fn peak(&self) -> u64 {
        self.peaks.iter().copied().max().unwrap_or(0)
    }
}

impl<'a> Look<'a> {
    fn new(checked: &'a Checked, workers: usize, dependents: &Dependents, missing: Vec<u32>) -> Self {
        let universe = &**checked.plan.universe();
        let mut needed: Vec<u32> = universe.numbers().map(|number| dependents.of(number).len() as u32).collect();
        checked.plan.outputs().iter().for_each(|number| needed[*number as usize] += 1);
        let threads = checked.threads as usize;
        Look {
            universe,
            nbytes: &checked.costs.nbytes,
            workers: vec![Holdings::default(); workers],
            threads: vec![checked.threads; workers],
            // Each worker in turn, as the scheduler fills them.
            free: (0..workers as u32 * threads as u32).map(|at| at % workers as u32).collect(),
            idle: workers * threads,
            places: vec![SmallVec::new(); universe.len()],
            needed,
            missing,
            now: 0,
        }
    }

    /// Starts a task on a free thread, near its inputs, and brings there what is missing.
    fn start(&mut self, number: Number) -> u32 {
        let dependencies = &self.universe.definition(number).dependencies;
        let mut best: Option<(u64, u32)> = None;
        // The largest inputs decide; of many, the first few tell.
        for input in dependencies.iter().take(16) {
            for place in &self.places[*input as usize] {
                let bytes = self.nbytes[*input as usize];
                if self.threads[*place as usize] > 0 && best.is_none_or(|(most, _)| bytes > most) {
                    best = Some((bytes, *place));
                }
            }
        }
        let worker = match best {
            Some((_, worker)) => worker,
            None => loop {
                match self.free.pop_front() {
                    Some(worker) if self.threads[worker as usize] > 0 => break worker,
                    Some(_) => {}
                    // There is one: `idle` is not 0.
                    None => break 0,
                }
            },
        };
        self.threads[worker as usize] = self.threads[worker as usize].saturating_sub(1);
        self.idle -= 1;
        for input in dependencies {
            if !self.places[*input as usize].contains(&worker) {
                self.places[*input as usize].push(worker);
                self.hold(worker, *input, 1);
            }
        }
        worker
    }

    /// A task ended: its result is there, and inputs that nobody else needs can go.
    fn end(&mut self, number: Number, worker: u32) {
        self.threads[worker as usize] += 1;
        self.free.push_back(worker);
        self.idle += 1;
        self.places[number as usize].push(worker);
        self.hold(worker, number, 1);
        if self.needed[number as usize] == 0 {
            self.let_go(number);
        }
        for input in &self.universe.definition(number).dependencies {
            self.needed[*input as usize] -= 1;
            if self.needed[*input as usize] == 0 {
                self.let_go(*input);
            }
        }
    }

    fn let_go(&mut self, number: Number) {
        for worker in std::mem::take(&mut self.places[number as usize]) {
            self.hold(worker, number, -1);
        }
    }

    fn hold(&mut self, worker: u32, number: Number, sign: i64) {
        let nbytes = i64::try_from(self.nbytes[number as usize]).unwrap_or(i64::MAX);
        let group = self.universe.definition(number).prefix;
        self.workers[worker as usize].change(self.now, group, sign * nbytes);
    }

    fn forecast(mut self) -> Forecast {
        let names = self.universe.prefixes();
        let mut peaks: Vec<_> = self.workers.iter_mut().map(|worker| worker.peak(names, u64::MAX, 0)).collect();
        let fullest = (0..peaks.len()).max_by_key(|at| (peaks[*at].nbytes, Reverse(*at))).unwrap_or(0);
        let at = u64::try_from(peaks[fullest].at.as_nanos()).unwrap_or(u64::MAX);
        let guilty = std::mem::take(&mut peaks[fullest].held);
        Forecast { peaks: peaks.iter().map(|peak| peak.nbytes).collect(), fullest, at, guilty }
    }
}

/// The tasks that depend on each, one list after the other.
struct Dependents {
    starts: Vec<u32>,
    list: Vec<Number>,
}

impl Dependents {
    fn of(&self, number: Number) -> &[Number] {
        &self.list[self.starts[number as usize] as usize..self.starts[number as usize + 1] as usize]
    }
}

/// The tasks that depend on each, and how many dependencies each has.
fn dependents(universe: &Universe) -> (Dependents, Vec<u32>) {
    let mut starts = vec![0u32; universe.len() + 1];
    let mut missing = Vec::with_capacity(universe.len());
    for number in universe.numbers() {
        let dependencies = &universe.definition(number).dependencies;
        missing.push(dependencies.len() as u32);
        dependencies.iter().for_each(|number| starts[*number as usize + 1] += 1);
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut list = vec![0; starts.last().copied().unwrap_or(0) as usize];
    for number in universe.numbers() {
        for dependency in &universe.definition(number).dependencies {
            let place = &mut next[*dependency as usize];
            list[*place as usize] = number;
            *place += 1;
        }
    }
    (Dependents { starts, list }, missing)
}

/// The place of each task in the static order.
fn ranks(checked: &Checked) -> Vec<u32> {
    let universe = checked.plan.universe();
    let mut ranks: Vec<u32> = universe.numbers().collect();
    if checked.plan.order().is_empty() {
        let order = universe.static_order(&ranks);
        order.iter().enumerate().for_each(|(rank, number)| ranks[*number as usize] = rank as u32);
    }
    ranks
}

/// The task that alone needs the most, and how much: its result and its inputs.
pub(super) fn largest(checked: &Checked) -> (Number, u64) {
    let universe = checked.plan.universe();
    let nbytes = &checked.costs.nbytes;
    let needs = |number: Number| {
        let inputs = universe.definition(number).dependencies.iter();
        inputs.fold(nbytes[number as usize], |sum, input| sum.saturating_add(nbytes[*input as usize]))
    };
    universe.numbers().map(|number| (number, needs(number))).max_by_key(|(_, nbytes)| *nbytes).unwrap_or((0, 0))
}
