//! The views by name: each is worked out while the run is held, and written down afterwards.

use super::moment::Moment;
use super::query::Wanted;
use crate::run::Run;
use crate::view::{self, Range};
use partita_protocol::Time;
use serde::Serialize;
use std::time::Duration;

/// Points of a chart.
const POINTS: usize = 300;

/// Lines of a chart, and groups that are told apart in one.
const LINES: usize = 20;

/// Rows of a table.
const ROWS: usize = 1_000;

/// Boxes of a flame graph.
const BOXES: usize = 1_000;

/// Tasks of a graph that are shown one by one.
const NODES: usize = 500;

/// The time of which it is told how many threads computed.
const BUSY: Duration = Duration::from_secs(1);

/// What is written down once the run is let go; nothing if it cannot be.
pub(super) type Later = Box<dyn FnOnce() -> Option<Vec<u8>> + Send>;

/// Something to be written down.
pub(super) fn write(view: impl Serialize + Send + 'static) -> Later {
    Box::new(move || serde_json::to_vec(&view).ok())
}

/// A view of a run; none if there is none of this name.
pub(super) fn view(name: &str, run: &Run, wanted: &Wanted) -> Option<Later> {
    let (start, end) = run.span();
    let at = wanted.at.map(|at| (start + at).min(end));
    let (now, range) = (at.unwrap_or(end), range(run, wanted));
    Some(match name {
        "moment" => write(Moment::of(run, at)),
        "summary" => write(view::summary(run)),
        "progress" => write(view::progress(run, at)),
        "groups" => write(few(view::groups(run, at))),
        "stream" => write(view::stream(run, range, view::StreamSize::default())),
        "workers" => write(workers(run, now)),
        "worker_series" => write(view::worker_series(run, range, POINTS, LINES)),
        "bandwidth" => write(view::bandwidth(run, at, ROWS)),
        "system" => write(view::system(run, range, POINTS)),
        "cache" => write(view::cache(run, range, POINTS, LINES)),
        "slowest" => write(view::slowest(run, range, at, ROWS)),
        "code" => write(view::code(run, at, ROWS)),
        "critical_path" => write(view::critical_path(run, at, ROWS)),
        "profile" => write(view::profile(run, range, BOXES)),
        "graph" => write(view::graph(run, at, NODES)),
        "failures" => write(upto(view::failures(run, usize::MAX), |line| line.time, until(run, at))),
        "logs" => write(upto(view::logs(run, usize::MAX), |line| line.time, until(run, at))),
        "task" => {
            let mut tasks = wanted.key.as_deref().map(|key| run.names().find_all(key)).into_iter().flatten();
            write(tasks.find_map(|task| view::task(run, at, task)))
        }
        _ => return None,
    })
}

/// The workers; how many of their threads compute is a mean of the second before, as executions are told when they end.
fn workers(run: &Run, now: Time) -> Vec<view::WorkerRow> {
    let mut rows = view::workers(run, Some(now));
    let Some(timeline) = run.timeline() else { return rows };
    let (width, bins) = (timeline.width().as_nanos(), timeline.bins());
    let last = bins.len().min((now.since(timeline.start()).as_nanos() / width) as usize);
    let count = (BUSY.as_nanos() / width).max(1) as usize;
    let bins = &bins[last.saturating_sub(count)..last];
    for row in &mut rows {
        let worked: u64 = bins.iter().map(|bin| bin.worked(row.worker)).sum();
        let mean = worked as f64 / (bins.len().max(1) as f64 * width as f64);
        row.busy_threads = mean.min(f64::from(row.threads));
    }
    rows
}

/// The first rows of a table.
fn few<T>(mut rows: Vec<T>) -> Vec<T> {
    rows.truncate(ROWS);
    rows
}

/// What is known of a moment happened before this, in nanoseconds since the run's start; none if it is all that is known.
fn until(run: &Run, at: Option<Time>) -> Option<u64> {
    run.until(at).map(|until| until.0.saturating_sub(run.span().0.0))
}

/// The last lines until a moment, and how many there were by then, as far as they are kept.
fn upto<T>(mut lines: view::Lines<T>, time: impl Fn(&T) -> u64, until: Option<u64>) -> view::Lines<T> {
    let all = lines.lines.len();
    lines.lines.retain(|line| until.is_none_or(|until| time(line) < until));
    lines.count -= (all - lines.lines.len()) as u64;
    lines.lines.drain(..lines.lines.len().saturating_sub(ROWS));
    lines
}

/// The stretch that is asked for: all that was until the moment, where nothing is said.
fn range(run: &Run, wanted: &Wanted) -> Range {
    let whole = Range::of(run);
    let moment = |since| (whole.from + since).min(whole.to);
    let to = wanted.to.or(wanted.at).map_or(whole.to, moment);
    Range { from: wanted.from.map_or(whole.from, moment).min(to), to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;
    use crate::view::testing::Script;
    use partita_graph::Token;
    use serde_json::Value;

    #[test]
    fn a_worker_that_was_started_again_is_not_taken_for_the_one_before() {
        let mut scene = Scene::with_workers(&["worker-0", "worker-0"]);
        let group = scene.group("inc");
        scene.ran((group, Token::NONE, 0), &[], (1, 0), (0, 1_000_000), true);
        let run = scene.run();
        let busy: Vec<f64> = workers(&run, run.span().1).iter().map(|row| row.busy_threads).collect();
        assert_eq!(busy, [0.0, 1.0]);
    }

    #[test]
    fn a_key_that_was_handed_in_again_is_the_newest_task_that_was_known() {
        let mut scene = Scene::with_workers(&["worker-0"]);
        let (group, other) = (scene.group("inc"), scene.group("dec"));
        for from in [0, 50_000] {
            scene.ran((group, Token::NONE, 0), &[], (0, 0), (from, from + 1_000), true);
        }
        scene.ran((other, Token::NONE, 0), &[], (0, 0), (90_000, 91_000), true);
        let run = scene.run();
        let key = Some(run.names().tasks().next().map(|(task, _)| run.names().key_text(task)).unwrap());
        let ms = Duration::from_millis;
        let began = |at: Option<u64>| {
            let wanted = Wanted { at: at.map(ms), key: key.clone(), ..Wanted::default() };
            let told: Value = serde_json::from_slice(&view("task", &run, &wanted).unwrap()().unwrap()).unwrap();
            told["executions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|ran| ran["started"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        let (first, second) = (began(Some(20)), began(None));
        assert_eq!((first.len(), second.len(), second[0] - first[0]), (1, 1, 50_000_000));
    }

    #[test]
    fn all_views_of_a_moment_are_of_the_end_of_its_stretch() {
        let ms = 1_000_000;
        let mut script = Script::new(2);
        script.ran("inc", 0, (0, 5 * ms), true);
        script.ran("inc", 0, (5 * ms, 16 * ms), false);
        script.failed(16 * ms, 0, "no luck");
        script.lost(17 * ms, 1, "it fell");
        script.store(40 * ms, 0, 1, 8);
        let run = script.run();
        let at = |moment: u64| {
            let wanted = Wanted { at: Some(Duration::from_nanos(moment * ms)), ..Wanted::default() };
            let told =
                |name| -> Value { serde_json::from_slice(&view(name, &run, &wanted).unwrap()().unwrap()).unwrap() };
            let (moment, failures, workers) = (told("moment"), told("failures"), told("workers"));
            let there = workers.as_array().unwrap().iter().filter(|row| row["there"] == true).count() as u64;
            assert_eq!(moment["workers"], there);
            assert_eq!(moment["failures"], failures["count"]);
            assert_eq!(failures["count"], failures["lines"].as_array().unwrap().len());
            (there, failures["count"].as_u64().unwrap())
        };
        assert_eq!([5, 12, 18, 25, 40].map(at), [(2, 0), (1, 1), (1, 1), (1, 1), (1, 1)]);
    }

    #[test]
    fn a_moment_has_the_last_lines_before_it_however_many_came_later() {
        let lines = |count: u64| view::Lines { lines: (0..count).collect(), count };
        let shown = |count, until| upto(lines(count), |&line| line, until);
        assert_eq!(shown(5_000, Some(3)), view::Lines { lines: vec![0, 1, 2], count: 3 });
        let last = shown(5_000, Some(3_000));
        assert_eq!((last.lines, last.count), ((2_000..3_000).collect::<Vec<u64>>(), 3_000));
        assert_eq!((shown(3, Some(10)).lines, shown(3, None).lines), (vec![0, 1, 2], vec![0, 1, 2]));
    }
}
