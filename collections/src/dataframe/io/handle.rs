//! Handles: files that are open, of this machine or of a store.

use super::cloud::Reading;
use polars_io::mmap::MmapBytesReader;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// A file that is open.
pub enum Handle {
    /// Of this machine.
    Local(File),
    /// Of a store.
    Stored(Reading),
}

/// Ranges of a file's bytes that are read: of this machine's, when they are wanted, and of a store's, all at once.
pub(super) enum Ranges<'a> {
    Local(&'a File),
    Stored(Vec<(Range<u64>, Vec<u8>)>),
}

impl Handle {
    /// It, if it is of a store.
    pub(super) fn stored(&self) -> Option<&Reading> {
        match self {
            Handle::Local(_) => None,
            Handle::Stored(reading) => Some(reading),
        }
    }

    /// The same file once more.
    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(match self {
            Handle::Local(file) => Handle::Local(file.try_clone()?),
            Handle::Stored(reading) => Handle::Stored(reading.again()),
        })
    }

    /// Ranges that are about to be read, each once.
    pub(super) fn ranges(&self, wanted: impl Iterator<Item = Range<u64>>) -> io::Result<Ranges<'_>> {
        Ok(match self {
            Handle::Local(file) => Ranges::Local(file),
            Handle::Stored(reading) => {
                let wanted: Vec<Range<u64>> = wanted.collect();
                let found = reading.ranges(wanted.clone())?;
                Ranges::Stored(wanted.into_iter().zip(found).collect())
            }
        })
    }

    fn reader(&mut self) -> &mut dyn MmapBytesReader {
        match self {
            Handle::Local(file) => file,
            Handle::Stored(reading) => reading,
        }
    }
}

impl Ranges<'_> {
    /// Appends a range to bytes.
    pub(super) fn append(&mut self, range: Range<u64>, bytes: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Ranges::Local(file) => {
                let (mut file, start, length) = (*file, bytes.len(), (range.end - range.start) as usize);
                match start {
                    0 => *bytes = vec![0; length],
                    start => bytes.resize(start + length, 0),
                }
                file.seek(SeekFrom::Start(range.start))?;
                file.read_exact(&mut bytes[start..])
            }
            Ranges::Stored(found) => {
                let at = found.iter().position(|(found, _)| *found == range).ok_or(io::ErrorKind::UnexpectedEof)?;
                let (_, mut found) = found.swap_remove(at);
                match bytes.is_empty() {
                    true => *bytes = found,
                    false => bytes.append(&mut found),
                }
                Ok(())
            }
        }
    }
}

impl Read for Handle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader().read(buffer)
    }
}

impl Seek for Handle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader().seek(to)
    }
}

impl MmapBytesReader for Handle {
    fn to_file(&self) -> Option<&File> {
        match self {
            Handle::Local(file) => Some(file),
            Handle::Stored(_) => None,
        }
    }
}
