//! Taking in a census: after a loss of records the counts by state are right again, from its moment on.

use super::bins::OTHERS;
use super::run::Run;
use super::workers::WorkerFacts;
use partita_protocol::census::{Census, TaskCensus, WorkerCensus};
use partita_protocol::telemetry::State;
use partita_protocol::{IdMap, PrefixId, TaskId, Time, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The last census.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counted {
    time: Time,
    /// Records that had been dropped by then.
    dropped: u64,
    /// Whether it counted tasks that it did not list: a task that is not known one by one may be counted all the same.
    pub(super) is_short: bool,
}

impl Run {
    /// A task was handed in, and was in this state before. One that was known before anybody listened, or is known by a
    /// census alone, is met when it goes on.
    pub(super) fn handed_in(&mut self, task: TaskId, prefix: PrefixId, before: State, new: bool) {
        let (ended, early) = if new { self.group_of.named(task) } else { Default::default() };
        early.into_iter().for_each(|told| self.place(prefix, told));
        if before != State::Forgotten {
            self.names.was(task, before);
        }
        let Some(story) = self.names.story_mut(task) else { return };
        story.ended = ended.unwrap_or(story.ended);
        let is_counted = story.is_counted || ended.is_some();
        story.is_counted = is_counted || before == State::Forgotten;
        if !is_counted && before == State::Forgotten {
            self.known(prefix);
        }
    }

    /// Takes in how many tasks are in each state. By how much that differs from what the records came to is one more step
    /// at its moment: later moments are right, and earlier ones stay as they were. Sums over all time stay, too: what was
    /// lost of them is not told again.
    pub(super) fn counted(&mut self, census: &Census) {
        let Census { time, groups, workers, tasks } = census;
        self.bin(*time);
        let mut states: BTreeMap<PrefixId, [u64; 8]> = self.groups.keys().map(|prefix| (*prefix, [0; 8])).collect();
        let there = groups.iter().filter(|group| group.states.iter().any(|count| *count > 0));
        states.extend(there.map(|group| (group.prefix, group.states)));
        for (prefix, states) in states {
            self.correct(*time, prefix, states.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
        }
        self.staffed(*time, workers);
        if let Some(tasks) = tasks {
            self.listed(*time, tasks);
        }
        let (time, dropped, is_short) = (*time, self.records().1, tasks.is_none());
        self.census = Some(Counted { time, dropped, is_short });
    }

    fn correct(&mut self, time: Time, prefix: PrefixId, states: [i64; 8]) {
        let now = std::mem::replace(&mut self.group(prefix).now, states);
        if now != states {
            let apart = self.told_apart(prefix);
            let steps = &mut self.bin(time).groups.at(apart).steps;
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
            self.holds(time, worker, (0, 0, 0), 0);
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
            let (step, apart) = (self.learn(*task, *prefix, *state), self.told_apart(*prefix));
            let group = self.group(*prefix);
            group.tasks += u64::from(step.new);
            (group.done, group.failed) = (group.done + step.done, group.failed + step.failed);
            let own = self.bin(time).groups.at(apart);
            own.known += u64::from(step.new);
            own.done += step.done;
            own.failed += step.failed;
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
        let dropped = self.records().1;
        self.census.filter(|census| census.dropped == dropped && dropped > 0).map(|census| census.time)
    }
}

#[cfg(test)]
mod tests;
