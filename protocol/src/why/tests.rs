//! The words of every state, decision and reason.

use super::*;
use crate::ids::FaultId;
use partita_graph::Key;

fn report(state: Why, history: Vec<Decision>) -> String {
    let key = |task: TaskId| (task.index() < 9).then(|| Key::named(["a", "b", "c"][task.index() % 3]));
    let name = |worker: WorkerId| (worker.0 < 9).then(|| format!("w-{}", worker.0).into());
    WhyReport::new(t(0), state, history, key, name).to_string()
}

fn t(index: u32) -> TaskId {
    TaskId::new(index, 0)
}

fn w(id: u32) -> WorkerId {
    WorkerId(id)
}

fn no_workers(full: u32) -> Cause {
    Cause::NoWorkers { waited: Duration::from_secs(60), full }
}

#[test]
fn every_state_has_its_words() {
    let candidate = |worker, obstacle| Candidate { worker: w(worker), obstacle };
    let all = vec![
        candidate(1, Obstacle::Paused),
        candidate(2, Obstacle::Unsuited),
        candidate(3, Obstacle::ResourcesTaken),
        candidate(20, Obstacle::Busy),
    ];
    let (since, workers) = (Time(1), all.clone());
    let needs = || "GPU 2".to_string();
    let table = [
        (Why::NotNeeded, "nobody wants it, and nothing that is to be computed depends on it"),
        (Why::DataExpected, "it is data that was announced and is not there yet"),
        (Why::Waiting { missing: vec![t(1), t(2)] }, "it waits for `b`, `c`"),
        (Why::Waiting { missing: (1..9).map(t).collect() }, "it waits for `b`, `c`, `a`, `b`, `c` and 3 more"),
        (Why::BackingOff { until: Time(2_500_000_000) }, "it failed, and is run again at 2.500000 s"),
        (
            Why::Queued { since, ahead: 2, workers },
            "it waits for a free thread or free resources; 2 tasks are ahead of it; worker `w-1` is paused, \
             worker `w-2` may not run it, worker `w-3` has its resources taken, worker w20 is busy",
        ),
        (
            Why::Queued {
                since,
                ahead: 0,
                workers: vec![candidate(4, Obstacle::Retiring), candidate(5, Obstacle::HeldBack)],
            },
            "it waits for a free thread or free resources; 0 tasks are ahead of it; worker `w-4` is to leave, worker `w-5` \
             holds its resources back for others that have waited for long",
        ),
        (
            Why::NoWorker { since, until: Some(Time(1_000)), needs: needs(), workers: Vec::new() },
            "no running worker may run it: it needs GPU 2; there is no worker; it is given up at 0.000001 s",
        ),
        (
            Why::Processing { worker: w(1), attempt: Attempt(3), seceded: false },
            "worker `w-1` has it (assignment a3): it runs or is next there",
        ),
        (
            Why::Processing { worker: w(1), attempt: Attempt(3), seceded: true },
            "worker `w-1` has it (assignment a3): it waits there for tasks of its own",
        ),
        (Why::InMemory { holders: vec![w(1), w(20)] }, "it has run; its result is held by worker `w-1`, worker w20"),
        (Why::Forgotten, "it is no longer known: nothing needs it"),
    ];
    for (state, words) in table {
        assert_eq!(report(state, Vec::new()), format!("`a`: {words}"));
    }
}

#[test]
fn every_cause_has_its_words() {
    let cause = LossCause::Silent(Duration::from_secs(5));
    let before = vec![(w(1), LossCause::Died("fire".into()))];
    let died = Cause::WorkersDied { deaths: 4, last: w(2), cause: cause.clone(), before: before.clone() };
    let never = Cause::NeverBegan { deaths: 20, last: w(2), cause, before };
    let erred = |cause| Why::Erred { blame: t(1), cause };
    let table = [
        (erred(Cause::Reported(FaultId(1))), "it failed, because `b` did"),
        (
            erred(died),
            "it failed, because `b` was running on 4 workers that died; worker `w-1`: it died: fire; the last of them \
             worker `w-2`: it did not answer for 5s",
        ),
        (
            erred(never),
            "it failed, because `b` had not begun on 20 workers that died with nothing running; worker `w-1`: it died: \
             fire; the last of them worker `w-2`: it did not answer for 5s",
        ),
        (
            erred(Cause::Unsatisfiable { needs: "GPU 2".into(), best: "worker x".into() }),
            "it failed, because `b` needs GPU 2, and the best that there is is worker x",
        ),
        (erred(no_workers(0)), "it failed, because `b` found no worker in 60s"),
        (erred(no_workers(2)), "it failed, because `b` found no worker in 60s, as the memory of 2 is full"),
        (erred(Cause::TimedOut { limit: Duration::from_secs(1) }), "it failed, because `b` ran for longer than 1s"),
        (
            erred(Cause::DeadlinePassed { limit: Duration::from_secs(1) }),
            "it failed, because `b` was not there after 1s",
        ),
        (erred(Cause::DataLost), "it failed, because `b` is data that was lost with its worker"),
        (
            erred(Cause::TooLarge { needs: 30, limit: 20 }),
            "it failed, because `b` takes 30 bytes, and the largest worker that may run it can hold 20",
        ),
    ];
    for (state, words) in table {
        assert_eq!(report(state, Vec::new()), format!("`a`: {words}"));
    }
}

#[test]
fn every_decision_has_its_words() {
    let bid = |worker, missing_bytes: u64| Bid {
        worker: w(worker),
        wait_nanos: 1_500,
        transfer_nanos: missing_bytes * 10,
        missing_bytes,
        short_of_memory: missing_bytes > 0,
    };
    let (worker, attempt) = (w(1), Attempt(3));
    let table = [
        (Deed::Needed { missing: 0 }, "it is needed, and nothing is missing"),
        (Deed::Needed { missing: 1 }, "it is needed, and waits for an input"),
        (Deed::Needed { missing: 2 }, "it is needed, and waits for 2 inputs"),
        (Deed::Queued, "it waits for a free thread or free resources"),
        (Deed::NoWorker { needs: "GPU 2".into() }, "no running worker may run it, as it needs GPU 2"),
        (Deed::Placed { worker, attempt, bids: [].into() }, "it was given to worker `w-1` (assignment a3)"),
        (
            Deed::StealAsked { from: worker, to: w(2), gain_nanos: 1_500_000, transfer_nanos: 0 },
            "worker `w-1` was asked to give it back for worker `w-2`, where it starts 1.5ms earlier (its inputs are there)",
        ),
        (
            Deed::StealAsked { from: worker, to: w(2), gain_nanos: u64::MAX - 9, transfer_nanos: 9 },
            "worker `w-1` was asked to give it back for worker `w-2`, where it starts (its inputs take 9ns to get there)",
        ),
        (Deed::TakenBack { worker, attempt }, "it was taken back from worker `w-1` (assignment a3)"),
        (
            Deed::Retried { left: 2, delay: Duration::from_millis(5) },
            "it is run again after 5ms, 2 times more at the most",
        ),
        (Deed::InMemory { worker, nbytes: 8 }, "its result of 8 bytes is held by worker `w-1`"),
        (Deed::Lost, "the last copy of its result is lost"),
        (Deed::Freed, "its result was freed, as nothing needs it"),
        (Deed::Dropped, "it is not run, as nothing needs it"),
        (Deed::Erred { blame: t(2), cause: Cause::Reported(FaultId(1)) }, "it failed, because `c` did"),
        (Deed::Revived, "it may run again"),
        (Deed::Forgotten, "it was forgotten, as nothing depends on it"),
    ];
    let decision = |deed| Decision { time: Time(1_000), task: t(0), deed, because: Because::TimePassed };
    let head = "`a`: it is no longer known: nothing needs it\n  0.000001 s ";
    for (deed, words) in table {
        let text = report(Why::Forgotten, vec![decision(deed)]);
        assert_eq!(text, format!("{head}{words}, because the time had come"));
    }
    let placed = Deed::Placed { worker, attempt, bids: [bid(1, 0), bid(2, 100)].into() };
    let text = report(Why::Forgotten, vec![decision(placed)]);
    let lines: Vec<&str> = text.lines().skip(2).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "worker `w-1`: 1.5µs until a thread is free",
            "worker `w-2`: 1.5µs until a thread is free, 1µs to move 100 bytes, and not enough memory",
        ]
    );
}

#[test]
fn every_reason_has_its_words() {
    let client = ClientId(1);
    let told = |task, tale| Because::Reported { worker: w(1), task: t(task), tale };
    let lost = Because::WorkerLost { worker: w(1), cause: LossCause::Died("fire".into()).into() };
    let table = [
        (Because::Submitted(client), "client c1 handed in tasks"),
        (Because::Wanted(client), "client c1 wants results"),
        (Because::Released(client), "client c1 no longer wants results"),
        (Because::Cancelled(client), "client c1 cancelled results"),
        (Because::ClientLeft(client), "client c1 left"),
        (Because::RetryAsked(client), "client c1 asked to run failed tasks again"),
        (Because::DataPut(w(1)), "data was put on worker `w-1`"),
        (Because::WorkerJoined(w(1)), "worker `w-1` came"),
        (lost, "worker `w-1` is gone: it died: fire"),
        (Because::RetirementAsked(w(1)), "worker `w-1` was asked to leave"),
        (Because::CopiesAsked, "results are spread over the workers anew"),
        (told(0, Tale::Finished), "it ended on worker `w-1`"),
        (told(1, Tale::Failed), "`b` failed on worker `w-1`"),
        (told(0, Tale::Rescheduled), "it asked to be run elsewhere on worker `w-1`"),
        (told(0, Tale::Seceded), "it gave its thread back on worker `w-1`"),
        (told(0, Tale::TimedOut), "it ran for too long on worker `w-1`"),
        (told(0, Tale::GivenBack), "it was given back on worker `w-1`"),
        (told(0, Tale::Kept), "it had started, and stayed on worker `w-1`"),
        (Because::Copied(w(1)), "worker `w-1` got copies of results"),
        (Because::Missing { holder: w(1) }, "worker `w-1` did not have results"),
        (Because::Orphaned(w(1)), "tasks that nobody waits for took threads of worker `w-1`, or gave them back"),
        (Because::Paused(w(1)), "worker `w-1` was paused"),
        (Because::Resumed(w(1)), "worker `w-1` starts tasks again"),
        (Because::TimePassed, "the time had come"),
    ];
    for (because, words) in table {
        let decision = Decision { time: Time(0), task: t(0), deed: Deed::Lost, because };
        let text = report(Why::NotNeeded, vec![decision]);
        assert!(text.ends_with(&format!("is lost, because {words}")), "{text}");
    }
}
