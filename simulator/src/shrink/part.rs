//! The parts of a plan of which elements can be taken out.

use crate::swarm::{Plan, What};
use crate::universe::{Number, Universe};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Features that can be switched off.
const FEATURES: usize = 7;

/// A part of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What happens.
    Deeds,
    /// The results that submissions, releases and the like name.
    Numbers,
    /// What users ask for tasks.
    Wishes,
    /// How runs go other than well.
    Courses,
    /// Policies, jitter, limits.
    Features,
    /// Dependencies between tasks.
    Edges,
}

impl Part {
    /// All of them, those first of which much falls away at once.
    pub(super) const ALL: [Part; 6] =
        [Part::Deeds, Part::Numbers, Part::Wishes, Part::Courses, Part::Features, Part::Edges];

    /// How many elements there are.
    pub(super) fn count(self, plan: &Plan) -> usize {
        match self {
            Part::Deeds => plan.deeds.len(),
            Part::Numbers => plan.deeds.iter().map(|deed| numbers(&deed.what).map_or(0, <[_]>::len)).sum(),
            Part::Wishes => wished(plan).count(),
            Part::Courses => plan.courses.iter().filter(|course| !course.is_plain()).count(),
            Part::Features => FEATURES,
            Part::Edges => plan.universe.edges(),
        }
    }

    /// The plan without these elements.
    pub(super) fn without(self, plan: &Plan, out: Range<usize>) -> Plan {
        let mut plan = plan.clone();
        match self {
            Part::Deeds => drop(plan.deeds.drain(out)),
            Part::Numbers => {
                let mut at = 0;
                for deed in &mut plan.deeds {
                    if let Some(list) = numbers_mut(&mut deed.what) {
                        list.retain(|_| {
                            at += 1;
                            !out.contains(&(at - 1))
                        });
                    }
                }
            }
            Part::Wishes => {
                let numbers: Vec<Number> = wished(&plan).collect();
                let mut universe = (*plan.universe).clone();
                numbers[out].iter().for_each(|number| universe.clear_options(*number));
                plan.universe = Arc::new(universe);
            }
            Part::Courses => {
                let mut at = 0;
                let courses = plan.courses.iter().map(|course| {
                    at += usize::from(!course.is_plain());
                    if !course.is_plain() && out.contains(&(at - 1)) { course.plain() } else { course.clone() }
                });
                plan.courses = courses.collect();
            }
            Part::Features => out.for_each(|feature| switch_off(&mut plan, feature)),
            Part::Edges => plan.universe = Arc::new(without_edges(&plan.universe, &out)),
        }
        plan
    }
}

impl Plan {
    /// How much there is in a plan.
    pub(super) fn weight(&self) -> usize {
        Part::ALL.iter().map(|part| part.count(self)).sum::<usize>() + self.settings.features()
    }
}

impl crate::world::Settings {
    /// How many features are on.
    fn features(&self) -> usize {
        let scheduler = &self.scheduler;
        [
            !self.network.jitter.is_zero(),
            !self.overhead.is_zero(),
            scheduler.stealing,
            scheduler.reduce_copies,
            scheduler.fair,
            scheduler.placement != Default::default(),
            self.storage != Default::default(),
        ]
        .into_iter()
        .filter(|is_on| *is_on)
        .count()
    }
}

fn switch_off(plan: &mut Plan, feature: usize) {
    let settings = &mut plan.settings;
    match feature {
        0 => settings.network.jitter = Duration::ZERO,
        1 => settings.overhead = Duration::ZERO,
        2 => settings.scheduler.stealing = false,
        3 => settings.scheduler.reduce_copies = false,
        4 => settings.scheduler.fair = false,
        5 => settings.scheduler.placement = Default::default(),
        _ => {
            settings.storage = Default::default();
            plan.workers.iter_mut().for_each(|info| info.memory_limit = 0);
        }
    }
}

fn wished(plan: &Plan) -> impl Iterator<Item = Number> {
    plan.universe.numbers().filter(|number| plan.universe.definition(*number).options.is_some())
}

fn numbers(what: &What) -> Option<&[Number]> {
    match what {
        What::Submit(_, list)
        | What::Release(_, list)
        | What::Cancel(_, list, _)
        | What::Want(_, list)
        | What::Replicate(_, list, _) => Some(list),
        _ => None,
    }
}

fn numbers_mut(what: &mut What) -> Option<&mut Vec<Number>> {
    match what {
        What::Submit(_, list)
        | What::Release(_, list)
        | What::Cancel(_, list, _)
        | What::Want(_, list)
        | What::Replicate(_, list, _) => Some(list),
        _ => None,
    }
}

/// The same tasks, with these dependencies left out.
fn without_edges(universe: &Universe, out: &Range<usize>) -> Universe {
    let mut other = Universe::new();
    let mut at = 0;
    for number in universe.numbers() {
        let definition = universe.definition(number);
        let kept = definition.dependencies.iter().copied().filter(|_| {
            at += 1;
            !out.contains(&(at - 1))
        });
        let (kept, name): (Vec<Number>, _) = (kept.collect(), &universe.prefixes()[definition.prefix as usize]);
        match definition.data {
            true => drop(other.data(name)),
            false => drop(other.task(name, &kept)),
        }
        if let Some(options) = &definition.options {
            other.options(number, options.clone());
        }
    }
    other
}
