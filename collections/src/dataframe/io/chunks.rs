//! Chunks: a file's text in pieces of whole rows, of a few megabytes, so that a piece stays in the processor's cache.

use super::error::ReadFault;
use super::files::{Opened, Source};
use super::rows::{Cut, Rows};
use std::io::Read;

/// Bytes that a row may have: 256 MiB.
pub(super) const MAX_ROW: usize = 256 << 20;

/// Bytes that are read beyond the end of a block for the rest of its last row.
const BEYOND: usize = 16 << 10;

/// Bytes that are looked through at a time for the start of a row.
const LOOK: usize = 256 << 10;

/// The rows of a file from one that starts at a byte up to the first that starts at another byte or after it.
pub(super) struct Chunks<'a> {
    source: &'a Source,
    rows: &'a Rows,
    opened: Opened,
    buffer: Vec<u8>,
    /// How much of the buffer was handed out.
    used: usize,
    /// Where in the file the buffer starts.
    base: u64,
    end: u64,
    size: usize,
    at_eof: bool,
    done: bool,
}

/// Some whole rows.
pub(super) struct Chunk<'a> {
    /// Their text.
    pub(super) text: &'a [u8],
    /// Where it starts in the file.
    pub(super) offset: u64,
    /// Whether there are quotes within unquoted fields.
    pub(super) stray: bool,
}

impl<'a> Chunks<'a> {
    /// Reads the rows that start from `start` on, where one does, and before `end`, in chunks of about `size` bytes.
    pub(super) fn open(
        source: &'a Source,
        rows: &'a Rows,
        start: u64,
        end: u64,
        size: usize,
    ) -> Result<Self, ReadFault> {
        let opened = source.open(start, end.saturating_add(BEYOND as u64))?;
        let (buffer, size) = (Vec::new(), size.max(1));
        Ok(Chunks { source, rows, opened, buffer, used: 0, base: start, end, size, at_eof: false, done: false })
    }

    /// Where the next row starts.
    fn offset(&self) -> u64 {
        self.base + self.used as u64
    }

    /// The next rows.
    pub(super) fn next(&mut self) -> Result<Option<Chunk<'_>>, ReadFault> {
        if self.done || self.offset() >= self.end {
            return self.finished();
        }
        self.buffer.drain(..self.used);
        (self.base, self.used) = (self.offset(), 0);
        let to_end = usize::try_from(self.end - self.base).unwrap_or(usize::MAX);
        let mut want = self.size.min(to_end.saturating_add(BEYOND));
        let cut = loop {
            self.fill(want)?;
            let within = to_end <= self.buffer.len();
            let cut = match within {
                true => self.rows.first(&self.buffer, to_end),
                false => self.rows.last(&self.buffer),
            };
            if cut.at.is_some() {
                self.done = within;
                break cut;
            }
            if self.at_eof {
                self.done = true;
                self.closed()?;
                break Cut { at: Some(self.buffer.len()), ..cut };
            }
            if self.buffer.len() >= MAX_ROW {
                return Err(self.too_long());
            }
            want = self.buffer.len() * 2;
        };
        self.used = cut.at.unwrap_or(0);
        if self.used == 0 {
            return self.finished();
        }
        Ok(Some(Chunk { text: &self.buffer[..self.used], offset: self.base, stray: cut.stray }))
    }

    /// Passes over all rows; where the first one starts after them.
    fn skip(mut self) -> Result<u64, ReadFault> {
        while self.next()?.is_some() {}
        Ok(self.offset())
    }

    /// Reads until there are so many bytes in the buffer.
    fn fill(&mut self, want: usize) -> Result<(), ReadFault> {
        let missing = want.saturating_sub(self.buffer.len());
        if missing == 0 || self.at_eof {
            return Ok(());
        }
        self.buffer.reserve_exact(missing);
        let read = self.opened.text.by_ref().take(missing as u64).read_to_end(&mut self.buffer);
        let offset = self.base + self.buffer.len() as u64;
        self.at_eof = read.map_err(|error| self.source.io(offset, &error))? < missing;
        Ok(())
    }

    /// The end of the rows: the file must still be the one that was planned.
    fn finished(&mut self) -> Result<Option<Chunk<'_>>, ReadFault> {
        self.done = true;
        self.source.check_opened(&self.opened)?;
        Ok(None)
    }

    /// The file does not end within quotes.
    fn closed(&self) -> Result<(), ReadFault> {
        if !self.rows.is_open(&self.buffer) {
            return Ok(());
        }
        let row = self.rows.last(&self.buffer).at.unwrap_or(0) as u64;
        let line = self.source.line(self.base + row)?;
        Err(ReadFault::Unclosed { path: self.source.path().to_path_buf(), line })
    }

    fn too_long(&self) -> ReadFault {
        match self.source.line(self.base) {
            Ok(line) => ReadFault::RowTooLong { path: self.source.path().to_path_buf(), line, limit: MAX_ROW },
            Err(fault) => fault,
        }
    }
}

/// Where the first row starts at a byte or after it, if one starts at `from`.
pub(super) fn row_at(source: &Source, rows: &Rows, from: u64, at: u64) -> Result<u64, ReadFault> {
    if from >= at {
        return Ok(from);
    }
    Chunks::open(source, rows, from, at, LOOK)?.skip()
}

/// Where the first line starts at a byte or after it.
pub(super) fn line_at(source: &Source, at: u64) -> Result<u64, ReadFault> {
    row_at(source, &Rows::lines(), at.saturating_sub(1), at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bag::Compression;
    use crate::dataframe::io::cloud::StorageOptions;
    use crate::dataframe::io::files::sources;
    use polars_io::prelude::CsvParseOptions;
    use proptest::prelude::*;

    /// Fields with quotes, line ends and everything else that matters.
    fn text() -> impl Strategy<Value = String> {
        let field = prop_oneof![
            "[a-c1 é]{0,4}",
            "\"([a,\n#é]|\r\n|\"\"){0,6}\"",
            Just("5\"".to_string()),
            Just("#,\"".to_string()),
        ];
        let end = prop_oneof![Just("\n"), Just("\r\n"), Just(",")];
        proptest::collection::vec((field, end), 0..12)
            .prop_map(|fields| fields.into_iter().map(|(field, end)| field + end).collect())
    }

    /// FAULTS D9.
    #[test]
    fn a_file_that_is_cut_short_while_it_is_read_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        std::fs::write(&path, "1,2\n".repeat(100_000)).unwrap();
        let source =
            sources(std::slice::from_ref(&path), Compression::None, &StorageOptions::default()).unwrap().remove(0);
        let rows = Rows::of(&CsvParseOptions::default());
        let mut chunks = Chunks::open(&source, &rows, 0, u64::MAX, 1000).unwrap();
        assert!(chunks.next().unwrap().is_some());
        std::fs::File::options().write(true).open(&path).unwrap().set_len(4).unwrap();
        let fault = loop {
            match chunks.next() {
                Ok(chunk) => assert!(chunk.is_some(), "the rest of the file is missing"),
                Err(fault) => break fault,
            }
        };
        assert!(matches!(fault, ReadFault::Changed { .. }), "{fault}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn blocks_of_any_size_have_the_rows_of_the_whole(text in text(), comments: bool, look in 1..9usize) {
            let options = CsvParseOptions::default().with_comment_prefix(comments.then_some("#"));
            let rows = Rows::of(&options);
            prop_assume!(!rows.is_open(text.as_bytes()));
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("a.csv");
            std::fs::write(&path, &text).unwrap();
            let source = sources(&[path], Compression::None, &StorageOptions::default()).unwrap().remove(0);
            let length = text.len() as u64;
            let first = |at: u64| rows.first(text.as_bytes(), at as usize).at.map_or(length, |at| at as u64);
            for at in 0..=length {
                prop_assert_eq!(row_at(&source, &rows, 0, at).unwrap(), first(at));
                // As the chain of tasks finds it: from any start of a row before it.
                let from = first(at / 2);
                prop_assert_eq!(row_at(&source, &rows, from, at).unwrap(), first(at).max(from));
            }
            for size in 1..=length {
                let mut read = Vec::new();
                for start in (0..length).step_by(size as usize) {
                    let mut chunks = Chunks::open(&source, &rows, first(start), start + size, look).unwrap();
                    while let Some(chunk) = chunks.next().unwrap() {
                        prop_assert_eq!(chunk.offset as usize, read.len());
                        read.extend_from_slice(chunk.text);
                    }
                }
                prop_assert_eq!(read, text.as_bytes());
            }
        }
    }
}
