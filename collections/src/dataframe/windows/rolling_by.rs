//! Rolling windows by time: what the rows up to each one come to that are not older than a length.

use super::rolling::{Rows, check_part};
use super::times::{check_dtype, length};
use crate::dataframe::layers::Built;
use crate::dataframe::sorts::order::in_order;
use crate::dataframe::{DataFrame, GroupBy};
use partita_graph::Plain;
use polars::prelude::{
    ClosedWindow, Duration, Expr, IDX_DTYPE, PlSmallStr, QuantileMethod, RollingOptionsDynamicWindow,
};

/// A dataframe seen through a window of time, which ends at each row; made by [`DataFrame::rolling_by`] and
/// [`GroupBy::rolling_by`].
///
/// Its methods make values in all columns of numbers but the one of times; other columns stay as they are. The window of a
/// row has all rows of its time, also those after it. Where a row's time is null, so are its values, and it is in no window.
#[must_use = "a window does nothing until a method says what its rows come to"]
#[derive(Clone, Debug)]
pub struct RollingBy {
    rows: Rows,
    by: PlSmallStr,
    window: String,
    min_periods: usize,
    closed: ClosedWindow,
}

impl DataFrame {
    /// A window of rows that are not older than each row by more than a length, by a column of times or whole numbers:
    /// `"2d"`, `"1h30m"`, `"1mo"`, `"10i"` of numbers, as Polars writes them; Dask's `rolling("2D")`.
    ///
    /// The column has to be in order over all partitions, nulls apart, else computing is an error. A partition is brought
    /// the rows that its windows reach from as many partitions as they are in. Expressions do the same for single columns:
    /// `col("x").rolling_sum_by(col("t"), …)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5, 6], "x" => [1, 2, 4, 8])?, 3);
    /// assert_eq!(on_reference(&frame.rolling_by("t", "2i").sum())?, df!("t" => [0i64, 1, 5, 6], "x" => [1, 3, 4, 12])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rolling_by(&self, by: &str, window: &str) -> RollingBy {
        RollingBy::new(Rows::All(self.clone()), by, window)
    }
}

impl GroupBy {
    /// A window of rows of the same group that are not older than each row by more than a length, as
    /// [`DataFrame::rolling_by`]; Dask's `GroupBy.rolling("2D")`.
    ///
    /// What comes of it has all rows of the dataframe, in their order, and all its columns. The times of a group need not
    /// be in order. Rows are shuffled by their keys, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "t" => [0i64, 1, 2], "x" => [1, 2, 4])?, 2);
    /// let sums = frame.group_by([col("k")]).rolling_by("t", "3i").sum();
    /// assert_eq!(on_reference(&sums)?, df!("k" => ["a", "b", "a"], "t" => [0i64, 1, 2], "x" => [1, 2, 5])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rolling_by(&self, by: &str, window: &str) -> RollingBy {
        RollingBy::new(Rows::OfGroups(self.clone()), by, window)
    }
}

impl RollingBy {
    fn new(rows: Rows, by: &str, window: &str) -> Self {
        let (by, window) = (by.into(), window.to_string());
        RollingBy { rows, by, window, min_periods: 1, closed: ClosedWindow::Right }
    }

    /// The same window, in which so many values that are not null have to be; 1, unless this is said.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let sums = on_reference(&frame.rolling_by("t", "2i").min_periods(2).sum().select([col("x")]))?;
    /// assert_eq!(sums, df!("x" => [None, Some(3), None])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn min_periods(self, min_periods: usize) -> Self {
        RollingBy { min_periods, ..self }
    }

    /// Which ends belong to the window: the row's own time, the time that is just as old as the window is long, both or
    /// none; its own, `ClosedWindow::Right`, unless this is said.
    ///
    /// ```
    /// use partita_collections::dataframe::{ClosedWindow, DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 2], "x" => [1, 2, 4])?, 2);
    /// let before = frame.rolling_by("t", "2i").closed(ClosedWindow::Left).sum();
    /// assert_eq!(on_reference(&before.select([col("x")]))?, df!("x" => [None, Some(1), Some(3)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn closed(self, closed: ClosedWindow) -> Self {
        RollingBy { closed, ..self }
    }

    /// What an expression makes of each column of numbers, given the column of times and the options of this window.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let spread = frame.rolling_by("t", "2i").agg(|x, t, window| {
    ///     x.clone().rolling_max_by(t.clone(), window.clone()) - x.rolling_min_by(t, window)
    /// });
    /// assert_eq!(on_reference(&spread.select([col("x")]))?, df!("x" => [0, 1, 0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn agg(&self, make: impl Fn(Expr, Expr, RollingOptionsDynamicWindow) -> Expr) -> DataFrame {
        DataFrame::built(self.try_agg(make))
    }

    #[track_caller]
    fn try_agg(&self, make: impl Fn(Expr, Expr, RollingOptionsDynamicWindow) -> Expr) -> Built<DataFrame> {
        const OPERATION: &str = "rolling_by";
        let frame = match &self.rows {
            Rows::All(frame) => frame,
            Rows::OfGroups(groups) => groups.all_rows(),
        };
        let options = RollingOptionsDynamicWindow {
            window_size: self.length(OPERATION, frame)?,
            min_periods: self.min_periods,
            closed_window: self.closed,
            fn_params: None,
        };
        let by = Expr::Column(self.by.clone());
        let made =
            |rows: &Rows| rows.rolled(OPERATION, Some(&self.by), |column| make(column, by.clone(), options.clone()));
        match frame.npartitions() {
            // Polars would sort them, which it cannot over several partitions.
            0 | 1 if matches!(self.rows, Rows::All(_)) => made(&Rows::All(frame.checked(OPERATION, &self.by))),
            _ => made(&self.rows),
        }
    }

    fn length(&self, operation: &'static str, frame: &DataFrame) -> Built<Duration> {
        let dtype = frame.dtype_of(operation, &self.by)?;
        check_dtype(operation, &self.by, dtype)?;
        Ok(length(operation, "the window", &self.window, dtype)?)
    }
}

impl DataFrame {
    /// It, if its partitions are sorted by a column, nulls apart; else computing it is an error.
    #[track_caller]
    fn checked(&self, operation: &'static str, by: &PlSmallStr) -> Self {
        let identity = self.identity("sorted").data(&by.as_str());
        let check = |(operation, key): &(&'static str, Plain<PlSmallStr>), part, frame| {
            in_order(operation, part, &frame, key, key).map(|()| frame)
        };
        let env = (operation, Plain(by.clone()));
        self.each(operation, identity, self.schema.clone(), env, check).with_facts((*self.facts).clone())
    }
}

macro_rules! rolled {
    ($($(#[$doc:meta])* $name:ident = $make:expr;)*) => {
        impl RollingBy {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> DataFrame {
                self.agg($make)
            }
            )*
        }
    };
}

rolled! {
    /// The sum of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let made = frame.rolling_by("t", "2i").sum().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1, 3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    sum = Expr::rolling_sum_by;
    /// The mean of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let made = frame.rolling_by("t", "2i").mean().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1.0, 1.5, 4.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    mean = Expr::rolling_mean_by;
    /// The least of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let made = frame.rolling_by("t", "2i").min().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1, 1, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    min = Expr::rolling_min_by;
    /// The largest of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let made = frame.rolling_by("t", "2i").max().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1, 2, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    max = Expr::rolling_max_by;
    /// The variance of the window's values, by one degree of freedom less than there are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 2, 4])?, 2);
    /// let made = frame.rolling_by("t", "2i").var().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [None, Some(0.5), None])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    var = Expr::rolling_var_by;
    /// The standard deviation of the window's values, by one degree of freedom less than there are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1, 1, 4])?, 2);
    /// let made = frame.rolling_by("t", "2i").std().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [None, Some(0.0), None])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    std = Expr::rolling_std_by;
    /// The median of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1.0, 2.0, 4.0])?, 2);
    /// let made = frame.rolling_by("t", "2i").median().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1.0, 1.5, 4.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    median = Expr::rolling_median_by;
    /// How many of the window's values are not null, where there are as many rows as `min_periods` says.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [Some(1), None, Some(4)])?, 2);
    /// let made = frame.rolling_by("t", "2i").count().select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1u32, 1, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    count = |column, by, window| column.is_not_null().cast(IDX_DTYPE).rolling_sum_by(by, window);
}

impl RollingBy {
    /// The value below which a part of the window's values is, between two of them if need be.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("t" => [0i64, 1, 5], "x" => [1.0, 2.0, 4.0])?, 2);
    /// let made = frame.rolling_by("t", "2i").quantile(0.5).select([col("x")]);
    /// assert_eq!(on_reference(&made)?, df!("x" => [1.0, 1.5, 4.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile(&self, part: f64) -> DataFrame {
        match check_part("rolling_by.quantile", part) {
            Ok(()) => {
                self.agg(|column, by, window| column.rolling_quantile_by(by, QuantileMethod::Linear, part, window))
            }
            Err(error) => DataFrame::built(Err(error.into())),
        }
    }
}
