//! Values that others have, and that are needed here.

use super::event::Effect;
use super::machine::Worker;
use super::task::State;
use crate::key::Key;
use crate::ops::{FromWorker, MapOf};
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl Worker {
    /// A value that is not here, nor coming, is to be fetched if somebody needs it; if nobody does, nothing is done about it.
    pub(super) fn want(&mut self, key: &Key) {
        let Some(task) = self.tasks.get(key) else { return };
        if !matches!(task.state, State::Named | State::Missing | State::Fetch) {
            return;
        }
        // What runs has what it needs already.
        let waits =
            |dependent: &Key| self.tasks.get(dependent).is_some_and(|task| matches!(task.state, State::Waiting { .. }));
        let state = match (task.wanted || task.needed_by.iter().any(waits), task.holders.is_empty()) {
            (false, _) => State::Named,
            (true, true) => State::Missing,
            (true, false) => State::Fetch,
        };
        if state == State::Fetch && task.state != State::Fetch {
            self.to_fetch.push(key.clone());
        }
        if let Some(task) = self.tasks.get_mut(key) {
            task.state = state;
        }
    }

    /// Asks those that are not asked already, one request each.
    pub(super) fn fetch(&mut self) {
        let mut requests: Vec<(Arc<str>, Vec<Key>, u64)> = Vec::new();
        let mut places: FxHashMap<Arc<str>, usize> = FxHashMap::default();
        let most = self.config.fetch_bytes;
        let wanted = std::mem::take(&mut self.to_fetch);
        for key in wanted {
            let Some(task) = self.tasks.get_mut(&key).filter(|task| task.state == State::Fetch) else { continue };
            let nbytes = task.nbytes.max(1);
            let may_ask = |peer: &&Arc<str>| {
                let has_room = |place: &usize| requests[*place].2 + nbytes <= most;
                !self.asked.contains_key(*peer)
                    && !self.resting.contains(*peer)
                    && places.get(*peer).is_none_or(has_room)
            };
            let Some(peer) = task.holders.iter().find(may_ask).cloned() else {
                self.to_fetch.push(key);
                continue;
            };
            task.state = State::Flight { peer: peer.clone() };
            let place = *places.entry(peer.clone()).or_insert_with(|| {
                requests.push((peer, Vec::new(), 0));
                requests.len() - 1
            });
            requests[place].1.push(key);
            requests[place].2 += nbytes;
        }
        for (peer, keys, _) in requests {
            self.asked.insert(peer.clone(), keys.clone());
            self.effects.push(Effect::Fetch { peer, keys });
        }
    }

    pub(super) fn fetched(&mut self, peer: &Arc<str>, found: Vec<(Key, u64)>) {
        let asked = self.asked.remove(peer).unwrap_or_default();
        let mut found: FxHashMap<Key, u64> = found.into_iter().collect();
        let mut added = Vec::new();
        for key in asked {
            let came = found.remove(&key);
            // It may be here already, or is to be computed here.
            if !self.lands(&key, peer) {
                continue;
            }
            match came {
                Some(nbytes) if self.is_needed(&key) => {
                    self.held(&key, nbytes);
                    added.push(key);
                }
                Some(_) => self.release(&key),
                None => self.not_there(&key, peer),
            }
        }
        if !added.is_empty() {
            let stimulus_id = self.stimulus("gather-dep-success");
            self.say(FromWorker::AddKeys { keys: added, stimulus_id });
        }
    }

    /// Whether this value was on its way from there; it is no longer.
    fn lands(&mut self, key: &Key, peer: &Arc<str>) -> bool {
        let Some(task) = self.tasks.get_mut(key) else { return false };
        let lands = matches!(&task.state, State::Flight { peer: from } if from == peer);
        if lands {
            task.state = State::Named;
        }
        lands
    }

    fn is_needed(&self, key: &Key) -> bool {
        self.tasks.get(key).is_some_and(|task| task.wanted || !task.needed_by.is_empty())
    }

    /// A worker that was to have a value has it not.
    fn not_there(&mut self, key: &Key, peer: &Arc<str>) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.holders.retain(|holder| holder != peer);
        }
        self.want_or_forget(key);
    }

    fn want_or_forget(&mut self, key: &Key) {
        if self.is_needed(key) { self.want(key) } else { self.release(key) }
    }

    pub(super) fn busy(&mut self, peer: Arc<str>) {
        for key in self.asked.remove(&peer).unwrap_or_default() {
            if self.lands(&key, &peer) {
                self.want_or_forget(&key);
            }
        }
        self.resting.insert(peer.clone());
        self.effects.push(Effect::Rest { peer });
    }

    /// Nothing more comes from there: what was asked of it is asked of others.
    pub(super) fn peer_lost(&mut self, peer: &Arc<str>) {
        self.forget_peer(peer);
        for key in self.asked.remove(peer).unwrap_or_default() {
            if self.lands(&key, peer) {
                self.want_or_forget(&key);
            }
        }
    }

    /// A worker has nothing any longer. What is on its way from there ends with the connection.
    pub(super) fn forget_peer(&mut self, peer: &Arc<str>) {
        for task in self.tasks.values_mut() {
            task.holders.retain(|holder| holder != peer);
            if task.state == State::Fetch && task.holders.is_empty() {
                task.state = State::Missing;
            }
        }
    }

    pub(super) fn refresh(&mut self, who_has: MapOf<Key, Vec<String>>) {
        let own = self.config.address.clone();
        for (key, holders) in who_has.0 {
            let Some(task) = self.tasks.get_mut(&key) else { continue };
            task.holders =
                holders.iter().filter(|holder| ***holder != *own).map(|holder| holder.as_str().into()).collect();
            if task.state == State::Fetch && task.holders.is_empty() {
                task.state = State::Missing;
            }
            self.want(&key);
        }
    }

    /// Asks who has what nobody is known to have.
    pub(super) fn search(&mut self) {
        let missing = self.tasks.iter().filter(|(_, task)| task.state == State::Missing).map(|(key, _)| key.clone());
        let keys: Vec<Key> = missing.collect();
        if !keys.is_empty() {
            let stimulus_id = self.stimulus("find-missing");
            self.say(FromWorker::RequestRefreshWhoHas { keys, stimulus_id });
        }
    }
}
