//! The pages in a browser: what they show of known runs, and what they never do.

use super::alone::alone;
use super::browser::Browser;
use super::dashboard_support::Site;
use partita::diagnostics::Watching;
use partita::prelude::*;
use partita::raw::Graph;
use serde_json::json;
use std::time::Duration;

pub(crate) const PAGES: [&str; 10] =
    ["status", "workers", "tasks", "graph", "system", "profile", "groups", "events", "task", "logs"];

/// Whether a page has drawn so many times.
pub(crate) const DRAWN: &str = "document.documentElement.dataset.drawn >= 1";

/// The stretches of time that are told apart in a short run.
const STRETCH: Duration = Duration::from_millis(10);

/// A cluster that has done what is known: twenty squares, their sum, and a task that failed.
struct Known {
    cluster: LocalCluster,
    watching: Watching,
    site: Site,
    failed: partita::Future<i64>,
    sum: partita::Future<i64>,
}

impl Known {
    fn new() -> Known {
        let builder = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().decisions(1_000);
        let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
        let client = cluster.client();
        let watching = client.watch().unwrap();
        let squares = Bag::<i64>::from_sequence(0..20, 20).map(|x| x * x);
        assert_eq!(squares.sum().compute_on(&client).unwrap(), 2470);
        let sum = client.submit(|a: i64, b: i64| a + b, (1, 2));
        assert_eq!(sum.result().unwrap(), 3);
        // What fails does so in a later stretch of time than the first, which the slider goes back to.
        for number in 0.. {
            if watching.look(|run| run.duration()) > 3 * STRETCH {
                break;
            }
            assert_eq!(client.submit(|x: i64| x, (number,)).result().unwrap(), number);
            watching.settle().unwrap();
        }
        let failed = client.submit(|x: i64| if x > 0 { panic!("no luck <b>today</b>") } else { x }, (1,));
        failed.result().unwrap_err();
        watching.settle().unwrap();
        let site = Site::of(&client);
        Known { cluster, watching, site, failed, sum }
    }

    fn url(&self, page: &str) -> String {
        format!("http://{}/{page}", self.site.address)
    }
}

/// Nothing was complained of, and nothing was asked of anybody but the dashboard.
pub(crate) fn unharmed(browser: &Browser, site: &Site, page: &str) {
    assert!(browser.complaints.is_empty(), "{page}: {:?}", browser.complaints);
    let own = format!("http://{}/", site.address);
    assert!(
        !browser.requests.is_empty() && browser.requests.iter().all(|url| url.starts_with(&own)),
        "{:?}",
        browser.requests
    );
}

/// The numbers of the known run, as views and metrics say them.
fn numbers_are_told_to_programs(known: &Known, executions: u64) {
    let summary = known.site.json("summary");
    assert_eq!(summary["executions"], json!(executions), "{summary}");
    assert_eq!(
        (&summary["failures"], &summary["erred"], &summary["workers"]),
        (&json!(1), &json!(1), &json!(2)),
        "{summary}"
    );
    let moment = known.site.json("moment");
    assert_eq!((&moment["tasks"]["erred"], &moment["tasks"]["memory"]), (&json!(1), &json!(1)), "{moment}");
    assert_eq!((&moment["executions"], &moment["failures"]), (&json!(executions), &json!(1)), "{moment}");

    let metrics = known.site.get("/metrics");
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"), "{metrics:?}");
    for line in [
        "dask_scheduler_tasks{state=\"erred\"} 1".to_string(),
        "dask_scheduler_tasks{state=\"memory\"} 1".into(),
        "partita_workers 2".into(),
        "dask_scheduler_prefix_state_totals_total{task_prefix_name=\"from_sequence\",state=\"memory\"} 20".into(),
        "dask_worker_threads{worker=\"worker-1\"} 1".into(),
        format!("partita_executions_total {executions}"),
        "partita_executions_failed_total 1".into(),
        "# EOF".into(),
    ] {
        assert!(metrics.body.lines().any(|told| told == line), "{line} is not in {}", metrics.body);
    }
    let profile = known.site.json("profile");
    assert_eq!(profile["count"], json!(executions), "{profile}");
    assert!(profile["children"][0]["name"].as_str().unwrap().ends_with("dashboard_pages.rs"), "{profile}");
}

#[test]
fn each_page_shows_the_numbers_of_a_known_run() {
    let known = Known::new();
    let (executions, lines) = known.watching.look(|run| {
        let kept = run.executions().kept();
        let lines: Vec<String> = kept.filter_map(|run_| Some(run.names().line_of(run_.task)?.to_string())).collect();
        (run.executions().count, lines)
    });
    numbers_are_told_to_programs(&known, executions);

    let mut browser = Browser::start(1366, 768);
    let link = known.cluster.client().dashboard_link().unwrap();
    browser.open(&link, DRAWN);
    unharmed(&browser, &known.site, "the link");
    // The token is gone from the address, and no script can read it.
    assert_eq!(browser.eval("location.href"), json!(known.url("status")));
    assert_eq!(browser.eval("document.cookie"), json!(""));
    for page in PAGES {
        for dark in [false, true] {
            browser.dark(dark);
            browser.open(&known.url(page), DRAWN);
            browser.keep(&format!("{page}-{}", if dark { "dark" } else { "light" }));
        }
        let text = browser.text();
        for figure in ["2 workers", "2 threads", "0 processing", "1 in memory", "1 erred"] {
            assert!(text.contains(figure), "{page} does not say {figure}: {text}");
        }
        for word in expected(page, executions, &known, &lines) {
            assert!(text.contains(&word), "{page} does not say {word}: {text}");
        }
        unharmed(&browser, &known.site, page);
        // Everything that acts can be reached with the keyboard.
        let hidden = "[...document.querySelectorAll('[onclick], div[role=button], a:not([href])')].length";
        assert_eq!(browser.eval(hidden), json!(0), "{page}");
        assert_eq!(browser.eval("document.querySelectorAll('nav a[href]').length"), json!(PAGES.len()));
    }
    browser.open(&format!("{}?key={}", known.url("task"), known.failed.key()), DRAWN);
    let text = browser.text();
    for word in
        [known.failed.key().to_string(), "erred".into(), "no luck <b>today</b>".into(), "dashboard_pages.rs:".into()]
    {
        assert!(text.contains(&word), "the task's page does not say {word}: {text}");
    }
    browser.keep("task-failed");
    unharmed(&browser, &known.site, "the task's page");
    known.cluster.close().unwrap();
    browser.wait("document.querySelector('#said').innerText.includes('The cluster has ended')");
}

/// Words that a page must say.
fn expected(page: &str, executions: u64, known: &Known, lines: &[String]) -> Vec<String> {
    let groups = || {
        known.watching.look(|run| run.groups().iter().map(|(group, _)| run.names().group(*group).to_string()).collect())
    };
    match page {
        "status" => groups(),
        "groups" => groups(),
        "workers" => ["worker-0".into(), "worker-1".into()].into(),
        "tasks" => lines.to_vec(),
        "profile" => vec![format!("{executions} executions")],
        "events" => ["no luck <b>today</b>", "dashboard_pages.rs:", "worker-0"].map(String::from).to_vec(),
        "graph" => vec![known.sum.key().name().to_string()],
        "task" => vec!["Key of a task".into(), "choose a task".into()].split_off(1),
        _ => Vec::new(),
    }
}

#[test]
fn the_slider_goes_back_in_time_and_the_page_follows_the_work() {
    let known = Known::new();
    let client = known.cluster.client();
    let mut browser = Browser::start(1366, 768);
    browser.open(&client.dashboard_link().unwrap(), DRAWN);
    let erred = "document.querySelector('#figures').innerText.includes('1 erred')";
    browser.wait(erred);
    // The first moment, which is the first 10 ms of the run for some figures.
    let slide = |to: &str| {
        format!(
            "(() => {{ const slider = document.querySelector('#moment'); slider.value = {to}; slider.dispatchEvent(new Event('input')); }})()"
        )
    };
    browser.eval(&slide("0"));
    browser.wait("location.search.startsWith('?at=0')");
    assert_eq!(browser.eval("document.querySelector('#live').getAttribute('aria-pressed')"), json!("false"));
    let there = browser.eval("location.search");
    assert!(there.as_str().unwrap().starts_with("?at=0"), "{there}");
    // The way to other pages keeps the moment.
    browser.open(&format!("{}?at=0", known.url("events")), DRAWN);
    assert!(browser.text().contains("Nothing failed."), "{}", browser.text());
    browser.eval("document.querySelector('#live').click()");
    browser.wait(erred);
    assert!(browser.text().contains("no luck"));
    // Live again: what is done now is shown without asking.
    let again = client.submit(|x: i64| if x > 0 { panic!("again") } else { x }, (2,));
    again.result().unwrap_err();
    browser.wait("document.querySelector('#figures').innerText.includes('2 erred')");
    browser.wait("document.body.innerText.includes('again')");
    // It had not failed at the beginning.
    browser.eval(&slide("0"));
    browser.wait("!document.querySelector('#figures').innerText.includes('2 erred')");
    // Pressed while it follows the work, the button stops at what is shown.
    let pressed = "document.querySelector('#live').getAttribute('aria-pressed')";
    browser.eval("document.querySelector('#live').click()");
    browser.wait(&format!("{pressed} === 'true'"));
    browser.eval("document.querySelector('#live').click()");
    browser.wait(&format!("{pressed} === 'false' && location.search.startsWith('?at=')"));
    unharmed(&browser, &known.site, "events");
    known.cluster.close().unwrap();
}

/// Names that would do harm if they were taken for anything but text.
fn hostile() -> Vec<String> {
    let seeds = [
        "<script>window.harmed=1</script>",
        "<img src=x onerror=window.harmed=1>",
        "\"><svg onload=window.harmed=1>",
        "javascript:window.harmed=1",
        "</script><script>window.harmed=1</script>",
        "{{constructor.constructor('window.harmed=1')()}}",
        "<iframe src=//evil.example>",
        "<a href=//evil.example>x</a>",
        "<style>@import '//evil.example'</style>",
        "__proto__",
        "constructor",
        "=cmd|' /C calc'!A0",
        "\u{2028}\u{2029}\u{0}\u{7f}\u{1b}[31m",
        "\u{202e}txt.exe",
        "a\nb\tc\r\nSet-Cookie: x=1",
        "%3Cscript%3E",
        "&lt;b&gt;",
        "`${window.harmed=1}`",
        "'; window.harmed=1; '",
        "<math><mtext></mtext><mglyph><style><!--</style><img src=x onerror=window.harmed=1>",
    ];
    (0..200).map(|number| format!("{} {number}", seeds[number % seeds.len()])).collect()
}

#[test]
fn hostile_names_are_only_text() {
    alone("dashboard_pages::hostile_names_are_only_text", || {
        let builder = LocalCluster::builder()
            .names(["<script>window.harmed=1</script>", "\"}\\n<img src=x onerror=window.harmed=1>"]);
        let cluster = builder.threads_per_worker(1).dashboard_address("127.0.0.1:0").start().unwrap();
        let client = cluster.client();
        let watching = client.watch().unwrap();
        let names = hostile();
        let graph = names
            .iter()
            .fold(Graph::new(), |graph, name| graph.task(name, |x: i64| x + 1, (partita::raw::value(1i64),)));
        let keys: Vec<&str> = names.iter().map(String::as_str).collect();
        let twos: Vec<i64> = threaded::get(&graph, keys).unwrap();
        assert_eq!(twos, vec![2; 200]);
        let failed = client.submit(|x: i64| if x > 0 { panic!("{}", hostile().join("\n")) } else { x }, (1,));
        failed.result().unwrap_err();
        watching.settle().unwrap();
        let site = Site::of(&client);

        // As JSON, every name is there and is read back as it was; as metrics, every line is one.
        let groups = site.json("groups");
        let told: Vec<&str> = groups.as_array().unwrap().iter().filter_map(|group| group["name"].as_str()).collect();
        assert!(names.iter().all(|name| told.contains(&name.as_str())), "{told:?}");
        let metrics = site.get("/metrics").body;
        let harmless = |line: &&str| {
            line.starts_with('#')
                || line.starts_with("dask_")
                || line.starts_with("partita_")
                || line.starts_with("process_")
        };
        let odd: Vec<&str> = metrics.lines().filter(|line| !harmless(line)).collect();
        assert!(odd.is_empty(), "{odd:?}");

        let mut browser = Browser::start(1366, 768);
        browser.open(&client.dashboard_link().unwrap(), DRAWN);
        for page in PAGES {
            browser.open(&format!("http://{}/{page}", site.address), DRAWN);
            assert_eq!(browser.eval("String(window.harmed)"), json!("undefined"), "{page}");
            let foreign = "document.querySelectorAll('#page script, #page img, #page iframe, #page style, #page a[href*=evil], #page math').length";
            assert_eq!(browser.eval(foreign), json!(0), "{page}");
            unharmed(&browser, &site, page);
            if page == "groups" {
                let text = browser.text();
                assert!(text.contains("<script>window.harmed=1</script> 0"), "{text}");
            }
            browser.keep(&format!("hostile-{page}"));
        }
        // A key in the address is only looked up.
        let key = watching.look(|run| {
            let mut keys = run.names().tasks().map(|(task, _)| run.names().key_text(task));
            keys.find(|key| key.starts_with("<script>window.harmed=1</script> 0")).unwrap()
        });
        let escaped: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
        browser.open(&format!("http://{}/task?key={escaped}", site.address), DRAWN);
        assert_eq!(browser.eval("String(window.harmed)"), json!("undefined"));
        assert!(browser.text().contains(&key) && browser.text().contains("What it takes"), "{}", browser.text());
        unharmed(&browser, &site, "a task's page");
        cluster.close().unwrap();
    });
}
