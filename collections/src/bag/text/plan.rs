//! Plans: which files are read, as they are now, and how they are cut into partitions.

use super::codec::Compression;
use super::error::ReadError;
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file as it was when the collection was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) changed: Option<SystemTime>,
    pub(crate) compression: Compression,
}

partita_graph::travels_as_data!(Planned, Block);

impl Planned {
    pub(crate) fn state(metadata: &Metadata) -> (u64, Option<SystemTime>) {
        (metadata.len(), metadata.modified().ok())
    }
}

/// The lines of a file that start in a range of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Block {
    pub(super) file: usize,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Paths, or patterns for them: one or several.
///
/// In a pattern, `*` stands for any characters of a name, `?` for one, `[abc]` for one of these and `**` for any
/// directories. Files come in the order of the patterns, and for one pattern in the alphabetical order of their paths.
/// A name that exists as it is written is no pattern.
pub trait IntoPaths {
    /// The paths and patterns.
    fn into_paths(self) -> Vec<PathBuf>;
}

macro_rules! one {
    ($($one:ty)*) => {
        $(impl IntoPaths for $one {
            fn into_paths(self) -> Vec<PathBuf> {
                vec![self.into()]
            }
        })*
    };
}

one!(&str String &String &Path PathBuf &PathBuf);

impl<P: AsRef<Path>> IntoPaths for Vec<P> {
    fn into_paths(self) -> Vec<PathBuf> {
        self[..].into_paths()
    }
}

impl<P: AsRef<Path>> IntoPaths for &[P] {
    fn into_paths(self) -> Vec<PathBuf> {
        self.iter().map(|path| path.as_ref().to_path_buf()).collect()
    }
}

impl<P: AsRef<Path>> IntoPaths for &Vec<P> {
    fn into_paths(self) -> Vec<PathBuf> {
        self[..].into_paths()
    }
}

impl<P: AsRef<Path>, const N: usize> IntoPaths for [P; N] {
    fn into_paths(self) -> Vec<PathBuf> {
        self[..].into_paths()
    }
}

/// The files that paths and patterns name, each of which can be opened.
pub(crate) fn files(patterns: &[PathBuf], compression: Compression) -> Result<Vec<Planned>, ReadError> {
    if patterns.is_empty() {
        return Err(ReadError::NoPaths);
    }
    let mut files = Vec::new();
    for pattern in patterns {
        let text = pattern.to_string_lossy();
        let is_pattern = text.contains(['*', '?', '[']) && !pattern.exists();
        if !is_pattern {
            files.push(planned(pattern, compression)?);
            continue;
        }
        let before = files.len();
        let reason =
            |error: glob::PatternError| ReadError::Pattern { pattern: pattern.clone(), reason: error.to_string() };
        for path in glob::glob(&text).map_err(reason)? {
            let path = path.map_err(|error| ReadError::of(error.path(), error.error()))?;
            if !path.is_dir() {
                files.push(planned(&path, compression)?);
            }
        }
        if files.len() == before {
            return Err(ReadError::NoMatch { pattern: pattern.clone() });
        }
    }
    Ok(files)
}

/// One file as it is now. What is no file is not opened: that could wait for ever.
fn planned(path: &Path, compression: Compression) -> Result<Planned, ReadError> {
    let failed = |error: std::io::Error| ReadError::of(path, &error);
    let metadata = std::fs::metadata(path).map_err(failed)?;
    match metadata.file_type() {
        kind if kind.is_dir() => return Err(ReadError::Directory { path: path.to_path_buf() }),
        kind if !kind.is_file() => return Err(ReadError::NotAFile { path: path.to_path_buf() }),
        _ => File::open(path).map_err(failed)?,
    };
    // The tasks may run in another directory.
    let path = std::path::absolute(path).map_err(failed)?;
    let (size, changed) = Planned::state(&metadata);
    Ok(Planned { compression: compression.of(&path), path, size, changed })
}

/// Cuts files into blocks of `size` bytes at most, all of about the same length; compressed ones are not cut.
pub(super) fn blocks(files: &[Planned], size: u64) -> Result<Vec<Vec<Block>>, ReadError> {
    let cuts = |file: &Planned| match file.compression {
        Compression::None => file.size.div_ceil(size.max(1)).max(1),
        _ => 1,
    };
    let partitions: u64 = files.iter().map(cuts).sum();
    if partitions >= u64::from(u32::MAX) {
        return Err(ReadError::TooMany { partitions });
    }
    let mut blocks = Vec::with_capacity(partitions as usize);
    for (number, file) in files.iter().enumerate() {
        let cuts = cuts(file);
        let cut = |nth: u64| (u128::from(nth) * u128::from(file.size) / u128::from(cuts)) as u64;
        let block = |nth| Block { file: number, start: cut(nth), end: cut(nth + 1) };
        blocks.extend((0..cuts).map(|nth| vec![block(nth)]));
    }
    Ok(blocks)
}

/// Puts whole files together.
pub(super) fn whole(files: &[Planned], per_partition: usize) -> Vec<Vec<Block>> {
    let all = |(file, planned): (usize, &Planned)| Block { file, start: 0, end: planned.size };
    let blocks: Vec<Block> = files.iter().enumerate().map(all).collect();
    blocks.chunks(per_partition.max(1)).map(<[Block]>::to_vec).collect()
}
