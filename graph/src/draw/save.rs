//! Saving a picture whole or not at all.

use super::{DrawError, DrawOptions, Format, Picture, render};
use crate::files::{Readers, folder_of, replace};
use std::io::Write;
use std::path::Path;

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
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(DrawError::NoFolder { folder: folder.to_path_buf() });
    }
    if path.is_dir() {
        return Err(DrawError::IsFolder { path: path.to_path_buf() });
    }
    let bytes = bytes()?;
    let written = replace(path, Readers::Usual, |file| file.write_all(&bytes));
    written.map_err(|source| DrawError::Write { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::super::testing::chain;
    use super::*;
    use std::fs;

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
}
