//! Tops: the first rows of an order, of which each partition finds its own.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use crate::dataframe::names::IntoNames;
use crate::dataframe::sorts::order::Order;
use crate::dataframe::travel::Step;
use polars::prelude::{IdxSize, LazyFrame, PlSmallStr, SortMultipleOptions, by_name};

/// The numbers of the rows, a column that no user's has the name of.
const ROW: &str = "\u{3}row";

impl DataFrame {
    /// The `n` rows whose values in a column, or in several, are the largest, the largest first; Dask's `nlargest`. Rows
    /// that are alike stay in their order (`keep="first"`), and nulls come last; NaN
    /// is larger than any number, as in Polars.
    ///
    /// Of a partition no more than its own `n` rows are kept, which are then merged in a tree.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let cars = DataFrame::from_polars(df!("brand" => ["a", "b", "c"], "price" => [3, 5, 4])?, 2);
    /// assert_eq!(on_reference(&cars.nlargest(2, "price"))?, df!("brand" => ["b", "c"], "price" => [5, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn nlargest(&self, n: usize, columns: impl IntoNames) -> Self {
        DataFrame::built(self.try_top("nlargest", n, columns.into_names(), vec![true]))
    }

    /// The `n` rows whose values in a column, or in several, are the smallest, the smallest first; Dask's `nsmallest`. As
    /// [`DataFrame::nlargest`] in all else.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(3), None, Some(1)])?, 2);
    /// assert_eq!(on_reference(&frame.nsmallest(2, "x"))?, df!("x" => [1, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn nsmallest(&self, n: usize, columns: impl IntoNames) -> Self {
        DataFrame::built(self.try_top("nsmallest", n, columns.into_names(), vec![false]))
    }

    /// The first `n` rows when sorted by columns, each of which is ascending or, if so said, descending; one truth counts
    /// for all columns. As [`DataFrame::nlargest`] in all else; Dask's `sort_values(…).head(n)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 2], "y" => [0, 1, 0])?, 2);
    /// let top = frame.top_k(2, ["x", "y"], [true, false]);
    /// assert_eq!(on_reference(&top)?, df!("x" => [2, 2], "y" => [0, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn top_k(&self, n: usize, by: impl IntoNames, descending: impl Into<Vec<bool>>) -> Self {
        DataFrame::built(self.try_top("top_k", n, by.into_names(), descending.into()))
    }

    #[track_caller]
    fn try_top(&self, operation: &'static str, n: usize, by: Vec<PlSmallStr>, descending: Vec<bool>) -> Built<Self> {
        let options = SortMultipleOptions { descending, nulls_last: vec![true], ..SortMultipleOptions::default() };
        let order = Order::of(self, operation, by, &options)?;
        let n = IdxSize::try_from(n).map_err(|_| FrameError::Argument {
            operation,
            what: "`n`",
            found: n.to_string(),
            expected: "a number of rows that fits into memory",
        })?;
        let rows = self.known_len().map(|all| vec![all.min(n as usize)]);
        let identity = order.identified(self.identity("top").data(&n));
        let top = move |plan: LazyFrame| first_rows(plan, &order, n);
        let each = self.step(operation, identity.clone().data(&"partial"), Facts::default(), top.clone())?;
        let merged = match each.npartitions() {
            1 => each,
            _ => each.tree(operation, &identity, Step::of(top)),
        };
        Ok(merged.with_facts(Facts { rows, ..Facts::default() }))
    }
}

/// The first rows of a plan. Their numbers keep rows that are alike in order: so Polars may select, and need not sort.
fn first_rows(plan: LazyFrame, order: &Order, n: IdxSize) -> LazyFrame {
    let Order { mut by, mut descending, mut nulls_last } = order.clone();
    by.push(ROW.into());
    descending.push(false);
    nulls_last.push(true);
    let options =
        SortMultipleOptions { descending, nulls_last, multithreaded: false, ..SortMultipleOptions::default() };
    plan.with_row_index(ROW, None).sort(by, options).limit(n).drop(by_name([ROW], true, false))
}
