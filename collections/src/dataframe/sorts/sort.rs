//! Sorting: rows moved to partitions by bounds that samples give, and each partition sorted.

use super::order::Order;
use super::sample::{PARTITION, ROW};
use crate::dataframe::DataFrame;
use crate::dataframe::layers::{Built, fault};
use crate::dataframe::names::IntoNames;
use crate::dataframe::shuffle::buckets::sorted;
use partita_graph::travels_as_data;
use polars::prelude::{self as pl, PlSmallStr, PolarsResult, SortMultipleOptions};
use serde::{Deserialize, Serialize};

impl DataFrame {
    /// All rows, sorted by columns; Dask's `sort_values`. Rows that are alike stay in their order, as with Polars'
    /// `maintain_order`, which need not be set.
    ///
    /// Rows are moved once, to as many partitions of about as many rows each, however often a key is there: rows with the
    /// same key may be in several partitions ([`DataFrame::set_index`] keeps them together). What each partition has to
    /// hold at a time is its own rows. Some of all are looked at before: files, and steps of Polars' on them, are read twice
    /// for that, first for the columns that say the order; what else there is below is kept until then.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{SortMultipleOptions, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [2, 1, 2], "y" => ["a", "b", "c"])?, 2);
    /// let sorted = frame.sort(["x", "y"], SortMultipleOptions::new().with_order_descending_multi([true, false]));
    /// assert_eq!(on_reference(&sorted)?, df!("x" => [2, 2, 1], "y" => ["a", "c", "b"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sort(&self, by: impl IntoNames, options: SortMultipleOptions) -> Self {
        DataFrame::built(self.try_sort(by.into_names(), &options))
    }

    #[track_caller]
    fn try_sort(&self, by: Vec<PlSmallStr>, options: &SortMultipleOptions) -> Built<Self> {
        let order = Order::of(self, "sort", by, options)?;
        self.ordered("sort", order, Ties::Apart)
    }

    /// All rows in an order.
    #[track_caller]
    pub(super) fn ordered(&self, operation: &'static str, order: Order, ties: Ties) -> Built<Self> {
        let into = self.npartitions();
        let moved = match into {
            1 => self.clone(),
            _ => {
                let bounds = self.bounds(operation, &order, into)?;
                let identity = self.identity("moved").node(&bounds.node).data(&(ties == Ties::Apart));
                let order = order.clone();
                let env = (operation, order, ties, into);
                self.split(operation, identity, vec![bounds.node], into, env, |env, index, frame, others| {
                    let (operation, order, ties, into) = env;
                    let numbers = numbers(index, frame, &others[0], order, *ties);
                    let parts = numbers.and_then(|numbers| sorted(frame, &numbers, *into));
                    parts.map_err(|error| fault(operation, index, error))
                })
            }
        };
        moved.split_like(self).each_sorted(operation, order)
    }

    /// Each partition sorted for itself.
    #[track_caller]
    pub(super) fn each_sorted(&self, operation: &'static str, order: Order) -> Built<Self> {
        let identity = order.identified(self.identity("sort"));
        self.step(operation, identity, self.facts.moved_rows(), move |plan| {
            plan.sort(order.by.clone(), order.options())
        })
    }
}

travels_as_data!(Ties);

/// Where rows with the same key go.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ties {
    /// To one partition.
    Together,
    /// To several if there are many, by where they were.
    Apart,
}

/// The partition of each row: how many of the bounds are not above it.
fn numbers(
    partition: u32,
    frame: &pl::DataFrame,
    bounds: &pl::DataFrame,
    order: &Order,
    ties: Ties,
) -> PolarsResult<Vec<u32>> {
    let (keys, texts) = (order.texts(bounds)?, order.texts(frame)?);
    let places =
        bounds.column(PARTITION)?.u32()?.into_no_null_iter().zip(bounds.column(ROW)?.idx()?.into_no_null_iter());
    let bounds: Vec<(&[u8], (u32, pl::IdxSize))> = keys.iter().zip(places).collect();
    // Most bounds differ in their first bytes, which are compared at once.
    let starts: Vec<u128> = bounds.iter().map(|(text, _)| start(text)).collect();
    let number = |(row, text): (usize, &[u8])| {
        let is_below = |bound: &(&[u8], (u32, pl::IdxSize))| match ties {
            Ties::Together => bound.0 <= text,
            Ties::Apart => *bound <= (text, (partition, row as pl::IdxSize)),
        };
        let first = start(text);
        let below = starts.partition_point(|other| *other < first);
        let is_alike = starts.get(below) == Some(&first);
        let alike = if is_alike { starts[below..].partition_point(|other| *other == first) } else { 0 };
        (below + bounds[below..below + alike].partition_point(is_below)) as u32
    };
    Ok(texts.iter().enumerate().map(number).collect())
}

/// The first bytes of a text, as a number: where two differ, they compare as their texts do.
#[inline(always)]
fn start(text: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    match text.first_chunk() {
        Some(first) => bytes = *first,
        None => bytes[..text.len()].copy_from_slice(text),
    }
    u128::from_be_bytes(bytes)
}
