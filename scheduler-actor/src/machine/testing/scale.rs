//! A million tasks, wide and deep, on a stack of 2 MiB and in linear time.

use crate::machine::{Config, Scheduler};
use partita_protocol::limits::PIECE_TASKS;
use partita_protocol::scheduler::{Effect, Effects, Event, NewTask, Piece};
use partita_protocol::telemetry::State;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, Begun, ClientId, FaultId, LossCause, PrefixId, TaskId, Time, WorkerId};
use std::collections::VecDeque;

#[cfg(debug_assertions)]
const MANY: u32 = 100_000;
#[cfg(not(debug_assertions))]
const MANY: u32 = 1_000_000;

/// A scheduler with workers that finish what they are given, in order.
struct Rig {
    scheduler: Scheduler,
    effects: Effects,
    work: VecDeque<(WorkerId, TaskId, Attempt)>,
    forgotten: usize,
}

impl Rig {
    fn new(workers: u32) -> Self {
        let scheduler = Scheduler::new(Config::default());
        let mut rig = Rig { scheduler, effects: Effects::new(), work: VecDeque::new(), forgotten: 0 };
        rig.event(Event::ClientJoined { client: ClientId(0) });
        for id in 0..workers {
            rig.event(Event::WorkerJoined { worker: WorkerId(id), info: super::info(id, 1) });
        }
        rig
    }

    fn event(&mut self, event: Event) {
        self.scheduler.handle(Time(1), event, &mut self.effects);
        for effect in self.effects.drain() {
            match effect {
                Effect::Order { worker, order: Order::Compute(assignment) } => {
                    self.work.push_back((worker, assignment.task, assignment.attempt));
                }
                Effect::Forget { .. } => self.forgotten += 1,
                _ => {}
            }
        }
    }

    /// Submits tasks with their dependencies, in pieces; `dependents` tells how many each one has.
    fn submit(&mut self, count: u32, dependencies: impl Fn(u32) -> Vec<u32>, dependents: impl Fn(u32) -> u32) {
        let mut piece = Piece::default();
        for id in 0..count {
            let start = piece.dependencies.len() as u32;
            piece.dependencies.extend(dependencies(id).into_iter().map(super::t));
            piece.tasks.push(NewTask {
                task: super::t(id),
                prefix: PrefixId(0),
                rank: id,
                dependents: dependents(id),
                dependencies: start..piece.dependencies.len() as u32,
                wanted: dependents(id) == 0,
                data: false,
                options: None,
            });
            if piece.tasks.len() == PIECE_TASKS || id + 1 == count {
                self.event(Event::GraphSubmitted { client: ClientId(0), piece: std::mem::take(&mut piece) });
            }
        }
    }

    fn finish_all(&mut self) {
        while let Some((worker, task, attempt)) = self.work.pop_front() {
            let report = Report::Finished { task, attempt, nbytes: 1, started: Time(0), stopped: Time(10) };
            self.event(Event::WorkerReported { worker, report });
        }
    }

    fn fail_first(&mut self) {
        let (worker, task, attempt) = self.work.pop_front().unwrap();
        let report =
            Report::Failed { task, attempt, fault: FaultId(0), retry: true, started: Time(0), stopped: Time(0) };
        self.event(Event::WorkerReported { worker, report });
    }

    fn valid(&self) {
        self.scheduler.validate().unwrap();
    }

    fn leave(mut self) {
        self.event(Event::ClientLeft { client: ClientId(0) });
        self.valid();
        assert_eq!(self.scheduler.counts().total(), 0);
    }
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap().join().unwrap();
}

fn chain(rig: &mut Rig) {
    rig.submit(MANY, |id| id.checked_sub(1).into_iter().collect(), |id| u32::from(id + 1 < MANY));
}

#[test]
fn a_deep_chain_runs_and_is_forgotten() {
    on_a_small_stack(|| {
        let mut rig = Rig::new(2);
        chain(&mut rig);
        rig.finish_all();
        assert_eq!(rig.scheduler.counts().of(State::Released), MANY as usize - 1);
        rig.valid();
        rig.leave();
    });
}

#[test]
fn a_deep_chain_errs_retries_and_is_cancelled() {
    on_a_small_stack(|| {
        let mut rig = Rig::new(1);
        chain(&mut rig);
        rig.fail_first();
        assert_eq!(rig.scheduler.counts().of(State::Erred), MANY as usize);
        rig.valid();
        rig.event(Event::TasksRetried { client: ClientId(0), tasks: vec![super::t(MANY - 1)] });
        assert_eq!(rig.scheduler.counts().of(State::Waiting), MANY as usize - 1);
        rig.valid();
        rig.leave();
    });
}

#[test]
fn a_deep_chain_is_computed_again_when_its_end_is_lost() {
    on_a_small_stack(|| {
        let mut rig = Rig::new(2);
        chain(&mut rig);
        rig.finish_all();
        let holder = rig.scheduler.holders(super::t(MANY - 1))[0];
        rig.event(Event::WorkerLost { worker: holder, cause: LossCause::Retired, begun: Begun::Unknown });
        assert_eq!(rig.scheduler.counts().of(State::Waiting), MANY as usize - 1);
        rig.finish_all();
        assert_eq!(rig.scheduler.counts().of(State::Memory), 1);
        rig.valid();
        rig.leave();
    });
}

#[test]
fn a_wide_fan_in_runs_errs_and_is_forgotten() {
    on_a_small_stack(|| {
        let all = |id| if id == MANY { (0..MANY).collect() } else { Vec::new() };
        let mut rig = Rig::new(4);
        rig.submit(MANY + 1, all, |id| u32::from(id != MANY));
        rig.finish_all();
        rig.valid();
        rig.leave();
        let mut rig = Rig::new(4);
        rig.submit(MANY + 1, all, |id| u32::from(id != MANY));
        rig.fail_first();
        assert_eq!(rig.scheduler.counts().of(State::Erred), 2);
        rig.valid();
        rig.leave();
    });
}

#[test]
fn a_wide_fan_out_runs_and_is_forgotten_one_by_one() {
    on_a_small_stack(|| {
        let mut rig = Rig::new(4);
        rig.submit(MANY, |id| if id == 0 { Vec::new() } else { vec![0] }, |id| if id == 0 { MANY - 1 } else { 0 });
        rig.finish_all();
        rig.valid();
        for id in 1..MANY {
            rig.event(Event::KeysReleased { client: ClientId(0), tasks: vec![super::t(id)] });
        }
        assert_eq!(rig.forgotten, MANY as usize);
        rig.leave();
    });
}

#[test]
fn a_wide_fan_out_errs_and_is_lost() {
    on_a_small_stack(|| {
        let mut rig = Rig::new(1);
        rig.submit(MANY, |id| if id == 0 { Vec::new() } else { vec![0] }, |id| if id == 0 { MANY - 1 } else { 0 });
        let (worker, task, attempt) = rig.work.pop_front().unwrap();
        let report = Report::Finished { task, attempt, nbytes: 1, started: Time(0), stopped: Time(1) };
        rig.event(Event::WorkerReported { worker, report });
        assert_eq!(rig.scheduler.counts().of(State::Processing), MANY as usize - 1);
        rig.event(Event::WorkerJoined { worker: WorkerId(9), info: super::info(9, 1) });
        rig.work.clear();
        rig.event(Event::WorkerLost { worker: WorkerId(0), cause: LossCause::Retired, begun: Begun::Unknown });
        assert_eq!(rig.scheduler.counts().of(State::Waiting), MANY as usize - 1);
        rig.valid();
        rig.fail_first();
        assert_eq!(rig.scheduler.counts().of(State::Erred), MANY as usize);
        rig.valid();
        rig.leave();
    });
}
