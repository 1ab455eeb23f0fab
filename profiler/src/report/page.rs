//! The page of a report: the data as JSON that nothing in it can break out of, and all that shows it, in one file.

use super::data::Report;
use crate::assets::{MODULES, STYLE, UPLOT, UPLOT_LICENCE, UPLOT_STYLE};
use serde_json::Value;
use std::io::{self, Write};

/// What shows the data.
const SCRIPT: &str = include_str!("../../assets/report.js");

/// Nothing is loaded, from anywhere; scripts and styles are those of the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Bytes of the data; with all that shows it the page is below 5 MB.
const MOST: usize = 4_700_000;

/// Letters of names and errors, fewer and fewer, if the data would be larger.
const CUTS: [usize; 5] = [1_000, 300, 100, 40, 15];

impl Report {
    /// Writes the report as one page of HTML.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_html(&self, out: &mut impl Write) -> io::Result<()> {
        let title = escape(&self.title);
        writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">")?;
        writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
        writeln!(out, "<title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">")?;
        writeln!(out, "<style>{UPLOT_STYLE}\n{STYLE}</style>\n</head>\n<body>")?;
        writeln!(
            out,
            "<noscript><p>This report is drawn by a script, which this browser does not run.</p></noscript>"
        )?;
        writeln!(out, "<script type=\"application/json\" id=\"data\">{}</script>", self.json()?)?;
        writeln!(out, "<script>/* uPlot\n{}*/\n{UPLOT}</script>", UPLOT_LICENCE.replace("*/", "* /"))?;
        writeln!(out, "<script type=\"module\">")?;
        for module in MODULES {
            inline(module.text, out)?;
        }
        inline(SCRIPT, out)?;
        writeln!(out, "</script>\n</body>\n</html>")
    }

    /// The data of the report as JSON that may stand in a page. If long names and errors would make the page too large, they
    /// are cut in their middles.
    ///
    /// # Errors
    /// None but those of the library for JSON.
    pub fn json(&self) -> io::Result<String> {
        let json = harmless(&serde_json::to_string(self)?);
        if json.len() <= MOST {
            return Ok(json);
        }
        let mut data = serde_json::to_value(self)?;
        for letters in CUTS {
            cut(&mut data, letters);
            let json = harmless(&serde_json::to_string(&data)?);
            if json.len() <= MOST {
                return Ok(json);
            }
        }
        Ok(harmless(&serde_json::to_string(&data)?))
    }
}

/// Cuts texts that have more letters.
fn cut(data: &mut Value, letters: usize) {
    match data {
        Value::String(text) if text.len() > letters => {
            let (end, count) = (letters * 2 / 5, text.chars().count());
            if count > letters {
                // Names differ at their ends.
                let begin = text.chars().take(letters - end).chain(['\u{2026}']);
                *text = begin.chain(text.chars().skip(count - end)).collect();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| cut(value, letters)),
        Value::Object(fields) => fields.values_mut().for_each(|value| cut(value, letters)),
        _ => {}
    }
}

/// JSON that can neither end the element that it stands in nor a line of a script.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text as it may stand in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Writes a module into the one script of the page: all names are in one scope, so that nothing is imported or exported.
fn inline(module: &str, out: &mut impl Write) -> io::Result<()> {
    for line in module.lines().filter(|line| !line.starts_with("import ")) {
        writeln!(out, "{}", line.strip_prefix("export ").unwrap_or(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;
    use crate::view::testing::Script;
    use std::collections::BTreeSet;

    fn page(run: &Run, title: &str) -> String {
        let mut page = Vec::new();
        Report::of(run, title).write_html(&mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    /// Names of functions and constants at the top of a module, which the others see when all are in one script.
    fn names(module: &str) -> Vec<String> {
        let words = ["const ", "let ", "function ", "async function ", "class "];
        let lines = module.lines().map(|line| line.strip_prefix("export ").unwrap_or(line));
        let named = lines.filter_map(|line| words.iter().find_map(|word| line.strip_prefix(word)));
        let name = |rest: &str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_string();
        named
            .flat_map(|rest| rest.split(" = ").next().unwrap_or(rest).split(", ").map(name).take(1).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn modules_can_be_one_script() {
        let (mut all, mut seen) = (BTreeSet::new(), Vec::new());
        for (file, text) in MODULES.iter().map(|module| (module.name, module.text)).chain([("report.js", SCRIPT)]) {
            for name in names(text) {
                assert!(all.insert(name.clone()), "{file}: `{name}` is the name of something in another module");
            }
            for line in text.lines().filter(|line| line.contains("import")).filter(|line| !line.starts_with("//")) {
                let (_, from) = line.split_once(" from \"./").unwrap_or_else(|| panic!("{file}: {line}"));
                let from = from.trim_end_matches("\";");
                assert!(seen.contains(&from), "{file} imports {from}, which does not stand before it");
                assert!(line.starts_with("import ") && !line.contains(" as "), "{file}: {line}");
            }
            assert!(!text.contains("innerHTML") && !text.contains("</script"), "{file}");
            seen.push(file);
        }
    }

    #[test]
    fn nothing_is_asked_of_any_network() {
        let page = page(&Run::default(), "empty");
        let shown = page.replace("http://www.w3.org/2000/svg", "").replace("https://github.com/leeoniya/uPlot", "");
        for word in ["http:", "https:", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket"] {
            let word_at = shown.find(word).map(|at| &shown[at.saturating_sub(60)..(at + 60).min(shown.len())]);
            assert_eq!(word_at, None, "{word}");
        }
    }

    #[test]
    fn hostile_names_stay_data() {
        let hostile = "</script><script>alert(1)</script><!--\u{2028}\u{2029}\"'`${x}&lt;";
        let mut script = Script::new(1);
        script.ran(hostile, 0, (0, 10), true);
        script.failed(5, 0, hostile);
        let page = page(&script.run(), hostile);
        assert_eq!(page.matches("<script").count(), 3, "the data, uPlot and ours");
        assert_eq!(page.matches("</script").count(), 3);
        assert!(!page.contains("<!--"));
        let start = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
        let data = &page[start..start + page[start..].find("</script>").unwrap()];
        assert!(!data.contains('<') && !data.contains('\u{2028}') && !data.contains('\u{2029}'));
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["title"], hostile);
        assert_eq!(data["stream"]["groups"][0], hostile);
        assert_eq!(data["failures"]["lines"][0]["error"], hostile);
    }
}
