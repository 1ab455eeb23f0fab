//! Values that Python reads too: bytes, plain data, arrays and tables.
//!
//! | what Python sees | family | data |
//! |---|---|---|
//! | `bytes` | `dask`, type `bytes` | the bytes |
//! | `None`, numbers, texts, tuples, dictionaries | `msgpack` | a value of msgpack |
//! | `numpy.ndarray` | `dask`, type `numpy.ndarray` | the elements, row by row |
//! | `pyarrow.Table` | `dask`, type `pyarrow.lib.Table` | a stream of Arrow IPC |

mod collection;
mod data;
mod error;
mod plain;
mod shards;

pub use data::{Elements, Seen};
pub use error::ValueError;
