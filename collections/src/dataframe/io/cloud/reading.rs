//! Readings: an object read like a file, with requests for as much as is about to be read.

use super::error::CloudError;
use super::object::Object;
use super::runtime::{start, wait};
use parking_lot::Mutex;
use polars_io::mmap::MmapBytesReader;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Bytes that are asked for at a time while it is read on: 8 MiB. The next ones are on their way meanwhile.
const WINDOW: u64 = 8 << 20;

/// Bytes that are asked for at a time beyond what was said to be read: 64 KiB, the end of a Parquet file as a rule.
const STEP: u64 = 64 << 10;

/// A range of bytes that is on its way.
type Coming = (Range<u64>, JoinHandle<Result<Vec<u8>, CloudError>>);

/// An object that is open.
pub struct Reading {
    object: Object,
    /// Where is read next.
    at: u64,
    /// Bytes that are here, and where they start.
    here: (u64, Arc<[u8]>),
    /// Bytes that are on their way.
    coming: Option<Coming>,
    /// Up to where it is read on.
    until: u64,
    failure: Arc<Mutex<Option<CloudError>>>,
}

impl Reading {
    pub(super) fn new(object: Object) -> Self {
        let (here, failure) = ((0, Arc::from([])), Arc::default());
        Reading { object, at: 0, here, coming: None, until: 0, failure }
    }

    /// Another one of the same object, with what is here.
    pub(in crate::dataframe::io) fn again(&self) -> Self {
        let (object, here, failure) = (self.object.clone(), self.here.clone(), self.failure.clone());
        Reading { object, at: 0, here, coming: None, until: 0, failure }
    }

    /// Says that it is read on from a byte up to another.
    pub(in crate::dataframe::io) fn reads_on(&mut self, at: u64, until: u64) {
        (self.at, self.until) = (at, until.min(self.object.size()));
    }

    /// Asks for its end or its beginning, which are read soon.
    pub(in crate::dataframe::io) fn expect(&mut self, at_end: bool) {
        let size = self.object.size();
        self.ask(match at_end {
            true => size.saturating_sub(STEP)..size,
            false => 0..size.min(STEP),
        });
    }

    /// The last error, which some readers lose.
    pub(in crate::dataframe::io) fn failure(&self) -> Option<CloudError> {
        self.failure.lock().clone()
    }

    /// Some ranges of bytes; near ones with one request.
    pub(in crate::dataframe::io) fn ranges(&self, ranges: Vec<Range<u64>>) -> io::Result<Vec<Vec<u8>>> {
        wait(self.object.url(), self.object.clone().ranges(ranges)).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: CloudError) -> io::Error {
        *self.failure.lock() = Some(error.clone());
        io::Error::other(error)
    }

    /// Asks for bytes that are read soon.
    fn ask(&mut self, range: Range<u64>) {
        if !range.is_empty()
            && let Ok(coming) = start(self.object.url(), self.object.clone().get(range.clone()))
        {
            self.coming = Some((range, coming));
        }
    }

    /// Bytes from where is read, if some are here.
    fn rest(&self) -> &[u8] {
        let (start, bytes) = &self.here;
        let at = self.at.checked_sub(*start).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| bytes.get(at..)).unwrap_or_default()
    }

    /// How much is asked for beyond what was said to be read: more and more, if it is read on all the same.
    fn step(&self) -> u64 {
        let (start, length) = (self.here.0, self.here.1.len() as u64);
        match start + length == self.at {
            true => (2 * length).clamp(STEP, WINDOW),
            false => STEP,
        }
    }

    /// Gets bytes from where is read, about as many as are wanted.
    fn load(&mut self, wanted: usize) -> Result<(), CloudError> {
        let at = self.at;
        let size = self.object.size();
        let (range, bytes) = match self.coming.take() {
            Some((range, coming)) if range.contains(&at) => {
                let url = self.object.url().to_string();
                let lost = move |_| CloudError::Failed { url, status: None, cause: "a request was lost".to_string() };
                let bytes = wait(self.object.url(), async move { coming.await.map_err(lost)? })?;
                (range, bytes)
            }
            other => {
                other.inspect(|(_, coming)| coming.abort());
                let end = match at < self.until {
                    true => self.until.min(at.saturating_add(WINDOW)),
                    false => size.min(at.saturating_add(self.step().max(wanted as u64))),
                };
                // A file that is small is asked for as a whole: servers without ranges have it, too.
                let start = if end == size && size <= WINDOW && at <= STEP { 0 } else { at };
                (start..end, wait(self.object.url(), self.object.clone().get(start..end))?)
            }
        };
        self.here = (range.start, bytes.into());
        if range.end < self.until {
            self.ask(range.end..self.until.min(range.end + WINDOW));
        }
        Ok(())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.coming.take().inspect(|(_, coming)| coming.abort());
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.at >= self.object.size() {
            return Ok(0);
        }
        if self.rest().is_empty() {
            self.load(buffer.len()).map_err(|error| self.failed(error))?;
        }
        let rest = self.rest();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reading {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.object.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MmapBytesReader for Reading {}
