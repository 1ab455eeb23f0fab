//! The failures that erred tasks share: which task is to blame, and why it failed.

use partita_protocol::{Cause, FaultId, TaskId};
use rustc_hash::FxHashSet;

/// The place of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailureRef(u32);

impl FailureRef {
    /// As an index.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A task that failed by itself, for itself and for everything that errs with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    /// Which task failed.
    pub(crate) blame: TaskId,
    /// Why.
    pub(crate) cause: Cause,
    /// How many erred tasks refer to it.
    pub(crate) tasks: u32,
}

/// All failures that an erred task refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failures {
    places: Vec<Option<Failure>>,
    vacant: Vec<u32>,
    /// The errors that are kept for these failures; asked and never walked.
    faults: FxHashSet<FaultId>,
}

impl Failures {
    /// A new failure, that no task refers to yet.
    pub(crate) fn add(&mut self, blame: TaskId, cause: Cause) -> FailureRef {
        if let Cause::Reported(fault) = cause {
            self.faults.insert(fault);
        }
        let failure = Some(Failure { blame, cause, tasks: 0 });
        match self.vacant.pop() {
            Some(place) => {
                self.places[place as usize] = failure;
                FailureRef(place)
            }
            None => {
                self.places.push(failure);
                FailureRef(self.places.len() as u32 - 1)
            }
        }
    }

    /// The failure, if there is one at this place.
    pub(crate) fn find(&self, failure: FailureRef) -> Option<&Failure> {
        self.places.get(failure.0 as usize)?.as_ref()
    }

    /// One more task refers to it.
    pub(crate) fn hold(&mut self, failure: FailureRef) {
        if let Some(Some(failure)) = self.places.get_mut(failure.0 as usize) {
            failure.tasks += 1;
        }
    }

    /// One task less refers to it. With the last one the failure goes; its error, if it has one, is to be forgotten.
    pub(crate) fn let_go(&mut self, failure: FailureRef) -> Option<FaultId> {
        let place = self.places.get_mut(failure.0 as usize)?;
        let known = place.as_mut()?;
        known.tasks = known.tasks.saturating_sub(1);
        if known.tasks > 0 {
            return None;
        }
        self.vacant.push(failure.0);
        match place.take()?.cause {
            Cause::Reported(fault) => self.faults.remove(&fault).then_some(fault),
            _ => None,
        }
    }

    /// Whether a failure refers to this error.
    pub(crate) fn refers_to(&self, fault: FaultId) -> bool {
        self.faults.contains(&fault)
    }

    /// How many failures there are, and how many errors are kept for them.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.places.len() - self.vacant.len(), self.faults.len())
    }
}
