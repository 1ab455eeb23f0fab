//! Values over a time of which nobody knows how long it will be: intervals that become longer when there are too many.

/// Intervals at the most; with one more, each two become one.
pub(crate) const MOST: usize = 1024;

/// How long an interval is at first, in nanoseconds.
pub(crate) const FIRST: u64 = 1 << 10;

/// The highest level in each interval.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    values: Vec<u64>,
    level: u64,
}

impl Levels {
    /// The level is this from now on, in the interval `at`; earlier ones are closed.
    pub(crate) fn set(&mut self, at: usize, level: u64) {
        self.fill(at);
        self.level = level;
        if let Some(value) = self.values.get_mut(at) {
            *value = (*value).max(level);
        }
    }

    /// The level stays as it is until the end of the interval `at`.
    pub(crate) fn fill(&mut self, at: usize) {
        if self.values.len() <= at {
            self.values.resize(at + 1, self.level);
        }
    }

    /// Each two intervals become one.
    pub(crate) fn fold(&mut self) {
        self.values = self.values.chunks(2).map(|pair| pair.iter().copied().max().unwrap_or(0)).collect();
    }

    pub(crate) fn into_values(self) -> Vec<u64> {
        self.values
    }
}

/// The sum in each interval.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    values: Vec<u64>,
    /// An interval's length, doubled so many times.
    shift: u32,
}

impl Sums {
    /// Spreads an amount evenly over a span of time.
    pub(crate) fn spread(&mut self, start: u64, end: u64, amount: u64) {
        while (end >> self.shift) / FIRST >= MOST as u64 {
            self.values = self.values.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.shift += 1;
        }
        let width = FIRST << self.shift;
        let (first, last) = ((start / width) as usize, (end / width) as usize);
        if self.values.len() <= last {
            self.values.resize(last + 1, 0);
        }
        let span = (end - start).max(1) as f64;
        let mut left = amount;
        for at in first..last {
            let part = ((at as u64 + 1) * width - start.max(at as u64 * width)) as f64 / span;
            let share = ((amount as f64 * part) as u64).min(left);
            self.values[at] += share;
            left -= share;
        }
        self.values[last] += left;
    }

    /// The sums in so many intervals of another length; what comes later is in the last one.
    pub(crate) fn regroup(&self, length: u64, count: usize) -> Vec<u64> {
        let width = FIRST << self.shift;
        let mut sums = vec![0u64; count];
        for (at, sum) in self.values.iter().enumerate() {
            let (mut from, end, mut left) = (at as u64 * width, (at as u64 + 1) * width, *sum);
            while from < end {
                let place = ((from / length) as usize).min(count - 1);
                let until = if place + 1 == count { end } else { end.min((place as u64 + 1) * length) };
                let part = u128::from(*sum) * u128::from(until - from) / u128::from(width);
                let share = if until == end { left } else { part as u64 };
                sums[place] += share;
                (left, from) = (left - share, until);
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_lasts_until_it_changes_and_the_highest_counts() {
        let mut levels = Levels::default();
        levels.set(1, 5);
        levels.set(1, 2);
        levels.set(4, 1);
        assert_eq!(levels.clone().into_values(), [0, 5, 2, 2, 2]);
        levels.fold();
        assert_eq!(levels.into_values(), [5, 2, 2]);
    }

    #[test]
    fn nothing_is_lost_when_an_amount_is_spread() {
        let mut sums = Sums::default();
        for at in 0..5000u64 {
            sums.spread(at * 700, at * 700 + 90_001, 1000 + at);
        }
        assert!(sums.values.len() <= MOST && sums.shift > 0);
        let all = (0..5000).map(|at| 1000 + at).sum::<u64>();
        assert_eq!(sums.values.iter().sum::<u64>(), all);
        for (length, count) in [(7_001, 100), (123, 9), (1 << 30, 3)] {
            assert_eq!(sums.regroup(length, count).iter().sum::<u64>(), all);
        }
    }
}
