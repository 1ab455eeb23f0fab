//! A page of SVG: texts, lines and colours.

use std::fmt::Write;

/// Colours of groups, to be told apart on light and on dark paper.
const COLORS: [&str; 12] = [
    "#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#3fa7a0", "#d8b12f", "#e377a2", "#9c755f", "#7f93d9", "#7fb03c",
    "#c8693a", "#5ab4dc",
];
/// The colour of everything else.
const OTHER: &str = "#8b929c";
/// What travels, what is lost, what is too much.
pub(super) const ALARM: &str = "#d9363e";

/// The colour of the group of this place.
pub(super) fn color(group: usize) -> &'static str {
    COLORS.get(group).copied().unwrap_or(OTHER)
}

/// How many groups have a colour of their own.
pub(super) const COLORED: usize = COLORS.len();

/// The colour of the curve of this place; they come round again.
pub(super) fn turn(place: usize) -> &'static str {
    COLORS[place % COLORS.len()]
}

const STYLE: &str = ".paper{fill:#fff}.ink{fill:#1b1f24}.faint{fill:#57606a}.lane{fill:#eef1f4}.grid{stroke:#d0d7de}\
     .axis{stroke:#6e7781}@media(prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{fill:#e6edf3}.faint{fill:#9aa4af}\
     .lane{fill:#1c232c}.grid{stroke:#30363d}.axis{stroke:#8b949e}}";

const FONTS: &str = "ui-sans-serif,system-ui,&quot;Segoe UI&quot;,Helvetica,Arial,&quot;DejaVu Sans&quot;,sans-serif";

/// Where a text stands to its point.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stand {
    Right,
    Middle,
    Left,
}

/// A page that is being written.
pub(super) struct Page {
    out: String,
}

impl Page {
    /// A page with a title and a line of remarks.
    pub(super) fn new(title: &str, remark: &str) -> Self {
        let mut page = Page { out: String::with_capacity(1 << 16) };
        page.add(format_args!("<text class=\"ink\" x=\"16\" y=\"24\" font-size=\"16\" font-weight=\"600\">"));
        page.escaped(title);
        page.add(format_args!("</text>\n"));
        page.text(16.0, 43.0, Stand::Right, "faint", remark);
        page
    }

    /// Writes as it is.
    pub(super) fn add(&mut self, what: std::fmt::Arguments) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(what);
    }

    /// Writes a text from users: without control characters, and with markup escaped.
    pub(super) fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '&' => self.out.push_str("&amp;"),
                '"' => self.out.push_str("&quot;"),
                '\u{fffe}' | '\u{ffff}' => {}
                c if c.is_control() => {}
                c => self.out.push(c),
            }
        }
    }

    /// A text that stands to the right or left of a point, or around it.
    pub(super) fn text(&mut self, x: f64, y: f64, stand: Stand, class: &str, text: &str) {
        let anchor = match stand {
            Stand::Right => "",
            Stand::Middle => " text-anchor=\"middle\"",
            Stand::Left => " text-anchor=\"end\"",
        };
        self.add(format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\"{anchor}>"));
        self.escaped(text);
        self.add(format_args!("</text>\n"));
    }

    /// A thin line.
    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.add(format_args!("<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>\n"));
    }

    /// Coloured squares with their names, from this height on; gives the height of the end.
    pub(super) fn legend<'a>(&mut self, width: f64, top: f64, entries: impl Iterator<Item = (&'a str, String)>) -> f64 {
        let (mut x, mut y) = (16.0, top);
        for (color, name) in entries {
            let name = shorten(&name);
            let wide = 26.0 + 6.7 * name.chars().count() as f64;
            if x > 16.0 && x + wide > width - 16.0 {
                (x, y) = (16.0, y + 18.0);
            }
            self.add(format_args!(
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"11\" height=\"11\" rx=\"2\" fill=\"{color}\"/>"
            ));
            self.text(x + 16.0, y + 10.0, Stand::Right, "ink", &name);
            x += wide;
        }
        y + 18.0
    }

    /// The whole file, of this size.
    pub(super) fn end(self, width: f64, height: f64) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"{FONTS}\" font-size=\"12\">\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{}</svg>\n",
            self.out
        )
    }
}

/// A name that is not too long for a legend: its middle is left out.
pub(super) fn shorten(name: &str) -> String {
    const MOST: usize = 28;
    let count = name.chars().count();
    if count <= MOST {
        return name.to_string();
    }
    let head: String = name.chars().take(MOST * 2 / 3).collect();
    let tail: String = name.chars().skip(count - MOST / 3).collect();
    format!("{head}…{tail}")
}
