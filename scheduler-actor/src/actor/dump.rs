//! What is left of a scheduler that found itself wrong: a file with what it was told last and what it knew.

use crate::machine::Scheduler;
use partita_protocol::Time;
use partita_protocol::scheduler::Event;
use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many events are kept.
const EVENTS: usize = 200;

/// How many bytes of an event are kept.
const EVENT_BYTES: usize = 4 << 10;

/// How many bytes of what the machine knows are written.
const MACHINE_BYTES: usize = 16 << 20;

/// Files that this process has written.
static FILES: AtomicU64 = AtomicU64::new(0);

/// What the machine was told last, oldest first.
#[derive(Default)]
pub(super) struct Told(VecDeque<String>);

impl Told {
    /// The machine is about to be told this.
    pub(super) fn note(&mut self, now: Time, event: &Event) {
        if self.0.len() == EVENTS {
            self.0.pop_front();
        }
        self.0.push_back(bounded(EVENT_BYTES, format_args!("{} ns: {event:?}", now.0)));
    }

    /// Writes all that is known of a broken invariant into a file of its own; says where it is.
    pub(super) fn write(&self, folder: &Path, violation: &dyn fmt::Display, machine: &Scheduler) -> String {
        match self.try_write(folder, violation, machine) {
            Ok(path) => format!("what it was told before, and what it knew, is in `{}`", path.display()),
            Err(error) => format!("what it was told before could not be written into `{}`: {error}", folder.display()),
        }
    }

    fn try_write(&self, folder: &Path, violation: &dyn fmt::Display, machine: &Scheduler) -> io::Result<PathBuf> {
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("partita-dump-{}-{number}.txt", std::process::id()));
        // Only for its owner, and never through a link that somebody else has put there.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        writeln!(file, "{violation}\n\nThe last {} events, oldest first:\n", self.0.len())?;
        for event in &self.0 {
            writeln!(file, "{event}")?;
        }
        writeln!(file, "\nThe scheduler:\n\n{}", bounded(MACHINE_BYTES, format_args!("{machine:#?}")))?;
        Ok(path)
    }
}

/// A text that ends when it becomes too long.
struct Bounded(String, usize);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = self.1 - self.0.len();
        let end = text.floor_char_boundary(left);
        self.0.push_str(&text[..end]);
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// What would be written, up to so many bytes.
fn bounded(bytes: usize, arguments: fmt::Arguments<'_>) -> String {
    let mut text = Bounded(String::new(), bytes);
    if text.write_fmt(arguments).is_err() {
        text.0.push('…');
    }
    text.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_in_time() {
        assert_eq!(bounded(4, format_args!("{}{}", "ab", "cd")), "abcd");
        assert_eq!(bounded(4, format_args!("{}{}", "abc", "ü…")), "abc…");
    }
}
