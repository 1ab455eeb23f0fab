//! Writing a file whole or not at all.

use super::error::ExportError;
use partita_graph::files::{self, Readers, folder_of};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

/// Has a new file written in the folder of `path`, which then takes its place: whoever looks sees the old file or the whole
/// new one. Only its owner may read it, as names, lines of code and errors are in it.
///
/// # Errors
/// [`ExportError`]; before anything is written if there is no such folder, or `path` is one.
pub fn replace(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), ExportError> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(ExportError::NoFolder { folder: folder.to_path_buf() });
    }
    if path.is_dir() {
        return Err(ExportError::IsFolder { path: path.to_path_buf() });
    }
    let refused = |source| ExportError::Write { path: path.to_path_buf(), source: Arc::new(source) };
    files::replace(path, Readers::Owner, write).map_err(refused)
}
