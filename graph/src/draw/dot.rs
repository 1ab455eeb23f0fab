//! DOT: the sketch as text for Graphviz, which then lays it out itself.

use std::fmt::Write;

use super::collapse::Sketch;
use super::svg::tints;
use super::text::{clean, clean_lines, thousands};
use super::{Color, Shape};

/// Writes the sketch.
pub(super) fn write(sketch: &Sketch, color: Color) -> String {
    let mut out = String::with_capacity(100 * (sketch.items.len() + sketch.links.len()) + 100);
    out.push_str("digraph \"partita\" {\n  rankdir=BT;\n  node [fontname=\"DejaVu Sans Mono,monospace\"];\n");
    // Writing to a string cannot fail, here and below.
    for (index, (item, tint)) in sketch.items.iter().zip(tints(sketch, color)).enumerate() {
        let shape = match item.shape {
            Shape::Box => "box",
            Shape::Circle => "circle",
        };
        let _ = write!(out, "  \"n{index}\" [shape={shape}, label=");
        let mut label = clean(&item.label);
        if let (Color::Order, Some((low, high))) = (color, item.ranks) {
            let _ = if low == high { write!(label, "\n{low}") } else { write!(label, "\n{low}–{high}") };
        }
        quote(&mut out, &label);
        out.push_str(", tooltip=");
        quote(&mut out, &clean_lines(&item.title));
        if let Some(tint) = tint {
            let _ = write!(out, ", style=filled, fillcolor=\"{}\", fontcolor=\"{}\"", tint.fill, tint.ink);
        }
        out.push_str("];\n");
    }
    for link in &sketch.links {
        let _ = write!(out, "  \"n{}\" -> \"n{}\"", link.from, link.to);
        if link.count > 1 {
            let _ = write!(out, " [label=\"×{}\"]", thousands(link.count));
        }
        out.push_str(";\n");
    }
    out.push_str("}\n");
    out
}

/// Writes a text between quotes. Graphviz reads backslashes and entities even there.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fan, picture};
    use super::super::{DrawOptions, Format, Picture, render};
    use super::*;

    fn dot(picture: &Picture, color: Color) -> String {
        let options = DrawOptions { color, ..DrawOptions::default() };
        String::from_utf8(render(picture, Format::Dot, &options).unwrap()).unwrap()
    }

    #[test]
    fn a_small_graph_is_written_in_full() {
        let mut picture = picture(&["x", "sum"], &[(0, 1)]);
        picture.nodes[1].shape = Shape::Circle;
        assert_eq!(
            dot(&picture, Color::None),
            "digraph \"partita\" {\n  rankdir=BT;\n  node [fontname=\"DejaVu Sans Mono,monospace\"];\n  \
             \"n0\" [shape=box, label=\"x\", tooltip=\"x\"];\n  \
             \"n1\" [shape=circle, label=\"sum\", tooltip=\"sum\"];\n  \"n0\" -> \"n1\";\n}\n"
        );
    }

    #[test]
    fn quotes_backslashes_and_entities_stay_text() {
        let text = dot(&picture(&["a\"]; \\N &lt; \u{1b}[1m\nb"], &[]), Color::None);
        assert!(text.contains(r#"label="a\"]; \\N &amp;lt; b""#), "{text}");
        assert!(text.contains(r#"tooltip="a\"]; \\N &amp;lt; \nb""#), "{text}");
    }

    #[test]
    fn counts_and_ranks_are_written() {
        let mut picture = fan(1000);
        for (rank, node) in picture.nodes.iter_mut().enumerate() {
            node.rank = Some(rank as u32);
        }
        let text = dot(&picture, Color::Order);
        assert!(text.contains("load × 1,000\\n0–999") && text.contains("[label=\"×1,000\"]"), "{text}");
        assert!(text.contains("fillcolor=\"#440154\""), "{text}");
    }
}
