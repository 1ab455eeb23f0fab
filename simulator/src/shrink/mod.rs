//! Making a plan that fails smaller, until every part of what is left is needed for it to fail: deeds, results that are
//! asked for, wishes, runs that go wrong, and features.

mod part;

use crate::swarm::{Found, Plan, guarded};
use part::Part;
use std::time::{Duration, Instant};

/// A plan that still fails, with little left in it.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The plan.
    pub plan: Plan,
    /// How it fails.
    pub found: Found,
    /// How often it was run.
    pub runs: usize,
}

/// Makes a plan smaller that breaks an invariant, for so long at the most. `None` if it does not fail.
pub fn shrink(plan: &Plan, patience: Duration) -> Option<Shrunk> {
    let found = guarded(plan).found?;
    let end = Instant::now() + patience;
    let mut shrunk = Shrunk { plan: plan.clone(), found, runs: 1 };
    loop {
        let before = shrunk.plan.weight();
        for part in Part::ALL {
            shrunk.take_out(part, end);
        }
        if shrunk.plan.weight() == before || Instant::now() >= end {
            return Some(shrunk);
        }
    }
}

impl Shrunk {
    /// Takes out as many elements of a part as can be: large pieces first, then smaller ones.
    fn take_out(&mut self, part: Part, end: Instant) {
        let mut piece = part.count(&self.plan).next_power_of_two();
        while piece > 0 {
            let mut at = 0;
            while at < part.count(&self.plan) {
                if Instant::now() >= end {
                    return;
                }
                let until = (at + piece).min(part.count(&self.plan));
                let smaller = part.without(&self.plan, at..until);
                // What could be taken out is gone, or has no effect any more.
                if !self.still_fails(smaller) || part.count(&self.plan) >= until {
                    at = until;
                }
            }
            piece /= 2;
        }
    }

    /// Takes a smaller plan over if it fails in the same way.
    fn still_fails(&mut self, smaller: Plan) -> bool {
        self.runs += 1;
        match guarded(&smaller).found {
            Some(found) if found.id == self.found.id => {
                (self.plan, self.found) = (smaller, found);
                true
            }
            _ => false,
        }
    }

    /// What is left, as a short list.
    pub fn lines(&self) -> Vec<String> {
        let Plan { settings, universe, deeds, horizon, .. } = &self.plan;
        let mut lines = vec![format!("until {horizon:?}, {:?}", settings.scheduler)];
        lines.push(format!("{:?}, {:?}, overhead {:?}", settings.network, settings.storage, settings.overhead));
        let mut asked = Vec::new();
        let mut deeds: Vec<_> = deeds.iter().collect();
        deeds.sort_by_key(|deed| deed.at);
        for deed in deeds {
            if let crate::swarm::What::Submit(_, numbers) = &deed.what {
                asked.extend(numbers);
            }
            let like = match &deed.what {
                crate::swarm::What::Join(at) => self.plan.workers.get(*at).map(|info| format!(" {info:?}")),
                _ => None,
            };
            lines.push(format!("{:>12?} {:?}{}", deed.at, deed.what, like.unwrap_or_default()));
        }
        for number in universe.closure(&asked) {
            let definition = universe.definition(number);
            let options = definition.options.as_ref().map(|options| format!(", {options:?}")).unwrap_or_default();
            let course = self.plan.courses.get(number as usize);
            lines.push(format!("{} of {:?}: {course:?}{options}", universe.name(number), definition.dependencies));
        }
        lines
    }
}
