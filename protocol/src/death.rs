//! How a worker's process ended, and the last that it wrote to its standard error.

use crate::limits::STDERR_TAIL_BYTES;
use partita_graph::Token;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Why a worker's process is gone, with its last words.
///
/// ```
/// use partita_protocol::{ProcessEnd, ProcessLoss, Tail};
///
/// let loss = ProcessLoss { end: ProcessEnd::Exited { code: 3 }, stderr: Tail::of(b"no such file: \x1b[31mrows.csv\x1b[0m\n") };
/// assert_eq!(loss.to_string(), "its process ended with exit code 3; it wrote last:\nno such file: rows.csv");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLoss {
    /// How it ended, or why it had to be ended.
    pub end: ProcessEnd,
    /// The last that it wrote to its standard error.
    pub stderr: Tail,
}

impl ProcessLoss {
    /// The same without its last words.
    #[must_use]
    pub fn without_words(&self) -> Self {
        self.end.clone().into()
    }
}

/// How a worker's process ended, or why its nanny ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessEnd {
    /// It ended by itself, though nobody had asked it to.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// A signal that its nanny had not sent ended it.
    Signalled {
        /// The number of the signal.
        signal: i32,
    },
    /// It is gone, and somebody else took the news of how it ended.
    Vanished,
    /// It had more memory than it may, and was ended by its nanny.
    OverMemory {
        /// Bytes that it had in memory.
        rss: u64,
        /// Bytes that it may have, of which it may fill 95 %.
        limit: u64,
    },
    /// Somebody stopped it, as by SIGSTOP, and its nanny killed it.
    Stopped {
        /// How long it was stopped.
        time: Duration,
    },
    /// It lived and told nothing, and its nanny killed it.
    Silent {
        /// How long it told nothing.
        time: Duration,
    },
    /// Its connection broke, and it did not end by itself.
    LinkBroken,
    /// It ended before it became a worker: the program's own code ran, and not `partita::init()`.
    Unborn {
        /// Its exit code.
        code: i32,
    },
    /// It could not be started, or did not become a worker.
    StartFailed {
        /// What went wrong.
        why: String,
    },
    /// It runs another build of the program: functions of one are not those of the other.
    BuildMismatch {
        /// The build of the program that started it.
        ours: Token,
        /// The build that it runs.
        theirs: Token,
    },
    /// It was killed, and is still there: the system does not let go of it.
    Stuck {
        /// How long ago it was killed.
        time: Duration,
    },
}

impl ProcessEnd {
    /// What probably caused it, as far as the last words tell.
    fn hint(&self, words: &str) -> Option<&'static str> {
        // What Rust's runtime writes before it aborts.
        if words.contains("has overflowed its stack") || words.contains("stack overflow") {
            return Some("stack overflow: give tasks a larger stack (`stack_size`)");
        }
        match self {
            ProcessEnd::Exited { code: 0 } => Some("did a task call `std::process::exit`?"),
            ProcessEnd::Exited { code: 101 } => Some("that is what Rust's `main` ends with after a panic"),
            ProcessEnd::Signalled { signal: 6 } if words.contains("memory allocation of ") => {
                Some("the system gave it no more memory")
            }
            ProcessEnd::Signalled { signal: 9 } => Some(
                "nobody here sent it: perhaps the kernel's OOM killer; give workers a `memory_limit` that the machine has",
            ),
            _ => None,
        }
    }
}

impl fmt::Display for ProcessEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessEnd::Exited { code } => write!(f, "its process ended with exit code {code}"),
            ProcessEnd::Unborn { code } => write!(
                f,
                "its process ended with exit code {code} before it came to `partita::init()`: call that at the top of `main`, before \
                 anything that may return or exit"
            ),
            ProcessEnd::Signalled { signal } => match signal_name(*signal) {
                Some(name) => write!(f, "its process was ended by signal {signal} ({name})"),
                None => write!(f, "its process was ended by signal {signal}"),
            },
            ProcessEnd::Vanished => f.write_str(
                "its process is gone, and how it ended is not known: this program ignores SIGCHLD, or waits for children \
                 that are not its own",
            ),
            ProcessEnd::OverMemory { rss, limit } => write!(
                f,
                "its process had {rss} bytes in memory, more than 95 % of its limit of {limit} bytes, and was ended for it"
            ),
            ProcessEnd::Stopped { time } => {
                write!(f, "its process was stopped (as by SIGSTOP) for {time:?}, and was killed for it")
            }
            ProcessEnd::Silent { time } => write!(f, "its process told nothing for {time:?}, and was killed for it"),
            ProcessEnd::LinkBroken => f.write_str("the connection to its process broke, and the process was killed"),
            ProcessEnd::StartFailed { why } => write!(f, "its process did not start well: {why}"),
            ProcessEnd::BuildMismatch { ours, theirs } => write!(
                f,
                "its process runs build {theirs} of the program, and this is build {ours}: was the executable replaced \
                 while it ran? Start the program again"
            ),
            ProcessEnd::Stuck { time } => {
                write!(f, "its process was killed {time:?} ago and is still there: does a disk or a mount hang?")
            }
        }
    }
}

impl fmt::Display for ProcessLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.end)?;
        if let Some(hint) = self.end.hint(self.stderr.as_str()) {
            write!(f, " ({hint})")?;
        }
        match self.stderr.as_str() {
            "" => Ok(()),
            words => write!(f, "; it wrote last:\n{words}"),
        }
    }
}

impl From<ProcessEnd> for ProcessLoss {
    /// Without last words.
    fn from(end: ProcessEnd) -> Self {
        ProcessLoss { end, stderr: Tail::default() }
    }
}

/// The end of what a process wrote to its standard error: at most [`STDERR_TAIL_BYTES`] bytes of plain text. Invalid UTF-8 is
/// replaced; sequences for terminals, control characters and marks of direction are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Tail(String);

impl Tail {
    /// The end of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[bytes.len().saturating_sub(STDERR_TAIL_BYTES)..];
        // The cut may go through a character, whose rest is not shown.
        let start = bytes.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
        Tail::from(String::from_utf8_lossy(&bytes[start..]).into_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Tail {
    fn from(text: String) -> Self {
        let mut text = partita_graph::draw::clean_lines(&text);
        text.truncate(text.trim_end().len());
        // What replaces invalid bytes is longer than they were.
        let surplus = text.len().saturating_sub(STDERR_TAIL_BYTES);
        text.drain(..text.ceil_char_boundary(surplus));
        Tail(text)
    }
}

impl From<Tail> for String {
    fn from(tail: Tail) -> String {
        tail.0
    }
}

/// The name of a signal by its number on Linux.
fn signal_name(signal: i32) -> Option<&'static str> {
    const NAMES: [&str; 31] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    NAMES.get(usize::try_from(signal.checked_sub(1)?).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LossCause;

    fn shown(end: ProcessEnd, stderr: &str) -> String {
        LossCause::Process(Box::new(ProcessLoss { end, stderr: Tail::of(stderr.as_bytes()) })).to_string()
    }

    #[test]
    fn each_end_is_one_clear_line_with_a_hint_where_there_is_one() {
        let overflow = "thread 'x' has overflowed its stack\nfatal runtime error: stack overflow";
        let table = [
            (ProcessEnd::Exited { code: 3 }, "", "its process ended with exit code 3"),
            (ProcessEnd::Exited { code: 0 }, "", "std::process::exit"),
            (ProcessEnd::Exited { code: 101 }, "", "panic"),
            (ProcessEnd::Unborn { code: 0 }, "", "exit code 0 before it came to `partita::init()`"),
            (ProcessEnd::Signalled { signal: 11 }, "", "by signal 11 (SIGSEGV)"),
            (ProcessEnd::Signalled { signal: 6 }, overflow, "larger stack"),
            (ProcessEnd::Signalled { signal: 6 }, "memory allocation of 8 bytes failed", "no more memory"),
            (ProcessEnd::Signalled { signal: 9 }, "", "perhaps the kernel's OOM killer"),
            (ProcessEnd::Signalled { signal: 40 }, "", "by signal 40"),
            (ProcessEnd::Signalled { signal: i32::MIN }, "", "by signal -2147483648"),
            (
                ProcessEnd::OverMemory { rss: 99, limit: 100 },
                "",
                "99 bytes in memory, more than 95 % of its limit of 100",
            ),
            (ProcessEnd::Stopped { time: Duration::from_secs(3) }, "", "SIGSTOP) for 3s"),
            (ProcessEnd::Silent { time: Duration::from_secs(30) }, "", "told nothing for 30s"),
            (ProcessEnd::StartFailed { why: "no hello".into() }, "", "did not start well: no hello"),
            (
                ProcessEnd::BuildMismatch { ours: Token::of(b"a"), theirs: Token::of(b"b") },
                "",
                "was the executable replaced",
            ),
            (ProcessEnd::Vanished, "", "SIGCHLD"),
            (ProcessEnd::LinkBroken, "", "connection to its process broke"),
            (ProcessEnd::Stuck { time: Duration::from_secs(10) }, "", "is still there"),
        ];
        for (end, words, wanted) in table {
            let line = shown(end.clone(), words);
            assert!(line.contains(wanted), "{end:?}: {line}");
            let first = line.lines().next().unwrap();
            assert_eq!(first.ends_with("it wrote last:"), !words.is_empty(), "{first}");
        }
        assert_eq!(shown(ProcessEnd::Signalled { signal: 11 }, "").lines().count(), 1);
        // A limit that was exceeded is not to be mistaken for the kernel's killer.
        assert!(!shown(ProcessEnd::OverMemory { rss: 2, limit: 1 }, "").contains("kernel"));
    }

    /// FAULTS T21.
    #[test]
    fn last_words_are_bounded_and_harmless() {
        let wild = b"\xff\xfe\x1b[2J\x1b]0;title\x07red\x1b[31m \xe2\x80\xae end\r\n\x00\x9b";
        let mut long = b"\xff".repeat(1 << 20);
        long.extend_from_slice(wild);
        for bytes in [&long[..], &wild[..], &[0x1b; 10_000], "é".repeat(5_000).as_bytes(), b""] {
            let tail = Tail::of(bytes);
            assert!(tail.as_str().len() <= STDERR_TAIL_BYTES);
            assert!(tail.as_str().chars().all(|c| c == '\n' || c == '\t' || !c.is_control()), "{tail:?}");
            assert_eq!(Tail::from(tail.as_str().to_owned()), tail, "it is clean for good");
        }
        assert!(Tail::of(&long).as_str().ends_with("red  end\n\u{fffd}"), "{:?}", Tail::of(wild));
        assert!(!Tail::of("é".repeat(5_000).as_bytes()).as_str().contains('\u{fffd}'));
        assert!(Tail::of(b"").is_empty());
    }

    #[test]
    fn a_cause_survives_a_journal_and_is_cleaned_when_it_is_read() {
        let loss = ProcessLoss { end: ProcessEnd::Signalled { signal: 9 }, stderr: Tail::of(b"x") };
        let cause = LossCause::Process(Box::new(loss));
        let bytes = rmp_serde::to_vec(&cause).unwrap();
        assert_eq!(rmp_serde::from_slice::<LossCause>(&bytes).unwrap(), cause);
        let foreign = rmp_serde::to_vec("\u{1b}[2Jgone").unwrap();
        assert_eq!(rmp_serde::from_slice::<Tail>(&foreign).unwrap().as_str(), "gone");
    }
}
