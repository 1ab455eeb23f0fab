//! The plots of resources: cores that were busy, and memory, of the process and of the machine.

use super::axis::{Unit, of_bytes};
use super::canvas::{Anchor, Canvas};
use super::{GAP, RIGHT};
use crate::local::ResourceRow;
use std::fmt::Write;

/// Heights of the plots.
const TALL: f64 = 110.0;
const LOW: f64 = 70.0;
/// Points of a line that can be told apart; of more, the highest of each stretch is drawn.
const POINTS: usize = 880;

/// The process, and the machine.
const PROCESS: &str = "#2563eb";
const MACHINE: &str = "#94a3b8";

/// A line: its name, its colour, and its value in a row.
type Series = (&'static str, &'static str, fn(&ResourceRow) -> f64);

/// Draws the plots, and gives where the next one begins.
pub(super) fn plot(canvas: &mut Canvas, rows: &[ResourceRow], top: f64) -> f64 {
    let highest = |value: fn(&ResourceRow) -> f64| rows.iter().map(value).fold(0.0, f64::max);
    let cores: [Series; 2] =
        [("machine", MACHINE, |row| f64::from(row.machine_cpu)), ("process", PROCESS, |row| f64::from(row.cpu))];
    let most = highest(cores[0].2).max(highest(cores[1].2)).max(1.0);
    let unit = Unit { size: 1.0, sign: "cores" };
    let top = lines(canvas, (top, TALL), "CPU: busy cores", (most, unit), rows, &cores);
    let own: [Series; 1] = [("process", PROCESS, |row| row.memory as f64)];
    let most = highest(own[0].2);
    let top = lines(canvas, (top, TALL), "Memory of the process", (most, of_bytes(most)), rows, &own);
    let all: [Series; 1] = [("machine", MACHINE, |row| row.machine_memory as f64)];
    let most = highest(|row| row.machine_total as f64);
    lines(canvas, (top, LOW), "Memory of the machine", (most, of_bytes(most)), rows, &all)
}

/// Draws one plot, and gives where the next one begins.
fn lines(
    canvas: &mut Canvas,
    (top, height): (f64, f64),
    heading: &str,
    (most, unit): (f64, Unit),
    rows: &[ResourceRow],
    series: &[Series],
) -> f64 {
    canvas.heading(top, heading);
    canvas.ground(top, height);
    let highest = canvas.scale(top, height, most, unit);
    for (at, (name, colour, value)) in series.iter().enumerate() {
        let mut path = String::new();
        let (mut ends, mut letter) = ((0.0, 0.0), 'M');
        for stretch in rows.chunks(rows.len().div_ceil(POINTS).max(1)) {
            let Some(row) = stretch.iter().max_by(|a, b| value(a).total_cmp(&value(b))) else { continue };
            let (x, y) = (canvas.x(row.time), top + height * (1.0 - (value(row) / highest).clamp(0.0, 1.0)));
            // Writing into a text never fails.
            let _ = write!(path, "{letter}{x:.1} {y:.1}");
            ends = if letter == 'M' { (x, x) } else { (ends.0, x) };
            letter = 'L';
        }
        if !path.is_empty() {
            let bottom = top + height;
            canvas.put(format_args!(
                "<path d=\"{path}L{:.1} {bottom:.1}L{:.1} {bottom:.1}Z\" fill=\"{colour}\" fill-opacity=\"0.12\"/>\n",
                ends.1, ends.0
            ));
            canvas.put(format_args!(
                "<path class=\"line\" d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" \
                 stroke-linejoin=\"round\"/>\n"
            ));
        }
        // A line alone is what the heading says.
        if series.len() > 1 {
            let (x, y) = (RIGHT - 100.0 * (series.len() - at) as f64, top - 16.0);
            canvas.put(format_args!("<path d=\"M{x:.1} {y:.1}h14\" stroke=\"{colour}\" stroke-width=\"3\"/>\n"));
            canvas.text((x + 20.0, y + 4.0), 12.0, Anchor::Start, false, name);
        }
    }
    top + height + GAP
}
