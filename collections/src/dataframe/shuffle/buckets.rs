//! Buckets: the rows of a partition sorted by where they go.

use super::memory::{Held, Memory};
use super::spill::{Spill, SpillError};
use crate::dataframe::frame::Frame;
use crate::dataframe::stacks::stacked;
use crate::dataframe::threads::alone;
use polars::prelude::{self as pl, IdxCa, IdxSize, PolarsResult};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The rows of one partition, sorted into buckets by where they go. They are in memory while all such may be, and else in
/// a file.
pub(crate) struct Buckets(Kept);

enum Kept {
    Memory { rows: Sorted, held: Held },
    Disk(Spill),
}

/// Rows, those of one bucket after those of another. They are one frame: a frame a bucket would be very many.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sorted {
    rows: Frame,
    /// Where each bucket ends.
    ends: Vec<usize>,
}

impl Sorted {
    /// The rows of some frames, each of which is a bucket, and all of which have the same columns.
    pub(crate) fn of(frames: Vec<pl::DataFrame>) -> PolarsResult<Self> {
        let mut end = 0;
        let ends = frames.iter().map(|frame| {
            end += frame.height();
            end
        });
        let ends = ends.collect();
        Ok(Sorted { rows: stacked(frames)?.into(), ends })
    }

    /// One bucket.
    pub(super) fn bucket(&self, bucket: usize) -> Frame {
        let start = bucket.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.rows.slice(start as i64, self.ends[bucket] - start).into()
    }

    /// How many buckets there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes that the rows take.
    pub(super) fn nbytes(&self) -> usize {
        self.rows.nbytes()
    }
}

/// Sorts the rows of a frame into `into` buckets, whose numbers are given for each row; rows of one stay in their order.
pub(crate) fn sorted(frame: &pl::DataFrame, numbers: &[u32], into: usize) -> PolarsResult<Sorted> {
    let mut ends = vec![0usize; into + 1];
    numbers.iter().for_each(|&bucket| ends[bucket as usize + 1] += 1);
    for bucket in 0..into {
        ends[bucket + 1] += ends[bucket];
    }
    let mut next = ends.clone();
    let mut order = vec![0 as IdxSize; numbers.len()];
    for (row, &bucket) in numbers.iter().enumerate() {
        let at = &mut next[bucket as usize];
        order[*at] = row as IdxSize;
        *at += 1;
    }
    let rows = frame.take(&IdxCa::from_vec("".into(), order))?.into();
    Ok(Sorted { rows, ends: ends.split_off(1) })
}

impl Buckets {
    /// Keeps rows, in memory if that may hold them.
    pub(crate) fn keep(rows: Sorted, memory: &'static Memory) -> Result<Self, SpillError> {
        Ok(Buckets(match memory.hold(rows.nbytes()) {
            Some(held) => Kept::Memory { rows, held },
            None => {
                let _moving = memory.moving(rows.nbytes());
                Kept::Disk(alone(|| Spill::write(&rows, memory))?)
            }
        }))
    }

    /// One bucket.
    pub(crate) fn bucket(&self, bucket: usize) -> Result<Frame, SpillError> {
        match &self.0 {
            Kept::Memory { rows, .. } => Ok(rows.bucket(bucket)),
            Kept::Disk(spill) => alone(|| spill.read(bucket)),
        }
    }

    /// Whether they have to be read to be in memory.
    pub(crate) fn are_on_disk(&self) -> bool {
        matches!(self.0, Kept::Disk(_))
    }

    fn len(&self) -> usize {
        match &self.0 {
            Kept::Memory { rows, .. } => rows.len(),
            Kept::Disk(spill) => spill.len(),
        }
    }

    /// The bytes of memory that they take.
    pub(crate) fn nbytes(&self) -> usize {
        let rows = match &self.0 {
            Kept::Memory { held, .. } => held.nbytes(),
            Kept::Disk(_) => 0,
        };
        rows + size_of::<usize>() * self.len()
    }
}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let read = |spill: &Spill| {
            let frames: Result<Vec<Frame>, SpillError> = (0..spill.len()).map(|bucket| spill.read(bucket)).collect();
            Sorted::of(frames?.into_iter().map(Frame::into_polars).collect()).map_err(|error| spill.unread(error))
        };
        match &self.0 {
            Kept::Memory { rows, .. } => rows.serialize(serializer),
            Kept::Disk(spill) => alone(|| read(spill)).map_err(S::Error::custom)?.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Buckets::keep(Sorted::deserialize(deserializer)?, Memory::here()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_graph::Value;
    use polars::prelude::df;

    fn rows() -> Sorted {
        let words: Vec<String> = (0..1000).map(|n| format!("word number {n}, too long for a view")).collect();
        let frame = df!("x" => (0..1000i64).collect::<Vec<_>>(), "s" => words).unwrap();
        let numbers: Vec<u32> = (0..1000).map(|row| row % 7).collect();
        sorted(&frame, &numbers, 8).unwrap()
    }

    #[test]
    fn buckets_are_the_same_in_memory_and_on_disk() {
        let (roomy, tight) = (Memory::leaked(1 << 20), Memory::leaked(100));
        let expected = rows();
        let inside = Buckets::keep(rows(), roomy).unwrap();
        let outside = Buckets::keep(rows(), tight).unwrap();
        for bucket in 0..8 {
            assert_eq!(inside.bucket(bucket).unwrap(), expected.bucket(bucket));
            assert_eq!(outside.bucket(bucket).unwrap(), expected.bucket(bucket));
            assert_eq!(
                expected.bucket(bucket).height(),
                if bucket == 7 { 0 } else { 1000 / 7 + usize::from(bucket < 6) }
            );
        }
        assert!(roomy.usage().in_memory > 5000 && roomy.usage().on_disk == 0);
        assert!(tight.usage().in_memory == 0 && tight.usage().on_disk > 5000);
        assert!(inside.nbytes() > 5000 && outside.nbytes() < 1000);
        // A bucket is written without the texts of the others.
        assert!(tight.usage().on_disk < 3 * roomy.usage().in_memory, "{:?} {:?}", tight.usage(), roomy.usage());
        drop((inside, outside));
        assert_eq!((roomy.usage().in_memory, tight.usage().on_disk), (0, 0));
    }

    #[test]
    fn memory_is_filled_up_to_its_limit_only() {
        let one = rows().nbytes();
        let memory = Memory::leaked(one * 5 / 2);
        let all: Vec<Buckets> = (0..5).map(|_| Buckets::keep(rows(), memory).unwrap()).collect();
        assert_eq!(memory.usage().in_memory, 2 * one);
        assert!(all.iter().all(|buckets| buckets.bucket(3).unwrap() == rows().bucket(3)));
        drop(all);
        assert_eq!((memory.usage().in_memory, memory.usage().on_disk), (0, 0));
    }

    #[test]
    fn buckets_on_disk_cross_processes() {
        for memory in [0, 1 << 20].map(Memory::leaked) {
            let kept = Buckets::keep(rows(), memory).unwrap();
            let nbytes = kept.nbytes();
            let written = Value::with_size(kept, nbytes).write().unwrap();
            assert_eq!((memory.usage().in_memory, memory.usage().on_disk), (0, 0));
            let back = Value::read::<Buckets>(&written).unwrap();
            assert_eq!(back.get::<Buckets>().unwrap().bucket(2).unwrap(), rows().bucket(2));
        }
    }

    #[test]
    fn a_disk_that_cannot_be_written_is_named() {
        let memory = Memory::leaked_in(0, "/no/such/directory");
        let error = Buckets::keep(rows(), memory).err().unwrap().to_string();
        assert!(error.contains("could not be written to a file in \"/no/such/directory\""), "{error}");
        assert_eq!(memory.usage().on_disk, 0);
    }
}
