//! What a worker's process writes to its standard error: the end of it is kept, and all of it passed on, up to a rate.

use parking_lot::Mutex;
use partita_protocol::Tail;
use partita_protocol::limits::{STDERR_BYTES_PER_SECOND, STDERR_TAIL_BYTES};
use std::collections::VecDeque;
use std::io::Read;
use std::time::{Duration, Instant};

/// Bytes of a line that are held back until its end.
const LINE_BYTES: usize = 8 << 10;

/// The end of what was written.
#[derive(Debug, Default)]
pub(super) struct Words(Mutex<VecDeque<u8>>);

impl Words {
    fn add(&self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(STDERR_TAIL_BYTES)..];
        let mut kept = self.0.lock();
        let surplus = (kept.len() + bytes.len()).saturating_sub(STDERR_TAIL_BYTES);
        kept.drain(..surplus);
        kept.extend(bytes);
    }

    /// The end, as harmless text.
    pub(super) fn tail(&self) -> Tail {
        let bytes: Vec<u8> = self.0.lock().iter().copied().collect();
        Tail::of(&bytes)
    }
}

/// Reads until the end, so that the process never waits for room in the pipe.
pub(super) fn pump(mut from: impl Read, words: &Words, worker: &str, pass_on: &dyn Fn(&str)) {
    let start = Instant::now();
    let mut lines = Lines::new(worker);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                words.add(&buffer[..count]);
                lines.add(start.elapsed(), &buffer[..count], pass_on);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            // The pipe is gone, and so is who wrote.
            Err(_) => break,
        }
    }
    lines.finish(start.elapsed(), pass_on);
}

/// Lines on their way, harmless and not too many.
struct Lines<'a> {
    worker: &'a str,
    line: Vec<u8>,
    /// Bytes that may be passed on now.
    room: u64,
    filled: Duration,
    /// Bytes that were not passed on.
    left_out: u64,
}

impl<'a> Lines<'a> {
    fn new(worker: &'a str) -> Self {
        Lines { worker, line: Vec::new(), room: STDERR_BYTES_PER_SECOND, filled: Duration::ZERO, left_out: 0 }
    }

    fn add(&mut self, now: Duration, bytes: &[u8], pass_on: &dyn Fn(&str)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in piece.chunks(LINE_BYTES) {
                if self.line.len() + part.len() > LINE_BYTES {
                    self.flush(now, pass_on);
                }
                self.line.extend_from_slice(part);
            }
            if piece.ends_with(b"\n") {
                self.flush(now, pass_on);
            }
        }
    }

    fn finish(&mut self, now: Duration, pass_on: &dyn Fn(&str)) {
        self.flush(now, pass_on);
        self.tell_left_out(pass_on);
    }

    fn flush(&mut self, now: Duration, pass_on: &dyn Fn(&str)) {
        let size = self.line.len() as u64;
        if size == 0 {
            return;
        }
        self.fill(now);
        if self.room < size {
            self.left_out += size;
        } else {
            self.room -= size;
            self.tell_left_out(pass_on);
            pass_on(&partita_graph::draw::clean_lines(&String::from_utf8_lossy(&self.line)));
        }
        self.line.clear();
    }

    /// Room grows with time.
    fn fill(&mut self, now: Duration) {
        let grown = now.saturating_sub(self.filled).as_micros() * u128::from(STDERR_BYTES_PER_SECOND) / 1_000_000;
        let grown = u64::try_from(grown).unwrap_or(u64::MAX);
        if grown > 0 {
            self.filled = now;
            self.room = self.room.saturating_add(grown).min(STDERR_BYTES_PER_SECOND);
        }
    }

    fn tell_left_out(&mut self, pass_on: &dyn Fn(&str)) {
        match std::mem::take(&mut self.left_out) {
            0 => {}
            bytes => {
                pass_on(&format!("[{bytes} bytes of the standard error of worker `{}` are left out]\n", self.worker))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// FAULTS T21.
    #[test]
    fn a_flood_is_read_to_its_end_and_passed_on_in_part() {
        let (words, passed) = (Words::default(), RefCell::new(String::new()));
        let flood = std::io::repeat(b'x').take(64 << 20).chain(&b"\nthe \x1b[31mend\xff\n"[..]);
        pump(flood, &words, "w", &|text| passed.borrow_mut().push_str(text));
        let passed = passed.into_inner();
        // However slow this machine is, a second's worth more than it took would be too much.
        assert!(passed.len() < 32 << 20, "{} bytes", passed.len());
        assert!(passed.contains(" bytes of the standard error of worker `w` are left out]"));
        assert!(!passed.contains('\u{1b}'));
        assert!(words.tail().as_str().ends_with("x\nthe end\u{fffd}"));
        assert!(words.0.lock().len() <= STDERR_TAIL_BYTES);
    }

    #[test]
    fn the_rate_holds_and_what_is_left_out_is_counted() {
        let passed = RefCell::new(Vec::new());
        let pass_on = |text: &str| passed.borrow_mut().push(text.to_owned());
        let mut lines = Lines::new("w");
        let line = [&[b'a'; 1023][..], b"\n"].concat();
        let rate = STDERR_BYTES_PER_SECOND / 1024;
        for _ in 0..rate + 5 {
            lines.add(Duration::ZERO, &line, &pass_on);
        }
        assert_eq!(passed.borrow().len() as u64, rate);
        lines.add(Duration::from_secs(9), b"again", &pass_on);
        lines.finish(Duration::from_secs(9), &pass_on);
        let told = passed.borrow()[rate as usize..].to_vec();
        assert_eq!(told, ["[5120 bytes of the standard error of worker `w` are left out]\n", "again"]);
    }

    #[test]
    fn long_lines_are_passed_on_in_parts_without_loss() {
        let passed = RefCell::new(String::new());
        let mut lines = Lines::new("w");
        let text = "0123456789".repeat(2_500);
        text.as_bytes().chunks(777).for_each(|part| {
            lines.add(Duration::ZERO, part, &|text| passed.borrow_mut().push_str(text));
            assert!(lines.line.len() <= LINE_BYTES);
        });
        lines.finish(Duration::ZERO, &|text| passed.borrow_mut().push_str(text));
        assert_eq!(passed.into_inner(), text);
    }
}
