//! Taking in a census: after a loss of records the counts by state are right again, from its moment on.

use super::Run;
use super::bins::OTHERS;
use super::workers::WorkerFacts;
use partita_protocol::census::{Census, TaskCensus, WorkerCensus};
use partita_protocol::telemetry::State;
use partita_protocol::{IdMap, PrefixId, TaskId, Time, WorkerId};
use std::collections::{BTreeMap, BTreeSet};

impl Run {
    /// Takes in how many tasks are in each state. By how much that differs from what the records came to is one more step
    /// at its moment: later moments are right, and earlier ones stay as they were. Sums over all time stay, too: what was
    /// lost of them is not told again.
    pub(super) fn counted(&mut self, census: &Census) {
        self.bin(census.time);
        let mut states: BTreeMap<PrefixId, [u64; 8]> = self.groups.keys().map(|prefix| (*prefix, [0; 8])).collect();
        let there = census.groups.iter().filter(|group| group.states.iter().any(|count| *count > 0));
        states.extend(there.map(|group| (group.prefix, group.states)));
        for (prefix, states) in states {
            self.correct(census.time, prefix, states.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
        }
        self.staffed(census.time, &census.workers);
        if let Some(tasks) = &census.tasks {
            self.listed(census.time, tasks);
        }
        self.corrected = Some((census.time, self.dropped));
    }

    fn correct(&mut self, time: Time, prefix: PrefixId, states: [i64; 8]) {
        let now = std::mem::replace(&mut self.group(prefix).now, states);
        if now != states {
            let told = self.told_apart(prefix);
            let steps = &mut self.bin(time).groups.at(told).steps;
            steps.iter_mut().zip(states.iter().zip(now)).for_each(|(step, (there, known))| *step += there - known);
        }
    }

    /// These workers are there, and no others.
    fn staffed(&mut self, time: Time, there: &[WorkerCensus]) {
        let ids: BTreeSet<WorkerId> = there.iter().map(|worker| worker.worker).collect();
        let is_gone = |(worker, facts): &(WorkerId, &WorkerFacts)| facts.is_there() && !ids.contains(worker);
        let gone: Vec<WorkerId> = self.workers.iter().filter(is_gone).map(|(worker, _)| worker).collect();
        for worker in gone {
            let facts = self.workers.of(worker);
            facts.lost = Some((time, "nobody knows: the record was lost".into()));
            (facts.count, facts.nbytes) = (0, 0);
            self.bin(time).workers.at(worker).held = Some((0, 0));
        }
        for worker in there {
            let facts = self.workers.of(worker.worker);
            // Of one that came with the records that were lost, at most what it did is known.
            if facts.threads == 0 {
                facts.joined = time;
            }
            (facts.name, facts.threads, facts.memory_limit) =
                (worker.name.clone(), worker.threads, worker.memory_limit);
        }
    }

    /// These tasks are there, and no others.
    fn listed(&mut self, time: Time, tasks: &[TaskCensus]) {
        let there: IdMap<TaskId, State> = tasks.iter().map(|task| (task.task, task.state)).collect();
        for TaskCensus { task, prefix, state } in tasks {
            let learned = self.group_of.learn(*task, *prefix, Some(*state));
            let apart = self.told_apart(*prefix);
            let own = self.bin(time).groups.at(apart);
            own.done += learned.done;
            own.failed += learned.failed;
            learned.early.into_iter().for_each(|told| self.place(*prefix, told));
        }
        self.group_of.only(|task| there.contains_key(&task));
        let unit = self.timeline.as_ref().map_or(0, |timeline| timeline.unit(time));
        self.names.all_entered(unit, |task| there.get(&task).copied().unwrap_or(State::Forgotten));
        // Whatever waits for its group was told before, and so was the group, if that was not lost.
        for told in self.group_of.give_up() {
            self.place(OTHERS, told);
        }
    }

    /// Since when the counts of tasks by state are right again, if records were lost; none if no record was lost, or the
    /// loss is not made up for yet.
    pub fn corrected(&self) -> Option<Time> {
        self.corrected.filter(|(_, dropped)| *dropped == self.dropped && self.dropped > 0).map(|(time, _)| time)
    }
}

#[cfg(test)]
mod tests;
