//! Renames: columns under other names, and choices among them.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Divisions;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use polars::prelude::{DataType, Expr, PlSmallStr, col};

impl DataFrame {
    /// Columns under other names, each given as the old and the new one; Dask's `rename(columns=…)`.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1], "y" => [2])?, 1);
    /// assert_eq!(frame.rename([("x", "y"), ("y", "x")]).columns(), ["y", "x"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn rename<A: AsRef<str>, B: AsRef<str>>(&self, names: impl IntoIterator<Item = (A, B)>) -> Self {
        let named = |(old, new): (A, B)| (PlSmallStr::from(old.as_ref()), PlSmallStr::from(new.as_ref()));
        let names: Vec<(PlSmallStr, PlSmallStr)> = names.into_iter().map(named).collect();
        let old: Vec<PlSmallStr> = names.iter().map(|(old, _)| old.clone()).collect();
        let new_name = |name: &PlSmallStr| {
            names.iter().rev().find(|(old, _)| old == name).map_or_else(|| name.clone(), |(_, new)| new.clone())
        };
        DataFrame::built(self.has_columns("rename", &old).and_then(|()| self.renamed("rename", new_name)))
    }

    /// With something before the name of each column.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1], "y" => [2])?, 1);
    /// assert_eq!(frame.add_prefix("left_").columns(), ["left_x", "left_y"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn add_prefix(&self, prefix: &str) -> Self {
        DataFrame::built(self.renamed("add_prefix", |name| format!("{prefix}{name}").into()))
    }

    /// With something after the name of each column.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1], "y" => [2])?, 1);
    /// assert_eq!(frame.add_suffix("_old").columns(), ["x_old", "y_old"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn add_suffix(&self, suffix: &str) -> Self {
        DataFrame::built(self.renamed("add_suffix", |name| format!("{name}{suffix}").into()))
    }

    #[track_caller]
    fn renamed(&self, operation: &'static str, new_name: impl Fn(&PlSmallStr) -> PlSmallStr) -> Built<Self> {
        self.sound()?;
        let exprs: Vec<Expr> = self.schema.iter_names().map(|name| col(name.clone()).alias(new_name(name))).collect();
        let divisions = self.facts.divisions.clone();
        let divisions = divisions.map(|divisions| Divisions { by: new_name(&divisions.by), ..divisions });
        self.schema_after(operation, |plan| plan.select(&exprs))?;
        let renamed = self.try_select(&exprs)?;
        let facts = Facts { divisions, ..(*renamed.facts).clone() };
        Ok(renamed.with_facts(facts))
    }

    /// The columns of those types that a function chooses; Dask's `select_dtypes`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, DataType};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1], "y" => ["a"], "z" => [0.5])?, 1);
    /// assert_eq!(frame.select_dtypes(DataType::is_numeric).columns(), ["x", "z"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn select_dtypes(&self, choose: impl Fn(&DataType) -> bool) -> Self {
        DataFrame::built(self.sound().and_then(|frame| frame.only(frame.columns_that(choose).iter())))
    }

    /// A column as a frame of its own, and the others; Dask's `pop`.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1], "y" => ["a"], "z" => [0.5])?, 1);
    /// let (y, rest) = frame.pop("y");
    /// assert_eq!((y.columns(), rest.columns()), (vec!["y"], vec!["x", "z"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn pop(&self, column: &str) -> (Self, Self) {
        (self.select([col(column)]), self.drop(column))
    }
}
