//! Workers that died under tasks: how many, and of what, for the few tasks that this happened to.

use super::Scheduler;
use super::task::Processing;
use super::validate::{Invariant, Violation};
use partita_protocol::limits::{TOLD_BLAMES, UNBEGUN_DEATHS};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::{Begun, Cause, LossCause, TaskId, WorkerId};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The tasks that workers died under; asked by task, and walked only to be checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deaths(FxHashMap<TaskId, Suspicion>);

/// What speaks against a task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suspicion {
    /// Workers that died after it had begun there.
    pub(crate) blamed: u32,
    /// The newest of those, without their last words.
    told: Told,
    /// Workers that died with nothing running while they had it, and it had not begun.
    pub(crate) unbegun: u32,
    /// The newest of those.
    told_unbegun: Told,
}

/// Workers that died, and of what, oldest first: at the most [`TOLD_BLAMES`].
#[derive(Clone, Debug, Default)]
struct Told(VecDeque<(WorkerId, LossCause)>);

impl Told {
    fn add(&mut self, worker: WorkerId, cause: &LossCause) {
        self.0.push_back((worker, cause.without_words()));
        if self.0.len() > TOLD_BLAMES {
            self.0.pop_front();
        }
    }

    fn take(&mut self) -> Vec<(WorkerId, LossCause)> {
        std::mem::take(&mut self.0).into()
    }
}

/// How a worker died, as far as its tasks may be to blame.
pub(crate) struct Death<'a> {
    /// Which.
    pub(crate) worker: WorkerId,
    /// Of what.
    pub(crate) cause: &'a LossCause,
    /// What had begun.
    begun: &'a Begun,
    /// Whether a task of it had begun.
    explained: bool,
}

impl<'a> Death<'a> {
    /// The death of a worker that had these; none if it was let go.
    pub(crate) fn of(
        (worker, cause, begun): (WorkerId, &'a LossCause, &'a Begun),
        mut had: impl Iterator<Item = Processing>,
    ) -> Option<Self> {
        if *cause == LossCause::Retired && !planted(Bug::GracefulDeath) {
            return None;
        }
        let explained = had.any(|processing| begun.may_have(processing.attempt));
        Some(Death { worker, cause, begun, explained })
    }
}

impl Deaths {
    /// A worker died that had a task; why the task is given up, if it is. Only one that had begun is to blame. One that had
    /// not is so only if that goes on and on, and never anything else ran there: else nothing would end a task whose inputs
    /// kill whoever reads them, since many places together outlast the patience of each place's nanny.
    pub(crate) fn add(&mut self, id: TaskId, processing: Processing, death: &Death, allowed: u32) -> Option<Cause> {
        let (last, cause) = (death.worker, death.cause.clone());
        if death.begun.may_have(processing.attempt) || planted(Bug::BlameTheWaiting) {
            let suspicion = self.0.entry(id).or_default();
            suspicion.blamed += 1;
            if suspicion.blamed > allowed {
                let deaths = suspicion.blamed;
                let before = suspicion.told.take();
                return Some(Cause::WorkersDied { deaths, last, cause, before });
            }
            suspicion.told.add(last, &cause);
        } else if !death.explained {
            let suspicion = self.0.entry(id).or_default();
            suspicion.unbegun += 1;
            if suspicion.unbegun >= UNBEGUN_DEATHS {
                let before = suspicion.told_unbegun.take();
                return Some(Cause::NeverBegan { deaths: suspicion.unbegun, last, cause, before });
            }
            suspicion.told_unbegun.add(last, &cause);
        }
        None
    }

    /// What speaks against a task.
    pub(crate) fn of(&self, id: TaskId) -> Option<&Suspicion> {
        self.0.get(&id)
    }

    /// Nothing speaks against a task any longer.
    pub(crate) fn forget(&mut self, id: TaskId) {
        if !self.0.is_empty() {
            self.0.remove(&id);
        }
    }
}

impl Scheduler {
    /// Nothing speaks against what is not known, and no more causes are told than there are deaths.
    pub(crate) fn validate_deaths(&self) -> Result<(), Violation> {
        for (id, suspicion) in &self.deaths.0 {
            let Suspicion { blamed, told, unbegun, told_unbegun } = suspicion;
            let lists = [(blamed, told), (unbegun, told_unbegun)];
            let excess = lists.iter().find(|(count, told)| told.0.len() > TOLD_BLAMES.min(**count as usize));
            if self.tasks.find(*id).is_none() || excess.is_some() {
                let message = format!("{blamed} and {unbegun} deaths are counted, and more told: {excess:?}");
                return Err(Violation { invariant: Invariant::Deaths, tasks: vec![*id], workers: Vec::new(), message });
            }
        }
        Ok(())
    }

    /// How many workers died after the task had begun there, since it was handed in or tried again.
    pub fn deaths(&self, task: TaskId) -> u32 {
        self.deaths.of(task).map_or(0, |suspicion| suspicion.blamed)
    }
}
