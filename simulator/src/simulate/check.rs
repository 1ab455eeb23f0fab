//! What is asked of a simulation, looked at before anything is simulated.

use super::{Faults, SimulateError, Simulation};
use crate::durations::Costs;
use crate::model::{End, Model, Run, Start};
use crate::plan::Plan;
use crate::universe::Number;
use crate::world::{Detail, Network, Settings, Storage};
use partita_graph::TaskOptions;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{AdaptConfig, Resources};
use partita_scheduler::machine::Config;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Workers and threads of a simulation at the most; more is surely a slip.
const MOST: usize = 1_000_000;

/// Workers that a simulated cluster may have: each one that comes is compared with all.
pub(crate) const MOST_WORKERS: usize = 20_000;

/// The longest time that a message may take.
const LONGEST: Duration = Duration::from_secs(3600);

/// A simulation that makes sense.
pub(crate) struct Checked {
    pub(crate) plan: Arc<Plan>,
    pub(crate) costs: Arc<Costs>,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) infos: Vec<WorkerInfo>,
    pub(crate) threads: u32,
    /// 0 for no limit.
    pub(crate) memory: u64,
    /// How the cluster adapts its size, if it does.
    pub(crate) adapt: Option<AdaptConfig>,
}

/// Each task costs what the table says.
#[derive(Clone)]
pub(crate) struct Table(pub(crate) Arc<Costs>);

impl Model for Table {
    fn run(&mut self, start: Start) -> Run {
        let place = start.number as usize;
        let nbytes = self.0.nbytes.get(place).copied().unwrap_or(0);
        let duration = Duration::from_nanos(self.0.nanos.get(place).copied().unwrap_or(0));
        Run { duration, secede: None, end: End::Value { nbytes } }
    }

    fn data_nbytes(&mut self, number: Number) -> u64 {
        self.0.nbytes.get(number as usize).copied().unwrap_or(0)
    }
}

fn refused(field: &'static str, value: impl ToString, allowed: &'static str) -> SimulateError {
    SimulateError::Value { field, value: value.to_string(), allowed }
}

impl Checked {
    pub(crate) fn new(asked: &Simulation) -> Result<Self, SimulateError> {
        let plan = asked.plan.clone()?;
        if plan.is_empty() {
            return Err(SimulateError::Empty);
        }
        if asked.workers == 0 || asked.workers > MOST_WORKERS {
            return Err(refused("workers", asked.workers, "at least 1 and at most 20,000"));
        }
        for (field, time) in [("latency", asked.latency), ("jitter", asked.jitter), ("overhead", asked.overhead)] {
            if time > LONGEST {
                return Err(refused(field, format!("{time:?}"), "at most an hour"));
            }
        }
        if asked.threads == 0 || asked.threads.saturating_mul(asked.workers) > MOST {
            return Err(refused("threads", asked.threads, "at least 1, and at most 1,000,000 on all workers together"));
        }
        let memory = asked.memory.as_ref().map(|size| size.bytes("memory")).transpose()?;
        if memory == Some(0) {
            return Err(refused("memory", 0, "more than 0 bytes; leave it out for no limit"));
        }
        let bandwidth = asked.bandwidth.bytes("bandwidth")?;
        if bandwidth == 0 {
            return Err(refused("bandwidth", 0, "more than 0 bytes in a second"));
        }
        let disk = asked.disk.bytes("disk")?;
        adapts(asked)?;
        let config = config(asked, bandwidth)?;
        asked.faults.check(asked.workers)?;
        let infos = infos(asked, memory.unwrap_or(0))?;
        satisfiable(&plan, &infos)?;
        let costs = Arc::new(asked.durations.resolve(&plan, asked.seed)?);
        asked.faults.check_longest(Duration::from_nanos(costs.nanos.iter().copied().max().unwrap_or(0)))?;
        let patience = Duration::from_secs(30);
        let record = config.record;
        let settings = Settings {
            scheduler: config,
            worker: partita_worker::machine::Config { record, ..partita_worker::machine::Config::new(1) },
            network: Network { latency: asked.latency, jitter: asked.jitter, bandwidth, patience },
            storage: Storage { disk, ..Storage::default() },
            overhead: asked.overhead,
            seed: asked.seed,
            detail: Detail::Runs,
            validate: false,
            ..Settings::default()
        };
        let (faults, threads) = (asked.faults.clone(), asked.threads as u32);
        Ok(Checked {
            plan,
            costs,
            settings,
            faults,
            infos,
            threads,
            memory: memory.unwrap_or(0),
            adapt: asked.adapt.clone(),
        })
    }

    /// The same, with so many workers and threads, without limit and faults.
    pub(crate) fn unlimited(&self, workers: usize, threads: u32) -> Self {
        let like = |place: usize| {
            let known = self.infos.get(place).or(self.infos.first());
            let name = match place < self.infos.len() {
                true => known.map(|info| info.name.clone()),
                false => None,
            };
            WorkerInfo {
                name: name.unwrap_or_else(|| format!("more-{place}").into()),
                host: format!("host-{place}").into(),
                threads,
                memory_limit: 0,
                resources: known.map(|info| info.resources.clone()).unwrap_or_default(),
            }
        };
        Checked {
            plan: self.plan.clone(),
            costs: self.costs.clone(),
            settings: self.settings.clone(),
            faults: Faults::new(),
            infos: (0..workers).map(like).collect(),
            threads,
            memory: 0,
            adapt: None,
        }
    }

    /// How many workers there are in the beginning: those that are always there, and one that holds data if there is some.
    pub(crate) fn first_workers(&self) -> usize {
        let least = usize::from(!self.plan.held().is_empty());
        self.adapt.as_ref().map_or(self.workers(), |config| config.minimum.max(least).min(self.workers()))
    }

    /// How many workers there are at the most.
    pub(crate) fn workers(&self) -> usize {
        self.infos.len()
    }
}

/// Whether it makes sense to adapt like this.
fn adapts(asked: &Simulation) -> Result<(), SimulateError> {
    let Some(AdaptConfig { minimum, maximum, target, interval, .. }) = &asked.adapt else { return Ok(()) };
    if minimum > maximum || *maximum != asked.workers {
        let value = format!("{minimum}..={maximum} of {} workers", asked.workers);
        return Err(refused("adapt", value, "a range; it says how many workers there are, and `workers` is left out"));
    }
    if target.is_zero() || *interval < Duration::from_millis(1) || *interval > LONGEST {
        let value = format!("a target of {target:?} and looks each {interval:?}");
        return Err(refused("adapt", value, "a target longer than nothing, and looks each millisecond to each hour"));
    }
    Ok(())
}

/// The settings of the scheduler.
fn config(asked: &Simulation, bandwidth: u64) -> Result<Config, SimulateError> {
    let usual = || Config { saturation: 1.0, bandwidth, ..Config::default() };
    let mut config = asked.config.clone().unwrap_or_else(usual);
    config.placement = asked.placement.unwrap_or(config.placement);
    config.stealing = asked.stealing.unwrap_or(config.stealing);
    if !(config.saturation > 0.0 && config.saturation <= 4096.0) {
        return Err(refused("saturation", config.saturation, "above 0 and at most 4,096"));
    }
    Ok(config)
}

/// What the workers are like.
fn infos(asked: &Simulation, memory_limit: u64) -> Result<Vec<WorkerInfo>, SimulateError> {
    if asked.names.len() > asked.workers {
        return Err(refused("names", format!("{} names", asked.names.len()), "not more than there are workers"));
    }
    if let Some((name, amount)) = asked.resources.iter().find(|(_, amount)| !amount.is_finite() || **amount < 0.0) {
        return Err(refused("resource", format!("{amount} of {name}"), "a finite amount of 0 or more"));
    }
    let mut seen: HashSet<&str> = HashSet::new();
    if let Some(twice) = asked.names.iter().find(|name| !seen.insert(name)) {
        return Err(refused("names", format!("{twice:?} twice"), "names that differ"));
    }
    let resources = amounts(&asked.resources);
    let info = |place: usize| {
        let mut name = asked.names.get(place).cloned().unwrap_or_else(|| format!("worker-{place}"));
        while asked.names.get(place).is_none() && seen.contains(name.as_str()) {
            name.push('x');
        }
        let host: Arc<str> = format!("host-{place}").into();
        let threads = asked.threads as u32;
        WorkerInfo { name: name.into(), host, threads, memory_limit, resources: resources.clone() }
    };
    Ok((0..asked.workers).map(info).collect())
}

fn amounts(amounts: &BTreeMap<String, f64>) -> Resources {
    Resources::new(amounts.iter().map(|(name, amount)| (name, *amount)))
}

/// Whether each task may run somewhere.
fn satisfiable(plan: &Plan, infos: &[WorkerInfo]) -> Result<(), SimulateError> {
    let mut last: Option<&Arc<TaskOptions>> = None;
    for number in plan.universe().numbers() {
        let Some(options) = &plan.universe().definition(number).options else { continue };
        // Tasks of a layer share their options.
        if last.is_some_and(|last| Arc::ptr_eq(last, options)) {
            continue;
        }
        last = Some(options);
        let needs = amounts(&options.resources);
        let anywhere = options.workers.is_empty() || options.allow_other_workers;
        let may = |info: &WorkerInfo| {
            (anywhere || options.workers.iter().any(|name| **name == *info.name)) && info.resources.covers(&needs)
        };
        if !infos.iter().any(may) {
            return Err(unsatisfiable(plan.name(number), options, infos));
        }
    }
    Ok(())
}

fn unsatisfiable(task: String, options: &TaskOptions, infos: &[WorkerInfo]) -> SimulateError {
    let words = |list: &mut dyn Iterator<Item = String>| {
        let text: Vec<String> = list.collect();
        if text.is_empty() { "no resources".to_string() } else { text.join(", ") }
    };
    let mut needs = words(&mut options.resources.iter().map(|(name, amount)| format!("{amount} of {name}")));
    let first = infos.first();
    let own = first.into_iter().flat_map(|info| info.resources.iter());
    let mut have = words(&mut own.map(|(name, amount)| format!("{} of {name}", amount as f64 / 1000.0)));
    if !options.workers.is_empty() && !options.allow_other_workers {
        let last = infos.last().map_or("", |info| &*info.name);
        needs = format!("{needs} on {}", options.workers.join(" or "));
        have = format!("{have}, with the names {} to {last}", first.map_or("", |info| &*info.name));
    }
    SimulateError::Unsatisfiable { task, needs, have }
}
