//! Listings: which files are read, as they are now.

use super::cloud::{Finder, Object, Reading, StorageOptions};
use super::faults::{FileError, FileFault};
use super::handle::Handle;
use super::travel::STORED;
use crate::address::{scheme, shown};
use partita_graph::{NotPortable, NotRead, Packer, Travels, Unpacker};
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A file as it was when the dataframe was made.
#[derive(Clone, Debug)]
pub struct Planned {
    pub(super) path: PathBuf,
    /// How many of the path's parts stand above those that may tell of columns.
    pub(super) root: usize,
    pub(super) size: u64,
    changed: Option<SystemTime>,
    /// What it is in a store, if it is not of this machine.
    object: Option<Object>,
}

impl Travels for Planned {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        if self.object.is_some() {
            return Err(STORED);
        }
        into.data(&(self.path.clone(), self.root, self.size, self.changed))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (path, root, size, changed) = from.data()?;
        Ok(Planned { path, root, size, changed, object: None })
    }
}

/// What an identity needs to know of a file.
pub(super) type Stamp = (String, u64, Option<(u64, u32)>, Option<(String, String, Option<String>)>);

fn state(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

impl Planned {
    /// One file as it is now. What is no file is not opened: that could wait for ever.
    fn new(path: &Path, root: usize) -> Result<Self, FileError> {
        let failed = |error: std::io::Error| FileError::of(path, &error);
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() {
            return Err(FileError::NotAFile { path: path.to_path_buf() });
        }
        let (size, changed) = state(&metadata);
        Ok(Planned { path: path.to_path_buf(), root, size, changed, object: None })
    }

    /// A file of a store.
    fn stored(object: Object, root: usize) -> Self {
        let (path, size, changed) = (object.path().to_path_buf(), object.size(), Some(object.changed()));
        Planned { root: root.min(parts(&path)), path, size, changed, object: Some(object) }
    }

    /// Opens it, if it is of a store.
    pub(super) fn look_at_store(&self) -> Option<Reading> {
        self.object.as_ref().map(Object::open)
    }

    /// Opens it as it is now.
    pub(super) fn look(&self) -> std::io::Result<Handle> {
        match &self.object {
            Some(object) => Ok(Handle::Stored(object.open())),
            None => File::open(&self.path).map(Handle::Local),
        }
    }

    /// Opens it, if it is as it was.
    pub(super) fn open(&self) -> Result<Handle, FileFault> {
        let file = self.look().map_err(|error| FileFault::of(&self.path, &error))?;
        self.check(&file)?;
        Ok(file)
    }

    /// Whether it is still as it was; asked again after reading. Each answer of a store tells of which version it is.
    pub(super) fn check(&self, file: &Handle) -> Result<(), FileFault> {
        let Handle::Local(file) = file else { return Ok(()) };
        let found = state(&file.metadata().map_err(|error| FileFault::of(&self.path, &error))?);
        let planned = (self.size, self.changed);
        match planned == found {
            true => Ok(()),
            false => Err(FileFault::Changed { path: self.path.clone(), planned, found }),
        }
    }

    /// It cannot be read as what it should be.
    pub(super) fn corrupt(&self, format: &'static str, reason: String) -> FileFault {
        FileFault::Corrupt { path: self.path.clone(), format, reason }
    }

    pub(super) fn stamp(&self) -> Stamp {
        let time = self.changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let time = time.map(|time| (time.as_secs(), time.subsec_nanos()));
        let stored = self.object.as_ref().map(Object::described);
        (self.path.to_string_lossy().into_owned(), self.size, time, stored)
    }

    /// The names of the directories below the root.
    pub(super) fn directories(&self) -> impl Iterator<Item = &str> {
        let directories = self.path.parent().unwrap_or(&self.path);
        directories.iter().skip(self.root).filter_map(|name| name.to_str())
    }
}

/// The files that paths, patterns and directories name. Of a directory, those below it whose names end in one of
/// `extensions`, but for hidden ones.
pub(super) fn files(
    paths: &[PathBuf],
    extensions: &[&str],
    options: &StorageOptions,
) -> Result<Vec<Planned>, FileError> {
    if paths.is_empty() {
        return Err(FileError::NoPaths);
    }
    let mut finder = Finder::new(paths, options);
    let mut files = Vec::new();
    for given in paths {
        if scheme(given).is_some() {
            let found = finder.below(given, extensions)?;
            if found.is_empty() {
                let path = shown(given).into_owned();
                return Err(match path.to_string_lossy().contains(['*', '?', '[']) {
                    true => FileError::NoMatch { pattern: path },
                    false => FileError::NoFiles { path, expected: ends(extensions) },
                });
            }
            files.extend(found.into_iter().map(|(object, root)| Planned::stored(object, root)));
            continue;
        }
        // The tasks may run in another directory.
        let path = std::path::absolute(given).map_err(|error| FileError::of(given, &error))?;
        let before = files.len();
        let is_pattern = path.to_string_lossy().contains(['*', '?', '[']) && !path.exists();
        match is_pattern {
            true => matching(&path, extensions, &mut files)?,
            false => one(&path, parts(&path), extensions, &mut files)?,
        }
        match files.len() == before {
            true if is_pattern => return Err(FileError::NoMatch { pattern: given.clone() }),
            true => return Err(FileError::NoFiles { path: given.clone(), expected: ends(extensions) }),
            false => {}
        }
    }
    Ok(files)
}

fn ends(extensions: &[&str]) -> String {
    extensions.iter().map(|extension| format!(".{extension}")).collect::<Vec<_>>().join(" or ")
}

fn parts(path: &Path) -> usize {
    path.iter().count()
}

/// A file, or all below a directory.
fn one(path: &Path, root: usize, extensions: &[&str], files: &mut Vec<Planned>) -> Result<(), FileError> {
    match path.is_dir() {
        true => below(path, root, extensions, files),
        false => {
            files.push(Planned::new(path, root.min(parts(path)))?);
            Ok(())
        }
    }
}

/// What a pattern matches. Directories below its first part with a star may tell of columns.
fn matching(pattern: &Path, extensions: &[&str], files: &mut Vec<Planned>) -> Result<(), FileError> {
    let reason =
        |error: glob::PatternError| FileError::Pattern { pattern: pattern.to_path_buf(), reason: error.to_string() };
    let root = pattern.iter().take_while(|part| !part.to_string_lossy().contains(['*', '?', '['])).count();
    let mut directories: Vec<PathBuf> = Vec::new();
    for path in glob::glob(&pattern.to_string_lossy()).map_err(reason)? {
        let path = path.map_err(|error| FileError::of(error.path(), error.error()))?;
        // With `**`, a directory is matched and so are those in it.
        if directories.iter().any(|directory| path.starts_with(directory)) {
            continue;
        }
        if path.is_dir() {
            below(&path, root, extensions, files)?;
            directories.push(path);
        } else {
            files.push(Planned::new(&path, root)?);
        }
    }
    Ok(())
}

/// The files below a directory, in the order of their names; numbers in names count as such, so that `part.10` comes
/// after `part.9`.
fn below(directory: &Path, root: usize, extensions: &[&str], files: &mut Vec<Planned>) -> Result<(), FileError> {
    let failed = |error: std::io::Error| FileError::of(directory, &error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Hidden files and notes of other programs; but columns may be called so.
        if !name.starts_with(['.', '_']) || name.contains('=') {
            entries.push((entry.path(), name));
        }
    }
    entries.sort_by_cached_key(|(_, name)| natural(name));
    for (path, name) in entries {
        let is_one = extensions.iter().any(|extension| name.to_lowercase().ends_with(&format!(".{extension}")));
        if path.is_dir() {
            below(&path, root, extensions, files)?;
        } else if is_one {
            files.push(Planned::new(&path, root)?);
        }
    }
    Ok(())
}

/// The names of a path of a store, by which it stands where a file of this machine would.
#[cfg(feature = "cloud")]
pub(super) fn natural_parts(path: &str) -> Vec<Vec<(bool, u128, String)>> {
    path.split('/').map(natural).collect()
}

/// A name cut into texts and numbers.
fn natural(name: &str) -> Vec<(bool, u128, String)> {
    let mut cut: Vec<(bool, u128, String)> = Vec::new();
    for character in name.chars() {
        let is_text = !character.is_ascii_digit();
        match cut.last_mut() {
            Some((same, _, text)) if *same == is_text => text.push(character),
            _ => cut.push((is_text, 0, character.to_string())),
        }
    }
    for (is_text, value, text) in &mut cut {
        if !*is_text {
            *value = text.parse().unwrap_or(u128::MAX);
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["part.10.parquet", "part.9.parquet", "part.1.parquet", "a", "2", "10"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["2", "10", "a", "part.1.parquet", "part.9.parquet", "part.10.parquet"]);
    }
}
