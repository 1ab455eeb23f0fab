//! What all collections have in common: outputs, a graph, a picture, and a way back from values to what a user wants.

use partita_graph::{Graph, Input, Key, Kind, Node, Place, Reader, RunError, Value};
use std::any::Any;
use std::sync::Arc;

/// A lazy collection: the parts of a graph that it asks for, and what is made of their values.
pub trait Collection {
    /// What computing it gives.
    type Output;

    /// The parts of nodes whose values it is made of.
    fn outputs(&self) -> Vec<Input>;

    /// Makes the result of the outputs' values, given in order.
    ///
    /// # Errors
    /// [`RunError::Type`] if a value is of another type than the collection's.
    fn assemble(&self, values: Vec<Value>) -> Result<Self::Output, RunError>;

    /// How the values of the outputs are read back from their written form, in order.
    fn readers(&self) -> Vec<Reader>;

    /// The same collection, made of results that an engine holds: one key, with what keeps it alive, for each output.
    #[must_use]
    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self
    where
        Self: Sized;

    /// Its graph.
    fn graph(&self) -> Graph {
        Graph::new(self.outputs())
    }
}

/// Takes a value out as a `T`, or says which key has another type.
///
/// # Errors
/// [`RunError::Type`] with both types.
pub fn take<T: partita_graph::Data + Clone>(value: Value, output: &Input) -> Result<T, RunError> {
    value.take().map_err(|mismatch| RunError::Type { key: output.node.part_key(output.part), mismatch })
}

/// A result that an engine holds, while the guard lives.
pub struct Held {
    /// Its key.
    pub key: Key,
    /// What keeps it.
    pub guard: Arc<dyn Any + Send + Sync>,
}

/// A node of results that an engine holds; `None` if there are none.
pub fn held_node(held: Vec<Held>, place: Place) -> Option<Arc<Node>> {
    let first = held.first()?.key.clone();
    let (keys, guards): (Vec<Key>, Vec<_>) = held.into_iter().map(|held| (held.key, held.guard)).unzip();
    let mut node = Node::new(first, Kind::Held(keys), place);
    node.extras.get_or_insert_default().guard = Some(Arc::new(guards));
    Some(Arc::new(node))
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {
        $(impl<$($name: Collection),+> Collection for ($($name,)+) {
            type Output = ($($name::Output,)+);

            fn outputs(&self) -> Vec<Input> {
                let mut outputs = Vec::new();
                $(outputs.extend(self.$index.outputs());)+
                outputs
            }

            fn readers(&self) -> Vec<Reader> {
                let mut readers = Vec::new();
                $(readers.extend(self.$index.readers());)+
                readers
            }

            fn assemble(&self, values: Vec<Value>) -> Result<Self::Output, RunError> {
                let mut values = values.into_iter();
                Ok(($({
                    let count = self.$index.outputs().len();
                    self.$index.assemble(values.by_ref().take(count).collect())?
                },)+))
            }

            fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
                let mut held = held.into_iter();
                ($({
                    let count = self.$index.outputs().len();
                    self.$index.rebuild(held.by_ref().take(count).collect(), place)
                },)+)
            }
        })*
    };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

impl<C: Collection> Collection for Vec<C> {
    type Output = Vec<C::Output>;

    fn outputs(&self) -> Vec<Input> {
        self.iter().flat_map(Collection::outputs).collect()
    }

    fn readers(&self) -> Vec<Reader> {
        self.iter().flat_map(Collection::readers).collect()
    }

    fn assemble(&self, values: Vec<Value>) -> Result<Self::Output, RunError> {
        let mut values = values.into_iter();
        self.iter()
            .map(|collection| {
                let count = collection.outputs().len();
                collection.assemble(values.by_ref().take(count).collect())
            })
            .collect()
    }

    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
        let mut held = held.into_iter();
        self.iter()
            .map(|collection| {
                let count = collection.outputs().len();
                collection.rebuild(held.by_ref().take(count).collect(), place)
            })
            .collect()
    }
}
