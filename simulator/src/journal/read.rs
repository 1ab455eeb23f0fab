//! Reading a journal, record by record.

use super::cursor::Cursor;
use super::decode::{Decoder, Entry, Header};
use super::error::{JournalError, Nonsense};
use super::frame::{FRAME_BYTES, Frame};
use super::{MAGIC, VERSION};
use partita_scheduler::machine::Config;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the end of its cluster.
    Closed,
    /// Before the end of its cluster, as it was full or the disk too slow; so many events are missing, if the cluster lived
    /// to tell.
    Stopped {
        /// How many events are missing.
        missing: Option<u64>,
    },
    /// In the middle: its cluster died, is still running, or the file was cut off.
    Cut,
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ending::Closed => f.write_str("the cluster was closed"),
            Ending::Stopped { missing: None } => {
                f.write_str("the journal stopped, as it was full or the disk too slow")
            }
            Ending::Stopped { missing: Some(missing) } => {
                write!(f, "the journal stopped, as it was full or the disk too slow: {missing} events are missing")
            }
            Ending::Cut => f.write_str("the journal is cut off: the cluster died or still runs"),
        }
    }
}

/// Reads a journal from the beginning to the end.
#[derive(Debug)]
pub struct Reader<R = BufReader<File>> {
    file: R,
    path: PathBuf,
    config: Config,
    decoder: Decoder,
    /// The block that is being read, and how far.
    block: Vec<u8>,
    at: usize,
    /// Where the block and the next one begin in the file.
    offset: u64,
    next: u64,
    ending: Option<Ending>,
    stopped: bool,
}

impl Reader {
    /// Opens a journal and reads what it begins with.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let unreadable = |cause| JournalError::Unreadable { path: path.into(), cause: Arc::new(cause) };
        Reader::new(BufReader::new(File::open(path).map_err(unreadable)?), path)
    }
}

impl<R: Read> Reader<R> {
    /// Reads what a journal begins with from wherever it comes; the path is for messages.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn new(mut file: R, path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let unreadable = |cause| JournalError::Unreadable { path: path.clone(), cause: Arc::new(cause) };
        let mut magic = Vec::new();
        file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic).map_err(unreadable)?;
        match (magic.split_last(), MAGIC.split_last()) {
            _ if magic == MAGIC => {}
            (Some((found, name)), Some((expected, own))) if name == own => {
                return Err(JournalError::OtherForm { found: *found, expected: *expected });
            }
            _ => return Err(JournalError::NoJournal),
        }
        let mut reader = Reader {
            file,
            path,
            config: Config::default(),
            decoder: Decoder::default(),
            block: Vec::new(),
            at: 0,
            offset: 0,
            next: MAGIC.len() as u64,
            ending: None,
            stopped: false,
        };
        if !reader.load()? {
            return Err(JournalError::NoJournal);
        }
        let mut cursor = Cursor(&reader.block);
        match reader.decoder.header(&mut cursor) {
            Ok(Header::Config(config)) => reader.config = *config,
            Ok(Header::OtherVersion(found)) => {
                return Err(JournalError::OtherVersion { found, expected: VERSION.into() });
            }
            Err(what) => return Err(reader.damaged(what)),
        }
        reader.at = reader.block.len() - cursor.0.len();
        Ok(reader)
    }

    /// What the scheduler's machine was set up with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How the journal ends, once that is reached.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// [`JournalError::Damaged`], [`JournalError::Unreadable`].
    pub fn next_entry(&mut self) -> Result<Option<Entry>, JournalError> {
        while self.at >= self.block.len() {
            if self.ending.is_some() || !self.load()? {
                return Ok(None);
            }
        }
        let mut cursor = Cursor(self.block.get(self.at..).unwrap_or_default());
        let entry = match self.decoder.entry(&mut cursor) {
            Ok(entry) => entry,
            Err(what) => return Err(self.damaged(what)),
        };
        self.at = self.block.len() - cursor.0.len();
        match entry {
            Entry::Stopped => self.stopped = true,
            Entry::Closed { .. } if !self.stopped => self.ending = Some(Ending::Closed),
            Entry::Closed { missing } => self.ending = Some(Ending::Stopped { missing: Some(missing) }),
            _ => {}
        }
        Ok(Some(entry))
    }

    /// Reads the next block; false if there is none that is whole.
    fn load(&mut self) -> Result<bool, JournalError> {
        let mut bytes = Vec::with_capacity(FRAME_BYTES);
        self.read(FRAME_BYTES as u64, &mut bytes)?;
        let Ok(bytes) = <[u8; FRAME_BYTES]>::try_from(bytes) else { return Ok(self.end()) };
        let offset = self.next;
        let frame = match Frame::read(bytes) {
            Ok(frame) => frame,
            Err(what) => {
                self.offset = offset;
                return Err(self.damaged(what));
            }
        };
        // No more memory is taken than there are bytes in the file, whatever the length says.
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        self.read(u64::from(frame.length), &mut block)?;
        self.block = block;
        self.at = 0;
        if self.block.len() < frame.length as usize {
            self.block.clear();
            return Ok(self.end());
        }
        self.offset = offset;
        self.next += FRAME_BYTES as u64 + u64::from(frame.length);
        if frame.fits(&self.block) { Ok(true) } else { Err(self.damaged(Nonsense::Checksum)) }
    }

    fn read(&mut self, bytes: u64, into: &mut Vec<u8>) -> Result<(), JournalError> {
        let unreadable = |cause| JournalError::Unreadable { path: self.path.clone(), cause: Arc::new(cause) };
        self.file.by_ref().take(bytes).read_to_end(into).map(|_| ()).map_err(unreadable)
    }

    /// Nothing whole comes any more.
    fn end(&mut self) -> bool {
        self.ending = Some(if self.stopped { Ending::Stopped { missing: None } } else { Ending::Cut });
        false
    }

    /// The error of this block; nothing is read any more.
    fn damaged(&mut self, what: Nonsense) -> JournalError {
        self.block.clear();
        self.at = 0;
        self.end();
        JournalError::Damaged { offset: self.offset, what }
    }
}
