//! Writing a file whole or not at all.

use super::error::ExportError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many names are tried for the file beside the target.
const TRIES: usize = 100;

/// Has a new file written in the folder of `path`, which then takes its place: whoever looks sees the old file or the whole
/// new one.
///
/// # Errors
/// [`ExportError`]; before anything is written if there is no such folder, or `path` is one.
pub fn replace(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), ExportError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(ExportError::NoFolder { folder: folder.to_path_buf() });
    }
    if path.is_dir() {
        return Err(ExportError::IsFolder { path: path.to_path_buf() });
    }
    let refused = |source| ExportError::Write { path: path.to_path_buf(), source: Arc::new(source) };
    let (file, beside) = create_beside(folder).map_err(refused)?;
    let mut file = BufWriter::new(file);
    let done = write(&mut file).and_then(|()| file.flush()).and_then(|()| {
        drop(file);
        fs::rename(&beside, path)
    });
    if done.is_err() {
        // The first error is the one to tell; a file that cannot be removed either changes nothing about it.
        fs::remove_file(&beside).ok();
    }
    done.map_err(refused)
}

/// Creates a file in `folder` that was not there before.
fn create_beside(folder: &Path) -> io::Result<(File, PathBuf)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..TRIES {
        let name = format!(".partita-export-{}-{}.tmp", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let beside = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
