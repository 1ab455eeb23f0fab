//! Questions about the state of the cluster.

use super::actor::SchedulerActor;
use partita_graph::Key;
use partita_protocol::message::{Question, Summary, TaskSummary, ToWorker, WorkerSummary};
use partita_protocol::why::WhyReport;
use partita_protocol::{TaskId, WorkerId};

impl SchedulerActor {
    /// Answers a question from the machine's present state.
    pub(super) fn answer(&mut self, question: Question) {
        match question {
            Question::Records(done) => {
                self.flush_records();
                for desk in self.outbox.workers.values() {
                    // Who is gone has handed over what it had.
                    drop(desk.link.send(ToWorker::Records(done.clone())));
                }
            }
            Question::Summary(answer) => answer(self.summary()),
            Question::Why(key, answer) => {
                answer(self.why(&key));
            }
            Question::Tasks(most, answer) => answer(self.tasks(most)),
            Question::WhoHas(keys, answer) => {
                let held = keys.into_iter().map(|key| {
                    let task = self.registry.find(&key);
                    let holders = task.map(|task| self.machine().holders(task)).unwrap_or_default();
                    (key, holders.into_iter().filter_map(|holder| self.name(holder)).collect())
                });
                answer(held.collect());
            }
            Question::Validate(answer) => {
                answer(self.machine().validate().map_err(|violation| format!("{violation:?}")));
            }
        }
    }

    /// What is known of the first tasks, so many at the most.
    fn tasks(&self, most: usize) -> Vec<TaskSummary> {
        let machine = self.machine();
        let summary = |(task, state)| {
            let entry = self.registry.get(task)?;
            let processing = machine.processing_on(task).map(|(worker, _)| worker);
            let workers = machine.holders(task).into_iter().chain(processing);
            Some(TaskSummary {
                key: entry.key.clone(),
                state,
                place: entry.place.map(|place| place.to_string().into()),
                workers: workers.filter_map(|worker| self.name(worker)).collect(),
                nbytes: machine.nbytes(task),
                dependencies: machine.dependencies(task).len(),
                wanted_by: machine.wanted_by(task).len(),
            })
        };
        machine.tasks().filter_map(summary).take(most).collect()
    }

    fn name(&self, worker: WorkerId) -> Option<std::sync::Arc<str>> {
        self.outbox.workers.get(&worker).map(|desk| desk.name.clone())
    }

    /// Why a task is where it is, or was decided about while decisions about it are kept.
    fn why(&self, key: &Key) -> Option<WhyReport> {
        let known = self.registry.find(key);
        let task =
            known.or_else(|| self.forgotten.iter().rev().find(|(_, gone)| gone == key).map(|(task, _)| *task))?;
        let name = |worker| self.names.get(&worker).cloned();
        let mut report = self.machine().why_report(task, |task| self.key(task), name)?;
        report.place = self.registry.get(task).and_then(|entry| entry.place).map(|place| place.to_string().into());
        Some(report)
    }

    /// Keeps the key of a task that is gone, for questions about the decisions that are kept.
    pub(super) fn remember(&mut self, task: TaskId, key: &Key) {
        let limit = self.settings.machine.decisions;
        if limit > 0 {
            if self.forgotten.len() >= limit {
                self.forgotten.pop_front();
            }
            self.forgotten.push_back((task, key.clone()));
        }
    }

    fn key(&self, task: TaskId) -> Option<Key> {
        let forgotten = || self.forgotten.iter().rev().find(|(gone, _)| *gone == task).map(|(_, key)| key);
        self.registry.get(task).map(|entry| &entry.key).or_else(forgotten).cloned()
    }

    fn summary(&self) -> Summary {
        let workers = self.machine().workers().map(|view| WorkerSummary {
            worker: view.worker,
            info: view.info.clone(),
            processing: view.processing + view.seceded,
            held: view.held,
            nbytes: u64::try_from(view.nbytes).unwrap_or(u64::MAX),
        });
        Summary { workers: workers.collect(), tasks: self.registry.len() }
    }
}
