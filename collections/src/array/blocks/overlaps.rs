//! Overlaps: blocks with some of their neighbours' elements around them.

use crate::array::blocks::boundaries::{Boundaries, Boundary, Depth, Edge, edges, merged};
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::index::taking::known;
use crate::array::layers::Built;
use crate::array::select::{Run, Selection};
use crate::array::{Array, Element};
use crate::bag::BoxError;
use crate::identity::Identity;
use ndarray::{ArrayD, ArrayViewD};
use partita_graph::{Data, Plain, Travels};

impl<T: Element> Array<T> {
    /// The array with blocks that have some of their neighbours' elements around them; Dask's `overlap.overlap`. Chunks
    /// that are shorter than the depth are put together first.
    ///
    /// ```
    /// use partita_collections::{Array, array::Boundary, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 4, 1, 2);
    /// let y = x.overlap(1, Boundary::Periodic);
    /// assert_eq!(on_reference(&y)?, ndarray::array![3, 0, 1, 2, 1, 2, 3, 0].into_dyn());
    /// assert_eq!(on_reference(&y.trim_internal(1, Boundary::Periodic))?, on_reference(&x)?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn overlap(&self, depth: impl Into<Depth>, boundary: impl Into<Boundaries<T>>) -> Self {
        Array::built(self.try_overlap("overlap", &depth.into(), &boundary.into()))
    }

    #[track_caller]
    fn try_overlap(&self, operation: &'static str, depth: &Depth, boundary: &Boundaries<T>) -> Built<Self> {
        self.sound()?;
        let edges = edges(operation, depth, boundary, self.ndim())?;
        let mut chunks = self.grid.chunks().to_vec();
        for (axis, edge) in edges.iter().enumerate() {
            let deepest = edge.before.max(edge.after);
            if deepest == 0 {
                continue;
            }
            let length = known(operation, self.shape(), axis)?;
            if deepest > length {
                let value = format!("{deepest} of axis {axis} of length {length}");
                let allowed = "it can be as large as the axis is long";
                return Err(ArrayError::Argument { operation, argument: "depth", value, allowed }.into());
            }
            chunks[axis] = merged(&chunks[axis], deepest);
        }
        let mut array = self.regrid(&Grid::new(chunks)?)?;
        // Each constant is the fill value of a selection of its own.
        let mut left: Vec<usize> = (0..edges.len()).collect();
        loop {
            let constant = |axis: &usize| match edges[*axis].boundary {
                Boundary::Constant(value) => Some(value),
                _ => None,
            };
            let fill = left.iter().find_map(constant).unwrap_or_default();
            let (now, later) = left.into_iter().partition(|axis| constant(axis).is_none_or(|value| same(value, fill)));
            let now: Vec<usize> = now;
            let axes = (0..edges.len()).map(|axis| match now.contains(&axis) {
                true => edges[axis].selection(array.grid.axis(axis)),
                false => Selection::all(array.grid.axis(axis)),
            });
            let described: Vec<_> = now.iter().map(|&axis| (axis, edges[axis].described())).collect();
            let identity = Identity::of("overlap").data(&described).data(&fill);
            array = array.select("overlap", identity, axes.collect(), fill)?;
            left = later;
            if left.is_empty() {
                return Ok(array);
            }
        }
    }

    /// The array without the elements that [`overlap`](Array::overlap) put around its blocks; Dask's
    /// `overlap.trim_internal`. Ends of axes without a boundary stay as they are.
    #[track_caller]
    pub fn trim_internal(&self, depth: impl Into<Depth>, boundary: impl Into<Boundaries<T>>) -> Self {
        Array::built(self.try_trim(&depth.into(), &boundary.into()))
    }

    #[track_caller]
    fn try_trim(&self, depth: &Depth, boundary: &Boundaries<T>) -> Built<Self> {
        self.sound()?;
        let operation = "trim_internal";
        let edges = edges(operation, depth, boundary, self.ndim())?;
        let mut axes = Vec::with_capacity(edges.len());
        for (axis, edge) in edges.iter().enumerate() {
            let chunks = self.grid.axis(axis);
            if edge.before == 0 && edge.after == 0 {
                axes.push(Selection::all(chunks));
                continue;
            }
            known(operation, self.shape(), axis)?;
            let mut selection = Selection { chunks: Vec::new(), runs: Vec::new() };
            for (chunk, &length) in chunks.iter().enumerate() {
                let open = edge.boundary == Boundary::None;
                let before = if open && chunk == 0 { 0 } else { edge.before };
                let after = if open && chunk + 1 == chunks.len() { 0 } else { edge.after };
                let Some(count) = length.checked_sub(before + after) else {
                    let needs = "chunks that are longer than what is taken from them";
                    let remedy = format!("{} elements of axis {axis} go", before + after);
                    let chunks = self.grid.chunks().to_vec();
                    return Err(ArrayError::Chunking { operation, needs, chunks, remedy }.into());
                };
                selection.chunks.push(count);
                selection.runs.push(vec![Run { chunk, start: before, step: 1, count, to: 0 }]);
            }
            axes.push(selection);
        }
        let described: Vec<_> = edges.iter().map(Edge::described).collect();
        Ok(self.select(operation, Identity::of(operation).data(&described), axes, T::default())?)
    }

    /// A function of blocks with some of their neighbours' elements around them, which are taken off what it gives;
    /// Dask's `map_overlap`. The function gives blocks of the shape that it is given. What should not be trimmed, or is
    /// of another shape, is [`overlap`](Array::overlap) and [`map_blocks_to`](Array::map_blocks_to).
    ///
    /// ```
    /// use ndarray::{ArrayD, s};
    /// use partita_collections::{Array, array::Boundary, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 4, 9, 16, 25], 2);
    /// let steps = x.map_overlap([(1, 0)], Boundary::Constant(0), |block| {
    ///     let mut steps = block.to_owned();
    ///     steps.slice_mut(s![1..]).scaled_add(-1, &block.slice(s![..-1]));
    ///     steps
    /// });
    /// assert_eq!(on_reference(&steps)?, ndarray::array![1, 3, 5, 7, 9].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_overlap<U: Element>(
        &self,
        depth: impl Into<Depth>,
        boundary: impl Into<Boundaries<T>>,
        f: impl Fn(ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_overlap").function(&f);
        self.overlapped(&depth.into(), &boundary.into(), identity, (), move |(), block| Ok(f(block)))
    }

    /// As [`map_overlap`](Array::map_overlap), with a function that can fail.
    #[track_caller]
    pub fn try_map_overlap<U: Element, E: Into<BoxError>>(
        &self,
        depth: impl Into<Depth>,
        boundary: impl Into<Boundaries<T>>,
        f: impl Fn(ArrayViewD<'_, T>) -> Result<ArrayD<U>, E> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_overlap").function(&f);
        self.overlapped(&depth.into(), &boundary.into(), identity, (), move |(), block| f(block).map_err(Into::into))
    }

    /// As [`map_overlap`](Array::map_overlap), with data that the function needs.
    #[track_caller]
    pub fn map_overlap_with<V: Data, U: Element>(
        &self,
        depth: impl Into<Depth>,
        boundary: impl Into<Boundaries<T>>,
        env: V,
        f: impl Fn(&V, ArrayViewD<'_, T>) -> ArrayD<U> + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("map_overlap").data(&env).function(&f);
        self.overlapped(&depth.into(), &boundary.into(), identity, Plain(env), move |env, block| Ok(f(env, block)))
    }

    #[track_caller]
    fn overlapped<E: Travels, U: Element>(
        &self,
        depth: &Depth,
        boundary: &Boundaries<T>,
        identity: Identity,
        env: E,
        f: impl Fn(&E, ArrayViewD<'_, T>) -> Result<ArrayD<U>, BoxError> + Send + Sync + 'static,
    ) -> Array<U> {
        let around = Array::built(self.try_overlap("map_overlap", depth, boundary));
        let made = around.same_blocks("map_overlap", identity, env, f);
        // What stands beyond the ends is of no account any more, only whether anything does.
        let ends = |boundary: &Boundary<T>| match boundary {
            Boundary::None => Boundary::None,
            _ => Boundary::Nearest,
        };
        let ends = match boundary {
            Boundaries::All(boundary) => Boundaries::All(ends(boundary)),
            Boundaries::Axes(boundaries) => Boundaries::Axes(boundaries.iter().map(ends).collect()),
        };
        Array::built(made.try_trim(depth, &ends))
    }
}

/// Whether two values fill alike; NaN is like NaN.
fn same<T: Element>(left: T, right: T) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}
