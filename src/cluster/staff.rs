//! Who works for the cluster: workers that start, leave, and are replaced.

use super::actor::ClusterActor;
use super::processes::Crib;
use crate::coordination::slot::Filler;
use crate::error::{ClusterError, Result};
use actix::{Addr, Context};
use partita_protocol::scheduler::WorkerInfo;
use partita_worker::nanny::{Mail as NannyMail, NannyActor};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How long the tasks of a worker that must leave may take to end, before they are run elsewhere.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to tell that something was done, or why not.
pub(super) type Done = Filler<Result<()>>;

/// A worker's place.
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) info: WorkerInfo,
    pub(super) nanny: Nanny,
}

/// The nanny of a place.
pub(super) enum Nanny {
    /// Of a worker that is threads of this process.
    Threads(Addr<NannyActor>),
    /// Of a worker that is a process.
    Process(Arc<Crib>),
}

impl Nanny {
    pub(super) fn do_send(&self, mail: NannyMail) {
        match self {
            Nanny::Threads(nanny) => nanny.do_send(mail),
            Nanny::Process(crib) => crib.order(mail),
        }
    }
}

/// Workers that start and that leave.
#[derive(Default)]
pub(super) struct Staff {
    places: u64,
    /// Workers that were hired and have not started.
    pub(super) starting: BTreeSet<Arc<str>>,
    /// Workers that are to leave once nothing is lost with them.
    pub(super) going: BTreeMap<u64, Place>,
    /// Places of workers that were told to leave at once, and of which it is not known that the scheduler was told.
    stopping: BTreeSet<u64>,
    /// Who waits until all have started and the scheduler knows of those that were stopped.
    waiting: Vec<Box<dyn FnOnce() + Send>>,
    /// Who waits for workers to leave.
    leaves: Vec<Leave>,
}

/// Somebody who waits for workers to leave.
struct Leave {
    places: BTreeSet<u64>,
    refused: Option<ClusterError>,
    done: Done,
}

impl Staff {
    pub(super) fn next_place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    /// A worker left, or stays.
    fn ended(&mut self, place: u64, refused: Option<&ClusterError>) {
        for leave in &mut self.leaves {
            if leave.places.remove(&place) {
                leave.refused = leave.refused.take().or_else(|| refused.cloned());
            }
        }
        for leave in self.leaves.extract_if(.., |leave| leave.places.is_empty()) {
            // Who asked and is gone need not be told.
            drop(leave.done.fill(leave.refused.map_or(Ok(()), |error| Err(error.into()))));
        }
    }
}

impl ClusterActor {
    /// Calls back once all workers that were hired have started, and the scheduler knows of all that were stopped.
    pub(super) fn when_staffed(&mut self, tell: Box<dyn FnOnce() + Send>) {
        self.staff.waiting.push(tell);
        self.tell_staffed();
    }

    pub(super) fn tell_staffed(&mut self) {
        if self.staff.starting.is_empty() && self.staff.stopping.is_empty() {
            self.staff.waiting.drain(..).for_each(|tell| tell());
        }
    }

    /// Has these workers from now on; others leave once nothing is lost with them.
    pub(super) fn scale(&mut self, mut infos: Vec<WorkerInfo>, context: &mut Context<Self>) {
        let names: BTreeSet<Arc<str>> = infos.iter().map(|info| info.name.clone()).collect();
        let mut gone: Vec<Arc<str>> = self.nannies.keys().filter(|name| !names.contains(*name)).cloned().collect();
        self.keep_equals(&mut infos, &mut gone);
        for name in gone {
            self.let_go(&name, Some(PATIENCE), true);
        }
        for place in self.staff.going.values() {
            place.nanny.do_send(NannyMail::Retire { patience: Some(PATIENCE), must: true });
        }
        for info in infos {
            if !self.nannies.contains_key(&info.name) {
                self.hire(info, context);
            }
        }
        self.count();
    }

    /// A worker that would go stays in the place of one that would come and is like it: what it holds need not be moved, and
    /// could not be before the new one has started.
    fn keep_equals(&self, infos: &mut Vec<WorkerInfo>, gone: &mut Vec<Arc<str>>) {
        infos.retain(|info| {
            let is_like = |name: &Arc<str>| {
                let place = self.nannies.get(name);
                place.is_some_and(|place| place.info.threads == info.threads && place.info.resources == info.resources)
            };
            let stays = match self.nannies.contains_key(&info.name) {
                true => None,
                false => gone.iter().rposition(is_like),
            };
            stays.map(|position| gone.remove(position)).is_none()
        });
    }

    /// Lets a worker go once nothing is lost with it; the number of its place.
    pub(super) fn let_go(&mut self, name: &str, patience: Option<Duration>, must: bool) -> Option<u64> {
        let place = self.nannies.remove(name)?;
        let number = place.number;
        self.staff.starting.remove(name);
        self.leaving += 1;
        place.nanny.do_send(NannyMail::Retire { patience, must });
        self.staff.going.insert(number, place);
        Some(number)
    }

    /// Lets workers go once nothing is lost with them.
    pub(super) fn retire(&mut self, names: &[String], done: Done) {
        if let Some(error) = self.unknown(names) {
            return drop(done.fill(Err(error.into())));
        }
        let places: BTreeSet<u64> = names.iter().filter_map(|name| self.let_go(name, None, false)).collect();
        self.staff.leaves.push(Leave { places, refused: None, done });
        self.staff.ended(0, None);
        self.tell_staffed();
        self.count();
    }

    /// What is wrong with these names, if one is nobody's.
    fn unknown(&self, names: &[String]) -> Option<ClusterError> {
        let name = names.iter().find(|name| !self.nannies.contains_key(name.as_str()))?.clone();
        let known = self.nannies.keys().map(|name| name.to_string()).collect::<Vec<_>>().join(", ");
        Some(ClusterError::NoSuchWorker { name, known })
    }

    /// A worker was told to leave, and the scheduler that it is gone.
    pub(super) fn dismissed(&mut self, place: u64) {
        self.staff.going.remove(&place);
        self.staff.stopping.remove(&place);
        self.staff.ended(place, None);
        self.tell_staffed();
    }

    /// A worker stays, because nobody can take what only it holds. If another has its name by now, it goes all the same.
    pub(super) fn refused(&mut self, number: u64, name: Arc<str>, nbytes: u64) {
        self.staff.ended(number, Some(&ClusterError::CannotRetire { name: name.to_string(), nbytes }));
        let Some(place) = self.staff.going.remove(&number) else { return };
        if self.nannies.contains_key(&name) {
            place.nanny.do_send(NannyMail::Stop);
            return;
        }
        self.leaving = self.leaving.saturating_sub(1);
        self.nannies.insert(name, place);
        self.count();
    }

    /// Replaces all workers by new ones, at once.
    pub(super) fn restart(&mut self, done: Done, context: &mut Context<Self>) {
        let given_up = std::mem::take(&mut self.given_up).into_values().map(|(info, _)| info);
        let mut infos: Vec<WorkerInfo> = given_up.collect();
        let places = std::mem::take(&mut self.nannies);
        self.leaving += places.len();
        infos.extend(places.values().map(|place| place.info.clone()));
        let going = std::mem::take(&mut self.staff.going).into_values();
        self.replace(places.into_values().chain(going).collect(), infos, done, context);
    }

    /// Replaces these workers by new ones, at once. A name is given once, however often it was said.
    pub(super) fn restart_these(&mut self, names: &[String], done: Done, context: &mut Context<Self>) {
        if let Some(error) = self.unknown(names) {
            return drop(done.fill(Err(error.into())));
        }
        let places: Vec<Place> = names.iter().filter_map(|name| self.nannies.remove(name.as_str())).collect();
        self.leaving += places.len();
        let infos = places.iter().map(|place| place.info.clone()).collect();
        self.replace(places, infos, done, context);
    }

    fn replace(&mut self, places: Vec<Place>, infos: Vec<WorkerInfo>, done: Done, context: &mut Context<Self>) {
        for place in places {
            self.staff.stopping.insert(place.number);
            place.nanny.do_send(NannyMail::Stop);
        }
        infos.into_iter().for_each(|info| self.hire(info, context));
        self.count();
        self.when_staffed(Box::new(move || drop(done.fill(Ok(())))));
    }
}
