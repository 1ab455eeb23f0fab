//! Blocks: files cut into ranges of bytes, one a partition. Where the first row of a range starts depends on the quotes
//! of all ranges before it, so a chain of small tasks passes that on. The text of a compressed file that is cut is held by
//! one task, which knows where its rows start.

use super::BLOCK_SIZE;
use super::chunks::{line_at, row_at};
use super::error::{ReadError, ReadFault};
use super::files::{Source, Text};
use super::scan::{CHUNK, Parser, Scan};
use crate::bag;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Lazy, fault, planned};
use crate::identity::Identity;
use crate::layer::{same, task};
use partita_graph::{Chosen, Data, Fault, Flow, FromEnv, Function, Input, Inputs, Kind, Node, Place, Reads, Value};
use polars::prelude::{PlSmallStr, SchemaRef};
use serde::{Deserialize, Serialize};
use smallvec::smallvec;
use std::any::type_name;
use std::sync::Arc;

/// How many times longer than a compressed file its text is guessed to be.
const COMPRESSED: u64 = 4;

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
    /// How many bytes a block has, about. If it was not said, compressed files are not cut.
    pub(super) block_size: Option<u64>,
    /// Whether fields may have line ends in them.
    pub(super) newlines_in_values: bool,
}

partita_graph::travels_as_data!(Block);

/// The rows of a file that start in a range of its bytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Block {
    file: usize,
    start: u64,
    end: u64,
    /// Whether a row starts at its start.
    first: bool,
    /// Which piece it is of a compressed file that is cut: the range is known when the file was decompressed.
    piece: Option<usize>,
}

/// A text that was decompressed, and where the first row of each of its pieces starts, and the last row ends.
#[derive(Serialize, Deserialize)]
struct Unpacked {
    text: Text,
    starts: Vec<u64>,
}

impl Plan {
    /// The dataframe: a partition a block.
    #[track_caller]
    pub(super) fn dataframe(self) -> Result<DataFrame, ReadError> {
        let blocks = self.blocks()?;
        let is_cut = |block: &Block| !block.first && block.piece.is_none();
        let quoted = |block: &Block| is_cut(block) && !self.files[block.file].parser.rows().are_lines();
        let chained = self.newlines_in_values && blocks.iter().any(quoted);
        let identity = self.identity.clone().data(&(self.block_size(), blocks.len() as u64, chained));
        let unpacked = blocks.iter().any(|block| block.piece.is_some());
        let starts = chained.then(|| self.starts(&blocks, &identity).into());
        let texts = unpacked.then(|| self.texts(&blocks, &identity));
        let reads: Vec<Reads> = starts.into_iter().chain(texts).collect();
        let (name, parts, schema) = (self.name, blocks.len(), self.schema.clone());
        let plan = Arc::new(self);
        let glimpse = (parts > 1).then(|| plan.glimpse()).flatten();
        let read = planned((name, plan, blocks, chained), |(name, plan, blocks, chained), part, flows| {
            let (name, chained) = (*name, *chained);
            let block = blocks[part as usize];
            let file = &plan.files[block.file];
            let mut flows = flows.into_iter();
            let start = if chained { flows.next() } else { None };
            let scan = match (block.piece, start) {
                (Some(piece), _) => {
                    let (file, start, end) = file.piece(flows.next(), piece)?;
                    plan.scan(&file, start, end)
                }
                (None, Some(start)) => plan.scan(file, *value_of::<u64>(&start)?, block.end),
                (None, None) if block.first => plan.scan(file, block.start, block.end),
                (None, None) => {
                    let start = line_at(&file.source, block.start).map_err(Fault::failed)?;
                    plan.scan(file, start, block.end)
                }
            };
            let scan = scan.plan(name).map_err(|error| fault(name, part, error))?;
            Ok(Lazy::new(scan, name, part))
        });
        let facts = Facts { glimpse, ..Facts::default() };
        Ok(DataFrame::blocks(name, identity, schema, facts, parts, reads, read).of_files())
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

    fn block_size(&self) -> u64 {
        self.block_size.unwrap_or(BLOCK_SIZE).max(1)
    }

    /// Cuts files into blocks of about the same length; compressed ones only if that was asked for, by a guess of how long
    /// their text is.
    fn blocks(&self) -> Result<Vec<Block>, ReadError> {
        let cuts = |file: &Readable| {
            let length = match file.source.is_compressed() {
                true if self.block_size.is_none() => return 1,
                true => file.source.size().saturating_mul(COMPRESSED),
                false => file.source.size(),
            };
            length.saturating_sub(file.start).div_ceil(self.block_size()).max(1)
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
            let is_piece = cuts > 1 && file.source.is_compressed();
            let piece = |nth| is_piece.then_some(nth as usize);
            let block =
                |nth| Block { file: number, start: cut(nth), end: end(nth), first: nth == 0, piece: piece(nth) };
            blocks.extend((0..cuts).map(block));
        }
        Ok(blocks)
    }

    /// The texts of the files that are cut after they were decompressed, for each block.
    fn texts(&self, blocks: &[Block], identity: &Identity) -> Reads {
        let mut pieces = vec![0; self.files.len()];
        blocks.iter().filter(|block| block.piece.is_some()).for_each(|block| pieces[block.file] += 1);
        let unpack = |(file, pieces): (&Readable, usize)| {
            let unpack = |(file, pieces): &(Readable, usize), _: &[Value]| {
                let unpacked = match *pieces {
                    0 => Unpacked { text: Text::default(), starts: Vec::new() },
                    pieces => file.unpack(pieces).map_err(Fault::failed)?,
                };
                let nbytes = unpacked.text.as_ref().len() + size_of_val(unpacked.starts.as_slice());
                Ok(Value::with_size(unpacked, nbytes))
            };
            let function: Function = Arc::new(FromEnv::new(type_name::<Unpacked>(), (file.clone(), pieces), unpack));
            (function, Inputs::new())
        };
        let tasks = self.files.iter().zip(pieces).map(unpack).collect();
        let chosen = blocks.iter().map(|block| block.file as u32).collect();
        let key = identity.clone().data(&"texts").key::<Unpacked>("decompressed");
        let node = Arc::new(Node::new(key, Kind::Tasks(tasks), Place::here()));
        Reads { node, chosen: Some(Arc::new(Chosen::new(chosen))) }
    }

    /// The node whose parts are where the first row of each block starts.
    fn starts(&self, blocks: &[Block], identity: &Identity) -> Arc<Node> {
        let mut before: Option<Input> = None;
        let mut tasks: Vec<(Function, Inputs)> = Vec::with_capacity(blocks.len());
        for (number, block) in blocks.iter().enumerate() {
            if block.first || block.piece.is_some() {
                before = None;
                let start = block.start;
                tasks.push((task(start, |start, _| Ok(*start)), Inputs::new()));
                continue;
            }
            let file = self.files[block.file].clone();
            let function = task((file, block.start), |(file, at), values| {
                let from = match values.first() {
                    Some(value) => *value.get::<u64>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?,
                    None => file.start,
                };
                row_at(&file.source, file.parser.rows(), from, *at).map_err(Fault::failed)
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

impl Readable {
    /// Reads the whole text, and where the first row of each of so many pieces of it starts.
    fn unpack(&self, pieces: usize) -> Result<Unpacked, ReadFault> {
        let text = self.source.read()?;
        let (bytes, first) = (text.as_ref(), self.start as usize);
        let mut starts = vec![first.min(bytes.len())];
        for piece in 1..=pieces {
            let from = starts[piece - 1];
            let at = first + (bytes.len().saturating_sub(first) as u128 * piece as u128 / pieces as u128) as usize;
            starts.push(match from < at {
                true => self.parser.rows().first(&bytes[from..], at - from).at.map_or(bytes.len(), |row| from + row),
                false => from,
            });
        }
        let starts = starts.into_iter().map(|start| start as u64).collect();
        Ok(Unpacked { text, starts })
    }

    /// A piece of its text, which is in memory: from a byte up to another.
    fn piece(&self, flow: Option<Flow>, piece: usize) -> Result<(Readable, u64, u64), Fault> {
        let flow = flow.ok_or_else(|| Fault::failed("a step was given no text"))?;
        let unpacked = value_of::<Unpacked>(&flow)?;
        let (start, end) = (unpacked.starts[piece], unpacked.starts[piece + 1]);
        // What is left of the text at its end is looked at by the last.
        let end = if piece + 2 == unpacked.starts.len() { u64::MAX } else { end };
        let source = Arc::new(self.source.with_text(unpacked.text.clone()));
        Ok((Readable { source, ..self.clone() }, start, end))
    }
}

/// What came in: a value of a type.
fn value_of<T: Data>(flow: &Flow) -> Result<&T, Fault> {
    match flow {
        Flow::Value(value) => value.get::<T>().map_err(|mismatch| Fault::Type { input: 0, mismatch }),
        Flow::Lazy(_) => Err(Fault::failed("a step was given a plan, and no value")),
    }
}
