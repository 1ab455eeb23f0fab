//! Metadata: what is written about a Zarr array, and which stored chunks go with the array's chunks.

use super::super::super::Element;
use super::super::super::error::ArrayError;
use super::super::super::grid::{Grid, starts};
use super::super::dtype;
use super::super::error::StoreError;
use super::options::{ZarrCompression, ZarrOptions, ZarrVersion};
use serde_json::{Value, json};
use std::path::Path;
use zarrs::array::ArrayMetadata;

/// What it should be that is written.
pub(super) const FORMAT: &str = "a Zarr array";

/// The most bytes of a stored chunk: what Python's decoders take.
const MAX_CHUNK: u64 = (1 << 31) - 1;

/// What a Zarr array that is to be written is like.
#[derive(Clone)]
pub(super) struct Plan {
    /// The file that its metadata are in.
    pub(super) file: &'static str,
    pub(super) metadata: Value,
    /// The lengths of its chunks.
    pub(super) chunks: Vec<usize>,
}

impl Plan {
    pub(super) fn new<T: Element>(path: &Path, grid: &Grid, options: &ZarrOptions) -> Result<Self, StoreError> {
        let chunks = stored_chunks(path, grid, options, size_of::<T>())?;
        let (file, metadata) = match options.version {
            ZarrVersion::V2 => (".zarray", version2::<T>(grid.shape(), &chunks, options)),
            ZarrVersion::V3 => ("zarr.json", version3::<T>(grid.shape(), &chunks, options)),
        };
        Ok(Plan { file, metadata, chunks })
    }

    /// The metadata as the crate zarrs has them.
    pub(super) fn parsed(&self, path: &Path) -> Result<ArrayMetadata, StoreError> {
        let refused = |error: serde_json::Error| StoreError::unwritable(path, FORMAT, error);
        match self.file {
            ".zarray" => serde_json::from_value(self.metadata.clone()).map(ArrayMetadata::V2).map_err(refused),
            _ => serde_json::from_value(self.metadata.clone()).map(ArrayMetadata::V3).map_err(refused),
        }
    }
}

/// The lengths of stored chunks, of which each of the array's chunks must be made.
fn stored_chunks(path: &Path, grid: &Grid, options: &ZarrOptions, itemsize: usize) -> Result<Vec<usize>, StoreError> {
    let lengths = match &options.chunks {
        Some(lengths) => lengths.clone(),
        None => grid.chunks().iter().map(|chunks| chunks.iter().copied().find(|&n| n > 0).unwrap_or(1)).collect(),
    };
    check_lengths(path, grid.shape(), "chunks", &lengths)?;
    let nbytes = lengths.iter().try_fold(itemsize as u64, |all, &n| all.checked_mul(n as u64)).unwrap_or(u64::MAX);
    if nbytes > MAX_CHUNK {
        let remedy = "store in smaller `chunks`".to_string();
        let error = ArrayError::BlockTooLarge {
            operation: "to_zarr".to_owned(),
            block: lengths,
            nbytes,
            limit: MAX_CHUNK,
            remedy,
        };
        return Err(StoreError::array(path, error));
    }
    for (axis, &stored) in lengths.iter().enumerate() {
        let chunks = grid.axis(axis);
        let begins = starts(chunks);
        let length = grid.shape()[axis];
        if begins.iter().any(|&begin| begin < length && begin % stored != 0) {
            return Err(StoreError::Misaligned { path: path.to_path_buf(), axis, chunks: chunks.to_vec(), stored });
        }
    }
    if let Some(inner) = &options.inner_chunks {
        check_lengths(path, grid.shape(), "inner_chunks", inner)?;
        let even = lengths.iter().zip(inner).all(|(stored, inner)| stored % inner == 0);
        if options.version == ZarrVersion::V2 || !even {
            let allowed = "stored chunks are made of whole inner ones, and version 2 of Zarr has none";
            return Err(argument(path, "inner_chunks", inner, allowed));
        }
    }
    Ok(lengths)
}

/// Lengths of chunks: one for each axis, none of them 0.
fn check_lengths(path: &Path, shape: &[usize], name: &'static str, lengths: &[usize]) -> Result<(), StoreError> {
    if lengths.len() != shape.len() {
        let error = ArrayError::ChunkAxes { given: lengths.len(), shape: shape.to_vec() };
        return Err(StoreError::array(path, error));
    }
    match lengths.contains(&0) {
        true => Err(argument(path, name, lengths, "no length may be 0")),
        false => Ok(()),
    }
}

fn argument(path: &Path, argument: &'static str, lengths: &[usize], allowed: &'static str) -> StoreError {
    let value = super::super::super::error::Show(lengths).to_string();
    StoreError::array(path, ArrayError::Argument { operation: "to_zarr", argument, value, allowed })
}

/// Zeros, as what is not stored is read.
fn fill<T: Element>() -> Value {
    match T::DTYPE {
        "bool" => json!(false),
        complex if complex.starts_with("complex") => json!([0.0, 0.0]),
        float if float.starts_with("float") => json!(0.0),
        _ => json!(0),
    }
}

/// See the Zarr storage specification, version 2, "Arrays".
fn version2<T: Element>(shape: &[usize], chunks: &[usize], options: &ZarrOptions) -> Value {
    let compressor = match options.compression {
        ZarrCompression::None => Value::Null,
        ZarrCompression::Zstd(level) => json!({"id": "zstd", "level": level, "checksum": false}),
        ZarrCompression::Gzip(level) => json!({"id": "gzip", "level": level}),
    };
    json!({
        "zarr_format": 2,
        "shape": shape,
        "chunks": chunks,
        "dtype": dtype::description::<T>(),
        "fill_value": fill::<T>(),
        "order": "C",
        "filters": null,
        "compressor": compressor,
        "dimension_separator": ".",
    })
}

/// See the Zarr core specification, version 3, "Array metadata".
fn version3<T: Element>(shape: &[usize], chunks: &[usize], options: &ZarrOptions) -> Value {
    let mut codecs = vec![match size_of::<T>() {
        1 => json!({"name": "bytes"}),
        _ => json!({"name": "bytes", "configuration": {"endian": "little"}}),
    }];
    match options.compression {
        ZarrCompression::None => {}
        ZarrCompression::Zstd(level) => {
            codecs.push(json!({"name": "zstd", "configuration": {"level": level, "checksum": false}}));
        }
        ZarrCompression::Gzip(level) => codecs.push(json!({"name": "gzip", "configuration": {"level": level}})),
    }
    if let Some(inner) = &options.inner_chunks {
        let index = json!([{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]);
        let configuration =
            json!({"chunk_shape": inner, "codecs": codecs, "index_codecs": index, "index_location": "end"});
        codecs = vec![json!({"name": "sharding_indexed", "configuration": configuration})];
    }
    json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": T::DTYPE,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill::<T>(),
        "codecs": codecs,
        "attributes": {},
    })
}
