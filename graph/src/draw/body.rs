//! The body of a node: its lines of text, and a shape that they fit in.
//!
//! Widths are estimated from the number of columns, for a font whose letters all have one width: no font is needed to lay a
//! picture out, and every viewer draws nearly the same.

use super::collapse::Item;
use super::text::{clean, columns, elide, thousands, wrap};
use super::{Color, Shape};

/// The height of the letters of a label, in pixels.
pub(super) const FONT: f64 = 13.0;
/// The height of the letters of a rank or a count.
pub(super) const SMALL_FONT: f64 = 10.0;
/// The width of a letter, as a part of its height.
pub(super) const ADVANCE: f64 = 0.61;
/// From line to line of a label.
pub(super) const LINE: f64 = 15.0;
/// The height of the line of the rank.
pub(super) const SMALL_LINE: f64 = 12.0;

/// The columns of a line in a circle.
const CIRCLE_COLUMNS: std::ops::RangeInclusive<usize> = 5..=14;
/// A label is broken where that shrinks its circle to this part.
const WORTH_BREAKING: f64 = 0.85;
/// The columns of a line in a box.
const BOX_COLUMNS: usize = 32;
/// The lines of a label.
const MAX_LINES: usize = 3;
/// The least radius of a circle.
const MIN_RADIUS: f64 = 22.0;
/// Between a circle and its text.
const CIRCLE_PAD: f64 = 5.0;
/// Between a box and its text, across and up.
const BOX_PAD: (f64, f64) = (9.0, 7.0);
/// The least width of a box.
const MIN_WIDTH: f64 = 34.0;

/// A node with its text in lines and its size.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) shape: Shape,
    pub(super) lines: Vec<String>,
    /// The rank, on a smaller last line.
    pub(super) note: Option<String>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Body {
    /// Measures an item.
    pub(super) fn new(item: &Item, color: Color) -> Self {
        let label = clean(&item.label);
        let note = match (color, item.ranks) {
            (Color::Order, Some((low, high))) => Some(rank_text(low, high)),
            _ => None,
        };
        match item.shape {
            Shape::Box => {
                let lines = fit(&label, BOX_COLUMNS);
                let text = text_width(&lines, note.as_deref());
                let width = (text + 2.0 * BOX_PAD.0).max(MIN_WIDTH);
                let height = text_height(&lines, note.as_deref()) + 2.0 * BOX_PAD.1;
                Self { shape: Shape::Box, lines, note, width, height }
            }
            Shape::Circle => {
                let lines = fit_circle(&label, note.as_deref());
                let size = 2.0 * radius(&lines, note.as_deref());
                Self { shape: Shape::Circle, lines, note, width: size, height: size }
            }
        }
    }

    /// The height of all the text.
    pub(super) fn text_height(&self) -> f64 {
        text_height(&self.lines, self.note.as_deref())
    }
}

/// One rank or a range of them.
fn rank_text(low: u32, high: u32) -> String {
    if low == high { low.to_string() } else { format!("{}–{}", thousands(low.into()), thousands(high.into())) }
}

/// The label in few lines of at most `limit` columns; what does not fit is left out of its middle.
fn fit(label: &str, limit: usize) -> Vec<String> {
    let whole = columns(label);
    let mut room = whole.min(limit * MAX_LINES);
    loop {
        let text = elide(label, room);
        let (lines, cut) = wrap(&text, limit);
        if lines.len() <= MAX_LINES || room <= limit {
            return if cut { lines } else { balance(&text, limit, lines) };
        }
        room = room.saturating_sub(1).max(limit);
    }
}

/// The same number of lines, each about as long as the others.
fn balance(text: &str, limit: usize, lines: Vec<String>) -> Vec<String> {
    if lines.len() < 2 {
        return lines;
    }
    let mut tries = (columns(text) / lines.len()..limit).map(|limit| wrap(text, limit));
    tries.find(|(found, cut)| !cut && found.len() == lines.len()).map_or(lines, |(found, _)| found)
}

/// The label in as few lines as make a small circle, without cutting words if that is possible.
fn fit_circle(label: &str, note: Option<&str>) -> Vec<String> {
    let mut best: Option<(f64, Vec<String>)> = None;
    let counted = label.contains(" × ");
    let least = columns(label).div_ceil(MAX_LINES);
    for limit in CIRCLE_COLUMNS.rev().filter(|&limit| limit >= least) {
        let (lines, cut) = wrap(label, limit);
        let size = radius(&lines, note);
        let better = best.as_ref().is_none_or(|(least, _)| size < *least * WORTH_BREAKING);
        let count_apart = !counted || lines.iter().any(|line| line.starts_with('×'));
        if !cut && count_apart && lines.len() <= MAX_LINES && better {
            best = Some((size, lines));
        }
    }
    best.map_or_else(|| fit(label, *CIRCLE_COLUMNS.end()), |(_, lines)| lines)
}

/// The width of a text in pixels.
pub(super) fn width_of(text: &str, font: f64) -> f64 {
    columns(text) as f64 * ADVANCE * font
}

fn text_width(lines: &[String], note: Option<&str>) -> f64 {
    let note = note.map_or(0.0, |note| width_of(note, SMALL_FONT));
    lines.iter().map(|line| width_of(line, FONT)).fold(note, f64::max)
}

fn text_height(lines: &[String], note: Option<&str>) -> f64 {
    lines.len() as f64 * LINE + note.map_or(0.0, |_| SMALL_LINE)
}

/// The radius of the circle around lines in a column: every corner of every line lies within.
fn radius(lines: &[String], note: Option<&str>) -> f64 {
    let top = -text_height(lines, note) / 2.0;
    let rows = lines.iter().map(|line| (width_of(line, FONT), LINE));
    let rows = rows.chain(note.map(|note| (width_of(note, SMALL_FONT), SMALL_LINE)));
    let mut least: f64 = 0.0;
    let mut y = top;
    for (width, height) in rows {
        // Letters fill about the middle two thirds of their line.
        let reach = (y + height / 6.0).abs().max((y + height * 5.0 / 6.0).abs());
        least = least.max((width / 2.0).hypot(reach));
        y += height;
    }
    (least + CIRCLE_PAD).max(MIN_RADIUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(label: &str, shape: Shape) -> Item {
        Item { label: label.to_owned(), shape, title: String::new(), ranks: Some((3, 1234)) }
    }

    #[test]
    fn text_fits_its_shape() {
        let labels = [
            "",
            "f",
            "add",
            "random_sample",
            "a_very_long_function_name_of_many_words",
            "日本語日本語日本語日本語",
            "('random_sample-0123456789abcdef0123456789abcdef', 0, 12)",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ];
        for label in labels {
            for color in [Color::None, Color::Order] {
                let body = Body::new(&item(label, Shape::Box), color);
                assert!(body.lines.iter().all(|line| width_of(line, FONT) <= body.width - 10.0), "{body:?}");
                assert!(body.text_height() <= body.height - 10.0, "{body:?}");
                let body = Body::new(&item(label, Shape::Circle), color);
                assert!(body.lines.iter().all(|line| width_of(line, FONT) <= body.width - 6.0), "{body:?}");
                assert!(body.lines.len() <= MAX_LINES && body.width <= 160.0, "{body:?}");
                assert_eq!(body.note.is_some(), color == Color::Order);
            }
        }
    }

    #[test]
    fn lines_are_about_as_long_as_each_other() {
        let body = Body::new(&item("100,000 tasks in 100,000 small groups", Shape::Box), Color::None);
        assert_eq!(body.lines, ["100,000 tasks in", "100,000 small groups"]);
    }

    #[test]
    fn a_long_key_keeps_both_ends() {
        let body = Body::new(
            &item(
                "('a-0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890', 7)",
                Shape::Box,
            ),
            Color::None,
        );
        let text = body.lines.concat();
        assert!(text.starts_with("('a-") && text.contains('…') && text.ends_with("7)"), "{text}");
    }
}
