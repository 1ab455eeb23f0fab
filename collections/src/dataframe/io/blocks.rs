//! Blocks: files cut into ranges of bytes, one a partition. Where the first row of a range starts depends on the quotes
//! of all ranges before it, so a chain of small tasks passes that on.

use super::chunks::{line_at, row_at};
use super::error::ReadError;
use super::files::Source;
use super::scan::{CHUNK, Parser, Scan};
use crate::bag;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Lazy, fault, planned};
use crate::identity::Identity;
use crate::layer::{inputs, same, task};
use partita_graph::{Fault, Flow, Function, Input, Inputs, Kind, Node, Place, Reads};
use polars::prelude::{PlSmallStr, SchemaRef};
use smallvec::smallvec;
use std::sync::Arc;

/// A file, what makes columns of it, and where its first row starts.
#[derive(Clone)]
pub(super) struct Readable {
    pub(super) source: Arc<Source>,
    pub(super) parser: Arc<dyn Parser>,
    pub(super) start: u64,
}

/// What is to be read of files, and what is the same for all of them.
pub(super) struct Plan {
    /// What the reading is called.
    pub(super) name: &'static str,
    pub(super) identity: Identity,
    pub(super) files: Vec<Readable>,
    pub(super) schema: SchemaRef,
    pub(super) path_column: Option<PlSmallStr>,
    pub(super) block_size: u64,
    /// Whether fields may have line ends in them.
    pub(super) newlines_in_values: bool,
}

/// The rows of a file that start in a range of its bytes.
#[derive(Clone, Copy)]
struct Block {
    file: usize,
    start: u64,
    end: u64,
    /// Whether a row starts at its start.
    first: bool,
}

impl Plan {
    /// The dataframe: a partition a block.
    #[track_caller]
    pub(super) fn dataframe(self) -> Result<DataFrame, ReadError> {
        let blocks = self.blocks()?;
        let quoted = |block: &Block| !block.first && !self.files[block.file].parser.rows().are_lines();
        let chained = self.newlines_in_values && blocks.iter().any(quoted);
        let identity = self.identity.clone().data(&(self.block_size, blocks.len() as u64, chained));
        let reads: Vec<Reads> = match chained {
            true => vec![self.starts(&blocks, &identity).into()],
            false => Vec::new(),
        };
        let (name, parts, schema) = (self.name, blocks.len(), self.schema.clone());
        let plan = Arc::new(self);
        let glimpse = (parts > 1).then(|| plan.glimpse()).flatten();
        let read = planned(move |part, flows| {
            let block = blocks[part as usize];
            let file = &plan.files[block.file];
            let start = match chained {
                true => start_of(flows)?,
                false if block.first => block.start,
                false => line_at(&file.source, block.start).map_err(Fault::failed)?,
            };
            let scan = plan.scan(file, start, block.end).plan(name).map_err(|error| fault(name, part, error))?;
            Ok(Lazy::new(scan, name, part))
        });
        let facts = Facts { glimpse, ..Facts::default() };
        Ok(DataFrame::blocks(name, identity, schema, facts, parts, reads, read))
    }

    /// The rows of a file that start in a range of its bytes.
    pub(super) fn scan(&self, file: &Readable, start: u64, end: u64) -> Scan {
        Scan {
            source: file.source.clone(),
            parser: file.parser.clone(),
            schema: self.schema.clone(),
            path_column: self.path_column.clone(),
            start,
            end,
            of_lines: !self.newlines_in_values,
            chunk_size: CHUNK,
        }
    }

    /// Cuts files into blocks of about the same length; compressed ones are not cut.
    fn blocks(&self) -> Result<Vec<Block>, ReadError> {
        let cuts = |file: &Readable| match file.source.is_compressed() {
            true => 1,
            false => file.source.size().saturating_sub(file.start).div_ceil(self.block_size.max(1)).max(1),
        };
        let partitions: u64 = self.files.iter().map(cuts).sum();
        if partitions >= u64::from(u32::MAX) {
            return Err(bag::ReadError::TooMany { partitions }.into());
        }
        let mut blocks = Vec::with_capacity(partitions as usize);
        for (number, file) in self.files.iter().enumerate() {
            let cuts = cuts(file);
            let length = file.source.size().saturating_sub(file.start);
            let cut = |nth: u64| file.start + (u128::from(nth) * u128::from(length) / u128::from(cuts)) as u64;
            // All of a compressed file is read, however long its text is.
            let end = |nth| if nth + 1 == cuts { u64::MAX } else { cut(nth + 1) };
            let block = |nth| Block { file: number, start: cut(nth), end: end(nth), first: nth == 0 };
            blocks.extend((0..cuts).map(block));
        }
        Ok(blocks)
    }

    /// The node whose parts are where the first row of each block starts.
    fn starts(&self, blocks: &[Block], identity: &Identity) -> Arc<Node> {
        let mut before: Option<Input> = None;
        let mut tasks: Vec<(Function, Inputs)> = Vec::with_capacity(blocks.len());
        for (number, block) in blocks.iter().enumerate() {
            if block.first {
                before = None;
                let start = block.start;
                tasks.push((task(move |_| Ok(start)), Inputs::new()));
                continue;
            }
            let file = self.files[block.file].clone();
            let at = block.start;
            let function = task(move |values| {
                let from = match values.first() {
                    Some(value) => *value.get::<u64>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?,
                    None => file.start,
                };
                row_at(&file.source, file.parser.rows(), from, at).map_err(Fault::failed)
            });
            let key = identity.clone().data(&("row", number as u64)).key::<u64>("row-start");
            let link = Kind::Tasks(vec![(function, before.into_iter().collect())]);
            let link = Input { node: Arc::new(Node::new(key, link, Place::here())), part: 0 };
            tasks.push((same::<u64>(), smallvec![link.clone()]));
            before = Some(link);
        }
        let key = identity.clone().data(&"rows").key::<u64>("row-starts");
        Arc::new(Node::new(key, Kind::Tasks(tasks), Place::here()))
    }
}

/// What came in: where a row starts.
fn start_of(flows: Vec<Flow>) -> Result<u64, Fault> {
    let [flow] = inputs(flows)?;
    match flow {
        Flow::Value(value) => value.get::<u64>().copied().map_err(|mismatch| Fault::Type { input: 0, mismatch }),
        Flow::Lazy(_) => Err(Fault::failed("a step was given no start of a row")),
    }
}
