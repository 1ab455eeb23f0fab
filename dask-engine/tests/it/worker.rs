//! A worker's machine, rule by rule.

use partita_dask::Key;
use partita_dask::ops::{ComputeTask, FromWorker, MapOf, StartStop, ToWorker};
use partita_dask::worker::{Config, Effect, Event, Outcome, State, Worker};
use rmpv::Value;
use std::sync::Arc;

const OWN: &str = "tcp://own:1";

pub(crate) fn worker(threads: usize) -> Worker {
    Worker::new(Config { address: OWN.into(), threads, fetch_bytes: 50 })
}

/// A worker under test, which is looked at after everything that happens.
struct Seen(Worker);

impl Seen {
    fn handle(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.0.handle(event.clone());
        self.0.validate().unwrap_or_else(|error| panic!("after {event:?}: {error}"));
        effects
    }

    fn said(&mut self, order: ToWorker) -> Vec<Effect> {
        self.handle(Event::Said(order))
    }
}

pub(crate) fn compute(key: &str, run_id: i64, needs: &[(&str, &[&str])]) -> ToWorker {
    let who_has = |(need, holders): &(&str, &[&str])| {
        (Key::from(*need), holders.iter().map(|holder| (*holder).to_owned()).collect())
    };
    ToWorker::ComputeTask(ComputeTask {
        key: key.into(),
        run_id,
        priority: vec![0.0, 1.0, run_id as f64],
        stimulus_id: "s".to_owned(),
        who_has: needs.iter().map(who_has).collect(),
        nbytes: needs.iter().map(|(need, _)| (Key::from(*need), 10)).collect(),
        run_spec: Value::Nil,
        resource_restrictions: None,
        actor: false,
        annotations: MapOf(vec![("partita".into(), Value::Binary(b"a call".to_vec()))]),
    })
}

fn free(keys: &[&str]) -> ToWorker {
    ToWorker::FreeKeys { keys: keys.iter().map(|key| Key::from(*key)).collect(), stimulus_id: "s".to_owned() }
}

pub(crate) fn ended(key: &str, outcome: Outcome) -> Event {
    let ran = StartStop { action: "compute".to_owned(), start: 1.0, stop: 2.0 };
    Event::Ended { key: key.into(), outcome, ran, thread: 1 }
}

pub(crate) fn value() -> Outcome {
    Outcome::Value { nbytes: 8, typename: "partita".to_owned(), class: Vec::new() }
}

fn run(key: &str, needs: &[&str]) -> Effect {
    let needs = needs.iter().map(|need| Key::from(*need)).collect();
    Effect::Run { key: key.into(), payload: b"a call".as_slice().into(), needs }
}

/// What was said, without why.
fn words(effects: &[Effect]) -> Vec<String> {
    let word = |effect: &Effect| match effect {
        Effect::Say(FromWorker::TaskFinished(task)) => format!("finished {} {}", task.key, task.run_id),
        Effect::Say(FromWorker::TaskErred(task)) => {
            format!("erred {} {}: {}", task.key, task.run_id, task.exception_text)
        }
        Effect::Say(FromWorker::AddKeys { keys, .. }) => {
            format!("add {keys:?}").replace("Text(\"", "").replace("\")", "")
        }
        Effect::Say(FromWorker::ReleaseWorkerData { key, .. }) => format!("released {key}"),
        Effect::Say(FromWorker::StealResponse { key, state, .. }) => format!("steal {key} {state:?}"),
        Effect::Say(FromWorker::RequestRefreshWhoHas { keys, .. }) => format!("who has {}", keys.len()),
        Effect::Say(FromWorker::WorkerStatusChange { status, .. }) => format!("is {status}"),
        Effect::Say(FromWorker::LongRunning { key, .. }) => format!("long-running {key}"),
        Effect::Say(FromWorker::Reschedule { key, .. }) => format!("reschedule {key}"),
        Effect::Fetch { peer, keys } => format!("fetch {} from {peer}", keys.len()),
        Effect::Run { key, .. } => format!("run {key}"),
        Effect::Drop(key) => format!("drop {key}"),
        Effect::Stop(key) => format!("stop {key}"),
        other => format!("{other:?}"),
    };
    effects.iter().map(word).collect()
}

#[test]
fn a_task_without_needs_runs_at_once_and_is_reported() {
    let mut worker = Seen(worker(1));
    assert_eq!(worker.said(compute("a", 0, &[])), [run("a", &[])]);
    assert_eq!(worker.said(compute("b", 1, &[])), []);
    assert_eq!(words(&worker.handle(ended("a", value()))), ["finished 'a' 0", "run 'b'"]);
    assert_eq!(words(&worker.said(free(&["a"]))), ["drop 'a'", "released 'a'"]);
    let failed = Outcome::Failed { exception: Vec::new(), text: "boom".to_owned() };
    assert_eq!(words(&worker.handle(ended("b", failed))), ["erred 'b' 1: boom"]);
    assert_eq!(worker.0.state(&"b".into()), None);
}

#[test]
fn what_others_have_is_fetched_and_said_to_be_here() {
    let mut worker = Seen(worker(1));
    let effects = worker.said(compute("b", 0, &[("a", &[OWN, "tcp://x:1"])]));
    let peer: Arc<str> = "tcp://x:1".into();
    assert_eq!(effects, [Effect::Fetch { peer: peer.clone(), keys: vec!["a".into()] }], "it never asks itself");
    let effects = worker.handle(Event::Fetched { peer, found: vec![("a".into(), 10)] });
    assert_eq!(words(&effects), ["add [a]", "run 'b'"]);
    assert_eq!(worker.0.state(&"a".into()), Some(&State::Held));
}

/// Trap 7: the newest number counts, in every state.
#[test]
fn the_newest_number_is_told() {
    let mut worker = Seen(worker(1));
    worker.said(compute("a", 1, &[]));
    assert_eq!(worker.said(compute("a", 2, &[])), []);
    assert_eq!(words(&worker.said(free(&["a"]))), ["stop 'a'"]);
    assert_eq!(worker.said(compute("a", 3, &[])), [], "it still runs, and is wanted again");
    assert_eq!(words(&worker.handle(ended("a", value()))), ["finished 'a' 3"]);
    assert_eq!(words(&worker.said(compute("a", 4, &[]))), ["finished 'a' 4"], "it is here");
}

#[test]
fn what_comes_of_a_task_that_is_not_wanted_is_dropped_in_silence() {
    for outcome in [value(), Outcome::Failed { exception: vec![], text: String::new() }, Outcome::Reschedule] {
        let mut worker = Seen(worker(1));
        worker.said(compute("a", 1, &[]));
        worker.said(free(&["a"]));
        assert_eq!(worker.handle(ended("a", outcome)), []);
        assert_eq!(worker.0.state(&"a".into()), None);
    }
}

/// Trap 8b: every value that goes is announced, whoever asked for it.
#[test]
fn every_value_that_goes_is_announced() {
    let goes: [fn(&mut Seen) -> Vec<Effect>; 3] = [
        |worker| worker.said(free(&["a"])),
        |worker| worker.said(ToWorker::RemoveReplicas { keys: vec!["a".into()], stimulus_id: "s".to_owned() }),
        |worker| worker.handle(Event::ValueLost("a".into())),
    ];
    for go in goes {
        let mut worker = Seen(worker(1));
        worker.handle(Event::Put(vec![("a".into(), 1)]));
        assert_eq!(words(&go(&mut worker)), ["drop 'a'", "released 'a'"]);
    }
}

/// Trap 9: a copy that a task here needs is kept, and that is said.
#[test]
fn a_copy_in_use_is_kept_and_that_is_said() {
    let mut worker = Seen(worker(1));
    worker.handle(Event::Put(vec![("a".into(), 1), ("z".into(), 1)]));
    worker.said(compute("b", 0, &[("a", &[])]));
    let remove = ToWorker::RemoveReplicas { keys: vec!["a".into(), "z".into()], stimulus_id: "s".to_owned() };
    assert_eq!(words(&worker.said(remove)), ["drop 'z'", "released 'z'", "add [a]"]);
}

#[test]
fn what_is_lost_while_it_is_waited_for_is_fetched_again() {
    let mut worker = Seen(worker(1));
    worker.said(compute("busy", 0, &[]));
    worker.handle(Event::Put(vec![("a".into(), 1)]));
    worker.said(compute("b", 1, &[("a", &["tcp://x:1"])]));
    assert_eq!(
        words(&worker.handle(Event::ValueLost("a".into()))),
        ["drop 'a'", "released 'a'", "fetch 1 from tcp://x:1"]
    );
    let found = vec![("a".into(), 10)];
    assert_eq!(words(&worker.handle(Event::Fetched { peer: "tcp://x:1".into(), found })), ["add [a]"]);
}

#[test]
fn what_nobody_has_is_asked_about() {
    let mut worker = Seen(worker(1));
    let effects = worker.said(compute("b", 0, &[("a", &["tcp://x:1", "tcp://y:1"])]));
    assert_eq!(words(&effects), ["fetch 1 from tcp://x:1"]);
    assert_eq!(words(&worker.handle(Event::PeerLost { peer: "tcp://x:1".into() })), ["fetch 1 from tcp://y:1"]);
    assert_eq!(worker.handle(Event::Fetched { peer: "tcp://y:1".into(), found: vec![] }), []);
    assert_eq!(words(&worker.handle(Event::SearchDue)), ["who has 1"]);
    let who_has = MapOf(vec![("a".into(), vec![OWN.to_owned(), "tcp://z:1".to_owned()])]);
    let answer = ToWorker::RefreshWhoHas { who_has, stimulus_id: "s".to_owned() };
    assert_eq!(words(&worker.said(answer)), ["fetch 1 from tcp://z:1"]);
}

#[test]
fn a_busy_worker_is_asked_again_later() {
    let mut worker = Seen(worker(1));
    let peer: Arc<str> = "tcp://x:1".into();
    worker.said(compute("b", 0, &[("a", &["tcp://x:1"])]));
    assert_eq!(worker.handle(Event::PeerBusy { peer: peer.clone() }), [Effect::Rest { peer: peer.clone() }]);
    assert_eq!(worker.handle(Event::SearchDue), []);
    assert_eq!(words(&worker.handle(Event::PeerRested { peer })), ["fetch 1 from tcp://x:1"]);
}

/// A worker that hangs never answers: its connections are closed, also those in use.
#[test]
fn of_a_worker_that_is_gone_nothing_is_waited_for() {
    let mut worker = Seen(worker(1));
    worker.said(compute("b", 0, &[("a", &["tcp://x:1"])]));
    let gone = ToWorker::RemoveWorker { worker: "tcp://x:1".to_owned(), stimulus_id: "s".to_owned() };
    let peer: Arc<str> = "tcp://x:1".into();
    assert_eq!(worker.said(gone), [Effect::Disconnect { peer: peer.clone() }]);
    worker.handle(Event::PeerLost { peer });
    assert_eq!(worker.0.state(&"a".into()), Some(&State::Missing));
    assert_eq!(words(&worker.said(free(&["b", "a"]))), [""; 0]);
}

#[test]
fn what_has_not_begun_may_be_stolen() {
    let mut worker = Seen(worker(1));
    let steal = |key: &str| ToWorker::StealRequest { key: key.into(), stimulus_id: "steal-1".to_owned() };
    worker.said(compute("a", 0, &[]));
    worker.said(compute("b", 1, &[]));
    worker.said(compute("c", 2, &[("x", &["tcp://x:1"])]));
    worker.handle(Event::Put(vec![("p".into(), 1)]));
    for (key, state) in [
        ("a", r#"Some("executing")"#),
        ("b", r#"Some("ready")"#),
        ("c", r#"Some("waiting")"#),
        ("p", r#"Some("memory")"#),
        ("q", "None"),
    ] {
        assert_eq!(words(&worker.said(steal(key))), [format!("steal '{key}' {state}")]);
    }
    assert_eq!(worker.0.state(&"b".into()), None);
    assert_eq!(words(&worker.handle(ended("a", value()))), ["finished 'a' 0"]);
}

#[test]
fn a_task_that_waits_for_others_gives_its_slot_back() {
    let mut worker = Seen(worker(1));
    worker.said(compute("a", 0, &[]));
    worker.said(compute("b", 1, &[]));
    assert_eq!(
        words(&worker.handle(Event::Seceded { key: "a".into(), seconds: 0.1 })),
        ["long-running 'a'", "run 'b'"]
    );
    assert_eq!(worker.handle(Event::Seceded { key: "a".into(), seconds: 0.1 }), [], "once");
    assert_eq!(words(&worker.handle(ended("a", value()))), ["finished 'a' 0"]);
    assert_eq!(words(&worker.handle(ended("b", Outcome::Reschedule))), ["reschedule 'b'"]);
}

#[test]
fn a_worker_short_of_memory_begins_nothing() {
    let mut worker = Seen(worker(1));
    assert_eq!(words(&worker.handle(Event::Paused(true))), ["is paused"]);
    assert_eq!(worker.handle(Event::Paused(true)), []);
    assert_eq!(worker.said(compute("a", 0, &[])), []);
    assert_eq!(words(&worker.handle(Event::Paused(false))), ["is running", "run 'a'"]);
    let leave = ToWorker::WorkerStatusChange { status: "closing_gracefully".to_owned(), stimulus_id: "s".to_owned() };
    assert_eq!(words(&worker.said(leave)), ["is closing_gracefully"]);
    assert_eq!(worker.handle(Event::Paused(true)), [], "the scheduler's word counts");
}

#[test]
fn a_task_of_python_is_refused_politely() {
    let mut worker = Seen(worker(1));
    let ToWorker::ComputeTask(mut task) = compute("p", 3, &[("a", &["tcp://x:1"])]) else { panic!() };
    task.annotations = MapOf::default();
    let said = words(&worker.said(ToWorker::ComputeTask(task)));
    assert!(
        said[0].starts_with("erred 'p' 3: the task 'p' is one of Python's, and this worker is a Partita worker"),
        "{said:?}"
    );
    assert_eq!((said.len(), worker.0.state(&"p".into())), (1, None));
}

#[test]
fn requests_are_no_larger_than_they_may_be() {
    let mut worker = Seen(worker(1));
    let names: Vec<String> = (0..12).map(|at| format!("d{at}")).collect();
    let needs: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &["tcp://x:1"][..])).collect();
    assert_eq!(words(&worker.said(compute("b", 0, &needs))), ["fetch 5 from tcp://x:1"], "50 bytes");
    let found = names[..5].iter().map(|name| (Key::from(name.as_str()), 10)).collect();
    let said = words(&worker.handle(Event::Fetched { peer: "tcp://x:1".into(), found }));
    assert_eq!(said[1..], ["fetch 5 from tcp://x:1"]);
}
