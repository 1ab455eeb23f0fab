//! A profiler that is held up loses records, and counts tasks right again once it has caught up.

use partita::RetryOn;
use partita::diagnostics::run::Run;
use partita::diagnostics::{Callback, Level, Watching};
use partita::prelude::*;
use partita_protocol::limits::{TELEMETRY_BACKLOG, TELEMETRY_BATCH};
use partita_protocol::telemetry::State;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::channel;

const STATES: [State; 7] =
    [State::Released, State::Waiting, State::Queued, State::NoWorker, State::Processing, State::Memory, State::Erred];

type Counts = BTreeMap<(String, String), i64>;

/// Tasks of each group in each state, as a run has them.
fn counts(run: &Run) -> Counts {
    let groups = run.groups().into_iter().flat_map(|(prefix, group)| {
        let name = run.names().group(prefix).to_string();
        STATES.map(|state| ((name.clone(), format!("{state:?}")), group.of(state)))
    });
    groups.filter(|(_, count)| *count > 0).collect()
}

/// The same at the last moment of the run, from its timeline.
fn timeline(run: &Run) -> Counts {
    let states = run.timeline().unwrap().states(run.span().1).into_iter().flat_map(|(prefix, counts)| {
        let name = run.names().group(prefix).to_string();
        STATES.map(|state| ((name.clone(), format!("{state:?}")), counts[state as usize]))
    });
    states.filter(|(_, count)| *count > 0).collect()
}

/// The same as the scheduler says.
fn truth(client: &Client, groups: &[String]) -> Counts {
    let mut counts = Counts::new();
    for task in client.cluster_state().unwrap().tasks {
        let is_of = |group: &&String| task.key.trim_start_matches('(').starts_with(&format!("{group}-"));
        let group = groups.iter().filter(is_of).max_by_key(|group| group.len());
        let name = group.unwrap_or_else(|| panic!("of none of {groups:?}: {}", task.key)).clone();
        *counts.entry((name, format!("{:?}", task.state))).or_default() += 1;
    }
    counts
}

/// The run comes to what the scheduler says, with so many tasks in memory: at the latest when what is under way, as that
/// futures were dropped, has come to an end.
fn agree(client: &Client, watching: &Watching, held: i64) {
    let mut seen = Vec::new();
    for _ in 0..100 {
        watching.settle().unwrap();
        let (groups, now, then) = watching.look(|run| {
            let names = run.names().groups().map(|(_, name)| name.to_string()).collect::<Vec<_>>();
            (names, counts(run), timeline(run))
        });
        seen = vec![truth(client, &groups), now, then];
        let in_memory: i64 = seen[0].iter().filter(|((_, state), _)| state == "Memory").map(|(_, count)| count).sum();
        if in_memory == held && seen[1] == seen[0] && seen[2] == seen[0] {
            return;
        }
    }
    panic!("{seen:#?}");
}

fn square(x: i64) -> i64 {
    x * x
}

fn twice(x: i64) -> i64 {
    x + x
}

#[test]
fn counts_are_right_again_after_the_profiler_was_held_up() {
    let builder = LocalCluster::builder().workers(2).threads_per_worker(2).without_default();
    #[cfg(feature = "dashboard")]
    let builder = builder.dashboard(true);
    let cluster = builder.start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    let (go, gate) = channel::<()>();
    let gate = Mutex::new(Some(gate));
    let callback = Callback::new().on_post_task(move |_| {
        if let Some(gate) = gate.lock().unwrap().take() {
            gate.recv().ok();
        }
    });
    let callback = callback.start_on(&client).unwrap();

    // Two records a task and its steps, at the least. Of the tasks after them, nobody has room for all records.
    let tasks = TELEMETRY_BACKLOG as i64 / 2;
    let mut kept = client.map(square, 0..tasks);
    assert_eq!(client.gather(&kept).unwrap().len() as i64, tasks);
    kept.truncate(100);
    let mut unseen = client.map(twice, 0..2 * TELEMETRY_BATCH as i64);
    assert_eq!(client.gather(&unseen).unwrap()[3], 6);
    unseen.truncate(50);
    let fails = client.try_map(|x: i64| if x < 0 { Ok(x) } else { Err(format!("{x} is none")) }, 0..5);
    fails.iter().for_each(|fails| drop(fails.result().unwrap_err()));
    go.send(()).unwrap();

    let corrected = (0..100).find_map(|turn| {
        let sum = client.submit(|x: i64, y: i64| x + y, (&kept[turn], turn as i64));
        assert_eq!(sum.result().unwrap(), (turn * turn + turn) as i64);
        watching.settle().unwrap();
        watching.look(Run::corrected)
    });
    let corrected = corrected.expect("a census within 100 turns");
    agree(&client, &watching, 150);
    let lines = client.get_scheduler_logs().unwrap();
    let lost = lines.iter().filter(|line| line.text.contains("records were lost because the profiler was slow"));
    assert_eq!(lost.map(|line| (line.level, line.time)).collect::<Vec<_>>(), [(Level::Warn, corrected)]);

    // What was lost of is used again, and let go.
    let mut sums = client.map(|x: i64| x + 1, kept.iter().take(50));
    sums.extend(client.map(|x: i64| x + 2, unseen.iter()));
    assert_eq!(client.gather(&sums).unwrap()[53], 8);
    agree(&client, &watching, 250);
    kept.truncate(20);
    unseen.truncate(10);
    drop((sums, fails));
    agree(&client, &watching, 30);
    #[cfg(feature = "dashboard")]
    pages_are_right(&client);
    let run = watching.finish().unwrap();
    assert!(run.records().1 > 0 && run.corrected() == Some(corrected));
    let told: u64 = run.groups().iter().map(|(_, group)| group.tasks).sum();
    assert!(told < TELEMETRY_BACKLOG as u64 / 2 + 2 * TELEMETRY_BATCH as u64, "sums are of what was told: {told}");
    drop(callback);
    cluster.close().unwrap();
}

/// The head of each page and the metrics have the counts of the scheduler, and tell of the loss.
#[cfg(feature = "dashboard")]
fn pages_are_right(client: &Client) {
    use crate::browser::Browser;
    use crate::dashboard_support::Site;

    let site = Site::of(client);
    let held = 30;
    let moment = site.json("moment");
    assert_eq!(moment["tasks"]["memory"], held, "{moment}");
    assert!(moment["dropped"].as_u64() > Some(0) && moment["corrected"].is_u64(), "{moment}");
    assert!(site.json("summary")["corrected"].is_u64());
    let metrics = site.get("/metrics").body;
    assert!(metrics.contains(&format!("dask_scheduler_tasks{{state=\"memory\"}} {held}\n")), "{metrics}");
    let mut browser = Browser::start(1366, 768);
    let drawn = "document.querySelector('#figures').innerText.includes('records lost, states right since')";
    browser.open(&client.dashboard_link().unwrap(), drawn);
    assert!(browser.text().contains(&format!("{held} in memory")), "{}", browser.text());
}

/// What a user's error says is asked where the task ran, and by nobody of the cluster's own threads.
#[test]
fn errors_are_shown_on_the_threads_of_their_tasks() {
    static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[derive(Debug)]
    struct Shows;

    impl std::fmt::Display for Shows {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            SHOWN.lock().unwrap().push(std::thread::current().name().unwrap_or_default().to_string());
            f.write_str("no luck")
        }
    }

    impl std::error::Error for Shows {}

    let cluster = LocalCluster::builder().names(["alice"]).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    let options = TaskOptions::new().retries(1).retry_on(RetryOn::Containing("luck".into()));
    let fails = client.with_options(options).try_submit(|| Err::<i64, _>(Shows), ());
    assert!(fails.wait(None).unwrap());
    let lines = client.get_scheduler_logs().unwrap();
    let said: Vec<_> = lines.iter().filter(|line| line.level == Level::Error).map(|line| &line.text).collect();
    assert!(said.len() == 1 && said[0].ends_with(" failed: no luck"), "{said:?}");
    let failures = watching.finish().unwrap().failures().kept().map(|failed| failed.error.clone()).collect::<Vec<_>>();
    assert!(failures.len() == 2 && failures.iter().all(|error| error.ends_with(" failed: no luck")), "{failures:?}");
    let shown = std::mem::take(&mut *SHOWN.lock().unwrap());
    assert!(shown.len() == 2 && shown.iter().all(|thread| thread.contains("alice")), "{shown:?}");
    assert!(fails.result().unwrap_err().to_string().ends_with("no luck"), "the error itself is the user's");
    cluster.close().unwrap();
}
