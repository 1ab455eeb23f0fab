//! Items: single lazy values, as reductions give them.

use super::Element;
use super::error::{At, Raise, Users};
use crate::Collection;
use crate::collection::{Held, held_node};
use crate::identity::Identity;
use crate::layer::task;
use partita_graph::{Data, Fault, Input, Kind, Node, Place, Plain, Reader, RunError, Travels, Value};
use smallvec::smallvec;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A single lazy value: a bag's sum, its number of elements, … Cloning it is a pointer copy.
///
/// ```
/// use partita_collections::{Bag, bag::on_reference};
///
/// let sum = Bag::<i64>::range(5, 2).sum();
/// assert_eq!(on_reference(&sum)?, 10);
/// assert!(format!("{sum}").starts_with("Item<i64>(\"sum-aggregate-"));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
pub struct Item<T> {
    node: Arc<Node>,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Item<T> {
    fn clone(&self) -> Self {
        Item { node: self.node.clone(), value: PhantomData }
    }
}

impl<T: Data + Clone> Item<T> {
    /// The item whose value is the first part of a node.
    ///
    /// ```
    /// use partita_collections::bag::{Item, on_reference};
    /// use partita_graph::{Key, Kind, Node, Place, Value};
    /// use std::sync::Arc;
    ///
    /// let node = Node::new(Key::unique("mine"), Kind::Data(vec![Value::new(7i64)]), Place::here());
    /// assert_eq!(on_reference(&Item::<i64>::from_node(Arc::new(node)))?, 7);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    pub fn from_node(node: Arc<Node>) -> Self {
        Item { node, value: PhantomData }
    }

    /// The node whose first part is its value.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Its value, as an input of another node.
    pub(crate) fn input(&self) -> Input {
        Input { node: self.node.clone(), part: 0 }
    }

    /// The value made into another; Dask's `Item.apply`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let count = Bag::<i64>::range(5, 2).count();
    /// assert_eq!(on_reference(&count.map(|n| n * 10))?, 50);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map<U: Data + Clone, F>(&self, f: F) -> Item<U>
    where
        F: Fn(T) -> U + Send + Sync + 'static,
    {
        let identity = self.identity().function(&f);
        self.mapped(identity, (), move |(), value| Ok::<_, Infallible>(f(value)))
    }

    /// As [`Item::map`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let mean = Bag::<i64>::range(0, 1).mean().try_map(|mean| mean.ok_or("nothing there"));
    /// assert!(on_reference(&mean).unwrap_err().to_string().ends_with("nothing there"));
    /// ```
    #[track_caller]
    pub fn try_map<U: Data + Clone, E, F>(&self, f: F) -> Item<U>
    where
        E: Into<super::BoxError>,
        F: Fn(T) -> Result<U, E> + Send + Sync + 'static,
    {
        let identity = self.identity().function(&f);
        self.mapped(identity, (), move |(), value| f(value).map_err(Users::error))
    }

    /// As [`Item::map`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let count = Bag::<i64>::range(5, 2).count().map_with(100, |hundred, n| hundred * n);
    /// assert_eq!(on_reference(&count)?, 500);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_with<V: Element, U: Data + Clone, F>(&self, env: V, f: F) -> Item<U>
    where
        F: Fn(&V, T) -> U + Send + Sync + 'static,
    {
        let identity = self.identity().data(&env).function(&f);
        self.mapped(identity, Plain(env), move |env, value| Ok::<_, Infallible>(f(env, value)))
    }

    fn identity(&self) -> Identity {
        Identity::of("apply").node(&self.node)
    }

    #[track_caller]
    fn mapped<V: Travels, U: Data + Clone, E: Raise>(
        &self,
        identity: Identity,
        env: V,
        f: impl Fn(&V, T) -> Result<U, E> + Send + Sync + 'static,
    ) -> Item<U> {
        let function = task(env, move |env, values| {
            let value = values.first().cloned().ok_or_else(|| Fault::failed("an item was given no input"))?;
            let value = value.take().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
            f(env, value).map_err(|error| error.raise("apply", At::Value))
        });
        let kind = Kind::Call { function, inputs: smallvec![self.input()] };
        Item::from_node(Arc::new(Node::new(identity.key::<U>("apply"), kind, Place::here())))
    }
}

impl<T: Data + Clone> Collection for Item<T> {
    type Output = T;

    fn outputs(&self) -> Vec<Input> {
        vec![self.input()]
    }

    fn readers(&self) -> Vec<Reader> {
        vec![Reader::of::<T>()]
    }

    fn assemble(&self, mut values: Vec<Value>) -> Result<T, RunError> {
        let output = self.input();
        match values.pop() {
            Some(value) => crate::collection::take(value, &output),
            None => Err(RunError::Cancelled {
                key: output.node.part_key(output.part),
                reason: "the engine gave no value for it".into(),
            }),
        }
    }

    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
        held_node(held, place).map_or_else(|| self.clone(), Item::from_node)
    }
}

impl<T> fmt::Display for Item<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item<{}>(\"{}\")", super::short_name::<T>(), self.node.key)
    }
}

impl<T> fmt::Debug for Item<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
