//! The functions of sketches in expressions: each has a name, by which another process finds it again.

use super::{distinct, quantiles};
use polars::error::PolarsResult;
use polars::prelude::{Column, DataType, Expr, Field, IDX_DTYPE, IntoColumn, NamedFrom, Schema, Series, SpecialEq};
use polars_plan::dsl::anonymous::{AnonymousColumnsUdf, ColumnsUdf};
use polars_plan::dsl::{LazySerde, OpaqueColumnUdf};
use polars_plan::prelude::{FunctionFlags, FunctionOptions};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What begins the written form of a function of ours among those in expressions.
const OURS: &[u8] = b"partita-sketch ";

/// A function of sketches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Sketching {
    /// A sketch of numbers, for their quantiles.
    Quantiles,
    /// One of several such.
    MergedQuantiles,
    /// The number at a place of such sketches, from 0 to 1.
    QuantileAt(f64),
    /// A sketch of values, for how many different there are.
    Distinct,
    /// One of several such.
    MergedDistinct,
    /// How many different values such sketches are of.
    Estimate,
}

impl Sketching {
    /// The expression that is this function of another one.
    pub(crate) fn of(self, input: Expr) -> Expr {
        let (options, name) = match self {
            Sketching::Quantiles => (FunctionOptions::aggregation(), "quantile_sketch"),
            Sketching::MergedQuantiles => (FunctionOptions::aggregation(), "merged_quantile_sketch"),
            Sketching::Distinct => (FunctionOptions::aggregation(), "distinct_sketch"),
            Sketching::MergedDistinct => (FunctionOptions::aggregation(), "merged_distinct_sketch"),
            Sketching::QuantileAt(_) | Sketching::Estimate => {
                let elementwise = FunctionOptions::elementwise();
                (elementwise.with_flags(|flags| flags | FunctionFlags::OPTIONAL_RE_ENTRANT), "map")
            }
        };
        let function = self.function();
        Expr::AnonymousFunction { input: vec![input], function, options, fmt_str: Box::new(name.into()) }
    }

    fn function(self) -> OpaqueColumnUdf {
        LazySerde::Deserialized(SpecialEq::new(Arc::new(self)))
    }

    /// Makes functions of their written forms in an expression that was read.
    pub(crate) fn found_in(expr: Expr) -> Expr {
        expr.map_expr(|part| match part {
            Expr::AnonymousFunction { input, function: LazySerde::Bytes(bytes), options, fmt_str } => {
                let found = bytes.strip_prefix(OURS).and_then(|written| rmp_serde::from_slice(written).ok());
                let function = found.map_or(LazySerde::Bytes(bytes), Sketching::function);
                Expr::AnonymousFunction { input, function, options, fmt_str }
            }
            part => part,
        })
    }

    /// The type of what it makes.
    fn dtype(self) -> DataType {
        match self {
            Sketching::QuantileAt(_) => DataType::Float64,
            Sketching::Estimate => IDX_DTYPE,
            _ => DataType::Binary,
        }
    }

    /// What it makes of a column.
    fn call(self, column: &Column) -> PolarsResult<Column> {
        let name = column.name().clone();
        let one = |sketch: Vec<u8>| Series::new(name.clone(), [sketch.as_slice()]);
        let each = |tell: &dyn Fn(&[u8]) -> Option<f64>| {
            let told: Vec<Option<f64>> = column.binary()?.iter().map(|bytes| bytes.and_then(tell)).collect();
            Series::new(name.clone(), told).cast(&self.dtype())
        };
        let made = match self {
            Sketching::Quantiles => one(quantiles::of_values(column)?),
            Sketching::MergedQuantiles => one(quantiles::of_sketches(column)?),
            Sketching::QuantileAt(at) => each(&|sketch| quantiles::at(sketch, at))?,
            Sketching::Distinct => one(distinct::of_values(column)?),
            Sketching::MergedDistinct => one(distinct::of_sketches(column)?),
            Sketching::Estimate => each(&|sketch| Some(distinct::estimate(sketch)))?,
        };
        Ok(made.into_column())
    }
}

impl ColumnsUdf for Sketching {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn call_udf(&self, columns: &mut [Column]) -> PolarsResult<Column> {
        self.call(&columns[0])
    }
}

impl AnonymousColumnsUdf for Sketching {
    fn as_column_udf(self: Arc<Self>) -> Arc<dyn ColumnsUdf> {
        self
    }

    fn deep_clone(self: Arc<Self>) -> Arc<dyn AnonymousColumnsUdf> {
        self
    }

    fn try_serialize(&self, into: &mut Vec<u8>) -> PolarsResult<()> {
        into.extend_from_slice(OURS);
        let written = rmp_serde::to_vec(self).map_err(|error| polars::prelude::polars_err!(ComputeError: "{error}"))?;
        into.extend(written);
        Ok(())
    }

    fn get_field(&self, _: &Schema, fields: &[Field]) -> PolarsResult<Field> {
        let name = fields.first().map(|field| field.name().clone()).unwrap_or_default();
        Ok(Field::new(name, self.dtype()))
    }
}
