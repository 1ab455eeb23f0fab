//! Executions as CSV.

use super::error::ExportError;
use super::file::replace;
use super::rows::{Row, rows};
use crate::run::Run;
use std::io::{self, Write};
use std::path::Path;

const HEAD: &str = "key,group,worker,thread,started_ns,stopped_ns,duration_ns,nbytes,ok,file,line";

/// Writes the executions that a run keeps as CSV, one a line, below a line of names.
///
/// Cells of text are in quotes. One that begins with `=`, `+`, `-`, `@`, a tab or a line end gets a `'` before it: programs
/// of tables would take it for a formula.
///
/// # Errors
/// Those of the writer.
pub fn write_csv(run: &Run, to: &mut impl Write) -> io::Result<()> {
    write_rows(rows(run), to)
}

/// As [`write_csv`], into a file.
///
/// # Errors
/// [`ExportError`].
pub fn csv(run: &Run, path: impl AsRef<Path>) -> Result<(), ExportError> {
    replace(path.as_ref(), |file| write_csv(run, file))
}

fn write_rows(rows: impl Iterator<Item = Row>, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "{HEAD}")?;
    for row in rows {
        let duration = row.duration();
        let Row { key, group, worker, thread, started, stopped, nbytes, ok, file, line } = row;
        let (key, group, worker) = (cell(&key), cell(&group), cell(&worker));
        let file = file.map(|file| cell(&file)).unwrap_or_default();
        let line = line.map(|line| line.to_string()).unwrap_or_default();
        writeln!(to, "{key},{group},{worker},{thread},{started},{stopped},{duration},{nbytes},{ok},{file},{line}")?;
    }
    Ok(())
}

/// A cell of text that no program takes for a formula.
pub fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
