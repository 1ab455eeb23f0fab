//! Files that appear whole or not at all.
//!
//! Each is written into a new file beside its place, of a random name that nothing can wait at, and then moved there: whoever
//! looks sees what was there before, or all that is new. What is not moved is removed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempPath};

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner only (0600 on Unix): it tells of the work.
    Owner,
    /// Whoever may read what the user writes otherwise: on Unix by the umask.
    Usual,
}

/// The folder that a path is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that takes the place of what is at `path`, if it is a file.
///
/// ```
/// use partita_graph::files::{Readers, replace};
/// use std::io::Write;
///
/// let path = std::env::temp_dir().join("partita-example-file.txt");
/// replace(&path, Readers::Owner, |file| writeln!(file, "all of it"))?;
/// assert_eq!(std::fs::read_to_string(&path)?, "all of it\n");
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// Those of the system, and of `write`; what was there before is still there then.
pub fn replace(
    path: &Path,
    readers: Readers,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let started = start(folder_of(path), ".partita-", ".tmp", readers)?;
    fill(started, write)?.persist(path).map_err(|refused| refused.error)
}

/// Writes a new file into a folder, with random letters between the beginning and the end of its name: where it is.
///
/// # Errors
/// As [`replace`]; nothing is left then.
pub fn write_new(
    folder: &Path,
    (begin, end): (&str, &str),
    readers: Readers,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<PathBuf> {
    fill(start(folder, begin, end, readers)?, write)?.keep().map_err(|refused| refused.error)
}

/// Whether a file can be made in a folder. It is removed again.
///
/// # Errors
/// Those of the system.
pub fn try_folder(folder: &Path) -> io::Result<()> {
    start(folder, ".partita-", ".tmp", Readers::Owner)?.close()
}

fn start(folder: &Path, begin: &str, end: &str, readers: Readers) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(begin).suffix(end);
    #[cfg(unix)]
    if readers == Readers::Usual {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.tempfile_in(folder)
}

fn fill(started: NamedTempFile, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<TempPath> {
    let (file, path) = started.into_parts();
    let mut file = BufWriter::new(file);
    write(&mut file)?;
    file.flush()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// FAULTS D17.
    #[test]
    fn a_file_takes_the_place_of_another_or_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        let refused = replace(&path, Readers::Owner, |file| {
            write!(file, "new")?;
            Err(io::Error::other("full"))
        });
        assert_eq!(refused.unwrap_err().to_string(), "full");
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("old", 1));
        replace(&path, Readers::Owner, |file| write!(file, "new")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
        // A rename that fails leaves nothing either.
        let dir = folder.path().join("dir");
        fs::create_dir(&dir).unwrap();
        replace(&dir, Readers::Owner, |file| write!(file, "new")).unwrap_err();
        assert_eq!(names(folder.path()), ["dir", "file"]);
        try_folder(folder.path()).unwrap();
        try_folder(&path).unwrap_err();
        assert_eq!(names(folder.path()), ["dir", "file"]);
        let new = write_new(folder.path(), ("new-", ".txt"), Readers::Owner, |file| write!(file, "more")).unwrap();
        assert_eq!(fs::read_to_string(&new).unwrap(), "more");
        let name = new.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("new-") && name.ends_with(".txt") && name.len() > 10, "{name}");
    }

    #[test]
    #[cfg(unix)]
    fn files_of_the_owner_are_read_by_no_one_else() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let [own, usual, made] = ["own", "usual", "made"].map(|name| folder.path().join(name));
        fs::write(&made, "").unwrap();
        replace(&own, Readers::Owner, |_| Ok(())).unwrap();
        replace(&usual, Readers::Usual, |_| Ok(())).unwrap();
        assert_eq!((mode(&own), mode(&usual)), (0o600, mode(&made)));
        // Also in place of one that others could read.
        replace(&usual, Readers::Owner, |_| Ok(())).unwrap();
        assert_eq!(mode(&usual), 0o600);
        // What a link points to is not written through it.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&made, &link).unwrap();
        replace(&link, Readers::Owner, |file| write!(file, "new")).unwrap();
        assert_eq!(fs::read_to_string(&made).unwrap(), "");
        let new = write_new(folder.path(), ("a", "z"), Readers::Owner, |_| Ok(())).unwrap();
        assert_eq!(mode(&new), 0o600);
    }
}
