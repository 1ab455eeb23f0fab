//! Lines: a block of a file read through a bounded buffer and cut at its delimiters.
//!
//! A line belongs to the block in which it starts, so the blocks of a file together have each line once, wherever the
//! cuts are.

use super::codec::Compression;
use super::error::TextFault;
use super::plan::{Block, Planned};
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of text that are held at a time, unless a line is longer.
const BUFFER: usize = 256 << 10;

/// How lines are told from each other.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Rules {
    /// What ends a line: `\n` or `\r\n` if `None`.
    pub(super) delimiter: Option<Arc<str>>,
    /// Whether two delimiters can overlap.
    pub(super) overlapping: bool,
    /// Bytes that a line may have.
    pub(super) max_line: usize,
    /// Whether bytes that are no UTF-8 are replaced.
    pub(super) lossy: bool,
}

partita_graph::travels_as_data!(Rules);

/// Reads the lines of one block.
pub(super) struct Lines {
    planned: Arc<Planned>,
    reader: Box<dyn Read>,
    /// To ask whether the file is still the same.
    handle: File,
    rules: Rules,
    delimiter: Finder<'static>,
    buffer: Vec<u8>,
    /// What of the buffer has been read and not handed out.
    unread: Range<usize>,
    /// Where in the text the buffer starts.
    base: u64,
    /// Lines that start here or later are others'.
    end: u64,
    at_eof: bool,
    done: bool,
}

/// Whole lines, one after the other, as a range of the buffer.
type Region = Range<usize>;

impl Lines {
    /// Opens the file and finds the first line that starts in the block.
    pub(super) fn open(planned: Arc<Planned>, block: Block, rules: Rules) -> Result<Self, TextFault> {
        let io = |offset| {
            let path = planned.path.clone();
            move |error: std::io::Error| TextFault::Io { path, offset, cause: error.to_string() }
        };
        let mut file = File::open(&planned.path).map_err(io(0))?;
        let handle = file.try_clone().map_err(io(0))?;
        let delimiter = rules.delimiter.as_deref().unwrap_or("\n").as_bytes();
        // A delimiter that ends where the block starts is looked for as well: then a line starts there.
        let base = block.start.saturating_sub(delimiter.len() as u64);
        if base > 0 {
            file.seek(SeekFrom::Start(base)).map_err(io(base))?;
        }
        let compressed = planned.compression != Compression::None;
        let mut lines = Lines {
            delimiter: Finder::new(delimiter).into_owned(),
            reader: planned.compression.decoder(file).map_err(io(0))?,
            end: if compressed { u64::MAX } else { block.end },
            buffer: Vec::new(),
            unread: 0..0,
            at_eof: false,
            done: false,
            planned,
            handle,
            rules,
            base,
        };
        lines.check_unchanged()?;
        if compressed && lines.planned.size == 0 {
            return Err(lines.corrupt("it is empty".into()));
        }
        match block.start {
            0 => lines.skip_mark()?,
            _ => lines.skip_line()?,
        }
        Ok(lines)
    }

    fn check_unchanged(&self) -> Result<(), TextFault> {
        let planned = (self.planned.size, self.planned.changed);
        let found = match self.handle.metadata() {
            Ok(metadata) => Planned::state(&metadata),
            Err(error) => return Err(self.io(&error)),
        };
        match planned == found {
            true => Ok(()),
            false => Err(TextFault::FileChanged { path: self.planned.path.clone(), planned, found }),
        }
    }

    fn io(&self, error: &std::io::Error) -> TextFault {
        let path = self.planned.path.clone();
        TextFault::Io { path, offset: self.base + self.unread.end as u64, cause: error.to_string() }
    }

    fn corrupt(&self, cause: String) -> TextFault {
        TextFault::Corrupt {
            path: self.planned.path.clone(),
            format: self.planned.compression.name(),
            offset: self.base + self.unread.end as u64,
            cause,
        }
    }

    /// Reads more into the buffer, after what is unread; says whether something came.
    fn read_more(&mut self) -> Result<bool, TextFault> {
        if self.at_eof {
            return Ok(false);
        }
        self.make_room()?;
        let count = loop {
            match self.reader.read(&mut self.buffer[self.unread.end..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if self.planned.compression == Compression::None => return Err(self.io(&error)),
                Err(error) => return Err(self.corrupt(error.to_string())),
            }
        };
        self.unread.end += count;
        self.at_eof = count == 0;
        if self.at_eof {
            // Also finds a file that was cut short: its size is another one.
            self.check_unchanged()?;
        }
        Ok(count > 0)
    }

    /// Moves what is unread to the front of the buffer, which grows if that fills it.
    fn make_room(&mut self) -> Result<(), TextFault> {
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.base += self.unread.start as u64;
            self.unread = 0..self.unread.len();
        }
        if self.unread.end == self.buffer.len() {
            if self.unread.len() > self.rules.max_line {
                let path = self.planned.path.clone();
                return Err(TextFault::LineTooLong { path, offset: self.base, limit: self.rules.max_line });
            }
            self.buffer.resize((self.buffer.len() * 2).max(BUFFER), 0);
        }
        Ok(())
    }

    /// Passes over the mark that some programs put in front of UTF-8 text.
    fn skip_mark(&mut self) -> Result<(), TextFault> {
        while self.unread.len() < 3 && self.read_more()? {}
        match &self.buffer[self.unread.clone()] {
            [0xef, 0xbb, 0xbf, ..] => {
                self.unread.start += 3;
                // The first line is this block's, however short the block is.
                self.end = self.end.max(4);
            }
            [0xfe, 0xff, ..] | [0xff, 0xfe, ..] => {
                return Err(TextFault::Utf16 { path: self.planned.path.clone() });
            }
            _ => {}
        }
        Ok(())
    }

    /// Passes over the rest of a line that starts in an earlier block.
    fn skip_line(&mut self) -> Result<(), TextFault> {
        loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(at) = self.delimiter.find(unread) {
                self.unread.start += at + self.delimiter.needle().len();
                return Ok(());
            }
            // The end of what is unread may be the beginning of a delimiter.
            let keep = (self.delimiter.needle().len() - 1).min(unread.len());
            self.unread.start = self.unread.end - keep;
            if !self.read_more()? {
                self.done = true;
                return Ok(());
            }
        }
    }

    /// Where in the text the first unread byte stands.
    fn offset(&self) -> u64 {
        self.base + self.unread.start as u64
    }

    /// The next whole lines that are in the buffer or fit into it, as many as there are.
    pub(super) fn next_region(&mut self) -> Result<Option<Region>, TextFault> {
        if self.done || self.offset() >= self.end {
            return self.finished();
        }
        let length = self.delimiter.needle().len();
        loop {
            let unread = self.unread.clone();
            // The block's last line is the one that ends with the first delimiter at the block's end or after it.
            let to_end = usize::try_from(self.end - self.base).unwrap_or(usize::MAX);
            let whole = match to_end <= unread.end {
                true => {
                    let from = unread.start.max(to_end.saturating_sub(length));
                    let found = self.delimiter.find(&self.buffer[from..unread.end]);
                    self.done = found.is_some();
                    found.map(|at| from + at + length)
                }
                false => self.last_delimiter(unread.clone()).map(|at| at + length),
            };
            if let Some(end) = whole {
                self.unread.start = end;
                return Ok(Some(unread.start..end));
            }
            if !self.read_more()? {
                // The last line of the file may lack its delimiter.
                self.done = true;
                let rest = std::mem::replace(&mut self.unread.start, self.unread.end)..self.unread.end;
                return if rest.is_empty() { self.finished() } else { Ok(Some(rest)) };
            }
        }
    }

    fn last_delimiter(&self, within: Range<usize>) -> Option<usize> {
        let bytes = &self.buffer[within.clone()];
        let found = match self.delimiter.needle() {
            [byte] => memchr::memrchr(*byte, bytes),
            // Which of two overlapping ones counts, only a search from the front tells.
            _ if self.rules.overlapping => self.delimiter.find_iter(bytes).last(),
            needle => memchr::memmem::rfind(bytes, needle),
        };
        found.map(|at| within.start + at)
    }

    /// The end of the block: the file must still be the one that was planned.
    fn finished(&mut self) -> Result<Option<Region>, TextFault> {
        self.done = true;
        self.check_unchanged()?;
        Ok(None)
    }

    /// The text of a region. An invalid byte is an error, unless those are to be replaced.
    pub(super) fn text(&self, region: &Region) -> Result<std::borrow::Cow<'_, str>, TextFault> {
        let bytes = &self.buffer[region.clone()];
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(_) if self.rules.lossy => Ok(String::from_utf8_lossy(bytes)),
            Err(error) => {
                let offset = self.base + (region.start + error.valid_up_to()) as u64;
                Err(TextFault::Utf8 { path: self.planned.path.clone(), offset })
            }
        }
    }

    pub(super) fn path(&self) -> &std::path::Path {
        &self.planned.path
    }

    /// The first line of a text, without its delimiter, and what comes after it.
    pub(super) fn split<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        split(text, self.rules.delimiter.as_deref())
    }
}

/// The first line of a text, without its delimiter, and what comes after it.
#[inline]
pub(super) fn split<'a>(text: &'a str, delimiter: Option<&str>) -> Option<(&'a str, &'a str)> {
    if text.is_empty() {
        return None;
    }
    match delimiter {
        Some(delimiter) => Some(text.split_once(delimiter).unwrap_or((text, ""))),
        None => {
            let (line, rest) = match memchr::memchr(b'\n', text.as_bytes()) {
                Some(at) => (&text[..at], &text[at + 1..]),
                None => (text, ""),
            };
            Some((line.strip_suffix('\r').unwrap_or(line), rest))
        }
    }
}
