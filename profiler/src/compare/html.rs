//! A comparison as a page of its own.

use super::compare::Comparison;
use super::keys::Only;
use super::show::{HEAD, Line};
use crate::export::{ExportError, replace};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 14px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid #8884; font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left; white-space: pre-wrap; overflow-wrap: anywhere }
";

impl Comparison {
    /// Writes the comparison as one HTML file that needs nothing else: no script, no network.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn to_html(&self, path: impl AsRef<Path>) -> Result<(), ExportError> {
        replace(path.as_ref(), |file| file.write_all(self.html().as_bytes()))
    }

    /// The page that [`Comparison::to_html`] writes.
    pub fn html(&self) -> String {
        let mut page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>Two runs</title><style>{STYLE}</style>\
             </head><body><h1>Two runs</h1>"
        );
        table(&mut page, "Where the time went", &self.totals());
        table(&mut page, "Groups", &self.group_lines());
        table(&mut page, "Keys that ran in both", &self.key_lines());
        only(&mut page, "In the first alone", &self.keys.only_first);
        only(&mut page, "In the second alone", &self.keys.only_second);
        for said in self.matched() {
            // Writing to a string does not fail.
            write!(page, "<p>{}</p>", escaped(&said)).ok();
        }
        page.push_str("</body></html>\n");
        page
    }
}

fn table(page: &mut String, title: &str, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    write!(page, "<h2>{}</h2><table><tr>", escaped(title)).ok();
    page.push_str(&HEAD.map(|cell| format!("<th>{cell}</th>")).concat());
    page.push_str("</tr>");
    for line in lines {
        page.push_str("<tr>");
        line.iter().for_each(|cell| page.push_str(&format!("<td>{}</td>", escaped(cell))));
        page.push_str("</tr>");
    }
    page.push_str("</table>");
}

fn only(page: &mut String, title: &str, only: &Only) {
    if only.count == 0 {
        return;
    }
    write!(page, "<h2>{title}</h2><table><tr><th>key</th><th>milliseconds</th></tr>").ok();
    for (key, time) in &only.keys {
        write!(page, "<tr><td>{}</td><td>{:.3}</td></tr>", escaped(key), *time as f64 / 1e6).ok();
    }
    page.push_str("</table>");
}

/// Text as it stands in HTML, also within quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
