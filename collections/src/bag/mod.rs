//! Bags: collections of arbitrary values in partitions, for text, records and anything else without columns.
//!
//! A bag is lazy: its methods build a graph and touch no element. Partition-wise operations (`map`, `filter`,
//! `flatten`, …) run as one task a partition, whatever their number, and hand elements on one by one without keeping
//! them; reductions (`fold`, `frequencies`, …) take them from there.
//!
//! ```
//! use partita_collections::{Bag, bag::on_reference};
//!
//! let even = Bag::<String>::from_sequence(["0", "1", "2", "3", "4"], 2)
//!     .try_map(|text| text.parse::<i64>())
//!     .filter(|n| n % 2 == 0);
//! let total = even.fold(0, |sum, n| sum + n);
//! assert_eq!(on_reference(&(even, total))?, (vec![0, 2, 4], 6));
//! # Ok::<(), partita_graph::RunError>(())
//! ```
//!
//! # Forms of an operation
//!
//! An operation that takes functions comes in up to three forms. `map(f)` is the plain one. `try_map(f)` is for
//! functions that can fail: the first error ends the task, as an [`ElementError`] that names the element.
//! `map_with(env, f)` hands `&env` to the function along with each element: a function that captures nothing can be
//! named in another process of the same executable and compared with others, so that equal bags share their tasks; data
//! belongs into `env`.

mod error;
mod item;
mod layer;
mod pieces;
mod steps;
mod stream;

mod accumulate;
mod associative;
mod concat;
mod counts;
mod delayed;
mod distinct;
mod elementwise;
mod extremes;
mod flatten;
mod float;
mod fold;
mod fold_by;
mod frequencies;
mod group_by;
mod join;
mod keyed;
mod logic;
mod partitions;
mod pluck;
pub(crate) mod random;
mod reduction;
mod repartition;
mod runs;
mod source;
mod stats;
mod strings;
mod take;
pub(crate) mod text;
mod tuples;
mod words;
mod zip;

pub use associative::{NotAssociative, verify_associative};
pub use counts::Counts;
pub use error::{BagError, BagFault, BoxError, ElementError};
pub use float::Float;
pub use item::Item;
pub use pluck::Pluck;
pub use stats::Number;
pub use stream::Elements;
pub use strings::Strings;
#[cfg(feature = "dataframe")]
pub(crate) use text::Encoder;
pub use text::{
    Compression, EncodingErrors, IntoPaths, Line, MAX_LINE, ReadError, ReadText, TextFault, WriteError, read_text,
};
pub use words::{for_each_word, into_words, words};

use crate::Collection;
use crate::collection::{Held, held_node};
use partita_graph::{Data, Engine, Input, Node, Place, Reader, Reference, RunError, Value};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a bag may hold: [`Data`] that can be cloned. Implemented for every such type.
pub trait Element: Data + Clone {}

impl<T: Data + Clone> Element for T {}

/// Partial results that are combined by one task, unless [`Bag::split_every`] says otherwise.
pub const SPLIT_EVERY: usize = 8;

/// A lazy collection of values in partitions. Cloning it is a pointer copy.
///
/// Elements are ordered, within a partition and from one to the next; every operation keeps the order or says what it
/// makes of it.
///
/// ```
/// use partita_collections::Bag;
///
/// let bag = Bag::<String>::from_sequence(["a", "b", "c"], 2).map(|text| text.len());
/// assert_eq!(bag.npartitions(), 2);
/// assert!(format!("{bag}").starts_with("Bag<usize>(2 partitions, \"map-"));
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
pub struct Bag<T> {
    node: Arc<Node>,
    split_every: usize,
    elements: PhantomData<fn() -> T>,
}

impl<T> Clone for Bag<T> {
    fn clone(&self) -> Self {
        Bag { node: self.node.clone(), split_every: self.split_every, elements: PhantomData }
    }
}

impl<T: Element> Bag<T> {
    fn new(node: Arc<Node>, split_every: usize) -> Self {
        Bag { node, split_every, elements: PhantomData }
    }

    /// The bag whose partitions are the parts of a node; each part's value must be a `Vec<T>`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    /// use partita_graph::{Key, Kind, Node, Place, Value};
    /// use std::sync::Arc;
    ///
    /// let parts = vec![Value::new(vec![1i64, 2]), Value::new(vec![3i64])];
    /// let node = Node::new(Key::unique("mine"), Kind::Data(parts), Place::here());
    /// let bag = Bag::<i64>::from_node(Arc::new(node));
    /// assert_eq!(on_reference(&bag)?, [1, 2, 3]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    pub fn from_node(node: Arc<Node>) -> Self {
        Bag::new(node, SPLIT_EVERY)
    }

    /// The node whose parts are its partitions.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// How many partitions it has.
    pub fn npartitions(&self) -> usize {
        self.node.parts() as usize
    }

    /// The same bag, whose reductions (and those of bags made from it) combine up to `n` partial results in one task,
    /// at least 2; Dask's `split_every`. It is [`SPLIT_EVERY`] if not set. `usize::MAX` combines all at once.
    ///
    /// ```
    /// use partita_collections::{Bag, Collection};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..16, 16);
    /// assert_eq!(bag.sum().graph().check()?.len(), 16 + 16 + 2 + 1, "two tasks combine eight each");
    /// assert_eq!(bag.split_every(16).sum().graph().check()?.len(), 16 + 16 + 1);
    /// # Ok::<(), partita_graph::GraphError>(())
    /// ```
    pub fn split_every(&self, n: usize) -> Self {
        Bag { split_every: n.max(2), ..self.clone() }
    }

    /// Its partitions, as inputs of other nodes.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        crate::layer::parts(&self.node).collect()
    }
}

impl<T: Element> Collection for Bag<T> {
    type Output = Vec<T>;

    fn outputs(&self) -> Vec<Input> {
        self.inputs()
    }

    fn readers(&self) -> Vec<Reader> {
        vec![Reader::of::<Vec<T>>(); self.node.parts() as usize]
    }

    fn assemble(&self, values: Vec<Value>) -> Result<Vec<T>, RunError> {
        let mut all = Vec::new();
        for (value, output) in values.into_iter().zip(self.inputs()) {
            let mut partition: Vec<T> = crate::collection::take(value, &output)?;
            match all.is_empty() {
                true => all = partition,
                false => all.append(&mut partition),
            }
        }
        Ok(all)
    }

    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
        held_node(held, place).map_or_else(|| self.clone(), |node| Bag::new(node, self.split_every))
    }
}

impl<T> fmt::Display for Bag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.node.parts() == 1 { "" } else { "s" };
        write!(f, "Bag<{}>({} partition{plural}, \"{}\")", short_name::<T>(), self.node.parts(), self.node.key)
    }
}

impl<T> fmt::Debug for Bag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of a type without the paths: `Vec<String>` for `alloc::vec::Vec<alloc::string::String>`.
fn short_name<T>() -> String {
    let full = std::any::type_name::<T>();
    let mut short = String::with_capacity(full.len());
    for piece in full.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != ':') {
        let end = piece.len() - usize::from(piece.ends_with(|c: char| !c.is_alphanumeric() && c != '_' && c != ':'));
        let (path, after) = piece.split_at(end);
        short.push_str(path.rsplit("::").next().unwrap_or(path));
        short.push_str(after);
    }
    short
}

/// Computes a collection on the [`Reference`] engine: one task after the other, on the calling thread. The oracle of
/// tests, and of the examples on these pages; programs use a cluster's `compute`.
///
/// # Errors
/// Whatever is wrong with the graph, or the first task that failed.
///
/// ```
/// use partita_collections::{Bag, bag::on_reference};
///
/// assert_eq!(on_reference(&Bag::<i64>::range(3, 2))?, [0, 1, 2]);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub fn on_reference<C: Collection>(collection: &C) -> Result<C::Output, RunError> {
    collection.assemble(Reference.run(collection.graph().check()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_are_short() {
        assert_eq!(short_name::<Vec<(String, Option<i64>)>>(), "Vec<(String, Option<i64>)>");
        assert_eq!(short_name::<std::collections::HashMap<String, [u8; 4]>>(), "HashMap<String, [u8; 4]>");
    }
}
