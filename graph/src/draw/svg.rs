//! SVG: the scene as text, with nothing in it that could run or be fetched.

use std::fmt::Write;

use super::body::{Body, FONT, LINE, SMALL_FONT, SMALL_LINE, width_of};
use super::collapse::{Item, Sketch};
use super::layout::{ARROW, Piece, Point, Scene};
use super::ramp::{self, Tint};
use super::text::{clean_lines, escape_xml};
use super::{Color, Shape};

/// The fonts asked for, the surest last.
const FONTS: &str = "&quot;DejaVu Sans Mono&quot;,Menlo,Consolas,&quot;Liberation Mono&quot;,monospace";
/// From the middle of a line to the foot of its letters, as a part of their height.
const FOOT: f64 = 0.35;
/// The half width of an arrow head.
const HEAD: f64 = 3.4;

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// All.
    Full,
    /// No tooltips: pixels have none.
    #[cfg_attr(not(feature = "png"), expect(dead_code, reason = "only PNG asks for it"))]
    NoTitles,
}

/// Writes the scene.
pub(super) fn write(sketch: &Sketch, scene: &Scene, color: Color, detail: Detail) -> String {
    let mut out = String::with_capacity(300 * (sketch.items.len() + sketch.links.len()) + 1000);
    let (width, height) = (scene.width.ceil(), scene.height.ceil());
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONTS}\" font-size=\"{FONT}\" text-anchor=\"middle\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n",
        ramp::PAPER
    );
    edges(&mut out, scene);
    let tints = tints(sketch, color);
    let _ = writeln!(out, "<g stroke=\"{}\" stroke-width=\"1.2\">", ramp::OUTLINE);
    for (index, item) in sketch.items.iter().enumerate() {
        node(&mut out, item, &scene.bodies[index], scene.centers[index], tints[index].as_ref(), detail);
    }
    out.push_str("</g>\n");
    counts(&mut out, scene);
    out.push_str("</svg>\n");
    out
}

/// The fill of each item under the order, from the first rank there is to the last.
pub(super) fn tints(sketch: &Sketch, color: Color) -> Vec<Option<Tint>> {
    let lows = || sketch.items.iter().filter_map(|item| item.ranks.map(|ranks| ranks.0));
    let (Some(first), Some(last), Color::Order) = (lows().min(), lows().max(), color) else {
        return vec![None; sketch.items.len()];
    };
    let range = f64::from((last - first).max(1));
    let tint = |(low, _): (u32, u32)| ramp::tint(f64::from(low - first) / range);
    sketch.items.iter().map(|item| item.ranks.map(tint)).collect()
}

/// The lines of all edges, then all their heads.
fn edges(out: &mut String, scene: &Scene) {
    if scene.routes.is_empty() {
        return;
    }
    let _ = writeln!(out, "<g fill=\"none\" stroke=\"{}\" stroke-width=\"1.2\">", ramp::EDGE);
    for route in &scene.routes {
        out.push_str("<path d=\"M");
        point(out, route.start);
        for piece in &route.pieces {
            match *piece {
                Piece::Line(end) => {
                    out.push('L');
                    point(out, end);
                }
                Piece::Curve(a, b, end) => {
                    out.push('C');
                    point(out, a);
                    out.push(' ');
                    point(out, b);
                    out.push(' ');
                    point(out, end);
                }
            }
        }
        out.push_str("\"/>\n");
    }
    let _ = write!(out, "</g>\n<path fill=\"{}\" d=\"", ramp::EDGE);
    for route in &scene.routes {
        let back = route.pieces.last().map_or(route.start, Piece::end);
        let along = ((route.tip.0 - back.0) / ARROW, (route.tip.1 - back.1) / ARROW);
        out.push('M');
        point(out, route.tip);
        out.push('L');
        point(out, (back.0 - HEAD * along.1, back.1 + HEAD * along.0));
        out.push('L');
        point(out, (back.0 + HEAD * along.1, back.1 - HEAD * along.0));
        out.push_str("Z\n");
    }
    out.push_str("\"/>\n");
}

/// One node with its tooltip and texts.
fn node(out: &mut String, item: &Item, body: &Body, center: Point, tint: Option<&Tint>, detail: Detail) {
    out.push_str("<g>");
    if detail == Detail::Full {
        out.push_str("<title>");
        escape_xml(out, &clean_lines(&item.title));
        out.push_str("</title>");
    }
    let fill = |plain| tint.map_or(plain, |tint| tint.fill.as_str());
    let (x, y) = center;
    let (w, h) = (body.width, body.height);
    let _ = match body.shape {
        Shape::Box => write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"3\" fill=\"{}\"/>",
            x - w / 2.0,
            y - h / 2.0,
            fill(ramp::BOX_FILL)
        ),
        Shape::Circle => {
            let fill = fill(ramp::CIRCLE_FILL);
            write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\" fill=\"{fill}\"/>", w / 2.0)
        }
    };
    texts(out, body, center, tint);
    out.push_str("</g>\n");
}

/// The lines of a node.
fn texts(out: &mut String, body: &Body, (x, y): Point, tint: Option<&Tint>) {
    let ink = tint.map_or(ramp::INK, |tint| tint.ink);
    let mut top = y - body.text_height() / 2.0;
    for line in body.lines.iter().filter(|line| !line.is_empty()) {
        let foot = top + LINE / 2.0 + FOOT * FONT;
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{foot:.1}\" stroke=\"none\" fill=\"{ink}\">");
        escape_xml(out, line);
        out.push_str("</text>");
        top += LINE;
    }
    if let Some(note) = &body.note {
        let foot = y + body.text_height() / 2.0 - SMALL_LINE / 2.0 + FOOT * SMALL_FONT;
        let ink = tint.map_or(ramp::FAINT_INK, |tint| tint.ink);
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{foot:.1}\" font-size=\"{SMALL_FONT}\" stroke=\"none\" fill=\"{ink}\">{note}</text>"
        );
    }
}

/// The counts on merged edges, each on a piece of paper that covers the line.
fn counts(out: &mut String, scene: &Scene) {
    if scene.counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "<g font-size=\"{SMALL_FONT}\" fill=\"{}\">", ramp::FAINT_INK);
    for ((x, y), text) in &scene.counts {
        let (w, h) = (width_of(text, SMALL_FONT) + 2.0, SMALL_FONT + 2.0);
        let (left, top, foot) = (x - w / 2.0, y - h / 2.0, y + FOOT * SMALL_FONT);
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{}\"/>\
             <text x=\"{x:.1}\" y=\"{foot:.1}\">{text}</text>",
            ramp::PAPER
        );
    }
    out.push_str("</g>\n");
}

fn point(out: &mut String, (x, y): Point) {
    number(out, x);
    out.push(' ');
    number(out, y);
}

/// Writes a length to a tenth of a pixel. A big picture has millions of them, and this is ten times as fast as `{:.1}`.
fn number(out: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    if tenths < 0 {
        out.push('-');
    }
    let mut digits = [b'0'; 20];
    let mut rest = tenths.unsigned_abs();
    let mut at = digits.len();
    while rest > 0 || at > digits.len() - 2 {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let (whole, tenth) = digits[at..].split_at(digits.len() - at - 1);
    out.extend(whole.iter().map(|&digit| digit as char));
    if tenth != b"0" {
        out.push('.');
        out.extend(tenth.iter().map(|&digit| digit as char));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{fan, layered, picture};
    use super::super::{DrawOptions, Format, Picture, render};
    use super::*;

    fn svg(picture: &Picture, color: Color) -> String {
        let options = DrawOptions { color, ..DrawOptions::default() };
        String::from_utf8(render(picture, Format::Svg, &options).unwrap()).unwrap()
    }

    #[test]
    fn labels_of_users_do_no_harm() {
        let mut picture = picture(&["<script>alert('x')</script>", "\u{1b}[31mred\u{0}", "a&b\"]]>"], &[(0, 1)]);
        picture.nodes[1].title = "</title><script>\u{8}\nnext line".to_owned();
        let text = svg(&picture, Color::None);
        assert!(!text.contains("<script") && text.contains("&lt;/title&gt;&lt;script&gt;\nnext line"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(text.contains(">red</text>") && text.contains("a&amp;b&quot;]]&gt;"), "{text}");
    }

    #[test]
    fn the_root_has_a_size_and_a_white_ground() {
        let text = svg(&picture(&["x"], &[]), Color::None);
        for words in ["width=\"", "height=\"", "viewBox=\"0 0 ", "fill=\"#ffffff\"", "monospace", "<title>x</title>"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }

    #[test]
    fn tags_are_closed_in_turn() {
        for picture in [layered(4, 10, 2), fan(1000), Picture::default()] {
            let text = svg(&picture, Color::Order);
            let mut open = Vec::new();
            for tag in text.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0) {
                if let Some(name) = tag.strip_prefix('/') {
                    assert_eq!(open.pop(), Some(name));
                } else if !tag.ends_with('/') {
                    open.push(tag.split([' ', '\n']).next().unwrap());
                }
            }
            assert!(open.is_empty());
        }
    }

    #[test]
    fn the_order_shows_in_colours_and_numbers() {
        let mut picture = picture(&["a", "b", "c"], &[(0, 1)]);
        picture.nodes[0].rank = Some(10);
        picture.nodes[1].rank = Some(20);
        let text = svg(&picture, Color::Order);
        for words in ["#440154", "#fde725", ">10</text>", ">20</text>", ramp::BOX_FILL] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!svg(&picture, Color::None).contains("#440154"));
    }

    #[test]
    fn lengths_are_written_to_a_tenth() {
        for (value, text) in
            [(0.0, "0"), (0.04, "0"), (-0.04, "0"), (12.34, "12.3"), (-7.06, "-7.1"), (123_456.0, "123456")]
        {
            let mut out = String::new();
            number(&mut out, value);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn merged_edges_have_their_count() {
        assert!(svg(&fan(1000), Color::None).contains(">×1,000</text>"));
    }
}
