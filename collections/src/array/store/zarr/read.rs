//! Reading Zarr arrays: any block, of whole stored chunks and of parts of them.

use super::super::super::chunk::Chunk;
use super::super::super::chunks::Chunks;
use super::super::super::error::ArrayError;
use super::super::super::grid::{Grid, MAX_CHUNKS};
use super::super::super::{Array, Element};
use super::super::dtype;
use super::super::error::StoreError;
use super::metadata::FORMAT;
use partita_graph::Fault;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::{ArrayBytes, ArrayMetadata, ArraySubset, CodecOptions};
use zarrs::filesystem::FilesystemStore;
use zarrs::metadata::v2::DataTypeMetadataV2;

/// A Zarr array whose metadata were read.
pub(super) struct ZarrFile {
    path: PathBuf,
    array: zarrs::array::Array<FilesystemStore>,
    shape: Vec<usize>,
}

impl ZarrFile {
    /// Reads the metadata of an array of elements of type `T`.
    pub(super) fn open<T: Element>(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| StoreError::reading(path, &error))?;
        match std::fs::metadata(&path) {
            Err(error) => return Err(StoreError::reading(&path, &error)),
            Ok(found) if !found.is_dir() => return Err(StoreError::NotADirectory { path }),
            Ok(_) => {}
        }
        let refused = |error: &dyn std::fmt::Display| StoreError::format(&path, FORMAT, error);
        let has = |name: &str| path.join(name).is_file();
        if !has(".zarray") && has(".zgroup") || group(&path) {
            return Err(refused(&"it is a group: name an array in it, as `path/name`"));
        }
        if !has(".zarray") && !has("zarr.json") {
            return Err(refused(&"it has neither `zarr.json` nor `.zarray`"));
        }
        let store = FilesystemStore::new(&path).map_err(|error| refused(&error))?;
        let array = zarrs::array::Array::open(Arc::new(store), "/").map_err(|error| match error.to_string() {
            text if text.contains("blosc") && !cfg!(feature = "zarr-blosc") => {
                refused(&format!("{text}. The feature `zarr-blosc` of this crate reads it"))
            }
            text => refused(&text),
        })?;
        check_type::<T>(&path, array.metadata())?;
        let shape = array.shape().iter().map(|&length| usize::try_from(length)).collect::<Result<_, _>>();
        let shape = shape.map_err(|error| refused(&error))?;
        Ok(ZarrFile { path, array, shape })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The lengths of the stored chunks along each axis, cut at the array's end.
    pub(super) fn chunks(&self) -> Result<Vec<Vec<usize>>, StoreError> {
        if self.shape.contains(&0) {
            return Ok(self.shape.iter().map(|&length| vec![length]).collect());
        }
        let counts = self.array.chunk_grid_shape().to_vec();
        let all = counts.iter().try_fold(1u128, |all, &count| all.checked_mul(u128::from(count))).unwrap_or(u128::MAX);
        if all > MAX_CHUNKS as u128 {
            let error = ArrayError::TooManyChunks { shape: self.shape.clone(), chunks: all, limit: MAX_CHUNKS };
            return Err(StoreError::array(&self.path, error));
        }
        let length = |axis: usize, at: u64| {
            let mut place = vec![0; counts.len()];
            place[axis] = at;
            let subset = self.array.chunk_subset_bounded(&place);
            let subset = subset.map_err(|error| StoreError::format(&self.path, FORMAT, error))?;
            Ok(subset.shape()[axis] as usize)
        };
        (0..counts.len()).map(|axis| (0..counts[axis]).map(|at| length(axis, at)).collect()).collect()
    }

    /// The elements in these ranges; the fill value where no chunk is stored.
    pub(super) fn read<T: Element>(&self, ranges: &[Range<usize>]) -> Result<Chunk<T>, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::format(&self.path, FORMAT, error);
        let lengths: Vec<usize> = ranges.iter().map(Range::len).collect();
        if lengths.contains(&0) {
            return Ok(Chunk::new(&lengths, Vec::new()));
        }
        let wide: Vec<Range<u64>> = ranges.iter().map(|range| range.start as u64..range.end as u64).collect();
        let subset = ArraySubset::new_with_ranges(&wide);
        let bytes: ArrayBytes<'static> =
            self.array.retrieve_array_subset_opt(&subset, &one_thread()).map_err(|error| failed(&error))?;
        let bytes = bytes.into_fixed().map_err(|error| failed(&error))?;
        let elements = T::from_bytes(&bytes).filter(|elements| elements.len() == lengths.iter().product::<usize>());
        let elements = elements.ok_or_else(|| failed(&format!("a chunk has bytes that are no {}", T::DTYPE)))?;
        Ok(Chunk::new(&lengths, elements))
    }
}

/// Tasks run beside each other already: a chunk is decoded by its own thread only.
pub(super) fn one_thread() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1)
}

/// Whether a directory is a group of version 3.
pub(super) fn group(path: &Path) -> bool {
    let text = std::fs::read(path.join("zarr.json")).unwrap_or_default();
    let metadata: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    metadata["node_type"] == "group"
}

fn check_type<T: Element>(path: &Path, metadata: &ArrayMetadata) -> Result<(), StoreError> {
    match metadata {
        ArrayMetadata::V2(metadata) => match &metadata.dtype {
            // The order of bytes is the codecs' business.
            DataTypeMetadataV2::Simple(description) => dtype::is_swapped::<T>(path, description).map(drop),
            DataTypeMetadataV2::Structured(_) => Err(dtype::mismatch::<T>(path, "structures")),
        },
        ArrayMetadata::V3(metadata) if metadata.data_type.name() == T::DTYPE => Ok(()),
        ArrayMetadata::V3(metadata) => Err(dtype::mismatch::<T>(path, metadata.data_type.name())),
    }
}

impl<T: Element> Array<T> {
    /// An array of a Zarr array in a directory, of version 2 or 3, in the chunks that it is stored in (shards, if it has
    /// them); Dask's `from_zarr`. Its metadata are read now, and its chunks when they are needed; those that are not
    /// stored have the fill value. An array in a group has the path `group/array`.
    ///
    /// Chunks may be compressed by zstd, gzip, zlib or not, and by Blosc with the feature `zarr-blosc`.
    ///
    /// # Errors
    /// [`StoreError`] if it is not there or no Zarr array, holds elements of another type than `T`, or is stored in a
    /// way that cannot be read.
    ///
    /// ```
    /// use partita_collections::array::{Array, ZarrOptions};
    /// use partita_collections::bag::on_reference;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("x.zarr");
    /// let x = Array::<f64>::arange(0.0, 10.0, 1.0, 4);
    /// on_reference(&x.to_zarr(&path, ZarrOptions::default())?)?;
    /// let back = Array::<f64>::from_zarr(&path)?;
    /// assert_eq!(back.chunks(), [vec![4, 4, 2]]);
    /// assert_eq!(on_reference(&back)?, on_reference(&x)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_zarr(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let file = ZarrFile::open::<T>(path.as_ref())?;
        let grid = Grid::new(file.chunks()?).map_err(|error| StoreError::array(file.path(), error))?;
        Ok(Array::of_zarr(file, grid))
    }

    /// As [`Array::from_zarr`], in other chunks than it is stored in. A stored chunk is decoded for each block that it
    /// is part of, so multiples of its lengths are best.
    ///
    /// # Errors
    /// [`StoreError`] as for [`Array::from_zarr`], and if the chunks do not fit its shape.
    #[track_caller]
    pub fn from_zarr_in(path: impl AsRef<Path>, chunks: impl Into<Chunks>) -> Result<Self, StoreError> {
        let file = ZarrFile::open::<T>(path.as_ref())?;
        let grid = chunks.into().grid(file.shape(), size_of::<T>());
        let grid = grid.map_err(|error| StoreError::array(file.path(), error))?;
        Ok(Array::of_zarr(file, grid))
    }

    #[track_caller]
    fn of_zarr(file: ZarrFile, grid: Grid) -> Self {
        // Chunks may be written at any time, which the metadata do not tell: it is like no other array.
        let read = move |ranges: &[Range<usize>]| file.read(ranges).map_err(Fault::failed);
        Array::read_in_blocks("from_zarr", None, grid, read)
    }
}
