//! What can be wrong with a bag: when it is built, when a task of it runs, and which element a function failed for.

use partita_graph::Fault;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;

/// An error of any type, as users' functions return it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An operation that cannot be built on these bags; nothing has run.
///
/// ```
/// use partita_collections::{Bag, bag::BagError};
///
/// let left = Bag::<i64>::from_sequence([1, 2, 3], 3);
/// let right = Bag::<i64>::from_sequence([1, 2, 3], 2);
/// let error = left.zip(&right).unwrap_err();
/// assert_eq!(error, BagError::PartitionCounts { operation: "zip", left: 3, right: 2 });
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BagError {
    /// Two bags that are walked side by side have different numbers of partitions.
    #[error(
        "`{operation}` needs two bags with the same number of partitions, and these have {left} and {right}: \
         `.repartition({left})` the second one"
    )]
    PartitionCounts {
        /// The operation.
        operation: &'static str,
        /// Partitions of the first bag.
        left: usize,
        /// Partitions of the second bag.
        right: usize,
    },
    /// A bag that each partition of another one reads as a whole has not one partition.
    #[error("`{operation}` needs a second bag with one partition, and it has {found}: `.repartition(1)` it")]
    NotOnePartition {
        /// The operation.
        operation: &'static str,
        /// How many it has.
        found: usize,
    },
    /// A probability outside of 0 to 1.
    #[error("`{operation}` needs a probability from 0 to 1, not {found}")]
    Probability {
        /// The operation.
        operation: &'static str,
        /// What was given.
        found: f64,
    },
    /// A pattern for text that cannot be read.
    #[error("the pattern `{pattern}` cannot be read: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// What a task of a bag can find wrong with its data; the source of the task's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BagFault {
    /// Two partitions that are walked side by side have different numbers of elements.
    #[error(
        "`{operation}` walks two bags side by side, and in partition {partition} the {shorter} one ends after \
         {length} elements: bags must be partitioned alike"
    )]
    Uneven {
        /// The operation.
        operation: &'static str,
        /// The partition.
        partition: u32,
        /// Which of the two is shorter: `first` or `second`.
        shorter: &'static str,
        /// How many elements that one has.
        length: u64,
    },
    /// More elements were asked for than there are.
    #[error("a sample of {wanted} elements was asked for, and there are only {found}")]
    SampleTooLarge {
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: u64,
    },
    /// Elements were to be chosen from an empty bag.
    #[error("{wanted} elements were to be chosen from an empty bag")]
    Empty {
        /// How many were asked for.
        wanted: usize,
    },
    /// An element has nothing under the key that was plucked.
    #[error("the element has nothing under the key {key}; `pluck_or` takes a default")]
    Missing {
        /// The key.
        key: String,
    },
}

/// A user's function failed for one element.
///
/// The error that the function returned is kept: it is the [source](Error::source), and [`cause`](Self::cause) takes
/// it back to its type.
///
/// ```
/// use partita_collections::{Bag, bag::{ElementError, on_reference}};
/// use partita_graph::RunError;
/// use std::num::ParseIntError;
///
/// let bag = Bag::<String>::from_sequence(["1", "2", "three"], 1).try_map(|text| text.parse::<i64>());
/// let Err(RunError::Task(error)) = on_reference(&bag) else { panic!("`three` is no number") };
/// assert!(error.to_string().ends_with("`try_map` at element 2 of partition 0: invalid digit found in string"));
/// let element = error.downcast_ref::<ElementError>().unwrap();
/// assert!(element.cause::<ParseIntError>().is_some());
/// ```
#[derive(Debug)]
pub struct ElementError {
    operation: &'static str,
    at: At,
    source: BoxError,
}

/// Where in a bag a function was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// For one element of a partition.
    Element { partition: u32, index: u64 },
    /// For a partition as a whole.
    Partition(u32),
    /// While results of several partitions were combined.
    Combining,
    /// For a single value.
    Value,
}

impl ElementError {
    /// The partition, unless results of several ones were being combined.
    pub fn partition(&self) -> Option<u32> {
        match self.at {
            At::Element { partition, .. } | At::Partition(partition) => Some(partition),
            At::Combining | At::Value => None,
        }
    }

    /// Which element that came to the operation in that partition, from 0.
    pub fn index(&self) -> Option<u64> {
        match self.at {
            At::Element { index, .. } => Some(index),
            At::Partition(_) | At::Combining | At::Value => None,
        }
    }

    /// The error that the function returned, if it is of this type.
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.source.downcast_ref()
    }
}

impl fmt::Display for ElementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.operation)?;
        match self.at {
            At::Element { partition, index } => write!(f, " at element {index} of partition {partition}")?,
            At::Partition(partition) => write!(f, " of partition {partition}")?,
            At::Combining => write!(f, " while combining partitions")?,
            At::Value => {}
        }
        write!(f, ": {}", self.source)
    }
}

impl Error for ElementError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// The error type of a function inside a step: [`Infallible`] for the plain forms, which then cost nothing.
pub(super) trait Raise: 'static {
    /// Whether there can be such an error, and so whether elements must be counted.
    const POSSIBLE: bool;

    fn raise(self, operation: &'static str, at: At) -> Fault;
}

impl Raise for Infallible {
    const POSSIBLE: bool = false;

    fn raise(self, _: &'static str, _: At) -> Fault {
        match self {}
    }
}

/// An error of a user's function.
pub(super) struct Users(BoxError);

impl Users {
    pub(super) fn error(error: impl Into<BoxError>) -> Self {
        Users(error.into())
    }
}

impl Raise for Users {
    const POSSIBLE: bool = true;

    #[cold]
    fn raise(self, operation: &'static str, at: At) -> Fault {
        Fault::failed(ElementError { operation, at, source: self.0 })
    }
}
