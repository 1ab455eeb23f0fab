//! Places: where the files of a run come to be, and what may be there before.

use super::super::cloud::Destination;
use super::super::faults::FileError;
use super::FrameWriter;
use super::formats::Format;
use crate::address::scheme;
use crate::staged::Target;
use std::path::Path;

/// What a directory that is overwritten has to be.
pub(in super::super) const EXPECTED: &str = "directory of such files alone";

impl<F: Format> FrameWriter<F> {
    /// Where files whose names end so are written to, of this machine or of a store.
    pub(super) fn place(&self, ending: &str) -> Result<(Target, Option<Destination>), FileError> {
        let target = self.target.clone();
        if scheme(target.path()).is_some() {
            if self.append {
                let reason = "`append` adds to directories of this machine, and not to URLs".to_string();
                return Err(FileError::Settings { operation: F::OPERATION, reason });
            }
            let stored = Destination::of(&target, &self.options, self.single, ending)?;
            return Ok((target, Some(stored)));
        }
        let ending = ending.to_string();
        let expected = move |path: &Path| holds_only(path, &ending);
        let target = match (self.single, self.append) {
            (true, _) => target.file()?,
            (_, true) => target.addition()?,
            _ => target.directory(EXPECTED, expected)?,
        };
        Ok((target, None))
    }
}

/// Whether a directory, and those below it, hold nothing but files whose names end so, and hidden ones.
fn holds_only(directory: &Path, ending: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return false };
    entries.into_iter().all(|entry| {
        let Ok(entry) = entry else { return false };
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => holds_only(&entry.path(), ending),
            Ok(kind) => kind.is_file() && (name.ends_with(ending) || name.starts_with(['_', '.'])),
            Err(_) => false,
        }
    })
}
