//! A worker's machine under orders and events at random.

use super::worker::{compute, ended, value, worker};
use partita_dask::Key;
use partita_dask::ops::{FromWorker, MapOf, ToWorker};
use partita_dask::worker::{Effect, Event, Outcome, State, Worker};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What may happen at random, to a few keys and a few others.
#[derive(Clone, Debug)]
enum Chance {
    Compute { key: usize, needs: BTreeSet<usize>, holders: Vec<usize> },
    Free(Vec<usize>),
    Remove(Vec<usize>),
    Acquire { key: usize, holder: usize },
    Steal(usize),
    Refresh { key: usize, holders: Vec<usize> },
    Gone(usize),
    Ends { which: usize, how: usize },
    Secedes(usize),
    Answers { which: usize, has: u8 },
    Busy(usize),
    Breaks(usize),
    Rests(usize),
    Put(usize),
    Lost(usize),
    Pause(bool),
    Search,
}

fn chances() -> impl Strategy<Value = Vec<Chance>> {
    let keys = || prop::collection::vec(0..8_usize, 1..4);
    let peers = || prop::collection::vec(0..3_usize, 0..3);
    let index = || 0..1000_usize;
    let chance = prop_oneof![
        6 => (0..8_usize, prop::collection::btree_set(0..8_usize, 0..3), peers())
            .prop_map(|(key, needs, holders)| Chance::Compute { key, needs, holders }),
        2 => keys().prop_map(Chance::Free),
        2 => keys().prop_map(Chance::Remove),
        1 => (0..8_usize, 0..3_usize).prop_map(|(key, holder)| Chance::Acquire { key, holder }),
        1 => (0..8_usize).prop_map(Chance::Steal),
        1 => (0..8_usize, peers()).prop_map(|(key, holders)| Chance::Refresh { key, holders }),
        1 => (0..3_usize).prop_map(Chance::Gone),
        5 => (index(), 0..6_usize).prop_map(|(which, how)| Chance::Ends { which, how }),
        1 => index().prop_map(Chance::Secedes),
        4 => (index(), any::<u8>()).prop_map(|(which, has)| Chance::Answers { which, has }),
        1 => index().prop_map(Chance::Busy),
        1 => index().prop_map(Chance::Breaks),
        2 => (0..3_usize).prop_map(Chance::Rests),
        1 => (0..8_usize).prop_map(Chance::Put),
        1 => (0..8_usize).prop_map(Chance::Lost),
        1 => any::<bool>().prop_map(Chance::Pause),
        1 => Just(Chance::Search),
    ];
    prop::collection::vec(chance, 1..120)
}

/// A worker, and all that is under way because of what it did.
struct World {
    worker: Worker,
    running: Vec<String>,
    asked: BTreeMap<String, Vec<Key>>,
    resting: BTreeSet<String>,
    held: BTreeSet<String>,
    runs: i64,
}

impl World {
    fn happens(&mut self, event: Event) {
        let effects = self.worker.handle(event.clone());
        if let Err(error) = self.worker.validate() {
            panic!("after {event:?}: {error}");
        }
        let came: Vec<Key> = match &event {
            Event::Fetched { found, .. } => found.iter().map(|(key, _)| key.clone()).collect(),
            Event::Put(values) => values.iter().map(|(key, _)| key.clone()).collect(),
            Event::Ended { key, outcome: Outcome::Value { .. }, .. } => vec![key.clone()],
            _ => Vec::new(),
        };
        let kept = came.iter().filter(|key| self.worker.state(key) == Some(&State::Held));
        self.held.extend(kept.map(Key::to_string));
        let mut dropped = 0;
        for effect in &effects {
            match effect {
                Effect::Run { key, needs, .. } => {
                    assert!(needs.iter().all(|need| self.held.contains(&need.to_string())), "{key} has what it needs");
                    assert!(!self.running.contains(&key.to_string()), "{key} runs once");
                    self.running.push(key.to_string());
                }
                Effect::Fetch { peer, keys } => {
                    assert!(!peer.contains("own") && !self.resting.contains(&**peer));
                    assert!(
                        self.asked.insert(peer.to_string(), keys.clone()).is_none(),
                        "{peer} is asked once at a time"
                    );
                }
                Effect::Rest { peer } => drop(self.resting.insert(peer.to_string())),
                Effect::Drop(key) => {
                    dropped += 1;
                    assert!(self.held.remove(&key.to_string()), "{key} was here");
                }
                _ => {}
            }
        }
        let announced =
            effects.iter().filter(|effect| matches!(effect, Effect::Say(FromWorker::ReleaseWorkerData { .. })));
        assert_eq!(announced.count(), dropped, "every value that goes is announced");
    }

    fn key(at: usize) -> Key {
        Key::from(format!("k{at}").as_str())
    }

    fn peer(at: usize) -> String {
        format!("tcp://{at}:1")
    }

    fn comes(&mut self, chance: Chance) {
        let names = |holders: Vec<usize>| holders.into_iter().map(World::peer).collect::<Vec<_>>();
        let keys = |keys: Vec<usize>| keys.into_iter().map(World::key).collect::<Vec<_>>();
        let s = || "s".to_owned();
        let event = match chance {
            Chance::Compute { key, needs, holders } => {
                self.runs += 1;
                let needs: Vec<Key> = needs.into_iter().filter(|need| *need < key).map(World::key).collect();
                let ToWorker::ComputeTask(mut task) = compute("", self.runs, &[]) else { return };
                task.key = World::key(key);
                task.who_has = needs.iter().map(|need| (need.clone(), names(holders.clone()))).collect();
                task.nbytes = needs.into_iter().map(|need| (need, 10)).collect();
                Event::Said(ToWorker::ComputeTask(task))
            }
            Chance::Free(freed) => Event::Said(ToWorker::FreeKeys { keys: keys(freed), stimulus_id: s() }),
            Chance::Remove(removed) => Event::Said(ToWorker::RemoveReplicas { keys: keys(removed), stimulus_id: s() }),
            Chance::Acquire { key, holder } => Event::Said(ToWorker::AcquireReplicas {
                who_has: MapOf(vec![(World::key(key), names(vec![holder]))]),
                nbytes: MapOf(vec![(World::key(key), 10)]),
                stimulus_id: s(),
            }),
            Chance::Steal(key) => Event::Said(ToWorker::StealRequest { key: World::key(key), stimulus_id: s() }),
            Chance::Refresh { key, holders } => Event::Said(ToWorker::RefreshWhoHas {
                who_has: MapOf(vec![(World::key(key), names(holders))]),
                stimulus_id: s(),
            }),
            Chance::Gone(peer) => Event::Said(ToWorker::RemoveWorker { worker: World::peer(peer), stimulus_id: s() }),
            Chance::Ends { which, how } => {
                if self.running.is_empty() {
                    return;
                }
                let key = self.running.swap_remove(which % self.running.len());
                let outcome = match how {
                    0 => Outcome::Failed { exception: vec![], text: s() },
                    1 => Outcome::Reschedule,
                    _ => value(),
                };
                ended(key.trim_matches('\''), outcome)
            }
            Chance::Secedes(which) => match &self.running[..] {
                [] => return,
                running => {
                    Event::Seceded { key: running[which % running.len()].trim_matches('\'').into(), seconds: 0.1 }
                }
            },
            Chance::Answers { which, .. } | Chance::Busy(which) | Chance::Breaks(which) if !self.asked.is_empty() => {
                let peer = self.asked.keys().nth(which % self.asked.len()).cloned().unwrap();
                let keys = self.asked.remove(&peer).unwrap();
                let peer: Arc<str> = peer.into();
                match chance {
                    Chance::Answers { has, .. } => {
                        let found = keys.into_iter().enumerate().filter(|(at, _)| has >> (at % 8) & 1 == 0);
                        Event::Fetched { peer, found: found.map(|(_, key)| (key, 10)).collect() }
                    }
                    Chance::Busy(_) => Event::PeerBusy { peer },
                    _ => Event::PeerLost { peer },
                }
            }
            Chance::Answers { .. } | Chance::Busy(_) | Chance::Breaks(_) => return,
            Chance::Rests(peer) => {
                self.resting.remove(&World::peer(peer));
                Event::PeerRested { peer: World::peer(peer).into() }
            }
            Chance::Put(key) => Event::Put(vec![(World::key(key), 5)]),
            Chance::Lost(key) => Event::ValueLost(World::key(key)),
            Chance::Pause(is) => Event::Paused(is),
            Chance::Search => Event::SearchDue,
        };
        self.happens(event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Orders and events of any kind, in any order: every invariant holds after each.
    #[test]
    fn whatever_happens_a_worker_is_in_order(chances in chances(), threads in 1..4_usize) {
        let (running, asked, resting, held) = Default::default();
        let mut world = World { worker: worker(threads), running, asked, resting, held, runs: 0 };
        for chance in chances {
            world.comes(chance);
        }
        // All that is under way ends, all come back and have everything: then what was to run has run.
        world.happens(Event::Paused(false));
        for _ in 0..200 {
            (0..3).for_each(|peer| world.comes(Chance::Rests(peer)));
            for key in 0..8 {
                world.comes(Chance::Refresh { key, holders: vec![0, 1, 2] });
            }
            let first = 0;
            (0..3).for_each(|_| world.comes(Chance::Answers { which: first, has: 0 }));
            (0..8).for_each(|_| world.comes(Chance::Ends { which: first, how: 5 }));
        }
        for key in 0..8 {
            let state = world.worker.state(&World::key(key));
            prop_assert!(matches!(state, None | Some(State::Held)), "{key}: {state:?}");
        }
    }
}
