//! One event that the scheduler was told, with all that it answered; and S19, S20, L4: no turn goes on and on.

use super::{Broken, ensure};
use crate::world::{Trace, World};
use partita_protocol::TaskId;
use partita_protocol::scheduler::{Event, Notice};
use partita_protocol::telemetry::{Record, State};
use partita_protocol::worker::Order;
use partita_protocol::{ClientId, WorkerId};
use rustc_hash::FxHashMap;

/// Transitions of one task in one turn, at the most.
const MOST_TRANSITIONS: u32 = 8;

/// An event that the scheduler was told, with what it answered.
pub(super) struct Turn<'a> {
    pub(super) event: &'a Event,
    pub(super) effects: &'a [Trace],
}

impl<'a> Turn<'a> {
    /// The turn of an event that is followed by this.
    pub(super) fn new(event: &'a Event, trace: &'a [Trace]) -> Self {
        let is_effect =
            |trace: &Trace| matches!(trace, Trace::Ordered { .. } | Trace::Notified { .. } | Trace::Recorded(_));
        let count = trace.iter().take_while(|trace| is_effect(trace)).count();
        Turn { event, effects: &trace[..count] }
    }

    /// The transitions of the turn.
    pub(super) fn moves(&self) -> impl Iterator<Item = (TaskId, State, State)> {
        self.effects.iter().filter_map(|effect| match effect {
            Trace::Recorded(Record::Transition { task, from, to, .. }) => Some((*task, *from, *to)),
            _ => None,
        })
    }

    /// The notices of the turn.
    pub(super) fn notices(&self) -> impl Iterator<Item = (ClientId, TaskId, &Notice)> {
        self.effects.iter().filter_map(|effect| match effect {
            Trace::Notified { client, task, notice } => Some((*client, *task, notice)),
            _ => None,
        })
    }

    /// The orders of the turn.
    pub(super) fn orders(&self) -> impl Iterator<Item = (WorkerId, &Order)> {
        self.effects.iter().filter_map(|effect| match effect {
            Trace::Ordered { worker, order } => Some((*worker, order)),
            _ => None,
        })
    }
}

/// Counts transitions.
#[derive(Debug, Default)]
pub(super) struct Turns {
    counts: FxHashMap<TaskId, u32>,
}

impl Turns {
    pub(super) fn turn(&mut self, world: &World, turn: &Turn) -> Result<(), Broken> {
        for (task, from, to) in turn.moves() {
            ensure!(is_in_table(from, to), "S19", task, "{task} goes from {from:?} to {to:?}");
        }
        if turn.effects.len() < MOST_TRANSITIONS as usize {
            return Ok(());
        }
        self.counts.clear();
        for (task, ..) in turn.moves() {
            let count = self.counts.entry(task).or_default();
            *count += 1;
            if *count > MOST_TRANSITIONS {
                // It may be asked for and let go by each dependent that comes and errs in this turn.
                let most = MOST_TRANSITIONS + 4 * world.scheduler().dependents(task).len() as u32;
                ensure!(*count <= most, "S20", task, "{task} took {count} transitions in one turn");
            }
        }
        let most = 16 * (world.universe().len() + 16);
        let orders = turn.orders().count();
        if orders > most {
            return Err(Broken::new("S20", format!("{orders} orders in one turn")));
        }
        Ok(())
    }
}

/// Whether the table of transitions has this one.
fn is_in_table(from: State, to: State) -> bool {
    use State::{Erred, Forgotten, Memory, NoWorker, Processing, Queued, Released, Waiting};
    match from {
        Released => matches!(to, Waiting | Erred | Forgotten),
        Waiting => matches!(to, Queued | NoWorker | Processing | Memory | Erred | Released),
        Queued => matches!(to, Processing | Waiting | NoWorker | Erred | Released),
        NoWorker => matches!(to, Queued | Processing | Waiting | Erred | Released),
        Processing => matches!(to, Memory | Waiting | Erred | Released),
        Memory | Erred => to == Released,
        Forgotten => false,
    }
}
