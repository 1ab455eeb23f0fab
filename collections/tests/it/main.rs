//! Tests of the collections as their users see them.

#![allow(clippy::unwrap_used)]

mod array_elementwise;
mod array_joins;
mod array_random;
mod array_turns;
mod array_fft;
mod array_linalg;
mod bag_empty;
mod bag_misc;
mod bag_ops;
mod bag_seed;
mod bag_text;
mod bag_write;

use partita_collections::bag::{Element, on_reference};
use partita_collections::{Bag, Collection};
use partita_graph::{Key, Kind, Node, Place, Value};
use std::sync::Arc;

/// The result of a collection that must compute.
fn run<C: Collection>(collection: &C) -> C::Output {
    on_reference(collection).unwrap()
}

/// A bag of just these partitions.
fn bag_of<T: Element>(partitions: &[Vec<T>]) -> Bag<T> {
    let values = partitions.iter().cloned().map(Value::new).collect();
    Bag::from_node(Arc::new(Node::new(Key::unique("data"), Kind::Data(values), Place::here())))
}
