//! How long tasks of a prefix take.

use partita_protocol::PrefixId;
use std::time::Duration;

/// What a task is taken to last while no task of its prefix has ended, in nanoseconds.
pub(crate) const UNKNOWN_NANOS: u64 = Duration::from_millis(500).as_nanos() as u64;

/// What a task is taken to last at the most, in nanoseconds.
const LONGEST_NANOS: u64 = Duration::from_secs(3600).as_nanos() as u64;

/// Prefixes that averages are kept for; those beyond stay unknown.
const PREFIXES: usize = 1 << 20;

/// The average durations of all prefixes.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    /// Nanoseconds, 0 where none is known.
    averages: Vec<u64>,
}

impl Prefixes {
    /// A task ended after so many nanoseconds: half of the new average.
    pub(crate) fn observe(&mut self, prefix: PrefixId, nanos: u64) {
        let index = prefix.0 as usize;
        if index >= PREFIXES {
            return;
        }
        if index >= self.averages.len() {
            self.averages.resize(index + 1, 0);
        }
        let nanos = nanos.clamp(1, LONGEST_NANOS);
        let average = &mut self.averages[index];
        *average = if *average == 0 { nanos } else { (*average + nanos).div_ceil(2) };
    }

    /// The average in nanoseconds, if a task of the prefix has ended.
    pub(crate) fn average(&self, prefix: PrefixId) -> Option<u64> {
        self.averages.get(prefix.0 as usize).copied().filter(|nanos| *nanos > 0)
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
        prefixes.observe(prefix, 100);
        prefixes.observe(prefix, 300);
        assert_eq!(prefixes.average(prefix), Some(200));
        prefixes.observe(PrefixId(u32::MAX), 1);
        prefixes.observe(PrefixId(0), 0);
        prefixes.observe(PrefixId(0), u64::MAX);
        assert!(prefixes.average(PrefixId(0)).unwrap() <= LONGEST_NANOS);
    }
}
