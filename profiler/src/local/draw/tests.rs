//! Charts are read back: bars, names, colours, times.

use super::*;
use partita_graph::Key;
use std::collections::BTreeMap;

fn task(name: &str, worker: &str, thread: u32, start: u64, end: u64) -> TaskRow {
    let (start, end) = (Duration::from_millis(start), Duration::from_millis(end));
    TaskRow { key: Key::unique(name), line: None, start, end, worker: worker.into(), thread, ok: true }
}

fn cache(name: &str, metric: f64, cached: u64, freed: Option<u64>) -> CacheRow {
    let (cache_time, free_time) = (Duration::from_millis(cached), freed.map(Duration::from_millis));
    CacheRow { key: Key::unique(name), metric, cache_time, free_time }
}

fn usage(time: u64) -> ResourceRow {
    ResourceRow {
        time: Duration::from_millis(time),
        memory: 100 << 20,
        cpu: 1.5,
        machine_memory: 3 << 30,
        machine_total: 8 << 30,
        machine_cpu: 1.75,
    }
}

/// The elements of a kind with a class, each with its attributes.
fn elements(svg: &str, kind: &str, class: &str) -> Vec<BTreeMap<String, String>> {
    let attributes = |tag: &str| {
        let mut found = BTreeMap::new();
        let mut rest = tag;
        while let Some((name, tail)) = rest.split_once("=\"") {
            let (value, tail) = tail.split_once('"').unwrap();
            found.insert(name.trim().to_string(), value.to_string());
            rest = tail;
        }
        found
    };
    let opening = format!("<{kind} ");
    let tags = svg.split(&opening).skip(1).map(|rest| attributes(rest.split_once('>').unwrap().0));
    tags.filter(|tag| tag.get("class").is_some_and(|found| found == class)).collect()
}

/// Whether every tag is closed in turn.
fn assert_closed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split([' ', '\n']).next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_execution_has_its_bar_where_it_was() {
    let rows = vec![task("inc", "w-0", 0, 100, 150), task("sum", "w-0", 0, 150, 300), task("inc", "w-10", 1, 100, 200)];
    let svg = svg(&[Chart::Tasks(rows)]);
    assert_closed(&svg);
    let bars = elements(&svg, "rect", "task");
    let number = |at: usize, name: &str| bars[at][name].parse::<f64>().unwrap();
    assert_eq!(bars.len(), 3);
    let second = (RIGHT - LEFT) / 200.0;
    for (at, start, long) in [(0, 0.0, 50.0), (1, 50.0, 150.0), (2, 0.0, 100.0)] {
        assert!((number(at, "x") - LEFT - start * second).abs() < 0.1, "{bars:?}");
        assert!((number(at, "width") - long * second).abs() < 0.6, "{bars:?}");
    }
    assert_eq!(number(0, "y"), number(1, "y"));
    assert!(number(2, "y") > number(0, "y"), "threads have lines of their own");
    assert!(bars[0]["fill"] == bars[2]["fill"] && bars[0]["fill"] != bars[1]["fill"]);
    for words in ["3 executions on 2 threads", "inc × 2", "sum × 1", "w-10 / 1", "150 ms", "50.000 ms"] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
}

#[test]
fn many_executions_become_columns_that_cover_the_same_time() {
    let rows: Vec<TaskRow> =
        (0..50_000).map(|at| task(if at < 25_000 { "first" } else { "then" }, "w", 0, at, at + 1)).collect();
    let text = svg(&[Chart::Tasks(rows)]);
    assert!(elements(&text, "rect", "task").is_empty() && text.len() < 20_000);
    let bars = elements(&text, "rect", "tasks");
    let width: f64 = bars.iter().map(|bar| bar["width"].parse::<f64>().unwrap()).sum();
    assert!((width - (RIGHT - LEFT)).abs() < 2.0, "{width}");
    assert_eq!(bars.len(), 2);
}

#[test]
fn a_group_has_one_colour_in_all_charts_and_many_groups_share_one() {
    let names: Vec<String> = (0..40).map(|at| format!("group{at:02}")).collect();
    let rows = names.iter().zip(1..).map(|(name, long)| task(name, "w", 0, 0, long)).collect();
    let held = names.iter().map(|name| cache(name, 8.0, 1, Some(9))).collect();
    let text = svg(&[Chart::Tasks(rows), Chart::Cache { rows: held, metric: "bytes".into() }]);
    assert_closed(&text);
    assert!(text.contains("group39 × 1") && text.contains("26 more groups"), "{text}");
    let colour = |kind: &str, class: &str, at: usize| elements(&text, kind, class)[at]["fill"].clone();
    // The longest group is the first of the legend and of the areas, and the last bar.
    assert_eq!(colour("rect", "legend", 0), colour("path", "held", 0));
    assert_eq!(colour("rect", "legend", 0), colour("rect", "task", 39));
    assert_eq!(elements(&text, "path", "held").len(), 15);
}

#[test]
fn charts_share_one_axis_of_time() {
    let charts = [
        Chart::Tasks(vec![task("inc", "w", 0, 1000, 2000)]),
        Chart::Resources(vec![usage(1500), usage(3000)]),
        Chart::Cache { rows: vec![cache("inc", 2048.0, 2000, None)], metric: "bytes".into() },
    ];
    let text = svg(&charts);
    assert_closed(&text);
    let bar = &elements(&text, "rect", "task")[0];
    let half = (RIGHT - LEFT) / 2.0;
    assert!((bar["width"].parse::<f64>().unwrap() - half).abs() < 1.0, "{bar:?}");
    let line = &elements(&text, "path", "line")[0]["d"];
    assert!(
        line.starts_with(&format!("M{:.1} ", LEFT + half / 2.0)) && line.contains(&format!("L{RIGHT:.1} ")),
        "{line}"
    );
    let held = &elements(&text, "path", "held")[0]["d"];
    assert!(held.starts_with(&format!("M{:.1} ", LEFT + half)), "{held}");
    for words in ["CPU: busy cores", "2 KiB", "MiB", "GiB", "2 s", "machine", "process"] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn what_is_empty_says_so() {
    let metric = "bytes".to_string();
    let text = svg(&[Chart::Tasks(vec![]), Chart::Resources(vec![]), Chart::Cache { rows: vec![], metric }]);
    assert_closed(&text);
    assert!(text.contains("nothing ran") && text.contains("nothing was held") && !text.contains("NaN"));
    assert!(svg(&[]).contains("Nothing was profiled"));
}

#[test]
fn names_of_users_do_no_harm_and_values_without_sense_are_nothing() {
    let mut rows = vec![task("<script>alert(1)</script>", "\"><b>", 0, 0, 1)];
    rows[0].ok = false;
    let held = vec![cache("a", f64::NAN, 0, None), cache("b", f64::INFINITY, 0, None), cache("c", -5.0, 0, Some(1))];
    let text = svg(&[Chart::Tasks(rows), Chart::Cache { rows: held, metric: "<i>weight</i>".into() }]);
    assert_closed(&text);
    assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains("<i>") && !text.contains("NaN"));
    assert!(text.contains("failed × 1") && text.contains("&lt;i&gt;weight"));
}

#[test]
fn files_are_of_the_format_that_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    let charts = [Chart::Tasks(vec![task("inc", "w", 0, 0, 1)])];
    for (name, start) in [("a.svg", "<svg"), ("b.HTML", "<!DOCTYPE html>")] {
        let path = folder.path().join(name);
        save(&charts, &path).unwrap();
        assert!(std::fs::read_to_string(path).unwrap().starts_with(start));
    }
    let table = [
        ("a.dot", "`.dot` file: the extension must be .svg, .png or .html"),
        ("none", "extension, .svg, .png or .html"),
        ("missing/a.svg", "make it first"),
    ];
    for (name, words) in table {
        let error = save(&charts, &folder.path().join(name)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
