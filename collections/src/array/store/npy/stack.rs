//! Stacks: directories of `.npy` files that follow each other along an axis, as Dask writes them.

use super::super::super::error::ArrayError;
use super::super::super::grid::Grid;
use super::super::super::select::Selection;
use super::super::super::{Array, Element, axes};
use super::super::error::StoreError;
use super::super::sink::{Shared, Sink};
use super::file::NpyFile;
use super::info::Info;
use super::write::write_whole;
use crate::Item;
use crate::bag::BoxError;
use crate::identity::Identity;
use crate::staged::{Staged, Target, has_mark};
use ndarray::ArrayViewD;
use partita_graph::Fault;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that tells what a stack holds.
const INFO: &str = "info";

/// A stack that is being written, under another name.
struct StackSink {
    staged: Staged,
    axis: usize,
    /// Where each file's elements start along the axis.
    starts: Vec<usize>,
}

impl StackSink {
    fn new<T: Element>(target: Target, axis: usize, chunks: Vec<Vec<usize>>) -> Result<Self, StoreError> {
        let starts = super::super::super::grid::starts(&chunks[axis]);
        let staged = Staged::new(target, INFO, Info { chunks, axis }.write::<T>())?;
        Ok(StackSink { staged, axis, starts })
    }
}

impl<T: Element> Sink<T> for StackSink {
    fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, T>) -> Result<(), BoxError> {
        let number = self.starts.partition_point(|&start| start < ranges[self.axis].start);
        Ok(write_whole(&self.staged.file(format!("{number}.npy")), block)?)
    }

    fn finish(&self) -> Result<(), BoxError> {
        Ok(self.staged.finish()?)
    }

    fn abandon(&self) {
        self.staged.abandon();
    }
}

impl<T: Element> Array<T> {
    /// Writes the array to a directory of `.npy` files, one for each chunk of an axis; Dask's `to_npy_stack`, which
    /// Dask's `from_npy_stack` reads. Chunks along other axes are put together, and those without elements left out. The
    /// lazy result is the directory's path; nothing is written before it is computed.
    ///
    /// The directory appears under its name when it is whole. One that is there is overwritten, if asked for, only if it
    /// is a stack.
    ///
    /// # Errors
    /// [`StoreError`] if the directory around it is not there, if it is and was not to be [`overwrite`]n, or if the array
    /// has no such axis. Lengths of chunks must be known; if they are not, computing the result tells, before any work
    /// starts.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("stack");
    /// let x = Array::<f64>::ones([5, 10], [2, 4]);
    /// on_reference(&x.to_npy_stack(&path, 0)?)?;
    /// assert!(path.join("2.npy").exists());
    /// let back = Array::<f64>::from_npy_stack(&path)?;
    /// assert_eq!(back.chunks(), [vec![2, 2, 1], vec![10]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`overwrite`]: super::super::overwrite
    #[track_caller]
    pub fn to_npy_stack(&self, target: impl Into<Target>, axis: isize) -> Result<Item<PathBuf>, StoreError> {
        let target = target.into().directory("stack of .npy files", |path| has_mark(path, &[INFO]))?;
        let path = target.path().to_path_buf();
        let unusable = self.check().is_err() || !self.grid.is_known();
        if unusable {
            // Computing it tells.
            return Ok(self.stored("to_npy_stack", || Err("the array cannot be computed".into()), path));
        }
        let failed = |error: ArrayError| StoreError::array(&path, error);
        let axis = axes::resolve("to_npy_stack", axis, self.ndim()).map_err(failed)?;
        let chunks: Vec<Vec<usize>> = (0..self.ndim())
            .map(|other| match other == axis {
                true => without_empty(self.grid.axis(axis)),
                false => vec![self.shape()[other]],
            })
            .collect();
        let selections =
            chunks.iter().enumerate().map(|(axis, new)| Selection::rechunked(self.grid.axis(axis), new)).collect();
        let identity = Identity::of("rechunk").data(&chunks);
        let slabs = self.select("rechunk", identity, selections, T::default()).map_err(failed)?;
        let open = move || {
            let sink: Shared<T> = Arc::new(StackSink::new::<T>(target.clone(), axis, chunks.clone())?);
            Ok(sink)
        };
        Ok(slabs.stored("to_npy_stack", open, path))
    }

    /// An array of a directory of `.npy` files, as Dask's or this crate's `to_npy_stack` writes them, one block a file.
    /// The files' headers are read now, and their elements when they are needed.
    ///
    /// The axis is read from the file `info`, a Python pickle, by a machine that knows values only and executes nothing.
    /// The chunks are those of the files.
    ///
    /// # Errors
    /// [`StoreError`] if `info` or a file cannot be read, or if the files do not fit together.
    #[track_caller]
    pub fn from_npy_stack(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let info = path.join(INFO);
        let bytes = std::fs::read(&info).map_err(|error| StoreError::reading(&info, &error))?;
        let read = Info::read(&bytes).map_err(|reason| {
            let remedy = "`from_npy_stack_along(path, axis)` does without it";
            StoreError::format(&info, "the pickle of a stack", format!("{reason}. {remedy}"))
        })?;
        let files = files::<T>(path, read.axis, Some(read.chunks[read.axis].len()))?;
        Array::of_files(path, read.axis, files)
    }

    /// As [`Array::from_npy_stack`], for files `0.npy`, `1.npy`, … that follow each other along this axis, without
    /// looking for `info`.
    ///
    /// # Errors
    /// [`StoreError`] if a file cannot be read, or if the files do not fit together.
    #[track_caller]
    pub fn from_npy_stack_along(path: impl AsRef<Path>, axis: isize) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let first = NpyFile::open::<T>(&path.join("0.npy"))?;
        let axis = axes::resolve("from_npy_stack_along", axis, first.shape().len());
        let axis = axis.map_err(|error| StoreError::array(path, error))?;
        let files = files::<T>(path, axis, None)?;
        Array::of_files(path, axis, files)
    }

    #[track_caller]
    fn of_files(path: &Path, axis: usize, files: Vec<NpyFile>) -> Result<Self, StoreError> {
        let mut chunks: Vec<Vec<usize>> = files[0].shape().iter().map(|&length| vec![length]).collect();
        chunks[axis] = files.iter().map(|file| file.shape()[axis]).collect();
        let grid = Grid::new(chunks).map_err(|error| StoreError::array(path, error))?;
        let start = Identity::of("from_npy_stack").data(&axis);
        let identity = files.iter().fold(start, |identity, file| file.identify(identity));
        let read = |files: &Vec<NpyFile>, part: usize, ranges: &[Range<usize>]| {
            let whole: Vec<Range<usize>> = ranges.iter().map(|range| 0..range.len()).collect();
            files[part].read(&whole).map_err(Fault::failed)
        };
        Ok(Array::read_parts("from_npy_stack", Some(identity), grid, files, read))
    }
}

/// Chunks without those of no elements, unless there are no others.
fn without_empty(chunks: &[usize]) -> Vec<usize> {
    let full: Vec<usize> = chunks.iter().copied().filter(|&length| length > 0).collect();
    if full.is_empty() { vec![0] } else { full }
}

/// The headers of a stack's files: as many as there should be, or all there are.
fn files<T: Element>(path: &Path, axis: usize, count: Option<usize>) -> Result<Vec<NpyFile>, StoreError> {
    let mut files: Vec<NpyFile> = Vec::new();
    while count.is_none_or(|count| files.len() < count) {
        let file = path.join(format!("{}.npy", files.len()));
        if count.is_none() && matches!(file.metadata(), Err(error) if error.kind() == ErrorKind::NotFound) {
            break;
        }
        let npy = NpyFile::open::<T>(&file)?;
        let first = files.first().unwrap_or(&npy).shape();
        let fits = |other: usize| other == axis || npy.shape().get(other) == first.get(other);
        if npy.shape().len() != first.len() || axis >= first.len() || !(0..first.len()).all(fits) {
            let shown = (super::super::super::error::Show(npy.shape()), super::super::super::error::Show(first));
            let reason = format!("its shape {} does not follow {} along axis {axis}", shown.0, shown.1);
            return Err(StoreError::format(&file, "part of a stack", reason));
        }
        files.push(npy);
    }
    match files.is_empty() {
        true => Err(StoreError::format(path, "a stack of .npy files", "it tells of no file")),
        false => Ok(files),
    }
}
