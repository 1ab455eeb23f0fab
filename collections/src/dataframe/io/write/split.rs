//! Splits: the rows of a partition by the directories that they go to.

use super::super::hive::named;
use polars::prelude::{Column, DataFrame, GroupsIndicator, IdxCa, NewChunkedArray, PlSmallStr, PolarsResult};
use std::path::PathBuf;

/// The rows for each directory in the order in which they are first seen, without the columns that it tells of.
pub(super) fn split(frame: &DataFrame, by: &[PlSmallStr]) -> PolarsResult<Vec<(PathBuf, DataFrame)>> {
    if by.is_empty() {
        return Ok(vec![(PathBuf::new(), frame.clone())]);
    }
    let kept: Vec<Column> = frame.columns().iter().filter(|column| !by.contains(column.name())).cloned().collect();
    let kept = DataFrame::new(frame.height(), kept)?;
    let groups = frame.group_by_stable(by.iter().cloned())?.into_groups();
    let firsts: Vec<u32> = groups.iter().map(|group| group.first()).collect();
    let firsts = IdxCa::from_slice(PlSmallStr::EMPTY, &firsts);
    let mut directories = vec![PathBuf::new(); groups.len()];
    for column in by {
        let values = frame.column(column)?.take(&firsts)?;
        let names = named(values.as_materialized_series())?;
        directories.iter_mut().zip(names).for_each(|(directory, name)| directory.push(name));
    }
    let rows = groups.iter().map(|group| match group {
        GroupsIndicator::Idx((_, rows)) => kept.take(&IdxCa::from_slice(PlSmallStr::EMPTY, rows)),
        GroupsIndicator::Slice([start, length]) => Ok(kept.slice(i64::from(start), length as usize)),
    });
    directories.into_iter().zip(rows).map(|(directory, rows)| Ok((directory, rows?))).collect()
}
