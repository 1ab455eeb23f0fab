//! Stacks: frames under each other.

use polars::prelude::{DataFrame, DataType, PolarsResult, Schema};
use polars::series::IsSorted;

/// Frames under each other, in memory that they share; all have the same columns.
pub(crate) fn stacked(frames: impl IntoIterator<Item = DataFrame>) -> PolarsResult<DataFrame> {
    let mut frames = frames.into_iter();
    let Some(first) = frames.next() else { return Ok(DataFrame::default()) };
    let Some(second) = frames.next() else { return Ok(first) };
    let mut all = first;
    for frame in std::iter::once(second).chain(frames) {
        all.vstack_mut_owned(frame)?;
    }
    // Where short ones are sorted, NaN is last, which some of Polars' aggregates of sorted values take for the largest.
    unflagged(all, DataType::is_float)
}

/// As [`stacked`], of frames with these columns, which may be none.
pub(crate) fn stacked_as(schema: &Schema, frames: Vec<DataFrame>) -> PolarsResult<DataFrame> {
    match frames.is_empty() {
        true => Ok(DataFrame::empty_with_schema(schema)),
        false => stacked(frames),
    }
}

/// The same frame, of which no column of some types is said to be sorted.
pub(crate) fn unflagged(frame: DataFrame, of: impl Fn(&DataType) -> bool) -> PolarsResult<DataFrame> {
    let height = frame.height();
    let mut columns = frame.into_columns();
    let some = columns.iter_mut().filter(|column| of(column.dtype()));
    some.for_each(|column| column.set_sorted_flag(IsSorted::Not));
    DataFrame::new(height, columns)
}
