//! The memory of the workers over time.

use super::axis::{Chart, sizes};
use super::page::{ALARM, Page, Stand, color, turn};
use crate::report::{Report, show_time, thousands};
use partita_protocol::bytes;
use std::fmt::Write;

const WIDTH: f64 = 1200.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = 28.0;
const HEIGHT: f64 = 360.0;
/// Workers that have a curve of their own at the most.
const MOST: usize = 50;
/// Workers that are named, those with the highest peaks.
const NAMED: usize = 12;

/// Draws it.
pub(super) fn draw(report: &Report) -> String {
    let limit = report.setting.memory_limit;
    let peak = report.fullest().map_or(0, |worker| worker.peak.nbytes).max(1);
    // A limit that is far away would press the curves flat.
    let shows_limit = limit > 0 && limit < peak.saturating_mul(4);
    let most = if shows_limit { peak.max(limit) } else { peak };
    let many = report.workers.len() > MOST;
    let entries = if many { band_legend() } else { worker_legend(report) };
    let held = report.fullest().map_or(&[][..], |worker| &worker.peak.held);
    let held = &held[..held.len().min(6)];
    let mut page = Page::new("Memory of the workers", &remark(report, shows_limit));
    let top = page.legend(WIDTH, 56.0, entries.into_iter()) + 10.0;
    let end = u64::try_from(report.makespan.as_nanos()).unwrap_or(u64::MAX).max(1);
    let chart = Chart { left: LEFT, top, width: WIDTH - LEFT - RIGHT, height: HEIGHT, end };
    let scale = Scale { chart, most: most as f64 * 1.05, interval: report.memory.interval.as_nanos() as f64 };
    page.add(format_args!("<g fill=\"none\" stroke-width=\"0.6\">\n"));
    chart.time_grid(&mut page);
    let ticks = sizes(most);
    for (at, _) in &ticks {
        page.line("grid", (LEFT, scale.y(*at)), (chart.right(), scale.y(*at)));
    }
    page.add(format_args!("</g>\n"));
    for (at, name) in &ticks {
        page.text(LEFT - 8.0, scale.y(*at) + 4.0, Stand::Left, "faint", name);
    }
    if many {
        band(&mut page, report, &scale)
    } else {
        curves(&mut page, report, &scale)
    }
    if shows_limit {
        let y = scale.y(limit);
        page.add(format_args!(
            "<path stroke=\"{ALARM}\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\" d=\"M{LEFT:.1} {y:.1}H{:.1}\"/>\n\
             <text fill=\"{ALARM}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">limit {}</text>\n",
            chart.right(),
            chart.right() - 4.0,
            y - 5.0,
            bytes::show(limit)
        ));
    }
    chart.time_axis(&mut page);
    let mut y = chart.bottom() + 46.0;
    if let Some(fullest) = report.fullest() {
        let text =
            format!("{} held the most: {} after {}", fullest.name, bytes::show(peak), show_time(fullest.peak.at));
        page.text(16.0, y, Stand::Right, "ink", &text);
    }
    for held in held {
        y += 17.0;
        let text = format!("{}  {} × {}", bytes::show(held.nbytes), thousands(held.count), held.group);
        page.text(32.0, y, Stand::Right, "faint", &text);
    }
    page.end(WIDTH, y + 18.0)
}

/// Where amounts and intervals stand.
struct Scale {
    chart: Chart,
    most: f64,
    /// Nanoseconds of an interval.
    interval: f64,
}

impl Scale {
    fn y(&self, nbytes: u64) -> f64 {
        self.chart.bottom() - nbytes as f64 / self.most * self.chart.height
    }

    fn x(&self, interval: usize) -> f64 {
        let share = interval as f64 * self.interval / self.chart.end as f64;
        self.chart.left + share.min(1.0) * self.chart.width
    }

    /// A curve in steps: only where it changes.
    fn path(&self, values: impl Iterator<Item = u64>) -> String {
        let mut path = String::new();
        let (mut last, mut count) = (None, 0);
        for (at, value) in values.enumerate() {
            count = at + 1;
            if last == Some(value) {
                continue;
            }
            // Writing to a string cannot fail.
            let _ = match last {
                None => write!(path, "M{:.1} {:.1}", self.x(at), self.y(value)),
                Some(_) => write!(path, "H{:.1}V{:.1}", self.x(at), self.y(value)),
            };
            last = Some(value);
        }
        let _ = write!(path, "H{:.1}", self.x(count));
        path
    }
}

fn remark(report: &Report, shows_limit: bool) -> String {
    let limit = report.setting.memory_limit;
    let peak = bytes::show(report.fullest().map_or(0, |worker| worker.peak.nbytes));
    let count = thousands(report.workers.len() as u64);
    match limit {
        0 => format!("{count} workers without a limit; the highest peak is {peak}"),
        limit if shows_limit => {
            format!("{count} workers; the highest peak is {peak}, the limit {}", bytes::show(limit))
        }
        limit => format!("{count} workers; the highest peak is {peak}, far below the limit of {}", bytes::show(limit)),
    }
}

/// The places of the workers, those with the highest peaks first.
fn by_peak(report: &Report) -> Vec<usize> {
    let mut places: Vec<usize> = (0..report.workers.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(report.workers[*place].peak.nbytes));
    places
}

fn worker_legend(report: &Report) -> Vec<(&'static str, String)> {
    let places = by_peak(report);
    let entry = |(turn_of, place): (usize, &usize)| {
        let worker = &report.workers[*place];
        (turn(turn_of), format!("{} {}", worker.name, bytes::show(worker.peak.nbytes)))
    };
    places.iter().take(NAMED).enumerate().map(entry).collect()
}

/// A curve for each worker; the highest are drawn last, and in the colours that are named.
fn curves(page: &mut Page, report: &Report, scale: &Scale) {
    for (rank, place) in by_peak(report).into_iter().enumerate().rev() {
        let Some(values) = report.memory.workers.get(place) else { continue };
        let path = scale.path(values.iter().copied());
        let (color, width) = if rank < NAMED { (turn(rank), 1.6) } else { (color(usize::MAX), 0.8) };
        page.add(format_args!("<path fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" d=\"{path}\"><title>"));
        page.escaped(&report.workers[place].name);
        page.add(format_args!("</title></path>\n"));
    }
}

fn band_legend() -> Vec<(&'static str, String)> {
    vec![
        (turn(1), "the fullest worker".into()),
        (turn(0), "the one in the middle".into()),
        (turn(2), "the emptiest".into()),
    ]
}

/// The least, the middle and the most of all workers.
fn band(page: &mut Page, report: &Report, scale: &Scale) {
    let count = report.memory.workers.iter().map(Vec::len).max().unwrap_or(0);
    let (mut least, mut middle, mut most) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..count {
        let mut values: Vec<u64> = report.memory.workers.iter().filter_map(|curve| curve.get(at).copied()).collect();
        values.sort_unstable();
        least.push(values.first().copied().unwrap_or(0));
        middle.push(values.get(values.len() / 2).copied().unwrap_or(0));
        most.push(values.last().copied().unwrap_or(0));
    }
    let mut area = scale.path(most.iter().copied());
    for at in (0..count).rev() {
        let _ = write!(area, "V{:.1}H{:.1}", scale.y(least[at]), scale.x(at));
    }
    page.add(format_args!("<path fill=\"{}\" fill-opacity=\"0.22\" d=\"{area}z\"/>\n", turn(0)));
    for (color, values) in [(turn(2), least), (turn(0), middle), (turn(1), most)] {
        let path = scale.path(values.into_iter());
        page.add(format_args!("<path fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\" d=\"{path}\"/>\n"));
    }
}
