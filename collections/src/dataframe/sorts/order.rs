//! Orders: by which columns rows are sorted, and texts of bytes that are sorted as their rows are.

use crate::dataframe::DataFrame;
use crate::dataframe::error::{FrameError, FrameFault};
use crate::dataframe::layers::{Built, fault};
use crate::dataframe::threads::alone;
use crate::identity::Identity;
use partita_graph::{Fault, travels_as_data};
use polars::chunked_array::ops::row_encode::_get_rows_encoded_ca;
use polars::prelude::{
    self as pl, BinaryOffsetChunked, Column, DataType, PlSmallStr, PolarsResult, SortMultipleOptions,
};
use serde::{Deserialize, Serialize};

travels_as_data!(Order);

/// By which columns rows are sorted, and how each is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) by: Vec<PlSmallStr>,
    pub(crate) descending: Vec<bool>,
    pub(crate) nulls_last: Vec<bool>,
}

impl Order {
    /// An order of a dataframe's rows, if there are such columns.
    pub(crate) fn of(
        frame: &DataFrame,
        operation: &'static str,
        by: Vec<PlSmallStr>,
        options: &SortMultipleOptions,
    ) -> Built<Self> {
        frame.has_columns(operation, &by)?;
        if by.is_empty() {
            let expected = "one column or several";
            return Err(FrameError::Argument { operation, what: "`by`", found: "no column".into(), expected }.into());
        }
        let each = |what, flags: &[bool]| match flags {
            [all] => Ok(vec![*all; by.len()]),
            flags if flags.len() == by.len() => Ok(flags.to_vec()),
            flags => {
                let expected = "one for all columns, or one for each";
                Err(FrameError::Argument { operation, what, found: format!("{flags:?}"), expected })
            }
        };
        let descending = each("`descending`", &options.descending)?;
        let nulls_last = each("`nulls_last`", &options.nulls_last)?;
        Ok(Order { by, descending, nulls_last })
    }

    /// The order of a column from its smallest value, with nulls last.
    pub(crate) fn ascending(column: PlSmallStr) -> Self {
        Order { by: vec![column], descending: vec![false], nulls_last: vec![true] }
    }

    /// An identity that depends on it.
    pub(crate) fn identified(&self, identity: Identity) -> Identity {
        let names: Vec<&str> = self.by.iter().map(PlSmallStr::as_str).collect();
        identity.data(&(names, &self.descending, &self.nulls_last))
    }

    /// What Polars calls it; rows that are alike stay in their order.
    pub(crate) fn options(&self) -> SortMultipleOptions {
        SortMultipleOptions {
            descending: self.descending.clone(),
            nulls_last: self.nulls_last.clone(),
            multithreaded: false,
            maintain_order: true,
            limit: None,
        }
    }

    /// For each row a text of bytes; two compare as their rows do.
    pub(crate) fn texts(&self, frame: &pl::DataFrame) -> PolarsResult<Texts> {
        let keys: PolarsResult<Vec<Column>> = self.by.iter().map(|name| frame.column(name).cloned()).collect();
        let texts = _get_rows_encoded_ca("".into(), &keys?, &self.descending, &self.nulls_last, false)?;
        Ok(Texts(texts.rechunk().into_owned()))
    }
}

/// Texts of bytes that are sorted as their rows are.
pub(crate) struct Texts(BinaryOffsetChunked);

impl Texts {
    /// Them all, in the order of their rows.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.downcast_iter().flat_map(|array| array.values_iter())
    }
}

/// A frame is sorted by its column `key`, nulls apart, which the user calls `shown`.
pub(crate) fn in_order(
    operation: &'static str,
    partition: u32,
    frame: &pl::DataFrame,
    key: &PlSmallStr,
    shown: &str,
) -> Result<(), Fault> {
    match alone(|| descent(frame, key)).map_err(|error| fault(operation, partition, error))? {
        None => Ok(()),
        Some((found, before)) => {
            let column = shown.to_string();
            Err(Fault::failed(FrameFault::Unsorted { operation, partition, column, found, before }))
        }
    }
}

/// The first value that is above the one after it, and that one.
fn descent(frame: &pl::DataFrame, key: &PlSmallStr) -> PolarsResult<Option<(String, String)>> {
    let values = frame.column(key)?.drop_nulls();
    let at = match values.dtype().is_temporal() || values.dtype().is_signed_integer() {
        true => {
            let numbers = values.to_physical_repr().cast(&DataType::Int64)?;
            let numbers = numbers.i64()?;
            numbers.iter().zip(numbers.iter().skip(1)).position(|(one, next)| one > next)
        }
        false => {
            let texts = Order::ascending(key.clone()).texts(&values.clone().into_frame())?;
            texts.iter().zip(texts.iter().skip(1)).position(|(one, next)| one > next)
        }
    };
    at.map(|at| Ok((values.get(at)?.to_string(), values.get(at + 1)?.to_string()))).transpose()
}
