//! What can be wrong with a dataframe: with an expression when it is written, and with data when it is computed.

use super::io::FileFault;
use polars::prelude::{DataType, PolarsError, Schema};
use std::fmt;

/// Why a dataframe could not be built, found before any work starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// There is no such column.
    #[error("`{operation}`: there is no column \"{name}\"{}; there are {}", Nearest(.nearest), Names(.columns))]
    Column {
        /// What was asked for.
        operation: &'static str,
        /// The name that no column has.
        name: String,
        /// Names that are like it, the nearest first.
        nearest: Vec<String>,
        /// All names that there are.
        columns: Vec<String>,
    },
    /// The types of an expression do not fit, or it makes no sense for another reason.
    #[error("`{operation}`: {message}")]
    Expression {
        /// What was asked for.
        operation: &'static str,
        /// What is wrong, in Polars' words.
        message: String,
    },
    /// A column is of another type than an operation needs.
    #[error("`{operation}`: column \"{column}\" is of type {found}, and has to be {expected}; `cast` makes it so")]
    Type {
        /// What was asked for.
        operation: &'static str,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What it has to be.
        expected: String,
    },
    /// Key columns of a join are of different types.
    #[error(
        "`{operation}`: key column \"{left}\" is of type {left_type}, and \"{right}\" on the right side of type \
         {right_type}; `cast` one of them"
    )]
    Keys {
        /// What was asked for.
        operation: &'static str,
        /// The column of the left side.
        left: String,
        /// Its type.
        left_type: String,
        /// The column of the right side.
        right: String,
        /// Its type.
        right_type: String,
    },
    /// Two frames that are put together have other columns.
    #[error("`{operation}`: the frames have other columns: {}, and {}", Names(.left), Names(.right))]
    Schemas {
        /// What was asked for.
        operation: &'static str,
        /// Columns of the first, with their types.
        left: Vec<String>,
        /// Columns of the other.
        right: Vec<String>,
    },
    /// An expression needs to see rows of other partitions.
    #[error("`{operation}`: `{expression}` depends on rows of other partitions; {remedy}")]
    AllRows {
        /// What was asked for.
        operation: &'static str,
        /// The expression.
        expression: String,
        /// What to write instead.
        remedy: &'static str,
    },
    /// A function of the user's did not say what columns it makes.
    #[error(
        "`{operation}`: what columns the function makes could not be learned from a frame without rows: {message}; \
         `{operation}_to` takes them as well"
    )]
    Meta {
        /// What was asked for.
        operation: &'static str,
        /// What the function said.
        message: String,
    },
    /// Something that was given is out of its range.
    #[error("`{operation}`: {what} is {found}, and has to be {expected}")]
    Argument {
        /// What was asked for.
        operation: &'static str,
        /// What was given.
        what: &'static str,
        /// Its value.
        found: String,
        /// What it has to be.
        expected: &'static str,
    },
}

impl FrameError {
    /// An error of Polars' about an expression.
    pub(crate) fn of(operation: &'static str, schema: &Schema, error: PolarsError) -> Self {
        let error = root(error);
        let message = error.to_string();
        if let PolarsError::ColumnNotFound(text) | PolarsError::SchemaFieldNotFound(text) = &error {
            let text = text.to_string();
            let name = text.split('"').nth(1).unwrap_or_else(|| text.split(['\n', ';']).next().unwrap_or(&text).trim());
            return FrameError::column(operation, name, schema);
        }
        FrameError::Expression {
            operation,
            message: message.split("\n\nResolved plan until failure").next().unwrap_or(&message).to_string(),
        }
    }

    /// There is no column of this name.
    pub(crate) fn column(operation: &'static str, name: &str, schema: &Schema) -> Self {
        let columns: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
        FrameError::Column { operation, name: name.to_string(), nearest: nearest(name, &columns), columns }
    }

    /// A column is of the wrong type.
    pub(crate) fn dtype(operation: &'static str, column: &str, found: &DataType, expected: impl fmt::Display) -> Self {
        FrameError::Type {
            operation,
            column: column.to_string(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }
}

/// What is at the bottom of an error.
fn root(mut error: PolarsError) -> PolarsError {
    while let PolarsError::Context { error: inner, .. } | PolarsError::ExprContext { error: inner, .. } = error {
        error = *inner;
    }
    error
}

/// Names that are like this one: with another case, or few letters changed.
fn nearest(name: &str, names: &[String]) -> Vec<String> {
    let lower = name.to_lowercase();
    let mut near: Vec<(usize, &String)> = names
        .iter()
        .map(|other| (strsim::damerau_levenshtein(&lower, &other.to_lowercase()), other))
        .filter(|(distance, other)| *distance <= 1.max(name.chars().count().min(other.chars().count()) / 3))
        .collect();
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(3).map(|(_, other)| other.clone()).collect()
}

/// Names that might have been meant.
struct Nearest<'a>(&'a [String]);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            near => write!(f, "; did you mean {}?", quoted(near, " or ")),
        }
    }
}

/// Some names of many.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        match self.0.len() {
            0 => f.write_str("none"),
            1..=SHOWN => f.write_str(&quoted(self.0, ", ")),
            all => write!(f, "{} and {} more", quoted(&self.0[..SHOWN], ", "), all - SHOWN),
        }
    }
}

fn quoted(names: &[String], between: &str) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(between)
}

/// What can go wrong with the data of a dataframe while it is computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameFault {
    /// Polars could not do it.
    #[error("`{operation}` in partition {partition}: {message}")]
    Polars {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// What went wrong, in Polars' words.
        message: String,
    },
    /// A function of the user's made a frame of other columns than it said.
    #[error("`{operation}` in partition {partition}: the function made columns {found}, and said {expected}")]
    Columns {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// Columns and their types.
        found: String,
        /// What they should be.
        expected: String,
    },
    /// A row is in another partition than bounds say.
    #[error(
        "`{operation}` in partition {partition}: column \"{column}\" has {found}, and has to be {expected}; `set_index` \
         brings rows where they belong"
    )]
    Undivided {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// The column that rows are divided by.
        column: String,
        /// The value, or what else is there.
        found: String,
        /// Where it should be.
        expected: String,
    },
    /// A column that rows have to be sorted by is not: the key of a join as of a time, the times of windows.
    #[error(
        "`{operation}` in partition {partition}: key column \"{column}\" is not sorted: {found} comes before {before}; \
         `sort` or `set_index` brings rows in order"
    )]
    Unsorted {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// The key column.
        column: String,
        /// The first value that is out of order.
        found: String,
        /// The value after it.
        before: String,
    },
    /// Rows that a shuffle moves could not be kept in a file.
    #[error("`{operation}` in partition {partition}: {message}")]
    Spill {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// What went wrong, where, and what helps.
        message: String,
    },
    /// A function of the user's made another number of rows than it was given.
    #[error(
        "`{operation}` in partition {partition}: the function made {found} rows of {expected}, and has to make as many"
    )]
    Rows {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// Rows that it made.
        found: usize,
        /// Rows that it was given.
        expected: usize,
    },
    /// A file could not be read.
    #[error("`{operation}` in partition {partition}: {fault}")]
    File {
        /// What was to be done.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// What went wrong.
        fault: FileFault,
    },
}

impl FrameFault {
    /// An error of Polars' about data.
    pub(crate) fn of(operation: &'static str, partition: u32, error: PolarsError) -> Self {
        let error = root(error);
        if let PolarsError::IO { error, .. } = &error
            && let Some(fault) = error.get_ref().and_then(|error| error.downcast_ref::<FileFault>())
        {
            return FrameFault::File { operation, partition, fault: fault.clone() };
        }
        let message = error.to_string();
        let message = match &error {
            // Polars' remedy, to take the first value, would make something else.
            PolarsError::ShapeMismatch(_) => {
                let first = message.split("\n\n").next().unwrap_or(&message);
                format!("{first}. If the lengths fit over all rows, `repartition(1)` brings these together")
            }
            _ => message,
        };
        FrameFault::Polars { operation, partition, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        let names = ["price", "brand", "Année", "km", "k"].map(String::from);
        assert_eq!(nearest("Price", &names), ["price"]);
        assert_eq!(nearest("pirce", &names), ["price"]);
        assert_eq!(nearest("annee", &names), ["Année"]);
        assert_eq!(nearest("kn", &names), ["km", "k"]);
        assert!(nearest("country", &names).is_empty());
    }
}
