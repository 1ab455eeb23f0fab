//! Graphs written by hand; see [`partita_collections::raw`].

pub use partita_collections::raw::{
    Graph, Keys, RawArg, RawArgs, RawTask, RawValue, get_on, synchronous, task, try_task, value,
};
