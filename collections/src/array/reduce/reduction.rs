//! Reductions of users: any partial results, from functions of blocks and of partial results.

use crate::array::axes::Axes;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayFault;
use crate::array::grid::Grid;
use crate::array::layers::{Built, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::fold::targets;
use crate::array::reduce::tree::Tree;
use crate::array::{Array, Element};
use ndarray::{ArrayD, ArrayViewD};
use partita_graph::{Data, Fault, Input, Kind, Node, Place};
use std::sync::Arc;

impl<T: Element> Array<T> {
    /// A reduction of your own over some axes, in three functions; Dask's `reduction`.
    ///
    /// `chunk` makes a partial result, of any type that can be written, of a block and the axes that are reduced.
    /// `combine` makes one of several, which are in the order of their blocks. `aggregate` makes a block of the result of
    /// one, in which the axes that are reduced have length 1; computing fails if they have not.
    ///
    /// ```
    /// use ndarray::Axis;
    /// use partita_collections::{Array, array::Chunk, bag::on_reference};
    ///
    /// // The largest sum of a row.
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6], [7, 1, 1]], 2);
    /// let largest = x.sum_axis(1).reduction(
    ///     0,
    ///     |block, _| block.iter().copied().max(),
    ///     |some: &[&Option<i64>]| some.iter().copied().copied().max().flatten(),
    ///     |largest| ndarray::array![largest.unwrap_or(0)].into_dyn(),
    /// );
    /// assert_eq!(on_reference(&largest.item())?, 15);
    /// // Sums, with blocks as partial results.
    /// let sums = x.reduction(
    ///     0,
    ///     |block, axes| Chunk::from(block.sum_axis(Axis(axes[0])).insert_axis(Axis(0))),
    ///     |some: &[&Chunk<i64>]| {
    ///         let mut all = some[0].clone().into_ndarray();
    ///         some[1..].iter().for_each(|more| all += &more.view());
    ///         all.into()
    ///     },
    ///     |sums: &Chunk<i64>| sums.clone().into_ndarray(),
    /// );
    /// assert_eq!(on_reference(&sums)?, ndarray::array![12, 8, 10].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reduction<P: Data, U: Element>(
        &self,
        axes: impl Into<Axes>,
        chunk: impl Fn(ArrayViewD<'_, T>, &[usize]) -> P + Send + Sync + 'static,
        combine: impl Fn(&[&P]) -> P + Clone + Send + Sync + 'static,
        aggregate: impl Fn(&P) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_reduction(&axes.into(), chunk, combine, aggregate))
    }

    #[track_caller]
    fn try_reduction<P: Data, U: Element>(
        &self,
        axes: &Axes,
        chunk: impl Fn(ArrayViewD<'_, T>, &[usize]) -> P + Send + Sync + 'static,
        combine: impl Fn(&[&P]) -> P + Clone + Send + Sync + 'static,
        aggregate: impl Fn(&P) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.sound()?;
        let reduced = axes.flags("reduction", self.ndim())?;
        let keep = axes.keeps();
        let (chunks, sources) = targets(&self.grid, &reduced, keep);
        let identity = self.identity("reduction").data(&(&reduced, keep));
        let identity = identity.function(&chunk).function(&combine).function(&aggregate);
        let along: Vec<usize> = (0..self.ndim()).filter(|&axis| reduced[axis]).collect();
        let block = valued_with(along, move |along, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let block = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            Ok(chunk(block.view().view(), along))
        });
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs: vec![self.node.clone().into()] };
        let partials = Arc::new(Node::new(identity.clone().key::<P>("reduction"), kind, Place::here()));
        let input = |part: usize| Input { node: partials.clone(), part: part as u32 };
        let lists = sources.into_iter().map(|parts| parts.into_iter().map(input).collect()).collect();
        let finish = move |(reduced, keep): &(Vec<bool>, bool), partial: &P| {
            let block = Chunk::from(aggregate(partial));
            let expected = |axis: usize| if reduced[axis] { 1 } else { block.shape().get(axis).copied().unwrap_or(1) };
            let expected: Vec<usize> = (0..reduced.len()).map(expected).collect();
            if block.shape() != expected {
                let (operation, found) = ("the last function of a reduction", block.shape().to_vec());
                return Err(Fault::failed(ArrayFault::BlockShape { operation, found, expected }));
            }
            let kept = (0..reduced.len()).filter(|&axis| *keep || !reduced[axis]);
            let shape: Dims = kept.map(|axis| expected[axis]).collect();
            Ok(block.reshaped(&shape))
        };
        let tree = Tree { name: "reduction", lists, split_every: self.split_every };
        let combine = move |_: &(Vec<bool>, bool), some: &[&P]| Ok(combine(some));
        Ok(tree
            .grown_with(identity, Grid::new(chunks)?, "aggregate", (reduced, keep), combine, finish)
            .split_like(self))
    }
}
