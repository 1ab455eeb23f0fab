//! A simulated client: what it asked for, and what it was told.

use super::link::Link;
use crate::universe::Number;
use partita_protocol::scheduler::Notice;
use partita_protocol::{ClientId, TaskId};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// What a client says to the scheduler.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    /// It comes.
    Join,
    /// It hands in a part of a graph.
    Piece(Part),
    /// It no longer wants results.
    Release(Vec<Number>),
    /// It cancels results, for itself or for everyone.
    Cancel(Vec<Number>, bool),
    /// It asks to run failed tasks again.
    Retry(Vec<Number>),
    /// It wants results that are known already.
    Want(Vec<Number>),
    /// It puts data into a worker.
    Scatter(Vec<Number>),
    /// It asks for copies.
    Copies(Vec<Number>, u32),
    /// It leaves.
    Leave,
}

/// A part of a graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// The number of the submission.
    pub(crate) submission: u64,
    /// The tasks, in static order.
    pub(crate) tasks: Vec<PartTask>,
    /// Whether this is the last part.
    pub(crate) last: bool,
}

/// A task of a part.
#[derive(Clone, Debug)]
pub(crate) struct PartTask {
    /// Which task.
    pub(crate) number: Number,
    /// The places of its dependencies in the submission.
    pub(crate) dependencies: SmallVec<[u32; 2]>,
    /// How many tasks of the submission depend on it.
    pub(crate) dependents: u32,
    /// Whether the client wants the result.
    pub(crate) wanted: bool,
}

/// What a client knows of a result that it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet.
    Nothing,
    /// It is in memory.
    InMemory,
    /// It will not come.
    Erred,
}

/// A client in the simulation.
#[derive(Clone, Debug)]
pub struct Client {
    /// Which.
    pub id: ClientId,
    /// What it wants, and what it was told of it.
    pub wants: BTreeMap<Number, Told>,
    /// How often it asked for a result and was not told yet that it is heard.
    pub(crate) unheard: BTreeMap<Number, u32>,
    /// Whether it is there.
    pub is_here: bool,
    /// Submissions so far.
    pub(crate) submissions: u64,
    pub(crate) to_scheduler: Link,
    pub(crate) from_scheduler: Link,
}

/// A submission of which more parts are to come, as the scheduler's shell keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) generation: i64,
    /// The ids of its tasks so far, with the dependents that were announced and have not come.
    pub(crate) ids: Vec<(TaskId, u32)>,
}

impl Client {
    pub(crate) fn new(id: ClientId) -> Self {
        Client {
            id,
            wants: BTreeMap::new(),
            unheard: BTreeMap::new(),
            is_here: true,
            submissions: 0,
            to_scheduler: Link::default(),
            from_scheduler: Link::default(),
        }
    }

    /// It asks for results.
    pub(crate) fn ask(&mut self, numbers: impl IntoIterator<Item = Number>) {
        for number in numbers {
            self.wants.entry(number).or_insert(Told::Nothing);
            *self.unheard.entry(number).or_default() += 1;
        }
    }

    /// It learns that the scheduler heard that it asks for these results, and knows them or not.
    pub(crate) fn heard(&mut self, numbers: &[Number], is_known: bool) {
        for number in numbers {
            let left = self.unheard.get_mut(number).map_or(0, |count| {
                *count = count.saturating_sub(1);
                *count
            });
            if !is_known && left == 0 {
                self.wants.remove(number);
            }
        }
    }

    /// It learns of a result. What it asked for since is not what was cancelled.
    pub(crate) fn learn(&mut self, number: Number, notice: &Notice) {
        let is_unheard = self.unheard.get(&number).is_some_and(|count| *count > 0);
        let told = match notice {
            Notice::Cancelled if is_unheard => return,
            Notice::Cancelled => {
                self.wants.remove(&number);
                return;
            }
            Notice::InMemory { .. } => Told::InMemory,
            Notice::Erred { .. } => Told::Erred,
            Notice::Lost => Told::Nothing,
        };
        if let Some(known) = self.wants.get_mut(&number) {
            *known = told;
        }
    }
}
