//! Decisions: kept if asked for, in a bounded list, with their reasons.

use super::{Case, c, info, t, task};
use crate::machine::{Config, Why};
use partita_protocol::scheduler::{Event, WorkerInfo};
use partita_protocol::worker::Report;
use partita_protocol::{TaskId, WorkerId};
use std::time::Duration;

impl Case {
    /// A case that keeps decisions, with workers of so many threads.
    fn telling<const N: usize>(threads: [u32; N]) -> Self {
        let mut case = Case::with(Config { decisions: 1_000, ..Config::default() });
        for (id, threads) in threads.into_iter().enumerate() {
            case.worker(id as u32, threads);
        }
        case
    }

    /// What was decided about a task, in words; without the times.
    fn tale(&self, task: u32) -> Vec<String> {
        let name = |worker: WorkerId| Some(format!("worker-{}", worker.0).into());
        let report = self.scheduler.why_report(t(task), |_| None, name).expect("it is known");
        let text = report.to_string();
        text.lines().skip(1).map(|line| line.split_once(" s ").map_or(line.trim(), |(_, told)| told).into()).collect()
    }
}

#[test]
fn the_life_of_a_task_is_told_with_its_reasons() {
    let mut case = Case::telling([1]);
    case.submit([task(0), task(1).on([0]).wanted()]);
    case.finish(0, 0);
    case.finish(0, 1);
    case.release(0, [1]);
    case.skip();
    let placed = "it was given to worker `worker-0` (assignment a1), because client c0 handed in tasks";
    assert_eq!(
        case.tale(0),
        [
            "it is needed, and nothing is missing, because client c0 handed in tasks",
            "it waits for a free thread or free resources, because client c0 handed in tasks",
            placed,
            "its result of 8 bytes is held by worker `worker-0`, because it ended on worker `worker-0`",
            "its result was freed, as nothing needs it, because t1 ended on worker `worker-0`",
            "it was forgotten, as nothing depends on it, because client c0 no longer wants results",
        ]
    );
    assert_eq!(
        case.tale(1),
        [
            "it is needed, and waits for an input, because client c0 handed in tasks",
            "it was given to worker `worker-0` (assignment a2), because t0 ended on worker `worker-0`",
            "worker `worker-0`: 0ns until a thread is free",
            "its result of 8 bytes is held by worker `worker-0`, because it ended on worker `worker-0`",
            "its result was freed, as nothing needs it, because client c0 no longer wants results",
            "it was forgotten, as nothing depends on it, because client c0 no longer wants results",
        ]
    );
    let report = case.scheduler.why_report(t(1), |_| None, |_| None).unwrap();
    assert_eq!((case.scheduler.why(t(1)), report.state), (None, Why::Forgotten));
    assert_eq!(case.scheduler.why_report(t(7), |_| None, |_| None), None);
}

#[test]
fn a_placement_tells_what_others_would_have_cost() {
    let mut case = Case::telling([1, 1, 1]);
    case.submit([task(0), task(1).on([0]).wanted()]);
    case.finish_after(0, 0, Duration::from_millis(1), 1_000_000);
    let tale = case.tale(1);
    assert_eq!(tale[2], "worker `worker-0`: 0ns until a thread is free");
    assert_eq!(tale[3], "worker `worker-1`: 0ns until a thread is free, 10.05ms to move 1000000 bytes");
    assert_eq!(tale.len(), 5);
    case.skip();
}

#[test]
fn a_death_a_loss_and_running_again_are_told() {
    let mut case = Case::telling([1, 1]);
    case.submit([task(0).wanted(), task(1).wanted()]);
    case.finish(0, 0);
    case.lose(0);
    let gone = "because worker `worker-0` is gone: it died: boom";
    let tale = case.tale(0);
    assert_eq!(tale[4], format!("the last copy of its result is lost, {gone}"));
    assert_eq!(tale[5], format!("it is needed, and nothing is missing, {gone}"));
    case.lose(1);
    let tale = case.tale(1);
    let taken =
        "it was taken back from worker `worker-1` (assignment a2), because worker `worker-1` is gone: it died: boom";
    assert!(tale.iter().any(|line| line == taken), "{tale:#?}");
    assert!(
        tale.last().unwrap().starts_with("no running worker may run it")
            || tale.last().unwrap().starts_with("it waits")
    );
    case.skip();
}

#[test]
fn failures_and_retries_are_told() {
    let mut case = Case::telling([1]);
    let delayed = task(0).with(|options| options.retries(1).retry_delay(Duration::from_millis(5))).wanted();
    case.submit([delayed, task(1).on([0]).wanted()]);
    case.fail(0, 0, 1);
    let Some(Why::BackingOff { until }) = case.scheduler.why(t(0)) else { panic!("{:?}", case.scheduler.why(t(0))) };
    assert_eq!(until, case.now + Duration::from_millis(5));
    let tale = case.tale(0);
    assert_eq!(tale[3], "it is run again after 5ms, 0 times more at the most, because it failed on worker `worker-0`");
    case.wait();
    case.fail(0, 0, 2);
    assert_eq!(case.tale(0).last().unwrap(), "it failed, because t0 did, because it failed on worker `worker-0`");
    assert_eq!(case.tale(1).last().unwrap(), "it failed, because t0 did, because t0 failed on worker `worker-0`");
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(1)] });
    let revived = "it may run again, because client c0 asked to run failed tasks again";
    assert!(case.tale(0).iter().any(|line| line == revived), "{:#?}", case.tale(0));
    case.skip();
}

#[test]
fn a_theft_is_told() {
    let mut case = Case::telling([1, 1]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted(), task(3).wanted()]);
    let long = Duration::from_millis(10);
    case.finish_after(0, 0, long, 8);
    case.finish_after(0, 2, long, 8);
    let attempt = case.attempt(1, 3);
    case.report(1, Report::StealAnswered { task: t(3), attempt, given: true });
    let tale = case.tale(3);
    let asked = "worker `worker-1` was asked to give it back for worker `worker-0`, where it starts 249.9ms earlier \
                 (its inputs are there), because t2 ended on worker `worker-0`";
    let back =
        "it was taken back from worker `worker-1` (assignment a4), because it was given back on worker `worker-1`";
    let place = tale.iter().position(|line| line == asked).unwrap_or_else(|| panic!("{tale:#?}"));
    assert_eq!(tale[place + 1], back);
    assert!(tale[place + 2].starts_with("it was given to worker `worker-0` (assignment a5)"), "{tale:#?}");
    case.skip();
}

#[test]
fn what_waits_for_resources_or_for_a_worker_is_told() {
    let mut case = Case::telling([]);
    case.submit([task(0).needs("GPU", 1.0).wanted(), task(1).needs("GPU", 1.0).wanted()]);
    let needs = case.tale(0).last().unwrap().clone();
    assert!(needs.starts_with("no running worker may run it, as it needs") && needs.contains("GPU"), "{needs}");
    case.worker_with(0, 4, &[("GPU", 1.0)]);
    assert!(case.tale(0).last().unwrap().starts_with("worker `worker-0`: 0ns until a thread is free"));
    let waits = "it waits for a free thread or free resources, because worker `worker-0` came";
    assert_eq!(case.tale(1).last().unwrap(), waits);
    let report = case.scheduler.why_report(t(1), |_| None, |_| Some("w".into())).unwrap();
    let text = report.to_string();
    assert!(text.contains("0 tasks are ahead of it; worker `w` has its resources taken"), "{text}");
    case.event(Event::KeysCancelled { client: c(0), tasks: vec![t(1)], force: false });
    let dropped = "it is not run, as nothing needs it, because client c0 cancelled results";
    assert!(case.tale(1).iter().any(|line| line == dropped), "{:#?}", case.tale(1));
    case.skip();
}

#[test]
fn only_so_many_decisions_are_kept() {
    let mut case = Case::with(Config { decisions: 10, ..Config::default() });
    case.worker_like(0, WorkerInfo { ..info(0, 1) });
    for id in 0..20 {
        case.submit([task(id).wanted()]);
        case.finish(0, id);
        case.release(0, [id]);
        assert!(case.scheduler.decisions().len() <= 10);
    }
    case.skip();
    assert_eq!(case.scheduler.decided(), 20 * 6);
    let tasks: Vec<TaskId> = case.scheduler.decisions().map(|decision| decision.task).collect();
    assert_eq!(tasks, [vec![t(18); 4], vec![t(19); 6]].concat());
    assert!(case.scheduler.decisions().is_sorted_by_key(|decision| decision.time));
    let silent = Case::workers([1]);
    assert_eq!(silent.scheduler.decided(), 0);
}
