//! Distinct elements: which there are, how often, where, and whether elements are among others.

use crate::array::chunk::Chunk;
use crate::array::grid::{Grid, UNKNOWN, unravel};
use crate::array::layers::{Built, blockwise, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::tree::Tree;
use crate::array::scans::running::ravel;
use crate::array::{Array, Element, Ordered};
use crate::identity::Identity;
use partita_graph::{Chosen, Fault, Input, Kind, Node, Place, Reads};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;

/// Elements that differ, in order, how often each was met, and where first, in C order of the whole array.
#[derive(Clone, Serialize, Deserialize)]
struct Distinct<T> {
    elements: Vec<T>,
    counts: Vec<u64>,
    first: Vec<u64>,
}

/// What is wanted of distinct elements.
trait Part<T, U>: Fn(&Distinct<T>) -> Vec<U> + Send + Sync + 'static {}

impl<T, U, F: Fn(&Distinct<T>) -> Vec<U> + Send + Sync + 'static> Part<T, U> for F {}

impl<T: Ordered> Distinct<T> {
    /// Of elements in order, each with a count and a place; of equal ones the first is kept.
    fn of_sorted(sorted: impl Iterator<Item = (T, u64, u64)>) -> Self {
        let mut all = Distinct { elements: Vec::new(), counts: Vec::new(), first: Vec::new() };
        for (x, count, place) in sorted {
            let same = all.elements.last().is_some_and(|last: &T| last.order(&x) == Ordering::Equal);
            match (all.counts.last_mut(), all.first.last_mut()) {
                (Some(last), Some(first)) if same => {
                    *last += count;
                    *first = place.min(*first);
                }
                _ => {
                    all.elements.push(x);
                    all.counts.push(count);
                    all.first.push(place);
                }
            }
        }
        all
    }

    fn merged(some: &[&Self]) -> Result<Self, Fault> {
        let places = some.iter().flat_map(|part| part.elements.iter().zip(part.counts.iter().zip(&part.first)));
        let mut all: Vec<(T, u64, u64)> = places.map(|(&x, (&count, &first))| (x, count, first)).collect();
        // Runs that are in order already are merged.
        all.sort_by(|a, b| a.0.order(&b.0));
        Ok(Distinct::of_sorted(all.into_iter()))
    }
}

impl<T: Ordered> Array<T> {
    /// For each block its distinct elements. Places are 0 unless they are asked for, which needs known lengths.
    #[track_caller]
    fn distinct(&self, placed: bool) -> (Identity, Vec<Input>) {
        let identity = self.identity("unique").data(&placed);
        let own = self.grid.clone();
        let block = valued_with((own, placed), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (own, placed) = (&env.0, env.1);
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let shape = chunk.shape().to_vec();
            if !placed {
                let mut elements = chunk.to_vec();
                elements.sort_by(Ordered::order);
                return Ok(Distinct::of_sorted(elements.into_iter().map(|x| (x, 1, 0))));
            }
            let mut elements: Vec<(T, usize)> = chunk.to_vec().into_iter().zip(0..).collect();
            elements.sort_by(|a, b| a.0.order(&b.0));
            let mut distinct = Distinct::of_sorted(elements.into_iter().map(|(x, at)| (x, 1, at as u64)));
            let block = own.block(index as usize);
            let origin: Vec<usize> = block.iter().enumerate().map(|(axis, &at)| own.range(axis, at).start).collect();
            for first in &mut distinct.first {
                let mut place = unravel(*first as usize, &shape);
                place.iter_mut().zip(&origin).for_each(|(at, origin)| *at += origin);
                *first = ravel(&place, own.shape()) as u64;
            }
            Ok(distinct)
        });
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs: vec![self.node.clone().into()] };
        let node = Arc::new(Node::new(identity.clone().key::<Distinct<T>>("unique"), kind, Place::here()));
        (identity, crate::layer::parts(&node).collect())
    }

    #[track_caller]
    fn distinct_part<U: Element>(&self, placed: bool, part: &str, of: impl Part<T, U>) -> Built<Array<U>> {
        self.sound()?;
        let (identity, inputs) = self.distinct(placed);
        self.grown_distinct(identity, inputs, part, of)
    }

    #[track_caller]
    fn grown_distinct<U: Element>(
        &self,
        identity: Identity,
        inputs: Vec<Input>,
        part: &str,
        of: impl Part<T, U>,
    ) -> Built<Array<U>> {
        let tree = Tree { name: "unique", lists: vec![inputs], split_every: self.split_every };
        let finish = move |distinct: &Distinct<T>| {
            let all = of(distinct);
            Ok(Chunk::new(&[all.len()], all))
        };
        let grid = Grid::new(vec![vec![UNKNOWN]])?;
        Ok(tree.grown(identity, grid, part, Distinct::merged, finish).split_like(self))
    }

    /// The distinct elements in order, along one axis, how long only computing tells; NumPy's `unique`. NaN are one
    /// element, the last one.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1], [1, 2]], 1);
    /// assert_eq!(on_reference(&x.unique())?, ndarray::array![1, 2, 3].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unique(&self) -> Self {
        Array::built(self.distinct_part(false, "elements", |distinct: &Distinct<T>| distinct.elements.clone()))
    }

    /// The distinct elements, and how often each of them occurs; NumPy's `unique_counts`. See [`Array::unique`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let (elements, counts) = Array::<i64>::from_array(ndarray::array![3, 1, 3], 1).unique_counts();
    /// assert_eq!(on_reference(&elements)?, ndarray::array![1, 3].into_dyn());
    /// assert_eq!(on_reference(&counts)?, ndarray::array![1, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unique_counts(&self) -> (Self, Array<i64>) {
        let counts =
            |distinct: &Distinct<T>| -> Vec<i64> { distinct.counts.iter().map(|&count| count as i64).collect() };
        (self.unique(), Array::built(self.distinct_part(false, "counts", counts)))
    }

    /// The distinct elements, and the number of the first of each in C order; NumPy's `unique` with `return_index=True`.
    /// See [`Array::unique`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let (_, places) = Array::<i64>::from_array(ndarray::array![3, 1, 3], 1).unique_index();
    /// assert_eq!(on_reference(&places)?, ndarray::array![1, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unique_index(&self) -> (Self, Array<i64>) {
        let places =
            |distinct: &Distinct<T>| -> Vec<i64> { distinct.first.iter().map(|&place| place as i64).collect() };
        let elements = |distinct: &Distinct<T>| -> Vec<T> { distinct.elements.clone() };
        let places = match self.known("unique_index") {
            Ok(array) => array.distinct_part(true, "places", places),
            Err(stop) => Err(stop),
        };
        let elements = match self.known("unique_index") {
            Ok(array) => array.distinct_part(true, "elements", elements),
            Err(stop) => Err(stop),
        };
        (Array::built(elements), Array::built(places))
    }

    /// The distinct elements, and for each element which of them it is; NumPy's `unique_inverse`. See [`Array::unique`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let (_, inverse) = Array::<i64>::from_array(ndarray::array![[3, 1], [3, 2]], 1).unique_inverse();
    /// assert_eq!(on_reference(&inverse)?, ndarray::array![[2, 0], [2, 1]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unique_inverse(&self) -> (Self, Array<i64>) {
        let elements = self.unique();
        let inverse = self.among("unique_inverse", &elements, |elements, x| {
            elements.partition_point(|element| element.order(&x) == Ordering::Less) as i64
        });
        (elements, Array::built(inverse))
    }

    /// The distinct elements of this array and another one, in order, along one axis; NumPy's `union1d`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![3, 1], 1);
    /// let y = Array::<i64>::from_array(ndarray::array![2, 3], 2);
    /// assert_eq!(on_reference(&x.union1d(&y))?, ndarray::array![1, 2, 3].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn union1d(&self, other: &Array<T>) -> Self {
        let united = || {
            self.sound()?;
            other.sound()?;
            let ((identity, mut inputs), (_, more)) = (self.distinct(false), other.distinct(false));
            inputs.extend(more);
            let identity = identity.data(&"union1d").node(&other.node);
            self.grown_distinct(identity, inputs, "union1d", |distinct: &Distinct<T>| distinct.elements.clone())
        };
        Array::built(united())
    }

    /// Whether each element is among those of another array; NumPy's `isin`. NaN is not. The distinct elements of the
    /// other array must fit into memory.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1], [2, 7]], 1);
    /// let some = Array::<i64>::from_array(ndarray::array![7, 3], 1);
    /// assert_eq!(on_reference(&x.isin(&some))?, ndarray::array![[true, false], [false, true]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn isin(&self, some: &Array<T>) -> Array<bool> {
        let found =
            |elements: &[T], x: T| !x.is_nan() && elements.binary_search_by(|element| element.order(&x)).is_ok();
        Array::built(self.among("isin", &some.unique(), found))
    }

    /// A function of elements in one block and of each element.
    #[track_caller]
    fn among<U: Element>(
        &self,
        name: &'static str,
        elements: &Array<T>,
        f: impl Fn(&[T], T) -> U + Copy + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.sound()?;
        elements.sound()?;
        let chosen = Some(Arc::new(Chosen::new(vec![0; self.npartitions()])));
        let reads = vec![self.node.clone().into(), Reads { node: elements.node.clone(), chosen }];
        let block = blockwise(move |_, flows| {
            let [flow, elements] = crate::layer::inputs(flows)?;
            let elements = Lazy::<T>::of(elements, 1)?.into_chunk()?.in_order();
            Lazy::<T>::of(flow, 0)?.map(move |x| f(elements.as_slice().unwrap_or(&[]), x))
        });
        let identity = self.identity(name).node(&elements.node);
        Ok(Array::blocks(name, identity, self.grid.clone(), reads, block).split_like(self))
    }
}
