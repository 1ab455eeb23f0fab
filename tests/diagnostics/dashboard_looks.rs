//! How pages look and are used: the graph, legends, light and dark, the keyboard, narrow windows, and text that can be read.

use super::browser::Browser;
use super::dashboard_pages::{DRAWN, PAGES, unharmed};
use super::dashboard_support::Site;
use partita::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// What holds tasks up until it is opened: whether it is open, and how many wait.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(bool, usize)>, Condvar)>);

impl Gate {
    fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.1 += 1;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(state, |(open, _)| !*open).unwrap());
    }

    fn wait_for(&self, waiting: usize) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |(_, now)| *now < waiting).unwrap());
    }

    fn open(&self) {
        self.0.0.lock().unwrap().0 = true;
        self.0.1.notify_all();
    }
}

/// Work that stands still in its middle: of sixty numbers, those from twenty on wait at a gate, and so do their sums; a
/// task failed.
struct UnderWay {
    cluster: LocalCluster,
    site: Site,
    gate: Gate,
    sum: partita::Future<i64>,
    _failed: partita::Future<i64>,
}

impl UnderWay {
    fn new() -> UnderWay {
        let builder = LocalCluster::builder().workers(2).threads_per_worker(2).without_default();
        let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
        let client = cluster.client();
        let watching = client.watch().unwrap();
        let failed = client.submit(|x: i64| if x > 0 { panic!("no luck") } else { x }, (1,));
        failed.result().unwrap_err();
        let gate = Gate::default();
        let at_gate = gate.clone();
        let numbers = Bag::<i64>::from_sequence(0..60, 60).map(move |x| {
            if x >= 20 {
                at_gate.pass();
            } else {
                // Threads are not handed tasks of this length ahead: none stands behind one at the gate while others idle.
                let began = Instant::now();
                while began.elapsed() < Duration::from_millis(1) {}
            }
            x
        });
        let sum = client.compute(&numbers.split_every(6).sum()).unwrap();
        gate.wait_for(4);
        watching.settle().unwrap();
        UnderWay { site: Site::of(&client), cluster, gate, sum, _failed: failed }
    }

    fn open(&self, browser: &mut Browser, page: &str) {
        browser.open(&format!("http://{}/{page}?token={}", self.site.address, self.site.token), DRAWN);
    }
}

/// The figures of the graph's legend, as the page shows them.
const STATES: &str = "Object.fromEntries([...document.querySelectorAll('.graph-box ~ .legend > span')].map((span) => [span.innerText.split(/\\s/)[0], Number(span.querySelector('b').innerText)]))";

/// How many nodes of a graph are in each state, as the view tells.
fn states(graph: &Value) -> Value {
    let names = ["released", "waiting", "queued", "no-worker", "processing", "memory", "erred"];
    let nodes = graph["nodes"].as_array().unwrap();
    let count = |state: &str| nodes.iter().filter(|node| node["state"] == state).count();
    names.iter().map(|name| (name.to_string(), json!(count(name)))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn the_graph_is_read_walked_by_keys_and_follows_the_work() {
    let work = UnderWay::new();
    let graph = work.site.json("graph");
    let nodes = graph["nodes"].as_array().unwrap();
    assert!(nodes.len() > 120 && graph["collapsed"] == json!(false), "{} nodes", nodes.len());
    let mut browser = Browser::start(1280, 800);
    work.open(&mut browser, "graph");
    assert_eq!(browser.eval(STATES), states(&graph));
    let processing = work.site.json("moment")["tasks"]["processing"].clone();
    assert_eq!((&states(&graph)["processing"], &states(&graph)["erred"]), (&processing, &json!(1)));
    assert!(processing.as_u64().unwrap() >= 4, "those that wait at the gate are under way");

    // Each node has a label of its own, which ends with its partition.
    let labels = browser.eval("[...document.querySelectorAll('.graph-node')].map((node) => [node.getAttribute('aria-label').split('\\n')[0], node.querySelector('text').textContent])");
    let labels: Vec<(&str, &str)> =
        labels.as_array().unwrap().iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect();
    assert_eq!(labels.len(), nodes.len());
    let mut seen = std::collections::BTreeSet::new();
    for (key, label) in labels {
        assert!(seen.insert(label), "{label} is the label of two nodes");
        let part = key.strip_suffix(')').map(|key| key.rsplit(", ").next().unwrap());
        assert!(part.is_none_or(|part| label.ends_with(&format!(" {part}"))), "{key}: {label}");
    }
    // The drawing fills its box, and is within it.
    let across = "(() => { const box = document.querySelector('.graph-box svg').getBoundingClientRect(), at = [...document.querySelectorAll('.graph-node')].map((node) => node.getBoundingClientRect());
        const [left, right, top, bottom] = [Math.min(...at.map((n) => n.left)), Math.max(...at.map((n) => n.right)), Math.min(...at.map((n) => n.top)), Math.max(...at.map((n) => n.bottom))];
        return [(right - left) / box.width, (bottom - top) / box.height, left >= box.left && right <= box.right && top >= box.top && bottom <= box.bottom]; })()";
    let filled = browser.eval(across);
    assert!(filled[0].as_f64().unwrap() > 0.6 && filled[1].as_f64().unwrap() > 0.6, "{filled}");
    assert_eq!(filled[2], json!(true), "{filled}");
    browser.keep("graph-under-way");
    walked(&mut browser, &graph);

    // Live: its colours change under the reader, who keeps the place.
    work.gate.open();
    assert_eq!(work.sum.result().unwrap(), 1770);
    browser.wait(&format!("{STATES}.processing === 0 && {STATES}.memory > 0"));
    unharmed(&browser, &work.site, "graph");
    work.cluster.close().unwrap();
}

/// One press of Tab leads into the graph, arrows along its edges, and Enter to the task.
fn walked(browser: &mut Browser, graph: &Value) {
    browser.eval("document.querySelector('#moment').focus()");
    browser.press("Tab");
    let focused = "document.activeElement.getAttribute('aria-label')";
    // The first node is the task that failed, which nobody needs; the next in its layer is needed.
    assert!(browser.words(focused).ends_with("erred"));
    browser.press("ArrowDown");
    let first = browser.words(focused);
    let name = |node: &Value| graph["nodes"][node.as_u64().unwrap() as usize]["name"].clone();
    let edge =
        graph["edges"].as_array().unwrap().iter().find(|edge| first.starts_with(name(&edge[0]).as_str().unwrap()));
    let edge = edge.unwrap_or_else(|| panic!("{first} is needed by nothing"));
    browser.press("ArrowRight");
    let next = browser.words(focused);
    assert!(next.starts_with(name(&edge[1]).as_str().unwrap()), "from {first} to {next}");
    assert_eq!(browser.words("document.querySelector('.tip').innerText"), next);
    assert!(browser.words("document.querySelector('.edge.near').getAttribute('d')").starts_with('M'));
    browser.press("ArrowLeft");
    assert_eq!(browser.eval("document.querySelectorAll('.graph-node[tabindex=\"0\"]').length"), json!(1));
    let moved = "document.querySelector('.edge').getAttribute('transform')";
    browser.press("+");
    assert!(browser.words(moved).ends_with("scale(1.25)"), "{}", browser.words(moved));
    browser.press("0");
    assert_eq!(browser.words(moved), "translate(0 0) scale(1)");
    let key = browser.words(focused).split('\n').next().unwrap().to_string();
    browser.press("Enter");
    browser.wait("location.pathname === '/task' && document.documentElement.dataset.drawn >= 1");
    assert!(browser.text().contains(&key), "{key}: {}", browser.text());
    browser.eval("history.back()");
    browser.wait("location.pathname === '/graph' && document.documentElement.dataset.drawn >= 1");
}

#[test]
fn memory_and_what_is_under_way_are_at_a_glance() {
    let work = UnderWay::new();
    let moment = work.site.json("moment");
    let (process, total) = (moment["process"].as_u64().unwrap(), moment["machine_total"].as_u64().unwrap());
    assert!(process > 1 << 20 && process < total && moment["machine"].as_u64().unwrap() >= process, "{moment}");
    let mut browser = Browser::start(1280, 800);
    work.open(&mut browser, "status");
    let text = browser.text();
    let given = format!("{} tasks on 4 threads", moment["tasks"]["processing"]);
    for words in [
        "Cluster memory",
        "Managed",
        "This program",
        "Machine",
        &given,
        "What results take beyond the target of a worker is on disk",
    ] {
        assert!(text.contains(words), "the page of the status does not say {words}: {text}");
    }
    // Every line of a chart has its name, its colour and its last value, though nothing is pointed at; failures are red.
    let lines = "[...document.querySelectorAll('.legend.values')].map((legend) => [...legend.querySelectorAll(':scope > span:has(b)')].map((line) => [line.querySelector('span').innerText, line.querySelector('b').innerText, getComputedStyle(line.querySelector('.chip')).backgroundColor]))";
    for page in ["status", "system", "workers"] {
        work.open(&mut browser, page);
        let legends = browser.eval(lines);
        let legends = legends.as_array().unwrap();
        assert!(
            !legends.is_empty() && legends.iter().all(|legend| !legend.as_array().unwrap().is_empty()),
            "{legends:?}"
        );
        for line in legends.iter().flat_map(|legend| legend.as_array().unwrap()) {
            assert!(line.as_array().unwrap().iter().all(|part| !part.as_str().unwrap().is_empty()), "{page}: {line}");
            let is_bad = ["failed", "erred"].contains(&line[0].as_str().unwrap());
            assert_eq!(line[2] == json!("rgb(207, 34, 46)"), is_bad, "{page}: {line}");
        }
    }
    // The arrow keys walk along a chart.
    work.open(&mut browser, "system");
    browser.eval("document.querySelector('.chart').focus()");
    browser.press("ArrowLeft");
    browser.wait("document.querySelector('.legend.values').innerText.includes('at ')");
    // The program's memory has a chart of its own, with a scale of its own.
    let titles = browser.eval("[...document.querySelectorAll('h2')].map((title) => title.innerText)");
    for title in ["Memory of this program", "Memory of the machine"] {
        assert!(titles.as_array().unwrap().contains(&json!(title)), "{titles}");
    }
    work.gate.open();
    work.sum.result().unwrap();
    work.cluster.close().unwrap();
}

/// Groups as the view tells of them, and what their bars and words are.
#[test]
fn failed_tasks_are_red_also_when_they_are_forgotten() {
    let work = UnderWay::new();
    let mut browser = Browser::start(1280, 800);
    work.open(&mut browser, "logs");
    let drawn = browser.eval("import('/assets/charts.js').then(({ progressBars }) => {
        const host = document.querySelector('#page').appendChild(document.createElement('div'));
        progressBars(host, [{ name: 'a', total: 12, counts: [1, 0, 0, 0, 0, 2, 1, 8], finished: 8, erred: 3 }]);
        return [...host.querySelectorAll('.bar > span')].map((part) => [part.className, part.style.flexGrow]).concat([host.querySelector('.number').innerText]);
    })");
    // Two in memory, six done and let go of, three failed, of which two are forgotten, and one that was not asked for.
    let parts = [["state-memory", "2"], ["state-erred", "3"], ["state-released", "1"], ["state-forgotten", "6"]];
    let expected: Vec<Value> = parts.iter().map(|part| json!(part)).chain([json!("3 erred, 8 / 12")]).collect();
    assert_eq!(drawn, json!(expected));
    work.gate.open();
    work.cluster.close().unwrap();
}

/// Of all text of the page: the worst contrast with what it stands on, and what that is.
pub(crate) const CONTRAST: &str = "(() => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parse = (text) => { context.clearRect(0, 0, 1, 1); context.fillStyle = text; context.fillRect(0, 0, 1, 1); return context.getImageData(0, 0, 1, 1).data; };
    const part = (n) => (n / 255 <= 0.04045 ? n / 255 / 12.92 : ((n / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const ground = (node) => { for (let at = node; at; at = at.parentElement) { const colour = parse(getComputedStyle(at).backgroundColor); if (colour[3] > 250) return colour; } return [255, 255, 255]; };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let worst = [99, 'nothing', 0];
    for (let seen = 1; walker.nextNode(); ) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || /^(script|style|noscript|option)$/i.test(node.tagName)) continue;
        const style = getComputedStyle(node), own = light(parse(node instanceof SVGElement ? style.fill : style.color)), under = light(ground(node));
        const contrast = (Math.max(own, under) + 0.05) / (Math.min(own, under) + 0.05);
        worst = contrast < worst[0] ? [contrast, `${node.tagName} ${node.className}: ${walker.currentNode.textContent}`, seen] : [worst[0], worst[1], seen];
        seen += 1;
    }
    return worst;
})()";

#[test]
fn text_can_be_read_in_light_and_dark_and_in_a_narrow_window() {
    let work = UnderWay::new();
    let mut browser = Browser::start(1280, 800);
    for (width, height) in [(1280, 800), (360, 700)] {
        browser.size(width, height);
        for dark in [false, true] {
            browser.dark(dark);
            for page in PAGES {
                work.open(&mut browser, page);
                let worst = browser.eval(CONTRAST);
                assert!(
                    worst[0].as_f64().unwrap() >= 4.5 && worst[2].as_u64().unwrap() > 20,
                    "{page}, {width}: {worst}"
                );
                let across = browser.eval("document.documentElement.scrollWidth");
                assert!(across.as_u64().unwrap() <= u64::from(width), "{page} is {across} pixels wide in {width}");
                browser.keep(&format!("{page}-{width}-{}", if dark { "dark" } else { "light" }));
            }
        }
    }
    // It would be found.
    browser.eval("document.querySelector('.theme').style.color = '#777c85'");
    assert!(browser.eval(CONTRAST)[0].as_f64().unwrap() < 4.5);
    work.gate.open();
    work.cluster.close().unwrap();
}

#[test]
fn the_reader_chooses_light_or_dark_and_finds_it_again() {
    let work = UnderWay::new();
    let mut browser = Browser::start(1280, 800);
    browser.dark(false);
    work.open(&mut browser, "status");
    let paper = "getComputedStyle(document.documentElement).backgroundColor";
    let pixel = "(() => { const canvas = document.querySelector('.canvas-box canvas'); return [...canvas.getContext('2d').getImageData(canvas.width - 2, 2, 1, 1).data].join(); })()";
    assert_eq!((browser.words(paper), browser.words(pixel)), ("rgb(255, 255, 255)".into(), "255,255,255,255".into()));
    // By keys alone: from the last link to the switch, and down from auto by light to dark.
    browser.eval("document.querySelector('nav a:last-child').focus()");
    browser.press("Tab");
    assert_eq!(browser.words("document.activeElement.tagName"), "SELECT");
    browser.press("ArrowDown");
    browser.press("ArrowDown");
    browser.wait("document.documentElement.dataset.theme === 'dark'");
    assert_eq!(browser.words(paper), "rgb(16, 21, 28)");
    browser.wait(&format!("{pixel} === '16,21,28,255'"));
    // Other pages have it from the start, and whatever the system likes.
    work.open(&mut browser, "system");
    assert_eq!(browser.words(paper), "rgb(16, 21, 28)");
    assert_eq!(browser.words("document.querySelector('.theme select').value"), "dark");
    unharmed(&browser, &work.site, "system");
    work.gate.open();
    work.cluster.close().unwrap();
}

#[test]
fn a_cluster_that_has_done_nothing_or_little_is_shown_without_nonsense() {
    let builder = LocalCluster::builder().workers(1).threads_per_worker(1).without_default();
    let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
    let client = cluster.client();
    let site = Site::of(&client);
    let mut browser = Browser::start(1280, 800);
    for done in ["nothing", "one task"] {
        if done == "one task" {
            let watching = client.watch().unwrap();
            assert_eq!(client.submit(|a: i64, b: i64| a + b, (1, 2)).result().unwrap(), 3);
            watching.settle().unwrap();
        }
        for page in PAGES {
            browser.open(&format!("http://{}/{page}?token={}", site.address, site.token), DRAWN);
            let text = browser.text();
            for nonsense in ["NaN", "undefined", "Infinity", "null", "[object"] {
                assert!(!text.contains(nonsense), "{page} of {done} says {nonsense}: {text}");
            }
            let drawn = browser.words("document.querySelector('#page').innerHTML");
            assert!(!drawn.contains("NaN") && !drawn.contains("Infinity"), "{page} of {done}: {drawn}");
            unharmed(&browser, &site, page);
        }
    }
    cluster.close().unwrap();
}
