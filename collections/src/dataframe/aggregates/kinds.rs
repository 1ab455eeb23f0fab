//! Kinds of columns: those that methods over all columns make something of.

use crate::dataframe::error::FrameError;
use polars::prelude::{DataType, PlSmallStr, Schema};

/// What an aggregate can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers and truths.
    Numbers,
    /// Numbers, and no truths.
    OnlyNumbers,
    /// Truths.
    Truths,
    /// What has an order: numbers, truths, texts, times.
    Ordered,
    /// Anything.
    Any,
}

impl Kind {
    pub(crate) fn has(self, dtype: &DataType) -> bool {
        match self {
            Kind::Numbers => dtype.is_primitive_numeric() || dtype.is_bool(),
            Kind::OnlyNumbers => dtype.is_primitive_numeric(),
            Kind::Truths => dtype.is_bool(),
            Kind::Ordered => !dtype.is_nested() && !matches!(dtype, DataType::Null | DataType::Unknown(_)),
            Kind::Any => true,
        }
    }

    /// The columns of this kind, which there has to be one of.
    pub(crate) fn columns(
        self,
        operation: &'static str,
        schema: &Schema,
        except: &[PlSmallStr],
    ) -> Result<Vec<PlSmallStr>, FrameError> {
        let of_kind = schema.iter().filter(|(name, dtype)| self.has(dtype) && !except.contains(name));
        let columns: Vec<PlSmallStr> = of_kind.map(|(name, _)| name.clone()).collect();
        if columns.is_empty() {
            let what = match self {
                Kind::Numbers | Kind::OnlyNumbers => "the number of columns of numbers",
                Kind::Truths => "the number of columns of truths",
                Kind::Ordered => "the number of columns that have an order",
                Kind::Any => "the number of columns",
            };
            return Err(FrameError::Argument { operation, what, found: "0".into(), expected: "at least 1" });
        }
        Ok(columns)
    }
}
