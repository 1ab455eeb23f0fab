//! Nested lists of arrays, put together as the blocks of a matrix.

use crate::array::error::ArrayError;
use crate::array::layers::Built;
use crate::array::shape::joins::try_concatenate;
use crate::array::{Array, Element};

/// An array, or a list of nested ones: what [`Array::block`] puts together. Arrays, references to them, vectors and
/// Rust's arrays become it by themselves.
pub enum Nested<T> {
    /// An array.
    Array(Array<T>),
    /// Arrays, or lists of them, side by side.
    List(Vec<Nested<T>>),
}

impl<T> From<Array<T>> for Nested<T> {
    fn from(array: Array<T>) -> Self {
        Nested::Array(array)
    }
}

impl<T> From<&Array<T>> for Nested<T> {
    fn from(array: &Array<T>) -> Self {
        Nested::Array(array.clone())
    }
}

impl<T, N: Into<Nested<T>>> From<Vec<N>> for Nested<T> {
    fn from(list: Vec<N>) -> Self {
        Nested::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T, N: Into<Nested<T>>, const LENGTH: usize> From<[N; LENGTH]> for Nested<T> {
    fn from(list: [N; LENGTH]) -> Self {
        Nested::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Element> Array<T> {
    /// An array put together of blocks: the innermost lists along the last axis, those around them along the one before
    /// it, and so on. Arrays with fewer axes get new ones in front. NumPy's `block`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let (one, zero) = (Array::<i64>::ones([1, 1], 1), Array::<i64>::zeros([1, 1], 1));
    /// let all = Array::block([[&one, &zero], [&zero, &one]]);
    /// assert_eq!(on_reference(&all)?, ndarray::array![[1, 0], [0, 1]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn block(blocks: impl Into<Nested<T>>) -> Self {
        Array::built(Array::try_block(&blocks.into()))
    }

    #[track_caller]
    fn try_block(blocks: &Nested<T>) -> Built<Self> {
        let depth = blocks.depth()?;
        blocks.joined(depth, depth.max(blocks.ndim()))
    }
}

impl<T: Element> Nested<T> {
    /// How deep its lists are, all of them.
    fn depth(&self) -> Result<usize, ArrayError> {
        let error = |value: String, allowed| {
            Err(ArrayError::Argument { operation: "block", argument: "blocks", value, allowed })
        };
        let Nested::List(list) = self else { return Ok(0) };
        let mut depths = list.iter().map(Nested::depth);
        let Some(first) = depths.next().transpose()? else {
            return error("an empty list".to_owned(), "each list has at least one array");
        };
        for depth in depths {
            let depth = depth?;
            if depth != first {
                return error(format!("lists of depths {first} and {depth}"), "all arrays are equally deep in lists");
            }
        }
        Ok(first + 1)
    }

    /// The most axes that one of the arrays has.
    fn ndim(&self) -> usize {
        match self {
            Nested::Array(array) => array.ndim(),
            Nested::List(list) => list.iter().map(Nested::ndim).max().unwrap_or(0),
        }
    }

    /// The arrays joined, lists of this depth along the axis that many from the end.
    #[track_caller]
    fn joined(&self, depth: usize, ndim: usize) -> Built<Array<T>> {
        match self {
            Nested::Array(array) => Ok(array.at_least(ndim)),
            Nested::List(list) => {
                let mut arrays = Vec::with_capacity(list.len());
                for nested in list {
                    arrays.push(nested.joined(depth.saturating_sub(1), ndim)?);
                }
                try_concatenate("block", &arrays, -(depth as isize))
            }
        }
    }
}
