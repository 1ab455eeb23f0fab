//! Tests of the collections as their users see them.

#![allow(clippy::unwrap_used)]

#[cfg(feature = "array")]
mod array_blocks;
#[cfg(feature = "array")]
mod array_elementwise;
#[cfg(feature = "array")]
mod array_fft;
#[cfg(feature = "array")]
mod array_half_known;
#[cfg(feature = "array")]
mod array_index;
#[cfg(feature = "array")]
mod array_joins;
#[cfg(feature = "array")]
mod array_joins_any;
#[cfg(feature = "array")]
mod array_joins_refused;
#[cfg(feature = "array")]
mod array_linalg;
#[cfg(feature = "array")]
mod array_linalg_refused;
#[cfg(feature = "array")]
mod array_lines;
#[cfg(feature = "array")]
mod array_lines_of_code;
#[cfg(feature = "array")]
mod array_odd;
#[cfg(feature = "array")]
mod array_picture;
#[cfg(feature = "array")]
mod array_random;
#[cfg(feature = "array")]
mod array_reductions;
#[cfg(feature = "array")]
mod array_scans;
#[cfg(feature = "array")]
mod array_stats;
#[cfg(feature = "array")]
mod array_store;
#[cfg(feature = "array")]
mod array_turns;
#[cfg(feature = "array")]
mod array_unknown;
#[cfg(feature = "zarr")]
mod array_zarr;
mod bag_empty;
mod bag_misc;
mod bag_ops;
mod bag_seed;
mod bag_text;
mod bag_write;
#[cfg(feature = "dataframe")]
mod frame_aggregates;
#[cfg(feature = "dataframe")]
mod frame_append;
#[cfg(feature = "dataframe")]
mod frame_cardinality;
#[cfg(feature = "cloud")]
mod frame_cloud;
#[cfg(feature = "cloud")]
mod frame_cloud_faults;
#[cfg(all(feature = "dataframe", not(feature = "cloud")))]
mod frame_cloud_off;
#[cfg(feature = "cloud")]
mod frame_cloud_server;
#[cfg(feature = "cloud")]
mod frame_cloud_write;
#[cfg(feature = "dataframe")]
mod frame_convert;
#[cfg(feature = "dataframe")]
mod frame_core;
#[cfg(feature = "dataframe")]
mod frame_csv;
#[cfg(feature = "dataframe")]
mod frame_csv_refused;
#[cfg(feature = "dataframe")]
mod frame_groups;
#[cfg(feature = "dataframe")]
mod frame_indicator;
#[cfg(feature = "dataframe")]
mod frame_intervals;
#[cfg(feature = "dataframe")]
mod frame_ipc;
#[cfg(feature = "dataframe")]
mod frame_joins;
#[cfg(feature = "dataframe")]
mod frame_lifted;
#[cfg(feature = "dataframe")]
mod frame_names;
#[cfg(feature = "dataframe")]
mod frame_names_of_times;
#[cfg(feature = "dataframe")]
mod frame_ndjson;
#[cfg(feature = "dataframe")]
mod frame_needs;
#[cfg(feature = "dataframe")]
mod frame_options;
#[cfg(feature = "dataframe")]
mod frame_parquet;
#[cfg(feature = "dataframe")]
mod frame_rows;
#[cfg(feature = "dataframe")]
mod frame_sampling;
#[cfg(feature = "dataframe")]
mod frame_shuffles;
#[cfg(feature = "dataframe")]
mod frame_sorts;
#[cfg(feature = "dataframe")]
mod frame_times;
#[cfg(feature = "dataframe")]
mod frame_windows;
#[cfg(feature = "dataframe")]
mod frame_write;
#[cfg(feature = "dataframe")]
mod frames;

mod through;
mod travels;

use partita_collections::bag::Element;
use partita_collections::{Bag, Collection};
use partita_graph::{Key, Kind, Node, Place, RunError, Value};
use std::sync::Arc;

/// As the function of the same name, and each task is run a second time as another process would run it.
fn on_reference<C: Collection>(collection: &C) -> Result<C::Output, RunError> {
    through::watch();
    let result = partita_collections::bag::on_reference(collection);
    let wrong = through::wrong();
    assert!(wrong.is_empty(), "tasks do not travel: {wrong:#?}");
    result
}

/// The result of a collection that must compute.
fn run<C: Collection>(collection: &C) -> C::Output {
    on_reference(collection).unwrap()
}

/// A bag of just these partitions.
fn bag_of<T: Element>(partitions: &[Vec<T>]) -> Bag<T> {
    let values = partitions.iter().cloned().map(Value::new).collect();
    Bag::from_node(Arc::new(Node::new(Key::unique("data"), Kind::Data(values), Place::here())))
}
