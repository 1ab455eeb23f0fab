//! Scans: how a partition's rows become a frame, as a leaf of a plan of Polars', which says what columns and rows it needs.

use super::chunks::{Chunk, Chunks};
use super::error::{ReadFault, WrongValue};
use super::files::Source;
use super::rows::Rows;
use super::travel::Parsing;
use polars::prelude::{
    self as pl, AnonymousScan, AnonymousScanArgs, AnyValue, Column, DataType, IntoLazy, LazyFrame, PlSmallStr,
    PolarsError, PolarsResult, Scalar, ScanArgsAnonymous, Schema, SchemaRef,
};
use std::sync::Arc;

/// Bytes of text that are parsed at a time: they stay in the processor's cache.
pub(super) const CHUNK: usize = 2 << 20;

/// Bytes of text for each column that there are at least: each column of a chunk costs, too.
const OF_COLUMN: usize = 1 << 10;

/// Makes columns of whole rows of text.
pub(super) trait Parser: Send + Sync {
    /// What it is made of, to be made again in another process.
    fn parsing(&self) -> Parsing;

    /// The columns of the file and their types.
    fn schema(&self) -> &Schema;

    /// How rows are told apart.
    fn rows(&self) -> &Rows;

    /// These columns of some rows, in any order. `stray` says whether there are quotes within unquoted fields.
    fn parse(&self, text: &[u8], columns: &[PlSmallStr], stray: bool) -> PolarsResult<pl::DataFrame>;

    /// The text of a column in a row.
    fn text(&self, row: &[u8], column: &PlSmallStr) -> Option<String>;

    /// What makes a text null.
    fn remedy(&self, text: &str) -> String;

    /// What Polars says, without what only Polars has a remedy for.
    fn said(&self, error: &PolarsError) -> String {
        error.to_string()
    }

    /// How many fields a row has and should have, if it has too many.
    fn ragged(&self, _row: &[u8]) -> Option<(usize, usize)> {
        None
    }
}

/// The rows of a partition: those of a file that start in a range of its bytes.
pub(super) struct Scan {
    pub(super) source: Arc<Source>,
    pub(super) parser: Arc<dyn Parser>,
    /// The columns of the dataframe. Those that the file has not are null.
    pub(super) schema: SchemaRef,
    /// The column that has the path of the file.
    pub(super) path_column: Option<PlSmallStr>,
    /// Where its first row starts, and where rows start that are the next partition's.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Whether it was said that each line is a row.
    pub(super) of_lines: bool,
    /// About how many bytes are parsed at a time.
    pub(super) chunk_size: usize,
}

impl Scan {
    /// As a plan.
    pub(super) fn plan(self, name: &'static str) -> PolarsResult<LazyFrame> {
        let args = ScanArgsAnonymous { schema: Some(self.schema.clone()), name, ..ScanArgsAnonymous::default() };
        LazyFrame::anonymous_scan(Arc::new(self), args)
    }

    /// Some rows, with all columns that are wanted, in their order.
    fn frame(&self, chunk: &Chunk<'_>, wanted: &[PlSmallStr]) -> PolarsResult<pl::DataFrame> {
        if self.of_lines
            && let Some(at) = self.parser.rows().quoted_line_end(chunk.text)
        {
            let line = self.source.line(chunk.offset + at as u64)?;
            return Err(ReadFault::LineEnd { path: self.source.path().to_path_buf(), line }.into());
        }
        let there = self.parser.schema();
        let parsed: Vec<PlSmallStr> = wanted.iter().filter(|name| there.contains(name)).cloned().collect();
        let frame = match self.parser.parse(chunk.text, &parsed, chunk.stray) {
            Ok(frame) => frame,
            Err(error) => return Err(self.located(chunk, &parsed, error)?.into()),
        };
        self.completed(frame, wanted)
    }

    /// What was parsed of some rows with all columns that are wanted, in their order.
    pub(super) fn completed(&self, frame: pl::DataFrame, wanted: &[PlSmallStr]) -> PolarsResult<pl::DataFrame> {
        let height = frame.height();
        let found = frame.schema();
        let column = |name: &PlSmallStr| {
            if self.path_column.as_ref() == Some(name) {
                let path = AnyValue::StringOwned(self.source.path().to_string_lossy().as_ref().into());
                return Ok(Column::new_scalar(name.clone(), Scalar::new(DataType::String, path), height));
            }
            match found.index_of(name) {
                Some(number) => Ok(frame.columns()[number].clone()),
                None => Ok(Column::full_null(name.clone(), height, self.schema.try_get(name)?)),
            }
        };
        pl::DataFrame::new(height, wanted.iter().map(column).collect::<PolarsResult<Vec<Column>>>()?)
    }

    /// The first row that cannot be read, and why.
    fn located(&self, chunk: &Chunk<'_>, columns: &[PlSmallStr], error: PolarsError) -> Result<ReadFault, ReadFault> {
        let (text, rows) = (chunk.text, self.parser.rows());
        let mut starts = vec![0];
        while let Some(start) = starts.last().copied()
            && start < text.len()
        {
            starts.push(rows.first(&text[start..], 1).at.map_or(text.len(), |at| start + at));
        }
        let fails = |upto: &usize| self.parser.parse(&text[..*upto], columns, chunk.stray).is_err();
        let bad = starts.partition_point(|upto| *upto == 0 || !fails(upto)).clamp(1, starts.len() - 1);
        let (start, end) = (starts[bad - 1], starts[bad]);
        let row = text[start..end].strip_suffix(b"\n").unwrap_or(&text[start..end]);
        let line = self.source.line(chunk.offset + start as u64)?;
        Ok(self.explained(row, columns, line, error))
    }

    /// What is wrong with a row.
    fn explained(&self, row: &[u8], columns: &[PlSmallStr], line: u64, error: PolarsError) -> ReadFault {
        let path = self.source.path().to_path_buf();
        if let Err(error) = std::str::from_utf8(row) {
            return ReadFault::Utf8 { path, line, byte: error.valid_up_to() };
        }
        for column in columns {
            if self.parser.parse(row, std::slice::from_ref(column), true).is_err()
                && let Some(text) = self.parser.text(row, column)
            {
                let expected = self.parser.schema().get(column).map(ToString::to_string).unwrap_or_default();
                let remedy = self.parser.remedy(&text);
                let wrong = WrongValue { path, line, column: column.clone(), text, expected, remedy };
                return ReadFault::Value(Box::new(wrong));
            }
        }
        match self.parser.ragged(row) {
            Some((found, expected)) => ReadFault::Ragged { path, line, found, expected },
            None => ReadFault::Row { path, line, message: self.parser.said(&error) },
        }
    }
}

impl AnonymousScan for Scan {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }

    fn scan(&self, args: AnonymousScanArgs) -> PolarsResult<pl::DataFrame> {
        let wanted: Vec<PlSmallStr> = match &args.with_columns {
            Some(columns) => columns.to_vec(),
            None => self.schema.iter_names().cloned().collect(),
        };
        let mut left = args.n_rows.unwrap_or(usize::MAX);
        let mut frames = Vec::new();
        let mut height = 0;
        let size = self.chunk_size.max((OF_COLUMN * wanted.len()).min(super::BLOCK_SIZE as usize));
        let mut chunks = Chunks::open(&self.source, self.parser.rows(), self.start, self.end, size)?;
        while left > 0
            && let Some(chunk) = chunks.next()?
        {
            let mut frame = self.frame(&chunk, &wanted)?;
            if frame.height() > left {
                frame = frame.slice(0, left);
            }
            left -= frame.height();
            // Polars hands down only what looks at one row at a time.
            if let Some(predicate) = &args.predicate {
                frame = frame.lazy().filter(predicate.clone()).collect()?;
            }
            height += frame.height();
            if frame.height() > 0 && !wanted.is_empty() {
                frames.push(frame);
            }
        }
        if wanted.is_empty() {
            return Ok(pl::DataFrame::empty_with_height(height));
        }
        if frames.is_empty() {
            return pl::DataFrame::empty_with_schema(&self.schema).select(wanted);
        }
        crate::dataframe::stacks::stacked(frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bag::Compression;
    use crate::dataframe::io::cloud::StorageOptions;
    use crate::dataframe::io::files::sources;
    use crate::dataframe::io::ndjson::JsonParser;
    use polars::prelude::{Expr, col, df, lit};

    #[test]
    fn filters_see_all_rows_that_they_need() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.ndjson");
        std::fs::write(&path, (0..100).map(|x| format!("{{\"x\": {}}}\n", x % 10)).collect::<String>()).unwrap();
        let schema = Schema::from_iter([("x".into(), DataType::Int64)]);
        let parser = Arc::new(JsonParser::new(schema.clone(), false));
        let source = Arc::new(sources(&[path], Compression::None, &StorageOptions::default()).unwrap().remove(0));
        let found = |condition: Expr, chunk_size: usize| {
            let (source, parser, schema) = (source.clone(), parser.clone(), Arc::new(schema.clone()));
            let end = source.size();
            let scan = Scan { source, parser, schema, path_column: None, start: 0, end, of_lines: false, chunk_size };
            scan.plan("scan").unwrap().filter(condition).collect().unwrap()
        };
        let whole = df!("x" => (0..100).map(|x| x % 10).collect::<Vec<i64>>()).unwrap();
        for condition in [
            col("x").gt(lit(7)),
            col("x").eq(col("x").max()),
            col("x").cum_sum(false).gt(lit(440)),
            col("x").is_first_distinct(),
            col("x").shift(lit(1)).eq(lit(3)),
            lit(true),
            lit(false),
        ] {
            let expected = whole.clone().lazy().filter(condition.clone()).collect().unwrap();
            assert_eq!(found(condition.clone(), 1), expected, "{condition}");
            assert_eq!(found(condition.clone(), 1 << 20), expected, "{condition}");
        }
    }
}
