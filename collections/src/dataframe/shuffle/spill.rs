//! Spills: buckets in a file without a name, which is gone with the last that has it open.

use super::buckets::Sorted;
use super::memory::{Held, Memory};
use crate::dataframe::frame::Frame;
use parking_lot::Mutex;
use std::fs::File;
use std::io::{BufWriter, Error, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Why buckets could not be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpillError {
    /// They could not be written.
    #[error(
        "{nbytes} bytes of a shuffle could not be written to a file in {directory:?}: {error}; make room there, set \
         TMPDIR to another directory, or allow more memory with `set_shuffle_memory`"
    )]
    Write { nbytes: usize, directory: PathBuf, error: Error },
    /// They could not be read.
    #[error("rows of a shuffle could not be read from their file in {directory:?}: {error}")]
    Read { directory: PathBuf, error: Error },
}

/// Frames in a file, each an Arrow IPC stream.
pub(super) struct Spill {
    file: Mutex<File>,
    /// Where each frame ends.
    ends: Vec<u64>,
    directory: PathBuf,
    _counted: Held,
}

impl Spill {
    pub(super) fn write(rows: &Sorted, memory: &'static Memory) -> Result<Self, SpillError> {
        let directory = memory.directory().to_path_buf();
        let file = tempfile::tempfile_in(memory.directory());
        match file.and_then(|file| write(rows, file, memory)) {
            Ok((file, ends)) => {
                let counted = memory.written(ends.last().map_or(0, |&end| end as usize));
                Ok(Spill { file: Mutex::new(file), ends, directory, _counted: counted })
            }
            Err(error) => Err(SpillError::Write { nbytes: rows.nbytes(), directory, error }),
        }
    }

    /// One frame; no other is read.
    pub(super) fn read(&self, number: usize) -> Result<Frame, SpillError> {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut written = vec![0; (self.ends[number] - start) as usize];
        let mut fill = || {
            let mut file = self.file.lock();
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut written)
        };
        let read = fill().map_err(|error| SpillError::Read { directory: self.directory.clone(), error });
        read.and_then(|()| Frame::from_ipc(written).map_err(|error| self.unread(error)))
    }

    /// What was written makes no sense.
    pub(super) fn unread(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SpillError {
        SpillError::Read { directory: self.directory.clone(), error: Error::other(error) }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Writes buckets one after the other, each for itself: what is in memory at once is one of them.
fn write(rows: &Sorted, file: File, memory: &'static Memory) -> Result<(File, Vec<u64>), Error> {
    let mut file = BufWriter::new(file);
    let (mut end, mut ends) = (0, Vec::with_capacity(rows.len()));
    for bucket in 0..rows.len() {
        let written = rows.bucket(bucket).to_ipc().map_err(Error::other)?;
        let _moving = memory.moving(written.len());
        file.write_all(&written)?;
        end += written.len() as u64;
        ends.push(end);
    }
    Ok((file.into_inner()?, ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataframe::shuffle::buckets::sorted;
    use polars::prelude::df;
    use std::fs::OpenOptions;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_nothing_is_counted() {
        let frame = df!("x" => (0..100_000i64).collect::<Vec<_>>()).unwrap();
        let rows = sorted(&frame, &vec![0; 100_000], 1).unwrap();
        let memory = Memory::leaked(0);
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = write(&rows, full, memory).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        assert_eq!((memory.usage().moving, memory.usage().on_disk), (0, 0));
    }
}
