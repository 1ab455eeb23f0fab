//! The task stream: who ran what when.

use super::axis::{Chart, sizes};
use super::page::{ALARM, COLORED, Page, Stand, color};
use crate::report::{Piece, Report, show_time, thousands};
use partita_protocol::bytes;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

const WIDTH: f64 = 1200.0;
const LEFT: f64 = 132.0;
const RIGHT: f64 = 28.0;
/// The height of all rows together, about.
const ROWS: f64 = 560.0;
/// The strip of a worker in which its transfers are shown, below its threads.
const STRIP: f64 = 4.0;
/// The height of a curve below the rows.
const CURVE: f64 = 66.0;

/// Where rows stand.
struct Rows {
    top: f64,
    /// The height of a row.
    height: f64,
    /// So many rows are of one worker.
    threads: usize,
    /// What is below the threads of a worker.
    strip: f64,
}

impl Rows {
    fn y(&self, row: usize) -> f64 {
        self.top + row as f64 * self.height + (row / self.threads) as f64 * self.strip
    }
}

/// Draws it.
pub(super) fn draw(report: &Report) -> String {
    let stream = &report.stream;
    let threads = if stream.exact { report.setting.threads.max(1) as usize } else { 1 };
    let count = stream.rows.len().max(1);
    let strip = if stream.exact { STRIP } else { 0.0 };
    let height = (ROWS / count as f64).clamp(1.5, 22.0);
    let legend = legend(report);
    let mut page = Page::new("Task stream", &remark(report));
    let top = page.legend(WIDTH, 56.0, legend.into_iter()) + 8.0;
    let rows = Rows { top, height, threads, strip };
    let bottom = rows.y(count);
    let end = u64::try_from(report.makespan.as_nanos()).unwrap_or(u64::MAX).max(1);
    let chart = Chart { left: LEFT, top, width: WIDTH - LEFT - RIGHT, height: bottom - top, end };
    lanes(&mut page, report, &rows, &chart);
    page.add(format_args!("<g fill=\"none\" stroke-width=\"0.6\">\n"));
    chart.time_grid(&mut page);
    page.add(format_args!("</g>\n"));
    if stream.exact {
        runs(&mut page, report, &rows, &chart)
    } else {
        fields(&mut page, &stream.pieces, &rows, &chart)
    }
    if stream.exact {
        transfers(&mut page, report, &rows, &chart);
    }
    deaths(&mut page, report, &rows, &chart);
    let busy = Chart { top: bottom + 26.0, height: CURVE, ..chart };
    let most = |busy: &f32| f64::from(*busy);
    curve(
        &mut page,
        &busy,
        "threads busy",
        color(0),
        stream.busy.iter().map(most),
        &[(0.0, "0".into()), (1.0, "100 %".into())],
    );
    let moved = Chart { top: busy.bottom() + 30.0, ..busy };
    bytes_curve(&mut page, report, &moved);
    moved.time_axis(&mut page);
    page.end(WIDTH, moved.bottom() + 30.0)
}

fn remark(report: &Report) -> String {
    let setting = &report.setting;
    let how = if report.stream.exact {
        String::new()
    } else {
        "; each field shows its main group, the paler the more of it is idle".to_string()
    };
    let makespan = show_time(report.makespan);
    let time = if report.is_complete() {
        format!("{makespan}, {:.2} times the lower bound", report.ratio())
    } else {
        format!("{} of the results failed, ended after {makespan}", thousands(report.counts.erred))
    };
    format!(
        "{} tasks on {} × {} threads: {time}, {:.0} % busy{how}",
        thousands(setting.tasks as u64),
        thousands(setting.workers as u64),
        setting.threads,
        report.utilisation() * 100.0
    )
}

/// The colours of the groups that are seen, of what travels and of what is lost.
fn legend(report: &Report) -> Vec<(&'static str, String)> {
    let seen = report.groups.iter().filter(|group| group.runs > 0).count();
    let mut list: Vec<_> = report
        .groups
        .iter()
        .take(seen.min(COLORED))
        .enumerate()
        .map(|(at, group)| (color(at), group.name.clone()))
        .collect();
    if seen > COLORED {
        list.push((color(COLORED), format!("{} other groups", seen - COLORED)));
    }
    if report.stream.exact && report.transfers.count > 0 {
        list.push((ALARM, "transfer".into()));
    }
    if report.counts.deaths > 0 {
        list.push((ALARM, "death of a worker".into()));
    }
    list
}

/// The paper of each row, with some of the names.
fn lanes(page: &mut Page, report: &Report, rows: &Rows, chart: &Chart) {
    let count = report.stream.rows.len();
    let (left, width) = (chart.left, chart.width);
    if rows.height >= 6.0 {
        for row in 0..count {
            let (y, height) = (rows.y(row), rows.height - 1.0);
            page.add(format_args!(
                "<rect class=\"lane\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>\n"
            ));
        }
    } else {
        let (top, height) = (chart.top, chart.height);
        page.add(format_args!(
            "<rect class=\"lane\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>\n"
        ));
    }
    let every = (13.0 / rows.height).ceil().max(1.0) as usize;
    page.add(format_args!("<g font-size=\"11\">\n"));
    for row in (0..count).step_by(every) {
        let y = rows.y(row) + if every > 1 { 8.0 } else { rows.height / 2.0 + 3.5 };
        page.text(left - 8.0, y, Stand::Left, "faint", &super::page::shorten(&report.stream.rows[row]));
    }
    page.add(format_args!("</g>\n"));
}

/// Every run, with its name as a tooltip.
fn runs(page: &mut Page, report: &Report, rows: &Rows, chart: &Chart) {
    for piece in &report.stream.pieces {
        let (x, y) = (chart.x(piece.start), rows.y(piece.row as usize));
        let (width, height) = ((chart.x(piece.end) - x).max(0.5), (rows.height - 1.0).max(1.0));
        let fill = color(piece.group as usize);
        let lost = if piece.lost {
            format!(" fill-opacity=\"0.35\" stroke=\"{ALARM}\" stroke-width=\"1\"")
        } else {
            String::new()
        };
        page.add(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"{height:.1}\" fill=\"{fill}\"{lost}><title>"
        ));
        page.escaped(piece.task.as_deref().unwrap_or_default());
        let took = show_time(piece.end.saturating_sub(piece.start));
        let vain = if piece.lost { ", lost" } else { "" };
        page.add(format_args!(", {took}{vain}</title></rect>\n"));
    }
}

/// The fields of a grid: one path for each colour and shade.
fn fields(page: &mut Page, pieces: &[Piece], rows: &Rows, chart: &Chart) {
    let mut paths: BTreeMap<(u32, u32), String> = BTreeMap::new();
    for piece in pieces {
        let shade = (piece.busy * 100.0).round() as u32;
        let (x, y, width) =
            (chart.x(piece.start), rows.y(piece.row as usize), chart.x(piece.end) - chart.x(piece.start));
        let path = paths.entry((piece.group, shade)).or_default();
        // Writing to a string cannot fail.
        let _ = write!(path, "M{x:.1} {y:.1}h{width:.1}v{0:.1}h-{width:.1}z", rows.height);
    }
    for ((group, shade), path) in paths {
        let (fill, opacity) = (color(group as usize), 0.25 + f64::from(shade) * 0.0075);
        page.add(format_args!("<path fill=\"{fill}\" fill-opacity=\"{opacity:.2}\" d=\"{path}\"/>\n"));
    }
}

/// What each worker receives, below its threads.
fn transfers(page: &mut Page, report: &Report, rows: &Rows, chart: &Chart) {
    let mut path = String::new();
    for transfer in &report.stream.transfers {
        let y = rows.y((transfer.to as usize + 1) * rows.threads - 1) + rows.height + (STRIP - 1.0) / 2.0 - 0.5;
        let (from, to) = (chart.x(transfer.start), chart.x(transfer.end).min(chart.right()));
        let width = (to - from).max(0.8);
        let _ = write!(path, "M{from:.1} {y:.1}h{width:.1}");
    }
    page.add(format_args!(
        "<path fill=\"none\" stroke=\"{ALARM}\" stroke-width=\"{:.1}\" d=\"{path}\"/>\n",
        STRIP - 1.0
    ));
}

/// The moments at which workers died.
fn deaths(page: &mut Page, report: &Report, rows: &Rows, chart: &Chart) {
    let count = report.stream.rows.len();
    let per_row = (report.setting.workers * report.setting.threads as usize).div_ceil(count.max(1));
    for (at, place) in &report.stream.deaths {
        let lane = *place as usize * report.setting.threads as usize;
        let (first, last) = (lane / per_row, (lane + report.setting.threads as usize).div_ceil(per_row));
        let (x, top, bottom) = (chart.x(*at), rows.y(first.min(count - 1)), rows.y(last.min(count)));
        page.add(format_args!(
            "<path stroke=\"{ALARM}\" stroke-width=\"2.5\" d=\"M{x:.1} {top:.1}V{bottom:.1}\"><title>worker {place} died</title></path>\n"
        ));
    }
}

/// A filled curve with numbers at its left.
fn curve(
    page: &mut Page,
    chart: &Chart,
    name: &str,
    fill: &str,
    values: impl ExactSizeIterator<Item = f64>,
    ticks: &[(f64, String)],
) {
    page.text(chart.left, chart.top - 6.0, Stand::Right, "ink", name);
    page.add(format_args!("<g fill=\"none\" stroke-width=\"0.6\">\n"));
    for (at, _) in ticks {
        let y = chart.bottom() - at * chart.height;
        page.line("grid", (chart.left, y), (chart.right(), y));
    }
    page.add(format_args!("</g>\n<g font-size=\"11\">\n"));
    for (at, text) in ticks {
        page.text(chart.left - 8.0, chart.bottom() - at * chart.height + 4.0, Stand::Left, "faint", text);
    }
    let (count, bottom) = (values.len().max(1) as f64, chart.bottom());
    let mut path = format!("M{:.1} {bottom:.1}", chart.left);
    for (at, value) in values.enumerate() {
        let (x, y) = (chart.left + at as f64 / count * chart.width, bottom - value.clamp(0.0, 1.0) * chart.height);
        let _ = write!(path, "L{x:.1} {y:.1}h{:.1}", chart.width / count);
    }
    page.add(format_args!("</g>\n<path fill=\"{fill}\" fill-opacity=\"0.75\" d=\"{path}V{bottom:.1}z\"/>\n"));
}

/// The bytes that travel in a second.
fn bytes_curve(page: &mut Page, report: &Report, chart: &Chart) {
    let seconds = report.stream.interval.max(Duration::from_nanos(1)).as_secs_f64();
    let rates: Vec<f64> = report.stream.moved.iter().map(|nbytes| *nbytes as f64 / seconds).collect();
    let most = rates.iter().copied().fold(1.0, f64::max);
    let ticks: Vec<(f64, String)> = match report.transfers.nbytes {
        0 => vec![(0.0, "0 B/s".into())],
        _ => sizes(most as u64)
            .into_iter()
            .step_by(2)
            .map(|(at, name)| (at as f64 / most, format!("{name}/s")))
            .collect(),
    };
    let name = format!("moved between workers: {}", bytes::show(report.transfers.nbytes));
    curve(page, chart, &name, ALARM, rates.iter().map(|rate| rate / most), &ticks);
}
