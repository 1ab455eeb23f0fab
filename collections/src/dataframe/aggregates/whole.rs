//! Aggregates of all rows: expressions that look at more than one row, in `select`, `with_columns` and `filter`.

use super::apart::{Apart, Over, take_apart};
use crate::dataframe::DataFrame;
use crate::dataframe::exprs::{Needs, Resolved, identified, resolve, roots};
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Outline, Reduction, frame_task};
use crate::dataframe::stacks::stacked_as;
use crate::dataframe::travel::{Columns, Exprs};
use crate::identity::Identity;
use crate::layer::parts;
use polars::prelude::{
    self as pl, AnyValue, Expr, FillNullStrategy, FunctionExpr, LazyFrame, PlSmallStr, Scalar, SchemaRef, col,
};
use polars_plan::plans::LiteralValue;
use polars_plan::plans::visitor::TreeWalker;

/// Expressions in which aggregates stand for values that are computed before.
pub(crate) struct Lifted {
    /// One row of those values.
    pub(crate) values: DataFrame,
    /// The expressions, which name those values as columns.
    pub(crate) exprs: Vec<Expr>,
    /// Whether some of them may make another number of rows than there are.
    pub(crate) drops_rows: bool,
}

impl DataFrame {
    /// One row, of what each expression makes of all rows.
    #[track_caller]
    pub(crate) fn aggregated(&self, operation: &'static str, aggregates: &[Resolved]) -> Built<Self> {
        let exprs: Vec<Expr> = aggregates.iter().map(|one| one.expr.clone()).collect();
        let identity = identified(self.identity(operation), &exprs);
        match take_apart(&self.schema, Over::All, aggregates) {
            Some(apart) => self.taken_apart(operation, identity, apart),
            None => {
                let all = self.gathered_columns(operation, &exprs)?;
                all.step(operation, identity, Facts::of_rows(vec![1]), move |plan| plan.select(&exprs))
            }
        }
    }

    /// One row, of aggregates of all rows that were taken apart.
    #[track_caller]
    pub(crate) fn taken_apart(&self, operation: &'static str, identity: Identity, apart: Apart) -> Built<Self> {
        let Apart { partial, combine, finish } = apart;
        let reduction = Reduction {
            partial: move |plan: LazyFrame| plan.select(&partial),
            combine: move |plan: LazyFrame| plan.select(&combine),
            finish: move |plan: LazyFrame| plan.select(&finish),
        };
        let one = self.reduced(operation, identity, reduction)?;
        Ok(one.with_facts(Facts::of_rows(vec![1])))
    }

    /// All rows in one partition, of the columns that expressions need.
    #[track_caller]
    pub(crate) fn gathered_columns(&self, operation: &'static str, exprs: &[Expr]) -> Built<Self> {
        let mut names: Vec<PlSmallStr> = exprs.iter().flat_map(roots).collect();
        names.sort();
        names.dedup();
        let counts_rows = exprs.iter().any(|expr| expr.into_iter().any(|part| matches!(part, Expr::Len)));
        if names.is_empty() || counts_rows {
            return Ok(self.gathered());
        }
        let columns: Vec<Expr> = names.into_iter().map(Expr::Column).collect();
        let identity = identified(self.identity(operation), &columns);
        Ok(self.step(operation, identity, (*self.facts).clone(), move |plan| plan.select(&columns))?.gathered())
    }

    /// All rows in one partition.
    #[track_caller]
    pub(crate) fn gathered(&self) -> Self {
        if self.npartitions() == 1 {
            return self.clone();
        }
        let stack = |schema: &Columns, frames| stacked_as(schema, frames);
        let tasks = vec![(frame_task("gather", 0, Columns(self.schema.clone()), stack), parts(&self.node).collect())];
        let facts = Facts { rows: self.known_len().map(|rows| vec![rows]), ..self.facts.moved_rows() };
        let identity = self.identity("gather");
        DataFrame::tasks("gather", identity, self.schema.clone(), facts, tasks).split_like(self)
    }

    /// Takes the aggregates out of expressions, which are `narrow` then; `None` if that is not all that keeps them from it.
    #[track_caller]
    pub(crate) fn lifted(
        &self,
        operation: &'static str,
        resolved: &[Resolved],
        narrow: impl Fn(Needs) -> bool,
    ) -> Built<Option<Lifted>> {
        let mut values: Vec<Expr> = Vec::new();
        // A value has no name of its own.
        let mut lift = |one: &Resolved| lift(&self.schema, one.expr.clone(), &mut values).alias(one.name.clone());
        let exprs: Vec<Expr> = resolved.iter().map(&mut lift).collect();
        if values.is_empty() {
            return Ok(None);
        }
        let values = self.aggregated(operation, &self.resolve(operation, &values)?)?;
        let mut wide = (*self.schema).clone();
        wide.merge((*values.schema).clone());
        // Some functions take a single value where a column stands for it now.
        let Ok(needs) = resolve(operation, &wide, &exprs) else { return Ok(None) };
        let drops_rows = needs.iter().any(|one| one.needs == Needs::Rows);
        Ok(needs.iter().all(|one| narrow(one.needs)).then_some(Lifted { values, exprs, drops_rows }))
    }

    /// A step whose expressions have aggregates in them: these are computed before it.
    #[track_caller]
    pub(crate) fn step_lifted(
        &self,
        operation: &'static str,
        exprs: &[Expr],
        schema: SchemaRef,
        facts: Facts,
        lifted: Lifted,
        step: impl Fn(LazyFrame, Vec<Expr>) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let identity = identified(self.identity(operation).data(&"lifted"), exprs);
        let Lifted { values, exprs, .. } = lifted;
        let outline = Outline { operation, identity, schema, facts };
        self.step_with(outline, &values, Exprs(exprs), move |exprs, plan, values| {
            step(plan, exprs.iter().map(|expr| lowered(expr.clone(), values)).collect())
        })
    }
}

/// The name of a lifted aggregate, which no user's column has.
fn lifted_name(number: usize) -> PlSmallStr {
    format!("\u{2}{number}").into()
}

/// An expression whose aggregates are columns of another frame.
pub(crate) fn lift(schema: &pl::Schema, expr: Expr, values: &mut Vec<Expr>) -> Expr {
    let expr = filled(schema, expr);
    let may_be = matches!(expr, Expr::Agg(_) | Expr::Len | Expr::Function { .. });
    if may_be && is_one_value(schema, &expr) {
        let name = lifted_name(values.len());
        values.push(expr.alias(name.clone()));
        return col(name);
    }
    let kept = expr.clone();
    // Windows have their own rows to look at.
    if matches!(expr, Expr::Over { .. } | Expr::Rolling { .. } | Expr::Eval { .. }) {
        return kept;
    }
    let mut lifted = |child: Expr, _: &mut ()| {
        let lifted = lift(schema, child.clone(), values);
        Ok(named_as(schema, &kept, &child, lifted))
    };
    expr.map_children(&mut lifted, &mut ()).unwrap_or_else(|_| kept.clone())
}

/// What a part of an expression became, with the part's name if the expression makes use of that.
pub(crate) fn named_as(schema: &pl::Schema, whole: &Expr, part: &Expr, became: Expr) -> Expr {
    let uses_names = matches!(whole, Expr::Function { function: FunctionExpr::AsStruct, .. });
    match part.to_field(schema) {
        Ok(field) if uses_names => became.alias(field.name),
        _ => became,
    }
}

/// A fill by a statistic as a fill by its value.
fn filled(schema: &pl::Schema, expr: Expr) -> Expr {
    let Expr::Function { input, function: FunctionExpr::FillNullWithStrategy(strategy) } = &expr else { return expr };
    let [input] = &input[..] else { return expr };
    let value = match strategy {
        FillNullStrategy::Min => input.clone().min(),
        FillNullStrategy::Max => input.clone().max(),
        FillNullStrategy::Mean => match input.to_field(schema) {
            Ok(field) if field.dtype.is_primitive_numeric() || field.dtype.is_temporal() => {
                input.clone().mean().cast(field.dtype)
            }
            _ => return expr,
        },
        _ => return expr,
    };
    input.clone().fill_null(value)
}

/// Whether an expression makes one value of all rows.
fn is_one_value(schema: &pl::Schema, expr: &Expr) -> bool {
    resolve("", schema, std::slice::from_ref(expr))
        .is_ok_and(|found| found.len() == 1 && found[0].needs == Needs::AllForOne)
}

/// An expression with the values of lifted aggregates.
fn lowered(expr: Expr, values: &pl::DataFrame) -> Expr {
    expr.map_expr(|part| match &part {
        Expr::Column(name) if name.starts_with('\u{2}') => match values.column(name) {
            Ok(column) if !column.is_empty() => {
                let value = column.get(0).map_or(AnyValue::Null, AnyValue::into_static);
                Expr::Literal(LiteralValue::Scalar(Scalar::new(column.dtype().clone(), value)))
            }
            _ => part,
        },
        _ => part,
    })
}
