//! The canvas: SVG written piece by piece, with one scale of time.

use super::axis::{self, Unit};
use super::{LEFT, RIGHT, WIDTH};
use partita_graph::draw::{clean, elide, escape_xml};
use std::fmt::Write;
use std::time::Duration;

/// Text, lines, and the ground of a plot.
const INK: &str = "#1f2937";
const FAINT: &str = "#6b7280";
const GRID: &str = "#e5e7eb";
const GROUND: &str = "#fafbfc";

/// An SVG that is being written.
pub(super) struct Canvas {
    out: String,
    first: Duration,
    /// Seconds that are shown, and their unit.
    seconds: f64,
    unit: Unit,
}

/// Where a text stands to its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    /// A canvas for the time between two moments.
    pub(super) fn new(first: Duration, last: Duration) -> Self {
        let seconds = last.saturating_sub(first).as_secs_f64().max(1e-6);
        Canvas { out: String::new(), first, seconds, unit: axis::of_time(seconds) }
    }

    /// Where a moment is, across.
    pub(super) fn x(&self, time: Duration) -> f64 {
        LEFT + (RIGHT - LEFT) * (time.saturating_sub(self.first).as_secs_f64() / self.seconds).min(1.0)
    }

    /// The last moment that is shown.
    pub(super) fn last(&self) -> Duration {
        self.first + Duration::from_secs_f64(self.seconds)
    }

    /// Text of this size, on a line.
    pub(super) fn text(&mut self, (x, y): (f64, f64), size: f64, anchor: Anchor, faint: bool, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let fill = if faint { FAINT } else { INK };
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\">"
        ));
        escape_xml(&mut self.out, text);
        self.out.push_str("</text>\n");
    }

    /// A name of a user's, cut to so many columns.
    pub(super) fn name(&mut self, place: (f64, f64), size: f64, anchor: Anchor, name: &str, columns: usize) {
        let text = elide(&clean(name), columns);
        self.text(place, size, anchor, false, &text);
    }

    /// What stands above a plot whose top is here.
    pub(super) fn heading(&mut self, top: f64, text: &str) {
        self.put(format_args!(
            "<text x=\"{LEFT}\" y=\"{:.1}\" font-size=\"14\" font-weight=\"bold\" fill=\"{INK}\">{text}</text>\n",
            top - 12.0
        ));
    }

    /// The ground of a plot, with lines and labels of time; the last one says the unit.
    pub(super) fn ground(&mut self, top: f64, height: f64) {
        let width = RIGHT - LEFT;
        self.put(format_args!(
            "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width}\" height=\"{height:.1}\" fill=\"{GROUND}\" stroke=\"{GRID}\"/>\n"
        ));
        let bottom = top + height;
        let shown = self.seconds / self.unit.size;
        for tick in axis::ticks(shown, 8).into_iter().filter(|tick| *tick <= shown * 1.0001) {
            let x = LEFT + width * tick / shown;
            self.put(format_args!("<path d=\"M{x:.1} {top:.1}V{:.1}\" stroke=\"{GRID}\"/>\n", bottom + 4.0));
            let label = format!("{} {}", axis::number(tick), self.unit.sign);
            self.text((x, bottom + 17.0), 11.0, Anchor::Middle, true, &label);
        }
    }

    /// Lines and labels of values up to `most`, in a plot; gives the value at its top.
    pub(super) fn scale(&mut self, top: f64, height: f64, most: f64, unit: Unit) -> f64 {
        let ticks = axis::ticks(most / unit.size, if height < 90.0 { 2 } else { 4 });
        let highest = ticks.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
        for tick in ticks {
            let y = top + height * (1.0 - tick / highest);
            self.put(format_args!("<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"{GRID}\"/>\n"));
            let label = format!("{} {}", axis::number(tick), unit.sign);
            self.text((LEFT - 8.0, y + 4.0), 11.0, Anchor::End, true, label.trim_end());
        }
        highest * unit.size
    }

    /// Writes a piece of SVG.
    pub(super) fn put(&mut self, piece: std::fmt::Arguments<'_>) {
        // Writing into a text never fails.
        let _ = self.out.write_fmt(piece);
    }

    /// A tooltip.
    pub(super) fn title(&mut self, text: &str) {
        self.out.push_str("<title>");
        for (at, line) in text.lines().enumerate() {
            if at > 0 {
                self.out.push('\n');
            }
            escape_xml(&mut self.out, &clean(line));
        }
        self.out.push_str("</title>");
    }

    /// The whole SVG.
    pub(super) fn finish(self, height: f64) -> String {
        let mut out = String::with_capacity(self.out.len() + 512);
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.1}\" \
             viewBox=\"0 0 {WIDTH} {height:.1}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" role=\"img\" \
             aria-label=\"Profile\">\n<rect width=\"{WIDTH}\" height=\"{height:.1}\" fill=\"#ffffff\"/>\n"
        );
        out.push_str(&self.out);
        out.push_str("</svg>\n");
        out
    }
}

/// How long something took, for people.
pub(super) fn took(time: Duration) -> String {
    let unit = axis::of_time(time.as_secs_f64());
    format!("{:.3} {}", time.as_secs_f64() / unit.size, unit.sign)
}
