//! Resampling: rows by intervals of a column of times or whole numbers, which is in order.

use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::apart::{Apart, Over, take_apart};
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::identified;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Reduction};
use polars::prelude::{
    DataType, Duration, DynamicGroupOptions, Expr, LazyFrame, PlSmallStr, SortMultipleOptions, col, len,
};

/// The rows of a dataframe by intervals of one of its columns; made by [`DataFrame::resample`].
///
/// Its methods make a row for each interval that has rows, with the start of the interval and a value of each column of
/// numbers. The result has one partition.
#[must_use = "intervals do nothing until a method says what their rows come to"]
#[derive(Clone, Debug)]
pub struct Resampled {
    frame: DataFrame,
    by: PlSmallStr,
    every: String,
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
        Resampled { frame: self.clone(), by: by.into(), every: every.to_string() }
    }
}

impl Resampled {
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
        let (frame, by) = (&self.frame, self.by.clone());
        let dtype = frame.dtype_of(operation, &by)?;
        let is_index = matches!(dtype, DataType::Int32 | DataType::Int64 | DataType::UInt32 | DataType::UInt64);
        if !is_index && !matches!(dtype, DataType::Date | DataType::Datetime(..)) {
            return Err(FrameError::dtype(operation, &by, dtype, "a time or a whole number").into());
        }
        let every = Duration::try_parse(&self.every).ok().filter(|every| !every.negative() && !every.is_zero());
        let every = every.filter(|every| every.parsed_int == is_index);
        let Some(every) = every else {
            let (what, found, expected) =
                ("the interval", self.every.clone(), "one like \"1d\", \"2h30m\", or \"10i\" of whole numbers");
            return Err(FrameError::Argument { operation, what, found, expected }.into());
        };
        let options = DynamicGroupOptions {
            index_column: by.clone(),
            every,
            period: every,
            offset: Duration::parse(if is_index { "0i" } else { "0ns" }),
            ..DynamicGroupOptions::default()
        };
        let label = by.clone();
        let grouped = move |plan: LazyFrame, aggregates: &[Expr]| {
            plan.group_by_dynamic(col(label.clone()), [] as [Expr; 0], options.clone()).agg(aggregates)
        };
        let resolved = match aggregates.is_empty() {
            true => Vec::new(),
            false => frame.resolve(operation, aggregates)?,
        };
        let exprs: Vec<Expr> = resolved.iter().map(|one| one.expr.clone()).collect();
        let identity = identified(frame.identity(operation).data(&(by.as_str(), &self.every)), &exprs);
        let sorted = SortMultipleOptions::default().with_maintain_order(true);
        let Some(Apart { partial, combine, finish }) = take_apart(&frame.schema, Over::Groups, &resolved) else {
            let needed = [&[col(by)], &exprs[..]].concat();
            let all = frame.gathered_columns(operation, &needed)?;
            return all.step(operation, identity, Facts::default(), move |plan| grouped(plan, &exprs));
        };
        let finish = [&[col(by.clone())], &finish[..]].concat();
        let again = by.clone();
        let reduction = Reduction {
            partial: move |plan: LazyFrame| grouped(plan, &partial),
            combine: move |plan: LazyFrame| plan.group_by_stable([col(again.clone())]).agg(&combine),
            finish: move |plan: LazyFrame| plan.select(&finish).sort([by.clone()], sorted.clone()),
        };
        frame.reduced(operation, identity, reduction)
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
