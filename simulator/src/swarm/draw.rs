//! Drawing a plan from a seed. What kinds of things happen, and how often, is drawn first: a seed without kills finds
//! what a seed full of kills hides.

use super::plan::{Plan, Size};
use super::tasks::Mix;
use super::{faults, script};
use crate::universe::Universe;
use crate::world::{Detail, Network, Settings, Storage};
use partita_protocol::Resources;
use partita_protocol::scheduler::WorkerInfo;
use partita_scheduler::machine::Placement;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;
use std::time::Duration;

/// The share of seeds in which nothing goes wrong, so that what runs twice runs twice for nothing.
const PEACEFUL: f64 = 0.04;

/// The share of small seeds with more workers than placement looks at one by one.
const WIDE: f64 = 0.06;

/// In one seed of so many no workers of new names are waited for.
const STATIC: u64 = 10;

impl Plan {
    /// The plan of a seed.
    ///
    /// ```
    /// use partita_simulator::swarm::{Plan, Size};
    ///
    /// let (one, same) = (Plan::draw(7, Size::Any), Plan::draw(7, Size::Any));
    /// assert_eq!(one.deeds, same.deeds);
    /// assert_ne!(one.deeds, Plan::draw(8, Size::Any).deeds);
    /// ```
    pub fn draw(seed: u64, size: Size) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let random = &mut random;
        let count = match size {
            Size::Any => random.random_range(20..=300),
            Size::Big => random.random_range(200..=340),
        };
        let unit = Duration::from_nanos(log(random, 20e3, 50e6) as u64);
        let nbytes = log(random, 8.0, 1e6) as u64;
        let names = (0..random.random_range(2..=12)).map(|at| format!("worker-{at}").into()).collect();
        let mix = Mix {
            count,
            unit,
            nbytes,
            data: rate(random, 0.3, 0.2),
            wishes: rate(random, 0.5, 0.4),
            flaky: rate(random, 0.5, 0.15),
            seceding: rate(random, 0.3, 0.2),
            names,
        };
        let universe = mix.universe(random);
        let courses = mix.courses(&universe, random);
        let total: u64 = courses.iter().map(|course| course.nbytes).sum();
        let workers = workers(random, size, total);
        let network = network(random, unit, total);
        let slots: u32 = workers.iter().map(|info| info.threads).sum();
        let work: Duration = courses.iter().map(|course| course.duration).sum();
        let path = universe.critical_path(|number| {
            (courses[number as usize].duration + 6 * network.latency + network.travel(nbytes)).as_nanos() as u64
        });
        let makespan = (work / slots.max(1)).max(Duration::from_nanos(path));
        let horizon = makespan.mul_f64(random.random_range(0.6..2.0)) + 20 * network.latency;
        let settings = settings(random, seed, network, total);
        let mut plan = Plan {
            seed,
            size,
            settings,
            universe: Arc::new(universe),
            courses: courses.into(),
            workers,
            deeds: Vec::new(),
            horizon,
        };
        let deeds = &mut plan.deeds;
        script::workers(deeds, random, plan.workers.len(), size, horizon);
        script::clients(deeds, random, &plan.universe, size, horizon);
        faults::draw(deeds, random, size, horizon, unit.max(network.latency));
        if plan.workers.iter().any(|info| info.memory_limit > 0) {
            plan.settings.storage.process = faults::swell(deeds, &mut Pcg64Mcg::seed_from_u64(!seed), horizon);
        }
        if size == Size::Any && random.random_bool(PEACEFUL) {
            plan.calm_down();
        }
        plan
    }
}

/// A number between two others, each order of magnitude as likely as any other.
pub(super) fn log(random: &mut Pcg64Mcg, least: f64, most: f64) -> f64 {
    f64::exp(random.random_range(least.ln()..most.ln()))
}

/// A rate up to `most`; 0 unless it is on, which has this chance.
pub(super) fn rate(random: &mut Pcg64Mcg, on: f64, most: f64) -> f64 {
    if random.random_bool(on) { random.random_range(0.0..most) } else { 0.0 }
}

fn workers(random: &mut Pcg64Mcg, size: Size, total: u64) -> Vec<WorkerInfo> {
    let count = match size {
        Size::Any if random.random_bool(WIDE) => random.random_range(17..=40),
        Size::Any => random.random_range(2..=12),
        Size::Big => random.random_range(11..=14),
    };
    let is_tight = random.random_bool(0.3);
    let gpus = rate(random, 0.6, 1.0);
    let threads = random.random_range(1..=4);
    let info = |at: usize| WorkerInfo {
        name: format!("worker-{at}").into(),
        host: format!("host-{}", at / 3).into(),
        threads: if random.random_bool(0.7) { threads } else { random.random_range(1..=4) },
        memory_limit: match is_tight {
            true => (total as f64 / count as f64 * random.random_range(0.3..4.0)) as u64,
            false => 0,
        },
        resources: match random.random_bool(gpus) {
            true => Resources::new([("GPU", f64::from(random.random_range(1..=2)))]),
            false => Resources::default(),
        },
    };
    (0..count).map(info).collect()
}

fn network(random: &mut Pcg64Mcg, unit: Duration, total: u64) -> Network {
    let latency = Duration::from_nanos(log(random, 2e3, 2.0 * unit.as_nanos() as f64 + 4e3) as u64);
    let bandwidth = log(random, total as f64, 1e4 * total as f64) / unit.as_secs_f64().max(1e-6) / 100.0;
    Network {
        latency,
        jitter: if random.random_bool(0.7) { latency.mul_f64(random.random_range(0.1..3.0)) } else { Duration::ZERO },
        bandwidth: bandwidth.clamp(1e6, 1e11) as u64,
        patience: (latency + unit).mul_f64(log(random, 3.0, 100.0)),
    }
}

fn settings(random: &mut Pcg64Mcg, seed: u64, network: Network, total: u64) -> Settings {
    let mut scheduler = partita_scheduler::machine::Config {
        saturation: if random.random_bool(0.8) { 1.1 } else { random.random_range(0.5..4.0) },
        allowed_failures: random.random_range(0..=4),
        bandwidth: if random.random_bool(0.5) { network.bandwidth } else { 100_000_000 },
        no_workers_timeout: match random.random_bool(0.8) {
            true => Some(Duration::from_secs(600)),
            false => Some(2 * (network.latency + network.patience)),
        },
        placement: placement(random),
        stealing: random.random_bool(0.75),
        reduce_copies: random.random_bool(0.7),
        fair: random.random_bool(0.7),
        starvation: match random.random_range(0..3) {
            0 => None,
            1 => Some(network.patience.mul_f64(random.random_range(0.1..10.0))),
            _ => Some(Duration::from_secs(30)),
        },
        static_workers: seed % STATIC == 3,
        decisions: if random.random_bool(0.15) { 500 } else { 0 },
        record: true,
        ..Default::default()
    };
    if random.random_bool(0.2) {
        scheduler.quantum = Duration::ZERO;
    }
    let mut worker = partita_worker::machine::Config::new(1);
    worker.record = random.random_bool(0.1);
    if random.random_bool(0.4) {
        worker.transfers = random.random_range(1..=4);
        worker.gather_tasks = random.random_range(1..=8);
        worker.gather_bytes = total / 50 + 1;
    }
    let disk = match random.random_range(0..3) {
        0 => 0,
        1 => total / 4,
        _ => u64::MAX / 4,
    };
    let overhead =
        if random.random_bool(0.4) { network.latency.mul_f64(random.random_range(0.0..0.5)) } else { Duration::ZERO };
    Settings {
        scheduler,
        worker,
        network,
        storage: Storage {
            disk,
            disk_bandwidth: network.bandwidth,
            least: 1,
            file: total / 100 + 1,
            ..Storage::default()
        },
        overhead,
        seed,
        detail: Detail::All,
        validate: true,
        ..Settings::default()
    }
}

fn placement(random: &mut Pcg64Mcg) -> Placement {
    match random.random_range(0..10) {
        0 => Placement::Random { seed: random.random() },
        1 => Placement::LeastBusy,
        2 => Placement::RoundRobin,
        _ => Placement::Cheapest,
    }
}

/// A moment up to the horizon.
pub(super) fn moment(random: &mut Pcg64Mcg, horizon: Duration) -> Duration {
    horizon.mul_f64(random.random_range(0.0..1.0))
}

/// Some of these, at least one.
pub(super) fn some<T: Copy>(random: &mut Pcg64Mcg, list: &[T], most: usize) -> Vec<T> {
    let count = random.random_range(1..=most.max(1));
    (0..count).filter_map(|_| list.get(random.random_range(0..list.len().max(1))).copied()).collect()
}

/// All tasks that are not data.
pub(super) fn computed(universe: &Universe) -> Vec<u32> {
    universe.numbers().filter(|number| !universe.definition(*number).data).collect()
}
