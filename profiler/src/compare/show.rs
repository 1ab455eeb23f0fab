//! A comparison as an aligned table, and the words that the page shares with it.

use super::change::Change;
use super::compare::Comparison;
use super::keys::LISTED;
use std::fmt;

/// Lines of each list of keys.
const LINES: usize = 10;

/// A name and its cells: first, second, change, ratio.
pub(super) type Line = [String; 5];

pub(super) const HEAD: [&str; 5] = ["", "first", "second", "change", "ratio"];

pub(super) fn time_line(name: &str, time: &Change) -> Line {
    let by = time.by();
    let sign = if by < 0 { "-" } else { "+" };
    let by = if by == 0 { "0".to_string() } else { format!("{sign}{}", duration(by.unsigned_abs())) };
    [visible(name), duration(time.first), duration(time.second), by, ratio(time)]
}

/// A name on one line, in which nothing turns the line around or hides.
fn visible(name: &str) -> String {
    let letter = |letter: char| match letter {
        '\'' | '"' | '\\' => letter.to_string(),
        _ => letter.escape_debug().to_string(),
    };
    name.chars().map(letter).collect()
}

fn count_line(name: &str, count: &Change) -> Line {
    let by = if count.by() == 0 { "0".to_string() } else { format!("{:+}", count.by()) };
    [name.to_string(), count.first.to_string(), count.second.to_string(), by, ratio(count)]
}

fn ratio(change: &Change) -> String {
    change.ratio().map_or_else(|| "-".to_string(), |ratio| format!("{ratio:.2}"))
}

fn duration(nanos: u64) -> String {
    match nanos {
        0 => "0".to_string(),
        1..1_000_000 => format!("{:.1} µs", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}

impl Comparison {
    /// Where the time went.
    pub(super) fn totals(&self) -> Vec<Line> {
        vec![
            time_line("wall time", &self.wall),
            time_line("time of threads", &self.threads),
            time_line("  in tasks", &self.compute),
            time_line("  idle", &self.idle),
            time_line("transfers", &self.transfer),
            count_line("bytes transferred", &self.transferred),
        ]
    }

    /// The groups whose time changed most: time, and what else changed.
    pub(super) fn group_lines(&self) -> Vec<Line> {
        let lines = self.groups.iter().take(LISTED).flat_map(|group| {
            let more = [("  executions", group.executions), ("  failures", group.failures), ("  bytes", group.nbytes)];
            let more = more.into_iter().filter(|(_, change)| change.by() != 0);
            let more = more.map(|(name, change)| count_line(name, &change));
            std::iter::once(time_line(&group.name, &group.time)).chain(more).collect::<Vec<_>>()
        });
        lines.collect()
    }

    /// The keys of both, as far as their time changed.
    pub(super) fn key_lines(&self) -> Vec<Line> {
        let changed = self.keys.changes.iter().filter(|key| key.time.by() != 0);
        changed.map(|key| time_line(&key.key, &key.time)).collect()
    }

    /// How the tasks were matched, in words.
    pub(super) fn matched(&self) -> Vec<String> {
        let keys = &self.keys;
        let mut said = vec![format!(
            "{} keys ran in both, {} in the first alone, {} in the second alone.",
            keys.both, keys.only_first.count, keys.only_second.count
        )];
        if self.groups.len() > LISTED {
            said.push(format!("{} more groups, whose time changed less, are not shown.", self.groups.len() - LISTED));
        }
        let mut of = |change: &Change, why: &str| {
            if change.first > 0 || change.second > 0 {
                let (first, second) = (change.first, change.second);
                said.push(format!("{first} and {second} executions are compared by group only: {why}."));
            }
        };
        of(&keys.by_group, "their keys are their own alone, as of calls that were submitted without a token");
        of(&keys.forgotten, "the runs no longer keep them one by one");
        said
    }
}

/// Writes lines so that their cells stand below each other.
fn aligned(f: &mut fmt::Formatter<'_>, title: &str, lines: &[Line]) -> fmt::Result {
    let mut head = HEAD.map(str::to_string);
    head[0] = title.to_string();
    let all = || std::iter::once(&head).chain(lines);
    let widths: Vec<usize> =
        (0..5).map(|cell| all().map(|line| line[cell].chars().count()).max().unwrap_or_default()).collect();
    for line in all() {
        write!(f, "{:<width$}", line[0], width = widths[0])?;
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            write!(f, "  {cell:>width$}")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        aligned(f, "where the time went", &self.totals())?;
        writeln!(f)?;
        aligned(f, "group", &self.group_lines())?;
        writeln!(f)?;
        let mut keys = self.key_lines();
        keys.truncate(LINES);
        if !keys.is_empty() {
            aligned(f, "key", &keys)?;
            writeln!(f)?;
        }
        for (title, only) in
            [("in the first alone", &self.keys.only_first), ("in the second alone", &self.keys.only_second)]
        {
            for (key, time) in only.keys.iter().take(LINES) {
                writeln!(f, "{title}: {} ({})", visible(key), duration(*time))?;
            }
        }
        self.matched().iter().try_for_each(|said| writeln!(f, "{said}"))
    }
}
