//! The test language of the scenarios: a board whose every move must be possible, and that must end well.

use partita_graph::TaskOptions;
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State as Word;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, ClientId, LossCause, Resources, TaskId, WorkerId};
use partita_simulator::explore::{Board, Move, Rules, Said, Sent, Site};
use partita_simulator::{Number, Told, Universe};
use partita_worker::machine::StateName;
use std::sync::Arc;

pub(crate) const W0: WorkerId = WorkerId(0);
pub(crate) const W1: WorkerId = WorkerId(1);
pub(crate) const W2: WorkerId = WorkerId(2);
pub(crate) const C0: ClientId = ClientId(0);
pub(crate) const C1: ClientId = ClientId(1);

/// What names workers that may run a task, others if none of them is there.
pub(crate) fn prefers(worker: u32) -> Arc<TaskOptions> {
    Arc::new(TaskOptions::new().workers([format!("worker-{worker}")]).allow_other_workers())
}

/// What names the only worker that may run a task.
pub(crate) fn only(worker: u32) -> Arc<TaskOptions> {
    Arc::new(TaskOptions::new().workers([format!("worker-{worker}")]))
}

/// What takes one of the worker's devices.
pub(crate) fn device() -> Arc<TaskOptions> {
    Arc::new(TaskOptions::new().resource("device", 1.0))
}

/// A board with one client. A test that does not come to [`Stage::end`] fails.
pub(crate) struct Stage {
    pub(crate) board: Board,
    history: Vec<Move>,
    has_ended: bool,
}

impl Stage {
    /// So many workers with one thread each.
    pub(crate) fn new(universe: Universe, workers: u32) -> Self {
        Stage::with(universe, workers, Rules::default())
    }

    pub(crate) fn with(universe: Universe, workers: u32, rules: Rules) -> Self {
        let mut board = Board::new(Arc::new(universe), rules);
        for _ in 0..workers {
            board.add_worker(1, Resources::default());
        }
        board.add_client();
        Stage { board, history: Vec::new(), has_ended: false }
    }

    /// Makes a move, which must be possible and break nothing.
    #[track_caller]
    pub(crate) fn play(&mut self, step: Move) {
        self.history.push(step.clone());
        let is_possible = self.board.play(&step);
        self.check();
        assert!(is_possible, "nothing to move by {step:?}\n{}", self.story());
    }

    #[track_caller]
    fn check(&self) {
        if let Some(broken) = self.board.broken() {
            panic!("{broken}\n{}", self.story());
        }
    }

    fn story(&self) -> String {
        self.history.iter().map(|step| format!("    {step:?}\n")).collect()
    }

    // What clients do.

    #[track_caller]
    pub(crate) fn submit(&mut self, outputs: &[Number]) {
        self.play(Move::Submit(C0, outputs.to_vec()));
    }

    #[track_caller]
    pub(crate) fn release(&mut self, numbers: &[Number]) {
        self.play(Move::Release(C0, numbers.to_vec()));
    }

    // What arrives.

    /// The next order arrives at a worker.
    #[track_caller]
    pub(crate) fn order(&mut self, worker: WorkerId) {
        self.play(Move::Order(worker));
    }

    /// All orders under way arrive at a worker; there is one at the least.
    #[track_caller]
    pub(crate) fn orders(&mut self, worker: WorkerId) {
        self.order(worker);
        self.take_orders(worker);
    }

    /// The orders under way arrive at a worker, if there are any.
    #[track_caller]
    pub(crate) fn take_orders(&mut self, worker: WorkerId) {
        while self.board.site(worker).is_some_and(|site| site.inbox().next().is_some()) {
            self.order(worker);
        }
    }

    /// The next thing that a worker said arrives.
    #[track_caller]
    pub(crate) fn report(&mut self, worker: WorkerId) {
        self.play(Move::Report(worker));
    }

    /// All that a worker said arrives; there is something at the least.
    #[track_caller]
    pub(crate) fn reports(&mut self, worker: WorkerId) {
        self.report(worker);
        while self.board.said(worker).next().is_some() {
            self.report(worker);
        }
    }

    // What workers do.

    /// The assignment under which a worker runs a task; the oldest if there are more.
    #[track_caller]
    pub(crate) fn run_of(&self, worker: WorkerId, number: Number) -> (TaskId, Attempt) {
        let run = self.site(worker).runs().filter(|(task, _)| task.index() == number as usize);
        run.min_by_key(|(_, attempt)| *attempt).unwrap_or_else(|| panic!("{worker} does not run {number}"))
    }

    #[track_caller]
    pub(crate) fn finish(&mut self, worker: WorkerId, number: Number) {
        let (task, attempt) = self.run_of(worker, number);
        self.play(Move::Finish(worker, task, attempt));
    }

    #[track_caller]
    pub(crate) fn fail(&mut self, worker: WorkerId, number: Number) {
        let (task, attempt) = self.run_of(worker, number);
        self.play(Move::Fail(worker, task, attempt));
    }

    #[track_caller]
    pub(crate) fn reschedule(&mut self, worker: WorkerId, number: Number) {
        let (task, attempt) = self.run_of(worker, number);
        self.play(Move::Reschedule(worker, task, attempt));
    }

    #[track_caller]
    pub(crate) fn secede(&mut self, worker: WorkerId, number: Number) {
        let (task, attempt) = self.run_of(worker, number);
        self.play(Move::Secede(worker, task, attempt));
    }

    /// A worker is told to run a task, runs it, and the scheduler hears of it.
    #[track_caller]
    pub(crate) fn compute(&mut self, worker: WorkerId, number: Number) {
        self.orders(worker);
        self.compute_here(worker, number);
    }

    /// A worker ends what it runs, and the scheduler hears of it.
    #[track_caller]
    pub(crate) fn compute_here(&mut self, worker: WorkerId, number: Number) {
        self.finish(worker, number);
        self.reports(worker);
        assert_eq!(self.state(number), Some(Word::Memory));
    }

    #[track_caller]
    pub(crate) fn serve(&mut self, asker: WorkerId, peer: WorkerId) {
        self.play(Move::Serve(asker, peer));
    }

    #[track_caller]
    pub(crate) fn arrive(&mut self, asker: WorkerId, peer: WorkerId) {
        self.play(Move::Arrive(asker, peer));
    }

    /// A transfer ends well.
    #[track_caller]
    pub(crate) fn gather(&mut self, asker: WorkerId, peer: WorkerId) {
        self.serve(asker, peer);
        self.arrive(asker, peer);
    }

    /// A transfer fails.
    #[track_caller]
    pub(crate) fn break_gather(&mut self, asker: WorkerId, peer: WorkerId) {
        self.play(Move::Break(asker, peer));
    }

    // What goes wrong.

    #[track_caller]
    pub(crate) fn kill(&mut self, worker: WorkerId) {
        self.play(Move::Kill(worker));
    }

    /// A worker dies, and the scheduler hears of that and of nothing else.
    #[track_caller]
    pub(crate) fn lose(&mut self, worker: WorkerId) {
        self.kill(worker);
        self.play(Move::Hush(worker));
        self.report(worker);
    }

    /// A worker is taken for lost, and lives on.
    #[track_caller]
    pub(crate) fn declare(&mut self, worker: WorkerId) {
        self.play(Move::Declare(worker, LossCause::Silent(std::time::Duration::from_secs(300))));
    }

    #[track_caller]
    pub(crate) fn pause(&mut self, worker: WorkerId) {
        self.play(Move::Pause(worker));
        self.reports(worker);
    }

    #[track_caller]
    pub(crate) fn resume(&mut self, worker: WorkerId) {
        self.play(Move::Resume(worker));
        self.reports(worker);
    }

    #[track_caller]
    pub(crate) fn tell(&mut self, event: Event) {
        self.play(Move::Tell(event));
    }

    /// The scheduler is told something that a worker would report.
    #[track_caller]
    pub(crate) fn tell_report(&mut self, worker: WorkerId, report: Report) {
        self.tell(Event::WorkerReported { worker, report });
    }

    // Looking.

    #[track_caller]
    pub(crate) fn site(&self, worker: WorkerId) -> &Site {
        self.board.site(worker).unwrap_or_else(|| panic!("{worker} is gone"))
    }

    /// The state of a task as the scheduler knows it.
    pub(crate) fn state(&self, number: Number) -> Option<Word> {
        self.board.scheduler().state_of(self.board.id_of(number))
    }

    /// The state of a task as a worker knows it.
    #[track_caller]
    pub(crate) fn state_on(&self, worker: WorkerId, number: Number) -> Option<StateName> {
        self.site(worker).machine().state_of(self.board.id_of(number))
    }

    /// The worker that processes a task.
    pub(crate) fn on(&self, number: Number) -> Option<WorkerId> {
        self.board.scheduler().processing_on(self.board.id_of(number)).map(|(worker, _)| worker)
    }

    pub(crate) fn holders(&self, number: Number) -> Vec<WorkerId> {
        self.board.scheduler().holders(self.board.id_of(number))
    }

    /// What the client was told of a result, if it wants it.
    pub(crate) fn told(&self, number: Number) -> Option<Told> {
        self.board.wants(C0).and_then(|wants| wants.get(&number).copied())
    }

    /// Orders under way to a worker, in words.
    #[track_caller]
    pub(crate) fn inbox(&self, worker: WorkerId) -> Vec<&'static str> {
        let word = |sent: &Sent| match sent {
            Sent::Put(..) => "put",
            Sent::Order(Order::Compute(_)) => "compute",
            Sent::Order(Order::Free { .. }) => "free",
            Sent::Order(Order::Holders { .. }) => "holders",
            Sent::Order(Order::PeerLost { .. }) => "peer-lost",
            Sent::Order(Order::Steal { .. }) => "steal",
            Sent::Order(Order::Hold { .. }) => "hold",
        };
        self.site(worker).inbox().map(word).collect()
    }

    /// Reports under way from a worker, in words; not those of what orphans take, which come beside others.
    pub(crate) fn said(&self, worker: WorkerId) -> Vec<&'static str> {
        let word = |said: &Said| match said {
            Said::Lost(..) => "lost",
            Said::Report(report) => match report {
                Report::Finished { .. } => "finished",
                Report::Failed { .. } => "failed",
                Report::Rescheduled { .. } => "rescheduled",
                Report::Seceded { .. } => "seceded",
                Report::TimedOut { .. } => "timed-out",
                Report::StealAnswered { .. } => "steal-answered",
                Report::Added { .. } => "added",
                Report::Missing { .. } => "missing",
                Report::Unreadable { .. } => "unreadable",
                Report::Orphaned { .. } => "orphaned",
                Report::Paused => "paused",
                Report::Resumed => "resumed",
            },
        };
        self.board.said(worker).map(word).filter(|word| *word != "orphaned").collect()
    }

    /// Whom a worker asked for something.
    #[track_caller]
    pub(crate) fn asked(&self, worker: WorkerId) -> Vec<WorkerId> {
        self.site(worker).transfers().map(|(peer, _)| peer).collect()
    }

    /// How many runs of each task have started.
    pub(crate) fn runs(&self) -> Vec<u32> {
        self.board.universe().numbers().map(|number| self.board.runs_of(number)).collect()
    }

    // The end.

    /// Everything goes on without further faults, and what is wanted must end.
    #[track_caller]
    pub(crate) fn calm(&mut self) {
        self.board.calm();
        self.check();
    }

    /// Calm, and then everything is let go and nothing may be left.
    #[track_caller]
    pub(crate) fn end(mut self) {
        self.calm();
        self.board.drain();
        self.has_ended = true;
        self.check();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.has_ended && !std::thread::panicking() {
            panic!("the scenario does not come to its end");
        }
    }
}
