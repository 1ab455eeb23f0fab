//! Resampling: rows by intervals of a column of times or whole numbers, which is in order.

use super::intervals::Intervals;
use super::times::{length, offset};
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::identified;
use crate::dataframe::layers::Built;
use polars::prelude::{
    ClosedWindow, DataType, Duration, DynamicGroupOptions, Expr, Label, PlSmallStr, StartBy, col, len,
};

/// The rows of a dataframe by intervals of one of its columns; made by [`DataFrame::resample`].
///
/// Its methods make a row for each interval that has rows, with the start of the interval and a value of each column of
/// numbers. The result has one partition, in the order of the intervals.
///
/// Intervals that overlap ([`Resampled::period`]), or that are counted from the first row, are made by the partition that has
/// their first row, which is brought the rows after it that they reach. Months that begin on another day than the first
/// ([`Resampled::offset`]) bring all rows into one place.
#[must_use = "intervals do nothing until a method says what their rows come to"]
#[derive(Clone, Debug)]
pub struct Resampled {
    frame: DataFrame,
    by: PlSmallStr,
    every: String,
    period: Option<String>,
    offset: Option<String>,
    closed: ClosedWindow,
    label: Label,
    start_by: StartBy,
    include_empty: bool,
}

impl DataFrame {
    /// The rows by intervals of a column of times or whole numbers: `"1d"`, `"2h30m"`, `"1mo"`, `"10i"` of numbers, as
    /// Polars writes them. Dask's `resample`, Polars' `group_by_dynamic`.
    ///
    /// The column is in order in each partition. An interval may go over several partitions: each makes a partial result
    /// of it, unless the aggregate needs all rows in one place (median, say).
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 4, 11], "x" => [1, 2, 3, 4])?, 3);
    /// let sums = frame.resample("t", "5i").sum();
    /// assert_eq!(on_reference(&sums)?, df!("t" => [0i64, 10], "x" => [6, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resample(&self, by: &str, every: &str) -> Resampled {
        Resampled {
            frame: self.clone(),
            by: by.into(),
            every: every.to_string(),
            period: None,
            offset: None,
            closed: ClosedWindow::Left,
            label: Label::Left,
            start_by: StartBy::WindowBound,
            include_empty: false,
        }
    }
}

impl Resampled {
    /// Also the intervals without rows between the first and the last one, as Dask and pandas make them: their sums and
    /// counts are 0, and most other values null. Polars leaves them out, and so does this if it is not asked for.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// let intervals = frame.resample("t", "5i").include_empty();
    /// assert_eq!(on_reference(&intervals.sum())?, df!("t" => [0i64, 5, 10], "x" => [3, 0, 4])?);
    /// assert_eq!(on_reference(&intervals.max())?, df!("t" => [0i64, 5, 10], "x" => [Some(2), None, Some(4)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn include_empty(self) -> Self {
        Resampled { include_empty: true, ..self }
    }

    /// How long an interval is, if not as long as from one to the next: they overlap, or leave gaps between them.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 6], "x" => [1, 2, 4])?, 3);
    /// let sums = frame.resample("t", "5i").period("10i").sum();
    /// assert_eq!(on_reference(&sums)?, df!("t" => [0i64, 5], "x" => [7, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn period(self, period: &str) -> Self {
        Resampled { period: Some(period.to_string()), ..self }
    }

    /// How much later intervals start than they would, or earlier if it is negative.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 6], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").offset("2i").sum())?, df!("t" => [-3i64, 2], "x" => [1, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn offset(self, offset: &str) -> Self {
        Resampled { offset: Some(offset.to_string()), ..self }
    }

    /// Which ends belong to an interval: its start, `ClosedWindow::Left`, unless this is said.
    ///
    /// ```
    /// use partita_collections::dataframe::{ClosedWindow, DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [1i64, 5, 6], "x" => [1, 2, 4])?, 3);
    /// let sums = frame.resample("t", "5i").closed(ClosedWindow::Right).sum();
    /// assert_eq!(on_reference(&sums)?, df!("t" => [0i64, 5], "x" => [3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn closed(self, closed: ClosedWindow) -> Self {
        Resampled { closed, ..self }
    }

    /// What an interval is called by: its start, its end, or its first row.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, Label, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [1i64, 5, 6], "x" => [1, 2, 4])?, 3);
    /// let sums = frame.resample("t", "5i").label(Label::Right).sum();
    /// assert_eq!(on_reference(&sums)?, df!("t" => [5i64, 10], "x" => [1, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn label(self, label: Label) -> Self {
        Resampled { label, ..self }
    }

    /// From where intervals are counted: from round times, from the first row, or from a day of its week.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, StartBy, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [1i64, 5, 6], "x" => [1, 2, 4])?, 3);
    /// let sums = frame.resample("t", "5i").start_by(StartBy::DataPoint).sum();
    /// assert_eq!(on_reference(&sums)?, df!("t" => [1i64, 6], "x" => [3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_by(self, start_by: StartBy) -> Self {
        Resampled { start_by, ..self }
    }

    /// What expressions make of the rows of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// let spread = frame.resample("t", "5i").agg([(col("x").max() - col("x").min()).alias("spread")]);
    /// assert_eq!(on_reference(&spread)?, df!("t" => [0i64, 10], "spread" => [1, 0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn agg(&self, aggregates: impl AsRef<[Expr]>) -> DataFrame {
        DataFrame::built(self.try_agg("resample", aggregates.as_ref()))
    }

    #[track_caller]
    fn try_agg(&self, operation: &'static str, aggregates: &[Expr]) -> Built<DataFrame> {
        let frame = &self.frame;
        let intervals = self.intervals(operation)?;
        let resolved = match aggregates.is_empty() {
            true => Vec::new(),
            false => frame.resolve(operation, aggregates)?,
        };
        let exprs: Vec<Expr> = resolved.iter().map(|one| one.expr.clone()).collect();
        let identity = frame.identity(operation).data(&format!("{:?}", intervals.options));
        let identity = identified(identity, &exprs);
        let made = intervals.made(frame, operation, identity.clone(), &resolved)?;
        match self.include_empty {
            true => Ok(intervals.filled(&made, frame, operation, identity.data(&"filled"), resolved)),
            false => Ok(made),
        }
    }

    /// The intervals, if the column and what was said of them fit.
    fn intervals(&self, operation: &'static str) -> Built<Intervals> {
        let dtype = self.frame.dtype_of(operation, &self.by)?.clone();
        if !matches!(dtype, DataType::Int32 | DataType::Int64 | DataType::Date | DataType::Datetime(..)) {
            let expected = "a time or a whole number with a sign";
            return Err(FrameError::dtype(operation, &self.by, &dtype, expected).into());
        }
        let every = length(operation, "the interval", &self.every, &dtype)?;
        let period = match &self.period {
            Some(period) => length(operation, "the period", period, &dtype)?,
            None => every,
        };
        if self.include_empty {
            self.check_empty(operation, every, &dtype)?;
        }
        let options = DynamicGroupOptions {
            index_column: self.by.clone(),
            every,
            period,
            offset: offset(operation, self.offset.as_deref(), &dtype)?,
            label: self.label,
            include_boundaries: false,
            closed_window: self.closed,
            start_by: self.start_by,
        };
        Ok(Intervals { dtype, options })
    }

    /// Intervals without rows have labels.
    fn check_empty(&self, operation: &'static str, every: Duration, dtype: &DataType) -> Result<(), FrameError> {
        let (what, found, expected) = match dtype {
            _ if self.label == Label::DataPoint => {
                let expected = "left or right, as an interval without rows has no first one";
                ("the label of intervals", "the first row".to_string(), expected)
            }
            DataType::Date if !every.is_full_days() => {
                let expected = "of whole days, as the column is, if intervals without rows are wanted";
                ("the interval", self.every.clone(), expected)
            }
            _ => return Ok(()),
        };
        Err(FrameError::Argument { operation, what, found, expected })
    }

    #[track_caller]
    fn each(&self, operation: &'static str, aggregate: impl Fn(Expr) -> Expr) -> DataFrame {
        let numbers = self.frame.columns_that(DataType::is_primitive_numeric).into_iter();
        let aggregates: Vec<Expr> = numbers.filter(|name| *name != self.by).map(|name| aggregate(col(name))).collect();
        DataFrame::built(self.try_agg(operation, &aggregates))
    }

    /// How many rows each interval has, as "size".
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").size())?, df!("t" => [0i64, 10], "size" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn size(&self) -> DataFrame {
        self.agg([len().alias("size")])
    }
}

macro_rules! resampled {
    ($($(#[$doc:meta])* $name:ident = $make:expr;)*) => {
        impl Resampled {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> DataFrame {
                self.each(concat!("resample.", stringify!($name)), $make)
            })*
        }
    };
}

resampled! {
    /// The sum of the values of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").sum())?, df!("t" => [0i64, 10], "x" => [3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    sum = Expr::sum;
    /// The mean of the values of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").mean())?, df!("t" => [0i64, 10], "x" => [1.5, 4.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    mean = Expr::mean;
    /// The least of the values of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").min())?, df!("t" => [0i64, 10], "x" => [1, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    min = Expr::min;
    /// The largest of the values of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").max())?, df!("t" => [0i64, 10], "x" => [2, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    max = Expr::max;
    /// How many of the values of each interval are not null.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").count())?, df!("t" => [0i64, 10], "x" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    count = Expr::count;
    /// The first of the values of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").first())?, df!("t" => [0i64, 10], "x" => [1, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    first = Expr::first;
    /// The last of the values of each interval.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").last())?, df!("t" => [0i64, 10], "x" => [2, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    last = Expr::last;
    /// The median of the values of each interval; all rows come into one place for it.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 11], "x" => [1, 2, 4])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").median())?, df!("t" => [0i64, 10], "x" => [1.5, 4.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    median = Expr::median;
    /// The standard deviation of the values of each interval, by one degree of freedom less than there are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 4], "x" => [1, 2, 3])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").std())?, df!("t" => [0i64], "x" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    std = |column| column.std(1);
    /// The variance of the values of each interval, by one degree of freedom less than there are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 3, 4], "x" => [1, 2, 3])?, 3);
    /// assert_eq!(on_reference(&frame.resample("t", "5i").var())?, df!("t" => [0i64], "x" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    var = |column| column.var(1);
}
