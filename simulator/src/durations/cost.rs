//! What the tasks of one group cost, and how it is drawn for each.

use crate::simulate::{SimulateError, Size};
use crate::universe::Number;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What tasks of a group cost: how long they take on average, and how large their results are.
///
/// ```
/// use partita_simulator::{Cost, Spread};
/// use std::time::Duration;
///
/// let cost = Cost::new(Duration::from_millis(20), "1 MiB");
/// assert_eq!(cost.spread, Spread::Fixed);
/// assert_eq!(cost.log_normal(0.5).spread, Spread::LogNormal { sigma: 0.5 });
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// How long a task takes on average.
    pub duration: Duration,
    /// How large a result is.
    pub nbytes: Size,
    /// How tasks differ from the average.
    pub spread: Spread,
}

/// How the times of the tasks of a group differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Spread {
    /// Not at all.
    Fixed,
    /// Evenly, by up to this share of the average to both sides.
    Uniform {
        /// From 0 to 1.
        share: f64,
    },
    /// Most are a little faster, a few are much slower; the average stays.
    LogNormal {
        /// The standard deviation of the logarithm, from 0 to 4: 0.5 is common, 1 is wild.
        sigma: f64,
    },
    /// As tasks that were measured: nanoseconds and bytes of each. Each task is like one of them.
    Measured(Vec<(u64, u64)>),
}

const SHARE: &str = "a share of the average, from 0 to 1";
const SIGMA: &str = "0 or more, and at most 4: with more, nearly all tasks would take no time at all";
const MEASURED: &str = "measurements of one task at least";
const LONGEST_WORDS: &str = "at most 100 years";
const LARGEST_WORDS: &str = "at most 1 EiB";

/// The largest standard deviation of a logarithm.
const WILDEST: f64 = 4.0;

/// The longest time of a task, and of all tasks of a graph together; with more, virtual time would come to its end.
pub(crate) const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The largest result, and the most bytes of all results of a graph together.
pub(crate) const LARGEST: u64 = 1 << 60;

impl Cost {
    /// All tasks take this time and give results of this size.
    pub fn new(duration: Duration, nbytes: impl Into<Size>) -> Self {
        Cost { duration, nbytes: nbytes.into(), spread: Spread::Fixed }
    }

    /// Times differ evenly, by up to this share of the average to both sides.
    #[must_use]
    pub fn uniform(mut self, share: f64) -> Self {
        self.spread = Spread::Uniform { share };
        self
    }

    /// Times are spread log-normally, with this standard deviation of their logarithm.
    #[must_use]
    pub fn log_normal(mut self, sigma: f64) -> Self {
        self.spread = Spread::LogNormal { sigma };
        self
    }

    /// So many times as long and as large.
    pub(super) fn grow(&mut self, times: u32) {
        let times = u64::from(times);
        self.duration = self.duration.saturating_mul(times as u32);
        if let Ok(nbytes) = self.nbytes.bytes("nbytes") {
            self.nbytes = Size::Bytes(nbytes.saturating_mul(times));
        }
        if let Spread::Measured(list) = &mut self.spread {
            for (nanos, nbytes) in list {
                (*nanos, *nbytes) = (nanos.saturating_mul(times), nbytes.saturating_mul(times));
            }
        }
    }

    /// What can be drawn from, or what is wrong with it.
    pub(crate) fn check(&self, group: &str) -> Result<Draw<'_>, SimulateError> {
        let refused = |value: f64, allowed| SimulateError::Spread { group: group.to_string(), value, allowed };
        match &self.spread {
            Spread::Uniform { share } if !(0.0..=1.0).contains(share) => Err(refused(*share, SHARE)),
            Spread::LogNormal { sigma } if !(0.0..=WILDEST).contains(sigma) => Err(refused(*sigma, SIGMA)),
            Spread::Measured(list) if list.is_empty() => Err(refused(0.0, MEASURED)),
            spread => {
                let nanos = nanos_of(self.duration, group)?;
                let nbytes = nbytes_of(self.nbytes.bytes("nbytes")?, group)?;
                if let Spread::Measured(list) = spread {
                    for (nanos, nbytes) in list {
                        nanos_of(Duration::from_nanos(*nanos), group)?;
                        nbytes_of(*nbytes, group)?;
                    }
                }
                Ok(Draw { nanos, nbytes, spread })
            }
        }
    }
}

/// The nanoseconds of a time that virtual time has room for.
fn nanos_of(time: Duration, group: &str) -> Result<u64, SimulateError> {
    let refused = || {
        let value = format!("{time:?} for group `{group}`");
        SimulateError::Value { field: "duration", value, allowed: LONGEST_WORDS }
    };
    u64::try_from(time.as_nanos()).ok().filter(|_| time <= LONGEST).ok_or_else(refused)
}

/// The bytes of a result that can be counted.
fn nbytes_of(nbytes: u64, group: &str) -> Result<u64, SimulateError> {
    let refused = || {
        let value = format!("{nbytes} bytes for group `{group}`");
        SimulateError::Value { field: "nbytes", value, allowed: LARGEST_WORDS }
    };
    Some(nbytes).filter(|nbytes| *nbytes <= LARGEST).ok_or_else(refused)
}

/// A cost that makes sense.
pub(crate) struct Draw<'a> {
    nanos: u64,
    nbytes: u64,
    spread: &'a Spread,
}

impl Draw<'_> {
    /// The nanoseconds and bytes of a task.
    pub(crate) fn of(&self, seed: u64, number: Number) -> (u64, u64) {
        let counter = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (u64::from(number) << 1);
        let mean = self.nanos as f64;
        let nanos = match self.spread {
            Spread::Fixed => return (self.nanos, self.nbytes),
            Spread::Measured(list) => return list[(mix(counter) % list.len() as u64) as usize],
            Spread::Uniform { share } => mean * (1.0 + share * (2.0 * unit(counter) - 1.0)),
            Spread::LogNormal { sigma } => mean * (sigma * normal(counter) - sigma * sigma / 2.0).exp(),
        };
        (nanos as u64, self.nbytes)
    }
}

/// Spreads a counter over 64 bits (the finaliser of splitmix64, Steele et al. 2014).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A number above 0, up to 1.
fn unit(counter: u64) -> f64 {
    ((mix(counter) >> 11) + 1) as f64 / (1u64 << 53) as f64
}

/// A number of the standard normal distribution (Box and Muller 1958).
fn normal(counter: u64) -> f64 {
    let (radius, angle) = (unit(counter), unit(counter ^ 1));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(cost: &Cost) -> f64 {
        let draw = cost.check("x").unwrap();
        (0..20_000).map(|number| draw.of(3, number).0 as f64).sum::<f64>() / 20_000.0
    }

    #[test]
    fn the_average_stays_whatever_the_spread() {
        let cost = Cost::new(Duration::from_millis(10), 8);
        for cost in [cost.clone().uniform(0.5), cost.clone().log_normal(0.7), cost] {
            assert!((mean(&cost) / 1e7 - 1.0).abs() < 0.02, "{cost:?}: {}", mean(&cost));
        }
    }

    #[test]
    fn a_task_is_drawn_the_same_each_time_and_others_are_not() {
        let cost = Cost::new(Duration::from_secs(1), 8).log_normal(1.0);
        let draw = cost.check("x").unwrap();
        assert_eq!(draw.of(1, 5), draw.of(1, 5));
        assert_ne!(draw.of(1, 5), draw.of(2, 5));
        assert_ne!(draw.of(1, 5), draw.of(1, 6));
    }

    #[test]
    fn spreads_without_sense_are_refused_with_what_was_given() {
        let cost = Cost::new(Duration::from_secs(1), 8);
        let measured = |list: &[(u64, u64)]| Cost { spread: Spread::Measured(list.to_vec()), ..cost.clone() };
        let table = [
            (cost.clone().uniform(1.5), "1.5"),
            (cost.clone().uniform(f64::NAN), "NaN"),
            (cost.clone().log_normal(-1.0), "-1"),
            (cost.clone().log_normal(50.0), "50"),
            (cost.clone().log_normal(f64::INFINITY), "inf"),
            (measured(&[]), "one task at least"),
            (measured(&[(5, 8), (u64::MAX, 8)]), "100 years"),
            (measured(&[(5, 8), (5, u64::MAX)]), "1 EiB"),
            (Cost::new(Duration::MAX, 8), "18446744073709551615"),
            (Cost::new(Duration::ZERO, u64::MAX), "18446744073709551615"),
        ];
        for (cost, words) in table {
            let error = cost.check("load").err().unwrap().to_string();
            assert!(error.contains("`load`") && error.contains(words), "{error}");
        }
        let error = Cost::new(Duration::ZERO, "10 GBB").check("load").err().unwrap().to_string();
        assert!(error.contains("10 GBB"), "{error}");
        let error = Cost::new(Duration::ZERO, "99999999999999999999 TiB").check("load").err().unwrap().to_string();
        assert!(error.contains("99999999999999999999 TiB") && error.contains("2^64"), "{error}");
    }
}
