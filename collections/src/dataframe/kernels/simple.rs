//! Simple aggregates: those that the kernels know, told from all others.

use super::accumulators::{Accumulator, accumulator};
use super::numbering::numbering;
use polars::prelude::{
    self as pl, AggExpr, Column, DataType, Expr, IdxCa, IntoColumn, IntoLazy, LazyFrame, NewChunkedArray, PlSmallStr,
    PolarsResult, Series, col,
};
use std::sync::Arc;

/// Rows that are looked at at a time.
const BLOCK: usize = 8192;

/// What the kernels know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sum,
    Count,
    Len,
    Min,
    Max,
}

/// An aggregate that the kernels know.
struct Simple {
    kind: Kind,
    /// What it is made of; nothing for `len`.
    input: Option<Expr>,
    name: PlSmallStr,
}

/// Groups by keys, with aggregates of each group: keys first, groups as they first appear. By the kernels, if they know
/// key and aggregates; else by Polars.
pub(crate) fn grouped(plan: LazyFrame, keys: Vec<Expr>, aggregates: Vec<Expr>) -> LazyFrame {
    let simple: Option<Vec<Simple>> = aggregates.iter().map(of_expr).collect();
    match (keys.as_slice(), simple) {
        ([key], Some(simple)) => by_kernels(plan, key.clone(), keys.clone(), simple, aggregates),
        _ => plan.group_by_stable(keys).agg(aggregates),
    }
}

/// The aggregate that an expression is, if the kernels know it.
fn of_expr(expr: &Expr) -> Option<Simple> {
    let Expr::Alias(inner, name) = expr else { return None };
    let (kind, input) = match &**inner {
        Expr::Len => (Kind::Len, None),
        Expr::Agg(AggExpr::Sum(input)) => (Kind::Sum, Some(input)),
        Expr::Agg(AggExpr::Count { input, include_nulls: false }) => (Kind::Count, Some(input)),
        Expr::Agg(AggExpr::Min { input, propagate_nans: false }) => (Kind::Min, Some(input)),
        Expr::Agg(AggExpr::Max { input, propagate_nans: false }) => (Kind::Max, Some(input)),
        _ => return None,
    };
    // Filters and the like make other numbers of rows.
    let of_rows = |part: &Expr| {
        matches!(
            part,
            Expr::Column(_) | Expr::Literal(_) | Expr::BinaryExpr { .. } | Expr::Cast { .. } | Expr::Ternary { .. }
        )
    };
    let is_of_rows =
        input.is_none_or(|input| input.into_iter().all(of_rows) && !crate::dataframe::exprs::roots(input).is_empty());
    is_of_rows.then(|| Simple { kind, input: input.map(|input| (**input).clone()), name: name.clone() })
}

/// The plan whose rows go through the kernels.
fn by_kernels(plan: LazyFrame, key: Expr, keys: Vec<Expr>, simple: Vec<Simple>, aggregates: Vec<Expr>) -> LazyFrame {
    let key_name = key.clone().meta().output_name();
    let Ok(key_name) = key_name else { return plan.group_by_stable(keys).agg(aggregates) };
    // Each input once, under a name that no user's column has.
    let mut inputs: Vec<Expr> = Vec::new();
    let mut parts: Vec<(Kind, Option<usize>, PlSmallStr)> = Vec::new();
    for Simple { kind, input, name } in simple {
        let place = input.map(|input| {
            inputs.iter().position(|known| *known == input).unwrap_or_else(|| {
                inputs.push(input);
                inputs.len() - 1
            })
        });
        parts.push((kind, place, name));
    }
    let named = inputs.into_iter().enumerate().map(|(place, input)| input.alias(input_name(place)));
    let selected: Vec<Expr> = std::iter::once(key).chain(named).collect();
    let fallback = |parts: &[(Kind, Option<usize>, PlSmallStr)]| -> Vec<Expr> {
        parts.iter().map(|(kind, place, name)| over_input(*kind, *place).alias(name.clone())).collect()
    };
    let aggregates = fallback(&parts);
    let (schema_key, schema_aggregates) = (key_name.clone(), aggregates.clone());
    let schema = move |schema: &pl::Schema| {
        crate::dataframe::schema::empty(schema)
            .group_by_stable([col(schema_key.clone())])
            .agg(&schema_aggregates)
            .collect_schema()
    };
    let group = move |frame: pl::DataFrame| match run(&frame, &parts)? {
        Some(grouped) => Ok(grouped),
        None => frame.lazy().group_by_stable([col(key_name.clone())]).agg(&aggregates).collect(),
    };
    plan.select(selected).map(group, pl::AllowedOptimizations::empty(), Some(Arc::new(schema)), Some("group"))
}

fn input_name(place: usize) -> PlSmallStr {
    format!("\u{3}{place}").into()
}

/// An aggregate over its input column.
fn over_input(kind: Kind, place: Option<usize>) -> Expr {
    let input = place.map_or_else(pl::len, |place| col(input_name(place)));
    match kind {
        Kind::Len => pl::len(),
        Kind::Sum => input.sum(),
        Kind::Count => input.count(),
        Kind::Min => input.min(),
        Kind::Max => input.max(),
    }
}

/// Groups a frame by its first column; `None` if the kernels do not know a type.
fn run(frame: &pl::DataFrame, parts: &[(Kind, Option<usize>, PlSmallStr)]) -> PolarsResult<Option<pl::DataFrame>> {
    let Some(key) = frame.columns().first() else { return Ok(None) };
    let words = match key.dtype() {
        DataType::Boolean => key.cast(&DataType::UInt8)?,
        _ => key.to_physical_repr(),
    };
    let words = words.as_materialized_series().rechunk();
    let inputs: Vec<Series> =
        frame.columns()[1..].iter().map(|input| input.as_materialized_series().rechunk()).collect();
    let none = Series::default();
    let input = |place: Option<usize>| place.map_or(&none, |place| &inputs[place]);
    let Some(mut numbering) = numbering(&words) else { return Ok(None) };
    let accumulators: Option<Vec<Box<dyn Accumulator + '_>>> =
        parts.iter().map(|(kind, place, _)| accumulator(*kind, input(*place))).collect();
    let Some(mut accumulators) = accumulators else { return Ok(None) };
    let mut numbers = Vec::with_capacity(BLOCK);
    for start in (0..frame.height()).step_by(BLOCK) {
        let rows = start..frame.height().min(start + BLOCK);
        numbers.clear();
        numbering.number(rows.clone(), &mut numbers);
        let groups = numbering.firsts().len();
        accumulators.iter_mut().for_each(|accumulator| accumulator.add(rows.clone(), &numbers, groups));
    }
    let firsts = IdxCa::from_slice(PlSmallStr::EMPTY, numbering.firsts());
    let mut columns: Vec<Column> = vec![key.take(&firsts)?];
    let made = accumulators.into_iter().zip(parts).map(|(accumulator, (_, _, name))| accumulator.finish(name.clone()));
    columns.extend(made.map(IntoColumn::into_column));
    pl::DataFrame::new(firsts.len(), columns).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{NamedFrom, lit};

    /// A frame with a key of each type and inputs of each type, some of them null.
    fn frame(rows: usize) -> pl::DataFrame {
        let mut state = 7u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let small: Vec<Option<i64>> = (0..rows).map(|_| (next(10) > 0).then(|| next(20) as i64 - 9)).collect();
        let far: Vec<Option<i64>> = small.iter().map(|x| x.map(|x| x * 1_000_000_007_000)).collect();
        let words: Vec<Option<String>> =
            small.iter().map(|x| x.map(|x| "ab".repeat(x.unsigned_abs() as usize))).collect();
        let floats: Vec<Option<f64>> = (0..rows)
            .map(|_| (next(9) > 0).then(|| if next(9) == 0 { f64::NAN } else { next(100) as f64 / 8.0 }))
            .collect();
        let mut columns: Vec<Column> = vec![Series::new("near".into(), small).into_column()];
        columns.push(Series::new("far".into(), far).into_column());
        columns.push(Series::new("word".into(), words).into_column());
        columns.push(Series::new("x".into(), floats).into_column());
        let categories = DataType::from_categories(pl::Categories::global());
        columns.push(columns[2].cast(&categories).unwrap().with_name("category".into()));
        columns.push(columns[0].cast(&DataType::Date).unwrap().with_name("day".into()));
        columns.push(columns[0].cast(&DataType::Boolean).unwrap().with_name("truth".into()));
        for dtype in
            [DataType::Int8, DataType::Int16, DataType::Int32, DataType::UInt32, DataType::UInt8, DataType::Float32]
        {
            let positive = pl::Column::from(columns[0].as_materialized_series().clone() + 9i64);
            columns.push(positive.cast(&dtype).unwrap().with_name(dtype.to_string().into()));
        }
        pl::DataFrame::new(rows, columns).unwrap()
    }

    fn aggregates(schema: &pl::Schema) -> Vec<Expr> {
        let of = |name: &PlSmallStr| {
            let x = || col(name.clone());
            [
                x().sum().alias(format!("{name} sum")),
                x().min().alias(format!("{name} min")),
                x().max().alias(format!("{name} max")),
                x().count().alias(format!("{name} count")),
            ]
        };
        let numeric = schema.iter().filter(|(_, dtype)| dtype.is_primitive_numeric());
        numeric
            .flat_map(|(name, _)| of(name))
            .chain([pl::len().alias("len"), (col("x") * lit(2.0)).sum().alias("twice")])
            .collect()
    }

    #[test]
    fn groups_are_as_polars_makes_them() {
        for rows in [0, 1, 10, 20_000] {
            let frame = frame(rows);
            let aggregates = aggregates(frame.schema());
            assert!(aggregates.iter().all(|aggregate| of_expr(aggregate).is_some()));
            for key in ["near", "far", "word", "category", "day", "truth"] {
                let mine = grouped(frame.clone().lazy(), vec![col(key)], aggregates.clone());
                let theirs = frame.clone().lazy().group_by_stable([col(key)]).agg(&aggregates);
                assert_eq!(mine.clone().collect_schema().unwrap(), theirs.clone().collect_schema().unwrap());
                let (mine, theirs) = (mine.collect().unwrap(), theirs.collect().unwrap());
                assert_eq!(mine.schema(), theirs.schema(), "{key}");
                assert!(mine.equals_missing(&theirs), "{key}: {mine} instead of {theirs}");
            }
        }
    }

    #[test]
    fn other_aggregates_are_left_to_polars() {
        let frame = frame(100);
        for aggregate in
            [col("x").median(), col("x").filter(col("x").gt(lit(1.0))).sum(), col("x").mean(), lit(1).sum()]
        {
            let aggregate = aggregate.alias("made");
            assert!(of_expr(&aggregate).is_none());
            let mine = grouped(frame.clone().lazy(), vec![col("near")], vec![aggregate.clone()]).collect().unwrap();
            let theirs = frame.clone().lazy().group_by_stable([col("near")]).agg([aggregate]).collect().unwrap();
            assert!(mine.equals_missing(&theirs));
        }
        let both = grouped(frame.clone().lazy(), vec![col("near"), col("word")], vec![pl::len().alias("n")])
            .collect()
            .unwrap();
        assert!(both.equals_missing(
            &frame.lazy().group_by_stable([col("near"), col("word")]).agg([pl::len().alias("n")]).collect().unwrap()
        ));
    }
}
