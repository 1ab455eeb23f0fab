//! Writing `.npy` files: blocks go to their places in one file, which gets its name when it is whole.

use super::super::super::Element;
use super::super::error::StoreError;
use super::super::sink::Sink;
use super::file::{file_size, written_header};
use super::runs::Runs;
use crate::bag::BoxError;
use crate::staged::Target;
use ndarray::ArrayViewD;
use parking_lot::Mutex;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A `.npy` file that is being written, under another name.
pub(super) struct NpySink {
    target: Target,
    shape: Vec<usize>,
    /// Where the elements start.
    offset: u64,
    /// The name that it has until it is whole.
    path: PathBuf,
    staged: Mutex<Option<NamedTempFile>>,
}

impl NpySink {
    /// A file of the right size for an array of this shape.
    pub(super) fn new<T: Element>(target: Target, shape: Vec<usize>) -> Result<Self, StoreError> {
        let header = written_header::<T>(target.path(), &shape)?;
        let mut file = target.stage_file()?;
        let offset = header.len() as u64;
        let size = file_size::<T>(&shape, offset).unwrap_or(offset);
        let written = file.write_all(&header).and_then(|()| file.as_file().set_len(size));
        written.map_err(|error| StoreError::writing(target.path(), &error))?;
        let path = file.path().to_path_buf();
        Ok(NpySink { target, shape, offset, path, staged: Mutex::new(Some(file)) })
    }
}

impl<T: Element> Sink<T> for NpySink {
    fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, T>) -> Result<(), BoxError> {
        let failed = |error: std::io::Error| StoreError::writing(self.target.path(), &error);
        let mut file = File::options().write(true).open(&self.path).map_err(failed)?;
        write_runs(&mut file, self.offset, &Runs::new(&self.shape, ranges), block).map_err(failed)?;
        Ok(())
    }

    fn finish(&self) -> Result<(), BoxError> {
        match self.staged.lock().take() {
            Some(file) => Ok(self.target.place_file(file)?),
            None => Ok(()),
        }
    }

    fn abandon(&self) {
        // Dropping it removes the file.
        drop(self.staged.lock().take());
    }
}

/// Writes a block's elements to their runs in a file.
fn write_runs<T: Element>(
    file: &mut File,
    offset: u64,
    runs: &Runs,
    block: ArrayViewD<'_, T>,
) -> Result<(), std::io::Error> {
    let ordered = block.as_standard_layout();
    let elements = ordered.as_slice().unwrap_or_default();
    for (start, run) in runs.starts().zip(elements.chunks(runs.len.max(1))) {
        file.seek(SeekFrom::Start(offset + (start * size_of::<T>()) as u64))?;
        file.write_all(&T::bytes_of(run))?;
    }
    Ok(())
}

/// Writes a whole array to a file in a directory that is not there under its name yet.
pub(super) fn write_whole<T: Element>(path: &Path, block: ArrayViewD<'_, T>) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::writing(path, &error);
    let header = written_header::<T>(path, block.shape())?;
    let mut file = File::create(path).map_err(failed)?;
    file.write_all(&header).map_err(failed)?;
    let all: Vec<Range<usize>> = block.shape().iter().map(|&length| 0..length).collect();
    let runs = Runs::new(block.shape(), &all);
    write_runs(&mut file, header.len() as u64, &runs, block).map_err(failed)
}
