//! Samples: the beginning of a CSV file, from which its columns and their types are known.

use super::CsvReader;
use crate::dataframe::io::chunks::MAX_ROW;
use crate::dataframe::io::error::{ReadError, ReadFault};
use crate::dataframe::io::files::Source;
use crate::dataframe::io::rows::Rows;
use polars::prelude::{PlSmallStr, PolarsError, PolarsResult, Schema};
use polars_io::prelude::{CsvReadOptions, read_until_start_and_infer_schema_from_compressed_reader};
use polars_io::utils::compression::CompressedReader;

/// What stands for a quote within an unquoted field: a text that has it is no number, date or whatever, either.
const MASK: u8 = 0x1a;

/// Bytes of a file that are read for its header only.
const HEADER: usize = 16 << 10;

/// The beginning of a file: whole rows.
pub(super) struct Sample {
    /// Its text. Quotes within unquoted fields are masked, as Polars takes them for opening ones here.
    pub(super) text: Vec<u8>,
    /// Where in it the first row starts, after a header.
    pub(super) start: usize,
    /// The names of its columns.
    pub(super) columns: Vec<PlSmallStr>,
}

impl Sample {
    /// Reads about so many bytes of a file, or its header if it is none. It is more if there is no whole row in them.
    pub(super) fn read(source: &Source, reader: &CsvReader, bytes: usize) -> Result<Self, ReadError> {
        let (bytes, rows_too) = if bytes > 0 { (bytes, true) } else { (HEADER, false) };
        let names = reader.polars(Some(0));
        let rows = Rows::of(&names.parse_options);
        let mut bytes = bytes;
        loop {
            let (mut text, whole) = source.beginning(bytes)?;
            let path = source.path().to_path_buf();
            if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
                return Err(ReadError::Utf16 { path });
            }
            let mark = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            let end = match whole {
                true => Some(text.len()),
                false => rows.last(&text[mark..]).at.map(|at| mark + at),
            };
            let found = end.map(|end| {
                text.truncate(end);
                text.splice(mark.., rows.masked(&text[mark..], MASK));
                columns(&names, &text)
            });
            match found {
                Some(Ok((columns, start))) if whole || !rows_too || start < text.len() => {
                    let quote = char::from(names.parse_options.quote_char.unwrap_or(MASK)).to_string();
                    let name = |name: &PlSmallStr| name.replace(char::from(MASK), &quote).into();
                    let columns = columns.iter_names().map(name).collect();
                    return Ok(Sample { text, start, columns });
                }
                Some(Err(PolarsError::NoData(_))) if whole => return Err(ReadError::Empty { path }),
                Some(Err(error)) if whole => return Err(ReadError::Start { path, message: error.to_string() }),
                // The header, or what comes before it, or the first row is longer.
                _ if bytes < MAX_ROW => bytes *= 4,
                _ => return Err(ReadFault::RowTooLong { path, line: 1, limit: MAX_ROW }.into()),
            }
        }
    }

    /// Its rows, without the header.
    pub(super) fn rows(&self) -> &[u8] {
        &self.text[self.start..]
    }
}

/// The columns of text, and where its first row starts.
pub(super) fn columns(options: &CsvReadOptions, text: &[u8]) -> PolarsResult<(Schema, usize)> {
    let mut reader = CompressedReader::Uncompressed { slice: text.to_vec().into(), offset: 0 };
    let (schema, rest) = read_until_start_and_infer_schema_from_compressed_reader(options, None, None, &mut reader)?;
    // It reads slice by slice: what it did not keep of those is the header and what comes before it.
    let read = match reader {
        CompressedReader::Uncompressed { offset, .. } => offset,
        _ => text.len(),
    };
    Ok((schema, read - rest.len()))
}
