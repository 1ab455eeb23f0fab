//! Samples of the whole time in bounded memory: when there are too many, every other one goes, and fewer are taken.

use super::rows::ResourceRow;
use std::time::Duration;

/// Samples that are kept at the most.
const MOST: usize = 1 << 16;

/// What was used, over time.
#[derive(Clone, Debug)]
pub struct Samples {
    rows: Vec<ResourceRow>,
    interval: Duration,
}

impl Samples {
    /// No samples yet; one is to be taken in each interval.
    pub fn new(interval: Duration) -> Self {
        Samples { rows: Vec::new(), interval }
    }

    /// Adds one.
    pub fn add(&mut self, row: ResourceRow) {
        if self.rows.len() >= MOST {
            let mut keep = false;
            self.rows.retain(|_| {
                keep = !keep;
                keep
            });
            self.interval *= 2;
        }
        self.rows.push(row);
    }

    /// In which interval one is to be taken.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// The samples.
    pub fn rows(&self) -> &[ResourceRow] {
        &self.rows
    }

    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.rows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::Time;
    use partita_protocol::telemetry::Usage;

    #[test]
    fn the_whole_time_stays_in_bounded_memory() {
        let mut samples = Samples::new(Duration::from_millis(10));
        for time in 0..3 * MOST as u64 {
            samples.add(Usage { time: Time(time), ..Usage::default() }.into());
        }
        let rows = samples.rows();
        assert!(rows.len() <= MOST && rows.len() > MOST / 2);
        assert_eq!((rows[0].time.as_nanos(), rows[rows.len() - 1].time.as_nanos()), (0, 3 * MOST as u128 - 1));
        assert!(rows.is_sorted_by_key(|row| row.time));
        assert!(samples.interval() >= Duration::from_millis(40));
    }
}
