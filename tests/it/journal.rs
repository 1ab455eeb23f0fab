//! Journals of real clusters: replayed to the same decisions, bounded, private, and readable while the cluster runs.

use crate::faults_support::{Gate, builder, result_of, until};
use partita::ConfigError;
use partita::cluster::Builder;
use partita::prelude::*;
use partita::why::{Because, Deed, Tale, Why, WhyReport};
use partita_simulator::journal::Ending;
use partita_simulator::replay::{Replay, To};
use std::path::{Path, PathBuf};

/// Decisions that are enough for all of a test.
const ALL: usize = 1 << 20;

/// A directory for a journal.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Scratch(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("cluster.journal")
    }

    fn builder(&self, workers: usize, threads: usize) -> Builder {
        builder(workers, threads).journal(self.path()).decisions(ALL)
    }
}

/// Replays until the task is in the state, and was decided about, as the cluster told.
fn replay_until(path: &Path, live: &WhyReport) -> Replay {
    let mut replay = Replay::open(path).unwrap();
    let same = |replay: &Replay| replay.why(live.task).is_ok_and(|report| report == *live);
    let reached =
        replay.run_until(|replay| replay.time() >= live.history.last().unwrap().time && same(replay)).unwrap();
    assert!(reached, "the replay never says {live}, but at its end {:?}", replay.why(live.task));
    replay
}

/// FAULTS D18.
#[test]
fn a_run_with_deaths_and_cancels_is_replayed_to_the_same_decisions() {
    for workers_too in [false, true] {
        let scratch = Scratch::new();
        let cluster = scratch.builder(3, 1).journal_workers(workers_too).start().unwrap();
        let client = cluster.client();
        let groups = Bag::<i64>::from_sequence(0..600, 12).group_by(|x| x % 7);
        let gate = Gate::new();
        let pass = gate.pass();
        let blocker = client.submit(move || pass.through(), ());
        gate.wait_for(1);
        let futures: Vec<Future<i64>> = client.map(|x: i64| x + 1, 0..200);
        let grouping = std::thread::spawn({
            let client = client.clone();
            move || groups.compute_on(&client)
        });
        futures[50].cancel();
        futures[51].cancel();
        cluster.panic_worker("worker-1", "an accident");
        gate.open();
        result_of(&blocker).unwrap();
        for (index, future) in futures.iter().enumerate().filter(|(index, _)| !(50..52).contains(index)) {
            assert_eq!(result_of(future).unwrap(), index as i64 + 1);
        }
        assert_eq!(grouping.join().unwrap().unwrap().len(), 7);
        let reports: Vec<WhyReport> = futures
            .iter()
            .filter(|future| !future.cancelled())
            .map(|f| client.why(f.key()).unwrap().unwrap())
            .collect();
        assert!(reports.iter().all(|report| matches!(report.state, Why::InMemory { .. })));
        let states = |replay: &Replay| replay.scheduler().counts();
        let last = reports.iter().max_by_key(|report| report.history.last().map(|decision| decision.time)).unwrap();
        cluster.close().unwrap();

        let replay = replay_until(&scratch.path(), last);
        for report in &reports {
            assert_eq!(replay.why(report.task).unwrap(), *report);
        }
        replay.scheduler().validate().unwrap();
        let mut replay = replay;
        let there = states(&replay);
        assert!(there.of(partita_protocol::telemetry::State::Memory) >= reports.len());
        // To the end: every digest of the journal is met.
        replay.seek(To::End).unwrap();
        assert_eq!(replay.ending(), Some(Ending::Closed));
        let kept = replay.scheduler().workers().filter(|view| replay.worker(view.worker).is_some()).count();
        assert_eq!(kept, if workers_too { replay.scheduler().workers().count() } else { 0 });
    }
}

#[test]
fn a_theft_is_told_and_replayed() {
    let scratch = Scratch::new();
    let cluster = scratch.builder(2, 1).start().unwrap();
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    // Data, so that nobody knows how long tasks of this name take.
    let first = client.scatter([1i64]).remove(0);
    // All are placed at once, some behind the one that waits at the gate: they are taken over by the other worker.
    let long = client.submit(
        move |x: i64| {
            pass.through();
            x
        },
        (&first,),
    );
    gate.wait_for(1);
    let others: Vec<Future<i64>> = (0..20).map(|at| client.submit(|x: i64, at: i64| x + at, (&first, at))).collect();
    for (at, future) in others.iter().enumerate() {
        assert_eq!(result_of(future).unwrap(), 1 + at as i64);
    }
    gate.open();
    result_of(&long).unwrap();
    let reports: Vec<WhyReport> = others.iter().map(|future| client.why(future.key()).unwrap().unwrap()).collect();
    cluster.close().unwrap();

    let is_theft = |report: &&WhyReport| {
        let theft = |deed: &Deed| matches!(deed, Deed::StealAsked { gain_nanos, .. } if *gain_nanos > 0);
        report.history.iter().any(|decision| theft(&decision.deed))
    };
    let stolen = reports.iter().find(is_theft).unwrap_or_else(|| panic!("nothing was stolen: {reports:#?}"));
    assert!(stolen.to_string().contains("was asked to give it back for worker `"), "{stolen}");
    let replay = replay_until(&scratch.path(), stolen);
    assert_eq!(replay.why(stolen.task).unwrap(), *stolen);
}

#[test]
fn a_death_is_told_to_whoever_asks() {
    let scratch = Scratch::new();
    let cluster = scratch.builder(2, 1).start().unwrap();
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let options = TaskOptions::new().workers(["worker-0"]).allow_other_workers();
    let future = client.with_options(options).submit(move || pass.through(), ());
    gate.wait_for(1);
    cluster.panic_worker("worker-0", "out of fuel");
    until("it runs again", || gate.arrived() == 2);
    let report = client.why(future.key()).unwrap().unwrap();
    let taken = report.history.iter().find(|decision| matches!(decision.deed, Deed::TakenBack { .. })).unwrap();
    assert!(matches!(&taken.because, Because::WorkerLost { cause, .. } if cause.to_string().contains("out of fuel")));
    let text = report.to_string();
    assert!(text.contains("worker `worker-0` is gone: it died: out of fuel"), "{text}");
    assert!(text.contains("tests/it/journal.rs"), "{text}");
    gate.open();
    result_of(&future).unwrap();
}

#[test]
fn decisions_about_what_is_gone_are_told_while_they_are_kept() {
    let cluster = builder(1, 1).decisions(20).start().unwrap();
    let client = cluster.client();
    let future = client.submit(|x: i64| x + 1, (1,));
    assert_eq!(result_of(&future).unwrap(), 2);
    let key = future.key().clone();
    drop(future);
    let report = || client.why(&key).unwrap();
    until("it is forgotten", || report().is_none_or(|report| report.state == Why::Forgotten));
    let told = report().unwrap();
    assert_eq!(told.key, key);
    assert!(matches!(told.history.last().unwrap().deed, Deed::Forgotten));
    let finished =
        |decision: &partita::why::Decision| matches!(decision.because, Because::Reported { tale: Tale::Finished, .. });
    assert!(told.history.iter().any(finished));
    client.gather(&client.map(|x: i64| x * 2, 0..50)).unwrap();
    until("it is pushed out", || report().is_none());
}

#[test]
fn nothing_is_kept_unless_it_is_asked_for() {
    let cluster = builder(1, 1).start().unwrap();
    let client = cluster.client();
    let future = client.submit(|x: i64| x + 1, (1,));
    assert_eq!(result_of(&future).unwrap(), 2);
    let report = client.why(future.key()).unwrap().unwrap();
    assert!(report.history.is_empty() && matches!(report.state, Why::InMemory { .. }));
}

#[test]
fn the_journal_of_a_cluster_that_runs_is_a_beginning() {
    let scratch = Scratch::new();
    let cluster = scratch.builder(1, 1).start().unwrap();
    let client = cluster.client();
    let future = client.submit(|x: i64| x + 1, (1,));
    assert_eq!(result_of(&future).unwrap(), 2);
    let report = client.why(future.key()).unwrap().unwrap();
    // As if the cluster were killed now: what is younger than a tenth of a second may be missing.
    until("the journal has it", || {
        let mut replay = Replay::open(scratch.path()).unwrap();
        replay.seek(To::End).unwrap();
        assert_eq!(replay.ending(), Some(Ending::Cut));
        replay.why(report.task).is_ok_and(|found| found == report)
    });
    let replay = replay_until(&scratch.path(), &report);
    assert_eq!(replay.find(&future.key().to_string()).unwrap(), report.task);
}

#[test]
fn a_full_journal_stops_and_counts_what_is_missing() {
    let scratch = Scratch::new();
    let cluster = builder(2, 1).journal(scratch.path()).journal_limit(64 << 10).validate(false).start().unwrap();
    let client = cluster.client();
    let futures: Vec<Future<i64>> = client.map(|x: i64| x + 1, 0..20_000);
    assert_eq!(client.gather(&futures).unwrap().len(), 20_000);
    cluster.close().unwrap();
    assert!(std::fs::metadata(scratch.path()).unwrap().len() <= 64 << 10);
    let mut replay = Replay::open(scratch.path()).unwrap();
    replay.seek(To::End).unwrap();
    let Some(Ending::Stopped { missing: Some(missing) }) = replay.ending() else { panic!("{:?}", replay.ending()) };
    assert!(missing + replay.event() > 20_000, "{missing} and {}", replay.event());
}

#[test]
fn a_journal_replaces_nothing_and_is_nobody_elses() {
    let scratch = Scratch::new();
    let path = scratch.path();
    let start = |builder: Builder| builder.start().map(|cluster| cluster.close().unwrap());
    let refused = |builder: Builder| match start(builder) {
        Err(partita::Error::Config(error)) => error,
        other => panic!("{other:?}"),
    };
    std::fs::write(&path, "precious").unwrap();
    assert_eq!(refused(scratch.builder(1, 1)), ConfigError::JournalExists { path: path.clone() });
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    start(scratch.builder(1, 1).journal_replace(true)).unwrap();
    assert_eq!(Replay::open(&path).unwrap().step().unwrap().unwrap().event, 1);
    let nowhere = path.join("below a file");
    assert!(matches!(refused(builder(1, 1).journal(nowhere)), ConfigError::Journal { .. }));
    let tiny = refused(builder(1, 1).journal(path.with_extension("new")).journal_limit(10));
    assert!(matches!(tiny, ConfigError::Value { field: "journal_limit", .. }));
    assert!(!path.with_extension("new").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (target, link) = (path.with_extension("target"), path.with_extension("link"));
        for exists in [false, true] {
            if exists {
                std::fs::write(&target, "precious").unwrap();
            }
            std::os::unix::fs::symlink(&target, &link).unwrap();
            for replace in [false, true] {
                let error = refused(builder(1, 1).journal(&link).journal_replace(replace));
                assert_eq!(error, ConfigError::JournalExists { path: link.clone() });
            }
            std::fs::remove_file(&link).unwrap();
        }
        assert_eq!(std::fs::read(&target).unwrap(), b"precious");
    }
}
