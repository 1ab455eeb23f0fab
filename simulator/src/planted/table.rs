//! What was found of planted bugs, as a table.

use super::hunt::Hunt;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Characters of what was found that are shown.
const SHOWN: usize = 100;

/// The bugs with the seeds that it took to find them and the invariant that told, as a table in Markdown.
pub fn table(hunts: &[Hunt]) -> String {
    let mut text = String::from(
        "| | bug | what is wrong | seeds | events | told by | first words |\n|---|---|---|--:|--:|---|---|\n",
    );
    for hunt in hunts {
        let (id, words) = match &hunt.found {
            Some(found) => (found.id, first_words(&found.text)),
            None => ("not found", String::new()),
        };
        let (number, what) = (hunt.bug.regression(), hunt.bug.text());
        let (bug, seeds, events) = (hunt.bug, hunt.seeds, hunt.events);
        let _ = writeln!(text, "| {number} | {bug:?} | {what} | {seeds} | {events} | {id} | {words} |");
    }
    let _ = writeln!(text, "\n{}", sum(hunts));
    text
}

/// The first line, cut where it is too long.
fn first_words(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().replace('|', "/");
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn sum(hunts: &[Hunt]) -> String {
    let within = |most: u64| hunts.iter().filter(|hunt| hunt.found.is_some() && hunt.seeds <= most).count();
    let numbers: BTreeSet<_> =
        hunts.iter().filter(|hunt| hunt.found.is_some()).map(|hunt| hunt.bug.regression()).collect();
    let numbers = numbers.iter().filter(|number| number.starts_with('R')).count();
    format!(
        "{} of {} bugs found, of {numbers} regressions: {} by 1 seed, {} within 10, {} within 100, {} within 1,000.",
        within(u64::MAX),
        hunts.len(),
        within(1),
        within(10),
        within(100),
        within(1_000),
    )
}
