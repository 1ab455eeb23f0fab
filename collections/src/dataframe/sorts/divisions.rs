//! Divisions: bounds by which rows are divided among partitions, checked, searched and computed.

use super::order::{Order, Texts};
use crate::dataframe::DataFrame;
use crate::dataframe::error::{FrameError, FrameFault};
use crate::dataframe::facts::{Divisions, Facts};
use crate::dataframe::layers::{Built, Lazy, fault, planned};
use crate::dataframe::threads::alone;
use crate::identity::Identity;
use crate::layer::inputs;
use partita_graph::{Fault, Plain, travels_as_data};
use polars::prelude::{
    self as pl, AnyValue, BooleanChunked, Column, IntoColumn, IntoLazy, PlSmallStr, PolarsResult, Series, col,
};
use serde::{Deserialize, Serialize};

impl DataFrame {
    /// One partition with one column: the bounds by which the rows are divided among the partitions, one more than there
    /// are partitions. Dask's `compute_current_divisions`; [`DataFrame::with_divisions`] takes them.
    ///
    /// If a partition does not begin above the last value of the one before it, computing is an error. Nulls and NaN do
    /// not count, and if there is nothing else, there are no bounds.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 2);
    /// let bounds = on_reference(&frame.compute_divisions("x"))?;
    /// assert_eq!(bounds, df!("x" => [1, 3, 4])?);
    /// let divided = frame.with_divisions("x", bounds.column("x")?.as_materialized_series().clone());
    /// assert!(divided.divisions().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn compute_divisions(&self, column: &str) -> Self {
        DataFrame::built(self.try_compute_divisions(column.into()))
    }

    #[track_caller]
    fn try_compute_divisions(&self, column: PlSmallStr) -> Built<Self> {
        let operation = "compute_divisions";
        let is_float = self.dtype_of(operation, &column)?.is_float();
        let values = if is_float { col(column.clone()).drop_nans() } else { col(column.clone()) };
        let ends = [values.clone().min().alias("least"), values.max().alias("most")];
        let identity = self.identity(operation).data(&column.as_str());
        let each = self.step(operation, identity.clone(), Facts::default(), move |plan| plan.select(&ends))?;
        let schema = self.schema_after(operation, |plan| plan.select([col(column.clone())]))?;
        let all = each.gathered();
        let block = planned((operation, Plain(column)), |(operation, column), _, flows| {
            let [flow] = inputs(flows)?;
            let ends = Lazy::of(flow, 0)?.collect()?;
            Ok(Lazy::new(alone(|| bounds_of(operation, column, &ends))?.lazy(), operation, 0))
        });
        let reads = vec![all.node.clone().into()];
        Ok(DataFrame::blocks(operation, identity.data(&"bounds"), schema, Facts::default(), 1, reads, block))
    }
}

/// The bounds of partitions whose least and largest values are known; those without rows have none.
fn bounds_of(operation: &'static str, column: &PlSmallStr, ends: &pl::DataFrame) -> Result<pl::DataFrame, Fault> {
    let wrong = |error| fault(operation, 0, error);
    let (least, most) = (ends.column("least").map_err(wrong)?, ends.column("most").map_err(wrong)?);
    let texts = |column: &Column| Order::ascending(column.name().clone()).texts(ends).map_err(wrong);
    let (first, last) = (texts(least)?, texts(most)?);
    let (first, last): (Vec<&[u8]>, Vec<&[u8]>) = (first.iter().collect(), last.iter().collect());
    let filled: Vec<usize> = (0..ends.height()).filter(|&part| least.get(part).is_ok_and(|x| !x.is_null())).collect();
    let unsorted = |part: usize, found: String, expected: String| {
        let (partition, column) = (part as u32, column.to_string());
        Fault::failed(FrameFault::Undivided { operation, partition, column, found, expected })
    };
    let text = |column: &Column, part: usize| column.get(part).map_or_else(|_| String::new(), |x| x.to_string());
    if let Some(pair) = filled.windows(2).find(|pair| last[pair[0]] >= first[pair[1]]) {
        let expected = format!("above {}, with which partition {} ends", text(most, pair[0]), pair[0]);
        return Err(unsorted(pair[1], text(least, pair[1]), expected));
    }
    // A partition without rows begins where the next one does.
    let next = |part: usize| filled.get(filled.partition_point(|&other| other < part)).copied();
    let Some(&end) = filled.last() else { return Ok(least.slice(0, 0).with_name(column.clone()).into_frame()) };
    if end + 1 < ends.height() {
        return Err(unsorted(end + 1, "no values".into(), format!("above {}", text(most, end))));
    }
    let rows: Vec<pl::IdxSize> = (0..ends.height()).filter_map(next).map(|part| part as pl::IdxSize).collect();
    let mut bounds = least.take(&pl::IdxCa::from_vec("".into(), rows)).map_err(wrong)?;
    bounds.append(&most.slice(end as i64, 1)).map_err(wrong)?;
    Ok(bounds.with_name(column.clone()).rechunk().into_frame())
}

/// The bounds as a column of the frame's type, if there are two or more, in order.
pub(super) fn checked_bounds(
    frame: &DataFrame,
    operation: &'static str,
    column: &PlSmallStr,
    bounds: &Series,
) -> Built<Series> {
    let dtype = frame.dtype_of(operation, column)?;
    let found = || format!("{:?}", bounds.iter().take(8).map(|bound| bound.to_string()).collect::<Vec<_>>());
    let refused = |expected| FrameError::Argument { operation, what: "`bounds`", found: found(), expected };
    let alike = bounds.dtype() == dtype || (bounds.dtype().is_primitive_numeric() && dtype.is_primitive_numeric());
    if !alike {
        return Err(
            FrameError::dtype(operation, column, dtype, format!("{}, as the bounds are", bounds.dtype())).into()
        );
    }
    let cast = bounds.strict_cast(dtype).map_err(|_| refused("values of the column's type"))?.with_name(column.clone());
    if cast.len() < 2 {
        return Err(refused("two or more, one more than partitions").into());
    }
    if unordered(&cast.clone().into_column()).any() {
        return Err(refused("without nulls and NaN").into());
    }
    let sorted = Order::ascending(column.clone()).texts(&cast.clone().into_frame());
    let texts = sorted.map_err(|error| FrameError::of(operation, &frame.schema, error))?;
    match texts.iter().is_sorted() {
        true => Ok(cast.rechunk()),
        false => Err(refused("sorted").into()),
    }
}

/// There is one bound more than partitions.
pub(super) fn one_more(operation: &'static str, bounds: &Series, parts: usize) -> Result<(), FrameError> {
    let found = format!("{} for {parts} partitions", bounds.len());
    let expected = "one more than there are partitions";
    match bounds.len() == parts + 1 {
        true => Ok(()),
        false => Err(FrameError::Argument { operation, what: "the number of `bounds`", found, expected }),
    }
}

/// Which values have no place between bounds: nulls and NaN.
fn unordered(column: &Column) -> BooleanChunked {
    let nulls = column.is_null();
    match column.is_nan() {
        Ok(nan) if column.dtype().is_float() => nulls | nan,
        _ => nulls,
    }
}

impl Divisions {
    /// An identity that depends on them.
    pub(super) fn identified(&self, identity: Identity) -> Identity {
        let values: Vec<String> = self.bounds.iter().map(|bound| format!("{bound:?}")).collect();
        identity.data(&(self.by.as_str(), self.bounds.dtype().to_string(), values))
    }
}

travels_as_data!(Bounds);

/// Bounds that rows are looked up in.
#[derive(Serialize, Deserialize)]
pub(super) struct Bounds {
    order: Order,
    values: Series,
}

impl Bounds {
    pub(super) fn of(column: PlSmallStr, values: Series) -> Self {
        Bounds { order: Order::ascending(column), values }
    }

    fn texts(&self) -> PolarsResult<Texts> {
        self.order.texts(&self.values.clone().into_frame())
    }

    /// The partition of each row: nulls have none, and NaN belong to the last one. A value out of all bounds is an error.
    pub(super) fn numbers(
        &self,
        operation: &'static str,
        partition: u32,
        frame: &pl::DataFrame,
    ) -> Result<Vec<Option<u32>>, Fault> {
        let wrong = |error| fault(operation, partition, error);
        let column = frame.column(&self.order.by[0]).map_err(wrong)?;
        let (bounds, texts, unordered) =
            (self.texts().map_err(wrong)?, self.order.texts(frame).map_err(wrong)?, unordered(column));
        let bounds: Vec<&[u8]> = bounds.iter().collect();
        let (last, parts) = (bounds[bounds.len() - 1], bounds.len() - 1);
        let number = |(row, (text, is_unordered)): (usize, (&[u8], Option<bool>))| match is_unordered {
            Some(true) if column.get(row).is_ok_and(|value| value.is_null()) => Ok(None),
            Some(true) => Ok(Some(parts as u32 - 1)),
            _ => match bounds.partition_point(|bound| *bound <= text) {
                0 => Err(self.outside(operation, partition, column.get(row).map_err(wrong)?, 0, parts)),
                _ if text > last => Err(self.outside(operation, partition, column.get(row).map_err(wrong)?, 0, parts)),
                above => Ok(Some(above.min(parts) as u32 - 1)),
            },
        };
        texts.iter().zip(unordered.iter()).enumerate().map(number).collect()
    }

    /// A value is not between two bounds.
    pub(super) fn outside(
        &self,
        operation: &'static str,
        partition: u32,
        value: AnyValue,
        from: usize,
        to: usize,
    ) -> Fault {
        let bound = |at: usize| self.values.get(at).map_or_else(|_| String::new(), |bound| bound.to_string());
        Fault::failed(FrameFault::Undivided {
            operation,
            partition,
            column: self.order.by[0].to_string(),
            found: value.to_string(),
            expected: format!("between {} and {}", bound(from), bound(to)),
        })
    }
}
