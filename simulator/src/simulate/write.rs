//! Files that appear whole or not at all.

use partita_graph::files::{self, Readers};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file beside the place where it is to be, and moves it there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    files::replace(path, Readers::Usual, |file| file.write_all(bytes))
}
