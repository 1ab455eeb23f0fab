//! Runs in files: a head that tells what it is and a checksum, and the run in MessagePack.

mod error;

pub use error::RunFileError;

use crate::export::{ExportError, replace};
use crate::run::Run;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// What a file of a run begins with.
const MAGIC: &[u8; 12] = b"partita-run\n";

/// Counts the ways in which runs were ever written. To be raised whenever what a run holds changes.
const VERSION: u32 = 4;

/// Magic, version, checksum and length of the body.
const HEAD: usize = MAGIC.len() + 4 + 4 + 8;

/// Bytes that a file of a run may have. A run with all that is kept by default takes about 200 MB.
pub const MOST: u64 = 1 << 30;

impl Run {
    /// Writes the run into a file, to be [loaded](Run::load) by this or another process: `compare` needs two.
    ///
    /// ```
    /// use partita_profiler::run::Run;
    ///
    /// let path = std::env::temp_dir().join("partita-example.run");
    /// let run = Run::default();
    /// run.save(&path)?;
    /// assert_eq!(Run::load(&path)?.records(), run.records());
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ExportError> {
        replace(path.as_ref(), |file| {
            let bytes = self.to_bytes().map_err(std::io::Error::other)?;
            file.write_all(&bytes)
        })
    }

    /// Reads a run that was [saved](Run::save).
    ///
    /// # Errors
    /// [`RunFileError`]: whatever the file holds, and however it was damaged.
    pub fn load(path: impl AsRef<Path>) -> Result<Run, RunFileError> {
        let read = || {
            let file = File::open(path.as_ref())?;
            let told = file.metadata()?.len();
            // A file may grow, or be none that knows its length.
            let mut bytes = Vec::with_capacity(usize::try_from(told.min(MOST)).unwrap_or_default());
            file.take(MOST + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|error: std::io::Error| RunFileError::Read { cause: error.to_string() });
        bytes.and_then(|bytes| Run::from_bytes(&bytes)).map_err(|error| error.of(path.as_ref()))
    }

    /// The run as it is in a file.
    ///
    /// # Errors
    /// [`RunFileError::Malformed`] if it cannot be written down; none can be made so.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RunFileError> {
        let mut bytes = vec![0; HEAD];
        rmp_serde::encode::write(&mut bytes, self)
            .map_err(|error| RunFileError::Malformed { cause: error.to_string() })?;
        let body = &bytes[HEAD..];
        let (checksum, length) = (crc32fast::hash(body), body.len() as u64);
        bytes[..12].copy_from_slice(MAGIC);
        bytes[12..16].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
        bytes[20..28].copy_from_slice(&length.to_le_bytes());
        Ok(bytes)
    }

    /// The run of a file's bytes. No more is allocated than a few times their number.
    ///
    /// # Errors
    /// As [`Run::load`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Run, RunFileError> {
        if bytes.len() as u64 > MOST {
            return Err(RunFileError::TooLarge { limit: MOST });
        }
        let head = &bytes[..bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(head) || head.is_empty() {
            return Err(RunFileError::NotARun);
        }
        let number = |from: usize| -> Option<u32> { Some(u32::from_le_bytes(*bytes.get(from..)?.first_chunk()?)) };
        let short = |wanted| RunFileError::Truncated { found: bytes.len() as u64, wanted };
        let (version, checksum) = (number(12), number(16));
        let length = bytes.get(20..).and_then(|rest| rest.first_chunk()).map(|length| u64::from_le_bytes(*length));
        if let Some(version) = version.filter(|version| *version != VERSION) {
            return Err(RunFileError::OtherVersion { found: version, known: VERSION });
        }
        let (Some(checksum), Some(length)) = (checksum, length) else { return Err(short(HEAD as u64)) };
        let body = &bytes[HEAD..];
        if (body.len() as u64) < length {
            return Err(short(length.saturating_add(HEAD as u64)));
        }
        if body.len() as u64 > length || crc32fast::hash(body) != checksum {
            return Err(RunFileError::Damaged);
        }
        rmp_serde::from_slice(body).map_err(|error| RunFileError::Malformed { cause: error.to_string() })
    }
}

#[cfg(test)]
mod tests;
