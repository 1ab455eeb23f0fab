//! Keys of joins: columns of both sides whose types are the same.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Built;
use crate::dataframe::stacks;
use partita_graph::travels_as_data;
use polars::lazy::frame::AllowedOptimizations;
use polars::prelude::{self as pl, Expr, JoinArgs, JoinType, LazyFrame, PlSmallStr};
use serde::{Deserialize, Serialize};

travels_as_data!(Keys);

/// The key columns of both sides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Keys {
    pub(super) left: Vec<PlSmallStr>,
    pub(super) right: Vec<PlSmallStr>,
}

impl Keys {
    /// Key columns that there are, as many on both sides, of the same types.
    pub(super) fn of(
        operation: &'static str,
        left: (&DataFrame, Vec<PlSmallStr>),
        right: (&DataFrame, Vec<PlSmallStr>),
    ) -> Built<Self> {
        let keys = Keys { left: left.1, right: right.1 };
        left.0.has_columns(operation, &keys.left)?;
        right.0.has_columns(operation, &keys.right)?;
        if keys.left.len() != keys.right.len() {
            let found = format!("{} on the left and {} on the right", keys.left.len(), keys.right.len());
            let expected = "the same on both sides";
            return Err(FrameError::Argument { operation, what: "the number of key columns", found, expected }.into());
        }
        for (one, other) in keys.left.iter().zip(&keys.right) {
            let (mine, theirs) = (left.0.dtype_of(operation, one)?, right.0.dtype_of(operation, other)?);
            if mine != theirs {
                return Err(FrameError::Keys {
                    operation,
                    left: one.to_string(),
                    left_type: mine.to_string(),
                    right: other.to_string(),
                    right_type: theirs.to_string(),
                }
                .into());
            }
        }
        Ok(keys)
    }

    /// The plan of a join by them, on one thread.
    pub(super) fn joined(&self, left: LazyFrame, right: LazyFrame, args: &JoinArgs) -> LazyFrame {
        let columns = |names: &[PlSmallStr]| names.iter().cloned().map(Expr::Column).collect::<Vec<_>>();
        if args.how == JoinType::Cross {
            return left.cross_join(right, args.suffix.clone());
        }
        let (left, right) = match args.how {
            JoinType::Full => (unflagged(left), unflagged(right)),
            JoinType::Left => (left, unflagged(right)),
            JoinType::Right => (unflagged(left), right),
            _ => (left, right),
        };
        let join = left.join_builder().with(right).left_on(columns(&self.left)).right_on(columns(&self.right));
        let join = join.how(args.how.clone()).validate(args.validation).join_nulls(args.nulls_equal);
        let join = join.coalesce(args.coalesce).maintain_order(args.maintain_order).allow_parallel(false);
        join.suffix(args.suffix().clone()).finish()
    }
}

/// The same rows, none of whose columns is said to be sorted. Polars takes what a join puts between nulls for sorted, if
/// its side was.
fn unflagged(plan: LazyFrame) -> LazyFrame {
    let unflag = |frame: pl::DataFrame| stacks::unflagged(frame, |_| true);
    plan.map(unflag, AllowedOptimizations::default(), None, Some("unflag"))
}
