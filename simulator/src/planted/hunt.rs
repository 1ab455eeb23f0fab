//! Looking for a planted bug: seed after seed, until an invariant is found broken.

use crate::swarm::{Found, Size, sail};
use partita_protocol::planted::{Bug, plant};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What came of looking for a bug.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// Which.
    pub bug: Bug,
    /// How many seeds were run, with the one that found it.
    pub seeds: u64,
    /// Things that the machines were told in all of them.
    pub events: u64,
    /// The invariant that was found broken, if one was.
    pub found: Option<Found>,
}

/// Plants a bug and runs seeds until one finds it.
pub fn hunt(bug: Bug, seeds: Range<u64>) -> Hunt {
    let _guard = plant(bug);
    let mut hunt = Hunt { bug, seeds: 0, events: 0, found: None };
    for seed in seeds {
        let outcome = sail(seed, Size::Any, false);
        hunt.seeds += 1;
        hunt.events += outcome.events;
        hunt.found = outcome.found;
        if hunt.found.is_some() {
            break;
        }
    }
    hunt
}

/// Looks for each of these bugs, on so many threads. `progress` is told of each as it is done.
pub fn hunt_all(bugs: &[Bug], seeds: Range<u64>, jobs: usize, progress: impl Fn(&Hunt) + Sync) -> Vec<Hunt> {
    let next = AtomicUsize::new(0);
    let hunts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some(bug) = bugs.get(next.fetch_add(1, Relaxed)) {
                    let hunt = hunt(*bug, seeds.clone());
                    progress(&hunt);
                    hunts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(hunt);
                }
            });
        }
    });
    let mut hunts = hunts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    hunts.sort_by_key(|hunt| hunt.bug);
    hunts
}
