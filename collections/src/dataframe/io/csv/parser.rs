//! The parser of CSV on whole rows: a plain one where it suffices, and Polars' own.

use super::plain;
use crate::dataframe::io::rows::Rows;
use crate::dataframe::io::scan::Parser;
use crate::dataframe::io::travel::Parsing;
use polars::prelude::{
    self as pl, Column, DataType, Field, PlSmallStr, PolarsError, PolarsResult, Schema, SchemaRef, polars_bail,
};
use polars_io::prelude::_csv_read_internal::{
    NullValuesCompiled, cast_columns, prepare_csv_schema, read_chunk, validate_utf8,
};
use polars_io::prelude::{CsvEncoding, CsvParseOptions};
use std::sync::Arc;

/// Makes columns of rows of CSV.
pub(in crate::dataframe::io) struct CsvParser {
    options: Arc<CsvParseOptions>,
    rows: Rows,
    schema: SchemaRef,
    /// As Polars can parse it; the others are cast.
    parsed: SchemaRef,
    cast: Vec<Field>,
    nulls: Option<NullValuesCompiled>,
    ignore_errors: bool,
    may_be_plain: bool,
}

impl CsvParser {
    /// The parser of a file with these columns.
    pub(in crate::dataframe::io) fn new(
        options: Arc<CsvParseOptions>,
        schema: Schema,
        ignore_errors: bool,
    ) -> PolarsResult<Self> {
        let schema = Arc::new(schema);
        let (mut parsed, mut cast) = (schema.clone(), Vec::new());
        prepare_csv_schema(&mut parsed, &mut cast)?;
        let nulls = options.null_values.clone().map(|nulls| nulls.compile(&schema)).transpose()?;
        let may_be_plain = plain::may_be_plain(&options, ignore_errors);
        Ok(CsvParser { may_be_plain, rows: Rows::of(&options), options, schema, parsed, cast, nulls, ignore_errors })
    }

    /// Reads the columns of these numbers, in rising order, with types that Polars can parse.
    fn read(&self, text: &[u8], schema: &Schema, numbers: &[usize]) -> PolarsResult<pl::DataFrame> {
        let lines = memchr::memchr_iter(b'\n', text).count();
        if self.may_be_plain
            && let Some(frame) = plain::read(text, &self.options, schema, numbers, lines)
        {
            return Ok(frame);
        }
        let is_text = |number: &usize| schema.get_at_index(*number).is_some_and(|(_, dtype)| dtype.is_string());
        let strict = self.options.encoding == CsvEncoding::Utf8 && !self.ignore_errors;
        if strict && numbers.iter().any(is_text) && !validate_utf8(text) {
            polars_bail!(ComputeError: "invalid UTF-8");
        }
        read_chunk(
            text,
            &self.options,
            schema,
            self.ignore_errors,
            numbers,
            0,
            lines,
            self.nulls.as_ref(),
            usize::MAX,
            text.len(),
            Some(0),
        )
    }

    /// The schema with the types of some columns made text, which all can be.
    fn with_text(&self, numbers: impl IntoIterator<Item = usize>) -> Schema {
        let mut schema = Schema::clone(&self.parsed);
        for number in numbers {
            schema.set_dtype_at_index(number, DataType::String);
        }
        schema
    }
}

impl Parser for CsvParser {
    fn parsing(&self) -> Parsing {
        Parsing::Csv((*self.options).clone(), (*self.schema).clone(), self.ignore_errors)
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> &Rows {
        &self.rows
    }

    fn parse(&self, text: &[u8], columns: &[PlSmallStr], stray: bool) -> PolarsResult<pl::DataFrame> {
        let mut numbers =
            columns.iter().map(|name| self.schema.try_index_of(name)).collect::<PolarsResult<Vec<usize>>>()?;
        numbers.sort_unstable();
        // Rows are counted by their first fields. Of a row's end Polars knows by its last field, or by counting quotes,
        // also of those that are characters like others.
        let last = self.schema.len().saturating_sub(1);
        let more = match (numbers.last(), stray) {
            (None, false) => Some(0),
            (found, true) if found != Some(&last) => Some(last),
            _ => None,
        };
        numbers.extend(more);
        let mut frame = match more {
            Some(number) => self.read(text, &self.with_text([number]), &numbers)?,
            None => self.read(text, &self.parsed, &numbers)?,
        };
        if more.is_some() {
            let height = frame.height();
            let wanted = frame.columns()[..columns.len()].to_vec();
            frame = pl::DataFrame::new(height, wanted)?;
        }
        cast_columns(&mut frame, &self.cast, false, self.ignore_errors)?;
        Ok(frame)
    }

    fn text(&self, row: &[u8], column: &PlSmallStr) -> Option<String> {
        let number = self.schema.index_of(column)?;
        let last = self.schema.len() - 1;
        let numbers = if number == last { vec![last] } else { vec![number, last] };
        let frame = self.read(row, &self.with_text(numbers.iter().copied()), &numbers).ok()?;
        let text = frame.columns().first().map(Column::as_materialized_series)?.str().ok()?.get(0).map(String::from);
        Some(text.unwrap_or_default())
    }

    fn remedy(&self, text: &str) -> String {
        format!("null_values([{text:?}])")
    }

    fn said(&self, error: &PolarsError) -> String {
        let said = error.to_string();
        let cause = said.split("Original error: ```").nth(1).map(|cause| cause.trim_end_matches('`'));
        cause.unwrap_or(&said).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn ragged(&self, row: &[u8]) -> Option<(usize, usize)> {
        let (found, expected) = (self.rows.fields(row), self.schema.len());
        (found > expected).then_some((found, expected))
    }
}
