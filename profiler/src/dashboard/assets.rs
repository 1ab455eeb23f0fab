//! The files of the pages, compiled in: there is no file system behind any path.

use crate::assets::{MODULES, STYLE, UPLOT, UPLOT_STYLE};

const SCRIPT: &str = "text/javascript; charset=utf-8";
const SHEET: &str = "text/css; charset=utf-8";

/// The page that all pages are; a script fills it.
pub(super) const SHELL: &str = include_str!("../../assets/shell.html");

/// Names, kinds and texts.
macro_rules! files {
    ($($kind:ident $name:literal),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../../assets/", $name)))),*]
    };
}

const PICTURE: &str = "image/svg+xml";

/// The files that only the dashboard has.
const OWN: &[(&str, &str, &str)] = files![
    PICTURE "icon.svg", SHEET "dashboard.css", SCRIPT "theme.js", SCRIPT "shell.js", SCRIPT "pages/parts.js", SCRIPT "pages/status.js",
    SCRIPT "pages/workers.js", SCRIPT "pages/tasks.js", SCRIPT "pages/graph.js", SCRIPT "pages/system.js", SCRIPT "pages/profile.js",
    SCRIPT "pages/groups.js", SCRIPT "pages/events.js", SCRIPT "pages/task.js", SCRIPT "pages/logs.js",
];

/// A file's kind and text.
pub(super) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "partita.css" => return Some((SHEET, STYLE)),
        "uplot/uPlot.min.css" => return Some((SHEET, UPLOT_STYLE)),
        "uplot/uPlot.iife.min.js" => return Some((SCRIPT, UPLOT)),
        _ => {}
    }
    let shared = MODULES.iter().map(|module| (module.name, SCRIPT, module.text));
    OWN.iter().copied().chain(shared).find(|(known, ..)| *known == name).map(|(_, kind, text)| (kind, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_ask_for_is_there_and_nothing_else_is() {
        let files = OWN.iter().map(|(.., text)| *text).chain([SHELL]).chain(MODULES.iter().map(|module| module.text));
        for text in files {
            for wanted in text.split('"').skip(1).step_by(2) {
                let name = wanted.strip_prefix("assets/").or_else(|| wanted.strip_prefix("../")).unwrap_or_default();
                assert!(name.is_empty() || name.ends_with('/') || find(name).is_some(), "{wanted}");
            }
            for forbidden in
                ["http://evil", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
            {
                assert!(!text.contains(forbidden), "{forbidden} is in a file of the pages");
            }
        }
        for name in ["", "../lib.rs", "shell.html", "pages/", "/etc/passwd", "shell.js/"] {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
