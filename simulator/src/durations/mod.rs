//! How long tasks take and how large their results are, by group: given, drawn by seed, or as measured.

mod cost;
mod file;
mod recorded;

pub(crate) use cost::LONGEST;
pub use cost::{Cost, Spread};
pub use file::DurationsError;

use crate::plan::Plan;
use crate::simulate::{SimulateError, Size};
use cost::LARGEST;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What tasks cost, by the name of their group: the part of a key before its token, such as `sum` in `sum-6f0c…`.
///
/// What is drawn depends on the seed and on the task's place in the graph only. So a task takes the same time on any
/// cluster and under any policy, and what differs between two simulations is due to what was changed.
///
/// ```
/// use partita_simulator::{Cost, Durations};
/// use std::time::Duration;
///
/// let durations = Durations::new()
///     .group("load", Cost::new(Duration::from_millis(80), "16 MiB").uniform(0.2))
///     .group("sum", Cost::new(Duration::from_millis(5), 8).log_normal(0.5))
///     .otherwise(Cost::new(Duration::from_millis(1), 100));
/// assert_eq!(durations.groups().count(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    groups: BTreeMap<String, Cost>,
    otherwise: Option<Cost>,
}

/// What every task of a plan costs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Costs {
    /// How long each runs, in nanoseconds.
    pub(crate) nanos: Vec<u64>,
    /// How large each result is.
    pub(crate) nbytes: Vec<u64>,
    /// The groups that had no cost of their own.
    pub(crate) assumed: Vec<String>,
}

/// A value that stands in the graph is handed over, not computed.
const VALUE_NANOS: u64 = 1_000;

impl Durations {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All tasks take the same time, and give results of the same size.
    pub fn same(duration: Duration, nbytes: impl Into<Size>) -> Self {
        Durations::new().otherwise(Cost::new(duration, nbytes))
    }

    /// Sets what tasks of a group cost.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>, cost: Cost) -> Self {
        self.groups.insert(name.into(), cost);
        self
    }

    /// Sets what tasks of groups that are not named cost. A report names those groups.
    #[must_use]
    pub fn otherwise(mut self, cost: Cost) -> Self {
        self.otherwise = Some(cost);
        self
    }

    /// All tasks take so many times as long, and give results so many times as large: as if each were given so many times
    /// as much. Sizes without sense stay as they are, to be refused.
    ///
    /// ```
    /// use partita_simulator::{Durations, Size};
    /// use std::time::Duration;
    ///
    /// let durations = Durations::new().group("sum", partita_simulator::Cost::new(Duration::from_millis(2), "1 kB"));
    /// let (_, cost) = durations.times(10).groups().next().map(|(name, cost)| (name.to_string(), cost.clone())).unwrap();
    /// assert_eq!((cost.duration.as_millis(), cost.nbytes), (20, Size::Bytes(10_000)));
    /// ```
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.groups.values_mut().chain(&mut self.otherwise).for_each(|cost| cost.grow(times));
        self
    }

    /// The groups that are named, by name, with what their tasks cost.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &Cost)> {
        self.groups.iter().map(|(name, cost)| (name.as_str(), cost))
    }

    /// What each task of a plan costs.
    pub(crate) fn resolve(&self, plan: &Plan, seed: u64) -> Result<Costs, SimulateError> {
        // What makes no sense is refused even if no task of this plan has it.
        for (name, cost) in self.groups.iter().map(|(name, cost)| (name.as_str(), cost)) {
            cost.check(name)?;
        }
        if let Some(cost) = &self.otherwise {
            cost.check("otherwise")?;
        }
        let universe = plan.universe();
        let mut used = vec![Use::default(); universe.prefixes().len()];
        for number in universe.numbers() {
            let used = &mut used[universe.definition(number).prefix as usize];
            used.any = true;
            used.calls |= plan.known_nbytes(number).is_none() && !universe.definition(number).data;
        }
        let mut draws = Vec::with_capacity(used.len());
        let (mut assumed, mut missing) = (Vec::new(), Vec::new());
        for (name, used) in universe.prefixes().iter().zip(&used) {
            let own = self.groups.get(&**name);
            if own.is_none() && used.calls {
                let list = if self.otherwise.is_some() { &mut assumed } else { &mut missing };
                list.push(name.to_string());
            }
            let cost = own.or(self.otherwise.as_ref()).filter(|_| used.any);
            draws.push(cost.map(|cost| cost.check(name)).transpose()?);
        }
        if !missing.is_empty() {
            let known = self.groups.keys().cloned().collect();
            return Err(SimulateError::UnknownGroups { missing, known });
        }
        let mut costs = Costs { assumed, ..Costs::default() };
        for number in universe.numbers() {
            let definition = universe.definition(number);
            let draw = draws[definition.prefix as usize].as_ref();
            let (nanos, nbytes) = draw.map_or((VALUE_NANOS, 0), |draw| draw.of(seed, number));
            let is_value = plan.known_nbytes(number).is_some() && !self.groups.contains_key(plan.group(number));
            costs.nanos.push(if is_value { VALUE_NANOS } else { nanos });
            costs.nbytes.push(plan.known_nbytes(number).unwrap_or(nbytes));
        }
        costs.check()?;
        Ok(costs)
    }
}

impl Costs {
    /// Whether virtual time and the sums of a report have room for all tasks together.
    fn check(&self) -> Result<(), SimulateError> {
        let sum = |list: &[u64]| list.iter().map(|number| u128::from(*number)).sum::<u128>();
        let (nanos, nbytes) = (sum(&self.nanos), sum(&self.nbytes));
        if nanos > LONGEST.as_nanos() {
            let years = nanos / Duration::from_secs(365 * 24 * 3600).as_nanos();
            let (value, allowed) = (format!("{years} years for all tasks together"), "at most 100 years together");
            return Err(SimulateError::Value { field: "duration", value, allowed });
        }
        if nbytes > u128::from(LARGEST) {
            let (value, allowed) = (format!("{nbytes} bytes for all results together"), "at most 1 EiB together");
            return Err(SimulateError::Value { field: "nbytes", value, allowed });
        }
        Ok(())
    }
}

/// How a group is used by a plan.
#[derive(Clone, Copy, Default)]
struct Use {
    any: bool,
    /// Whether some of its tasks call a function: only those need a cost.
    calls: bool,
}
