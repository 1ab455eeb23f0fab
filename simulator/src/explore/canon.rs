//! When two boards are in the same situation: everything is the same but for the numbers that only grow.
//!
//! Attempts, incarnations, generations, tickets and errors are counted up and never again the same. What machines make of
//! them is which is which and which is the older one. So each is replaced by its rank among those that are mentioned, and
//! what is left, in words, is hashed.

use super::board::Board;
use std::collections::hash_map::DefaultHasher;
use std::fmt::Write;
use std::hash::{Hash, Hasher};

/// Parts of the text with tickets of their own end so.
const SECTION: char = '\u{1}';

/// A number that only grows, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mention {
    start: usize,
    end: usize,
    /// Numbers of different kinds have nothing to do with each other.
    kind: (u8, u64),
    value: u64,
}

impl Board {
    /// The situation as a number.
    pub fn digest(&self) -> u64 {
        let mut text = String::with_capacity(16 << 10);
        self.describe(&mut text);
        let mentions = mentions(&text);
        let mut known: Vec<((u8, u64), u64)> = mentions.iter().map(|mention| (mention.kind, mention.value)).collect();
        known.sort_unstable();
        known.dedup();
        let mut hasher = DefaultHasher::new();
        let mut at = 0;
        for mention in mentions {
            hasher.write(&text.as_bytes()[at..mention.start]);
            let first = known.partition_point(|(kind, _)| *kind < mention.kind);
            let place = known.partition_point(|entry| *entry < (mention.kind, mention.value));
            (mention.kind, place - first).hash(&mut hasher);
            at = mention.end;
        }
        hasher.write(&text.as_bytes()[at..]);
        hasher.finish()
    }

    fn describe(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{:?} {:?} {:?}{SECTION}", self.ids, self.now, self.scheduler);
        // What was decided and why is kept for people, and changes nothing.
        if let (Some(start), Some(end)) = (text.find("decisions: Decisions"), text.find("agenda: Agenda")) {
            text.replace_range(start..end.max(start), "");
        }
        for (id, site) in &self.sites {
            let _ = write!(
                text,
                "{id} {:?} {:?} {:?} {:?} {:?} {}{SECTION}",
                site.machine, site.store, site.runs, site.transfers, site.inbox, site.hears
            );
        }
        let _ = write!(text, "{:?} {:?} {:?} {:?}", self.said, self.clients, self.retiring, self.faults);
    }
}

/// The numbers that only grow.
fn mentions(text: &str) -> Vec<Mention> {
    let bytes = text.as_bytes();
    let mut list = Vec::new();
    let (mut at, mut section) = (0, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        section += u64::from(byte == SECTION as u8);
        if !byte.is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
            at += 1;
        }
        let word = &bytes[start..at];
        let found = match word {
            b"ticket" => field(bytes, at).map(|(from, to, value)| (from, to, (b'k', section), value)),
            b"generation" if bytes[..start].ends_with(b"Task { ") => {
                field(bytes, at).map(|(from, to, _)| (from, to, (b'-', 0), 0))
            }
            b"generation" => field(bytes, at).map(|(from, to, value)| (from, to, (b'g', 0), value)),
            // How long runs took lately only weighs clients against each other.
            b"attempts" | b"lately" => field(bytes, at).map(|(from, to, _)| (from, to, (b'-', 0), 0)),
            [b't', digits @ ..] => number(digits).map(|index| match bytes.get(at) {
                Some(b'.') => {
                    let end = digits_end(bytes, at + 1);
                    (at, end, (b't', index), number(&bytes[at + 1..end]).unwrap_or(0))
                }
                _ => (at, at, (b't', index), 0),
            }),
            [kind @ (b'a' | b'w' | b'f'), digits @ ..] => number(digits).map(|value| (start, at, (*kind, 0), value)),
            _ => None,
        };
        if let Some((start, end, kind, value)) = found {
            list.push(Mention { start, end, kind, value });
            at = at.max(end);
        }
    }
    list
}

/// The number of a field whose name ends here.
fn field(bytes: &[u8], at: usize) -> Option<(usize, usize, u64)> {
    let start = at + 2;
    let end = digits_end(bytes, start);
    (bytes.get(at..start)? == b": ").then(|| number(&bytes[start..end])).flatten().map(|value| (start, end, value))
}

fn digits_end(bytes: &[u8], start: usize) -> usize {
    let tail = bytes.get(start..).unwrap_or_default();
    start + tail.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn number(digits: &[u8]) -> Option<u64> {
    match digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        true => None,
        false => std::str::from_utf8(digits).ok()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::{Move, Rules};
    use crate::universe::Universe;
    use partita_protocol::{Attempt, ClientId, TaskId, WorkerId};
    use std::sync::Arc;

    fn found(text: &str) -> Vec<(char, u64, u64)> {
        mentions(text).iter().map(|mention| (mention.kind.0 as char, mention.kind.1, mention.value)).collect()
    }

    #[test]
    fn numbers_that_only_grow_are_found() {
        assert_eq!(found("[t3, t4.2] a7 w0: f12"), [('t', 3, 0), ('t', 4, 2), ('a', 0, 7), ('w', 0, 0), ('f', 0, 12)]);
        assert_eq!(found("Task { generation: 3 } Priority { generation: 9 }"), [('-', 0, 0), ('g', 0, 9)]);
        assert_eq!(found("ticket: 5\u{1}ticket: 5 attempts: 8"), [('k', 0, 5), ('k', 1, 5), ('-', 0, 0)]);
        assert_eq!(found("data3 wait aa1 u64 Time(7) state: 4"), []);
    }

    #[test]
    fn the_same_situation_reached_again_has_the_same_digest() {
        let mut universe = Universe::new();
        let one = universe.task("one", &[]);
        let mut board = Board::new(Arc::new(universe), Rules::default());
        let (worker, client) = (WorkerId(0), ClientId(0));
        board.play(&Move::Join(1));
        board.add_client();
        let round = |board: &mut Board, attempt, generation| {
            board.play(&Move::Submit(client, vec![one]));
            board.play(&Move::Order(worker));
            let running = board.digest();
            board.play(&Move::Finish(worker, TaskId::new(0, generation), Attempt(attempt)));
            board.play(&Move::Report(worker));
            let done = board.digest();
            board.play(&Move::Release(client, vec![one]));
            board.play(&Move::Order(worker));
            assert_eq!(board.broken(), None);
            (running, done, board.digest())
        };
        let first = round(&mut board, 1, 0);
        let second = round(&mut board, 2, 1);
        let third = round(&mut board, 3, 2);
        // The first time, nobody knew how long the task takes.
        assert_eq!(second, third);
        assert_ne!(first.0, second.0);
        assert!(first.1 == second.1 && first.1 != first.2 && first.2 == second.2);
    }
}
