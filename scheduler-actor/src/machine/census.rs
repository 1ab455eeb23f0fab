//! The census: how many tasks of each group are in each state, counted from the tasks themselves.

use super::Scheduler;
use super::task::Task;
use partita_protocol::census::{Census, GroupCensus, TaskCensus, WorkerCensus};
use partita_protocol::limits::CENSUS_NAMES;
use partita_protocol::{PrefixId, TaskId, Time};
use rustc_hash::FxHashMap;

impl Scheduler {
    /// The states of all tasks, one by one if there are no more than `most`; `time` is now. Takes time in proportion to the
    /// tasks.
    ///
    /// Groups that have no task any longer are in it while there are few groups, for the sake of what they ever did.
    pub fn census(&self, time: Time, most: usize) -> Census {
        let workers = self.workers.iter().map(|(_, worker)| WorkerCensus {
            worker: worker.id,
            name: worker.info.name.clone(),
            threads: worker.info.threads,
            memory_limit: worker.info.memory_limit,
        });
        let census =
            |(id, task): (TaskId, &Task)| TaskCensus { task: id, prefix: task.prefix, state: task.state.word() };
        let tasks = (self.tasks.len() <= most).then(|| self.tasks.iter().map(census).collect());
        Census { time, groups: self.census_of_groups(), workers: workers.collect(), tasks }
    }

    fn census_of_groups(&self) -> Box<[GroupCensus]> {
        let mut states: FxHashMap<PrefixId, [u64; 8]> = FxHashMap::default();
        for (_, task) in self.tasks.iter() {
            states.entry(task.prefix).or_default()[task.state.word() as usize] += 1;
        }
        let totals = self.prefixes.totals();
        if totals.len() <= CENSUS_NAMES {
            for number in 0..totals.len() as u32 {
                states.entry(PrefixId(number)).or_default();
            }
        }
        let group = |(prefix, states): (PrefixId, [u64; 8])| {
            let totals = totals.get(prefix.0 as usize).copied().unwrap_or_default();
            GroupCensus { prefix, states, finished: totals.finished, erred: totals.erred }
        };
        let mut groups: Box<[GroupCensus]> = states.into_iter().map(group).collect();
        groups.sort_unstable_by_key(|group| group.prefix);
        groups
    }
}
