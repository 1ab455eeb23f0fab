//! Expressions: Polars' own, looked into to learn what they need to see and by what key they are known.

use super::DataFrame;
use super::error::FrameError;
use super::layers::Built;
use super::schema::empty;
use crate::identity::Identity;
use polars::polars_utils::arena::{Arena, Node};
use polars::prelude::{AggExpr, DataType, Expr, FunctionExpr, LiteralValue, PlSmallStr, Schema};
use polars_plan::dsl::{DataTypeExpr, RollingFunction};
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{
    AExpr, AExprBuilder, DynLiteralValue, IR, IRAggExpr, IRFunctionExpr, is_elementwise_rec, is_row_separable_rec,
    is_scalar_ae,
};

/// An expression as it is over the columns of a frame: stars and patterns are names of columns, and types were made to
/// fit each other.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The expression, with its name.
    pub(crate) expr: Expr,
    /// The name of what it makes.
    pub(crate) name: PlSmallStr,
    /// How many rows it needs to see.
    pub(crate) needs: Needs,
}

/// What an expression needs to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: it is the same for all rows.
    Nothing,
    /// A row, of which it makes one.
    Row,
    /// A row, of which it makes none, one or several.
    Rows,
    /// All rows, of which it makes one value.
    AllForOne,
    /// All rows.
    All,
}

/// Expressions of a `select`, over the columns of a schema.
pub(crate) fn resolve(operation: &'static str, schema: &Schema, exprs: &[Expr]) -> Result<Vec<Resolved>, FrameError> {
    let wrong = |error| FrameError::of(operation, schema, error);
    can_run(operation, exprs)?;
    let mut plan = empty(schema).select(exprs).to_alp().map_err(wrong)?;
    by_row(&mut plan.expr_arena);
    let IR::Select { expr, .. } = plan.lp_arena.get(plan.lp_top) else {
        return Err(FrameError::Expression { operation, message: "it is no list of columns".into() });
    };
    Ok(expr.iter().map(|expr| of_ir(expr, &plan.expr_arena)).collect())
}

pub(crate) fn of_ir(ir: &ExprIR, arena: &Arena<AExpr>) -> Resolved {
    let expr = ir.to_expr(arena);
    let has_columns = !roots(&expr).is_empty() || expr.clone().into_iter().any(|part| matches!(part, Expr::Len));
    let needs = match () {
        () if is_elementwise_rec(ir.node(), arena) => {
            if has_columns {
                Needs::Row
            } else {
                Needs::Nothing
            }
        }
        () if is_row_separable_rec(ir.node(), arena) => Needs::Rows,
        () if is_scalar_ae(ir.node(), arena) => Needs::AllForOne,
        () => Needs::All,
    };
    Resolved { expr, name: ir.output_name().clone(), needs }
}

/// Nothing is in expressions over which Polars, as it is built here, panics.
pub(crate) fn can_run(operation: &'static str, exprs: &[Expr]) -> Result<(), FrameError> {
    for part in exprs.iter().flatten() {
        let (what, found, expected) = match part {
            Expr::Literal(LiteralValue::Dyn(DynLiteralValue::Int(number))) if i64::try_from(*number).is_err() => {
                let expected = "one that `i64` holds; `lit(Scalar::from(..))` holds any `u64`";
                ("a number in an expression", number.to_string(), expected)
            }
            Expr::Agg(AggExpr::Min { propagate_nans: true, .. } | AggExpr::Max { propagate_nans: true, .. }) => {
                let expected = "`min` or `max`, which pass over NaN; `is_nan().any(true)` tells whether there is one";
                ("an extreme that heeds NaN", part.to_string(), expected)
            }
            _ => continue,
        };
        return Err(FrameError::Argument { operation, what, found, expected });
    }
    Ok(())
}

/// Makes comparisons that come out the same for all rows expressions of a row again. Polars makes them, as of a column of
/// `u8` with -1 or null, a value that is repeated as often as there are rows, which no row knows.
pub(crate) fn by_row(arena: &mut Arena<AExpr>) {
    for node in (0..arena.len()).map(Node) {
        let AExpr::Function { input, function: IRFunctionExpr::Repeat, .. } = arena.get(node) else { continue };
        let [value, times] = [input.first(), input.get(1)].map(|input| input.map(ExprIR::node));
        let (Some(value), Some(times)) = (value, times) else { continue };
        let AExpr::Agg(IRAggExpr::Count { input: rows, include_nulls: true }) = arena.get(times) else { continue };
        let is_null = AExprBuilder::new_from_node(*rows).is_null(arena).node();
        if matches!(arena.get(value), AExpr::Literal(_)) {
            arena.replace(node, AExpr::Ternary { predicate: is_null, truthy: value, falsy: value });
        }
    }
}

/// The columns that an expression names, each once.
pub(crate) fn roots(expr: &Expr) -> Vec<PlSmallStr> {
    let mut names: Vec<PlSmallStr> = Vec::new();
    for part in expr {
        if let Expr::Column(name) = part
            && !names.contains(name)
            && !is_pattern(name)
        {
            names.push(name.clone());
        }
    }
    names
}

/// Whether a name stands for several columns.
fn is_pattern(name: &str) -> bool {
    name == "*" || (name.starts_with('^') && name.ends_with('$'))
}

/// An identity with expressions, if they can be written down exactly; else one like no other.
pub(crate) fn identified(identity: Identity, exprs: &[Expr]) -> Identity {
    let mut text = String::new();
    let known = exprs.iter().all(|expr| written(expr, &mut text));
    match known {
        true => identity.data(&text),
        false => Identity::unique(),
    }
}

/// Writes an expression, its parts after it, so that no two are written alike; or says that it cannot.
fn written(expr: &Expr, text: &mut String) -> bool {
    use std::fmt::Write;
    expr.into_iter().all(|part| {
        let token = match part {
            Expr::Column(name) => format!("column {name:?}"),
            Expr::Alias(_, name) => format!("alias {name:?}"),
            Expr::KeepName(_) => "keep_name".to_string(),
            Expr::Len => "len".to_string(),
            Expr::BinaryExpr { op, .. } => format!("{op:?}"),
            Expr::Ternary { .. } => "ternary".to_string(),
            Expr::Filter { .. } => "filter".to_string(),
            Expr::Cast { dtype: DataTypeExpr::Literal(dtype), options, .. } => format!("cast {dtype:?} {options:?}"),
            Expr::Literal(literal) => match literal_text(literal) {
                Some(text) => text,
                None => return false,
            },
            Expr::Agg(agg) => match agg_text(agg) {
                Some(text) => text,
                None => return false,
            },
            Expr::Function { input, function } => match function_text(function) {
                Some(text) => format!("function {text} of {}", input.len()),
                None => return false,
            },
            _ => return false,
        };
        write!(text, "{token};").is_ok()
    })
}

fn literal_text(literal: &LiteralValue) -> Option<String> {
    match literal {
        LiteralValue::Dyn(value) => Some(format!("literal {value:?}")),
        LiteralValue::Scalar(scalar) => match scalar.dtype() {
            DataType::Boolean | DataType::String | DataType::Null | DataType::Date => Some(scalar_text(scalar)),
            dtype if dtype.is_primitive_numeric() => Some(scalar_text(scalar)),
            _ => None,
        },
        _ => None,
    }
}

fn scalar_text(scalar: &polars::prelude::Scalar) -> String {
    format!("scalar {} {:?}", scalar.dtype(), scalar.value())
}

fn agg_text(agg: &AggExpr) -> Option<String> {
    Some(match agg {
        AggExpr::Min { propagate_nans, .. } => format!("min {propagate_nans}"),
        AggExpr::Max { propagate_nans, .. } => format!("max {propagate_nans}"),
        AggExpr::Count { include_nulls, .. } => format!("count {include_nulls}"),
        AggExpr::Std(_, ddof) => format!("std {ddof}"),
        AggExpr::Var(_, ddof) => format!("var {ddof}"),
        AggExpr::Median(_) => "median".into(),
        AggExpr::NUnique(_) => "n_unique".into(),
        AggExpr::First(_) => "first".into(),
        AggExpr::Last(_) => "last".into(),
        AggExpr::Mean(_) => "mean".into(),
        AggExpr::Sum(_) => "sum".into(),
        _ => return None,
    })
}

/// Functions that depend on nothing but their inputs and what they show of themselves.
fn function_text(function: &FunctionExpr) -> Option<String> {
    use FunctionExpr as F;
    match function {
        F::Shift | F::ShiftAndFill | F::Diff(_) | F::PctChange | F::FillNull | F::FillNullWithStrategy(_) => {}
        F::CumSum { .. } | F::CumProd { .. } | F::CumMin { .. } | F::CumMax { .. } | F::CumCount { .. } => {}
        F::RollingExpr { function: RollingFunction::Map(_), .. } => return None,
        F::RollingExpr { .. }
        | F::RollingExprBy { .. }
        | F::Boolean(_)
        | F::NullCount
        | F::Product
        | F::DropNulls
        | F::Quantile { .. } => {}
        F::Abs | F::Negate | F::Round { .. } | F::Clip { .. } | F::Floor | F::Ceil | F::Coalesce => {}
        _ => return None,
    }
    Some(format!("{function:?}"))
}

impl DataFrame {
    /// Expressions over this dataframe's columns.
    pub(crate) fn resolve(&self, operation: &'static str, exprs: &[Expr]) -> Built<Vec<Resolved>> {
        self.has_roots(operation, exprs)?;
        Ok(resolve(operation, &self.schema, exprs)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{IntoLazy, SortOptions, col, df, len, lit};

    fn schema() -> Schema {
        let frame = df!("a" => [1i64], "b" => ["x"], "c" => [1.5]).unwrap();
        (**frame.lazy().collect_schema().as_ref().unwrap()).clone()
    }

    #[test]
    fn needs_are_told_apart() {
        let needs = |expr: Expr| resolve("select", &schema(), &[expr]).unwrap()[0].needs;
        assert_eq!(needs(col("a") + lit(1)), Needs::Row);
        assert_eq!(needs(lit(1)), Needs::Nothing);
        assert_eq!(needs(col("a").sum()), Needs::AllForOne);
        assert_eq!(needs(len()), Needs::AllForOne);
        assert_eq!(needs(col("a") - col("a").mean()), Needs::All);
        assert_eq!(needs(col("a").sort(SortOptions::default())), Needs::All);
        assert_eq!(needs(col("a").drop_nulls()), Needs::Rows);
        assert_eq!(needs(col("b").str().len_chars()), Needs::Row);
        assert_eq!(needs(col("a").shift(lit(1))), Needs::All);
        assert_eq!(needs(col("a").sum().over([col("b")]).unwrap()), Needs::All);
        // What is the same for all rows is still said row by row.
        assert_eq!(needs(col("a").eq(lit(polars::prelude::NULL))), Needs::Row);
        let unsigned = col("a").cast(DataType::UInt64);
        assert_eq!(needs(unsigned.eq_missing(lit(-1))), Needs::Row);
    }

    #[test]
    fn stars_become_names() {
        let all = resolve("select", &schema(), &[polars::prelude::all().as_expr().first()]).unwrap();
        assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn expressions_are_known_by_what_they_say() {
        let text = |expr: Expr| {
            let mut text = String::new();
            written(&expr, &mut text).then_some(text)
        };
        assert_eq!(text(col("a") + lit(1)), text(col("a") + lit(1)));
        for (one, other) in [
            (col("a") + lit(1), col("a") + lit(2)),
            (col("a") + lit(1), col("b") + lit(1)),
            (col("a") + lit(1), col("a") + lit(1.0)),
            (col("a").sum(), col("a").mean()),
            (col("a").eq(lit("x")), col("a").eq(lit("y"))),
            ((col("a") + col("b")) * col("c"), col("a") + col("b") * col("c")),
            (col("a").shift(lit(1)), col("a").shift(lit(2))),
            (col("a").cum_sum(false), col("a").cum_sum(true)),
            (col("a").fill_null(lit(1)).shift(lit(1)), col("a").shift(lit(1)).fill_null(lit(1))),
        ] {
            assert!(text(one.clone()).is_some());
            assert_ne!(text(one), text(other));
        }
        assert_eq!(text(col("b").str().to_uppercase()), None);
    }
}
