//! Needs: which columns of a partition a step needs, and partitions that have no others.

use super::frame::Frame;
use super::layers::Lazy;
use super::schema::empty;
use super::threads::alone;
use partita_graph::{Fault, Flow, Needs};
use polars::prelude::{DataType, Expr, LazyFrame, PlSmallStr, Scalar, Schema, SchemaRef, len, lit, nth};
use polars_plan::plans::IR;
use std::sync::Arc;

/// The columns of a dataframe that a step needs, if `of` is needed of what it gives, or all; `None` if it may be all. That
/// is what Polars reads when it has optimised the step.
pub(super) fn needed(
    schema: &SchemaRef,
    step: impl FnOnce(LazyFrame) -> LazyFrame,
    of: Option<&Needs>,
) -> Option<Needs> {
    let mut plan = step(empty(schema));
    if let Some(of) = of {
        let names = columns(of);
        plan = plan.select(if names.is_empty() { vec![len()] } else { names });
    }
    let plan = alone(|| plan.to_alp_optimized()).ok()?;
    let mut found = None;
    let mut below = vec![plan.lp_top];
    while let Some(node) = below.pop() {
        let node = plan.lp_arena.get(node);
        if let IR::DataFrameScan { output_schema, .. } = node {
            // Of several frames it is not known which one is the dataframe.
            let names = output_schema.as_ref().filter(|_| found.is_none())?;
            found = Some(names.iter_names().map(|name| name.as_str().into()).collect());
        }
        below.extend(node.inputs());
    }
    found.map(Arc::new)
}

/// Columns of these names, which are no patterns.
fn columns(needs: &Needs) -> Vec<Expr> {
    needs.iter().map(|name| Expr::Column((&**name).into())).collect()
}

/// A partition with the columns that are needed, and one at least: it has rows.
pub(super) fn narrow(flow: Flow, needs: &Needs) -> Result<Flow, Fault> {
    let lazy = Lazy::of(flow, 0)?;
    let (operation, partition) = (lazy.operation, lazy.partition);
    let mut columns = columns(needs);
    if columns.is_empty() {
        columns.push(nth(0).as_expr());
    }
    Ok(lazy.then(operation, partition, |plan| plan.select(columns))?.into_flow())
}

/// What came in as the first input of a step, with all columns of the dataframe: those that nobody needs, and that were
/// left out, are null.
pub(super) fn widened(flow: Flow, schema: &Schema) -> Result<Lazy, Fault> {
    let narrow = match &flow {
        Flow::Value(value) => value.get::<Frame>().ok().filter(|frame| frame.width() < schema.len()).cloned(),
        Flow::Lazy(_) => None,
    };
    let lazy = Lazy::of(flow, 0)?;
    let Some(frame) = narrow else { return Ok(lazy) };
    let column = |(name, dtype): (&PlSmallStr, &DataType)| match frame.get_column_index(name) {
        Some(_) => Expr::Column(name.clone()),
        None => lit(Scalar::null(dtype.clone())).alias(name.clone()),
    };
    let columns: Vec<Expr> = schema.iter().map(column).collect();
    Ok(Lazy::new(lazy.plan.select(columns), lazy.operation, lazy.partition))
}
