//! Histograms of one variable and of several.

use crate::array::align::{fit, pair_grids};
use crate::array::chunk::Chunk;
use crate::array::chunks::Chunks;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::Grid;
use crate::array::layers::{Built, valued_with};
use crate::array::lazy::Lazy;
use crate::array::reduce::tree::Tree;
use crate::array::statistics::bins::{Bins, Edges};
use crate::array::{Array, Number, Ordered, Summable};
use crate::identity::Identity;
use partita_graph::{Fault, Kind, Node, Place, Plain};
use std::sync::Arc;

/// What all bins of a histogram may take.
const MAX_BYTES: u64 = 16 << 30;

/// The edges as an array.
#[track_caller]
fn edges_of(edges: &Edges) -> Built<Array<f64>> {
    Array::try_from_chunk(Chunk::new(&[edges.edges.len()], edges.edges.clone()), &Chunks::whole())
}

/// The chunks that those of two grids of one shape are made of.
pub(crate) fn same_shape(operation: &'static str, left: &Grid, right: &Grid) -> Result<Grid, ArrayError> {
    if left.shape() == right.shape() {
        return pair_grids(operation, left, right);
    }
    let (left, right) = (left.shape().to_vec(), right.shape().to_vec());
    let axis = left.iter().zip(&right).position(|(a, b)| a != b).unwrap_or(0);
    let length = |shape: &[usize]| shape.get(axis).copied().unwrap_or(0);
    let (left_length, right_length) = (length(&left), length(&right));
    Err(ArrayError::Shapes { operation, left, right, axis, left_length, right_length })
}

/// Calls `f` with the bin of each element that is in one.
fn each_bin<T: Number + Ordered>(blocks: Vec<Lazy<T>>, bins: &Edges, mut f: impl FnMut(usize)) -> Result<(), Fault> {
    let mut each = |tile: &[T]| tile.iter().filter_map(|x| bins.find(x.to_f64())).for_each(&mut f);
    blocks.into_iter().try_for_each(|block| block.for_each_tile(|_, tile| each(tile)))
}

/// For each place of blocks that lie on each other the bin that its elements are in, if they are in one.
fn all_bins<T: Number + Ordered>(blocks: Vec<Lazy<T>>, bins: &[Edges]) -> Result<Vec<Option<usize>>, Fault> {
    let mut found: Vec<Option<usize>> = Vec::new();
    for (block, bins) in blocks.into_iter().zip(bins) {
        found.resize(block.len(), Some(0));
        block.for_each_tile(|start, tile| {
            for (found, x) in found[start..].iter_mut().zip(tile) {
                let bin = bins.find(x.to_f64());
                *found = found.zip(bin).map(|(before, bin)| before * bins.count() + bin);
            }
        })?;
    }
    Ok(found)
}

/// Refuses more bins than there could be memory for.
fn few_enough(operation: &'static str, bins: &[usize]) -> Result<(), ArrayError> {
    let nbytes = bins.iter().fold(size_of::<i64>() as u64, |all, &count| all.saturating_mul(count as u64));
    match nbytes > MAX_BYTES {
        false => Ok(()),
        true => {
            let remedy = "take fewer bins".to_owned();
            Err(ArrayError::BlockTooLarge {
                operation: operation.to_owned(),
                block: bins.to_vec(),
                nbytes,
                limit: MAX_BYTES,
                remedy,
            })
        }
    }
}

/// The sums of the weights of elements in each bin; of `one` for each of them, if there are no weights.
#[track_caller]
fn binned<T: Number + Ordered, W: Summable>(
    operation: &'static str,
    arrays: &[&Array<T>],
    bins: Vec<Edges>,
    weights: Option<&Array<W>>,
    one: W,
) -> Built<Array<W::Sum>> {
    let Some(first) = arrays.first() else {
        return Err(ArrayError::Dimensions { operation, wanted: "one variable and more", shape: Vec::new() }.into());
    };
    let mut grid = (*first.sound()?.grid).clone();
    let mut identity = Identity::of("histogram").data(&bins.iter().map(|bins| &bins.edges).collect::<Vec<_>>());
    for array in arrays {
        identity = identity.node(&array.sound()?.node);
        grid = same_shape(operation, &grid, &array.grid)?;
    }
    if let Some(weights) = weights {
        identity = identity.node(&weights.sound()?.node);
        grid = same_shape(operation, &grid, &weights.grid)?;
    }
    let (mut reads, mut places) = (Vec::new(), Vec::new());
    for array in arrays {
        let (read, place) = fit(array, &grid).split();
        reads.push(read);
        places.push(place);
    }
    let weights = weights.map(|weights| fit(weights, &grid).split());
    let weigh = weights.map(|(read, place)| {
        reads.push(read);
        place
    });
    let shape: Vec<usize> = bins.iter().map(Edges::count).collect();
    few_enough(operation, &shape)?;
    let block = valued_with((places, weigh, bins.to_vec(), Plain(one)), |env, index, flows| {
        let (places, weigh, bins, one) = &**env;
        let one = one.0;
        let mut flows = flows.into_iter().enumerate();
        let mut sums = vec![W::Acc::default(); bins.iter().map(Edges::count).product()];
        let mut blocks = Vec::with_capacity(places.len());
        for (place, (input, flow)) in places.iter().zip(flows.by_ref()) {
            blocks.push(place.of(index, Lazy::<T>::of(flow, input)?)?);
        }
        if let (None, [bins]) = (weigh, bins.as_slice()) {
            each_bin(blocks, bins, |bin| one.add_to(&mut sums[bin]))?;
            return Ok(sums);
        }
        let found = all_bins(blocks, bins)?;
        match (weigh, flows.next()) {
            (Some(place), Some((input, flow))) => {
                place.of(index, Lazy::<W>::of(flow, input)?)?.for_each_tile(|start, tile| {
                    for (found, weight) in found[start..].iter().zip(tile) {
                        found.iter().for_each(|&bin| weight.add_to(&mut sums[bin]));
                    }
                })?;
            }
            _ => found.iter().flatten().for_each(|&bin| one.add_to(&mut sums[bin])),
        }
        Ok(sums)
    });
    let key = identity.clone().key::<Vec<W::Acc>>("histogram");
    let partials =
        Arc::new(Node::new(key, Kind::Blocks { parts: grid.parts() as u32, block, inputs: reads }, Place::here()));
    let lists = vec![crate::layer::parts(&partials).collect()];
    let tree = Tree { name: "histogram", lists, split_every: first.split_every };
    let target = Grid::single(&shape);
    let merge = |_: &Vec<usize>, some: &[&Vec<W::Acc>]| added::<W>(some);
    let finish = |shape: &Vec<usize>, sums: &Vec<W::Acc>| Ok(Chunk::new(shape, sums.iter().map(W::sum_of).collect()));
    Ok(tree.grown_with(identity, target, "aggregate", shape, merge, finish).split_like(first))
}

/// Sums of several partial results, which are as long as the longest of them.
pub(crate) fn added<W: Summable>(some: &[&Vec<W::Acc>]) -> Result<Vec<W::Acc>, Fault> {
    let longest = some.iter().map(|sums| sums.len()).max();
    let longest = longest.ok_or_else(|| Fault::failed(ArrayFault::Empty { operation: "histogram" }))?;
    let mut all = vec![W::Acc::default(); longest];
    for sums in some {
        all.iter_mut().zip(*sums).for_each(|(sum, more)| W::merge(sum, more));
    }
    Ok(all)
}

/// Counts and edges.
type Histogram<S> = (Array<S>, Array<f64>);

#[track_caller]
fn both<S: crate::array::Element>(result: Built<Histogram<S>>) -> Histogram<S> {
    match result {
        Ok(both) => both,
        Err(stop) => {
            let counts = Array::built(Err(stop.clone()));
            (counts, Array::built(Err(stop)))
        }
    }
}

impl<T: Number + Ordered> Array<T> {
    /// How many elements are in each bin, and the edges of the bins; NumPy's `histogram`. Elements outside of all bins,
    /// and NaN, do not count.
    ///
    /// Bins are `(count, low, high)` or edges.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![0.5, 1.0, 1.5, 2.0, 7.0], 2);
    /// let (counts, edges) = x.histogram((2, 0.0, 2.0));
    /// assert_eq!(on_reference(&counts)?, ndarray::array![1, 3].into_dyn());
    /// assert_eq!(on_reference(&edges)?, ndarray::array![0.0, 1.0, 2.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn histogram(&self, bins: impl Into<Bins>) -> (Array<i64>, Array<f64>) {
        both(self.try_histogram(bins.into(), None::<&Array<bool>>, true))
    }

    /// The sums of the weights of the elements in each bin, and the edges of the bins; NumPy's `histogram` with
    /// `weights`, which are of the array's shape. See [`Array::histogram`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 1], 2);
    /// let weights = Array::<f64>::from_array(ndarray::array![0.5, 1.0, 0.25], 3);
    /// let (sums, _) = x.histogram_weighted([1.0, 2.0, 3.0], &weights);
    /// assert_eq!(on_reference(&sums)?, ndarray::array![0.75, 1.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn histogram_weighted<W: Summable>(
        &self,
        bins: impl Into<Bins>,
        weights: &Array<W>,
    ) -> (Array<W::Sum>, Array<f64>) {
        both(self.try_histogram(bins.into(), Some(weights), W::default()))
    }

    /// The density of elements in each bin, so that the area below it is 1, and the edges of the bins; NumPy's
    /// `histogram` with `density=True`. NaN if no element is in a bin. See [`Array::histogram`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 1, 1], 2);
    /// let (density, _) = x.histogram_density([1.0, 1.5, 3.5], None);
    /// assert_eq!(on_reference(&density)?, ndarray::array![1.5, 0.125].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn histogram_density(&self, bins: impl Into<Bins>, weights: Option<&Array<f64>>) -> (Array<f64>, Array<f64>) {
        let density = || {
            let (sums, edges) = self.try_histogram(bins.into(), weights, 1.0)?;
            let widths = edges.diff(1, 0);
            Ok((sums.named2("/", &widths, f64::divided_by).named2("/", &sums.sum(), f64::divided_by), edges))
        };
        let (density, edges) = both(density());
        (Array::built(Ok(density)), edges)
    }

    #[track_caller]
    fn try_histogram<W: Summable>(&self, bins: Bins, weights: Option<&Array<W>>, one: W) -> Built<Histogram<W::Sum>> {
        let bins = bins.checked("histogram")?;
        let edges = edges_of(&bins)?;
        Ok((binned("histogram", &[self], vec![bins], weights, one)?, edges))
    }

    /// How many pairs, of an element and the one of another array in its place, are in each bin of a plane, and the edges
    /// of both axes; NumPy's `histogram2d`. With weights, their sums.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![0, 1, 1], 2);
    /// let y = Array::<i64>::from_array(ndarray::array![5, 5, 7], 2);
    /// let (counts, _, _) = x.histogram2d(&y, (2, 0.0, 2.0), [5.0, 6.0, 8.0], None);
    /// assert_eq!(on_reference(&counts)?, ndarray::array![[1.0, 0.0], [1.0, 1.0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn histogram2d(
        &self,
        other: &Array<T>,
        own_bins: impl Into<Bins>,
        other_bins: impl Into<Bins>,
        weights: Option<&Array<f64>>,
    ) -> (Array<f64>, Array<f64>, Array<f64>) {
        let bins = vec![own_bins.into(), other_bins.into()];
        let (counts, mut edges) = Array::histogramdd(&[self, other], bins, weights);
        let last = edges.pop().unwrap_or_else(|| counts.clone());
        let first = edges.pop().unwrap_or_else(|| counts.clone());
        (counts, first, last)
    }

    /// How many groups, of the elements of several arrays in one place, are in each bin of as many dimensions, and the
    /// edges of each; NumPy's `histogramdd`. With weights, their sums.
    ///
    /// If something is wrong, there are no edges, and the counts stand for the error.
    #[track_caller]
    pub fn histogramdd(
        arrays: &[&Array<T>],
        bins: Vec<Bins>,
        weights: Option<&Array<f64>>,
    ) -> (Array<f64>, Vec<Array<f64>>) {
        let operation = "histogramdd";
        let counted = || {
            if arrays.len() != bins.len() {
                let (value, allowed) = (format!("{} settings", bins.len()), "there must be one for each variable");
                return Err(ArrayError::Argument { operation, argument: "bins", value, allowed }.into());
            }
            let bins = bins.into_iter().map(|bins| bins.checked(operation)).collect::<Result<Vec<Edges>, _>>()?;
            let edges = bins.iter().map(edges_of).collect::<Built<Vec<_>>>()?;
            Ok((binned(operation, arrays, bins, weights, 1.0)?, edges))
        };
        match counted() {
            Ok((counts, edges)) => (Array::built(Ok(counts)), edges),
            Err(stop) => (Array::built(Err(stop)), Vec::new()),
        }
    }
}
