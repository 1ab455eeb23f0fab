//! Rolling windows: what so many rows up to each one come to.

use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Built;
use crate::dataframe::{DataFrame, GroupBy};
use polars::prelude::{DataType, Expr, IDX_DTYPE, PlSmallStr, QuantileMethod, RollingOptionsFixedWindow, col};

/// A dataframe seen through a window of so many rows, which ends at each of them; made by [`DataFrame::rolling`] and
/// [`GroupBy::rolling`].
///
/// Its methods make values in all columns of numbers; other columns stay as they are. Rows before a partition are brought
/// from those before it, several if they are short. Expressions do the same for single columns:
/// `col("x").rolling_mean(…)`.
#[must_use = "a window does nothing until a method says what its rows come to"]
#[derive(Clone, Debug)]
pub struct Rolling {
    rows: Rows,
    window: usize,
    min_periods: usize,
    center: bool,
}

impl DataFrame {
    /// A window of so many rows that ends at each of them; Dask's `rolling`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4, 8])?, 3);
    /// assert_eq!(on_reference(&frame.rolling(3).sum())?, df!("x" => [None, None, Some(7), Some(14)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rolling(&self, window: usize) -> Rolling {
        Rolling { rows: Rows::All(self.clone()), window, min_periods: window, center: false }
    }
}

impl GroupBy {
    /// A window of so many rows of the same group that ends at each of them; Dask's `GroupBy.rolling`.
    ///
    /// What comes of it has all rows of the dataframe, in their order (pandas puts groups under each other), and all its
    /// columns. Rows are shuffled by their keys, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a", "a"], "x" => [1, 2, 4, 8])?, 3);
    /// let sums = frame.group_by([col("k")]).rolling(2).min_periods(1).sum();
    /// assert_eq!(on_reference(&sums)?, df!("k" => ["a", "b", "a", "a"], "x" => [1, 2, 5, 12])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rolling(&self, window: usize) -> Rolling {
        Rolling { rows: Rows::OfGroups(self.clone()), window, min_periods: window, center: false }
    }
}

/// The rows that windows go over.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    /// All of a dataframe's.
    All(DataFrame),
    /// Those of each group apart.
    OfGroups(GroupBy),
}

impl Rows {
    /// With what a function makes of each column of numbers, but for one, in its place.
    #[track_caller]
    pub(super) fn rolled(
        &self,
        operation: &'static str,
        by: Option<&PlSmallStr>,
        make: impl Fn(Expr) -> Expr,
    ) -> Built<DataFrame> {
        match self {
            Rows::All(frame) => {
                let numbers = frame.columns_that(DataType::is_primitive_numeric).into_iter();
                let exprs: Vec<Expr> = numbers.filter(|name| Some(name) != by).map(|name| make(col(name))).collect();
                frame.try_with_columns(&exprs)
            }
            Rows::OfGroups(groups) => groups.running_numbers(operation, by, make),
        }
    }
}

impl Rolling {
    /// The same window, of which so many values that are not null are enough; all of its rows, unless this is said.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).min_periods(1).sum())?, df!("x" => [1, 3, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn min_periods(self, min_periods: usize) -> Self {
        Rolling { min_periods, ..self }
    }

    /// The same window around each row instead of up to it.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(3).center().sum())?, df!("x" => [None, Some(7), None])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn center(self) -> Self {
        Rolling { center: true, ..self }
    }

    /// What an expression makes of each column of numbers, with the options of this window.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// let spread = frame.rolling(2).agg(|x, window| x.clone().rolling_max(window.clone()) - x.rolling_min(window));
    /// assert_eq!(on_reference(&spread)?, df!("x" => [None, Some(1), Some(2)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn agg(&self, make: impl Fn(Expr, RollingOptionsFixedWindow) -> Expr) -> DataFrame {
        let options = RollingOptionsFixedWindow {
            window_size: self.window,
            min_periods: self.min_periods,
            center: self.center,
            ..RollingOptionsFixedWindow::default()
        };
        if self.window == 0 || self.min_periods > self.window {
            let (what, expected) = match self.window {
                0 => ("the window", "of one row or more"),
                _ => ("`min_periods`", "no more than the rows of the window"),
            };
            let found = if self.window == 0 { 0 } else { self.min_periods }.to_string();
            return DataFrame::built(Err(FrameError::Argument { operation: "rolling", what, found, expected }.into()));
        }
        DataFrame::built(self.rows.rolled("rolling", None, |column| make(column, options.clone())))
    }
}

macro_rules! rolled {
    ($($(#[$doc:meta])* $name:ident = $make:expr;)*) => {
        impl Rolling {
            $($(#[$doc])*
            #[track_caller]
            pub fn $name(&self) -> DataFrame {
                self.agg($make)
            })*
        }
    };
}

rolled! {
    /// The sum of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).sum())?, df!("x" => [None, Some(3), Some(6)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    sum = Expr::rolling_sum;
    /// The mean of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).mean())?, df!("x" => [None, Some(1.5), Some(3.0)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    mean = Expr::rolling_mean;
    /// The least of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).min())?, df!("x" => [None, Some(1), Some(2)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    min = Expr::rolling_min;
    /// The largest of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).max())?, df!("x" => [None, Some(2), Some(4)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    max = Expr::rolling_max;
    /// The variance of the window's values, by one degree of freedom less than there are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 4])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).var())?, df!("x" => [None, Some(0.5), Some(2.0)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    var = Expr::rolling_var;
    /// The standard deviation of the window's values, by one degree of freedom less than there are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 1, 1])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).std())?, df!("x" => [None, Some(0.0), Some(0.0)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    std = Expr::rolling_std;
    /// The median of the window's values.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1.0, 2.0, 4.0])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(3).median())?, df!("x" => [None, None, Some(2.0)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    median = Expr::rolling_median;
    /// How many of the window's values are not null, where there are as many rows as `min_periods` says.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, Some(4)])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).count())?, df!("x" => [None, Some(1u32), Some(1)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    count = |column, window| column.is_not_null().cast(IDX_DTYPE).rolling_sum(window);
}

impl Rolling {
    /// The value below which a part of the window's values is, between two of them if need be.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference, polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1.0, 2.0, 5.0])?, 2);
    /// assert_eq!(on_reference(&frame.rolling(2).quantile(0.5))?, df!("x" => [None, Some(1.5), Some(3.5)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile(&self, part: f64) -> DataFrame {
        match check_part("rolling.quantile", part) {
            Ok(()) => self.agg(|column, window| column.rolling_quantile(QuantileMethod::Linear, part, window)),
            Err(error) => DataFrame::built(Err(error.into())),
        }
    }
}

/// The part of values that a quantile is above.
pub(super) fn check_part(operation: &'static str, part: f64) -> Result<(), FrameError> {
    let (what, expected) = ("the part", "between 0 and 1");
    match (0.0..=1.0).contains(&part) {
        true => Ok(()),
        false => Err(FrameError::Argument { operation, what, found: part.to_string(), expected }),
    }
}
