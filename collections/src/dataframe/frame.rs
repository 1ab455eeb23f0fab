//! Frames: partitions of dataframes as the workers keep them, which know their size and how to cross to another process.

use super::threads::alone;
use partita_graph::Value;
use polars::prelude::*;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteBuf;
use std::fmt;
use std::io::Cursor;

/// A partition of a dataframe: a frame of Polars'. Cloning it is free.
///
/// It is what the tasks of a dataframe compute; it is written as an Arrow IPC stream.
///
/// ```
/// use partita_collections::dataframe::Frame;
/// use partita_collections::dataframe::polars::prelude::*;
///
/// let frame = Frame::from(df!("x" => [1, 2, 3])?);
/// assert_eq!(frame.height(), 3);
/// let written = rmp_serde::to_vec(&frame).unwrap();
/// assert_eq!(rmp_serde::from_slice::<Frame>(&written).unwrap(), frame);
/// # Ok::<(), PolarsError>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Frame(DataFrame);

impl Frame {
    /// The frame of Polars'.
    pub fn into_polars(self) -> DataFrame {
        self.0
    }

    /// The bytes that its columns take: what Polars says, and 16 for each text, which it leaves out.
    pub fn nbytes(&self) -> usize {
        let views = |column: &Column| match column.dtype() {
            DataType::String | DataType::Binary => 16 * column.len(),
            _ => 0,
        };
        self.0.estimated_size() + self.0.columns().iter().map(views).sum::<usize>()
    }

    /// As the value of a task.
    pub(crate) fn into_value(self) -> Value {
        let nbytes = self.nbytes() + size_of::<Self>();
        Value::with_size(self, nbytes)
    }

    /// As an Arrow IPC stream.
    pub(crate) fn to_ipc(&self) -> PolarsResult<Vec<u8>> {
        let mut written = Vec::with_capacity(self.nbytes());
        alone(|| IpcStreamWriter::new(&mut written).finish(&mut self.0.clone()))?;
        Ok(written)
    }

    /// What an Arrow IPC stream says.
    pub(crate) fn from_ipc(written: Vec<u8>) -> PolarsResult<Self> {
        alone(|| IpcStreamReader::new(Cursor::new(written)).finish()).map(Frame)
    }
}

impl std::ops::Deref for Frame {
    type Target = DataFrame;

    fn deref(&self) -> &DataFrame {
        &self.0
    }
}

impl From<DataFrame> for Frame {
    fn from(frame: DataFrame) -> Self {
        Frame(frame)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.to_ipc().map_err(S::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Frame::from_ipc(ByteBuf::deserialize(deserializer)?.into_vec()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_cross_processes_as_they_are() {
        let words = Column::new("s".into(), [Some("a"), None, Some("a text that is too long to be within its view")]);
        let category = words.cast(&DataType::from_categories(Categories::global())).unwrap().with_name("c".into());
        let days = Column::new("d".into(), [0, 1, 2]).cast(&DataType::Date).unwrap();
        let lists = Column::new(
            "l".into(),
            [
                Series::new("".into(), [1i64]),
                Series::new("".into(), [2i64, 3]),
                Series::new_empty("".into(), &DataType::Int64),
            ],
        );
        let frame = Frame::from(DataFrame::new_infer_height(vec![words, category, days, lists]).unwrap());
        let value = frame.clone().into_value();
        assert!(value.nbytes() > 3 * 16);
        let back = Value::read::<Frame>(&value.write().unwrap()).unwrap();
        assert_eq!(back.get::<Frame>().unwrap().schema(), frame.schema());
        assert!(back.get::<Frame>().unwrap().equals_missing(&frame));
        let none = Frame::from(frame.slice(0, 0));
        let back = Value::read::<Frame>(&none.clone().into_value().write().unwrap()).unwrap();
        assert_eq!((back.get::<Frame>().unwrap().height(), back.get::<Frame>().unwrap().schema()), (0, none.schema()));
    }
}
