//! How long tasks of a prefix take, how large their results are, and how many ended.

use partita_protocol::PrefixId;
use partita_protocol::telemetry::State as Word;
use std::time::Duration;

/// What a task is taken to last while no task of its prefix has ended, in nanoseconds.
pub(crate) const UNKNOWN_NANOS: u64 = Duration::from_millis(500).as_nanos() as u64;

/// What a task is taken to last at the most, in nanoseconds.
const LONGEST_NANOS: u64 = Duration::from_secs(3600).as_nanos() as u64;

/// Prefixes that averages and totals are kept for; those beyond stay unknown.
const PREFIXES: usize = 1 << 20;

/// What tasks of a prefix are like.
#[derive(Clone, Copy, Debug, Default)]
struct Average {
    /// How long they take, in nanoseconds; 0 if none has ended.
    nanos: u64,
    /// How large their results are, in bytes.
    nbytes: u64,
}

/// How many tasks of a prefix ended, ever.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    /// Times that one ended well.
    pub(crate) finished: u64,
    /// Times that one failed for good.
    pub(crate) erred: u64,
}

/// The averages and totals of all prefixes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prefixes {
    averages: Vec<Average>,
    totals: Vec<Totals>,
}

impl Prefixes {
    /// A task ended after so many nanoseconds with a result of so many bytes: half of the new average.
    pub(crate) fn observe(&mut self, prefix: PrefixId, nanos: u64, nbytes: u64) {
        let index = prefix.0 as usize;
        if index >= PREFIXES {
            return;
        }
        if index >= self.averages.len() {
            self.averages.resize(index + 1, Average::default());
        }
        let nanos = nanos.clamp(1, LONGEST_NANOS);
        let average = &mut self.averages[index];
        *average = match average.nanos {
            0 => Average { nanos, nbytes },
            known => Average { nanos: (known + nanos).div_ceil(2), nbytes: average.nbytes.midpoint(nbytes) },
        };
    }

    /// A task of the prefix came into a state; counted for the profiler alone.
    pub(crate) fn entered(&mut self, prefix: PrefixId, state: Word) {
        let index = prefix.0 as usize;
        if !matches!(state, Word::Memory | Word::Erred) || index >= PREFIXES {
            return;
        }
        if index >= self.totals.len() {
            self.totals.resize(index + 1, Totals::default());
        }
        let totals = &mut self.totals[index];
        totals.finished += u64::from(state == Word::Memory);
        totals.erred += u64::from(state == Word::Erred);
    }

    /// How many tasks of each prefix ended, by the number of the prefix.
    pub(crate) fn totals(&self) -> &[Totals] {
        &self.totals
    }

    /// The average duration in nanoseconds, if a task of the prefix has ended.
    pub(crate) fn average(&self, prefix: PrefixId) -> Option<u64> {
        self.averages.get(prefix.0 as usize).map(|average| average.nanos).filter(|nanos| *nanos > 0)
    }

    /// The average size of a result in bytes; 0 if no task of the prefix has ended.
    pub(crate) fn average_bytes(&self, prefix: PrefixId) -> u64 {
        self.averages.get(prefix.0 as usize).map_or(0, |average| average.nbytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_follows_by_halves() {
        let mut prefixes = Prefixes::default();
        let prefix = PrefixId(3);
        assert_eq!(prefixes.average(prefix), None);
        assert_eq!(prefixes.average_bytes(prefix), 0);
        prefixes.observe(prefix, 100, 10);
        prefixes.observe(prefix, 300, 30);
        assert_eq!((prefixes.average(prefix), prefixes.average_bytes(prefix)), (Some(200), 20));
        prefixes.observe(PrefixId(u32::MAX), 1, 1);
        prefixes.observe(PrefixId(0), 0, u64::MAX);
        prefixes.observe(PrefixId(0), u64::MAX, u64::MAX);
        assert!(prefixes.average(PrefixId(0)).unwrap() <= LONGEST_NANOS);
    }
}
