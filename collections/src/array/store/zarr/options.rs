//! Options: how an array is stored as a Zarr array.

/// A version of the Zarr format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ZarrVersion {
    /// Version 2: `.zarray` and chunks `0.0`, `0.1`, ….
    V2,
    /// Version 3: `zarr.json` and chunks `c/0/0`, `c/0/1`, ….
    #[default]
    V3,
}

/// How the chunks of a Zarr array are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ZarrCompression {
    /// Not at all.
    None,
    /// By Zstandard, at this level; 0 is its own choice.
    Zstd(i32),
    /// By gzip, at a level from 0 to 9.
    Gzip(u32),
}

impl Default for ZarrCompression {
    fn default() -> Self {
        ZarrCompression::Zstd(0)
    }
}

/// How an array is stored as a Zarr array: version 3, in chunks of the array's own lengths, compressed by Zstandard, if
/// nothing else is said.
///
/// ```
/// use partita_collections::array::{Array, ZarrCompression, ZarrOptions, ZarrVersion};
/// use partita_collections::bag::on_reference;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("x.zarr");
/// let x = Array::<f64>::ones([100, 40], [50, 40]);
/// let options = ZarrOptions::default().version(ZarrVersion::V2).chunks([25, 20]).compression(ZarrCompression::Gzip(6));
/// on_reference(&x.to_zarr(&path, options)?)?;
/// assert_eq!(Array::<f64>::from_zarr(&path)?.chunks(), [vec![25; 4], vec![20; 2]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until an array is stored with them"]
pub struct ZarrOptions {
    pub(super) version: ZarrVersion,
    pub(super) compression: ZarrCompression,
    pub(super) chunks: Option<Vec<usize>>,
    pub(super) inner_chunks: Option<Vec<usize>>,
}

impl ZarrOptions {
    /// The version of the format.
    pub fn version(self, version: ZarrVersion) -> Self {
        ZarrOptions { version, ..self }
    }

    /// How chunks are compressed.
    pub fn compression(self, compression: ZarrCompression) -> Self {
        ZarrOptions { compression, ..self }
    }

    /// The lengths of stored chunks, one for each axis. The array's chunks must be made of whole ones.
    pub fn chunks(self, lengths: impl Into<Vec<usize>>) -> Self {
        ZarrOptions { chunks: Some(lengths.into()), ..self }
    }

    /// The lengths of the inner chunks that stored chunks are cut into, one for each axis: each stored chunk is a shard
    /// then, one file of many chunks that can be read one by one. Only version 3 has them.
    pub fn inner_chunks(self, lengths: impl Into<Vec<usize>>) -> Self {
        ZarrOptions { inner_chunks: Some(lengths.into()), ..self }
    }
}
