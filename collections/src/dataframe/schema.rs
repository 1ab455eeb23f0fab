//! Schemas: the columns of a dataframe and their types, known before anything is computed.

use super::DataFrame;
use super::error::{FrameError, FrameFault};
use super::layers::Built;
use partita_graph::Fault;
use polars::prelude::{self as pl, DataType, Expr, IntoLazy, LazyFrame, PlSmallStr, Schema, SchemaRef};

/// Columns and types, for identities and errors.
pub(crate) fn described(schema: &Schema) -> Vec<String> {
    schema.iter().map(|(name, dtype)| format!("{name}: {dtype}")).collect()
}

/// Whether a frame that a function made has the columns that it should have.
pub(crate) fn same(operation: &'static str, partition: u32, found: &Schema, expected: &Schema) -> Result<(), Fault> {
    match found == expected {
        true => Ok(()),
        false => Err(Fault::failed(FrameFault::Columns {
            operation,
            partition,
            found: described(found).join(", "),
            expected: described(expected).join(", "),
        })),
    }
}

/// A plan of no rows.
pub(crate) fn empty(schema: &Schema) -> LazyFrame {
    pl::DataFrame::empty_with_schema(schema).lazy()
}

impl DataFrame {
    /// The columns after a step.
    pub(crate) fn schema_after(
        &self,
        operation: &'static str,
        step: impl FnOnce(LazyFrame) -> LazyFrame,
    ) -> Built<SchemaRef> {
        self.sound()?;
        let found = step(empty(&self.schema)).collect_schema();
        Ok(found.map_err(|error| FrameError::of(operation, &self.schema, error))?)
    }

    /// The type of a column.
    pub(crate) fn dtype_of(&self, operation: &'static str, column: &str) -> Built<&DataType> {
        self.sound()?;
        match self.schema.get(column) {
            Some(dtype) => Ok(dtype),
            None => Err(FrameError::column(operation, column, &self.schema).into()),
        }
    }

    /// All of these columns are there.
    pub(crate) fn has_columns(&self, operation: &'static str, columns: &[PlSmallStr]) -> Built<()> {
        columns.iter().try_for_each(|column| self.dtype_of(operation, column).map(|_| ()))
    }

    /// All columns that expressions name are there.
    pub(crate) fn has_roots(&self, operation: &'static str, exprs: &[Expr]) -> Built<()> {
        self.sound()?;
        exprs.iter().try_for_each(|expr| self.has_columns(operation, &super::exprs::roots(expr)))
    }
}
