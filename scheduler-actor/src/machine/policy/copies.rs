//! Copies: which workers are given one, and which surplus ones go.

use super::super::worker::Seat;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Workers that are looked at for one on another host than the copies that there are, at the most.
const LOOKED_AT: usize = 8;

/// A worker that can take copies. The one with the most room is the greatest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Taker {
    free: u128,
    seat: Seat,
    host: Arc<str>,
}

impl Ord for Taker {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.free.cmp(&other.free).then(other.seat.cmp(&self.seat))
    }
}

impl PartialOrd for Taker {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The bytes that a worker has free, given what it holds and is getting; 0 and `u64::MAX` are no limit.
pub(crate) fn free_bytes(limit: u64, held: u128, coming: u128) -> u128 {
    let limit = if limit == 0 || limit == u64::MAX { u128::MAX } else { u128::from(limit) };
    limit.saturating_sub(held).saturating_sub(coming)
}

/// The workers that can take copies, the one with the most room first.
#[derive(Debug, Default)]
pub(crate) struct Takers(BinaryHeap<Taker>);

impl Takers {
    /// Adds a worker with so many bytes free.
    pub(crate) fn add(&mut self, seat: Seat, host: Arc<str>, free: u128) {
        self.0.push(Taker { free, seat, host });
    }

    /// The worker for a copy of so many bytes: one that has the room, if one is found soon on a host where there is no
    /// copy, and of these the one with the most room. `has` tells who has one or gets one.
    pub(crate) fn choose(
        &mut self,
        nbytes: u64,
        has: impl Fn(Seat) -> bool,
        is_near: impl Fn(&str) -> bool,
    ) -> Option<Seat> {
        let (mut seen, mut best, mut looked_at) = (Vec::new(), None, 0);
        while let Some(taker) = self.0.pop() {
            let fits = taker.free >= u128::from(nbytes);
            let able = fits && !has(taker.seat);
            let far = able && !is_near(&taker.host);
            seen.push(taker);
            if far || (able && best.is_none()) {
                best = Some(seen.len() - 1);
            }
            looked_at += usize::from(able);
            if far || !fits || looked_at == LOOKED_AT {
                break;
            }
        }
        let chosen = best.map(|place| {
            let taker = &mut seen[place];
            taker.free -= u128::from(nbytes);
            taker.seat
        });
        self.0.extend(seen);
        chosen
    }
}

/// Which of the holders drop their copies so that only `keep` are left: those with the least room, given what each one
/// has free.
pub(crate) fn surplus(mut holders: Vec<(u128, Seat)>, keep: usize) -> Vec<Seat> {
    holders.sort_unstable();
    let drop = holders.len().saturating_sub(keep.max(1));
    holders.into_iter().take(drop).map(|(_, seat)| seat).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takers(list: &[(&str, u128)]) -> Takers {
        let mut takers = Takers::default();
        for (index, (host, free)) in list.iter().enumerate() {
            takers.add(Seat::at(index), (*host).into(), *free);
        }
        takers
    }

    #[test]
    fn the_most_room_on_another_host_is_taken() {
        let mut workers = takers(&[("a", 100), ("a", 90), ("b", 50), ("b", 60)]);
        let nobody = |_| false;
        assert_eq!(workers.choose(10, nobody, |host| host == "a"), Some(Seat::at(3)));
        assert_eq!(workers.choose(5, nobody, |host| host == "a"), Some(Seat::at(2)), "50 each, the first");
        assert_eq!(workers.choose(60, nobody, |host| host == "a"), Some(Seat::at(0)), "nobody else has the room");
        assert_eq!(workers.choose(90, |seat| seat == Seat::at(1), |_| false), None);
        assert_eq!(workers.choose(90, nobody, |_| true), Some(Seat::at(1)));
        assert_eq!(workers.choose(90, nobody, |_| true), None);
    }

    #[test]
    fn the_fullest_drop_their_copies_and_one_stays() {
        let holders = vec![(50, Seat::at(0)), (10, Seat::at(1)), (90, Seat::at(2))];
        assert_eq!(surplus(holders.clone(), 2), [Seat::at(1)]);
        assert_eq!(surplus(holders.clone(), 0), [Seat::at(1), Seat::at(0)]);
        assert!(surplus(holders, 3).is_empty());
    }

    #[test]
    fn without_a_limit_there_is_always_room() {
        assert!(free_bytes(0, 1 << 80, 1 << 80) > 1 << 100);
        assert_eq!(free_bytes(100, 60, 30), 10);
        assert_eq!(free_bytes(100, 60, 50), 0);
    }
}
