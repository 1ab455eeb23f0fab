//! Hooks and progress bars: their order, their panics, and what they do themselves.

use partita::Reference;
use partita::diagnostics::{Callback, ProgressBar};
use partita::prelude::*;
use partita::raw::Graph;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

type Notes = Arc<Mutex<Vec<String>>>;

fn cluster() -> LocalCluster {
    LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap()
}

/// Hooks that note what is done with tasks of this name; if `here`, only what is called on this thread, since other tests
/// compute meanwhile.
fn noting(name: &'static str, here: bool, notes: &Notes) -> Callback {
    let thread = std::thread::current().id();
    let note = move |notes: &Notes, what: String| {
        if !here || std::thread::current().id() == thread {
            notes.lock().unwrap().push(what);
        }
    };
    let (a, b, c, d) = (notes.clone(), notes.clone(), notes.clone(), notes.clone());
    let ours = move |key: &partita::Key| key.name().as_str().starts_with(name);
    Callback::new()
        .on_start(move |computing| {
            let tasks: u64 = computing.tasks.iter().filter(|(group, _)| group.starts_with(name)).map(|(_, n)| n).sum();
            if tasks > 0 {
                note(&a, format!("start {tasks}"));
            }
        })
        .on_pre_task(move |task| {
            if ours(&task.key) {
                note(&b, format!("pre {}", task.key.name()));
            }
        })
        .on_post_task(move |task| {
            if ours(&task.key) {
                note(&c, format!("post {} {}", task.key.name(), task.ok));
            }
        })
        .on_finish(move |computed| note(&d, format!("finish {}", computed.error.is_none())))
}

/// Graphs written by hand name their inputs by texts that live on.
fn text(text: String) -> &'static str {
    text.leak()
}

fn chain(name: &str) -> Graph {
    Graph::new()
        .task(&format!("{name}-a"), || 1i64, ())
        .task(&format!("{name}-b"), |x: i64| x + 1, (text(format!("{name}-a")),))
        .task(&format!("{name}-c"), |x: i64| 10 / (x - 2), (text(format!("{name}-b")),))
}

#[test]
fn hooks_come_in_order_on_a_cluster_and_without_one() {
    // Of several workers, each tells of its own tasks in order.
    let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
    let client = cluster.client();
    for (engine, name) in [(&Reference as &dyn Engine, "order-ref"), (&client, "order-clu")] {
        let notes = Notes::default();
        let callback = match name {
            "order-ref" => noting("order-ref", true, &notes).start().unwrap(),
            _ => noting("order-clu", false, &notes).start_on(&client).unwrap(),
        };
        let keys = (format!("{name}-a"), format!("{name}-b"));
        partita::raw::get_on::<(i64, i64)>(engine, &chain(name), (keys.0.as_str(), keys.1.as_str())).unwrap();
        let heard: Vec<String> = notes.lock().unwrap().drain(..).collect();
        let (a, b) = (format!("{name}-a"), format!("{name}-b"));
        let ran = |key: &str| [format!("pre {key}"), format!("post {key} true")];
        let expected = [vec!["start 2".into()], ran(&a).into(), ran(&b).into(), vec!["finish true".into()]].concat();
        assert_eq!(heard, expected);

        let error = partita::raw::get_on::<i64>(engine, &chain(name), format!("{name}-c").as_str()).unwrap_err();
        assert!(error.to_string().contains("divide by zero"), "{error}");
        let heard: Vec<String> = notes.lock().unwrap().drain(..).collect();
        assert!(heard.contains(&format!("post {name}-c false")), "{heard:?}");
        assert_eq!(heard.last().map(String::as_str), Some("finish false"), "{heard:?}");

        drop(callback);
        partita::raw::get_on::<i64>(engine, &chain(name), a.as_str()).unwrap();
        assert!(notes.lock().unwrap().is_empty());
    }
    cluster.close().unwrap();
}

#[test]
fn hooks_that_panic_are_told_and_change_nothing() {
    let cluster = cluster();
    let client = cluster.client();
    let ours = |key: &partita::Key| key.name().as_str().starts_with("panics-");
    let callback = Callback::new()
        .on_pre_task(move |task| assert!(!ours(&task.key), "before it"))
        .on_post_task(move |task| assert!(!ours(&task.key), "after it"))
        .start()
        .unwrap();
    let graph = chain("panics");
    assert_eq!(partita::synchronous::get::<i64>(&graph, "panics-b").unwrap(), 2);
    let without = callback.panics();
    assert!(without.1 >= 2 && without.0.contains(&"before it".to_string()), "{without:?}");
    assert_eq!(partita::raw::get_on::<i64>(&client, &graph, "panics-b").unwrap(), 2);
    let (kept, count) = callback.panics();
    assert!(count > without.1 && kept.contains(&"after it".to_string()), "{kept:?}");
    // The cluster goes on.
    drop(callback);
    assert_eq!(partita::raw::get_on::<i64>(&client, &graph, "panics-b").unwrap(), 2);
    cluster.close().unwrap();
}

#[test]
fn a_hook_that_computes_is_not_heard_and_does_not_hang() {
    let cluster = cluster();
    let client = cluster.client();
    let notes = Notes::default();
    let (heard, inner) = (notes.clone(), client.clone());
    let callback = Callback::new()
        .on_post_task(move |task| {
            if task.key.name().as_str().starts_with("computes-") {
                let graph = chain("computes");
                let value = partita::synchronous::get::<i64>(&graph, "computes-b");
                let refused = match &*task.worker {
                    "reference" => false,
                    _ => partita::raw::get_on::<i64>(&inner, &graph, "computes-b").is_err(),
                };
                heard.lock().unwrap().push(format!("{:?} {refused}", value.ok()));
            }
        })
        .start()
        .unwrap();
    partita::synchronous::get::<i64>(&chain("computes"), "computes-a").unwrap();
    assert_eq!(notes.lock().unwrap().drain(..).collect::<Vec<_>>(), ["Some(2) false"]);
    partita::raw::get_on::<i64>(&client, &chain("computes"), "computes-a").unwrap();
    // Another computation tells when all that was done before it was heard: what is refused did not run, or it would be heard, too.
    partita::raw::get_on::<i64>(&client, &chain("other"), "other-a").unwrap();
    assert_eq!(*notes.lock().unwrap(), ["Some(2) true"]);
    drop(callback);
    cluster.close().unwrap();
}

/// FAULTS T21, M7.
#[test]
fn names_in_bars_do_nothing_to_the_terminal() {
    let name = "\u{1b}[31mred\u{7}\nline\u{202e}";
    let graph = Graph::new().value("one", 1i64).task(name, |x: i64| x, ("one",));
    let cluster = cluster();
    let bar = ProgressBar::start_on(&cluster.client()).unwrap();
    partita::raw::get_on::<i64>(&cluster.client(), &graph, name).unwrap();
    let lines = bar.lines();
    assert!(lines.iter().all(|line| !line.contains(|c: char| c.is_control() || c == '\u{202e}')), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("red line [")), "{lines:?}");
    cluster.close().unwrap();
}

#[test]
fn bars_count_what_is_computed_and_what_failed() {
    let cluster = cluster();
    let client = cluster.client();
    let bar = ProgressBar::start_on(&client).unwrap();
    assert!(bar.lines().is_empty());
    let squares: Vec<Delayed<i64>> = (0..10).map(|at| try_delayed(bars_square, (at,))).collect();
    squares.compute_on(&client).unwrap();
    let lines = bar.lines();
    assert!(lines.len() == 1 && lines[0].contains("bars_square") && lines[0].ends_with("10/10"), "{lines:?}");
    try_delayed(bars_square, (-1,)).compute_on(&client).unwrap_err();
    let lines = bar.lines();
    assert!(lines.len() == 1 && lines[0].ends_with("0/1, 1 failed"), "{lines:?}");
    // One that is tried again and ends well did not fail.
    let tried = Arc::new(AtomicUsize::new(0));
    let once = try_delayed(
        move |x: i64| if tried.fetch_add(1, Ordering::Relaxed) == 0 { bars_square(-1) } else { bars_square(x) },
        (3,),
    );
    assert_eq!(once.options(TaskOptions::new().retries(1)).compute_on(&client).unwrap(), 9);
    let lines = bar.lines();
    assert!(lines.len() == 1 && lines[0].ends_with("1/1"), "{lines:?}");
    drop(bar);
    cluster.close().unwrap();
}

fn bars_square(x: i64) -> Result<i64, std::num::TryFromIntError> {
    u32::try_from(x)?;
    Ok(x * x)
}
