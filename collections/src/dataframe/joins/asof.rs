//! Joining by a key that is near: as of a time.

use super::keys::Keys;
use super::nearby::Window;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Lazy, fault, planned};
use crate::dataframe::names::IntoNames;
use crate::dataframe::schema::empty;
use crate::dataframe::shuffle::buckets::Sorted;
use crate::dataframe::sorts::order::in_order;
use crate::identity::Identity;
use crate::layer::inputs;
use partita_graph::{Chosen, Plain, Reads};
use polars::prelude::{AsOfOptions, AsofStrategy, IntoLazy, JoinArgs, JoinType, PlSmallStr, Scalar, col};
use std::sync::Arc;

/// Which row of the other dataframe [`DataFrame::join_asof`] takes.
///
/// ```
/// use partita_collections::dataframe::AsOf;
///
/// let quotes = AsOf::backward().by("ticker", "ticker").within_time("10m");
/// assert_ne!(quotes, AsOf::nearest());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AsOf {
    strategy: AsofStrategy,
    allow_eq: bool,
    tolerance: Option<Scalar>,
    tolerance_text: Option<PlSmallStr>,
    by: Option<(Vec<PlSmallStr>, Vec<PlSmallStr>)>,
}

impl AsOf {
    fn new(strategy: AsofStrategy) -> Self {
        AsOf { strategy, allow_eq: true, tolerance: None, tolerance_text: None, by: None }
    }

    /// The last row whose key is not above the own key.
    pub fn backward() -> Self {
        AsOf::new(AsofStrategy::Backward)
    }

    /// The first row whose key is not below the own key.
    pub fn forward() -> Self {
        AsOf::new(AsofStrategy::Forward)
    }

    /// The row whose key is nearest to the own key.
    pub fn nearest() -> Self {
        AsOf::new(AsofStrategy::Nearest)
    }

    /// Not a row with the same key; Dask's `allow_exact_matches=False`.
    #[must_use]
    pub fn strict(self) -> Self {
        AsOf { allow_eq: false, ..self }
    }

    /// Only a row whose key is not farther away than this.
    #[must_use]
    pub fn within(self, tolerance: impl Into<Scalar>) -> Self {
        AsOf { tolerance: Some(tolerance.into()), ..self }
    }

    /// Only a row whose time is not farther away than this, in Polars' words: `"10m"`, `"1h30m"`, `"2d"`.
    #[must_use]
    pub fn within_time(self, tolerance: impl Into<PlSmallStr>) -> Self {
        AsOf { tolerance_text: Some(tolerance.into()), ..self }
    }

    /// Only a row that has the same values in these columns, named on the left and on the right side.
    #[must_use]
    pub fn by(self, left: impl IntoNames, right: impl IntoNames) -> Self {
        AsOf { by: Some((left.into_names(), right.into_names())), ..self }
    }

    fn options(&self) -> JoinArgs {
        let (left_by, right_by) = self.by.clone().unzip();
        JoinArgs::new(JoinType::AsOf(Box::new(AsOfOptions {
            strategy: self.strategy,
            tolerance: self.tolerance.clone(),
            tolerance_str: self.tolerance_text.clone(),
            left_by,
            right_by,
            allow_eq: self.allow_eq,
            // It is checked here, which Polars does not do with groups.
            check_sortedness: false,
        })))
    }
}

impl DataFrame {
    /// All rows of this dataframe, each beside the row of another one whose key is near, as `how` says, or beside nulls;
    /// Dask's `merge_asof`.
    ///
    /// Both sides have to be sorted by their keys, over all partitions, else computing is an error; nulls may be anywhere.
    /// No row of this dataframe is moved. Of the other one, a partition gets the rows that it can need: those within its
    /// own keys and, of each partition, one row before or after them (one a group if it is joined by groups).
    ///
    /// ```
    /// use partita_collections::dataframe::{AsOf, DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let trades = DataFrame::from_polars(df!("t" => [1, 5, 10], "price" => [7, 8, 9])?, 2);
    /// let quotes = DataFrame::from_polars(df!("t" => [2, 3, 9], "bid" => [1, 2, 3])?, 2);
    /// let both = trades.join_asof(&quotes, "t", "t", AsOf::backward());
    /// let expected = df!("t" => [1, 5, 10], "price" => [7, 8, 9], "bid" => [None, Some(2), Some(3)])?;
    /// assert!(on_reference(&both)?.equals_missing(&expected));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "merge_asof")]
    #[track_caller]
    pub fn join_asof(&self, other: &DataFrame, left_on: &str, right_on: &str, how: AsOf) -> Self {
        DataFrame::built(self.try_join_asof(other, left_on.into(), right_on.into(), &how))
    }

    #[track_caller]
    fn try_join_asof(&self, other: &DataFrame, left_on: PlSmallStr, right_on: PlSmallStr, how: &AsOf) -> Built<Self> {
        let operation = "join_asof";
        let (_, _) = (self.sound()?, other.sound()?);
        let keys = Keys::of(operation, (self, vec![left_on.clone()]), (other, vec![right_on.clone()]))?;
        let dtype = self.dtype_of(operation, &left_on)?;
        if !dtype.is_primitive_numeric() && !dtype.is_temporal() {
            return Err(FrameError::dtype(operation, &left_on, dtype, "a number or a time").into());
        }
        if how.tolerance_text.is_some() && !dtype.is_temporal() {
            return Err(FrameError::dtype(operation, &left_on, dtype, "a time, if the tolerance is one").into());
        }
        let groups = how.by.clone().unwrap_or_default();
        let groups = Keys::of(operation, (self, groups.0), (other, groups.1))?;
        let args = how.options();
        let schema = self.schema_after(operation, |plan| keys.joined(plan, empty(&other.schema), &args))?;

        let identity = Identity::of(operation).node(&self.node).node(&other.node);
        let identity = identity.data(&format!("{keys:?} {groups:?} {how:?}"));
        let near = match other.npartitions() {
            // Polars' nearest row is not that if there are nulls among the keys.
            1 => other.try_filter(col(right_on.clone()).is_not_null())?,
            _ => {
                let ends = [
                    col(left_on.clone()).drop_nulls().first().alias("first"),
                    col(left_on.clone()).drop_nulls().last().alias("last"),
                ];
                let ends =
                    self.step("ends", self.identity("ends").data(&left_on.as_str()), Facts::default(), move |plan| {
                        plan.select(&ends)
                    })?;
                let window = Window { key: right_on.clone(), by: groups.right, strategy: how.strategy };
                let (identity, parts) = (identity.clone().data(&"nearby"), self.npartitions());
                let (others, env) = (vec![ends.gathered().node], (operation, window));
                other.split(operation, identity, others, parts, env, |(operation, window), index, frame, ends| {
                    let cut = window.cut(operation, index, frame, &ends[0])?;
                    Sorted::of(cut).map_err(|error| fault(operation, index, error))
                })
            }
        };
        let chosen = (near.npartitions() == 1).then(|| Arc::new(Chosen::new(vec![0; self.npartitions()])));
        let env = (operation, Plain((left_on, right_on)), keys, Plain(args));
        let block = planned(env, |(operation, on, keys, args), index, flows| {
            let (left_on, right_on) = &on.0;
            let [left, right] = inputs(flows)?;
            let (left, right) = (Lazy::of(left, 0)?.collect()?, Lazy::of(right, 1)?.collect()?);
            in_order(operation, index, &left, left_on, left_on)?;
            in_order(operation, index, &right, right_on, right_on)?;
            Ok(Lazy::new(keys.joined(left.lazy(), right.lazy(), args), operation, index))
        });
        let reads = vec![self.node.clone().into(), Reads { node: near.node.clone(), chosen }];
        let (facts, parts) = ((*self.facts).clone(), self.npartitions());
        Ok(DataFrame::blocks(operation, identity, schema, facts, parts, reads, block).split_like(self))
    }
}
