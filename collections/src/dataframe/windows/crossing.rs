//! Crossing: expressions with functions that look at other rows, made into columns first, so that what is left looks at
//! one row at a time.

use super::borders::Window;
use super::reach::{Reach, has_own_rows, reaching};
use crate::dataframe::DataFrame;
use crate::dataframe::exprs::{Needs, Resolved};
use crate::dataframe::layers::{Built, Stop};
use polars::prelude::{Duration, Expr, PlSmallStr, PolarsError, col};
use polars_plan::plans::visitor::TreeWalker;

/// A name that no user's column has.
fn own_name(number: usize) -> PlSmallStr {
    format!("\u{3}{number}").into()
}

impl DataFrame {
    /// This dataframe with a column for each function in the expressions that looks at other rows, and the expressions
    /// over these; `None` if there is no such function.
    #[track_caller]
    pub(crate) fn crossed(&self, operation: &'static str, resolved: &[Resolved]) -> Built<Option<(Self, Vec<Expr>)>> {
        if self.npartitions() <= 1 {
            return Ok(None);
        }
        let mut cutter = Cutter { operation, frame: self.clone(), windows: Vec::new(), stop: None };
        let mut exprs = Vec::with_capacity(resolved.len());
        for one in resolved {
            exprs.push(cutter.cut(one.expr.clone())?.alias(one.name.clone()));
        }
        match cutter.windows.is_empty() {
            true => Ok(None),
            false => Ok(Some((cutter.frame.windowed(operation, cutter.windows)?, exprs))),
        }
    }
}

/// Takes functions that look at other rows out of expressions.
struct Cutter {
    operation: &'static str,
    /// The dataframe, with columns for what such functions look at.
    frame: DataFrame,
    /// The functions.
    windows: Vec<Window>,
    /// What went wrong, while Polars walks.
    stop: Option<Stop>,
}

impl Cutter {
    /// The expression with columns in place of functions.
    #[track_caller]
    fn cut(&mut self, expr: Expr) -> Built<Expr> {
        if has_own_rows(&expr) {
            return Ok(expr);
        }
        if let Some(reaching) = reaching(&expr) {
            let mut inputs = Vec::new();
            for input in reaching.inputs {
                match self.as_row(input)? {
                    Some(input) => inputs.push(input),
                    None => return Ok(expr),
                }
            }
            let name = self.name();
            self.windows.push(Window {
                name: name.clone(),
                function: reaching.function,
                inputs,
                reach: reaching.reach,
            });
            return Ok(col(name));
        }
        let stopped = || PolarsError::NoData("a part cannot be taken out".into());
        let walked = expr.clone().map_children(
            &mut |child, ()| {
                self.cut(child).map_err(|stop| {
                    self.stop = Some(stop);
                    stopped()
                })
            },
            &mut (),
        );
        match self.stop.take() {
            Some(stop) => Err(stop),
            None => Ok(walked.unwrap_or(expr)),
        }
    }

    /// An input that looks at one row at a time; `None` if it makes another number of rows.
    #[track_caller]
    fn as_row(&mut self, input: Expr) -> Built<Option<Expr>> {
        let found = self.frame.resolve(self.operation, std::slice::from_ref(&input))?;
        let [one] = &found[..] else { return Ok(None) };
        match one.needs {
            Needs::Nothing | Needs::Row => Ok(Some(input)),
            Needs::All => {
                let name = self.name();
                self.frame = self.frame.try_with_columns(&[input.alias(name.clone())])?;
                Ok(Some(col(name)))
            }
            Needs::Rows | Needs::AllForOne => Ok(None),
        }
    }

    fn name(&self) -> PlSmallStr {
        own_name(self.frame.width() + self.windows.len())
    }
}

impl Window {
    /// Whether rows of neighbours are enough.
    pub(crate) fn is_of_neighbours(&self) -> bool {
        matches!(self.reach, Reach::Rows { .. })
    }

    /// Whether it needs rows of a time, and how long that is.
    pub(crate) fn length(&self) -> Option<Duration> {
        match self.reach {
            Reach::Times { length, .. } => Some(length),
            _ => None,
        }
    }
}
