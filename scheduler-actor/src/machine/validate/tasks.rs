//! The invariants of tasks, their links, failures and clients.

use super::{Invariant, Violation, ensure, same};
use crate::machine::Scheduler;
use crate::machine::client::is_wanted;
use crate::machine::look::Counts;
use crate::machine::task::{Source, State, Task};
use partita_protocol::telemetry::State as Word;
use partita_protocol::{Cause, TaskId};
use rustc_hash::{FxHashMap, FxHashSet};

impl Scheduler {
    pub(super) fn validate_tasks(&self) -> Result<(), Violation> {
        let (mut edges, mut len, mut counts) = (0, 0, Counts::default());
        let running = self.counts.of(Word::Processing);
        let mut attempts = FxHashSet::with_capacity_and_hasher(running, Default::default());
        for (id, task) in self.tasks.iter() {
            len += 1;
            edges += task.dependencies.len();
            counts.appear();
            if task.state.word() != Word::Released {
                counts.step(Word::Released, task.state.word());
            }
            self.validate_links(id, task)?;
            self.validate_need(id, task)?;
            self.validate_state(id, task)?;
            if let Some(processing) = task.processing() {
                let attempt = processing.attempt;
                ensure(attempt.0 <= self.attempts && attempts.insert(attempt), || {
                    Violation::task(Invariant::Attempts, id, format!("{attempt} was given to another task or to none"))
                })?;
            }
        }
        let general = |message| Violation::general(Invariant::Counters, message);
        same(self.counts, counts, "tasks per state", general)?;
        same((self.tasks.len(), self.tasks.edges()), (len, edges), "tasks and dependencies", general)
    }

    fn validate_links(&self, id: TaskId, task: &Task) -> Result<(), Violation> {
        let wrong = |message| Violation::task(Invariant::Links, id, message);
        for dependency in &task.dependencies {
            let known = self.tasks.find(*dependency).is_some();
            ensure(known, || wrong(format!("{dependency}, that it depends on, is not known")))?;
        }
        let mut dependents = 0;
        let mut waiters = 0;
        for (_, dependent) in self.tasks.dependents(id) {
            dependents += 1;
            waiters += u32::from(dependent.state.waits());
        }
        same(task.live, dependents, "live dependents", wrong)?;
        same(task.waiters, waiters, "waiters", |message| Violation::task(Invariant::Waiters, id, message))
    }

    fn validate_need(&self, id: TaskId, task: &Task) -> Result<(), Violation> {
        let needed = task.needed();
        let word = task.state.word();
        match &task.state {
            State::Released => {
                ensure(!needed, || Violation::task(Invariant::Progress, id, "needed, and released".into()))?;
                ensure(task.is_kept(), || Violation::task(Invariant::Need, id, "of no use, and kept".into()))
            }
            State::Erred { .. } => ensure(needed || task.live > 0, || {
                Violation::task(Invariant::Need, id, "an error of no use is kept".into())
            }),
            _ => ensure(needed, || Violation::task(Invariant::Need, id, format!("{word:?}, and not needed"))),
        }
    }

    fn validate_state(&self, id: TaskId, task: &Task) -> Result<(), Violation> {
        let data = |message| Violation::task(Invariant::StateData, id, message);
        let is_missing = |id: &&TaskId| !matches!(self.tasks[**id].state, State::Memory { .. });
        let missing = task.dependencies.iter().filter(is_missing).count() as u32;
        match &task.state {
            State::Waiting { missing: kept } => {
                let delayed = task.bounds.as_ref().is_some_and(|bounds| bounds.delayed.is_some());
                let own = u32::from(task.source == Source::Expected) + u32::from(delayed);
                let wrong = |message| Violation::task(Invariant::Missing, id, message);
                same(*kept, missing + own, "missing dependencies", wrong)?;
                ensure(*kept > 0, || wrong("waits for nothing".into()))?;
                for dependency in &task.dependencies {
                    let word = self.tasks[*dependency].state.word();
                    ensure(!matches!(word, Word::Released | Word::Erred), || {
                        let message = format!("waits for {dependency}, which is {word:?}");
                        Violation::task(Invariant::Progress, id, message)
                    })?;
                }
            }
            State::Queued { .. } | State::NoWorker { .. } | State::Processing(_) => {
                same(missing, 0, "missing inputs", |message| Violation::task(Invariant::Inputs, id, message))?;
                let deaths = self.deaths(id);
                ensure(deaths <= self.config.allowed_failures, || {
                    Violation::task(Invariant::Deaths, id, format!("may run after {deaths} deaths"))
                })?;
            }
            State::Memory { holders, .. } => {
                ensure(!holders.is_empty(), || data("in memory, and nobody holds it".into()))?;
                for (place, seat) in holders.iter().enumerate() {
                    ensure(!holders[..place].contains(seat), || data("a holder is listed twice".into()))?;
                    ensure(self.workers.is_seated(*seat), || {
                        Violation::task(Invariant::Gone, id, format!("{seat:?} holds it and is gone"))
                    })?;
                }
            }
            State::Erred { failure } => {
                let blame = self.failures.find(*failure).map(|failure| failure.blame);
                let known = blame.is_some_and(|blame| self.tasks.find(blame).is_some());
                ensure(known, || data(format!("erred, and {blame:?} to blame is not known")))?;
            }
            State::Released => {}
        }
        ensure(task.source == Source::Computed || task.dependencies.is_empty(), || data("data has inputs".into()))
    }

    /// Links go both ways: the pairs of dependents and dependencies are the same from either end.
    pub(super) fn validate_pairs(&self) -> Result<(), Violation> {
        let mut pairs = FxHashSet::with_capacity_and_hasher(self.tasks.edges(), Default::default());
        for (id, task) in self.tasks.iter() {
            pairs.extend(task.dependencies.iter().map(|dependency| (*dependency, id)));
        }
        for (id, _) in self.tasks.iter() {
            for (dependent, _) in self.tasks.dependents(id) {
                ensure(pairs.remove(&(id, dependent)), || {
                    Violation::task(
                        Invariant::Links,
                        id,
                        format!("{dependent} does not depend on it, or is listed twice"),
                    )
                })?;
            }
        }
        same(pairs.len(), 0, "links that go one way", |message| Violation::general(Invariant::Links, message))
    }

    /// No cycle: taking away what depends on nothing leaves nothing.
    pub(super) fn validate_order(&self) -> Result<(), Violation> {
        // How many dependencies of each task are left, by its place.
        let (mut left, mut blocked) = (Vec::new(), 0);
        let mut ready = Vec::new();
        for (id, task) in self.tasks.iter() {
            left.resize(id.index() + 1, 0);
            left[id.index()] = task.dependencies.len();
            match task.dependencies.len() {
                0 => ready.push(id),
                _ => blocked += 1,
            }
        }
        while let Some(id) = ready.pop() {
            for (dependent, _) in self.tasks.dependents(id) {
                let count = &mut left[dependent.index()];
                if *count > 0 {
                    *count -= 1;
                    if *count == 0 {
                        blocked -= 1;
                        ready.push(dependent);
                    }
                }
            }
        }
        same(blocked, 0, "tasks on a cycle", |message| Violation::general(Invariant::Links, message))
    }

    pub(super) fn validate_failures(&self) -> Result<(), Violation> {
        let mut failures: Vec<(_, u32)> = Vec::new();
        let mut faults = FxHashSet::default();
        let mut places: FxHashMap<usize, usize> = FxHashMap::default();
        for (id, task) in self.tasks.iter() {
            let State::Erred { failure } = task.state else { continue };
            let Some(known) = self.failures.find(failure) else {
                return Err(Violation::task(Invariant::StateData, id, "its failure is not known".into()));
            };
            if let Cause::Reported(fault) = known.cause {
                faults.insert(fault);
            }
            let place = *places.entry(failure.index()).or_insert_with(|| {
                failures.push((failure, 0));
                failures.len() - 1
            });
            failures[place].1 += 1;
        }
        let wrong = |message| Violation::general(Invariant::Counters, message);
        for (failure, count) in &failures {
            let kept = self.failures.find(*failure).map_or(0, |failure| failure.tasks);
            same(kept, *count, "tasks of a failure", wrong)?;
        }
        same(self.failures.len(), (failures.len(), faults.len()), "failures and errors", wrong)
    }

    pub(super) fn validate_clients(&self) -> Result<(), Violation> {
        let mut wants: FxHashMap<_, usize> = FxHashMap::default();
        for (id, task) in self.tasks.iter() {
            for client in task.wanted_by.as_slice() {
                *wants.entry(*client).or_default() += 1;
                let known = self.clients.find(*client).is_some();
                ensure(known, || Violation::task(Invariant::Mirror, id, format!("{client} wants it and is gone")))?;
            }
        }
        for (client, roll) in self.clients.iter() {
            let wrong = |message| Violation::general(Invariant::Mirror, format!("{client}, {message}"));
            let counted = wants.get(&client).copied().unwrap_or(0);
            same(roll.len(), counted, "wants", wrong)?;
            let members = roll.members(|id| is_wanted(&self.tasks, id, client));
            same(members.len(), counted, "wants that are listed", wrong)?;
        }
        Ok(())
    }
}
