//! What telemetry and an open dashboard cost: the same graph without telemetry, with it, and with a dashboard whose page of
//! the status is open, in turn, as ratios of neighbouring runs.

use crate::Args;
use crate::cost::Spent;
use crate::measure::Measured;
use serde_json::json;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};

/// What the page of the status asks for.
const PAGE: &str = "/json/several?views=moment,system,workers,stream,progress";

/// The least time between two questions of a page, in seconds.
const PAUSE: f64 = 0.7;

/// Runs `merge` on a cluster without telemetry, on one with, and on one with an open dashboard, in turn.
pub(crate) fn cost(args: &Args) -> partita::Result<Measured> {
    let plain = Args { telemetry: false, dashboard: false, ..args.clone() }.cluster()?;
    let told = Args { dashboard: false, ..args.clone() }.cluster()?;
    let shown = Args { dashboard: true, ..args.clone() }.cluster()?;
    let link = shown.client().dashboard_link().unwrap_or_default();
    let (ask, asked) = channel();
    let page = std::thread::spawn(move || look(&link, &asked));
    let [mut without, mut with, mut open] = <[Spent; 3]>::default();
    let (n, mut since) = (args.n, PAUSE);
    let mut measured = Measured::of(args, json!({ "n": n }), 3 * (n + 1), n * (n + 1) / 2, || {
        without.merge(&plain, n)?;
        with.merge(&told, n)?;
        if since >= PAUSE {
            since = 0.0;
            // A page that could not be had says so at the end.
            ask.send(()).ok();
        }
        let sum = open.merge(&shown, n)?;
        since += open.last();
        Ok(sum)
    })?;
    drop(ask);
    let answers = page.join().expect("a page does not panic").expect("a page is answered");
    for (name, spent) in [("without", &without), ("telemetry", &with), ("open", &open)] {
        let (wall, processor) = spent.over(&without, args.warmup);
        let figures = json!({ "seconds": spent.wall(args.warmup), "wall_ratio": wall, "cpu_ratio": processor });
        measured.extra.insert(name.into(), figures);
    }
    measured.extra.insert("answers".into(), json!(answers));
    [plain, told, shown].into_iter().try_for_each(|cluster| cluster.close())?;
    Ok(measured)
}

/// Asks as the page does each time that it is told to; how many answers there were.
fn look(link: &str, asked: &Receiver<()>) -> io::Result<u64> {
    let (address, token) = link.trim_start_matches("http://").split_once("/status?token=").unwrap_or_default();
    let mut answers = 0;
    for () in asked {
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "GET {PAGE} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err(io::Error::other(String::from_utf8_lossy(&answer).into_owned()));
        }
        answers += 1;
    }
    Ok(answers)
}
