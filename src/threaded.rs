//! Running graphs written by hand on the threads of the current cluster.

use crate::current;
use crate::error::Result;
use partita_collections::raw::{Graph, Keys, get_on};

/// The values of some keys, as Dask's `threaded.get`: on the current client, or on a local cluster that is started once.
///
/// ```
/// use partita::prelude::*;
/// use partita::raw::Graph;
///
/// let graph = Graph::new().value("x", 1i64).task("y", |x: i64| x + 1, ("x",));
/// assert_eq!(threaded::get::<(i64, i64)>(&graph, ("x", "y"))?, (1, 2));
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// Missing keys, cycles, failing tasks, and keys of another type.
pub fn get<T>(graph: &Graph, keys: impl Keys<T>) -> Result<T> {
    Ok(get_on(&current::client()?, graph, keys)?)
}
