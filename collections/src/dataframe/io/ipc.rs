//! Arrow IPC: files and streams, whose record batches are read when they are needed.

use super::faults::FileFault;
use super::faults::unpanicked;
use super::groups::{Bounds, Fields, Format, FrameReader, Group};
use super::handle::Handle;
use super::listing::Planned;
use super::messages::{Header, Message, is_sound, messages};
use crate::bag::IntoPaths;
use polars::prelude::{Column, IpcStreamReader, PlSmallStr, SerReader};
use std::io::Cursor;
use std::sync::Arc;

/// What ends a stream.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// How Arrow IPC files are to be read; see [`read_ipc`].
pub type IpcReader = FrameReader<Ipc>;

/// Reads Arrow IPC files, also called Feather, or streams in files, as a dataframe; Dask has none of its own, pandas'
/// is `read_feather`. A path is a file, a pattern, or a directory, of which all files below it are read whose names end
/// in `.arrow`, `.feather`, `.ipc` or `.arrows`.
///
/// Where record batches are and how many rows they have is read at once; they, when they are needed. A record batch is
/// read as a whole, and columns that nobody needs are not decoded.
///
/// ```
/// use partita_collections::bag::on_reference;
/// use partita_collections::dataframe::{DataFrame, read_ipc};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("numbers");
/// let numbers = df!("x" => [1, 2, 3], "y" => ["a", "b", "c"])?;
/// on_reference(&DataFrame::from_polars(numbers.clone(), 2).write_ipc(&path).finish()?)?;
/// let read = read_ipc(&path).finish()?;
/// assert_eq!((read.npartitions(), read.known_len()), (2, Some(3)));
/// assert_eq!(on_reference(&read)?, numbers);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_ipc(paths: impl IntoPaths) -> IpcReader {
    FrameReader::new(paths)
}

/// Where the messages of an Arrow IPC file are.
#[derive(Clone)]
pub struct Ipc {
    messages: Arc<[Message]>,
    /// Which of them are record batches, and which are not.
    batches: Arc<[usize]>,
    others: Arc<[usize]>,
    fields: Arc<Fields>,
}

impl Ipc {
    /// The messages that a record batch needs: the schema, the dictionaries before it, and itself.
    fn needed(&self, batch: usize) -> impl Iterator<Item = &Message> + Clone {
        let last = self.batches[batch];
        let before = self.others.iter().take_while(move |&&other| other < last);
        before.map(|&other| &self.messages[other]).chain([&self.messages[last]])
    }
}

impl Format for Ipc {
    const NAME: &'static str = "Arrow IPC";
    const OPERATION: &'static str = "read_ipc";
    const EXTENSIONS: &'static [&'static str] = &["arrow", "feather", "ipc", "arrows"];
    const AT_END: bool = false;
    const APART: bool = false;

    fn open(mut file: Handle, size: u64) -> Result<Self, String> {
        let messages = messages(&mut file, size)?;
        let [schema, ..] = messages.as_slice() else { return Err("it has no schema".into()) };
        if schema.header != Header::Schema {
            return Err("its first message is no schema".into());
        }
        let bytes = read(&file, [schema].into_iter()).map_err(|error| error.to_string())?;
        let arrow = IpcStreamReader::new(Cursor::new(bytes)).arrow_schema().map_err(|error| error.to_string())?;
        let is_batch = |&number: &usize| matches!(messages[number].header, Header::Batch { .. });
        let (batches, others): (Vec<usize>, Vec<usize>) = (0..messages.len()).partition(is_batch);
        Ok(Ipc {
            batches: batches.into(),
            others: others.into(),
            messages: messages.into(),
            fields: Arc::new(Fields::of(&arrow)),
        })
    }

    fn fields(&self) -> &Fields {
        &self.fields
    }

    fn groups(&self, _: &dyn Fn(&str) -> bool) -> Vec<Group> {
        let group = |batch| Group { rows: self.rows(batch), bytes: self.messages[self.batches[batch]].len() };
        (0..self.batches.len()).map(group).collect()
    }

    fn rows(&self, group: usize) -> usize {
        match self.messages[self.batches[group]].header {
            Header::Batch { rows } => rows,
            _ => 0,
        }
    }

    fn bounds(&self, _: usize, _: &str) -> Option<Bounds> {
        None
    }

    fn columns(
        &self,
        file: &Handle,
        planned: &Planned,
        group: usize,
        names: &[PlSmallStr],
    ) -> Result<Vec<Option<Column>>, FileFault> {
        let known: Vec<String> =
            names.iter().filter(|name| self.fields.schema.contains(name)).map(ToString::to_string).collect();
        if known.is_empty() {
            return Ok(vec![None; names.len()]);
        }
        let bytes = read(file, self.needed(group)).map_err(|error| FileFault::of(&planned.path, &error))?;
        let mut rest = bytes.as_slice();
        for message in self.needed(group) {
            let (one, after) = rest.split_at(message.len() as usize);
            if !is_sound(one) {
                return Err(planned.corrupt(Self::NAME, "lengths in a message do not fit its body".into()));
            }
            rest = after;
        }
        let read = unpanicked(|| {
            let reader = IpcStreamReader::new(Cursor::new(bytes)).with_columns(Some(known)).set_rechunk(false);
            reader.finish()
        });
        let frame = read.map_err(|reason| planned.corrupt(Self::NAME, reason))?;
        if frame.height() != self.rows(group) {
            let reason = format!("a record batch has {} rows instead of {}", frame.height(), self.rows(group));
            return Err(planned.corrupt(Self::NAME, reason));
        }
        Ok(names.iter().map(|name| frame.column(name).ok().cloned()).collect())
    }
}

/// Messages as a stream of their own.
fn read<'a>(file: &Handle, messages: impl Iterator<Item = &'a Message> + Clone) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut ranges = file.ranges(messages.clone().map(|message| message.range.clone()))?;
    for message in messages {
        ranges.append(message.range.clone(), &mut bytes)?;
    }
    bytes.extend(END);
    Ok(bytes)
}
