//! Buckets: the rows of a partition sorted by where they go.

use crate::dataframe::frame::Frame;
use polars::prelude::{self as pl, IdxCa, IdxSize, PolarsResult};
use serde::{Deserialize, Serialize};

/// The rows of one partition, sorted into buckets by where they go.
#[derive(Serialize, Deserialize)]
pub(crate) struct Buckets(pub(crate) Vec<Frame>);

impl Buckets {
    /// Sorts the rows of a frame into `into` buckets, whose numbers are given for each row; rows of a bucket stay in their
    /// order.
    pub(crate) fn of(frame: &pl::DataFrame, numbers: &[u32], into: usize) -> PolarsResult<Self> {
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
        Ok(Buckets((0..into).map(|bucket| Frame::from(cut(bucket))).collect()))
    }

    /// The bytes that they take.
    pub(crate) fn nbytes(&self) -> usize {
        self.0.iter().map(Frame::nbytes).sum()
    }
}
