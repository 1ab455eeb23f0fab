//! What a slider relies on: a view of a past moment is that of a run of which nothing later was ever told.

use super::journal::{Journal, journals};
use super::*;
use crate::run::{GroupBin, Limits, Merge, Run, WorkerBin};
use partita_protocol::telemetry::{Record, State};
use partita_protocol::{TaskId, Time};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TASKS: u32 = 30;

fn limits(bins: usize) -> Limits {
    Limits { bins, ..Limits::default() }
}

/// All views of a moment, but for what is under way then, of which nobody is told before it ends.
fn views(run: &Run, at: Option<Time>) -> Vec<(&'static str, Value)> {
    let mut workers = workers(run, at);
    workers.iter_mut().for_each(|row| (row.busy, row.busy_threads) = (0, 0.0));
    let tasks = (0..TASKS).map(|nth| {
        let mut view = task(run, at, TaskId::new(nth, 0))?;
        view.executions.retain(|ran| !ran.running);
        Some(view)
    });
    vec![
        ("groups", json!(groups(run, at))),
        ("progress", json!(progress(run, at))),
        ("bandwidth", json!(bandwidth(run, at, 3))),
        ("code", json!(code(run, at, 10))),
        ("critical_path", json!(critical_path(run, at, 7))),
        ("graph", json!([graph(run, at, 100), graph(run, at, 2)])),
        ("workers", json!(workers)),
        ("tasks", json!(tasks.collect::<Vec<_>>())),
    ]
}

/// Holds that the views of two runs are the same.
fn same(first: &Run, at: Option<Time>, second: &Run) -> Result<(), TestCaseError> {
    for (first, second) in views(first, at).into_iter().zip(views(second, None)) {
        prop_assert_eq!(first, second);
    }
    Ok(())
}

/// Some moment of each stretch.
fn moments(run: &Run) -> Vec<Time> {
    let timeline = run.timeline().unwrap();
    let at = |nth: usize| timeline.start() + timeline.width() * nth as u32 + timeline.width() * (nth as u32 % 5) / 5;
    (0..timeline.bins().len()).map(at).collect()
}

/// How each task had ended before a moment, told by its last steps.
fn ended(journal: &Journal, until: Time) -> BTreeMap<TaskId, State> {
    let mut ended = BTreeMap::new();
    for record in journal.before(until) {
        match record {
            Record::Transition { to: State::Released | State::Forgotten, .. } => {}
            Record::Transition { task, to, .. } => drop(ended.insert(*task, *to)),
            _ => {}
        }
    }
    ended
}

proptest! {
    /// However often stretches became longer.
    #[test]
    fn a_view_of_a_past_moment_knows_nothing_of_what_came_later(journal in journals(), bins in 2usize..80, nth in 0usize..1_000) {
        let run = journal.run(limits(bins), None);
        let moments = moments(&run);
        let at = Some(moments[nth % moments.len()]);
        let then = journal.run(limits(bins), run.until(at));
        same(&run, at, &then)?;
    }

    #[test]
    fn a_view_of_the_end_is_that_of_the_whole(journal in journals(), bins in 2usize..80) {
        let run = journal.run(limits(bins), None);
        let end = run.span().1;
        same(&run, Some(end), &run)?;
        same(&run, Some(Time(u64::MAX)), &run)?;
    }

    /// Sums are the same by group, by worker and by stretch at every moment, and so are those of tables.
    #[test]
    fn sums_agree_at_every_moment(journal in journals(), bins in 2usize..80) {
        let run = journal.run(limits(bins), None);
        let timeline = run.timeline().unwrap();
        for at in moments(&run) {
            let until = timeline.end_of(at);
            let (mut of_groups, mut of_workers) = (GroupBin::default(), WorkerBin::default());
            timeline.groups(at).values().for_each(|group| of_groups.merge(group));
            timeline.workers(at).values().for_each(|worker| of_workers.merge(worker));
            let sum = |of: fn(&crate::run::Bin) -> u64| timeline.upto(at).iter().map(of).sum::<u64>();
            prop_assert_eq!((of_groups.busy, sum(crate::run::Bin::busy)), (of_workers.busy, of_workers.busy));
            prop_assert_eq!((of_groups.executions, sum(|bin| bin.ended)), (of_workers.executed, of_workers.executed));
            prop_assert_eq!((of_groups.failures, sum(|bin| bin.failed)), (of_workers.failures, of_workers.failures));
            prop_assert_eq!((of_groups.stolen, sum(|bin| bin.stolen)), (of_workers.stolen, of_workers.stolen));
            let flows = bandwidth(&run, Some(at), 9);
            prop_assert_eq!((of_workers.sent, of_workers.received), (flows.nbytes, flows.nbytes));
            prop_assert_eq!((flows.groups.iter().map(|flow| flow.nbytes).sum(), sum(|bin| bin.sent)), (flows.nbytes, flows.nbytes));
            // Time counts as far as it had passed, also of what was under way.
            let passed = |ran: &crate::run::Execution| ran.stopped.min(until).0.saturating_sub(ran.started.0);
            prop_assert_eq!(of_workers.busy, run.executions().kept().map(passed).sum::<u64>());
            prop_assert_eq!(workers(&run, Some(at)).iter().map(|row| row.busy).sum::<u64>(), of_workers.busy);
            let (rows, lines) = (groups(&run, Some(at)), code(&run, Some(at), 10));
            prop_assert_eq!(rows.iter().map(|row| row.time).sum::<u64>(), lines.iter().map(|line| line.time).sum::<u64>());
            prop_assert_eq!(rows.iter().map(|row| row.nbytes).sum::<u64>(), lines.iter().map(|line| line.nbytes).sum::<u64>());
        }
    }

    /// Each task is done or failed once, however often it was computed, and whether it is forgotten or not.
    #[test]
    fn progress_counts_each_task_once_and_as_the_graph_does(journal in journals(), bins in 2usize..80) {
        let run = journal.run(limits(bins), None);
        for at in moments(&run) {
            let (rows, until) = (progress(&run, Some(at)), run.timeline().unwrap().end_of(at));
            let ended = ended(&journal, until);
            let count = |state| ended.values().filter(|own| **own == state).count() as u64;
            prop_assert_eq!(rows.iter().map(|row| row.finished).sum::<u64>(), count(State::Memory));
            prop_assert_eq!(rows.iter().map(|row| row.erred).sum::<u64>(), count(State::Erred));
            prop_assert!(rows.iter().all(|row| row.total == row.counts.iter().sum::<u64>() && row.finished + row.erred <= row.total));
            let there = |counts: &[u64; 8]| counts[..7].iter().sum::<u64>() > 0;
            let of_progress = rows.iter().filter(|row| there(&row.counts)).map(|row| (row.name.clone(), row.counts[..7].to_vec()));
            let mut of_graph: BTreeMap<_, [u64; 8]> = BTreeMap::new();
            for node in graph(&run, Some(at), 100).nodes {
                let own = of_graph.entry(node.group).or_default();
                own.iter_mut().zip(node.counts).for_each(|(own, count)| *own += count);
            }
            let of_graph = of_graph.into_iter().filter(|(_, counts)| there(counts)).map(|(name, counts)| (name, counts[..7].to_vec()));
            prop_assert_eq!(of_graph.collect::<BTreeMap<_, _>>(), of_progress.collect::<BTreeMap<_, _>>());
        }
    }

    /// What is not told apart is still counted.
    #[test]
    fn others_have_the_rest(journal in journals(), nth in 0usize..1_000) {
        let (apart, few) = (Limits::default(), Limits { groups: 1, pairs: 1, ..Limits::default() });
        let (apart, few) = (journal.run(apart, None), journal.run(few, None));
        let at = Some(moments(&apart)[nth % moments(&apart).len()]);
        let [all, some] = [&apart, &few].map(|run| groups(run, at));
        let sums = |rows: &[GroupRow]| rows.iter().fold((0, 0, 0), |sum, row| (sum.0 + row.tasks, sum.1 + row.time, sum.2 + row.executions));
        prop_assert_eq!(sums(&all), sums(&some));
        let [all, some] = [&apart, &few].map(|run| bandwidth(run, at, 10));
        prop_assert_eq!((all.transfers, all.nbytes, all.time), (some.transfers, some.nbytes, some.time));
        if few.until(at).is_some() {
            prop_assert_eq!(some.left_off, usize::from(all.pairs.len() > some.pairs.len()));
            prop_assert!(some.pairs.len() <= 1);
        }
    }
}
