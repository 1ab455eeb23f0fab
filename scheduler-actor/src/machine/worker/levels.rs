//! Workers by how long a new task would wait for a thread: lists that a worker enters and leaves at constant cost.

use super::Seat;
use smallvec::SmallVec;

/// Stands for no worker.
const NOBODY: u32 = u32::MAX;
/// How many levels there are.
const LEVELS: usize = 63;
/// Waits shorter than two to this power are one level, in nanoseconds.
const SHORTEST: u32 = 12;
/// Pairs of levels by the logarithm of the wait.
const BANDS: u32 = 30;
/// The levels of those that have a free thread.
const IDLE: u64 = 0b11;
/// The levels of those that have more tasks than threads, every other one from 3 on, and of those that do not run.
const SURPLUS: u64 = 0x2aaa_aaaa_aaaa_aaa8 | (1 << 62);

/// How long a new task would wait for a thread of a worker, roughly, and whether the worker has tasks to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(u8);

impl Level {
    /// It has nothing to do.
    pub(crate) const EMPTY: Level = Level(0);
    /// It has a free thread.
    pub(crate) const OPEN: Level = Level(1);
    /// It does not run, and has tasks that others could run.
    pub(crate) const HALTED: Level = Level(62);
    /// It does not run, and has nothing to spare; it is in no list.
    pub(crate) const OUT: Level = Level(63);

    /// It has no free thread, but for so many nanoseconds.
    pub(crate) fn busy(wait: u64, surplus: bool) -> Self {
        let band = wait.max(1).ilog2().saturating_sub(SHORTEST).min(BANDS - 1);
        Level(2 + 2 * band as u8 + u8::from(surplus))
    }
}

/// The workers of each level, in the order in which they came to it or last did something.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    links: Vec<Link>,
    ends: [(u32, u32); LEVELS],
    /// A bit for each level that is not empty.
    mask: u64,
}

/// A worker's place in the list of its level.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
    level: Level,
}

impl Default for Levels {
    fn default() -> Self {
        Levels { links: Vec::new(), ends: [(NOBODY, NOBODY); LEVELS], mask: 0 }
    }
}

impl Levels {
    /// Puts a worker at the end of a level's list.
    pub(crate) fn put(&mut self, seat: Seat, level: Level) {
        let place = seat.0 as usize;
        if place >= self.links.len() {
            if level == Level::OUT {
                return;
            }
            self.links.resize(place + 1, Link { before: NOBODY, after: NOBODY, level: Level::OUT });
        }
        let link = self.links[place];
        if link.level == level && link.after == NOBODY {
            return;
        }
        self.take_out(link);
        let last = match self.ends.get_mut(level.0 as usize) {
            None => NOBODY,
            Some(ends) => {
                let last = std::mem::replace(&mut ends.1, seat.0);
                match self.links.get_mut(last as usize) {
                    Some(link) => link.after = seat.0,
                    None => ends.0 = seat.0,
                }
                self.mask |= 1 << level.0;
                last
            }
        };
        self.links[place] = Link { before: last, after: NOBODY, level };
    }

    fn take_out(&mut self, link: Link) {
        let Some(ends) = self.ends.get_mut(link.level.0 as usize) else { return };
        match self.links.get_mut(link.before as usize) {
            Some(before) => before.after = link.after,
            None => ends.0 = link.after,
        }
        match self.links.get_mut(link.after as usize) {
            Some(after) => after.before = link.before,
            None => ends.1 = link.before,
        }
        if ends.0 == NOBODY {
            self.mask &= !(1 << link.level.0);
        }
    }

    /// The worker's level.
    pub(crate) fn level(&self, seat: Seat) -> Level {
        self.links.get(seat.0 as usize).map_or(Level::OUT, |link| link.level)
    }

    /// Whether one worker has a free thread while another has tasks to spare.
    #[inline]
    pub(crate) fn is_uneven(&self) -> bool {
        self.mask & IDLE != 0 && self.mask & SURPLUS != 0
    }

    /// Whether a worker that would keep a task waiting for as long as this has tasks to spare.
    pub(crate) fn has_surplus(&self, wait: u64) -> bool {
        self.mask & SURPLUS & !0 << Level::busy(wait, true).0 != 0
    }

    /// The running workers, least busy first, within a level those first that did nothing for longest.
    pub(crate) fn least_busy(&self) -> impl Iterator<Item = Seat> {
        self.walk(levels_of(self.mask & !(1 << Level::HALTED.0)))
    }

    /// The running workers that have no tasks to spare, least busy first.
    pub(crate) fn without_surplus(&self) -> impl Iterator<Item = Seat> {
        self.walk(levels_of(self.mask & !SURPLUS))
    }

    /// The workers with a free thread.
    pub(crate) fn idle(&self) -> impl Iterator<Item = Seat> {
        self.walk(levels_of(self.mask & IDLE))
    }

    /// The workers with tasks to spare, those first that would keep a task waiting for longest.
    pub(crate) fn most_busy(&self) -> impl Iterator<Item = Seat> {
        let mut mask = self.mask & SURPLUS;
        self.walk(std::iter::from_fn(move || {
            let level = mask.checked_ilog2()?;
            mask &= !(1 << level);
            Some(level as usize)
        }))
    }

    /// Some workers with tasks to spare, of each level those that did nothing for longest, and whether there are more.
    pub(crate) fn quietest(&self, most: usize) -> (SmallVec<[Seat; 16]>, bool) {
        let mut next: SmallVec<[u32; 32]> = levels_of(self.mask & SURPLUS).map(|level| self.ends[level].0).collect();
        let mut seats = SmallVec::new();
        while !next.is_empty() && seats.len() < most {
            seats.extend(next.iter().take(most - seats.len()).map(|seat| Seat(*seat)));
            next.iter_mut().for_each(|seat| *seat = self.links.get(*seat as usize).map_or(NOBODY, |link| link.after));
            next.retain(|seat| *seat != NOBODY);
        }
        let more = !next.is_empty() || seats.len() == most;
        (seats, more)
    }

    fn walk(&self, mut levels: impl Iterator<Item = usize>) -> impl Iterator<Item = Seat> {
        let mut next = NOBODY;
        std::iter::from_fn(move || {
            if next == NOBODY {
                next = self.ends[levels.next()?].0;
            }
            let seat = Seat(next);
            next = self.links.get(next as usize)?.after;
            Some(seat)
        })
    }

    /// All workers that are in a list, in no order, and whether all links go both ways.
    pub(crate) fn census(&self) -> Option<Vec<Seat>> {
        let mut seats = Vec::new();
        for level in 0..LEVELS {
            let (first, last) = self.ends[level];
            let (mut before, mut next) = (NOBODY, first);
            while let Some(link) = self.links.get(next as usize) {
                if link.level.0 as usize != level || link.before != before || seats.len() > self.links.len() {
                    return None;
                }
                seats.push(Seat(next));
                (before, next) = (next, link.after);
            }
            if before != last || (self.mask >> level & 1 == 1) != (first != NOBODY) {
                return None;
            }
        }
        Some(seats)
    }
}

/// The levels that have a bit in the mask, lowest first.
fn levels_of(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let level = mask.trailing_zeros() as usize;
        mask &= mask.checked_sub(1)?;
        Some(level)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_tell_idle_from_spare_and_short_waits_from_long_ones() {
        let waits = [0, 1, 1 << 12, 1 << 13, 1 << 30, u64::MAX];
        for pair in waits.windows(2) {
            assert!(Level::busy(pair[0], false) <= Level::busy(pair[1], false));
        }
        assert!(Level::busy(u64::MAX, true) < Level::HALTED && Level::busy(0, false) > Level::OPEN);
        for wait in waits {
            assert_eq!(SURPLUS >> Level::busy(wait, true).0 & 1, 1);
            assert_eq!(SURPLUS >> Level::busy(wait, false).0 & 1, 0);
        }
        assert_eq!((SURPLUS >> 62, SURPLUS & IDLE), (1, 0));
    }

    #[test]
    fn workers_are_found_by_level_in_the_order_they_came() {
        let mut levels = Levels::default();
        levels.put(Seat(9), Level::OUT);
        assert!(levels.least_busy().next().is_none() && !levels.is_uneven());
        for seat in 0..4 {
            levels.put(Seat(seat), Level::EMPTY);
        }
        levels.put(Seat(1), Level::busy(1 << 20, true));
        levels.put(Seat(2), Level::busy(1 << 14, true));
        levels.put(Seat(0), Level::EMPTY);
        levels.put(Seat(3), Level::HALTED);
        assert_eq!(levels.least_busy().collect::<Vec<_>>(), [Seat(0), Seat(2), Seat(1)]);
        assert_eq!(levels.most_busy().collect::<Vec<_>>(), [Seat(3), Seat(1), Seat(2)]);
        assert_eq!(levels.quietest(2).0.to_vec(), [Seat(2), Seat(1)]);
        assert_eq!(levels.quietest(16).0.to_vec(), [Seat(2), Seat(1), Seat(3)]);
        assert!(levels.quietest(2).1 && !levels.quietest(16).1);
        assert!(levels.is_uneven() && levels.has_surplus(u64::MAX));
        levels.put(Seat(3), Level::OUT);
        assert!(levels.has_surplus(1 << 20) && !levels.has_surplus(1 << 21));
        levels.put(Seat(0), Level::busy(0, false));
        assert!(!levels.is_uneven() && levels.idle().next().is_none());
        assert_eq!(levels.census().map(|seats| seats.len()), Some(3));
    }
}
