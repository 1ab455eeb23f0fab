//! A report in a browser: each tab is drawn, complains of nothing, asks for nothing, and shows what is true.

use crate::browser::Browser;
use partita::diagnostics::performance_report_on;
use partita::prelude::*;
use partita::raw::{Graph, get_on};
use serde_json::json;
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
