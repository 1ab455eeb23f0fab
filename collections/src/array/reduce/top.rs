//! The largest and smallest elements along an axis, several of them, and their places.

use crate::array::axes::resolve;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayFault;
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{Built, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::fold::targets;
use crate::array::reduce::tree::Tree;
use crate::array::{Array, Element, Ordered};
use partita_graph::{Fault, Input, Kind, Node, Place};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;

/// The best elements of each line along an axis, and their places in the whole axis.
#[derive(Serialize, Deserialize)]
struct Best<T> {
    /// The lengths of the axes; of the one that lines are along, how many elements of each line are kept.
    shape: Vec<usize>,
    lines: Vec<Vec<(T, u64)>>,
}

/// The order of elements: the largest first, or the smallest, and of equal ones the first.
fn order<T: Ordered>(largest: bool) -> impl Fn(&(T, u64), &(T, u64)) -> Ordering {
    move |a, b| {
        let order = if largest { b.0.order(&a.0) } else { a.0.order(&b.0) };
        order.then(a.1.cmp(&b.1))
    }
}

/// Keeps the `count` best of a line, in order.
fn keep_best<T: Ordered>(line: &mut Vec<(T, u64)>, count: usize, largest: bool) {
    if count == 0 {
        return line.clear();
    }
    if line.len() > count {
        line.select_nth_unstable_by(count - 1, order(largest));
        line.truncate(count);
    }
    line.sort_unstable_by(order(largest));
}

/// How many of which elements.
#[derive(Clone, Copy)]
struct Wish {
    axis: usize,
    count: usize,
    largest: bool,
}

partita_graph::travels!(Wish { axis, count, largest });

impl<T: Ordered> Best<T> {
    fn of(chunk: Chunk<T>, first: usize, wish: Wish) -> Self {
        let mut shape: Dims = chunk.shape().into();
        let length = std::mem::replace(&mut shape[wish.axis], 1);
        let count: usize = shape.iter().product();
        let mut order: Vec<usize> = (0..shape.len()).filter(|&axis| axis != wish.axis).collect();
        order.push(wish.axis);
        let turned = chunk.permuted(&order);
        let mut elements = Vec::with_capacity(length);
        let line = |number: usize| {
            elements.clear();
            if length > 0 {
                turned.append_to(&mut elements, number * length, length);
            }
            let places = (first as u64..).take(length);
            let mut line = elements.iter().copied().zip(places).collect();
            keep_best(&mut line, wish.count, wish.largest);
            line
        };
        let lines = (0..count).map(line).collect();
        shape[wish.axis] = length.min(wish.count);
        Best { shape: shape.to_vec(), lines }
    }

    fn merged(some: &[&Best<T>], wish: Wish) -> Result<Self, Fault> {
        let (first, rest) = some.split_first().ok_or_else(|| Fault::failed("nothing to merge"))?;
        let (mut shape, mut lines) = (first.shape.clone(), first.lines.clone());
        for more in rest {
            shape[wish.axis] += more.shape[wish.axis];
            if (0..shape.len()).any(|axis| axis != wish.axis && more.shape[axis] != shape[axis]) {
                let (found, expected) = (more.shape.clone(), first.shape.clone());
                return Err(Fault::failed(ArrayFault::BlockShape { operation: "topk", found, expected }));
            }
            lines.iter_mut().zip(&more.lines).for_each(|(line, more)| line.extend_from_slice(more));
        }
        lines.iter_mut().for_each(|line| keep_best(line, wish.count, wish.largest));
        shape[wish.axis] = shape[wish.axis].min(wish.count);
        Ok(Best { shape, lines })
    }

    /// What is wanted of each of the best.
    fn finish<U: Element>(&self, wish: Wish, of: impl Fn(&(T, u64)) -> U) -> Chunk<U> {
        let all = self.lines.iter().flatten().map(of).collect();
        let mut shape: Dims = self.shape.iter().copied().collect();
        let count = shape.remove(wish.axis);
        shape.push(count);
        let mut order: Vec<usize> = (0..self.shape.len() - 1).collect();
        order.insert(wish.axis, self.shape.len() - 1);
        Chunk::new(&shape, all).permuted(&order)
    }
}

impl<T: Ordered> Array<T> {
    /// The `k` largest elements along an axis, the largest first, or the `-k` smallest ones, the smallest first, if `k` is
    /// negative; all of them if there are no more. Dask's `topk`. NaN counts as larger than all numbers. How many there are
    /// only computing tells if the length of the axis is unknown.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![5, 1, 3, 6], 2);
    /// assert_eq!(on_reference(&x.topk(2, 0))?, ndarray::array![6, 5].into_dyn());
    /// assert_eq!(on_reference(&x.topk(-2, 0))?, ndarray::array![1, 3].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn topk(&self, k: isize, axis: isize) -> Self {
        Array::built(self.try_best("topk", k, axis, false, |best| best.0))
    }

    /// Where the `k` largest elements along an axis are, or the `-k` smallest; see [`Array::topk`]. Of equal elements the
    /// first one comes first. Dask's `argtopk`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![5, 1, 6, 6], 3);
    /// assert_eq!(on_reference(&x.argtopk(3, 0))?, ndarray::array![2, 3, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn argtopk(&self, k: isize, axis: isize) -> Array<i64> {
        Array::built(self.try_best("argtopk", k, axis, true, |best| best.1 as i64))
    }

    /// What is wanted of each of the best, which may be its place.
    #[track_caller]
    fn try_best<U: Element>(
        &self,
        operation: &'static str,
        k: isize,
        axis: isize,
        placed: bool,
        of: impl Fn(&(T, u64)) -> U + Copy + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        let axis = resolve(operation, axis, self.sound()?.ndim())?;
        self.known_along(operation, |own| placed && own == axis)?;
        let wish = Wish { axis, count: k.unsigned_abs().min(self.shape()[axis]), largest: k > 0 };
        let reduced: Vec<bool> = (0..self.ndim()).map(|at| at == axis).collect();
        let (mut chunks, sources) = targets(&self.grid, &reduced, true);
        chunks[axis] = vec![if self.shape()[axis] == UNKNOWN { UNKNOWN } else { wish.count }];
        let own = self.grid.clone();
        let block = valued_with((own, wish), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (own, wish) = (&env.0, env.1);
            let axis = wish.axis;
            let at = own.block(index as usize)[axis];
            // Nobody asks for places that only computing tells.
            let first = if own.shape()[axis] == UNKNOWN { 0 } else { own.range(axis, at).start };
            Ok(Best::of(Lazy::<T>::of(flow, 0)?.into_chunk()?, first, wish))
        });
        let identity = self.identity("topk").data(&(k as i64, axis as u64));
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs: vec![self.node.clone().into()] };
        let partials = Arc::new(Node::new(identity.clone().key::<Best<T>>("topk"), kind, Place::here()));
        let input = |part: usize| Input { node: partials.clone(), part: part as u32 };
        let lists = sources.into_iter().map(|parts| parts.into_iter().map(input).collect()).collect();
        let tree = Tree { name: "topk", lists, split_every: self.split_every };
        let merge = |wish: &Wish, some: &[&Best<T>]| Best::merged(some, *wish);
        let finish = move |wish: &Wish, best: &Best<T>| Ok(best.finish(*wish, of));
        Ok(tree.grown_with(identity, Grid::new(chunks)?, operation, wish, merge, finish).split_like(self))
    }
}
