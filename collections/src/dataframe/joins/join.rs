//! Joining by keys that are the same.

use super::keys::Keys;
use super::ways::Way;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Lazy, Outline, planned};
use crate::dataframe::names::IntoNames;
use crate::dataframe::schema::empty;
use crate::identity::Identity;
use crate::layer::inputs;
use partita_graph::{Chosen, Plain, Reads, Travels};
use polars::prelude::{Expr, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, PlSmallStr};
use std::sync::Arc;

impl DataFrame {
    /// Rows of this dataframe and of another one that have the same keys, side by side; Dask's `merge` and `join`. What
    /// of rows without a partner, and the names of columns that both have, [`JoinType`] or `JoinArgs` say as with Polars;
    /// keys are never null, unless `nulls_equal` is said.
    ///
    /// No row of the larger side is moved if the other side is small (of one partition, or known to have up to 65536
    /// rows) and the type allows it: a left, semi or anti join brings the right side to each partition of the left one, a
    /// right join the left side to each of the right one, an inner join any of them. Nor are rows moved if both sides are
    /// divided by a key with the same divisions. Else both sides are shuffled by the keys.
    ///
    /// The rows of a partition are in the order of the left side, and in that of the right side for a right join, or as
    /// `maintain_order` says. The order of this dataframe is kept by all of them if the right side is small or nothing is
    /// moved; else partitions are by hash.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, JoinType, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let cars = DataFrame::from_polars(df!("brand" => ["a", "b", "a"], "price" => [3, 5, 4])?, 2);
    /// let makers = DataFrame::from_polars(df!("name" => ["a", "b"], "country" => ["FR", "IT"])?, 1);
    /// let both = cars.join(&makers, "brand", "name", JoinType::Inner);
    /// let expected = df!("brand" => ["a", "b", "a"], "price" => [3, 5, 4], "country" => ["FR", "IT", "FR"])?;
    /// assert_eq!(on_reference(&both)?, expected);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "merge")]
    #[track_caller]
    pub fn join(
        &self,
        other: &DataFrame,
        left_on: impl IntoNames,
        right_on: impl IntoNames,
        how: impl Into<JoinArgs>,
    ) -> Self {
        DataFrame::built(self.try_join("join", other, left_on.into_names(), right_on.into_names(), how.into()))
    }

    /// Each row of this dataframe beside each of another one. A column that both have is called `…_right` the second time.
    ///
    /// Rows are in Polars' order if the other dataframe is small ([`DataFrame::join`]); else each partition of this one
    /// meets each of the other one, and the result has as many partitions as both have multiplied.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let (x, y) = (DataFrame::from_polars(df!("x" => [1, 2])?, 2), DataFrame::from_polars(df!("y" => [3, 4])?, 1));
    /// assert_eq!(on_reference(&x.cross_join(&y))?, df!("x" => [1, 1, 2, 2], "y" => [3, 4, 3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cross_join(&self, other: &DataFrame) -> Self {
        DataFrame::built(self.try_join("cross_join", other, Vec::new(), Vec::new(), JoinType::Cross.into()))
    }

    #[track_caller]
    pub(super) fn try_join(
        &self,
        operation: &'static str,
        other: &DataFrame,
        left_on: Vec<PlSmallStr>,
        right_on: Vec<PlSmallStr>,
        mut args: JoinArgs,
    ) -> Built<Self> {
        let (_, _) = (self.sound()?, other.sound()?);
        if let Some(slice) = args.slice {
            let (what, found, expected) =
                ("the slice of a join", format!("{slice:?}"), "none; use `slice` or `head` after it");
            return Err(FrameError::Argument { operation, what, found, expected }.into());
        }
        let keys = Keys::of(operation, (self, left_on), (other, right_on))?;
        how_fits(operation, &keys, &args)?;
        if args.maintain_order == MaintainOrderJoin::None {
            args.maintain_order = match args.how {
                JoinType::Right => MaintainOrderJoin::RightLeft,
                _ => MaintainOrderJoin::LeftRight,
            };
        }
        let schema = self.schema_after(operation, |plan| keys.joined(plan, empty(&other.schema), &args))?;
        let way = Way::of(self, other, &keys, &args);
        let (left, right) = match way {
            Way::Alike | Way::Pairs => (self.clone(), other.clone()),
            Way::RightToEach => (self.clone(), other.gathered()),
            Way::LeftToEach => (self.gathered(), other.clone()),
            Way::Hashed => {
                let into = self.npartitions().max(other.npartitions());
                let columns = |names: &[PlSmallStr]| names.iter().cloned().map(Expr::Column).collect::<Vec<_>>();
                let shuffled = |frame: &DataFrame, names| frame.shuffled(operation, &columns(names), into);
                (shuffled(self, &keys.left)?, shuffled(other, &keys.right)?)
            }
        };
        let keeps_divisions = matches!(way, Way::Alike | Way::RightToEach)
            && matches!(args.how, JoinType::Inner | JoinType::Left | JoinType::Semi | JoinType::Anti);
        let facts = if keeps_divisions { self.facts.fewer_rows() } else { Facts::default() };
        let identity = Identity::of(operation).node(&left.node).node(&right.node).data(&format!("{keys:?} {args:?}"));
        let (chosen, parts) = meeting(way, left.npartitions(), right.npartitions());
        let env = (keys, Plain(args));
        let join = |(keys, args): &(Keys, Plain<JoinArgs>), left, right| keys.joined(left, right, args);
        let outline = Outline { operation, identity, schema, facts };
        Ok(left.paired(outline, (&right, chosen, parts), env, join).split_like(self))
    }

    /// Partitions of this dataframe and of another one, which are chosen, made into one each.
    #[track_caller]
    pub(super) fn paired<E: Travels>(
        &self,
        Outline { operation, identity, schema, facts }: Outline,
        (right, chosen, parts): (&DataFrame, [Option<Vec<u32>>; 2], usize),
        env: E,
        join: impl Fn(&E, LazyFrame, LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let block = planned((operation, env), move |(operation, env), index, flows| {
            let [left, right] = inputs(flows)?;
            let right = Lazy::of(right, 1)?.plan;
            Lazy::of(left, 0)?.then(operation, index, |left| join(env, left, right))
        });
        let [mine, theirs] = chosen.map(|chosen| chosen.map(|parts| Arc::new(Chosen::new(parts))));
        let reads =
            vec![Reads { node: self.node.clone(), chosen: mine }, Reads { node: right.node.clone(), chosen: theirs }];
        DataFrame::blocks(operation, identity, schema, facts, parts, reads, block)
    }
}

/// Which partitions of both sides meet each other, and how many pairs there are.
fn meeting(way: Way, left: usize, right: usize) -> ([Option<Vec<u32>>; 2], usize) {
    let (left32, right32) = (left as u32, right as u32);
    match way {
        Way::Alike | Way::Hashed => ([None, None], left),
        Way::RightToEach => ([None, Some(vec![0; left])], left),
        Way::LeftToEach => ([Some(vec![0; right]), None], right),
        Way::Pairs => {
            let all = 0..left32 * right32;
            let mine = all.clone().map(|pair| pair / right32).collect();
            ([Some(mine), Some(all.map(|pair| pair % right32).collect())], left * right)
        }
    }
}

/// There are keys if the type of a join needs some.
fn how_fits(operation: &'static str, keys: &Keys, args: &JoinArgs) -> Result<(), FrameError> {
    let found = format!("{:?} by {} key columns", args.how, keys.left.len());
    let refused = |expected| Err(FrameError::Argument { operation, what: "the join", found, expected });
    match &args.how {
        JoinType::Cross if keys.left.is_empty() => Ok(()),
        JoinType::Cross => refused("without keys if it is a cross join"),
        how if how.is_asof() => refused("written as `join_asof`"),
        _ if keys.left.is_empty() => refused("by one key column or several, or a `cross_join`"),
        _ => Ok(()),
    }
}
