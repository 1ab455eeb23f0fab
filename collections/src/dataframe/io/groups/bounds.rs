//! Bounds: what statistics tell of the values of a column in a row group, and which conditions they rule out.

use polars::prelude::{AnyValue, ClosedInterval, DataType, Expr, LiteralValue, Operator, Series};
use polars_plan::dsl::{BooleanFunction, FunctionExpr};
use std::cmp::Ordering;

/// A value of a type whose order Parquet and Polars agree on.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Known {
    Truth(bool),
    Number(i128),
    Float(f64),
    Bytes(Vec<u8>),
}

/// What is known of a column in some rows.
#[derive(Clone, Debug)]
pub struct Bounds {
    dtype: DataType,
    rows: usize,
    nulls: Option<usize>,
    /// The least and the greatest value that is neither null nor NaN, or values beyond them.
    range: Option<(Known, Known)>,
}

impl Bounds {
    /// Bounds of a column, from series of one value; `None` of a type that is not looked at.
    pub(in super::super) fn new(
        dtype: &DataType,
        rows: usize,
        nulls: Option<usize>,
        least: Option<&Series>,
        greatest: Option<&Series>,
    ) -> Option<Self> {
        if !is_looked_at(dtype) {
            return None;
        }
        let value = |series: Option<&Series>| match series {
            Some(series) if series.dtype() == dtype => known(&series.get(0).ok()?),
            _ => None,
        };
        let range = value(least).zip(value(greatest));
        Some(Bounds { dtype: dtype.clone(), rows, nulls, range })
    }

    fn is_float(&self) -> bool {
        self.dtype.is_float()
    }

    /// Whether `column op literal` is true for no row.
    fn exclude(&self, op: Operator, literal: &LiteralValue) -> bool {
        let LiteralValue::Scalar(scalar) = literal else { return false };
        // Other types are compared as a third one.
        if scalar.dtype() != &self.dtype {
            return false;
        }
        let Some(value) = known(&scalar.value().as_borrowed()) else { return false };
        let comparison = matches!(
            op,
            Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq
        );
        if comparison && self.nulls == Some(self.rows) {
            return true;
        }
        let Some((least, greatest)) = &self.range else { return false };
        let (Some(to_least), Some(to_greatest)) = (value.partial_cmp(least), value.partial_cmp(greatest)) else {
            return false;
        };
        // NaN is greater than every number, and no statistics tell of it.
        let unbounded = self.is_float();
        match op {
            Operator::Eq => to_least == Ordering::Less || to_greatest == Ordering::Greater,
            Operator::NotEq => to_least == Ordering::Equal && to_greatest == Ordering::Equal && !unbounded,
            Operator::Lt => to_least != Ordering::Greater,
            Operator::LtEq => to_least == Ordering::Less,
            Operator::Gt => to_greatest != Ordering::Less && !unbounded,
            Operator::GtEq => to_greatest == Ordering::Greater && !unbounded,
            _ => false,
        }
    }
}

/// Types whose statistics are looked at.
pub(in super::super) fn is_looked_at(dtype: &DataType) -> bool {
    dtype.is_integer()
        || matches!(
            dtype,
            DataType::Boolean
                | DataType::Float32
                | DataType::Float64
                | DataType::String
                | DataType::Date
                | DataType::Datetime(..)
                | DataType::Duration(_)
                | DataType::Time
        )
}

/// A value, unless it is null or NaN or of a type that is not looked at.
fn known(value: &AnyValue) -> Option<Known> {
    Some(match value {
        AnyValue::Boolean(truth) => Known::Truth(*truth),
        AnyValue::Float32(float) if !float.is_nan() => Known::Float(f64::from(*float)),
        AnyValue::Float64(float) if !float.is_nan() => Known::Float(*float),
        AnyValue::String(text) => Known::Bytes(text.as_bytes().to_vec()),
        AnyValue::StringOwned(text) => Known::Bytes(text.as_bytes().to_vec()),
        AnyValue::Date(days) => Known::Number(i128::from(*days)),
        AnyValue::Datetime(time, ..) | AnyValue::DatetimeOwned(time, ..) => Known::Number(i128::from(*time)),
        AnyValue::Duration(time, _) | AnyValue::Time(time) => Known::Number(i128::from(*time)),
        value if value.is_integer() => Known::Number(value.extract::<i128>()?),
        _ => return None,
    })
}

/// Whether a condition is true for none of the rows that the bounds of columns are of.
pub(super) fn excluded(condition: &Expr, bounds: &impl Fn(&str) -> Option<Bounds>) -> bool {
    match condition {
        Expr::Alias(inner, _) => excluded(inner, bounds),
        Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right } => {
            excluded(left, bounds) || excluded(right, bounds)
        }
        Expr::BinaryExpr { left, op: Operator::Or | Operator::LogicalOr, right } => {
            excluded(left, bounds) && excluded(right, bounds)
        }
        Expr::BinaryExpr { left, op, right } => match (&**left, &**right) {
            (Expr::Column(column), Expr::Literal(value)) => {
                bounds(column).is_some_and(|bounds| bounds.exclude(*op, value))
            }
            (Expr::Literal(value), Expr::Column(column)) => {
                bounds(column).is_some_and(|bounds| bounds.exclude(turned(*op), value))
            }
            _ => false,
        },
        Expr::Function { input, function: FunctionExpr::Boolean(function) } => match (input.as_slice(), function) {
            ([Expr::Column(column)], BooleanFunction::IsNull) => {
                bounds(column).is_some_and(|bounds| bounds.nulls == Some(0))
            }
            ([Expr::Column(column)], BooleanFunction::IsNotNull) => {
                bounds(column).is_some_and(|bounds| bounds.nulls == Some(bounds.rows))
            }
            (
                [Expr::Column(column), Expr::Literal(low), Expr::Literal(high)],
                BooleanFunction::IsBetween { closed },
            ) => {
                let (left, right) = match closed {
                    ClosedInterval::Both => (Operator::GtEq, Operator::LtEq),
                    ClosedInterval::Left => (Operator::GtEq, Operator::Lt),
                    ClosedInterval::Right => (Operator::Gt, Operator::LtEq),
                    ClosedInterval::None => (Operator::Gt, Operator::Lt),
                };
                bounds(column).is_some_and(|bounds| bounds.exclude(left, low) || bounds.exclude(right, high))
            }
            _ => false,
        },
        _ => false,
    }
}

/// A comparison with its sides exchanged.
fn turned(op: Operator) -> Operator {
    match op {
        Operator::Lt => Operator::Gt,
        Operator::LtEq => Operator::GtEq,
        Operator::Gt => Operator::Lt,
        Operator::GtEq => Operator::LtEq,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{NamedFrom, Scalar, col, lit};

    fn of<T>(least: T, greatest: T, nulls: usize) -> Bounds
    where
        Series: NamedFrom<[T; 1], [T]>,
    {
        let [least, greatest] = [least, greatest].map(|value| Series::new("".into(), [value]));
        Bounds::new(least.dtype(), 10, Some(nulls), Some(&least), Some(&greatest)).unwrap()
    }

    #[test]
    fn conditions_are_ruled_out_only_if_no_row_can_meet_them() {
        let x = || col("x");
        let number = |value: i64| lit(Scalar::from(value));
        let float = |value: f64| lit(Scalar::from(value));
        let (numbers, floats, nulls) = (of(3i64, 7, 1), of(3.0, 7.0, 0), of(3i64, 3, 10));
        let same = of(3i64, 3, 2);
        for (bounds, condition, expected) in [
            (&numbers, x().eq(number(2)), true),
            (&numbers, x().eq(number(3)), false),
            (&numbers, x().eq(number(8)), true),
            (&numbers, x().neq(number(3)), false),
            (&same, x().neq(number(3)), true),
            (&numbers, x().lt(number(3)), true),
            (&numbers, x().lt_eq(number(3)), false),
            (&numbers, x().gt(number(7)), true),
            (&numbers, x().gt_eq(number(7)), false),
            (&numbers, number(7).lt(x()), true),
            (&numbers, number(3).gt(x()), true),
            (&numbers, number(3).gt_eq(x()), false),
            (&numbers, x().eq(number(2)).and(x().eq(number(4))), true),
            (&numbers, x().eq(number(2)).or(x().eq(number(4))), false),
            (&numbers, x().eq(number(2)).or(x().eq(number(9))), true),
            (&numbers, x().eq(number(2)).not(), false),
            (&numbers, x().eq_missing(number(2)), false),
            (&numbers, x().eq(float(2.0)), false),
            (&numbers, col("y").eq(number(2)), false),
            (&numbers, x().is_between(number(8), number(9), ClosedInterval::Both), true),
            (&numbers, x().is_between(number(7), number(9), ClosedInterval::Both), false),
            (&numbers, x().is_between(number(7), number(9), ClosedInterval::None), true),
            (&numbers, x().is_between(number(1), number(3), ClosedInterval::Left), true),
            (&numbers, x().is_null(), false),
            (&numbers, x().is_not_null(), false),
            (&floats, x().is_null(), true),
            (&nulls, x().is_not_null(), true),
            (&nulls, x().eq(number(3)), true),
            (&floats, x().gt(float(7.0)), false),
            (&floats, x().gt_eq(float(8.0)), false),
            (&floats, x().neq(float(3.0)), false),
            (&floats, x().lt(float(3.0)), true),
            (&floats, x().eq(float(8.0)), true),
            (&floats, x().eq(float(f64::NAN)), false),
            (&floats, x().lt_eq(float(f64::NAN)), false),
        ] {
            let found = excluded(&condition, &|name| (name == "x").then(|| bounds.clone()));
            assert_eq!(found, expected, "{condition} with {bounds:?}");
        }
    }
}
