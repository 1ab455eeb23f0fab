//! Saving a picture whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{DrawError, DrawOptions, Format, Picture, render};

/// How many names are tried for the file beside the target.
const TRIES: usize = 100;

/// Draws `picture` into the file `path`, in the format its extension names.
///
/// The bytes go to a new file in the same folder, which then takes the place of `path`: whoever looks sees the old file or
/// the whole new one.
///
/// # Errors
/// Before any drawing: [`DrawError::NoExtension`], [`DrawError::UnknownExtension`], [`DrawError::NoFolder`],
/// [`DrawError::IsFolder`] and [`DrawError::PngFeatureOff`]. Then those of [`render`], and [`DrawError::Write`].
pub fn save(picture: &Picture, path: &Path, options: &DrawOptions) -> Result<(), DrawError> {
    let format = Format::of_path(path)?;
    write_file(path, || render(picture, format, options))
}

/// Writes a file whole or not at all, as [`save`] does; its folder is looked at before the bytes are made.
///
/// # Errors
/// [`DrawError::NoFolder`] and [`DrawError::IsFolder`]; then that of `bytes`, and [`DrawError::Write`].
pub fn write_file(path: &Path, bytes: impl FnOnce() -> Result<Vec<u8>, DrawError>) -> Result<(), DrawError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(DrawError::NoFolder { folder: folder.to_path_buf() });
    }
    if path.is_dir() {
        return Err(DrawError::IsFolder { path: path.to_path_buf() });
    }
    let bytes = bytes()?;
    replace(folder, path, &bytes).map_err(|source| DrawError::Write { path: path.to_path_buf(), source })
}

/// Writes `bytes` beside `path` and renames.
fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (mut file, beside) = create_beside(folder)?;
    let done = file.write_all(bytes).and_then(|()| {
        drop(file);
        fs::rename(&beside, path)
    });
    if done.is_err() {
        // The first error is the one to tell; a file that cannot be removed either changes nothing about it.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// Creates a file in `folder` that was not there before.
fn create_beside(folder: &Path) -> io::Result<(File, PathBuf)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..TRIES {
        let name = format!(".partita-{}-{}.tmp", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let beside = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::super::testing::chain;
    use super::*;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph.svg");
        fs::write(&path, "old").unwrap();
        save(&chain(3), &path, &DrawOptions::default()).unwrap();
        assert!(fs::read_to_string(&path).unwrap().starts_with("<svg"));
        assert_eq!(names(folder.path()), ["graph.svg"]);
    }

    #[test]
    fn bad_paths_are_told_apart_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dir.svg")).unwrap();
        let table = [
            ("missing/graph.svg", "make it first"),
            ("dir.svg", "is a folder"),
            ("graph.jpeg", "`.jpeg`"),
            ("graph", "extension"),
        ];
        // An edge to nowhere shows that no drawing was tried.
        let mut picture = chain(2);
        picture.edges.push((7, 8));
        for (path, words) in table {
            let error = save(&picture, &folder.path().join(path), &DrawOptions::default()).unwrap_err();
            assert!(error.to_string().contains(words), "{path}: {error}");
        }
        assert_eq!(names(folder.path()), ["dir.svg"]);
    }

    #[test]
    fn a_failed_drawing_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph.dot");
        fs::write(&path, "old").unwrap();
        let mut picture = chain(2);
        picture.edges.push((7, 8));
        save(&picture, &path, &DrawOptions::default()).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["graph.dot"]);
    }

    #[test]
    fn a_rename_that_fails_leaves_no_file_beside() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("dir");
        fs::create_dir(&target).unwrap();
        replace(folder.path(), &target, b"bytes").unwrap_err();
        assert_eq!(names(folder.path()), ["dir"]);
    }
}
