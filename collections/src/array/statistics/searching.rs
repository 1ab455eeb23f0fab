//! Searching: places of elements among sorted ones, and how often each whole number occurs.

use crate::array::MAX_BLOCK_BYTES;
use crate::array::align::fit;
use crate::array::chunk::Chunk;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, MAX_CHUNKS, UNKNOWN};
use crate::array::layers::{Built, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::tree::Tree;
use crate::array::statistics::histograms::{added, same_shape};
use crate::array::{Array, Element, Integer, Ordered, Summable};
use partita_graph::{Chosen, Fault, Input, Kind, Node, Place, Plain, Reads};
use std::cmp::Ordering;
use std::sync::Arc;

/// Which of the places where an element fits among equal ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Side {
    /// Before them.
    #[default]
    Left,
    /// After them.
    Right,
}

partita_graph::travels_as_data!(Side);

/// How many of sorted elements go before one.
fn place_in<T: Ordered>(sorted: &[T], x: T, side: Side) -> i64 {
    let before = |element: &T| match side {
        Side::Left => element.order(&x) == Ordering::Less,
        Side::Right => element.order(&x) != Ordering::Greater,
    };
    sorted.partition_point(before) as i64
}

impl<T: Ordered> Array<T> {
    /// For each element the number of the bin that it is in: how many edges of `bins` are at most as large as it, or
    /// smaller than it if `right`; for edges that decrease, how many are larger, or at least as large. NumPy's
    /// `digitize`. NaN is above all edges.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![0.2, 6.4, 3.0, 1.0], 2);
    /// assert_eq!(on_reference(&x.digitize(vec![0.0, 1.0, 2.5, 4.0], false))?, ndarray::array![1, 4, 3, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn digitize(&self, bins: impl Into<Vec<T>>, right: bool) -> Array<i64> {
        let bins = bins.into();
        let rising = bins.is_sorted_by(|a, b| a.order(b) != Ordering::Greater);
        if !rising && !bins.is_sorted_by(|a, b| a.order(b) != Ordering::Less) {
            let (operation, argument, value) = ("digitize", "bins", format!("{bins:?}"));
            let allowed = "they must increase, or decrease";
            return Array::built(Err(ArrayError::Argument { operation, argument, value, allowed }.into()));
        }
        let identity = self.identity("digitize").data(&(&bins, right));
        let side = if right { Side::Left } else { Side::Right };
        let bins: Vec<T> = if rising { bins } else { bins.into_iter().rev().collect() };
        if let Err(stop) = self.sound() {
            return Array::built(Err(stop));
        }
        self.each_block_with("digitize", identity, (Plain(bins), side, rising), |env, _, lazy| {
            let env = env.clone();
            lazy.map(move |x| {
                let (bins, side, rising) = &*env;
                let place = place_in(&bins.0, x, *side);
                if *rising { place } else { bins.0.len() as i64 - place }
            })
        })
    }

    /// For each of other elements its place among those of this array, which has one axis and is sorted: before equal
    /// elements, or after them. NumPy's `a.searchsorted(v, side)`. NaN is above all numbers.
    ///
    /// Whether elements are sorted is not checked.
    ///
    /// ```
    /// use partita_collections::{Array, array::Side, bag::on_reference};
    ///
    /// let sorted = Array::<i64>::from_array(ndarray::array![10, 20, 20, 30], 2);
    /// let x = Array::<i64>::from_array(ndarray::array![[20, 5], [31, 30]], 1);
    /// assert_eq!(on_reference(&sorted.searchsorted(&x, Side::Left))?, ndarray::array![[1, 0], [4, 3]].into_dyn());
    /// assert_eq!(on_reference(&sorted.searchsorted(&x, Side::Right))?, ndarray::array![[3, 0], [4, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn searchsorted(&self, elements: &Array<T>, side: Side) -> Array<i64> {
        Array::built(self.try_searchsorted(elements, side))
    }

    #[track_caller]
    fn try_searchsorted(&self, elements: &Array<T>, side: Side) -> Built<Array<i64>> {
        let operation = "searchsorted";
        self.one_axis(operation)?;
        elements.sound()?;
        let (blocks, pieces) = (elements.npartitions(), self.npartitions());
        if blocks.saturating_mul(pieces) > MAX_CHUNKS {
            let (shape, limit) = (elements.shape().to_vec(), MAX_CHUNKS);
            let chunks = blocks as u128 * pieces as u128;
            return Err(ArrayError::TooManyChunks { shape, chunks, limit }.into());
        }
        let choose = |f: &dyn Fn(usize) -> usize| {
            Some(Arc::new(Chosen::new((0..blocks * pieces).map(|part| f(part) as u32).collect())))
        };
        let reads = vec![
            Reads { node: self.node.clone(), chosen: choose(&|part| part % pieces) },
            Reads { node: elements.node.clone(), chosen: choose(&|part| part / pieces) },
        ];
        let block = valued_with(side, |side, _, flows| {
            let [sorted, elements] = crate::layer::inputs(flows)?;
            let side = **side;
            let sorted = Lazy::<T>::of(sorted, 0)?.into_chunk()?.to_vec();
            let places = Lazy::<T>::of(elements, 1)?.map(move |x| place_in(&sorted, x, side))?;
            places.into_chunk()
        });
        let identity = self.identity(operation).node(&elements.node).data(&(side == Side::Right));
        let kind = Kind::Blocks { parts: (blocks * pieces) as u32, block, inputs: reads };
        let partials = Arc::new(Node::new(identity.clone().key::<Chunk<i64>>(operation), kind, Place::here()));
        let input = |part: usize| Input { node: partials.clone(), part: part as u32 };
        let lists = (0..blocks).map(|block| (block * pieces..(block + 1) * pieces).map(input).collect()).collect();
        let add = |some: &[&Chunk<i64>]| {
            let (first, rest) = some.split_first().ok_or_else(|| Fault::failed("nothing to add"))?;
            let mut all = (*first).clone().into_ndarray();
            rest.iter().for_each(|more| all += &more.view());
            Ok(Chunk::from(all))
        };
        let tree = Tree { name: operation, lists, split_every: self.split_every };
        let finish = |places: &Chunk<i64>| Ok(places.clone());
        Ok(tree.grown(identity, elements.grid.clone(), "aggregate", add, finish).split_like(elements))
    }
}

impl<T: Element> Array<T> {
    /// It, if it has one axis.
    pub(crate) fn one_axis(&self, operation: &'static str) -> Built<&Self> {
        match self.sound()?.ndim() {
            1 => Ok(self),
            _ => Err(ArrayError::Dimensions { operation, wanted: "one axis", shape: self.shape().to_vec() }.into()),
        }
    }
}

/// Larger numbers are refused: there would be a result for each number below.
const MAX_BIN: i64 = 1 << 32;

impl<T: Integer> Array<T> {
    /// How often each number from 0 up to the largest one occurs, along one axis that is at least `minlength` long;
    /// NumPy's `bincount`. How long it is only computing tells. Computing fails if a number is negative, or over 2³².
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 3, 1], 2);
    /// assert_eq!(on_reference(&x.bincount(0))?, ndarray::array![0, 2, 0, 1].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn bincount(&self, minlength: usize) -> Array<i64> {
        Array::built(self.try_bincount(minlength, None::<&Array<bool>>, true))
    }

    /// The sums of the weights of each number from 0 up to the largest one; see [`Array::bincount`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<u8>::from_array(ndarray::array![1, 2, 1], 2);
    /// let weights = Array::<f64>::from_array(ndarray::array![0.5, 0.25, 1.0], 3);
    /// assert_eq!(on_reference(&x.bincount_weighted(4, &weights))?, ndarray::array![0.0, 1.5, 0.25, 0.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn bincount_weighted<W: Summable>(&self, minlength: usize, weights: &Array<W>) -> Array<W::Sum> {
        Array::built(self.try_bincount(minlength, Some(weights), W::default()))
    }

    #[track_caller]
    fn try_bincount<W: Summable>(&self, minlength: usize, weights: Option<&Array<W>>, one: W) -> Built<Array<W::Sum>> {
        let operation = "bincount";
        if minlength as u64 > MAX_BLOCK_BYTES / 8 {
            let (argument, value) = ("minlength", minlength.to_string());
            let allowed = "the counts are one block, which may have 2^30 of them";
            return Err(ArrayError::Argument { operation, argument, value, allowed }.into());
        }
        let mut identity = self.one_axis(operation)?.identity(operation).data(&(minlength as u64));
        let mut grid = (*self.grid).clone();
        if let Some(weights) = weights {
            weights.one_axis(operation)?;
            identity = identity.node(&weights.node);
            grid = same_shape(operation, &grid, &weights.grid)?;
        }
        let (read, place) = fit(self, &grid).split();
        let weigh = weights.map(|weights| fit(weights, &grid).split());
        let mut reads = vec![read];
        let weigh = weigh.map(|(read, place)| {
            reads.push(read);
            place
        });
        let block = valued_with((place, weigh, Plain(one), minlength), |env, index, flows| {
            let operation = "bincount";
            let (place, weigh, one, minlength) = &**env;
            let mut flows = flows.into_iter().enumerate();
            let numbers = match flows.next() {
                Some((input, flow)) => place.of(index, Lazy::<T>::of(flow, input)?)?.into_chunk()?.to_vec(),
                None => Vec::new(),
            };
            let weights = match (weigh, flows.next()) {
                (Some(place), Some((input, flow))) => {
                    place.of(index, Lazy::<W>::of(flow, input)?)?.into_chunk()?.to_vec()
                }
                _ => vec![one.0; numbers.len()],
            };
            let mut sums = vec![W::Acc::default(); *minlength];
            for (number, weight) in numbers.into_iter().zip(weights) {
                let number = number.to_i64();
                if !(0..=MAX_BIN).contains(&number) {
                    let (value, allowed) = (number.to_string(), "numbers must be from 0 to 2³²");
                    return Err(Fault::failed(ArrayFault::Element { operation, value, allowed }));
                }
                let number = number as usize;
                if sums.len() <= number {
                    sums.resize(number + 1, W::Acc::default());
                }
                weight.add_to(&mut sums[number]);
            }
            Ok(sums)
        });
        let key = identity.clone().key::<Vec<W::Acc>>(operation);
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: reads };
        let partials = Arc::new(Node::new(key, kind, Place::here()));
        let lists = vec![crate::layer::parts(&partials).collect()];
        let tree = Tree { name: operation, lists, split_every: self.split_every };
        let finish = |sums: &Vec<W::Acc>| Ok(Chunk::new(&[sums.len()], sums.iter().map(W::sum_of).collect()));
        let grid = Grid::new(vec![vec![UNKNOWN]])?;
        Ok(tree.grown(identity, grid, "aggregate", added::<W>, finish).split_like(self))
    }
}
