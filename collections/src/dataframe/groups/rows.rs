//! Rows of groups: the first or last ones of each, and those of one group.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use crate::dataframe::travel::Step;
use polars::prelude::{Expr, IdxSize, LazyFrame, lit};

impl GroupBy {
    /// The first `n` rows of each group, in the order of the dataframe; Dask's `head`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let first = frame.group_by([col("k")]).head(1);
    /// assert_eq!(on_reference(&first)?, df!("k" => ["a", "b"], "x" => [1, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn head(&self, n: usize) -> DataFrame {
        DataFrame::built(self.at_an_end("head", n, false))
    }

    /// The last `n` rows of each group, in the order of the dataframe; Dask's `tail`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let last = frame.group_by([col("k")]).tail(1);
    /// assert_eq!(on_reference(&last)?, df!("k" => ["b", "a"], "x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn tail(&self, n: usize) -> DataFrame {
        DataFrame::built(self.at_an_end("tail", n, true))
    }

    /// Each partition keeps up to `n` rows of each group, and so do those under each other.
    #[track_caller]
    fn at_an_end(&self, operation: &'static str, n: usize, last: bool) -> Built<DataFrame> {
        self.frame.sound()?;
        let condition = self.number(operation, last)?.lt_eq(lit(n.min(IdxSize::MAX as usize) as u64));
        let step = move |plan: LazyFrame| plan.filter(condition.clone());
        let identity = self.identity(operation, &[]).data(&(n as u64));
        let facts = self.frame.facts.fewer_rows();
        let some = self.frame.step(operation, identity.clone().data(&"some"), facts, step.clone())?;
        if self.are_together() {
            return Ok(some);
        }
        let choice = self.choice();
        let identity = identity.data(&(choice.parts as u64));
        let combined = match choice.parts {
            1 => some.tree(operation, &identity, Step::of(step)),
            into => {
                some.shuffled(operation, &self.key_exprs(), into)?.step(operation, identity, Facts::default(), step)?
            }
        };
        Ok(combined.remarked(choice.remark()))
    }

    /// The number of a row in its group, from 1, counted from the first or the last.
    fn number(&self, operation: &'static str, from_last: bool) -> Built<Expr> {
        let keys = self.key_exprs();
        // What is asked of the key is never null: all rows count.
        let number = keys.first().map(|key| key.clone().is_null().cum_count(from_last).over(&keys));
        let number = number.unwrap_or_else(|| Ok(lit(0)));
        Ok(number.map_err(|error| FrameError::of(operation, &self.frame.schema, error))?)
    }

    /// The rows of one group: one value for each key; Dask's `get_group`. There are none if there is no such group.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let rows = frame.group_by([col("k")]).get_group([lit("a")]);
    /// assert_eq!(on_reference(&rows)?, df!("k" => ["a", "a"], "x" => [1, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn get_group(&self, key: impl AsRef<[Expr]>) -> DataFrame {
        DataFrame::built(self.try_get_group(key.as_ref()))
    }

    #[track_caller]
    fn try_get_group(&self, values: &[Expr]) -> Built<DataFrame> {
        let frame = self.frame.sound()?;
        if values.len() != self.keys.len() {
            let (what, found) = ("the number of values", values.len().to_string());
            let operation = "get_group";
            return Err(FrameError::Argument { operation, what, found, expected: "that of the keys" }.into());
        }
        let equal = |(key, value): (Expr, &Expr)| key.eq_missing(value.clone());
        let conditions = self.key_exprs().into_iter().zip(values).map(equal);
        Ok(conditions.reduce(Expr::and).map_or_else(|| frame.clone(), |all| frame.filter(all)))
    }

    /// All rows, with the number of each in its group in a column more, from 0; Dask's `cumcount`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"])?, 2);
    /// let numbered = frame.group_by([col("k")]).cum_count("n");
    /// assert_eq!(on_reference(&numbered)?, df!("k" => ["a", "b", "a"], "n" => [0u32, 0, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_count(&self, name: &str) -> DataFrame {
        let first = self.key_exprs().into_iter().next();
        let number = first.map(|key| (key.is_null().cum_count(false) - lit(1u32)).alias(name));
        DataFrame::built(self.try_transform("cum_count", number.as_slice()))
    }
}
