//! Shapes: columns made into rows, lists into rows, and values into columns.

use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::apart::{Apart, Over, take_apart};
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::identified;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Reduction};
use crate::dataframe::names::IntoNames;
use crate::dataframe::rowwise::steps::all_rows;
use polars::prelude::{
    DataType, ExplodeOptions, Expr, LazyFrame, PlSmallStr, Selector, UnpivotArgsDSL, col, cols, lit, when,
};

impl DataFrame {
    /// A row for each element of the lists in these columns; Dask's `explode`. Null and the empty list make a row with
    /// null.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => [1, 2], "words" => ["a b", "c"])?, 2);
    /// let words = frame.with_columns([col("words").str().split(lit(" "))]).explode("words");
    /// assert_eq!(on_reference(&words)?, df!("k" => [1, 1, 2], "words" => ["a", "b", "c"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn explode(&self, columns: impl IntoNames) -> Self {
        DataFrame::built(self.try_explode(columns.into_names()))
    }

    #[track_caller]
    fn try_explode(&self, columns: Vec<PlSmallStr>) -> Built<Self> {
        for column in &columns {
            let dtype = self.dtype_of("explode", column)?;
            if !dtype.is_list() {
                return Err(FrameError::dtype("explode", column, dtype, "a list").into());
            }
        }
        let facts = self.facts.fewer_rows().kept_columns(|by| !columns.contains(by));
        let options = ExplodeOptions { empty_as_null: true, keep_nulls: true };
        let identity = self.identity("explode").data(&texts(&columns));
        self.step("explode", identity, facts, move |plan| plan.explode(cols(columns.clone()), options))
    }

    /// A row for each value of the columns `on`, of all others if that is none, with the columns `index`, the name of its
    /// column as "variable" and the value as "value"; Dask's `melt`.
    ///
    /// The rows of a partition stay together, column after column: the order of the whole frame depends on the
    /// partitions.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => [1, 2], "x" => [3, 4], "y" => [5, 6])?, 2);
    /// let long = df!("k" => [1, 1, 2, 2], "variable" => ["x", "y", "x", "y"], "value" => [3, 5, 4, 6])?;
    /// assert_eq!(on_reference(&frame.unpivot(["x", "y"], "k"))?, long);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn unpivot(&self, on: impl IntoNames, index: impl IntoNames) -> Self {
        DataFrame::built(self.try_unpivot(on.into_names(), index.into_names()))
    }

    #[track_caller]
    fn try_unpivot(&self, on: Vec<PlSmallStr>, index: Vec<PlSmallStr>) -> Built<Self> {
        self.has_columns("unpivot", &on)?;
        self.has_columns("unpivot", &index)?;
        let facts = self.facts.fewer_rows().kept_columns(|by| index.contains(by));
        let identity = self.identity("unpivot").data(&(texts(&on), texts(&index)));
        let args = UnpivotArgsDSL {
            on: (!on.is_empty()).then(|| cols(on)),
            index: if index.is_empty() { Selector::Empty } else { cols(index) },
            variable_name: None,
            value_name: None,
        };
        self.step("unpivot", identity, facts, move |plan| plan.unpivot(args.clone()))
    }

    /// For each of these categories a column `column_category` of 0 and 1 in place of a column; Dask's `get_dummies` of
    /// known categories. Values are compared as texts; one that is no category has 0 everywhere.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("s" => [Some("a"), Some("b"), None])?, 2);
    /// let dummies = frame.to_dummies("s", ["a", "b"]);
    /// assert_eq!(on_reference(&dummies)?, df!("s_a" => [1u8, 0, 0], "s_b" => [0u8, 1, 0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn to_dummies(&self, column: &str, categories: impl IntoNames) -> Self {
        DataFrame::built(self.try_dummies(column, &categories.into_names()))
    }

    #[track_caller]
    fn try_dummies(&self, column: &str, categories: &[PlSmallStr]) -> Built<Self> {
        self.dtype_of("to_dummies", column)?;
        let dummy = |category: &PlSmallStr| {
            let is = col(column).cast(DataType::String).eq(lit(category.as_str()));
            when(is).then(lit(1u8)).otherwise(lit(0u8)).alias(format!("{column}_{category}"))
        };
        let exprs: Vec<Expr> = self
            .schema
            .iter_names()
            .flat_map(|name| match name == column {
                true => categories.iter().map(dummy).collect(),
                false => vec![col(name.clone())],
            })
            .collect();
        self.try_select(&exprs)
    }

    /// For each value of the columns `index` a row, and for each of these categories of the column `on` a column, of what
    /// `aggregate` makes of the `values` of their rows; Dask's `pivot_table`. Rows are in the order in which their index
    /// comes first. The result has one partition.
    ///
    /// Categories are given since columns have to be known before anything is computed. The aggregate is one that
    /// partitions can make for themselves: sum, mean, min, max, count, first, last, std, var, product, any and all.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, Expr, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = df!("k" => [1, 2, 1, 1], "s" => ["a", "a", "b", "b"], "x" => [10, 20, 30, 40])?;
    /// let frame = DataFrame::from_polars(frame, 2);
    /// let table = frame.pivot("s", ["a", "b"], "k", "x", Expr::sum);
    /// assert_eq!(on_reference(&table)?, df!("k" => [1, 2], "a" => [10, 20], "b" => [70, 0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn pivot(
        &self,
        on: &str,
        categories: impl IntoNames,
        index: impl IntoNames,
        values: &str,
        aggregate: impl Fn(Expr) -> Expr,
    ) -> Self {
        let (categories, index) = (categories.into_names(), index.into_names());
        DataFrame::built(self.try_pivot(on, &categories, index, values, aggregate))
    }

    #[track_caller]
    fn try_pivot(
        &self,
        on: &str,
        categories: &[PlSmallStr],
        index: Vec<PlSmallStr>,
        values: &str,
        aggregate: impl Fn(Expr) -> Expr,
    ) -> Built<Self> {
        let operation = "pivot";
        self.has_columns(operation, &index)?;
        self.has_columns(operation, &[on.into(), values.into()])?;
        if index.is_empty() || categories.is_empty() {
            let what = if index.is_empty() { "the index" } else { "the list of categories" };
            let (found, expected) = ("empty".to_string(), "of one or more");
            return Err(FrameError::Argument { operation, what, found, expected }.into());
        }
        let cell = |category: &PlSmallStr| {
            let of_category = col(on).cast(DataType::String).eq(lit(category.as_str()));
            aggregate(col(values).filter(of_category)).alias(category.clone())
        };
        let cells: Vec<Expr> = categories.iter().map(cell).collect();
        let resolved = self.resolve(operation, &cells)?;
        let Some(Apart { partial, combine, finish }) = take_apart(&self.schema, Over::Groups, &resolved) else {
            return Err(all_rows(operation, &cells[0]).into());
        };
        let index: Vec<Expr> = index.into_iter().map(Expr::Column).collect();
        let identity = identified(self.identity(operation), &[&index[..], &cells].concat());
        let finish = [&index[..], &finish].concat();
        let again = index.clone();
        let reduction = Reduction {
            partial: move |plan: LazyFrame| plan.group_by_stable(&index).agg(&partial),
            combine: move |plan: LazyFrame| plan.group_by_stable(&again).agg(&combine),
            finish: move |plan: LazyFrame| plan.select(&finish),
        };
        Ok(self.reduced(operation, identity, reduction)?.with_facts(Facts::default()))
    }
}

/// Names, for identities.
fn texts(names: &[PlSmallStr]) -> Vec<&str> {
    names.iter().map(|name| name.as_str()).collect()
}
