//! Buckets: the rows of a partition sorted by where they go.

use super::memory::{Held, Memory};
use super::spill::{Spill, SpillError};
use crate::dataframe::frame::Frame;
use crate::dataframe::threads::alone;
use polars::prelude::{self as pl, IdxCa, IdxSize, PolarsResult};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The rows of one partition, sorted into buckets by where they go. They are in memory while all such may be, and else in
/// a file.
pub(crate) struct Buckets(Kept);

enum Kept {
    Memory { frames: Vec<Frame>, held: Held },
    Disk(Spill),
}

/// Sorts the rows of a frame into `into` frames, whose numbers are given for each row; rows of one stay in their order.
pub(crate) fn sorted(frame: &pl::DataFrame, numbers: &[u32], into: usize) -> PolarsResult<Vec<Frame>> {
    let mut ends = vec![0usize; into + 1];
    numbers.iter().for_each(|&bucket| ends[bucket as usize + 1] += 1);
    for bucket in 0..into {
        ends[bucket + 1] += ends[bucket];
    }
    let starts = ends.clone();
    let mut next = ends;
    let mut order = vec![0 as IdxSize; numbers.len()];
    for (row, &bucket) in numbers.iter().enumerate() {
        let at = &mut next[bucket as usize];
        order[*at] = row as IdxSize;
        *at += 1;
    }
    let sorted = frame.take(&IdxCa::from_vec("".into(), order))?;
    let cut = |bucket: usize| sorted.slice(starts[bucket] as i64, starts[bucket + 1] - starts[bucket]);
    Ok((0..into).map(|bucket| Frame::from(cut(bucket))).collect())
}

impl Buckets {
    /// Keeps frames, in memory if that may hold them.
    pub(crate) fn keep(frames: Vec<Frame>, memory: &'static Memory) -> Result<Self, SpillError> {
        let nbytes = frames.iter().map(Frame::nbytes).sum();
        Ok(Buckets(match memory.hold(nbytes) {
            Some(held) => Kept::Memory { frames, held },
            None => Kept::Disk(alone(|| Spill::write(&frames, memory))?),
        }))
    }

    /// One bucket.
    pub(crate) fn bucket(&self, bucket: usize) -> Result<Frame, SpillError> {
        match &self.0 {
            Kept::Memory { frames, .. } => Ok(frames[bucket].clone()),
            Kept::Disk(spill) => alone(|| spill.read(bucket)),
        }
    }

    fn len(&self) -> usize {
        match &self.0 {
            Kept::Memory { frames, .. } => frames.len(),
            Kept::Disk(spill) => spill.len(),
        }
    }

    /// The bytes of memory that they take.
    pub(crate) fn nbytes(&self) -> usize {
        let frames = match &self.0 {
            Kept::Memory { held, .. } => held.nbytes(),
            Kept::Disk(_) => 0,
        };
        frames + size_of::<Frame>() * self.len()
    }
}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let frames: Result<Vec<Frame>, SpillError> = (0..self.len()).map(|bucket| self.bucket(bucket)).collect();
        frames.map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Buckets::keep(Vec::deserialize(deserializer)?, Memory::of_process()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_graph::Value;
    use polars::prelude::df;

    fn frames() -> Vec<Frame> {
        let words: Vec<String> = (0..1000).map(|n| format!("word number {n}, too long for a view")).collect();
        let frame = df!("x" => (0..1000i64).collect::<Vec<_>>(), "s" => words).unwrap();
        let numbers: Vec<u32> = (0..1000).map(|row| row % 7).collect();
        sorted(&frame, &numbers, 8).unwrap()
    }

    #[test]
    fn buckets_are_the_same_in_memory_and_on_disk() {
        let (roomy, tight) = (Memory::leaked(1 << 20), Memory::leaked(100));
        let expected = frames();
        let inside = Buckets::keep(frames(), roomy).unwrap();
        let outside = Buckets::keep(frames(), tight).unwrap();
        for (bucket, frame) in expected.iter().enumerate() {
            assert_eq!(&inside.bucket(bucket).unwrap(), frame);
            assert_eq!(&outside.bucket(bucket).unwrap(), frame);
        }
        assert_eq!(expected[7].height(), 0);
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
        let one = frames().iter().map(Frame::nbytes).sum::<usize>();
        let memory = Memory::leaked(one * 5 / 2);
        let all: Vec<Buckets> = (0..5).map(|_| Buckets::keep(frames(), memory).unwrap()).collect();
        assert_eq!(memory.usage().in_memory, 2 * one);
        assert!(all.iter().all(|buckets| buckets.bucket(3).unwrap() == frames()[3]));
        drop(all);
        assert_eq!((memory.usage().in_memory, memory.usage().on_disk), (0, 0));
    }

    #[test]
    fn buckets_on_disk_cross_processes() {
        let outside = Buckets::keep(frames(), Memory::leaked(0)).unwrap();
        let nbytes = outside.nbytes();
        let written = Value::with_size(outside, nbytes).write().unwrap();
        let back = Value::read::<Buckets>(&written).unwrap();
        assert_eq!(back.get::<Buckets>().unwrap().bucket(2).unwrap(), frames()[2]);
    }

    #[test]
    fn a_disk_that_cannot_be_written_is_named() {
        let memory = Memory::leaked_in(0, "/no/such/directory");
        let error = Buckets::keep(frames(), memory).err().unwrap().to_string();
        assert!(error.contains("could not be written to a file in \"/no/such/directory\""), "{error}");
        assert_eq!(memory.usage().on_disk, 0);
    }
}
