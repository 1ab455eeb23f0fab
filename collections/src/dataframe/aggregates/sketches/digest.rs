//! The t-digest: a few hundred means with weights, small ones at both ends, that tell quantiles.
//!
//! Dunning and Ertl, "Computing extremely accurate quantiles using t-digests", 2019: the merging digest with the scale
//! function k₁.

/// The larger, the more means there are and the better are the answers.
const COMPRESSION: f64 = 200.0;

/// Values that are looked at together.
const BUFFER: usize = 4096;

/// A mean of neighbouring values, and how many these are.
type Centroid = (f64, f64);

/// A summary of numbers.
#[derive(Default)]
pub(super) struct Digest {
    /// In the order of their means, but for those that came last.
    centroids: Vec<Centroid>,
    /// How many came since they were in order.
    loose: usize,
    least: Option<f64>,
    greatest: Option<f64>,
}

impl Digest {
    /// One more number, which is not NaN.
    pub(super) fn add(&mut self, value: f64) {
        self.bounded(value, value);
        self.put((value, 1.0));
    }

    fn put(&mut self, centroid: Centroid) {
        self.centroids.push(centroid);
        self.loose += 1;
        if self.loose >= BUFFER {
            self.compress();
        }
    }

    fn bounded(&mut self, least: f64, greatest: f64) {
        self.least = Some(self.least.map_or(least, |before| before.min(least)));
        self.greatest = Some(self.greatest.map_or(greatest, |before| before.max(greatest)));
    }

    /// Neighbours put together, as far as the scale function allows.
    fn compress(&mut self) {
        self.loose = 0;
        self.centroids.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = self.weight();
        let mut kept: Vec<Centroid> = Vec::new();
        let mut before = 0.0;
        let mut limit = all * limit(0.0);
        for &(mean, weight) in &self.centroids {
            match kept.last_mut() {
                Some(last) if before + last.1 + weight <= limit => {
                    last.1 += weight;
                    // Equal means stay as they are, as infinite ones do.
                    if mean != last.0 {
                        last.0 += (mean - last.0) * weight / last.1;
                    }
                }
                last => {
                    if let Some(last) = last {
                        before += last.1;
                        limit = all * self::limit(before / all);
                    }
                    kept.push((mean, weight));
                }
            }
        }
        self.centroids = kept;
    }

    fn weight(&self) -> f64 {
        self.centroids.iter().map(|(_, weight)| weight).sum()
    }

    /// All that another one has seen, which was written.
    pub(super) fn merge(&mut self, written: &[u8]) {
        let mut numbers = written.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
        let (Some(least), Some(greatest)) = (numbers.next(), numbers.next()) else { return };
        self.bounded(least, greatest);
        while let (Some(mean), Some(weight)) = (numbers.next(), numbers.next()) {
            self.put((mean, weight));
        }
    }

    /// As bytes.
    pub(super) fn written(mut self) -> Vec<u8> {
        self.compress();
        let ends = self.least.into_iter().chain(self.greatest);
        let numbers = ends.chain(self.centroids.iter().flat_map(|&(mean, weight)| [mean, weight]));
        numbers.flat_map(f64::to_le_bytes).collect()
    }

    /// About the quantile, between 0 and 1, of the numbers; `None` if there are none.
    pub(super) fn quantile(&mut self, at: f64) -> Option<f64> {
        self.compress();
        let (least, greatest) = (self.least?, self.greatest?);
        let all = self.weight();
        // Where the value is among all, if the first is at 0 and the last at `all - 1`; a mean is in the middle of its own.
        let at = at * (all - 1.0);
        let mut before = (0.0, least);
        let mut start = 0.0;
        for &(mean, weight) in &self.centroids {
            let here = (start + (weight - 1.0) / 2.0, mean);
            if at <= here.0 {
                return Some(between(before, here, at));
            }
            before = here;
            start += weight;
        }
        Some(between(before, (all - 1.0, greatest), at))
    }
}

/// Up to which part of all a mean may reach that begins at `from`: one step of k₁(q) = δ/2π · asin(2q - 1).
fn limit(from: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, PI};
    let angle = (2.0 * from - 1.0).clamp(-1.0, 1.0).asin() + 2.0 * PI / COMPRESSION;
    if angle >= FRAC_PI_2 { 1.0 } else { (angle.sin() + 1.0) / 2.0 }
}

fn between((from, low): (f64, f64), (to, high): (f64, f64), at: f64) -> f64 {
    let part = if to > from { ((at - from) / (to - from)).clamp(0.0, 1.0) } else { 1.0 };
    match part {
        0.0 => low,
        1.0 => high,
        _ if low == high => low,
        _ => low + (high - low) * part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_numbers_are_exact(mut numbers in proptest::collection::vec(-1e6..1e6f64, 1..30), at in 0.0..=1.0f64) {
            let mut digest = Digest::default();
            numbers.iter().for_each(|&number| digest.add(number));
            let mut merged = Digest::default();
            merged.merge(&digest.written());
            numbers.sort_by(f64::total_cmp);
            let exact = at * (numbers.len() - 1) as f64;
            let (low, high) = (numbers[exact.floor() as usize], numbers[exact.ceil() as usize]);
            let expected = low + (high - low) * exact.fract();
            let found = merged.quantile(at).unwrap();
            prop_assert!((found - expected).abs() < 1e-6, "{found} instead of {expected}");
        }
    }

    #[test]
    fn many_numbers_are_near() {
        let mut parts: Vec<Digest> = (0..7).map(|_| Digest::default()).collect();
        for n in 0..100_000u64 {
            let number = (n * 7919 % 100_000) as f64;
            parts[(n % 7) as usize].add(number);
        }
        let mut all = Digest::default();
        parts.into_iter().for_each(|part| all.merge(&part.written()));
        for at in [0.0, 0.001, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0] {
            let found = all.quantile(at).unwrap();
            let allowed = 1.0 + 1000.0 * (at * (1.0 - at)).sqrt();
            assert!((found - at * 99_999.0).abs() <= allowed, "{at}: {found}");
        }
        assert!(all.centroids.len() <= 2 * COMPRESSION as usize);
        assert_eq!(Digest::default().quantile(0.5), None);
    }

    #[test]
    fn infinities_stay_at_the_ends() {
        let mut digest = Digest::default();
        [f64::INFINITY, 1.0, f64::NEG_INFINITY, 2.0, f64::INFINITY].into_iter().for_each(|x| digest.add(x));
        assert_eq!(digest.quantile(0.5), Some(2.0));
        assert_eq!(digest.quantile(0.0), Some(f64::NEG_INFINITY));
        assert_eq!(digest.quantile(1.0), Some(f64::INFINITY));
    }
}
