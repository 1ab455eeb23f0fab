//! Executions as lines of JSON.

use super::error::ExportError;
use super::file::replace;
use super::rows::rows;
use crate::run::Run;
use std::io::{self, Write};
use std::path::Path;

/// Writes the executions that a run keeps as JSON, one a line; the fields are those of [`Row`](super::Row).
///
/// # Errors
/// Those of the writer.
pub fn write_json_lines(run: &Run, to: &mut impl Write) -> io::Result<()> {
    for row in rows(run) {
        serde_json::to_writer(&mut *to, &row)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// As [`write_json_lines`], into a file.
///
/// # Errors
/// [`ExportError`].
pub fn json_lines(run: &Run, path: impl AsRef<Path>) -> Result<(), ExportError> {
    replace(path.as_ref(), |file| write_json_lines(run, file))
}
