//! Parquet: files whose row groups are read when they are needed, and only the columns that are.

mod pages;

use super::faults::{FileFault, unpanicked};
use super::groups::{Bounds, Fields, Format, FrameReader, Group, is_looked_at};
use super::handle::{Handle, Ranges};
use super::listing::Planned;
use crate::bag::IntoPaths;
use polars::prelude::{
    ArrowField, ArrowSchema, Column, DataType, FileMetadata, ParquetReader as Reader, ParquetStatistics, PlSmallStr,
    SerReader, Series, deserialize, infer_schema,
};
use std::sync::Arc;

/// How Parquet files are to be read; see [`read_parquet`].
pub type ParquetReader = FrameReader<Parquet>;

/// Reads Parquet files as a dataframe; Dask's `read_parquet`. A path is a file, a pattern, or a directory, of which all
/// files below it are read whose names end in `.parquet`, `.parq` or `.pq`, in natural order, but for hidden ones.
///
/// The ends of all files are read at once, so that columns, types and numbers of rows are known; the data, when it is
/// needed. Of a partition's row groups only the needed columns are read, and of those to which a `filter` applies only
/// the row groups whose statistics do not rule it out. Directories that are named `column=value`, as Hive and Dask name
/// them, are columns. Files must not change in between, and if one did, the task fails and says so.
///
/// ```
/// use partita_collections::bag::on_reference;
/// use partita_collections::dataframe::{DataFrame, col, lit, read_parquet};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("cars");
/// let cars = df!("brand" => ["a", "b", "a"], "price" => [3, 5, 4])?;
/// on_reference(&DataFrame::from_polars(cars, 2).write_parquet(&path).finish()?)?;
/// let read = read_parquet(&path).finish()?;
/// assert_eq!((read.npartitions(), read.known_len()), (2, Some(3)));
/// let cheap = read.filter(col("price").lt(lit(4))).select([col("brand")]);
/// assert_eq!(on_reference(&cheap)?, df!("brand" => ["a"])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_parquet(paths: impl IntoPaths) -> ParquetReader {
    FrameReader::new(paths)
}

/// The end of a Parquet file, which tells of its row groups.
#[derive(Clone)]
pub struct Parquet {
    metadata: Arc<FileMetadata>,
    arrow: Arc<ArrowSchema>,
    fields: Arc<Fields>,
}

impl Parquet {
    fn statistics(&self, group: usize, field: &ArrowField, dtype: &DataType) -> Option<Bounds> {
        let group = &self.metadata.row_groups[group];
        let mut columns = group.columns_under_root_iter(&field.name)?;
        let raw = group.columns_under_root_iter(&field.name)?.next()?.statistics(&self.metadata.footer_buf)?.ok()?;
        if columns.len() != 1 || raw.as_int96().is_some() || raw.as_fixedlen().is_some() {
            return None;
        }
        let ParquetStatistics::Column(found) = deserialize(field, &mut columns, &self.metadata.footer_buf).ok()??
        else {
            return None;
        };
        let found = found.into_arrow().ok()?;
        let series = |value: Option<_>| Series::try_from((field, vec![value?])).ok();
        let (least, greatest) = (series(found.min_value), series(found.max_value));
        let nulls = found.null_count.and_then(|nulls| usize::try_from(nulls).ok());
        Bounds::new(dtype, group.num_rows(), nulls, least.as_ref(), greatest.as_ref())
    }

    /// A column of a row group; `None` if the file has none of this name.
    fn column(
        &self,
        ranges: &mut Ranges<'_>,
        planned: &Planned,
        group: usize,
        name: &str,
    ) -> Result<Option<Column>, FileFault> {
        let group = &self.metadata.row_groups[group];
        let (Some(field), Some(columns)) = (self.arrow.get(name), group.columns_under_root_iter(name)) else {
            return Ok(None);
        };
        let mut chunks = Vec::with_capacity(columns.len());
        for column in columns {
            let mut bytes = Vec::new();
            let read = ranges.append(column.byte_range(), &mut bytes);
            read.map_err(|error| FileFault::of(&planned.path, &error))?;
            // Every value that is no element of a list is a row.
            let values = u64::try_from(column.num_values()).unwrap_or(u64::MAX);
            let is_flat = column.descriptor().descriptor.max_rep_level == 0;
            let checked = match is_flat && values != group.num_rows() as u64 {
                true => Err(format!("it has {values} values in {} rows", group.num_rows())),
                false => pages::check(&bytes, values),
            };
            checked.map_err(|reason| planned.corrupt(Self::NAME, format!("column \"{name}\": {reason}")))?;
            chunks.push((column, bytes.into()));
        }
        let series = unpanicked(|| {
            let (arrays, _) = polars_io::parquet::read::_internal::to_deserializer(chunks, field.clone(), None)?;
            Series::try_from((field, arrays))
        });
        let series = series.map_err(|reason| planned.corrupt(Self::NAME, format!("column \"{name}\": {reason}")))?;
        match series.len() == group.num_rows() {
            true => Ok(Some(series.into())),
            false => {
                let reason = format!("column \"{name}\" has {} rows instead of {}", series.len(), group.num_rows());
                Err(planned.corrupt(Self::NAME, reason))
            }
        }
    }
}

impl Format for Parquet {
    const NAME: &'static str = "Parquet";
    const OPERATION: &'static str = "read_parquet";
    const EXTENSIONS: &'static [&'static str] = &["parquet", "parq", "pq"];
    const AT_END: bool = true;
    const APART: bool = true;

    fn open(file: Handle, size: u64) -> Result<Self, String> {
        let mut reader = Reader::new(file);
        let metadata = reader.get_metadata().map_err(|error| error.to_string())?.clone();
        let rows: usize = metadata.row_groups.iter().map(|group| group.num_rows()).sum();
        if rows != metadata.num_rows {
            return Err(format!("its row groups have {rows} rows, and it should have {}", metadata.num_rows));
        }
        let mut columns = metadata.row_groups.iter().flat_map(|group| group.parquet_columns());
        let data = size.saturating_sub(metadata.footer_buf.len() as u64);
        if columns.any(|column| column.byte_range().end > data) {
            return Err(format!("it has {size} bytes, and columns that end behind its data: it is cut short"));
        }
        let arrow = infer_schema(&metadata).map_err(|error| error.to_string())?;
        Ok(Parquet { metadata, fields: Arc::new(Fields::of(&arrow)), arrow: Arc::new(arrow) })
    }

    fn fields(&self) -> &Fields {
        &self.fields
    }

    fn groups(&self, is_read: &dyn Fn(&str) -> bool) -> Vec<Group> {
        let groups = self.metadata.row_groups.iter().map(|group| {
            let columns = group.parquet_columns().iter();
            let read = columns.filter(|column| is_read(&column.descriptor().path_in_schema[0]));
            let bytes = read.map(|column| u64::try_from(column.uncompressed_size()).unwrap_or(0)).sum();
            Group { rows: group.num_rows(), bytes }
        });
        groups.collect()
    }

    fn rows(&self, group: usize) -> usize {
        self.metadata.row_groups[group].num_rows()
    }

    fn bounds(&self, group: usize, name: &str) -> Option<Bounds> {
        let (field, dtype) = (self.arrow.get(name)?, self.fields.schema.get(name)?);
        // Without the order of columns, it is not said by which order the least value is the least.
        if !is_looked_at(dtype) || self.metadata.column_orders.is_none() {
            return None;
        }
        unpanicked(|| Ok::<_, String>(self.statistics(group, field, dtype))).ok().flatten()
    }

    fn columns(
        &self,
        file: &Handle,
        planned: &Planned,
        group: usize,
        names: &[PlSmallStr],
    ) -> Result<Vec<Option<Column>>, FileFault> {
        let row_group = &self.metadata.row_groups[group];
        let is_known = |name: &&PlSmallStr| self.arrow.contains(name);
        let columns =
            names.iter().filter(is_known).filter_map(|name| row_group.columns_under_root_iter(name)).flatten();
        let ranges = file.ranges(columns.map(|column| column.byte_range()));
        let mut ranges = ranges.map_err(|error| FileFault::of(&planned.path, &error))?;
        names.iter().map(|name| self.column(&mut ranges, planned, group, name)).collect()
    }
}
