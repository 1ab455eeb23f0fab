//! Additions: files that are put to those of a directory, all of them or none, and never in the place of one.

use super::error::TargetError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// What was put into a directory so far; it goes again when this is dropped.
#[derive(Default)]
struct Added {
    files: Vec<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Drop for Added {
    fn drop(&mut self) {
        self.files.iter().for_each(|path| drop(fs::remove_file(path)));
        // Those in which somebody else has put something by now stay.
        self.directories.iter().rev().for_each(|path| drop(fs::remove_dir(path)));
    }
}

impl Added {
    /// Moves what is in one directory to another one.
    fn put(&mut self, from: &Path, to: &Path) -> Result<(), TargetError> {
        let failed = |error: io::Error| TargetError::writing(to, &error);
        let mut entries: Vec<fs::DirEntry> =
            fs::read_dir(from).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            let failed = |error: io::Error| TargetError::writing(&to, &error);
            if !entry.file_type().map_err(failed)?.is_dir() {
                let file = TempPath::try_from_path(from).map_err(failed)?;
                file.persist_noclobber(&to).map_err(|error| TargetError::writing(&to, &error.error))?;
                self.files.push(to);
                continue;
            }
            match fs::create_dir(&to) {
                Ok(()) => self.directories.push(to.clone()),
                Err(_) if to.is_dir() => {}
                Err(error) => return Err(failed(error)),
            }
            self.put(&from, &to)?;
        }
        Ok(())
    }
}

/// Moves all files of a directory, and of those below it, to another one. If one cannot be moved, or there is one of its
/// name, those that were moved go again.
pub(super) fn add(from: &Path, to: &Path) -> Result<(), TargetError> {
    let mut added = Added::default();
    added.put(from, to)?;
    let Added { files, directories } = &mut added;
    files.clear();
    directories.clear();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(directory: &Path) -> Vec<(String, Option<String>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            match path.is_dir() {
                true => {
                    found.push((name.clone(), None));
                    found.extend(all(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
                }
                false => found.push((name, Some(fs::read_to_string(&path).unwrap()))),
            }
        }
        found.sort();
        found
    }

    #[test]
    fn files_are_added_all_or_none() {
        for taken in [None, Some("a"), Some("k=1/b"), Some("k=2/c"), Some("z")] {
            let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
            for name in ["a", "k=1/b", "k=2/c", "z"] {
                let path = from.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "new").unwrap();
            }
            fs::create_dir(to.path().join("k=1")).unwrap();
            fs::write(to.path().join("k=1/old"), "old").unwrap();
            if let Some(taken) = taken {
                fs::create_dir_all(to.path().join(taken).parent().unwrap()).unwrap();
                fs::write(to.path().join(taken), "taken").unwrap();
            }
            let before = all(to.path());
            match (add(from.path(), to.path()), taken) {
                (Ok(()), None) => assert_eq!(all(to.path()).len(), before.len() + 5),
                (Err(TargetError::Exists { path }), Some(taken)) => {
                    assert_eq!(path, to.path().join(taken));
                    assert_eq!(all(to.path()), before, "{taken}");
                }
                (found, taken) => panic!("{found:?} with {taken:?}"),
            }
        }
    }
}
