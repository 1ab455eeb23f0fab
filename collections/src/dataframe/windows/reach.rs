//! Reach: what a function of rows needs of other partitions.

use polars::prelude::{AggExpr, ClosedWindow, Duration, Expr, FillNullStrategy, FunctionExpr, IDX_DTYPE};
use polars::series::ops::NullBehavior;

/// What a function needs of other partitions.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// So many rows before the partition, and after it.
    Rows {
        /// Before.
        before: usize,
        /// After.
        after: usize,
    },
    /// The rows of a time, by the second input, before the partition, and maybe those after it with the time of its last.
    Times {
        /// How long the time is.
        length: Duration,
        /// Whether rows of the same time, after it, belong to it.
        closed: bool,
    },
    /// What all rows before the partition come to, as if it were a row before the first.
    Before(fn(Expr) -> Expr),
    /// What all rows after the partition come to, as if it were a row after the last.
    After(fn(Expr) -> Expr),
}

/// A function that looks at other rows than its own, in words that partitions can share.
#[derive(Clone, Debug)]
pub(crate) struct Reaching {
    /// The function.
    pub(crate) function: FunctionExpr,
    /// Its inputs.
    pub(crate) inputs: Vec<Expr>,
    /// What it needs.
    pub(crate) reach: Reach,
}

/// What a function needs of other partitions; `None` if that is all rows, or nothing.
pub(crate) fn reaching(expr: &Expr) -> Option<Reaching> {
    let Expr::Function { input, function } = expr else { return None };
    let inputs = input.clone();
    let reach = match function {
        FunctionExpr::Shift | FunctionExpr::ShiftAndFill => shift(inputs.get(1)?)?,
        FunctionExpr::Diff(NullBehavior::Ignore) | FunctionExpr::PctChange => shift(inputs.get(1)?)?,
        FunctionExpr::CumSum { reverse } => carry(*reverse, Expr::sum),
        FunctionExpr::CumProd { reverse } => carry(*reverse, Expr::product),
        FunctionExpr::CumMin { reverse } => carry(*reverse, Expr::min),
        FunctionExpr::CumMax { reverse } => carry(*reverse, Expr::max),
        FunctionExpr::CumCount { reverse } => {
            let there = inputs.into_iter().next()?.is_not_null().cast(IDX_DTYPE);
            let function = FunctionExpr::CumSum { reverse: *reverse };
            return Some(Reaching { function, inputs: vec![there], reach: carry(*reverse, Expr::sum) });
        }
        FunctionExpr::FillNullWithStrategy(strategy) => match strategy {
            FillNullStrategy::Forward(None) => Reach::Before(|rows| rows.drop_nulls().last()),
            FillNullStrategy::Backward(None) => Reach::After(|rows| rows.drop_nulls().first()),
            FillNullStrategy::Forward(Some(limit)) => Reach::Rows { before: *limit as usize, after: 0 },
            FillNullStrategy::Backward(Some(limit)) => Reach::Rows { before: 0, after: *limit as usize },
            _ => return None,
        },
        FunctionExpr::RollingExpr { options, .. } => match options.center {
            true => Reach::Rows { before: options.window_size, after: options.window_size },
            false => Reach::Rows { before: options.window_size.saturating_sub(1), after: 0 },
        },
        FunctionExpr::RollingExprBy { options, .. } => Reach::Times {
            length: options.window_size,
            closed: matches!(options.closed_window, ClosedWindow::Right | ClosedWindow::Both),
        },
        _ => return None,
    };
    Some(Reaching { function: function.clone(), inputs, reach })
}

/// The rows that a shift by a number that is known looks at.
fn shift(by: &Expr) -> Option<Reach> {
    let by = match by {
        Expr::Literal(_) | Expr::Cast { .. } => by.extract_i64().ok()?,
        _ => return None,
    };
    let rows = usize::try_from(by.unsigned_abs()).ok()?;
    Some(match by > 0 {
        true => Reach::Rows { before: rows, after: 0 },
        false => Reach::Rows { before: 0, after: rows },
    })
}

fn carry(reverse: bool, total: fn(Expr) -> Expr) -> Reach {
    match reverse {
        true => Reach::After(total),
        false => Reach::Before(total),
    }
}

/// Whether the parts of an expression look at other rows than those of the frame.
pub(crate) fn has_own_rows(expr: &Expr) -> bool {
    matches!(expr, Expr::Over { .. } | Expr::Rolling { .. } | Expr::Eval { .. } | Expr::StructEval { .. })
        || matches!(expr, Expr::Agg(AggExpr::Item { .. }))
}
