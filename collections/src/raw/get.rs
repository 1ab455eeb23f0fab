//! Asking for keys of a graph written by hand.

use super::graph::Graph;
use partita_graph::{Data, Engine, Graph as Nodes, Key, Reference, RunError, Value};

/// One key or a structure of keys that gives a `T`: `"x"`, `("x", ("z", "w"))`, `vec!["x", "y"]`.
pub trait Keys<T> {
    /// The keys, in order.
    fn names(&self) -> Vec<&str>;

    /// Makes the result of the keys' values, taken in order.
    ///
    /// # Errors
    /// [`RunError::Type`] with the key and both types.
    fn collect(&self, values: &mut dyn Iterator<Item = Value>) -> Result<T, RunError>;
}

impl<T: Data + Clone> Keys<T> for &str {
    fn names(&self) -> Vec<&str> {
        vec![self]
    }

    fn collect(&self, values: &mut dyn Iterator<Item = Value>) -> Result<T, RunError> {
        let value = values.next().ok_or(RunError::Closed)?;
        value.take().map_err(|mismatch| RunError::Type { key: Key::named(*self), mismatch })
    }
}

macro_rules! tuples {
    ($(($($keys:ident $name:ident $index:tt),+))*) => {
        $(impl<$($keys: Keys<$name>, $name),+> Keys<($($name,)+)> for ($($keys,)+) {
            fn names(&self) -> Vec<&str> {
                let mut names = Vec::new();
                $(names.extend(self.$index.names());)+
                names
            }

            fn collect(&self, values: &mut dyn Iterator<Item = Value>) -> Result<($($name,)+), RunError> {
                Ok(($(self.$index.collect(values)?,)+))
            }
        })*
    };
}

tuples! {
    (K T 0)
    (K T 0, L U 1)
    (K T 0, L U 1, M V 2)
    (K T 0, L U 1, M V 2, N W 3)
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty;)*) => {
        $(impl<$($generics)*> Keys<Vec<T>> for $list {
            fn names(&self) -> Vec<&str> {
                self.iter().flat_map(Keys::<T>::names).collect()
            }

            fn collect(&self, values: &mut dyn Iterator<Item = Value>) -> Result<Vec<T>, RunError> {
                self.iter().map(|keys| keys.collect(values)).collect()
            }
        })*
    };
}

lists! {
    [K: Keys<T>, T] Vec<K>;
    [K: Keys<T>, T, const N: usize] [K; N];
}

/// Runs what some keys of a graph need on an engine, and gives their values.
///
/// # Errors
/// Missing keys, cycles, failing tasks, and keys of another type.
pub fn get_on<T>(engine: &dyn Engine, graph: &Graph, keys: impl Keys<T>) -> Result<T, RunError> {
    let outputs = graph.nodes(keys.names())?;
    let values = engine.run(Nodes::new(outputs).check()?)?;
    keys.collect(&mut values.into_iter())
}

/// On the calling thread, one task after the other.
pub mod synchronous {
    use super::{Graph, Keys, Reference, RunError, get_on};

    /// The values of some keys, as Dask's `local.get_sync`.
    ///
    /// # Errors
    /// Missing keys, cycles, failing tasks, and keys of another type.
    pub fn get<T>(graph: &Graph, keys: impl Keys<T>) -> Result<T, RunError> {
        get_on(&Reference, graph, keys)
    }
}
