//! Groups: what the tasks of one name did, and how long they took.

use partita_protocol::telemetry::State;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Times or sizes of which only the sum, the ends and a coarse distribution are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// How many there are.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// How many there are from each power of two on, up to the next.
    #[serde(with = "powers")]
    powers: Box<[u64; 64]>,
}

impl Default for Spread {
    fn default() -> Self {
        Spread { count: 0, sum: 0, min: u64::MAX, max: 0, powers: Box::new([0; 64]) }
    }
}

impl Spread {
    pub(crate) fn add(&mut self, value: u64) {
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.powers[value.max(1).ilog2() as usize] += 1;
    }

    /// The mean, 0 of none.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 }
    }

    /// About the value below which this share of them is, by a factor of the root of two at the most.
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = ((self.count as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (power, count) in self.powers.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                let middle = (2f64.powi(power as i32) * std::f64::consts::SQRT_2) as u64;
                return middle.clamp(self.min.min(self.max), self.max);
            }
        }
        self.max
    }
}

/// What the tasks of one name did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GroupStats {
    /// Tasks that are in each state.
    pub now: [i64; 8],
    /// Tasks that became known.
    pub tasks: u64,
    /// Times that a task ended well.
    pub finished: u64,
    /// Times that a task failed for good.
    pub erred: u64,
    /// Tasks that are done: they ended well, and are not being computed again.
    pub done: i64,
    /// Tasks that failed for good, and are not being computed again.
    pub failed: i64,
    /// Executions that failed, also those that were tried again.
    pub failures: u64,
    /// Tasks that were taken back from a worker.
    pub stolen: u64,
    /// Nanoseconds of executions.
    pub times: Spread,
    /// Bytes of results.
    pub sizes: Spread,
}

impl GroupStats {
    /// Tasks in a state.
    pub fn of(&self, state: State) -> i64 {
        self.now[state as usize].max(0)
    }

    /// Time that its executions took, added up.
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.times.sum)
    }
}

/// Serde knows arrays of up to 32.
mod powers {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(powers: &[u64; 64], to: S) -> Result<S::Ok, S::Error> {
        powers[..].serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Box<[u64; 64]>, D::Error> {
        let powers = Box::<[u64]>::deserialize(from)?;
        powers.try_into().map_err(|other: Box<[u64]>| Error::invalid_length(other.len(), &"64 numbers"))
    }
}
