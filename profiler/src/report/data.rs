//! What a report tells: all views of a whole run, each bounded.

use crate::run::Run;
use crate::view::{self, Range, StreamSize};
use partita_protocol::Time;
use serde::Serialize;
use std::sync::Arc;

/// Up to so many executions are in the task stream one by one; of more, it has stretches of time.
const STREAM: StreamSize = StreamSize { rects: 100_000, bins: 4_000, cells: 60_000, keys: 5_000, groups: 250 };
/// Moments at which progress can be looked at, and groups that it is told of.
const MOMENTS: u64 = 50;
const PROGRESS_GROUPS: usize = 100;
/// Points of a line, and workers that have one.
const POINTS: usize = 400;
const WORKERS: usize = 40;
/// Rows of tables, where there can be many.
const ROWS: usize = 500;

/// The tasks of a group at a moment: those that were known, those in each state, those that are done, and those that failed.
pub type Counts = (u64, [u64; 8], u64, u64);

/// Progress at some moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// The moments, since the run's start.
    pub moments: Vec<u64>,
    /// The groups, those with most tasks.
    pub groups: Vec<Arc<str>>,
    /// By moment and group.
    pub counts: Vec<Vec<Counts>>,
    /// Groups that are not shown.
    pub left_off: usize,
}

/// All that a report tells. It is made of a [`Run`] alone and written by [`Report::write_html`].
///
/// ```
/// use partita_profiler::{report::Report, run::Run};
/// let mut page = Vec::new();
/// Report::of(&Run::default(), "nothing yet").write_html(&mut page)?;
/// assert!(String::from_utf8_lossy(&page).contains("nothing yet"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What it is called.
    pub title: String,
    /// When it was made, in milliseconds since 1970.
    pub made: Option<u64>,
    /// The main figures.
    pub summary: view::Summary,
    /// What ran on each thread.
    pub stream: view::Stream,
    /// Tasks by state, at some moments.
    pub progress: Progress,
    /// What the tasks of each name did.
    pub groups: Vec<view::GroupRow>,
    /// The workers at the end.
    pub workers: Vec<view::WorkerRow>,
    /// Groups and workers that are not in the tables.
    pub left_off: (usize, usize),
    /// The workers over time.
    pub worker_series: view::WorkerSeries,
    /// Process, machine and cluster over time.
    pub system: view::System,
    /// What went from worker to worker.
    pub bandwidth: view::Bandwidth,
    /// Results in memory over time.
    pub cache: view::Cache,
    /// Where time went, by file, line and group.
    pub profile: view::Frame,
    /// The executions that took longest.
    pub slowest: Vec<view::Ran>,
    /// What made the run as long as it was.
    pub critical: view::CriticalPath,
    /// The last failures.
    pub failures: view::Lines<view::Failure>,
    /// The last lines of the log.
    pub logs: view::Lines<view::LogLine>,
    /// The lines of user code whose tasks ran.
    pub code: Vec<view::CodeLine>,
}

impl Report {
    /// The report of a run, under a title.
    pub fn of(run: &Run, title: impl Into<String>) -> Self {
        let range = Range::of(run);
        let (mut groups, mut workers) = (view::groups(run, None), view::workers(run, None));
        let left_off = (groups.len().saturating_sub(ROWS), workers.len().saturating_sub(ROWS));
        groups.truncate(ROWS);
        workers.truncate(ROWS);
        Report {
            title: title.into(),
            made: None,
            summary: view::summary(run),
            stream: view::stream(run, range, STREAM),
            progress: progress(run),
            groups,
            workers,
            left_off,
            worker_series: view::worker_series(run, range, POINTS, WORKERS),
            system: view::system(run, range, POINTS),
            bandwidth: view::bandwidth(run, None, 4 * ROWS),
            cache: view::cache(run, range, POINTS, 12),
            profile: view::profile(run, range, 4 * ROWS),
            slowest: view::slowest(run, range, None, ROWS),
            critical: view::critical_path(run, None, ROWS),
            failures: view::failures(run, ROWS),
            logs: view::logs(run, 2 * ROWS),
            code: view::code(run, None, ROWS),
        }
    }
}

fn progress(run: &Run) -> Progress {
    let (first, last) = run.span();
    let span = last.0.saturating_sub(first.0);
    let at = |nth: u64| Time(first.0 + (u128::from(span) * u128::from(nth) / u128::from(MOMENTS)) as u64);
    let mut end = view::progress(run, None);
    let mut order: Vec<usize> = (0..end.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(end[index].total));
    order.truncate(PROGRESS_GROUPS);
    order.sort_unstable();
    let left_off = end.len() - order.len();
    let groups: Vec<Arc<str>> = order.iter().map(|&index| end[index].name.clone()).collect();
    end.clear();
    let mut progress = Progress { groups, left_off, ..Progress::default() };
    for nth in 0..=MOMENTS {
        let groups = view::progress(run, Some(at(nth)));
        let count = |name: &Arc<str>| {
            let group = groups.iter().find(|group| group.name == *name);
            group.map_or((0, [0; 8], 0, 0), |group| (group.total, group.counts, group.finished, group.erred))
        };
        progress.moments.push(at(nth).0 - first.0);
        progress.counts.push(progress.groups.iter().map(count).collect());
    }
    progress
}
