//! HyperLogLog: registers that tell about how many different hashes were put into them.
//!
//! Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm",
//! 2007, with the estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, which needs
//! no tables and is right for small numbers too. The relative error is about 1.6 %.

/// The bits of a hash that choose a register.
const CHOICE: u32 = 12;

const REGISTERS: usize = 1 << CHOICE;

/// Registers that are not 0, at most, that are written one by one.
const FEW: usize = REGISTERS / 3 - 1;

/// What the longest runs of zeros were, one for each beginning of hashes.
pub(super) struct Registers(Vec<u8>);

impl Default for Registers {
    fn default() -> Self {
        Registers(vec![0; REGISTERS])
    }
}

impl Registers {
    /// One more hash.
    pub(super) fn add(&mut self, hash: u64) {
        let rest = hash << CHOICE | 1 << (CHOICE - 1);
        self.raise((hash >> (64 - CHOICE)) as usize, rest.leading_zeros() as u8 + 1);
    }

    fn raise(&mut self, register: usize, to: u8) {
        if let Some(run) = self.0.get_mut(register) {
            *run = to.max(*run);
        }
    }

    /// All that another one has seen, which was written.
    pub(super) fn merge(&mut self, written: &[u8]) {
        match written.len() {
            REGISTERS => written.iter().enumerate().for_each(|(register, &run)| self.raise(register, run)),
            _ => {
                let (few, _) = written.as_chunks::<3>();
                few.iter().for_each(|&[low, high, run]| self.raise(usize::from(u16::from_le_bytes([low, high])), run));
            }
        }
    }

    /// As bytes: all registers, or those that are not 0 with their numbers if there are few.
    pub(super) fn written(self) -> Vec<u8> {
        let used = self.0.iter().filter(|&&run| run > 0).count();
        if used > FEW {
            return self.0;
        }
        let numbered = self.0.iter().enumerate().filter(|(_, run)| **run > 0);
        numbered
            .flat_map(|(register, &run)| {
                let [low, high] = (register as u16).to_le_bytes();
                [low, high, run]
            })
            .collect()
    }

    /// About how many different hashes there were: Ertl's algorithm 6.
    pub(super) fn estimate(&self) -> f64 {
        const LONGEST: usize = 64 - CHOICE as usize + 1;
        let mut counts = [0u32; LONGEST + 1];
        self.0.iter().for_each(|&run| counts[usize::from(run).min(LONGEST)] += 1);
        let m = REGISTERS as f64;
        let mut z = m * tau(1.0 - f64::from(counts[LONGEST]) / m);
        for run in (1..LONGEST).rev() {
            z = 0.5 * (z + f64::from(counts[run]));
        }
        z += m * sigma(f64::from(counts[0]) / m);
        m / (2.0 * std::f64::consts::LN_2) * m / z
    }
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Folding;
    use std::hash::Hasher;

    fn hash(n: u64) -> u64 {
        let mut state = Folding::default();
        state.write_u64(n);
        state.finish()
    }

    #[test]
    fn estimates_are_near() {
        for count in [0u64, 1, 5, 100, 2000, 30_000, 500_000] {
            let mut one = Registers::default();
            (0..count).chain(0..count / 2).for_each(|n| one.add(hash(n)));
            let found = one.estimate();
            assert!((found - count as f64).abs() <= 0.05 * count as f64 + 0.01, "{found} instead of {count}");
        }
    }

    #[test]
    fn merged_is_as_if_seen_at_once() {
        for count in [3u64, 4000, 100_000] {
            let mut whole = Registers::default();
            (0..count).for_each(|n| whole.add(hash(n)));
            let mut merged = Registers::default();
            for part in 0..3 {
                let mut some = Registers::default();
                (0..count).filter(|n| n % 3 == part).for_each(|n| some.add(hash(n)));
                merged.merge(&some.written());
            }
            assert_eq!(merged.0, whole.0);
        }
    }
}
