//! Fields: the columns of a file, and those of types that frames of this build do not have.

use polars::prelude::{ArrowDataType, ArrowSchema, PlSmallStr, Schema, SchemaExt};

/// The columns of a file.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Those that can be read, and their types as Polars has them.
    pub(in super::super) schema: Schema,
    /// Those that cannot, and their types as Arrow has them.
    pub(in super::super) unreadable: Vec<(PlSmallStr, String)>,
}

impl Fields {
    pub(in super::super) fn of(fields: &ArrowSchema) -> Self {
        let (readable, unreadable): (Vec<_>, Vec<_>) = fields.iter().partition(|(_, field)| is_readable(field.dtype()));
        let readable: ArrowSchema = readable.into_iter().map(|(name, field)| (name.clone(), field.clone())).collect();
        let told = unreadable.into_iter().map(|(name, field)| (name.clone(), format!("{:?}", field.dtype())));
        Fields { schema: Schema::from_arrow_schema(&readable), unreadable: told.collect() }
    }
}

/// Whether Polars, with the features that it is built with here, has a type; it panics over others.
fn is_readable(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as D;
    match dtype {
        D::List(inner) | D::LargeList(inner) | D::Map(inner, _) => is_readable(inner.dtype()),
        D::Struct(fields) => fields.iter().all(|field| is_readable(field.dtype())),
        D::Dictionary(_, value, _) => is_readable(value),
        D::Null
        | D::Boolean
        | D::Int8
        | D::Int16
        | D::Int32
        | D::Int64
        | D::UInt8
        | D::UInt16
        | D::UInt32
        | D::UInt64
        | D::Float32
        | D::Float64
        | D::Timestamp(..)
        | D::Date32
        | D::Date64
        | D::Time32(_)
        | D::Time64(_)
        | D::Duration(_)
        | D::Binary
        | D::FixedSizeBinary(_)
        | D::LargeBinary
        | D::BinaryView
        | D::Utf8
        | D::LargeUtf8
        | D::Utf8View => true,
        _ => false,
    }
}
