//! What there is to compute in a swarm: families of graphs and random ones side by side, linked here and there, with data
//! put in by hand, wishes of users, and runs that fail.

use super::course::Course;
use crate::families;
use crate::model::End;
use crate::universe::{Number, Universe};
use partita_graph::TaskOptions;
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;

/// What is drawn for all tasks together.
pub(super) struct Mix {
    /// How many tasks there are, about.
    pub(super) count: usize,
    /// What a run takes, typically.
    pub(super) unit: Duration,
    /// What a value has, typically, in bytes.
    pub(super) nbytes: u64,
    /// The share of data put in by hand.
    pub(super) data: f64,
    /// The share of tasks with wishes.
    pub(super) wishes: f64,
    /// The share of tasks whose first runs end with an error, with the wish to run elsewhere, or always with an error.
    pub(super) flaky: f64,
    /// The share of tasks that wait for others.
    pub(super) seceding: f64,
    /// The names that workers have.
    pub(super) names: Vec<Arc<str>>,
}

impl Mix {
    /// Draws the tasks.
    pub(super) fn universe(&self, random: &mut Pcg64Mcg) -> Universe {
        let mut universe = Universe::new();
        let palette: Vec<Arc<TaskOptions>> = (0..6).map(|_| Arc::new(self.options(random))).collect();
        while universe.len() < self.count {
            let left = self.count - universe.len();
            let part = family(random, left);
            self.append(&mut universe, &part, &palette, random);
        }
        universe
    }

    /// Adds a graph, with links to what is there.
    fn append(&self, all: &mut Universe, part: &Universe, palette: &[Arc<TaskOptions>], random: &mut Pcg64Mcg) {
        let base = all.len() as Number;
        let links = if random.random_bool(0.5) { random.random_range(0.0..0.3) } else { 0.0 };
        for number in part.numbers() {
            let definition = part.definition(number);
            if definition.dependencies.is_empty() && random.random_bool(self.data) {
                all.data("data");
                continue;
            }
            let mut dependencies: Vec<Number> = definition.dependencies.iter().map(|other| base + other).collect();
            if base > 0 && random.random_bool(links) {
                dependencies.push(random.random_range(0..base));
            }
            let number = all.task(&part.prefixes()[definition.prefix as usize], &dependencies);
            if random.random_bool(self.wishes) {
                all.options(number, palette[random.random_range(0..palette.len())].clone());
            }
        }
    }

    /// What a user asks for some tasks.
    fn options(&self, random: &mut Pcg64Mcg) -> TaskOptions {
        let mut options = TaskOptions::new();
        if random.random_bool(0.4) {
            options = options.priority(random.random_range(-3..=3));
        }
        if random.random_bool(0.4) {
            let delay = self.unit.mul_f64(random.random_range(0.0..5.0));
            let delay = if random.random_bool(0.5) { delay } else { Duration::ZERO };
            options = options.retries(random.random_range(1..=3)).retry_delay(delay);
            options.retry_elsewhere = random.random_bool(0.5);
        }
        if random.random_bool(0.2) {
            options = options.timeout(self.unit.mul_f64(random.random_range(0.5..20.0)));
        }
        if random.random_bool(0.15) {
            options = options.deadline(self.unit.mul_f64(random.random_range(5.0..500.0)));
        }
        if random.random_bool(0.3) && !self.names.is_empty() {
            let count = random.random_range(1..=self.names.len().min(3));
            let names = (0..count).map(|_| self.names[random.random_range(0..self.names.len())].to_string());
            options = options.workers(names);
            options.allow_other_workers = random.random_bool(0.5);
        }
        if random.random_bool(0.3) {
            options = options.resource("GPU", if random.random_bool(0.5) { 1.0 } else { 0.5 });
        }
        options
    }

    /// Draws how the runs of each task go.
    pub(super) fn courses(&self, universe: &Universe, random: &mut Pcg64Mcg) -> Vec<Course> {
        universe.numbers().map(|_| self.course(random)).collect()
    }

    fn course(&self, random: &mut Pcg64Mcg) -> Course {
        let spread = match random.random_range(0..10) {
            0..2 => random.random_range(0.001..0.05),
            2..9 => f64::exp(random.random_range(-1.0..1.0) + random.random_range(-1.0..1.0)),
            _ => random.random_range(5.0..20.0),
        };
        let duration = self.unit.mul_f64(spread);
        let nbytes = (self.nbytes as f64 * f64::exp(random.random_range(-3.0..2.0))) as u64 + 1;
        let mut first = SmallVec::new();
        let mut fails = false;
        if random.random_bool(self.flaky) {
            match random.random_range(0..4) {
                0 => fails = true,
                1 => first.push(End::Reschedule),
                2 => first.push(End::Error),
                _ => first.extend([End::Error, End::Error]),
            }
        }
        let secedes = random.random_bool(self.seceding);
        let secede = secedes.then(|| duration.mul_f64(random.random_range(0.0..0.9)));
        Course { duration, secede, nbytes, first, fails }
    }
}

/// A graph of some family with so many tasks at the most.
fn family(random: &mut Pcg64Mcg, left: usize) -> Universe {
    let most = left.clamp(4, 120);
    match random.random_range(0..7) {
        0 => families::fan(random.random_range(3..most)),
        1 => families::tree(random.random_range(2..=most / 2 + 1), random.random_range(2..6)),
        2 => {
            let length = random.random_range(2..=most.min(12));
            families::chains((most / length).clamp(1, 10), length)
        }
        3 => {
            let width = random.random_range(2..=most.min(10));
            families::stencil(width, (most / width).clamp(1, 10))
        }
        4 => families::shuffle(random.random_range(2..=((most as f64).sqrt() as usize).clamp(2, 9))),
        _ => families::random_dag(random.random(), random.random_range(3..=most), random.random_range(1..5), 30),
    }
}
