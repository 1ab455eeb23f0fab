//! Dataframes as arrays, and back.

use crate::Array;
use crate::array::Element;
use crate::array::chunk::Chunk;
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{Stop as ArrayStop, value_task_with};
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::{Built, Stop, fault, frame_task_of};
use crate::dataframe::names::IntoNames;
use crate::identity::Identity;
use crate::layer::{parts, read};
use partita_graph::{Fault, Plain};
use polars::prelude::{self as pl, DataType, IntoColumn, NamedFrom, PlSmallStr, PolarsResult, Series, polars_ensure};
use std::sync::Arc;

/// What columns and arrays have in common: numbers of the types `f64 f32 i64 i32 u8`.
///
/// ```
/// use partita_collections::dataframe::{Cell, DataType};
///
/// assert_eq!((f64::dtype(), u8::dtype()), (DataType::Float64, DataType::UInt8));
/// ```
pub trait Cell: Element {
    /// The type of a column of these.
    fn dtype() -> DataType;

    /// The values of a column of this type. Nulls are NaN, and an error where there is no NaN.
    ///
    /// # Errors
    /// If there are nulls that cannot be.
    fn values(column: &Series) -> PolarsResult<Vec<Self>>;

    /// A column of these values.
    fn column(name: PlSmallStr, values: Vec<Self>) -> Series;
}

macro_rules! cells {
    ($($native:ty, $dtype:ident, $view:ident, $null:expr;)*) => {
        $(impl Cell for $native {
            fn dtype() -> DataType {
                DataType::$dtype
            }

            fn values(column: &Series) -> PolarsResult<Vec<Self>> {
                let null: Option<Self> = $null;
                polars_ensure!(
                    null.is_some() || column.null_count() == 0,
                    ComputeError: "column \"{}\" has nulls, which {} cannot hold; `fill_null` takes them away",
                    column.name(), stringify!($native)
                );
                let null = null.unwrap_or_default();
                Ok(column.$view()?.iter().map(|value| value.unwrap_or(null)).collect())
            }

            fn column(name: PlSmallStr, values: Vec<Self>) -> Series {
                Series::new(name, values)
            }
        })*
    };
}

cells! {
    f64, Float64, f64, Some(f64::NAN);
    f32, Float32, f32, Some(f32::NAN);
    i64, Int64, i64, None;
    i32, Int32, i32, None;
    u8, UInt8, u8, None;
}

impl DataFrame {
    /// The columns as those of a matrix, with a block for each partition; Dask's `to_dask_array` and `values`. All of them
    /// are numbers or truths, and made into numbers of type `T`; one that it cannot hold is an error of its task. Nulls
    /// are NaN, or an error if `T` has none.
    ///
    /// How many rows a block has is [`UNKNOWN`] unless it is known of the partition.
    ///
    /// ```
    /// use partita_collections::{bag, dataframe::{DataFrame, polars::prelude::df}};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3], "y" => [0.5, 1.5, 2.5])?, 2);
    /// let x = frame.to_array::<f64>();
    /// assert_eq!(x.chunks(), [vec![1, 2], vec![2]]);
    /// assert_eq!(bag::on_reference(&x)?, ndarray::array![[1.0, 0.5], [2.0, 1.5], [3.0, 2.5]].into_dyn());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn to_array<T: Cell>(&self) -> Array<T> {
        if let Err(stop) = self.try_numbers() {
            let node = DataFrame::built(Err(stop)).node.clone();
            return Array::built(Err(ArrayStop::Before(node)));
        }
        let width = self.width();
        let lengths = match &self.facts.rows {
            Some(rows) => rows.clone(),
            None => vec![UNKNOWN; self.npartitions()],
        };
        let matrix = |frame: &pl::DataFrame| -> PolarsResult<Chunk<T>> {
            let (rows, width) = (frame.height(), frame.width());
            let mut all = vec![T::default(); rows * width];
            for (at, column) in frame.columns().iter().enumerate() {
                let values = T::values(&column.as_materialized_series().strict_cast(&T::dtype())?)?;
                values.into_iter().enumerate().for_each(|(row, value)| all[row * width + at] = value);
            }
            Ok(Chunk::new(&[rows, width], all))
        };
        let task = |part: partita_graph::Input| {
            let number = part.part;
            let function = value_task_with(number, move |&number, values| {
                let frame =
                    *read::<Frame>(values)?.first().ok_or_else(|| Fault::failed("a task was given no frame"))?;
                matrix(frame).map_err(|error| fault("to_array", number, error))
            });
            (function, std::iter::once(part).collect())
        };
        let tasks = parts(&self.node).map(task).collect();
        let grid = Grid::new(vec![lengths, vec![width]]);
        Array::built(
            grid.map_err(ArrayStop::from).map(|grid| Array::tasks("to-array", self.identity("to_array"), grid, tasks)),
        )
    }

    /// Whether all columns can be those of a matrix.
    fn try_numbers(&self) -> Built<()> {
        self.sound()?;
        if self.width() == 0 || self.npartitions() == 0 {
            let (what, expected) = ("the number of columns or partitions", "1 or more");
            return Err(FrameError::Argument { operation: "to_array", what, found: "0".into(), expected }.into());
        }
        for (name, dtype) in self.schema.iter() {
            if !dtype.is_primitive_numeric() && !dtype.is_bool() {
                return Err(FrameError::dtype("to_array", name, dtype, "a number or a truth").into());
            }
        }
        Ok(())
    }

    /// The columns of a matrix, or an array of one axis as one column, under these names; Dask's `from_dask_array` and
    /// `from_array`. There is a partition for each block along the first axis; a matrix that is cut along the other is
    /// put together along it.
    ///
    /// ```
    /// use partita_collections::Array;
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let x = Array::<i64>::arange(0, 6, 1, 6).reshape([3, 2]);
    /// let frame = DataFrame::from_array(&x, ["a", "b"]);
    /// assert_eq!(on_reference(&frame)?, df!("a" => [0i64, 2, 4], "b" => [1i64, 3, 5])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_array<T: Cell>(array: &Array<T>, columns: impl IntoNames) -> Self {
        DataFrame::built(DataFrame::try_from_array(array, columns.into_names()))
    }

    #[track_caller]
    fn try_from_array<T: Cell>(array: &Array<T>, columns: Vec<PlSmallStr>) -> Built<Self> {
        let operation = "from_array";
        let whole: Vec<bool> = (0..array.ndim()).map(|axis| axis > 0).collect();
        let whole = Array::built(array.sound().and_then(|array| array.whole_along(operation, &whole)));
        if whole.check().is_err() {
            return Err(Stop::Before(whole.node().clone()));
        }
        let width = match whole.shape() {
            [_] => 1,
            [_, width] => *width,
            _ => {
                let (what, expected) = ("the number of axes", "1 or 2");
                return Err(FrameError::Argument { operation, what, found: array.ndim().to_string(), expected }.into());
            }
        };
        let mut schema = pl::Schema::default();
        columns.iter().for_each(|name| drop(schema.insert(name.clone(), T::dtype())));
        if schema.len() != width || columns.len() != width {
            let (what, expected) = ("the list of names", "of one different name for each column");
            return Err(FrameError::Argument { operation, what, found: format!("{columns:?}"), expected }.into());
        }
        let lengths = whole.chunks()[0].clone();
        let facts = if lengths.contains(&UNKNOWN) { Facts::default() } else { Facts::of_rows(lengths) };
        let names = Arc::new(Plain(columns));
        let task = |part: partita_graph::Input| {
            let env = (operation, part.part, names.clone());
            let function = frame_task_of(env, |(operation, number, columns), values| {
                let chunk =
                    *read::<Chunk<T>>(values)?.first().ok_or_else(|| Fault::failed("a task was given no block"))?;
                let (all, width) = (chunk.to_vec(), columns.len());
                let column = |(at, name): (usize, &PlSmallStr)| {
                    let values = all.iter().skip(at).step_by(width).copied().collect();
                    T::column(name.clone(), values).into_column()
                };
                let made = pl::DataFrame::new_infer_height(columns.iter().enumerate().map(column).collect());
                made.map_err(|error| fault(operation, *number, error))
            });
            (function, std::iter::once(part).collect())
        };
        let tasks = parts(whole.node()).map(task).collect();
        Ok(DataFrame::tasks("from-array", Identity::of(operation).node(whole.node()), schema.into(), facts, tasks))
    }
}
