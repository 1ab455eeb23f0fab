//! A language for tests of the machine: builders, a case that records every effect as a word and validates after every
//! event, and that fails if effects are left unread.

mod clients;
mod copies;
mod deadlines;
mod failures;
mod fair;
mod large;
mod losses;
mod needs;
mod placing;
mod placing_many;
mod property;
mod retire;
mod retries;
mod scale;
mod stale;
mod starvation;
mod stealing;
mod submission;
mod timeouts;
mod why;

use super::{Config, Scheduler};
use partita_graph::TaskOptions;
use partita_protocol::scheduler::{Effect, Effects, Event, NewTask, Notice, Piece, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{
    Attempt, Begun, Cause, ClientId, FaultId, LossCause, PrefixId, Resources, TaskId, Time, WorkerId,
};
use std::sync::Arc;
use std::time::Duration;

/// The first task of a place.
pub(crate) fn t(index: u32) -> TaskId {
    TaskId::new(index, 0)
}

/// A client.
pub(crate) fn c(id: u32) -> ClientId {
    ClientId(id)
}

/// A task to be handed in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    id: u32,
    generation: u32,
    prefix: u32,
    dependencies: Vec<u32>,
    announced: u32,
    wanted: bool,
    data: bool,
    options: TaskOptions,
}

/// A task to be handed in.
pub(crate) fn task(id: u32) -> Draft {
    Draft { id, ..Draft::default() }
}

impl Draft {
    pub(crate) fn on(mut self, dependencies: impl IntoIterator<Item = u32>) -> Self {
        self.dependencies.extend(dependencies);
        self
    }

    pub(crate) fn wanted(mut self) -> Self {
        self.wanted = true;
        self
    }

    pub(crate) fn data(mut self) -> Self {
        self.data = true;
        self
    }

    /// Dependents that come with later pieces.
    pub(crate) fn announces(mut self, dependents: u32) -> Self {
        self.announced = dependents;
        self
    }

    pub(crate) fn prefix(mut self, prefix: u32) -> Self {
        self.prefix = prefix;
        self
    }

    /// The task that stands at this place for the given time.
    pub(crate) fn generation(mut self, generation: u32) -> Self {
        self.generation = generation;
        self
    }

    pub(crate) fn with(mut self, options: impl FnOnce(TaskOptions) -> TaskOptions) -> Self {
        self.options = options(self.options);
        self
    }

    pub(crate) fn retries(self, retries: u32) -> Self {
        self.with(|options| options.retries(retries))
    }

    pub(crate) fn needs(self, name: &str, amount: f64) -> Self {
        self.with(|options| options.resource(name, amount))
    }
}

/// A piece of these tasks, each dependent announced where it is in the same piece.
pub(crate) fn piece(generation: i64, drafts: &[Draft]) -> Piece {
    let mut piece = Piece { generation, ..Piece::default() };
    for (rank, draft) in drafts.iter().enumerate() {
        let start = piece.dependencies.len() as u32;
        piece.dependencies.extend(draft.dependencies.iter().map(|id| t(*id)));
        let here = drafts.iter().filter(|other| other.dependencies.contains(&draft.id)).count() as u32;
        piece.tasks.push(NewTask {
            task: TaskId::new(draft.id, draft.generation),
            prefix: PrefixId(draft.prefix),
            rank: rank as u32,
            dependents: here + draft.announced,
            dependencies: start..piece.dependencies.len() as u32,
            wanted: draft.wanted,
            data: draft.data,
            options: (!draft.options.is_default()).then(|| Arc::new(draft.options.clone())),
        });
    }
    piece
}

/// What workers are like, if not told otherwise.
pub(crate) fn info(id: u32, threads: u32) -> WorkerInfo {
    WorkerInfo {
        name: format!("worker-{id}").into(),
        host: "here".into(),
        threads,
        memory_limit: 1 << 40,
        resources: Resources::default(),
    }
}

/// A scheduler under test. Client 0 is there from the beginning.
pub(crate) struct Case {
    pub(crate) scheduler: Scheduler,
    /// Is told the same and keeps decisions, or keeps none if the other does: it must answer the same.
    double: Scheduler,
    pub(crate) now: Time,
    effects: Effects,
    generation: i64,
}

impl Case {
    pub(crate) fn new() -> Self {
        Case::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Self {
        let decisions = if config.decisions > 0 { 0 } else { 50 };
        let double = Scheduler::new(Config { decisions, ..config.clone() });
        let scheduler = Scheduler::new(config);
        let mut case = Case { scheduler, double, now: Time(1_000), effects: Effects::new(), generation: 0 };
        case.event(Event::ClientJoined { client: c(0) });
        case
    }

    /// How steps are told.
    pub(crate) fn tell_steps(&mut self, telling: super::Telling) {
        self.scheduler.tell_steps(telling);
        self.double.tell_steps(telling);
    }

    /// A case with workers of so many threads, from 0 on.
    pub(crate) fn workers<const N: usize>(threads: [u32; N]) -> Self {
        let mut case = Case::new();
        for (id, threads) in threads.into_iter().enumerate() {
            case.worker(id as u32, threads);
        }
        case
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.now = self.now + Duration::from_micros(1);
        let before = self.effects.list.len();
        self.scheduler.handle(self.now, event.clone(), &mut self.effects);
        let mut answers = Effects::new();
        self.double.handle(self.now, event, &mut answers);
        assert_eq!(self.effects.list[before..], answers.list, "decisions that are kept change what is decided");
        if let Err(violation) = self.scheduler.validate() {
            panic!("{violation}\nafter {:#?}", self.effects.list);
        }
    }

    pub(crate) fn client(&mut self, id: u32) {
        self.event(Event::ClientJoined { client: c(id) });
    }

    pub(crate) fn worker(&mut self, id: u32, threads: u32) {
        self.worker_like(id, info(id, threads));
    }

    pub(crate) fn worker_like(&mut self, id: u32, info: WorkerInfo) {
        self.event(Event::WorkerJoined { worker: WorkerId(id), info });
    }

    /// A worker with an amount of a resource.
    pub(crate) fn worker_with(&mut self, id: u32, threads: u32, resources: &[(&str, f64)]) {
        let resources = Resources::new(resources.iter().copied());
        self.worker_like(id, WorkerInfo { resources, ..info(id, threads) });
    }

    pub(crate) fn submit<const N: usize>(&mut self, drafts: [Draft; N]) {
        self.submit_for(0, drafts);
    }

    pub(crate) fn submit_for<const N: usize>(&mut self, client: u32, drafts: [Draft; N]) {
        self.generation += 1;
        let piece = piece(self.generation, &drafts);
        self.event(Event::GraphSubmitted { client: c(client), piece });
    }

    pub(crate) fn report(&mut self, worker: u32, report: Report) {
        self.event(Event::WorkerReported { worker: WorkerId(worker), report });
    }

    /// The attempt with which the worker processes the task.
    pub(crate) fn attempt(&self, worker: u32, task: u32) -> Attempt {
        match self.scheduler.processing_on(t(task)) {
            Some((on, attempt)) if on == WorkerId(worker) => attempt,
            other => panic!("{} is not processed by w{worker}, but {other:?}", t(task)),
        }
    }

    pub(crate) fn finish(&mut self, worker: u32, task: u32) {
        self.finish_after(worker, task, Duration::from_millis(1), 8);
    }

    pub(crate) fn finish_after(&mut self, worker: u32, task: u32, time: Duration, nbytes: u64) {
        let attempt = self.attempt(worker, task);
        self.finish_attempt(worker, task, attempt, time, nbytes);
    }

    pub(crate) fn finish_attempt(&mut self, worker: u32, task: u32, attempt: Attempt, time: Duration, nbytes: u64) {
        let (started, stopped) = (self.now, self.now + time);
        self.report(worker, Report::Finished { task: t(task), attempt, nbytes, started, stopped });
    }

    pub(crate) fn fail(&mut self, worker: u32, task: u32, fault: u64) {
        let attempt = self.attempt(worker, task);
        self.fail_attempt(worker, task, attempt, fault);
    }

    pub(crate) fn fail_attempt(&mut self, worker: u32, task: u32, attempt: Attempt, fault: u64) {
        let (started, stopped) = (self.now, self.now);
        self.report(
            worker,
            Report::Failed { task: t(task), attempt, fault: FaultId(fault), retry: true, started, stopped },
        );
    }

    pub(crate) fn lose(&mut self, worker: u32) {
        self.lose_as(worker, "boom", Begun::Unknown);
    }

    /// A worker dies of something, and this had begun there.
    pub(crate) fn lose_as(&mut self, worker: u32, cause: &str, begun: Begun) {
        self.event(Event::WorkerLost { worker: WorkerId(worker), cause: LossCause::Died(cause.into()), begun });
    }

    pub(crate) fn retire(&mut self, worker: u32) {
        let begun = Begun::Unknown;
        self.event(Event::WorkerLost { worker: WorkerId(worker), cause: LossCause::Retired, begun });
    }

    pub(crate) fn want(&mut self, client: u32, task: u32) {
        self.event(Event::KeysWanted { client: c(client), tasks: vec![t(task)] });
    }

    pub(crate) fn release<const N: usize>(&mut self, client: u32, tasks: [u32; N]) {
        self.event(Event::KeysReleased { client: c(client), tasks: tasks.map(t).to_vec() });
    }

    /// Time goes on until the scheduler's next timeout.
    pub(crate) fn wait(&mut self) {
        self.now = self.scheduler.next_timeout().expect("no timeout is due");
        self.event(Event::TimePassed);
    }

    pub(crate) fn state(&self, task: u32) -> Option<State> {
        self.scheduler.state_of(t(task))
    }

    /// The effects since the last look, as words.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.effects.drain().map(|effect| say(&effect)).collect()
    }

    /// Looks at the effects since the last look.
    #[track_caller]
    pub(crate) fn says<const N: usize>(&mut self, words: [&str; N]) {
        assert_eq!(self.said(), words);
    }

    /// Looks away.
    pub(crate) fn skip(&mut self) {
        self.effects.list.clear();
    }

    /// Whatever is there ends: nothing is left in any table.
    #[track_caller]
    pub(crate) fn is_empty(&self) {
        assert_eq!(self.scheduler.counts().total(), 0, "{:?}", self.scheduler.tasks().collect::<Vec<_>>());
        assert_eq!(self.scheduler.next_timeout(), None);
        assert!(self.scheduler.workers().all(|worker| worker.processing == 0 && worker.held == 0));
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let left = self.said();
            assert!(left.is_empty(), "effects that nobody looked at: {left:#?}");
        }
    }
}

/// An effect as words.
pub(crate) fn say(effect: &Effect) -> String {
    match effect {
        Effect::Order { worker, order } => match order {
            Order::Compute(assignment) => {
                let inputs = assignment.inputs.iter().map(|input| format!(" {}@{:?}", input.task, input.holders));
                format!("{worker} compute {}{}", assignment.task, inputs.collect::<String>())
            }
            Order::Free { task } => format!("{worker} free {task}"),
            Order::Holders { task, holders } => format!("{worker} holders {task} {holders:?}"),
            Order::PeerLost { peer } => format!("{worker} lost {peer}"),
            Order::Steal { task, attempt } => format!("{worker} steal {task} {attempt}"),
            Order::Hold { inputs } => {
                let inputs = inputs.iter().map(|input| format!(" {}@{:?}", input.task, input.holders));
                format!("{worker} hold{}", inputs.collect::<String>())
            }
        },
        Effect::Notify { client, task, notice } => match notice {
            Notice::InMemory { holder, nbytes } => format!("{client} {task} on {holder}, {nbytes} bytes"),
            Notice::Lost => format!("{client} {task} lost"),
            Notice::Erred { blame, cause } => format!("{client} {task} erred by {blame}, {}", say_cause(cause)),
            Notice::Cancelled => format!("{client} {task} cancelled"),
        },
        Effect::Forget { task } => format!("forget {task}"),
        Effect::ForgetFault { fault } => format!("forget {fault}"),
        Effect::Retirement { worker, outcome } => format!("{worker} retires: {outcome:?}"),
        Effect::Record(record) => format!("{record:?}"),
    }
}

fn say_cause(cause: &Cause) -> String {
    match cause {
        Cause::Reported(fault) => format!("{fault}"),
        Cause::WorkersDied { deaths, last, .. } => format!("{deaths} deaths, last {last}"),
        Cause::NeverBegan { deaths, last, .. } => format!("never began, {deaths} deaths, last {last}"),
        Cause::Unsatisfiable { needs, best } => format!("needs {needs}, best {best}"),
        Cause::NoWorkers { waited, .. } => format!("no workers for {waited:?}"),
        Cause::TimedOut { limit } => format!("timed out after {limit:?}"),
        Cause::DeadlinePassed { limit } => format!("not there after {limit:?}"),
        Cause::DataLost => "data lost".into(),
        Cause::TooLarge { needs, limit } => format!("takes {needs} of {limit}"),
    }
}
