//! The plot of tasks: a line for each thread, and a bar for each execution.

use super::canvas::{Anchor, Canvas, took};
use super::legend::{FAILED, Legend};
use super::{GAP, LEFT, RIGHT};
use crate::local::TaskRow;
use partita_graph::draw::thousands;
use std::collections::BTreeMap;

/// Up to so many executions have a bar each; of more, the group that has most of each column is drawn.
const BARS: usize = 20_000;
/// Columns of a thread when there are too many bars.
const COLUMNS: usize = 1760;
/// The height of all threads together, and the least and most of one.
const HEIGHT: f64 = 480.0;
const LANE: (f64, f64) = (3.0, 24.0);
/// The least width of a bar that can be seen.
const THIN: f64 = 0.6;

/// A thread: its worker's name without the number at its end, that number, the name, and the number of the thread.
type Lane<'a> = (&'a str, u64, &'a str, u32);

fn lane(row: &TaskRow) -> Lane<'_> {
    let name: &str = &row.worker;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, name[stem.len()..].parse().unwrap_or(0), name, row.thread)
}

/// Draws the plot, and gives where the next one begins.
pub(super) fn plot(canvas: &mut Canvas, legend: &Legend, rows: &[TaskRow], top: f64) -> f64 {
    let mut lanes: BTreeMap<Lane<'_>, Vec<&TaskRow>> = BTreeMap::new();
    rows.iter().for_each(|row| lanes.entry(lane(row)).or_default().push(row));
    let (count, all) = (lanes.len().max(1), rows.len());
    let each = (HEIGHT / count as f64).clamp(LANE.0, LANE.1);
    let height = each * count as f64;
    let threads = if count == 1 { "1 thread".to_string() } else { format!("{} threads", thousands(count as u64)) };
    let tasks = if rows.len() == 1 {
        "1 execution".to_string()
    } else {
        format!("{} executions", thousands(rows.len() as u64))
    };
    let what = if rows.is_empty() { "Tasks: nothing ran".to_string() } else { format!("Tasks: {tasks} on {threads}") };
    canvas.heading(top, &what);
    canvas.ground(top, height);
    // Labels are drawn as far as they do not touch.
    let every = (13.0 / each).ceil().max(1.0) as usize;
    for (at, (lane, rows)) in lanes.iter().enumerate() {
        let y = top + each * at as f64;
        if at % every == 0 {
            let label = format!("{} / {}", lane.2, lane.3);
            canvas.name((LEFT - 8.0, y + (each / 2.0).min(7.0) + 4.0), 11.0, Anchor::End, &label, 17);
        }
        let (y, tall) = if each > 8.0 { (y + 1.5, each - 3.0) } else { (y + 0.25, each - 0.5) };
        match all <= BARS {
            true => bars(canvas, legend, rows, (y, tall)),
            false => columns(canvas, legend, rows, (y, tall)),
        }
    }
    top + height + GAP
}

fn bars(canvas: &mut Canvas, legend: &Legend, rows: &[&TaskRow], (y, height): (f64, f64)) {
    for row in rows {
        let x = canvas.x(row.start).min(RIGHT - THIN);
        let width = (canvas.x(row.end) - x).max(THIN);
        let colour = legend.colour(legend.place(&row.key));
        // A thin line of paper between neighbours, where there is room for it.
        let width = if width > 3.0 { width - 0.5 } else { width };
        let edge = if row.ok { String::new() } else { format!(" stroke=\"{FAILED}\" stroke-width=\"2\"") };
        canvas.put(format_args!(
            "<rect class=\"task\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{colour}\"{edge}>"
        ));
        let line = row.line.as_ref().map(|line| format!("\n{line}")).unwrap_or_default();
        let failed = if row.ok { "" } else { ", failed" };
        canvas.title(&format!("{}\n{}{failed}{line}", row.key, took(row.duration())));
        canvas.put(format_args!("</rect>\n"));
    }
}

/// Draws the group that takes most of each column, neighbours of one group as one.
fn columns(canvas: &mut Canvas, legend: &Legend, rows: &[&TaskRow], (y, height): (f64, f64)) {
    let wide = (RIGHT - LEFT) / COLUMNS as f64;
    let colours = legend.len();
    let mut busy = vec![0f64; COLUMNS * colours];
    for row in rows {
        let (from, to) = ((canvas.x(row.start) - LEFT) / wide, (canvas.x(row.end) - LEFT) / wide);
        let place = legend.place(&row.key);
        for column in from as usize..=(to as usize).min(COLUMNS - 1) {
            let part = (to.min(column as f64 + 1.0) - from.max(column as f64)).max(1e-6);
            busy[column * colours + place] += part;
        }
    }
    let most = |column: &[f64]| {
        let best = column.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        best.filter(|(_, part)| **part > 0.0).map(|(place, _)| place)
    };
    let best: Vec<Option<usize>> = busy.chunks(colours.max(1)).map(most).collect();
    let mut at = 0;
    for run in best.chunk_by(|a, b| a == b) {
        if let Some(place) = run[0] {
            let (x, width, colour) = (LEFT + at as f64 * wide, run.len() as f64 * wide, legend.colour(place));
            canvas.put(format_args!(
                "<rect class=\"tasks\" x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{colour}\">"
            ));
            canvas.title(&legend.name(place));
            canvas.put(format_args!("</rect>\n"));
        }
        at += run.len();
    }
}
