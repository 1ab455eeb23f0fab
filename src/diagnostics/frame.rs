//! Executions as a dataframe, and as a file of Parquet.

use partita_collections::dataframe::polars::prelude::{Column, DataFrame, PolarsError};
use partita_profiler::export::{ExportError, Row, replace, rows};
use partita_profiler::run::Run;
use polars_io::parquet::write::ParquetWriter;
use std::io;
use std::path::Path;

/// The executions that a run keeps as a frame of Polars', one a row, with the columns `key`, `group`, `worker`, `thread`,
/// `started_ns`, `stopped_ns`, `duration_ns`, `nbytes`, `ok`, `file` and `line`.
///
/// ```
/// use partita::diagnostics::to_dataframe;
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(2).start()?;
/// let watching = cluster.client().watch()?;
/// Bag::<i64>::from_sequence(0..100, 10).map(|x| x * x).sum().compute()?;
/// let run = watching.finish()?;
/// let frame = to_dataframe(&run).expect("all columns have a row for each execution");
/// assert_eq!(frame.height() as u64, run.executions().count);
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// Those of Polars, if there are more rows than it has numbers for.
pub fn to_dataframe(run: &Run) -> Result<DataFrame, PolarsError> {
    let rows: Vec<Row> = rows(run).collect();
    let text = |name: &str, of: fn(&Row) -> Option<&str>| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<Option<&str>>>())
    };
    let number = |name: &str, of: fn(&Row) -> u64| Column::new(name.into(), rows.iter().map(of).collect::<Vec<u64>>());
    let columns = vec![
        text("key", |row| Some(&row.key)),
        text("group", |row| Some(&row.group)),
        text("worker", |row| Some(&row.worker)),
        Column::new("thread".into(), rows.iter().map(|row| row.thread).collect::<Vec<u32>>()),
        number("started_ns", |row| row.started),
        number("stopped_ns", |row| row.stopped),
        number("duration_ns", Row::duration),
        number("nbytes", |row| row.nbytes),
        Column::new("ok".into(), rows.iter().map(|row| row.ok).collect::<Vec<bool>>()),
        text("file", |row| row.file.as_deref()),
        Column::new("line".into(), rows.iter().map(|row| row.line).collect::<Vec<Option<u32>>>()),
    ];
    DataFrame::new(rows.len(), columns)
}

/// Writes the executions that a run keeps into a file of Parquet; the columns are those of [`to_dataframe`].
///
/// # Errors
/// [`ExportError`].
pub fn parquet(run: &Run, path: impl AsRef<Path>) -> Result<(), ExportError> {
    replace(path.as_ref(), |file| {
        let mut frame = to_dataframe(run).map_err(io::Error::other)?;
        ParquetWriter::new(file).finish(&mut frame).map_err(io::Error::other)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::{Bag, Compute, LocalCluster};
    use partita_collections::dataframe::{on_reference, read_parquet};

    #[test]
    fn parquet_reads_back_as_the_frame() {
        let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
        let watching = cluster.client().watch().unwrap();
        let sum = Bag::<i64>::from_sequence(0..12, 12).map(|x| x * x).sum();
        assert_eq!(sum.compute_on(&cluster.client()).unwrap(), 506);
        let run = watching.finish().unwrap();
        let frame = to_dataframe(&run).unwrap();
        assert_eq!((frame.height() as u64, frame.width()), (run.executions().count, 11));
        let busy: u64 = frame.column("duration_ns").unwrap().u64().unwrap().into_no_null_iter().sum();
        assert_eq!(u128::from(busy), run.executions().busy.as_nanos());

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.parquet");
        parquet(&run, &path).unwrap();
        let read = on_reference(&read_parquet(&path).finish().unwrap()).unwrap();
        assert!(read.equals_missing(&frame), "{read} {frame}");
        cluster.close().unwrap();
    }
}
