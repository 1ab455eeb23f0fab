//! The files of a reading of CSV: their columns, which have to be the same, and the types of those.

use super::CsvReader;
use super::parser::CsvParser;
use super::sample::{Sample, columns};
use super::telling::telling;
use crate::dataframe::error::FrameError;
use crate::dataframe::io::blocks::Readable;
use crate::dataframe::io::error::ReadError;
use crate::dataframe::io::files::{Source, sources};
use polars::prelude::{DataType, PlSmallStr, Schema, SchemaRef};
use polars_io::prelude::{CsvReadOptions, NullValues};
use std::collections::HashSet;
use std::sync::Arc;

/// A file, its columns in their order, and where its first row starts.
struct Headed {
    source: Source,
    names: Vec<PlSmallStr>,
    start: u64,
}

impl CsvReader {
    /// What is read of each file, and the columns of all.
    pub(super) fn readable(&self) -> Result<(Vec<Readable>, SchemaRef), ReadError> {
        let (headed, inferred) = self.headed()?;
        let schema = self.typed(inferred)?;
        let mut parsers: Vec<(Vec<PlSmallStr>, Arc<CsvParser>)> = Vec::new();
        let first = match (&self.schema, headed.first()) {
            (None, Some(file)) => format!("`{}`", file.source.path().display()),
            _ => "`schema`".to_string(),
        };
        let mut files = Vec::with_capacity(headed.len());
        for file in headed {
            let parser = match parsers.iter().find(|(names, _)| *names == file.names) {
                Some((_, parser)) => parser.clone(),
                None => {
                    self.fits(&file, &schema, &first)?;
                    let own = |name: &PlSmallStr| schema.get(name).cloned().unwrap_or(DataType::String);
                    let own: Schema = file.names.iter().map(|name| (name.clone(), own(name))).collect();
                    let parser = Arc::new(self.parser(&file, own)?);
                    parsers.push((file.names, parser.clone()));
                    parser
                }
            };
            files.push(Readable { source: Arc::new(file.source), parser, start: file.start });
        }
        Ok((files, schema))
    }

    fn parser(&self, file: &Headed, schema: Schema) -> Result<CsvParser, ReadError> {
        let mut options = self.options.clone();
        if let Some(NullValues::Named(nulls)) = &mut options.null_values {
            nulls.retain(|(name, _)| schema.contains(name));
        }
        let failed = |error: polars::prelude::PolarsError| {
            let path = file.source.path().to_path_buf();
            ReadError::Start { path, message: error.to_string() }
        };
        CsvParser::new(Arc::new(options), schema, self.ignore_errors).map_err(failed)
    }

    /// The files with their columns, and the columns and types that a sample of them has.
    fn headed(&self) -> Result<(Vec<Headed>, Schema), ReadError> {
        let mut files: Vec<Headed> = Vec::new();
        let mut text: Vec<u8> = Vec::new();
        for source in sources(&self.paths.0, self.compression, &self.options_of_store)? {
            let left = if self.schema.is_some() { 0 } else { self.sample.saturating_sub(text.len()) };
            let sample = match (Sample::read(&source, self, left), &self.schema) {
                (Ok(sample), _) => sample,
                // A file without anything has no rows of the columns that are known.
                (Err(ReadError::Empty { .. }), Some(schema)) => {
                    let names = schema.iter_names().cloned().collect();
                    let start = source.size();
                    files.push(Headed { source, names, start });
                    continue;
                }
                (Err(error), _) => return Err(error),
            };
            let names = sample.columns.clone();
            let start = sample.start as u64;
            match files.first() {
                None => text.extend_from_slice(&sample.text),
                Some(first) if left > 0 && first.names == names => text.extend_from_slice(sample.rows()),
                Some(_) => {}
            }
            if text.last().is_some_and(|&last| last != b'\n') {
                text.push(b'\n');
            }
            files.push(Headed { source, names, start });
        }
        let inferred = match (&self.schema, files.first()) {
            (None, Some(first)) => {
                let path = || first.source.path().to_path_buf();
                let options = self.inference(&first.names);
                let telling = telling(&text, first.start as usize, first.names.len(), &options.parse_options);
                let found = columns(&options, telling.as_ref().unwrap_or(&text));
                let found = found.map_err(|error| ReadError::Start { path: path(), message: error.to_string() })?.0;
                match self.has_header {
                    true => first.names.iter().cloned().zip(found.iter_values().cloned()).collect(),
                    false => found,
                }
            }
            _ => Schema::default(),
        };
        for file in &mut files {
            self.name(file, &inferred)?;
        }
        Ok((files, inferred))
    }

    /// The settings in Polars' words, to look at all rows of a sample, whose columns have names of their own.
    fn inference(&self, names: &[PlSmallStr]) -> CsvReadOptions {
        let mut options = self.options.clone();
        if let (Some(NullValues::Named(nulls)), Some(given)) = (&mut options.null_values, &self.column_names) {
            for (name, _) in nulls {
                let found = given.iter().position(|given| given == name).and_then(|at| names.get(at));
                *name = found.unwrap_or(name).clone();
            }
        }
        self.polars(None).with_parse_options(options)
    }

    /// Gives a file's columns the names that were given for them. Files without a header have no names of their own.
    fn name(&self, file: &mut Headed, inferred: &Schema) -> Result<(), ReadError> {
        match (&self.schema, self.has_header) {
            (_, true) => {}
            (Some(schema), false) => file.names = schema.iter_names().cloned().collect(),
            (None, false) => file.names = inferred.iter_names().cloned().collect(),
        }
        let Some(given) = &self.column_names else { return Ok(()) };
        if given.len() != file.names.len() {
            let path = file.source.path().to_path_buf();
            return Err(ReadError::Names { path, columns: file.names.len(), names: given.len() });
        }
        file.names.clone_from(given);
        Ok(())
    }

    /// The columns of the dataframe: those that were given or found, with the types that were asked for.
    fn typed(&self, inferred: Schema) -> Result<SchemaRef, ReadError> {
        let mut schema = match &self.schema {
            Some(schema) => Schema::clone(schema),
            None => match &self.column_names {
                None => inferred,
                Some(names) => names.iter().cloned().zip(inferred.iter_values().cloned()).collect(),
            },
        };
        for (name, dtype) in &self.dtypes {
            match schema.get_mut(name) {
                Some(found) => *found = dtype.clone(),
                None => return Err(FrameError::column("read_csv", name, &schema).into()),
            }
        }
        if let Some(NullValues::Named(nulls)) = &self.options.null_values
            && let Some((name, _)) = nulls.iter().find(|(name, _)| !schema.contains(name))
        {
            return Err(FrameError::column("read_csv", name, &schema).into());
        }
        for (name, dtype) in schema.iter() {
            if !is_read(dtype) {
                let expected = "a number, a boolean, a text, a category, or a date or time";
                return Err(FrameError::dtype("read_csv", name, dtype, expected).into());
            }
        }
        if let Some(path) = self.path_column.as_ref().filter(|path| schema.contains(path)) {
            let (what, found) = ("the column of paths", format!("{path:?}"));
            let expected = "a name that no column has";
            return Err(FrameError::Argument { operation: "read_csv", what, found, expected }.into());
        }
        Ok(Arc::new(schema))
    }

    /// A file has the columns of the dataframe, or may have others.
    fn fits(&self, file: &Headed, schema: &Schema, first: &str) -> Result<(), ReadError> {
        let own: HashSet<&PlSmallStr> = file.names.iter().collect();
        let text = ToString::to_string;
        let missing = schema.iter_names().filter(|name| !self.fill_missing_columns && !own.contains(name));
        let extra = file.names.iter().filter(|name| !self.ignore_extra_columns && !schema.contains(name));
        let (missing, extra): (Vec<String>, Vec<String>) = (missing.map(text).collect(), extra.map(text).collect());
        match missing.is_empty() && extra.is_empty() {
            true => Ok(()),
            false => {
                let path = file.source.path().to_path_buf();
                Err(ReadError::Columns { first: first.to_string(), path, missing, extra })
            }
        }
    }
}

/// Whether texts can be read as this type.
fn is_read(dtype: &DataType) -> bool {
    match dtype {
        DataType::Boolean | DataType::String | DataType::Date | DataType::Datetime(..) | DataType::Time => true,
        DataType::Categorical(..) | DataType::Enum(..) => true,
        dtype => dtype.is_primitive_numeric(),
    }
}
