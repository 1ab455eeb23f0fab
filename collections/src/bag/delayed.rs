//! Bags and items as delayed values, and back.

use super::{Bag, Element, Item};
use crate::delayed::Delayed;
use partita_graph::{Data, FromValues, Function, Inputs, Key, Kind, Node, Place, Value};
use std::any::type_name;
use std::sync::Arc;

impl<T: Element> Bag<T> {
    /// Each partition as a delayed list; Dask's `to_delayed`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let parts = Bag::<i64>::range(5, 2).to_delayed();
    /// assert_eq!(on_reference(&parts)?, [vec![0, 1], vec![2, 3, 4]]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    pub fn to_delayed(&self) -> Vec<Delayed<Vec<T>>> {
        (0..self.npartitions() as u32).map(|part| Delayed::from_node(self.node().clone(), part)).collect()
    }

    /// A bag whose partitions are delayed lists; Dask's `from_delayed`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference, delayed};
    ///
    /// let parts = (1..4).map(|n| delayed(|n: usize| vec![n; n], (n,)));
    /// assert_eq!(on_reference(&Bag::from_delayed(parts))?, [1, 2, 2, 3, 3, 3]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_delayed(parts: impl IntoIterator<Item = Delayed<Vec<T>>>) -> Self {
        let same: Function = Arc::new(FromValues::new(type_name::<Vec<T>>(), |inputs: &[Value]| Ok(inputs[0].clone())));
        let tasks: Vec<(Function, Inputs)> =
            parts.into_iter().map(|part| (same.clone(), Inputs::from_iter([part.input()]))).collect();
        let node = Node::new(Key::unique("from_delayed"), Kind::Tasks(tasks), Place::here());
        Bag::from_node(Arc::new(node))
    }
}

impl<T: Data + Clone> Item<T> {
    /// The item as a delayed value; Dask's `Item.to_delayed`.
    pub fn to_delayed(&self) -> Delayed<T> {
        Delayed::from_node(self.node().clone(), 0)
    }

    /// The item of a delayed value; Dask's `Item.from_delayed`.
    ///
    /// ```
    /// use partita_collections::{bag::{Item, on_reference}, delayed};
    ///
    /// let item = Item::from_delayed(&delayed(|a: i64, b: i64| a + b, (1, 2)));
    /// assert_eq!(on_reference(&item.map(|sum| sum * 10))?, 30);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_delayed(value: &Delayed<T>) -> Self {
        let same: Function = Arc::new(FromValues::new(type_name::<T>(), |inputs: &[Value]| Ok(inputs[0].clone())));
        let inputs = Inputs::from_iter([value.input()]);
        let node = Node::new(Key::unique("from_delayed"), Kind::Call { function: same, inputs }, Place::here());
        Item::from_node(Arc::new(node))
    }
}
