//! What the scheduler sees to: workers that leave, copies, moves, and the size of the cluster.

use super::actor::SchedulerActor;
use actix::{AsyncContext, Context};
use partita_graph::Key;
use partita_protocol::request::{Adaptation, Answer, Request, Retired};
use partita_protocol::scheduler::{Event, Retirement};
use partita_protocol::{AdaptConfig, TaskId, WorkerId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who waits for what.
#[derive(Default)]
pub(super) struct Requests {
    /// Those that wait for a worker to leave.
    leaves: BTreeMap<WorkerId, Leave>,
    /// Those that wait for copies, each with the results that are not looked at yet.
    copies: Vec<(Vec<TaskId>, Answer<()>)>,
    /// Those that wait for moves.
    moves: Vec<Answer<()>>,
    /// Workers whose tasks are waited for no longer than this, not yet watched.
    patience: Vec<(WorkerId, Duration)>,
}

/// A worker that leaves.
#[derive(Default)]
struct Leave {
    answers: Vec<Answer<Retired>>,
    /// Whether its tasks are not waited for any longer, only its data.
    impatient: bool,
}

impl SchedulerActor {
    /// Sees to something.
    pub(super) fn request(&mut self, request: Request) {
        match request {
            Request::Retire { worker, patience, answer } => self.retire(worker, patience, answer),
            Request::Replicate { keys, copies, answer } => self.replicate(keys, copies, answer),
            Request::Rebalance { answer } => {
                self.tell(Event::RebalanceAsked { workers: Vec::new() });
                self.requests.moves.push(answer);
            }
            Request::Adapt { config, answer } => answer(self.adaptation(&config)),
            Request::Census => self.censuses.asked = true,
        }
    }

    fn retire(&mut self, worker: WorkerId, patience: Option<Duration>, answer: Answer<Retired>) {
        if !self.outbox.workers.contains_key(&worker) {
            return answer(Retired::Gone);
        }
        self.requests.leaves.entry(worker).or_default().answers.push(answer);
        self.requests.patience.extend(patience.map(|patience| (worker, patience)));
        self.tell(Event::RetirementAsked { worker });
    }

    /// A worker may leave, or is to stay.
    pub(super) fn retirement(&mut self, worker: WorkerId, outcome: &Retirement) {
        self.leave_ended(
            worker,
            match *outcome {
                Retirement::Ready { moved } => Retired::Ready { moved },
                Retirement::Refused { nbytes } => Retired::Refused { nbytes },
            },
        );
    }

    /// Tells those that wait for a worker to leave.
    pub(super) fn leave_ended(&mut self, worker: WorkerId, outcome: Retired) {
        let leave = self.requests.leaves.remove(&worker).unwrap_or_default();
        leave.answers.into_iter().for_each(|answer| answer(outcome));
    }

    fn replicate(&mut self, keys: Vec<Key>, copies: u32, answer: Answer<Vec<Key>>) {
        let (mut tasks, mut unknown) = (Vec::with_capacity(keys.len()), Vec::new());
        for key in keys {
            match self.registry.find(&key) {
                Some(task) => tasks.push(task),
                None => unknown.push(key),
            }
        }
        self.tell(Event::CopiesAsked { tasks: tasks.clone(), copies });
        self.requests.copies.push((tasks, Box::new(move |()| answer(unknown))));
    }

    fn adaptation(&self, config: &AdaptConfig) -> Adaptation {
        let target = self.machine().adaptive_target(config);
        let leave = self.machine().workers_to_close(usize::MAX);
        let name = |worker| self.outbox.workers.get(worker).map(|desk| desk.name.clone());
        Adaptation { target, leave: leave.iter().filter_map(name).collect() }
    }

    /// Answers those whose wishes have come true, and watches the patience of others. At the end of each turn.
    pub(super) fn answer_requests(&mut self, context: &mut Context<Self>) {
        for (worker, patience) in std::mem::take(&mut self.requests.patience) {
            context.run_later(patience, move |actor, context| {
                if let Some(leave) = actor.requests.leaves.get_mut(&worker) {
                    leave.impatient = true;
                }
                actor.answer_requests(context);
            });
        }
        let impatient = self.requests.leaves.iter().filter(|(_, leave)| leave.impatient);
        let is_moved = |worker: &WorkerId| self.machine().results_to_move(*worker) == 0;
        let ready: Vec<WorkerId> = impatient.map(|(worker, _)| *worker).filter(is_moved).collect();
        for worker in ready {
            self.leave_ended(worker, Retired::Ready { moved: self.machine().results_moved(worker) });
        }
        if !self.requests.copies.is_empty() {
            let mut waiting = std::mem::take(&mut self.requests.copies);
            // Only the last result of each is looked at: the others are when it is there.
            waiting.iter_mut().for_each(
                |(tasks, _)| {
                    while tasks.pop_if(|task| self.machine().copies_are_there(*task)).is_some() {}
                },
            );
            let (done, waiting) = waiting.into_iter().partition(|(tasks, _)| tasks.is_empty());
            self.requests.copies = waiting;
            Vec::into_iter(done).for_each(|(_, answer)| answer(()));
        }
        if !self.requests.moves.is_empty() && self.machine().moves_under_way() == 0 {
            self.requests.moves.drain(..).for_each(|answer| answer(()));
        }
    }
}
