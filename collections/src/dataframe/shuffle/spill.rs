//! Spills: buckets in a file, each an Arrow IPC stream.

use super::buckets::Sorted;
use super::memory::{Held, Memory};
use super::volumes::Volume;
use crate::dataframe::frame::Frame;
use std::io::Error;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

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

/// Frames in a file.
pub(super) struct Spill {
    volume: Arc<Volume>,
    /// Where each frame is.
    places: Vec<Range<u64>>,
    directory: PathBuf,
    _counted: Held,
}

impl Spill {
    /// Writes buckets one after the other, each for itself: what is in memory at once is one of them.
    pub(super) fn write(rows: &Sorted, memory: &'static Memory) -> Result<Self, SpillError> {
        let directory = memory.directory().to_path_buf();
        let failed = |error| SpillError::Write { nbytes: rows.nbytes(), directory: directory.clone(), error };
        let volume = memory.volume().map_err(failed)?;
        let (mut nbytes, mut places) = (0, Vec::with_capacity(rows.len()));
        for bucket in 0..rows.len() {
            let written = rows.bucket(bucket).to_ipc().map_err(Error::other).map_err(failed)?;
            let _moving = memory.moving(written.len());
            places.push(volume.append(&written).map_err(failed)?);
            nbytes += written.len();
        }
        Ok(Spill { volume, places, directory, _counted: memory.written(nbytes) })
    }

    /// One frame; no other is read.
    pub(super) fn read(&self, number: usize) -> Result<Frame, SpillError> {
        let written = self.volume.read(&self.places[number]);
        let written = written.map_err(|error| SpillError::Read { directory: self.directory.clone(), error })?;
        Frame::from_ipc(written).map_err(|error| self.unread(error))
    }

    /// What was written makes no sense.
    pub(super) fn unread(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SpillError {
        SpillError::Read { directory: self.directory.clone(), error: Error::other(error) }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}
