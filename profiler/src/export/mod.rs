//! A run for other programs: traces for Perfetto, tables of executions as CSV and JSON lines.
//!
//! Each `write_…` streams to a writer; its like with a path writes a whole file or none.

mod csv;
mod error;
mod file;
mod flows;
mod lines;
mod rows;
mod trace;

pub use csv::{cell, csv, write_csv};
pub use error::ExportError;
pub use file::replace;
pub use lines::{json_lines, write_json_lines};
pub use rows::{Row, rows, rows_between};
pub use trace::{chrome_trace, write_chrome_trace};

#[cfg(test)]
mod tests;
