//! Journals written by hand are replayed, and those that cannot have happened are refused.

use super::*;
use crate::journal::{Encoder, JournalError, Machine, Tally};
use partita_graph::Key;
use partita_protocol::journal::Naming;
use partita_protocol::scheduler::{Effect, Effects, Event, NewTask, Piece, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::why::{Because, Deed, Tale, Why};
use partita_protocol::worker::{self, Order, Outcome};
use partita_protocol::{Attempt, Begun, ClientId, LossCause, PrefixId, Resources, TaskId, Time, WorkerId};
use partita_scheduler::Scheduler;
use partita_scheduler::machine::Config;
use partita_worker::machine::{Config as WorkerConfig, StateName, Worker};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A cluster of machines that writes a journal; tasks take a millisecond each.
struct Writer {
    encoder: Encoder,
    bytes: Vec<u8>,
    scheduler: (Scheduler, Tally),
    workers: BTreeMap<WorkerId, (Worker, Tally)>,
    now: Time,
    path: PathBuf,
}

fn t(index: u32) -> TaskId {
    TaskId::new(index, 0)
}

impl Writer {
    fn new(name: &str) -> Self {
        // What is not told is not in the journal; what is not decided neither.
        let config = Config { record: false, ..Config::default() };
        let (encoder, bytes) = Encoder::new(&config);
        let path = std::env::temp_dir().join(format!("partita-replay-{}-{name}", std::process::id()));
        let scheduler = (Scheduler::new(config), Tally::default());
        let mut writer = Writer { encoder, bytes, scheduler, workers: BTreeMap::new(), now: Time(0), path };
        writer.tell(Event::ClientJoined { client: ClientId(0) });
        writer
    }

    fn worker(&mut self, id: u32) {
        let (worker, config) = (WorkerId(id), WorkerConfig::new(1));
        self.encoder.worker_started(worker, &config);
        self.workers.insert(worker, (Worker::new(worker, config), Tally::default()));
        let name = format!("worker-{id}").into();
        let info = WorkerInfo {
            name,
            host: "here".into(),
            threads: 1,
            memory_limit: 1 << 40,
            resources: Resources::default(),
        };
        self.tell(Event::WorkerJoined { worker, info });
    }

    /// Hands in so many tasks `inc`, from this place on, and a `sum` of them that is wanted.
    fn submit(&mut self, first: u32, count: u32) -> TaskId {
        let new = |index, dependents, dependencies| NewTask {
            task: t(index),
            prefix: PrefixId(u32::from(index == first + count)),
            rank: index - first,
            dependents,
            dependencies,
            wanted: index == first + count,
            data: false,
            options: None,
        };
        let mut piece = Piece { dependencies: (first..first + count).map(t).collect(), ..Piece::default() };
        piece.tasks = (first..first + count).map(|index| new(index, 1, 0..0)).collect();
        piece.tasks.push(new(first + count, 0, 0..count));
        let keys: Vec<Key> = (0..=count).map(|at| Key::unique(if at == count { "sum" } else { "inc" })).collect();
        let naming = |(at, key)| Naming { task: t(first + at as u32), key: Some(key), place: None };
        self.encoder.names(&mut keys.iter().enumerate().map(naming));
        self.tell(Event::GraphSubmitted { client: ClientId(0), piece });
        t(first + count)
    }

    fn tell(&mut self, event: Event) {
        self.now = Time(self.now.0 + 1_000);
        let mut effects = Effects::new();
        self.encoder.scheduler(&mut self.scheduler.1, self.now, &event);
        self.scheduler.0.handle(self.now, event, &mut effects);
        self.scheduler.1.scheduler(&effects.list);
        let mut answers = Vec::new();
        for effect in effects.list {
            if let Effect::Order { worker, order } = effect {
                answers.push((worker, self.tell_worker(worker, worker::Event::Ordered(order))));
            }
        }
        if self.encoder.events() >= 50 {
            self.bytes.extend(self.encoder.block().unwrap());
        }
        answers.into_iter().for_each(|(worker, effects)| self.reports(worker, effects));
    }

    fn tell_worker(&mut self, id: WorkerId, event: worker::Event) -> Vec<worker::Effect> {
        let Some((worker, tally)) = self.workers.get_mut(&id) else { return Vec::new() };
        let mut effects = worker::Effects::new();
        self.encoder.worker(tally, id, self.now, &event);
        worker.handle(self.now, event, &mut effects);
        tally.worker(&effects.list);
        effects.list
    }

    /// Whatever the workers execute ends, and what they fetch comes, until nothing is under way.
    fn run(&mut self, until: impl Fn(&Scheduler) -> bool) {
        while !until(&self.scheduler.0) {
            let busy: Vec<_> = self.scheduler.0.tasks().filter(|(_, state)| *state == State::Processing).collect();
            let Some((task, worker, attempt)) = busy.iter().find_map(|(task, _)| {
                let (worker, attempt) = self.scheduler.0.processing_on(*task)?;
                let machine = &self.workers.get(&worker)?.0;
                (machine.state_of(*task)? == StateName::Executing).then_some((*task, worker, attempt))
            }) else {
                if !self.gather() {
                    return;
                }
                continue;
            };
            self.now = Time(self.now.0 + 1_000_000);
            let (started, stopped) = (Time(self.now.0 - 1_000_000), self.now);
            let outcome = Outcome::Value { nbytes: 8 };
            let effects =
                self.tell_worker(worker, worker::Event::Executed { task, attempt, outcome, started, stopped });
            self.reports(worker, effects);
        }
    }

    /// Inputs come from where they are; false if none is asked for.
    fn gather(&mut self) -> bool {
        let asked: Vec<_> = self.scheduler.0.tasks().filter(|(_, state)| *state == State::Processing).collect();
        for (task, _) in asked {
            let Some((worker, _)) = self.scheduler.0.processing_on(task) else { continue };
            let inputs = self.scheduler.0.dependencies(task).to_vec();
            let away = |input: &&TaskId| !self.scheduler.0.holders(**input).contains(&worker);
            let missing: Vec<TaskId> = inputs.iter().filter(away).copied().collect();
            let Some(peer) = missing.first().and_then(|input| self.scheduler.0.holders(*input).first().copied()) else {
                continue;
            };
            let found = missing.iter().filter(|input| self.scheduler.0.holders(**input).contains(&peer));
            let found = found.map(|input| (*input, 8)).collect();
            let effects = self.tell_worker(worker, worker::Event::Gathered { peer, found, missing: Vec::new() });
            self.reports(worker, effects);
            return true;
        }
        false
    }

    fn reports(&mut self, worker: WorkerId, effects: Vec<worker::Effect>) {
        for effect in effects {
            if let worker::Effect::Report(report) = effect {
                self.tell(Event::WorkerReported { worker, report });
            }
        }
    }

    /// Writes the file and hands it over with the machine as it was.
    fn close(mut self) -> (Journal, Scheduler) {
        self.encoder.digest(Machine::Scheduler, &self.scheduler.1);
        for (id, (_, tally)) in &self.workers {
            self.encoder.digest(Machine::Worker(*id), tally);
        }
        self.encoder.closed(0);
        self.bytes.extend(self.encoder.block().unwrap());
        std::fs::write(&self.path, &self.bytes).unwrap();
        (Journal(self.path), self.scheduler.0)
    }
}

/// A journal that goes with the test.
struct Journal(PathBuf);

impl Drop for Journal {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// A cluster with two workers, of which one dies with results that are needed.
fn written(name: &str) -> (Journal, Scheduler, TaskId) {
    let mut writer = Writer::new(name);
    writer.worker(0);
    writer.worker(1);
    let sum = writer.submit(0, 40);
    writer.run(|scheduler| scheduler.counts().of(State::Memory) >= 20);
    writer.tell(Event::WorkerLost {
        worker: WorkerId(1),
        cause: LossCause::Died("fire".into()),
        begun: Begun::These(vec![Attempt(3)]),
    });
    writer.workers.remove(&WorkerId(1));
    writer.run(|scheduler| scheduler.state_of(sum) == Some(State::Memory));
    assert_eq!(writer.scheduler.0.state_of(sum), Some(State::Memory));
    let (journal, scheduler) = writer.close();
    (journal, scheduler, sum)
}

#[test]
fn a_replay_comes_to_the_same_state() {
    let (journal, scheduler, sum) = written("same");
    let mut replay = Replay::open(&journal.0).unwrap();
    replay.seek(To::End).unwrap();
    assert_eq!(replay.ending(), Some(crate::journal::Ending::Closed));
    assert!(replay.scheduler().tasks().eq(scheduler.tasks()));
    assert_eq!(replay.scheduler().holders(sum), scheduler.holders(sum));
    replay.scheduler().validate().unwrap();
    assert_eq!(replay.worker(WorkerId(0)).unwrap().state_of(sum), Some(StateName::Memory));
    assert_eq!(replay.find("sum").unwrap(), sum);
    assert!(matches!(replay.find("inc"), Err(ReplayError::Ambiguous { count: 40, .. })));
    assert!(matches!(replay.find("nobody"), Err(ReplayError::NoTask(_))));
}

#[test]
fn a_replay_tells_why_and_what_happened() {
    let (journal, _, sum) = written("why");
    let mut replay = Replay::open(&journal.0).unwrap();
    assert!(replay.run_until(|replay| replay.scheduler().state_of(sum) == Some(State::Processing)).unwrap());
    let report = replay.why(sum).unwrap();
    assert!(matches!(report.state, Why::Processing { worker: WorkerId(0), .. }));
    assert!(report.to_string().contains("worker `worker-0` has it"), "{report}");
    replay.seek(To::End).unwrap();
    let first = replay.scheduler().dependencies(sum).to_vec();
    let lost = (0..40).map(t).find(|task| {
        let history = replay.scheduler().history(*task);
        history.iter().any(|decision| matches!(decision.deed, Deed::Lost))
    });
    let lost = lost.expect("a result was lost");
    assert!(first.contains(&lost));
    let story = replay.story(lost).unwrap();
    let because = |deed: &dyn Fn(&Deed) -> bool| {
        story.lines.iter().find_map(|line| match &line.what {
            What::Decided(decision) if deed(&decision.deed) => Some(decision.because.clone()),
            _ => None,
        })
    };
    assert!(matches!(because(&|deed| *deed == Deed::Lost), Some(Because::WorkerLost { worker: WorkerId(1), .. })));
    let freed = because(&|deed| *deed == Deed::Freed);
    assert!(matches!(freed, Some(Because::Reported { tale: Tale::Finished, task, .. }) if task == sum), "{freed:?}");
    let text = story.to_string();
    assert!(text.contains("Memory → Released") && text.contains("on worker `worker-0`"), "{text}");
    assert!(text.contains("worker `worker-1` is gone: it died: fire"), "{text}");
}

#[test]
fn a_replay_goes_back_and_forth() {
    let (journal, _, _) = written("seek");
    let mut replay = Replay::open(&journal.0).unwrap();
    replay.seek(To::End).unwrap();
    let (last, end) = (replay.event(), replay.time());
    replay.seek(To::Event(last / 2)).unwrap();
    assert_eq!(replay.event(), last / 2);
    let (half, states) = (replay.time(), replay.scheduler().tasks().collect::<Vec<_>>());
    replay.seek(To::Event(3)).unwrap();
    replay.seek(To::Time(half)).unwrap();
    assert!(replay.event() >= last / 2 && replay.time() == half);
    replay.seek(To::Event(last / 2)).unwrap();
    assert!(replay.scheduler().tasks().eq(states));
    replay.seek(To::Time(end)).unwrap();
    assert_eq!(replay.event(), last);
    replay.seek(To::Time(Time(0))).unwrap();
    assert_eq!(replay.event(), 0);
}

#[test]
fn other_decisions_are_found_out() {
    let mut writer = Writer::new("diverged");
    writer.worker(0);
    writer.submit(0, 40);
    writer.run(|scheduler| scheduler.counts().of(State::Memory) >= 10);
    // The journal says what the machine did not.
    let mut tally = writer.scheduler.1;
    tally.count();
    for _ in 0..4 {
        tally.count();
        tally.scheduler(&[Effect::Forget { task: t(7) }]);
    }
    writer.scheduler.1 = tally;
    let (journal, _) = writer.close();
    let mut replay = Replay::open(&journal.0).unwrap();
    let result = replay.seek(To::End);
    assert!(matches!(result, Err(ReplayError::Diverged { machine: Machine::Scheduler, .. })), "{result:?}");
}

#[test]
fn what_cannot_have_happened_is_refused() {
    let refused = |name: &str, write: &dyn Fn(&mut Writer)| {
        let mut writer = Writer::new(name);
        write(&mut writer);
        let (journal, _) = writer.close();
        let result = Replay::open(&journal.0).unwrap().seek(To::End);
        assert!(matches!(result, Err(ReplayError::Impossible { .. })), "{name}: {result:?}");
    };
    refused("no-order", &|writer| {
        writer.worker(0);
        writer.tell_worker(WorkerId(0), worker::Event::Ordered(Order::Free { task: t(3) }));
    });
    refused("no-worker", &|writer| {
        let mut tally = Tally::default();
        writer.encoder.worker(&mut tally, WorkerId(9), Time(0), &worker::Event::MemoryFilled);
    });
    refused("far-away", &|writer| {
        let mut piece = Piece { dependencies: Vec::new(), ..Piece::default() };
        let (task, prefix) = (t((1 << 28) - 1), PrefixId(0));
        let dependencies = 0..0;
        let (wanted, data, options) = (true, false, None);
        piece.tasks.push(NewTask { task, prefix, rank: 0, dependents: 0, dependencies, wanted, data, options });
        let event = Event::GraphSubmitted { client: ClientId(0), piece };
        writer.encoder.scheduler(&mut writer.scheduler.1, Time(0), &event);
    });
}

#[test]
fn a_damaged_journal_is_replayed_up_to_the_damage() {
    let (journal, _, _) = written("damaged");
    let bytes = std::fs::read(&journal.0).unwrap();
    for at in (0..bytes.len()).step_by(37) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&journal.0, &damaged).unwrap();
        let result = Replay::open(&journal.0).and_then(|mut replay| replay.seek(To::End).map(|()| replay.ending()));
        match result {
            Err(ReplayError::Journal(_)) => {}
            other => panic!("byte {at}: {other:?}"),
        }
        std::fs::write(&journal.0, &bytes[..at]).unwrap();
        let result = Replay::open(&journal.0).and_then(|mut replay| replay.seek(To::End));
        assert!(matches!(result, Ok(()) | Err(ReplayError::Journal(JournalError::NoJournal))), "byte {at}: {result:?}");
    }
}

#[test]
fn the_command_stops_steps_and_tells() {
    let (journal, _, _) = written("command");
    let path = journal.0.display().to_string();
    let run = |args: &[&str]| {
        let args: Vec<String> = [path.as_str()].iter().chain(args).map(|arg| arg.to_string()).collect();
        command(&args)
    };
    let all = run(&[]).unwrap();
    assert!(all.contains("the end: the cluster was closed") && all.contains("memory"), "{all}");
    let until = run(&["--until-task", "sum", "--state", "processing", "--why", "sum", "--step", "0"]).unwrap();
    assert!(until.contains("1 processing") && until.contains("has it (assignment"), "{until}");
    let steps = run(&["--event", "3", "--step", "2"]).unwrap();
    assert!(steps.contains("event 5,") && steps.lines().count() == 4, "{steps}");
    let story = run(&["--story", "sum"]).unwrap();
    assert!(story.contains("Processing → Memory"), "{story}");
    assert!(matches!(run(&["--until-task", "sum", "--state", "erred"]), Err(ReplayError::NotReached { .. })));
    assert!(matches!(run(&["--until-task", "what", "--state", "erred"]), Err(ReplayError::NoTask(_))));
    for wrong in [
        &["--why"][..],
        &["--state", "sad"],
        &["--state", "memory"],
        &["--event", "x"],
        &["--what"],
        &["--seconds", "nan"],
        &["--seconds", "-1"],
        &["--seconds", "inf"],
    ] {
        assert!(matches!(run(wrong), Err(ReplayError::Usage(_))), "{wrong:?}");
    }
    assert!(matches!(command(&[]), Err(ReplayError::Usage(_))));
}
