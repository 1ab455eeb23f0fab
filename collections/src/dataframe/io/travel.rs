//! Files that travel: what a task in another process needs to read them there. Only those of this machine do.

use super::blocks::{Plan, Readable};
use super::csv::CsvParser;
use super::files::{Source, Text};
use super::ndjson::JsonParser;
use super::scan::Parser;
use crate::bag::text::Planned;
use crate::dataframe::travel::Columns;
use crate::identity::Identity;
use partita_graph::{NotPortable, NotRead, Packer, Plain, Travels, Unpacker};
use polars::prelude::{PlSmallStr, Schema};
use polars_io::prelude::CsvParseOptions;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What does not travel of what is read and written.
pub(super) const STORED: NotPortable = NotPortable::Stays { what: "a file of a store in the cloud" };

/// What a parser is made of.
#[derive(Serialize, Deserialize)]
pub(super) enum Parsing {
    /// Options, the columns of the file, and whether what cannot be read is null.
    Csv(CsvParseOptions, Schema, bool),
    /// The columns of the file, and whether what cannot be read is null.
    Json(Schema, bool),
}

impl Parsing {
    fn parser(self) -> Result<Arc<dyn Parser>, NotRead> {
        Ok(match self {
            Parsing::Csv(options, schema, ignore_errors) => {
                let parser = CsvParser::new(Arc::new(options), schema, ignore_errors);
                Arc::new(parser.map_err(|_| NotRead::Type { expected: "a parser of CSV", found: "other options" })?)
            }
            Parsing::Json(schema, ignore_errors) => Arc::new(JsonParser::new(schema, ignore_errors)),
        })
    }
}

impl Travels for Source {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        if self.object.is_some() {
            return Err(STORED);
        }
        self.planned.pack(into)?;
        self.inode.pack(into)?;
        into.data(&self.text)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (planned, inode) = (Planned::unpack(from)?, Travels::unpack(from)?);
        Ok(Source { planned, inode, object: None, text: from.data::<Option<Text>>()? })
    }
}

impl Travels for Readable {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.source.pack(into)?;
        into.data(&self.parser.parsing())?;
        self.start.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let source = Travels::unpack(from)?;
        let parser = from.data::<Parsing>()?.parser()?;
        Ok(Readable { source, parser, start: Travels::unpack(from)? })
    }
}

/// What it is known by, and how long its blocks are, is asked where the graph is built.
impl Travels for Plan {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.name.pack(into)?;
        self.files.pack(into)?;
        Columns(self.schema.clone()).pack(into)?;
        self.path_column.clone().map(Plain).pack(into)?;
        self.newlines_in_values.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let name = Travels::unpack(from)?;
        Ok(Plan {
            name,
            identity: Identity::of(name),
            files: Travels::unpack(from)?,
            schema: Columns::unpack(from)?.0,
            path_column: Option::<Plain<PlSmallStr>>::unpack(from)?.map(|name| name.0),
            block_size: None,
            newlines_in_values: Travels::unpack(from)?,
        })
    }
}
