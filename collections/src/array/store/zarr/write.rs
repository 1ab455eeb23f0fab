//! Writing Zarr arrays: each block is made of whole stored chunks, which its task encodes and writes.

use super::super::super::chunk::Dims;
use super::super::super::grid::unravel;
use super::super::super::{Array, Element};
use super::super::error::StoreError;
use super::super::sink::{Shared, Sink};
use super::metadata::{FORMAT, Plan};
use super::options::ZarrOptions;
use super::read::{group, one_thread};
use crate::Item;
use crate::bag::BoxError;
use crate::staged::{Staged, Target, TargetError, has_mark};
use ndarray::{ArrayD, ArrayViewD, IxDyn, SliceInfoElem};
use std::num::NonZeroU64;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::{ArrayBytes, ArrayToBytesCodecTraits};

/// A Zarr array that is being written, under another name.
struct ZarrSink {
    staged: Staged,
    /// What tells how a chunk is encoded, and which file it is.
    array: zarrs::array::Array<()>,
    chunks: Vec<usize>,
}

impl ZarrSink {
    fn new(target: Target, plan: &Plan) -> Result<Self, StoreError> {
        let array = opened(target.path(), plan)?;
        let staged = Staged::new(target, plan.file, format!("{:#}\n", plan.metadata))?;
        Ok(ZarrSink { staged, array, chunks: plan.chunks.clone() })
    }

    /// Writes one stored chunk, unless it is all zeros.
    fn write_chunk<T: Element>(&self, place: &[u64], elements: &[T]) -> Result<(), StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::unwritable(self.staged.target.path(), FORMAT, error);
        let bytes = ArrayBytes::new_flen(T::bytes_of(elements));
        if bytes.is_fill_value(self.array.fill_value()) {
            return Ok(());
        }
        let shape: Vec<NonZeroU64> = self.array.chunk_shape(place).map_err(|error| failed(&error))?;
        let (data_type, fill) = (self.array.data_type(), self.array.fill_value());
        let encoded = self.array.codecs().encode(bytes, &shape, data_type, fill, &one_thread());
        let encoded = encoded.map_err(|error| failed(&error))?;
        let path = self.staged.file(self.array.chunk_key(place).as_str());
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| std::fs::write(&path, &*encoded));
        written.map_err(|error| StoreError::writing(self.staged.target.path(), &error))
    }
}

/// The array that metadata tell of, without anything stored.
fn opened(path: &Path, plan: &Plan) -> Result<zarrs::array::Array<()>, StoreError> {
    let metadata = plan.parsed(path)?;
    let array = zarrs::array::Array::new_with_metadata(Arc::new(()), "/", metadata);
    array.map_err(|error| StoreError::unwritable(path, FORMAT, error))
}

impl<T: Element> Sink<T> for ZarrSink {
    fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, T>) -> Result<(), BoxError> {
        let counts: Dims = ranges.iter().zip(&self.chunks).map(|(range, n)| range.len().div_ceil(*n)).collect();
        for number in 0..counts.iter().product() {
            let at = unravel(number, &counts);
            let pieces = at.iter().zip(&self.chunks).zip(ranges);
            let own: Vec<Range<usize>> =
                pieces.clone().map(|((at, n), range)| at * n..((at + 1) * n).min(range.len())).collect();
            let place: Vec<u64> = pieces.map(|((at, n), range)| (range.start / n + at) as u64).collect();
            let slices: Vec<SliceInfoElem> = own.iter().map(|range| range.clone().into()).collect();
            let piece = block.slice(slices.as_slice());
            if piece.shape() == self.chunks {
                let piece = piece.as_standard_layout();
                self.write_chunk(&place, piece.as_slice().unwrap_or_default())?;
                continue;
            }
            // The last chunk of an axis is stored as long as the others.
            let mut whole = ArrayD::from_elem(IxDyn(&self.chunks), T::default());
            let filled: Vec<SliceInfoElem> = own.iter().map(|range| (0..range.len()).into()).collect();
            whole.slice_mut(filled.as_slice()).assign(&piece);
            self.write_chunk(&place, whole.as_slice().unwrap_or_default())?;
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), BoxError> {
        Ok(self.staged.finish()?)
    }

    fn abandon(&self) {
        self.staged.abandon();
    }
}

impl<T: Element> Array<T> {
    /// Writes the array as a Zarr array in a directory; Dask's `to_zarr`. The lazy result is the directory's path;
    /// nothing is written before it is computed.
    ///
    /// Each task writes the stored chunks that its block is made of, in a directory beside it that gets the name when it
    /// is whole. If something fails, nothing stands under the name, or what stood there before. Chunks of zeros only
    /// are not stored. A directory that is there is overwritten, if asked for, only if it is a Zarr array.
    ///
    /// # Errors
    /// [`StoreError`] if the directory around it is not there, if it is and was not to be [`overwrite`]n, or if a block
    /// of the array would be a part only of a stored chunk. Lengths of chunks must be known; if they are not, computing
    /// the result tells, before any work starts.
    ///
    /// ```
    /// use partita_collections::array::{Array, ZarrOptions};
    ///
    /// let x = Array::<f64>::ones([100, 40], [30, 40]);
    /// let directory = tempfile::tempdir()?;
    /// let error = x.to_zarr(directory.path().join("x"), ZarrOptions::default().chunks([20, 40])).unwrap_err();
    /// assert!(error.to_string().contains("is stored in chunks of 20 along axis 0"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// [`overwrite`]: super::super::overwrite
    #[track_caller]
    pub fn to_zarr(&self, target: impl Into<Target>, options: ZarrOptions) -> Result<Item<PathBuf>, StoreError> {
        let expected = "Zarr array";
        let target = target.into().directory(expected, |path| has_mark(path, &["zarr.json", ".zarray"]))?;
        let path = target.path().to_path_buf();
        if group(&path) {
            return Err(TargetError::Foreign { path, expected }.into());
        }
        if self.check().is_err() || !self.grid.is_known() {
            // Computing it tells.
            return Ok(self.stored("to_zarr", || Err("the array cannot be computed".into()), path));
        }
        let plan = Plan::new::<T>(&path, &self.grid, &options)?;
        // What the options make impossible is found now.
        opened(&path, &plan)?;
        let open = move || {
            let sink: Shared<T> = Arc::new(ZarrSink::new(target.clone(), &plan)?);
            Ok(sink)
        };
        Ok(self.stored("to_zarr", open, path))
    }
}
