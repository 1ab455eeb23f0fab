//! Conversions: dataframes as bags, arrays and delayed values, and back.

#[cfg(feature = "array")]
mod arrays;
mod bags;
mod delayed;

#[cfg(feature = "array")]
pub use arrays::Cell;
