//! Spills: buckets in a file without a name, which is gone with the last that has it open.

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
    pub(super) fn write(frames: &[Frame], memory: &'static Memory) -> Result<Self, SpillError> {
        let directory = memory.directory().to_path_buf();
        match write(frames, memory) {
            Ok((file, ends)) => {
                let counted = memory.written(ends.last().map_or(0, |&end| end as usize));
                Ok(Spill { file: Mutex::new(file), ends, directory, _counted: counted })
            }
            Err(error) => {
                let nbytes = frames.iter().map(Frame::nbytes).sum();
                Err(SpillError::Write { nbytes, directory, error })
            }
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
        let frame = fill().and_then(|()| Frame::from_ipc(written).map_err(Error::other));
        frame.map_err(|error| SpillError::Read { directory: self.directory.clone(), error })
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

fn write(frames: &[Frame], memory: &Memory) -> Result<(File, Vec<u64>), Error> {
    let mut file = BufWriter::new(tempfile::tempfile_in(memory.directory())?);
    let (mut end, mut ends) = (0, Vec::with_capacity(frames.len()));
    for frame in frames {
        let written = frame.to_ipc().map_err(Error::other)?;
        file.write_all(&written)?;
        end += written.len() as u64;
        ends.push(end);
    }
    Ok((file.into_inner()?, ends))
}
