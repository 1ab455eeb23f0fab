//! The census against a plain recount, and against what the records come to.

use super::world::World;
use partita_protocol::census::TaskCensus;
use partita_protocol::telemetry::{Record, State};
use partita_protocol::{PrefixId, TaskId};
use std::collections::BTreeMap;

/// What the records say of tasks: their states, and how often tasks of a group ended well and failed.
#[derive(Default)]
pub(super) struct Folded {
    states: BTreeMap<TaskId, (PrefixId, State)>,
    totals: BTreeMap<PrefixId, (u64, u64)>,
}

impl Folded {
    pub(super) fn take(&mut self, record: &Record) {
        let Record::Transition { task, prefix, from, to, .. } = record else { return };
        // That a task becomes known is told by the actor, and not by the machine.
        let before = self.states.insert(*task, (*prefix, *to)).map_or(State::Released, |(_, state)| state);
        assert_eq!(before, *from, "{task} left another state than it was in");
        if *to == State::Forgotten {
            self.states.remove(task);
        }
        let (finished, erred) = self.totals.entry(*prefix).or_default();
        *finished += u64::from(*to == State::Memory);
        *erred += u64::from(*to == State::Erred);
    }
}

impl World {
    pub(super) fn check_census(&self) {
        let census = self.scheduler.census(self.now, usize::MAX);
        let tasks = census.tasks.as_deref().unwrap_or_default();
        let known: Vec<(TaskId, State)> = self.scheduler.tasks().collect();
        assert_eq!(tasks.iter().map(|task| (task.task, task.state)).collect::<Vec<_>>(), known);
        let mut counts: BTreeMap<PrefixId, [u64; 8]> = BTreeMap::new();
        for TaskCensus { prefix, state, .. } in tasks {
            counts.entry(*prefix).or_default()[*state as usize] += 1;
        }
        for group in &census.groups {
            let counted = counts.remove(&group.prefix).unwrap_or_default();
            assert_eq!(group.states, counted, "{}", group.prefix);
            assert_eq!(census.states(group.prefix), counted);
        }
        assert!(counts.is_empty(), "left out: {counts:?}");
        let workers: Vec<_> = census.workers.iter().map(|worker| worker.worker).collect();
        assert_eq!(workers, self.scheduler.workers().map(|view| view.worker).collect::<Vec<_>>());
        if !tasks.is_empty() {
            assert_eq!(self.scheduler.census(self.now, tasks.len() - 1).tasks, None);
        }
        if self.records {
            for TaskCensus { task, prefix, state } in tasks {
                let folded = self.folded.states.get(task).copied().unwrap_or((*prefix, State::Released));
                assert_eq!(folded, (*prefix, *state), "{task}");
            }
            assert!(self.folded.states.len() <= tasks.len());
            let totals = census.groups.iter().filter(|group| group.finished + group.erred > 0);
            let totals: BTreeMap<_, _> = totals.map(|group| (group.prefix, (group.finished, group.erred))).collect();
            let mut folded = self.folded.totals.clone();
            folded.retain(|_, (finished, erred)| *finished + *erred > 0);
            assert_eq!(totals, folded);
        }
    }
}
