//! Gaps: intervals without rows, between those that have some.

use super::intervals::Intervals;
use super::times::unit;
use crate::dataframe::DataFrame;
use crate::dataframe::exprs::{Needs, Resolved};
use crate::dataframe::schema::empty;
use crate::dataframe::travel::{Columns, Exprs};
use crate::identity::Identity;
use polars::prelude::{
    self as pl, Column, DataType, Duration, Expr, IdxCa, IdxSize, IntoColumn, NamedFrom, PolarsResult, Series,
    TimeUnit, TimeZone, polars_err,
};
use polars_arrow::legacy::time_zone::Tz;

impl Intervals {
    /// The intervals that have rows, in one partition, with those between them that have none: their values are what the
    /// expressions make of no rows.
    #[track_caller]
    pub(super) fn filled(
        &self,
        made: &DataFrame,
        source: &DataFrame,
        operation: &'static str,
        identity: Identity,
        resolved: Vec<Resolved>,
    ) -> DataFrame {
        let of_none = |one: Resolved| match one.needs {
            Needs::Nothing | Needs::AllForOne => one.expr.alias(one.name),
            // A list of each group's values.
            _ => one.expr.implode(true).alias(one.name),
        };
        let exprs: Vec<Expr> = resolved.into_iter().map(of_none).collect();
        let env = (self.clone(), Columns(source.schema.clone()), Columns(made.schema.clone()), Exprs(exprs));
        let fill = |(intervals, source, schema, exprs): &(Self, Columns, Columns, Exprs), _, frame: pl::DataFrame| {
            let none = empty(source).select(&**exprs).collect()?;
            let cast = |column: &Column| match schema.get(column.name()) {
                Some(dtype) => column.cast(dtype),
                None => Ok(column.clone()),
            };
            let none: PolarsResult<Vec<Column>> = none.columns().iter().map(cast).collect();
            intervals.with_empty(&frame, &none?)
        };
        made.each_frame(operation, identity, made.schema.clone(), env, fill)
    }

    /// A frame of intervals with those between them, in which the other columns have these values.
    fn with_empty(&self, frame: &pl::DataFrame, none: &[Column]) -> PolarsResult<pl::DataFrame> {
        let (labels, rows) = self.between(frame.column(self.by())?)?;
        let height = labels.len();
        let rows = IdxCa::from_vec("".into(), rows);
        let mut columns = Vec::with_capacity(frame.width());
        let mut none = none.iter();
        for column in frame.columns() {
            columns.push(match column.name() == self.by() {
                true => self.as_times(Series::new(column.name().clone(), &labels))?,
                false => {
                    let mut all = column.clone();
                    let value =
                        none.next().ok_or_else(|| polars_err!(NoData: "an interval without rows has no value"))?;
                    all.append(value)?;
                    all.take(&rows)?
                }
            });
        }
        pl::DataFrame::new(height, columns)
    }

    /// The labels of intervals and those between them, and the row that each is taken from: those between, from the one
    /// after the last.
    fn between(&self, labels: &Column) -> PolarsResult<(Vec<i64>, Vec<IdxSize>)> {
        let found = match &self.dtype {
            DataType::Date => labels.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?.cast(&DataType::Int64)?,
            _ => labels.cast(&DataType::Int64)?,
        };
        let none = found.len() as IdxSize;
        let (mut all, mut rows) = (Vec::new(), Vec::new());
        let mut last = None;
        for (row, label) in found.i64()?.iter().flatten().enumerate() {
            if let Some(last) = last {
                let mut count = 1;
                loop {
                    let between = self.later(last, self.options.every * count)?;
                    if between >= label || between <= last {
                        break;
                    }
                    all.push(between);
                    rows.push(none);
                    count += 1;
                    if all.len() >= IdxSize::MAX as usize {
                        return Err(polars_err!(ComputeError: "there are more intervals than rows can be numbered"));
                    }
                }
            }
            all.push(label);
            rows.push(row as IdxSize);
            last = Some(label);
        }
        Ok((all, rows))
    }

    /// A label so much later.
    fn later(&self, label: i64, by: Duration) -> PolarsResult<i64> {
        let zone = match &self.dtype {
            DataType::Datetime(_, zone) => zone.as_ref().and_then(|zone: &TimeZone| zone.parse::<Tz>().ok()),
            _ => None,
        };
        match unit(&self.dtype) {
            TimeUnit::Nanoseconds => by.add_ns(label, zone.as_ref()),
            TimeUnit::Microseconds => by.add_us(label, zone.as_ref()),
            TimeUnit::Milliseconds => by.add_ms(label, zone.as_ref()),
        }
    }

    /// Labels as they are in the column.
    fn as_times(&self, labels: Series) -> PolarsResult<Column> {
        let labels = match &self.dtype {
            DataType::Date => labels.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?,
            _ => labels,
        };
        Ok(labels.cast(&self.dtype)?.into_column())
    }
}
