//! Placement: which worker a ready task is given to.

use partita_protocol::WorkerId;
use serde::{Deserialize, Serialize};

/// How a worker is chosen for a task whose inputs are in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// Where the task would start first, counting the wait for a thread and the inputs to be moved.
    #[default]
    Cheapest,
    /// Anywhere, by chance: what others are to be measured against.
    Random {
        /// What the chance begins with; the same seed makes the same choices.
        seed: u64,
    },
    /// Where it would wait least for a thread, wherever its inputs are.
    LeastBusy,
    /// Each worker in turn.
    RoundRobin,
}

/// What placing a task on a worker costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The wait for a thread, in nanoseconds.
    pub wait_nanos: u64,
    /// The wait for inputs to be moved, in nanoseconds.
    pub transfer_nanos: u64,
    /// The bytes of these inputs.
    pub missing_bytes: u64,
    /// 0 if the worker has room for the inputs and the result, else the larger the fewer bytes it has free.
    pub shortage: u64,
    /// Tasks per thread, scaled.
    pub load: u64,
    /// Bytes that the worker holds.
    pub held_bytes: u64,
}

/// A cost as a policy sees it, to be compared: the smallest is taken, and among equals the worker of the smallest id.
type Weight = (u64, u64, u64, u64, WorkerId);

impl Placement {
    /// What a worker's cost comes to: workers with room first, then by time, load and what they hold.
    #[inline]
    pub fn weight(self, cost: &Cost, worker: WorkerId) -> Weight {
        let nanos = match self {
            Placement::LeastBusy => cost.wait_nanos,
            _ => cost.wait_nanos.saturating_add(cost.transfer_nanos),
        };
        (cost.shortage, nanos, cost.load, cost.held_bytes, worker)
    }

    /// Which of so many workers the assignment of this number goes to, if that does not depend on what it costs.
    pub fn blind(self, number: u64, workers: usize) -> Option<usize> {
        let number = match self {
            Placement::Cheapest | Placement::LeastBusy => return None,
            Placement::Random { seed } => mix(seed ^ mix(number)),
            Placement::RoundRobin => number,
        };
        (number as usize).checked_rem(workers)
    }
}

/// Scatters a number over all others (the finaliser of splitmix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost =
        Cost { wait_nanos: 10, transfer_nanos: 10, missing_bytes: 1, shortage: 0, load: 1, held_bytes: 5 };

    #[test]
    fn room_counts_most_then_time() {
        let weight = |cost: Cost| Placement::Cheapest.weight(&cost, WorkerId(0));
        assert!(weight(COST) < weight(Cost { shortage: 1, wait_nanos: 0, ..COST }));
        assert!(weight(COST) < weight(Cost { transfer_nanos: 11, load: 0, ..COST }));
        assert!(weight(COST) < weight(Cost { held_bytes: 6, ..COST }));
        let near = Cost { wait_nanos: 15, transfer_nanos: 0, ..COST };
        assert!(weight(near) < weight(COST));
        assert!(Placement::LeastBusy.weight(&COST, WorkerId(9)) < Placement::LeastBusy.weight(&near, WorkerId(0)));
    }

    #[test]
    fn chance_reaches_everyone_and_is_the_same_every_time() {
        let random = |seed, number| Placement::Random { seed }.blind(number, 7).unwrap();
        let counts = (0..7_000).fold([0; 7], |mut counts, number| {
            counts[random(3, number)] += 1;
            counts
        });
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
        assert!((0..100).all(|number| random(3, number) == random(3, number)));
        assert!((0..100).any(|number| random(3, number) != random(4, number)));
        assert_eq!([5, 6, 7].map(|number| Placement::RoundRobin.blind(number, 7).unwrap()), [5, 6, 0]);
        assert_eq!((Placement::RoundRobin.blind(1, 0), Placement::Cheapest.blind(1, 7)), (None, None));
    }
}
