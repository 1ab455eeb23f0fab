//! Samples: rows by chance, the same for the same seed and partitions whatever the workers do.

use crate::bag::random::{VERSION, What, generator};
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use polars::prelude::{self as pl, BooleanChunked, IdxCa, IdxSize, NewChunkedArray, polars_err};
use rand::RngExt;
use std::ops::Range;

impl DataFrame {
    /// Each row with this probability, in their order; Dask's `sample(frac=…)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => (0..1000).collect::<Vec<i32>>())?, 4);
    /// let some = on_reference(&frame.sample(0.5, 42))?;
    /// assert!((400..600).contains(&some.height()));
    /// assert_eq!(on_reference(&frame.sample(0.5, 42))?, some, "the same seed gives the same sample");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sample(&self, fraction: f64, seed: u64) -> Self {
        DataFrame::built(self.try_sample(fraction, seed))
    }

    #[track_caller]
    fn try_sample(&self, fraction: f64, seed: u64) -> Built<Self> {
        if !(0.0..=1.0).contains(&fraction) {
            let (what, expected) = ("the fraction", "between 0 and 1");
            return Err(
                FrameError::Argument { operation: "sample", what, found: fraction.to_string(), expected }.into()
            );
        }
        Ok(self.sound()?.drawn("sample", seed, 0.0..fraction))
    }

    /// Rows drawn from each partition, each of which may be drawn several times, in their order; Dask's
    /// `sample(frac=…, replace=True)`.
    ///
    /// Of a partition, as many rows are drawn as the fraction of its rows comes to; where that is no whole number, one more
    /// with the probability of what is over it. So a fraction of 1 draws as many rows as there are, and any other one that
    /// part of them on average, and off by less than one a partition. It may be above 1.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => (0..1000).collect::<Vec<i32>>())?, 4);
    /// let drawn = on_reference(&frame.sample_with_replacement(1.0, 42))?;
    /// assert_eq!(drawn.height(), 1000);
    /// let different = drawn.column("x")?.n_unique()?;
    /// assert!((560..700).contains(&different), "about 632 of 1000: {different}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sample_with_replacement(&self, fraction: f64, seed: u64) -> Self {
        DataFrame::built(self.try_sample_with_replacement(fraction, seed))
    }

    #[track_caller]
    fn try_sample_with_replacement(&self, fraction: f64, seed: u64) -> Built<Self> {
        let operation = "sample_with_replacement";
        if !(fraction.is_finite() && fraction >= 0.0) {
            let (what, expected) = ("the fraction", "a number from 0 on");
            return Err(FrameError::Argument { operation, what, found: fraction.to_string(), expected }.into());
        }
        let draw = |&(seed, fraction): &(u64, f64), part: u32, frame: pl::DataFrame| {
            let mut random = generator(seed, What::Partition(part));
            let exact = fraction * frame.height() as f64;
            let one_more = random.random::<f64>() < exact.fract();
            if exact >= f64::from(IdxSize::MAX) {
                return Err(polars_err!(ComputeError: "more rows are to be drawn than can be numbered"));
            }
            let count = exact as usize + usize::from(one_more);
            let mut rows: Vec<IdxSize> = Vec::with_capacity(count);
            rows.extend((0..count).map(|_| random.random_range(0..frame.height() as IdxSize)));
            rows.sort_unstable();
            frame.take(&IdxCa::from_vec("".into(), rows))
        };
        let identity = self.sound()?.identity(operation).data(&(VERSION, seed, fraction));
        let drawn = self.each_frame(operation, identity, self.schema.clone(), (seed, fraction), draw);
        Ok(drawn.with_facts(self.facts.fewer_rows()))
    }

    /// Each row in one of several dataframes, by chance, of sizes about as these numbers are to each other; Dask's
    /// `random_split`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => (0..1000).collect::<Vec<i32>>())?, 4);
    /// let parts = frame.random_split(&[0.8, 0.2], 42);
    /// let (train, test) = (on_reference(&parts[0])?, on_reference(&parts[1])?);
    /// assert_eq!(train.height() + test.height(), 1000);
    /// assert!((750..850).contains(&train.height()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn random_split(&self, fractions: &[f64], seed: u64) -> Vec<Self> {
        let total: f64 = fractions.iter().sum();
        let sound = total > 0.0 && total.is_finite() && fractions.iter().all(|fraction| *fraction >= 0.0);
        let mut start = 0.0;
        let mut split = Vec::with_capacity(fractions.len());
        for (number, fraction) in fractions.iter().enumerate() {
            // The last one takes what rounding leaves.
            let end = if number + 1 == fractions.len() { 1.0 } else { start + fraction / total };
            split.push(DataFrame::built(self.sound().and_then(|frame| match sound {
                true => Ok(frame.drawn("random_split", seed, start..end)),
                false => {
                    let (what, expected) = ("the list of fractions", "of numbers from 0 on, not all 0");
                    let found = format!("{fractions:?}");
                    Err(FrameError::Argument { operation: "random_split", what, found, expected }.into())
                }
            })));
            start = end;
        }
        split
    }

    /// The rows that draw a number in a range.
    #[track_caller]
    fn drawn(&self, operation: &'static str, seed: u64, range: Range<f64>) -> Self {
        let identity = self.identity(operation).data(&(VERSION, seed, range.start, range.end));
        let draw = |(seed, range): &(u64, Range<f64>), part: u32, frame: pl::DataFrame| {
            let mut random = generator(*seed, What::Partition(part));
            let kept = (0..frame.height()).map(|_| range.contains(&random.random::<f64>()));
            frame.filter(&BooleanChunked::from_iter_values("".into(), kept))
        };
        let facts = Facts { glimpse: None, ..self.facts.fewer_rows() };
        self.each_frame(operation, identity, self.schema.clone(), (seed, range), draw).with_facts(facts)
    }
}
