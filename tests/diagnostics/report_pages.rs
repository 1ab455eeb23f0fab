//! A report in a browser: each tab is drawn, complains of nothing, asks for nothing, and shows what is true.

use crate::browser::Browser;
use crate::dashboard_looks::CONTRAST;
use crate::report::script;
use partita::diagnostics::{Run, performance_report_on};
use partita::prelude::*;
use partita::raw::{Graph, get_on};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tempfile::{TempDir, tempdir};

const HOSTILE: &str =
    "</script><script>window.hit=1</script><img src=x onerror=window.hit=1>\u{2028}\"'`${window.hit=1}";
const TABS: [&str; 14] = [
    "summary",
    "stream",
    "progress",
    "workers",
    "system",
    "bandwidth-workers",
    "bandwidth-types",
    "cache",
    "profile",
    "slowest",
    "critical",
    "errors",
    "logs",
    "code",
];

/// The report of 200 tasks of hostile names, one of which fails with a hostile error.
fn report(folder: &TempDir) -> PathBuf {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let report = performance_report_on(&client, folder.path().join("report.html")).unwrap().title(HOSTILE);
    let name = |nth: usize| format!("{HOSTILE}{nth}");
    let mut graph = Graph::new().value("x", 1i64);
    for nth in 0..199 {
        graph = graph.task(&name(nth), |x: i64| x + 1, ("x",));
    }
    graph = graph.task(&name(199), |_: i64| -> i64 { panic!("{HOSTILE}") }, ("x",));
    for nth in 0..199 {
        assert_eq!(get_on::<i64>(&client, &graph, name(nth).as_str()).unwrap(), 2);
    }
    get_on::<i64>(&client, &graph, name(199).as_str()).unwrap_err();
    let path = report.finish().unwrap();
    cluster.close().unwrap();
    path
}

#[test]
fn every_tab_is_drawn_without_complaints_and_without_a_network() {
    let folder = tempdir().unwrap();
    let path = report(&folder);
    let mut browser = Browser::start(1400, 900);
    for dark in [false, true] {
        browser.dark(dark);
        for tab in TABS {
            let url = format!("file://{}#{tab}", path.display());
            let drawn = format!("document.querySelector('#panel-{tab}:not([hidden])')?.childElementCount > 0");
            browser.open(&url, &drawn);
            // Charts take the size of their panels a moment later.
            browser.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
            assert_eq!(browser.complaints, [""; 0], "{tab}");
            let asked: Vec<_> = browser.requests.iter().filter(|url| !url.starts_with("file:")).collect();
            assert!(asked.iter().all(|url| url.starts_with("data:")), "{tab} asks for {asked:?}");
            assert_eq!(browser.eval("document.querySelectorAll('img, iframe, object, svg script').length"), 0, "{tab}");
            assert_eq!(browser.eval("window.hit === undefined"), true, "{tab}");
            browser.keep(&format!("report-{tab}{}", if dark { "-dark" } else { "" }));
        }
    }
    assert_eq!(browser.eval("document.title"), HOSTILE);
}

#[test]
fn figures_are_shown_and_tabs_are_reached_by_keys() {
    let folder = tempdir().unwrap();
    let path = report(&folder);
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.len() < 5_000_000);
    let mut browser = Browser::start(1400, 900);
    browser.open(&format!("file://{}", path.display()), "document.querySelector('.card')");
    let card = "[...document.querySelectorAll('.card')].map((card) => [card.children[0].innerText, card.children[1].innerText])";
    let cards = browser.eval(card);
    let of = |name: &str| cards.as_array().unwrap().iter().find(|card| card[0] == name).unwrap()[1].clone();
    assert_eq!((of("Errors"), of("Workers")), (json!("1"), json!("2")));
    let tasks: u64 = of("Tasks").as_str().unwrap().replace('\u{2009}', "").parse().unwrap();
    assert!(tasks >= 200, "{tasks}");
    browser.eval("document.getElementById('tab-logs').click()");
    let key =
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))";
    browser.eval(&format!("document.getElementById('tab-logs').focus(); {key}"));
    browser.wait("!document.getElementById('panel-code').hidden");
    assert_eq!(browser.eval("document.activeElement.id"), "tab-code");
    // A click on a heading sorts.
    browser.eval("document.getElementById('tab-slowest').click()");
    let times = "[...document.querySelectorAll('#panel-slowest tbody tr')].length";
    assert!(browser.eval(times).as_u64().unwrap() >= 100);
    browser.eval("document.querySelector('#panel-slowest th button').click()");
    assert_eq!(browser.eval("document.querySelector('#panel-slowest th').getAttribute('aria-sort')"), "descending");
    assert_eq!(browser.complaints, [""; 0]);
}

/// What a duration of so many milliseconds is called at the head of the report.
fn duration(browser: &mut Browser, folder: &TempDir, page: &str, ms: u64) -> String {
    let from = page.find("\"duration\":").unwrap() + "\"duration\":".len();
    let to = from + page[from..].find(',').unwrap();
    let path = folder.path().join(format!("{ms}.html"));
    fs::write(&path, format!("{}{ms}000000{}", &page[..from], &page[to..])).unwrap();
    browser.open(&format!("file://{}", path.display()), "document.querySelector('.card')");
    browser.words("document.querySelector('header .faint').innerText.split(',')[0]")
}

#[test]
fn long_times_are_rounded_as_a_whole() {
    let folder = tempdir().unwrap();
    let page = fs::read_to_string(report(&folder)).unwrap();
    let mut browser = Browser::start(1400, 900);
    let mut said = |ms| duration(&mut browser, &folder, &page, ms);
    assert_eq!([said(119_400), said(179_600), said(179_400)], ["119 s", "3 min 0 s", "2 min 59 s"]);
    assert_eq!([said(3_599_700), said(7_199_000), said(7_000_000)], ["1 h 0 min", "2 h 0 min", "1 h 57 min"]);
}

/// The rows of a tab's last table, as the page shows them: by the title of the column.
fn table(browser: &mut Browser, tab: &str) -> Vec<Value> {
    browser.eval(&format!("document.getElementById('tab-{tab}').click()"));
    let rows = format!(
        "(() => {{ const table = [...document.querySelectorAll('#panel-{tab} table')].pop(), titles = [...table.querySelectorAll('th')].map((cell) => cell.innerText.split(' ')[0].trim());
            return [...table.querySelectorAll('tbody tr')].map((row) => Object.fromEntries([...row.cells].map((cell, i) => [titles[i] + (titles.indexOf(titles[i]) < i ? '2' : ''), cell.innerText.trim()]))); }})()"
    );
    browser.eval(&rows).as_array().unwrap_or_else(|| panic!("{tab} has no table")).clone()
}

/// A figure as pages write it: a number, and perhaps a unit of time or of bytes.
fn figure(text: &Value) -> f64 {
    let text = text.as_str().unwrap().replace('\u{2009}', "");
    let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let size = match unit {
        "" | "ns" | "B" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        other => panic!("{text}: {other}"),
    };
    number.parse::<f64>().unwrap_or_else(|_| panic!("{text} is no figure")) * size
}

fn sum(rows: &[Value], column: &str) -> f64 {
    rows.iter().map(|row| figure(&row[column])).sum()
}

/// Figures are written with three digits; a sum of them is as near.
fn same(shown: f64, of: u128, what: &str) {
    let of = of as f64;
    assert!((shown - of).abs() <= 0.006 * of.max(1.0), "{what}: {shown} is shown, and {of} is true");
}

/// What the tables of the report show adds up to what the records tell.
#[test]
fn the_figures_that_are_shown_are_those_of_the_records() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let (client, folder) = (cluster.client(), tempdir().unwrap());
    let watching = client.watch().unwrap();
    let report = performance_report_on(&client, folder.path().join("report.html")).unwrap();
    script(&client);
    let path = report.finish().unwrap();
    let run: Run = watching.finish().unwrap();
    cluster.close().unwrap();
    let executions: Vec<_> = run.executions().kept().collect();
    let busy: u128 = executions.iter().map(|ran| ran.duration().as_nanos()).sum();
    assert!(executions.len() >= 20 && run.records().1 == 0);

    let mut browser = Browser::start(1400, 900);
    browser.open(&format!("file://{}", path.display()), "document.querySelector('.card')");
    // Summary: the groups.
    let groups = table(&mut browser, "summary");
    same(sum(&groups, "Time"), busy, "the time of all groups");
    same(sum(&groups, "Executions"), executions.len() as u128, "the executions of all groups");
    same(sum(&groups, "Failed"), 1, "failures");
    for (prefix, stats) in run.groups() {
        let name = run.names().group(prefix);
        let row = groups.iter().find(|row| row["Group"] == *name).unwrap_or_else(|| panic!("{name} is not shown"));
        same(figure(&row["Tasks"]), stats.tasks.into(), "tasks of a group");
        same(figure(&row["Time"]), stats.busy().as_nanos(), "the time of a group");
    }
    // Each of the other parts tells of the same executions.
    let workers = table(&mut browser, "workers");
    same(sum(&workers, "Time"), busy, "the time of all workers");
    same(sum(&workers, "Executions"), executions.len() as u128, "the executions of all workers");
    let slowest = table(&mut browser, "slowest");
    assert_eq!(slowest.len(), executions.len());
    same(sum(&slowest, "Took"), busy, "the time of all executions");
    let code = table(&mut browser, "code");
    same(sum(&code, "Time"), busy, "the time of all lines of code");
    let all = run.transfers().all;
    same(sum(&table(&mut browser, "bandwidth-workers"), "Bytes"), all.nbytes.into(), "bytes by pair of workers");
    same(sum(&table(&mut browser, "bandwidth-types"), "Bytes"), all.nbytes.into(), "bytes by group");
    let errors = table(&mut browser, "errors");
    assert_eq!(errors.len(), 1);
    assert!(errors[0]["Error"].as_str().unwrap().contains("no luck"), "{errors:?}");
    // The path has no holes: its waits and executions are the time from the start of its first step to the end of its last.
    let steps = table(&mut browser, "critical");
    let ended = || executions.iter().filter(|ran| ran.ok);
    let first = ended().find(|ran| steps[0]["Key"] == run.names().key_text(ran.task)).unwrap().started;
    let last = ended().map(|ran| ran.stopped).max().unwrap();
    let path = sum(&steps, "Took") + sum(&steps[1..], "Waited");
    same(path, last.since(first).as_nanos(), "the critical path");
    assert_eq!(steps.last().unwrap()["#"].as_str().unwrap(), steps.len().to_string());
    assert!(steps.iter().any(|step| step["For"] == "its input") && steps[0]["For"] == "its turn", "{steps:?}");
}

#[test]
fn the_report_is_light_or_dark_by_choice_and_can_be_read() {
    let folder = tempdir().unwrap();
    let path = report(&folder);
    let mut browser = Browser::start(1280, 800);
    browser.dark(false);
    for theme in ["light", "dark"] {
        for tab in TABS {
            let drawn = format!("document.querySelector('#panel-{tab}:not([hidden])')?.childElementCount > 0");
            browser.open("about:blank", "true");
            browser.open(&format!("file://{}#{tab}", path.display()), &drawn);
            let choose = "((choice) => { choice.value = 'THEME'; choice.dispatchEvent(new Event('change')); })(document.querySelector('.theme select'))";
            browser.eval(&choose.replace("THEME", theme));
            let worst = browser.eval(CONTRAST);
            assert!(worst[0].as_f64().unwrap() >= 4.5 && worst[2].as_u64().unwrap() > 10, "{tab}, {theme}: {worst}");
            let paper = browser.eval("getComputedStyle(document.documentElement).backgroundColor");
            assert_eq!(paper, json!(if theme == "dark" { "rgb(16, 21, 28)" } else { "rgb(255, 255, 255)" }));
        }
    }
    // Where nothing may be kept, it holds for the page.
    assert_eq!(browser.complaints, [""; 0]);
    browser.size(360, 700);
    for tab in TABS {
        browser.eval(&format!("document.getElementById('tab-{tab}').click()"));
        browser.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
        let across = browser.eval("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(across <= 360, "{tab} is {across} pixels wide in 360");
    }
}
