//! Files that appear whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes a file beside the place where it is to be, and moves it there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = format!(".partita-{}-{}.part", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let beside = folder.join(name);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let done = file.write_all(bytes).and_then(|()| {
        drop(file);
        fs::rename(&beside, path)
    });
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    done
}
