//! Graphs written by hand: keys, values and tasks, as Dask's dictionaries.
//!
//! ```
//! use partita_collections::raw::{Graph, synchronous, task, value};
//!
//! fn sum(numbers: Vec<i64>) -> i64 {
//!     numbers.iter().sum()
//! }
//! let graph = Graph::new()
//!     .value("x", 1i64)
//!     .value("y", 2i64)
//!     .task("z", |x: i64, y: i64| x + y, ("x", "y"))
//!     .task("w", sum, (["x", "y", "z"],))
//!     .task("v", |s: i64, two: i64| vec![s, two], (task(sum, (["w", "z"],)), value(2i64)));
//! assert_eq!(synchronous::get::<(i64, (i64, i64), Vec<i64>)>(&graph, ("x", ("z", "w"), "v"))?, (1, (3, 6), vec![9, 2]));
//! # Ok::<(), partita_graph::RunError>(())
//! ```

mod arg;
mod check;
mod get;
mod graph;

pub use arg::{RawArg, RawArgs, RawTask, RawValue, task, try_task, value};
pub use get::{Keys, get_on, synchronous};
pub use graph::Graph;
