//! Questions about the state of the cluster.

use super::actor::SchedulerActor;
use crate::machine::Why;
use partita_protocol::message::{Question, Summary, WorkerSummary};
use partita_protocol::{TaskId, WorkerId};

impl SchedulerActor {
    /// Answers a question from the machine's present state.
    pub(super) fn answer(&self, question: Question) {
        match question {
            Question::Summary(answer) => answer(self.summary()),
            Question::Why(key, answer) => {
                let why = self.registry.find(&key).and_then(|task| self.machine().why(task));
                answer(why.map(|why| self.show(&why)));
            }
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

    fn name(&self, worker: WorkerId) -> Option<std::sync::Arc<str>> {
        self.outbox.workers.get(&worker).map(|desk| desk.name.clone())
    }

    fn key(&self, task: TaskId) -> String {
        self.registry.get(task).map_or_else(|| task.to_string(), |entry| entry.key.to_string())
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

    /// The reason in words.
    fn show(&self, why: &Why) -> String {
        match why {
            Why::NotNeeded => "nobody wants it, and nothing that is to be computed depends on it".into(),
            Why::DataExpected => "it is data that was announced and is not there yet".into(),
            Why::Waiting { missing } => {
                const SHOWN: usize = 5;
                let names: Vec<String> = missing.iter().take(SHOWN).map(|&task| self.key(task)).collect();
                let more = missing.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("it waits for {}{more}", names.join(", "))
            }
            Why::Queued { ahead, workers, .. } => {
                format!("it waits for a free thread or free resources; {ahead} tasks are ahead of it; {workers:?}")
            }
            Why::NoWorker { needs, workers, .. } => {
                format!("no running worker may run it: it needs {needs}; {workers:?}")
            }
            Why::Processing { worker, attempt, seceded } => {
                let name = self.name(*worker).map_or_else(|| worker.to_string(), |name| name.to_string());
                let state = if *seceded { "waits there for tasks of its own" } else { "runs or is next there" };
                format!("worker `{name}` has it (assignment {attempt}): it {state}")
            }
            Why::InMemory { holders } => {
                let names: Vec<_> = holders.iter().filter_map(|&holder| self.name(holder)).collect();
                format!("it has run; {} holds the result", names.join(", "))
            }
            Why::Erred { blame, .. } => format!("it failed, because `{}` did", self.key(*blame)),
        }
    }
}
