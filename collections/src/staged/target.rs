//! Targets: where a collection is written to. Files and directories are made under other names, and renamed when they are
//! whole.

use super::added::add;
use super::error::TargetError;
use crate::address::shown;
use parking_lot::Mutex;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir};

/// Where a collection is written to: a path where nothing is yet, or one to [`overwrite`].
///
/// ```
/// use partita_collections::array::{Array, overwrite};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("x.npy");
/// std::fs::write(&path, "something else")?;
/// let x = Array::<f64>::ones(4, 2);
/// assert!(x.to_npy(&path).unwrap_err().to_string().contains("is there already"));
/// assert!(x.to_npy(overwrite(&path)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
    overwrite: bool,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = shown(&self.path);
        f.debug_struct("Target").field("path", &path).field("overwrite", &self.overwrite).finish()
    }
}

/// A path to write to, where what is there is replaced at the end, when the new is whole.
pub fn overwrite(path: impl AsRef<Path>) -> Target {
    Target { path: path.as_ref().to_path_buf(), overwrite: true }
}

impl<P: AsRef<Path>> From<P> for Target {
    fn from(path: P) -> Self {
        Target { path: path.as_ref().to_path_buf(), overwrite: false }
    }
}

/// Whether a directory has one of these files, which tell what it holds.
#[cfg(feature = "array")]
pub(crate) fn has_mark(directory: &Path, marks: &[&str]) -> bool {
    marks.iter().any(|mark| directory.join(mark).is_file())
}

impl Target {
    /// A target for a file, if it can be one: its directory is there, and nothing stands in its way.
    pub(crate) fn file(self) -> Result<Self, TargetError> {
        let target = self.absolute()?;
        let path = target.path.clone();
        match fs::metadata(&path) {
            Ok(_) if !target.overwrite => Err(TargetError::Exists { path }),
            Ok(found) if !found.is_file() => Err(TargetError::NotAFile { path }),
            _ => Ok(target),
        }
    }

    /// A target for a directory. One that is there is overwritten only if it is an `expected` one.
    pub(crate) fn directory(
        self,
        expected: &'static str,
        is_expected: impl FnOnce(&Path) -> bool,
    ) -> Result<Self, TargetError> {
        let target = self.absolute()?;
        let path = target.path.clone();
        match fs::metadata(&path) {
            Ok(found) if !found.is_dir() => Err(TargetError::NotADirectory { path }),
            Ok(_) if !target.overwrite => Err(TargetError::Exists { path }),
            Ok(_) if !is_expected(&path) => Err(TargetError::Foreign { path, expected }),
            _ => Ok(target),
        }
    }

    /// A target for files that are put to those of a directory, if there is one.
    #[cfg(feature = "dataframe")]
    pub(crate) fn addition(self) -> Result<Self, TargetError> {
        let target = self.absolute()?;
        match fs::metadata(&target.path) {
            Ok(found) if !found.is_dir() => Err(TargetError::NotADirectory { path: target.path }),
            _ => Ok(target),
        }
    }

    /// Whether what is there is replaced.
    #[cfg(feature = "dataframe")]
    pub(crate) fn overwrites(&self) -> bool {
        self.overwrite
    }

    /// With a whole path, in a directory that is there.
    fn absolute(self) -> Result<Self, TargetError> {
        let path = std::path::absolute(&self.path).map_err(|error| TargetError::writing(&self.path, &error))?;
        let directory = path.parent().unwrap_or(&path);
        match fs::metadata(directory) {
            Ok(found) if found.is_dir() => Ok(Target { path, ..self }),
            Ok(_) => Err(TargetError::NotADirectory { path: directory.to_path_buf() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(TargetError::NoDirectory { path: directory.to_path_buf() })
            }
            Err(error) => Err(TargetError::writing(directory, &error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file beside the target, which goes when it is dropped.
    pub(crate) fn stage_file(&self) -> Result<NamedTempFile, TargetError> {
        builder(0o666).tempfile_in(self.beside()).map_err(|error| TargetError::writing(&self.path, &error))
    }

    /// A new directory beside the target, which goes when it is dropped.
    fn stage_directory(&self) -> Result<TempDir, TargetError> {
        builder(0o777).tempdir_in(self.beside()).map_err(|error| TargetError::writing(&self.path, &error))
    }

    fn beside(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Gives a file the target's name.
    pub(crate) fn place_file(&self, file: NamedTempFile) -> Result<(), TargetError> {
        let placed = match self.overwrite {
            true => file.persist(&self.path),
            false => file.persist_noclobber(&self.path),
        };
        placed.map(drop).map_err(|error| TargetError::writing(&self.path, &error.error))
    }

    /// Gives a directory the target's name. What was there before goes last.
    fn place_directory(&self, staged: TempDir) -> Result<(), TargetError> {
        let failed = |error: io::Error| TargetError::writing(&self.path, &error);
        let old = match fs::symlink_metadata(&self.path) {
            Ok(_) if !self.overwrite => return Err(TargetError::Exists { path: self.path.clone() }),
            Ok(_) => {
                let old = self.stage_directory()?;
                fs::rename(&self.path, old.path().join("old")).map_err(failed)?;
                Some(old)
            }
            Err(_) => None,
        };
        if let Err(error) = fs::rename(staged.path(), &self.path) {
            if let Some(old) = old {
                fs::rename(old.path().join("old"), &self.path).map_err(failed)?;
            }
            return Err(failed(error));
        }
        // It stands under another name now, so there is nothing to remove.
        let _moved = staged.keep();
        Ok(())
    }
}

/// A directory that is being written, under another name than the target's until it is whole.
pub(crate) struct Staged {
    pub(crate) target: Target,
    /// The name that it has until then.
    path: PathBuf,
    directory: Mutex<Option<TempDir>>,
    /// Whether its files are put to those of the target.
    is_added: bool,
}

impl Staged {
    /// A new directory beside the target, with nothing in it.
    pub(crate) fn empty(target: Target) -> Result<Self, TargetError> {
        let directory = target.stage_directory()?;
        Ok(Staged::of(target, directory, false))
    }

    /// A new directory within the target, a directory, with nothing in it. Its files are put to those of the target.
    #[cfg(feature = "dataframe")]
    pub(crate) fn within(target: Target) -> Result<Self, TargetError> {
        let staged = builder(0o777).tempdir_in(&target.path);
        let directory = staged.map_err(|error| TargetError::writing(&target.path, &error))?;
        Ok(Staged::of(target, directory, true))
    }

    fn of(target: Target, directory: TempDir, is_added: bool) -> Self {
        let path = directory.path().to_path_buf();
        Staged { target, path, directory: Mutex::new(Some(directory)), is_added }
    }

    /// A new directory beside the target, with the file that tells what it holds.
    #[cfg(feature = "array")]
    pub(crate) fn new(target: Target, file: &str, content: impl AsRef<[u8]>) -> Result<Self, TargetError> {
        let staged = Staged::empty(target)?;
        fs::write(staged.path.join(file), content)
            .map_err(|error| TargetError::writing(&staged.target.path, &error))?;
        Ok(staged)
    }

    /// Where a file of it is until it is whole.
    pub(crate) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// Gives it the target's name, or puts its files to those of the target.
    pub(crate) fn finish(&self) -> Result<(), TargetError> {
        match self.directory.lock().take() {
            None => Ok(()),
            Some(directory) if self.is_added => add(directory.path(), &self.target.path),
            Some(directory) => self.target.place_directory(directory),
        }
    }

    /// Removes it.
    pub(crate) fn abandon(&self) {
        drop(self.directory.lock().take());
    }
}

/// Makes what no other program takes for a finished file, with the rights of any other new one.
fn builder(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".partita-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

#[cfg(all(test, feature = "array"))]
mod tests {
    use super::*;

    /// FAULTS D17.
    #[test]
    fn a_directory_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("store");
        for content in ["first", "second"] {
            let target = overwrite(&path).directory("store", |path| has_mark(path, &["mark"])).unwrap();
            let staged = Staged::new(target, "mark", content).unwrap();
            fs::write(staged.file(content), content).unwrap();
            staged.finish().unwrap();
            staged.abandon();
            assert_eq!(fs::read_to_string(path.join("mark")).unwrap(), content);
        }
        Staged::new(overwrite(&path), "mark", "third").unwrap().abandon();
        assert!(path.join("second").exists() && !path.join("first").exists());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_what_is_a_store_is_overwritten() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("letters.txt"), "dear").unwrap();
        let error = overwrite(root.path()).directory("Zarr store", |path| has_mark(path, &["zarr.json"])).unwrap_err();
        assert_eq!(error, TargetError::Foreign { path: root.path().to_path_buf(), expected: "Zarr store" });
        let error = Target::from(root.path()).directory("Zarr store", |_| true).unwrap_err();
        assert_eq!(error, TargetError::Exists { path: root.path().to_path_buf() });
        let below = root.path().join("letters.txt/x.npy");
        assert!(matches!(Target::from(below).file(), Err(TargetError::NotADirectory { .. })));
    }
}
