//! Meshes: arrays of the coordinates of a grid of points. Their blocks are rows of numbers that are repeated as views.

use crate::array::chunk::Chunk;
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element, Number};
use crate::identity::Identity;
use partita_graph::{Chosen, Kind, Reads};
use std::sync::Arc;

/// Which axis of a mesh belongs to which array; NumPy's `indexing` of `meshgrid`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// The first array along axis 1 and the second along axis 0, as `x` and `y` in a plot; NumPy's default.
    #[default]
    Xy,
    /// Each array along the axis of its number, as the indices of a matrix.
    Ij,
}

impl Indexing {
    /// The axis of array `number`.
    fn axis(self, number: usize) -> usize {
        match self {
            Indexing::Xy if number < 2 => 1 - number,
            _ => number,
        }
    }
}

/// A row as a block that is as long along one axis.
fn repeated<T: Element>(row: Chunk<T>, axis: usize, shape: &[usize]) -> Chunk<T> {
    let ones: Vec<usize> = (0..shape.len()).map(|at| if at == axis { row.len() } else { 1 }).collect();
    row.reshaped(&ones).stretched(shape)
}

impl<T: Element> Array<T> {
    /// For each of some vectors, the array of its elements at all points of the grid that they span; NumPy's `meshgrid`.
    ///
    /// ```
    /// use partita_collections::array::{Array, Indexing};
    /// use partita_collections::bag::on_reference;
    ///
    /// let (x, y) = (Array::<i64>::arange(0, 3, 1, 2), Array::arange(10, 12, 1, 2));
    /// let [xs, ys] = Array::meshgrid([&x, &y], Indexing::Xy).try_into().unwrap();
    /// assert_eq!(on_reference(&xs)?, ndarray::array![[0, 1, 2], [0, 1, 2]].into_dyn());
    /// assert_eq!(on_reference(&ys)?, ndarray::array![[10, 10, 10], [11, 11, 11]].into_dyn());
    /// assert_eq!(Array::sparse_meshgrid([&x, &y], Indexing::Xy)[1].shape(), [2, 1]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn meshgrid<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>, indexing: Indexing) -> Vec<Self> {
        Array::meshes(&arrays.into_iter().collect::<Vec<_>>(), indexing, false)
    }

    /// [`Array::meshgrid`] of arrays that have length 1 on all axes but their own, to be stretched by what is done with
    /// them; NumPy's `meshgrid` with `sparse=True`.
    #[track_caller]
    pub fn sparse_meshgrid<'a>(arrays: impl IntoIterator<Item = &'a Array<T>>, indexing: Indexing) -> Vec<Self> {
        Array::meshes(&arrays.into_iter().collect::<Vec<_>>(), indexing, true)
    }

    #[track_caller]
    fn meshes(arrays: &[&Self], indexing: Indexing, sparse: bool) -> Vec<Self> {
        // A lone array has no second axis to change places with.
        let indexing = if arrays.len() < 2 { Indexing::Ij } else { indexing };
        let mut meshes = Vec::with_capacity(arrays.len());
        for number in 0..arrays.len() {
            meshes.push(Array::built(Array::try_mesh(arrays, number, indexing, sparse)));
        }
        meshes
    }

    #[track_caller]
    fn try_mesh(arrays: &[&Self], number: usize, indexing: Indexing, sparse: bool) -> Built<Self> {
        let mut chunks = vec![vec![1]; arrays.len()];
        for (other, array) in arrays.iter().enumerate() {
            array.known("meshgrid")?;
            if array.ndim() > 1 {
                let (wanted, shape) = ("vectors", array.shape().to_vec());
                return Err(ArrayError::Dimensions { operation: "meshgrid", wanted, shape }.into());
            }
            if let Some(own) = array.grid.chunks().first()
                && (!sparse || other == number)
            {
                chunks[indexing.axis(other)] = own.clone();
            }
        }
        let (array, axis) = (arrays[number], indexing.axis(number));
        let grid = Arc::new(Grid::new(chunks)?);
        let chosen = (0..grid.parts()).map(|part| if array.ndim() == 0 { 0 } else { grid.block(part)[axis] as u32 });
        let chosen = Chosen::new(chosen.collect());
        let reads = Reads { node: array.node.clone(), chosen: Some(Arc::new(chosen)) };
        let own = grid.clone();
        let block = blockwise_with((own, axis), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let row = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let (own, axis) = (&env.0, env.1);
            Ok(repeated(row, axis, &own.part_shape(index as usize)).into())
        });
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: vec![reads] };
        let identity = array.identity("meshgrid").data(&axis);
        Ok(Array::of_views("meshgrid", identity, grid, kind).split_like(array))
    }
}

impl<T: Number> Array<T> {
    /// The index of each place of a shape: element `[axis, i, j, …]` is the number on that axis of place `[i, j, …]`;
    /// NumPy's `indices`. The chunks are those of the shape, and the first axis is in chunks of 1.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::indices([2, 2], 2);
    /// assert_eq!(on_reference(&x)?, ndarray::array![[[0, 0], [1, 1]], [[0, 1], [0, 1]]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn indices(shape: impl IntoShape, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_indices(&shape.into_shape(), &chunks.into()))
    }

    #[track_caller]
    fn try_indices(shape: &[usize], chunks: &Chunks) -> Built<Self> {
        let mut chunks = chunks.grid(shape, size_of::<T>())?.chunks().to_vec();
        chunks.insert(0, if shape.is_empty() { vec![0] } else { vec![1; shape.len()] });
        let grid = Arc::new(Grid::new(chunks)?);
        let own = grid.clone();
        let block = blockwise_with(own, |own, index, _| {
            let block = own.block(index as usize);
            let shape = own.block_shape(&block);
            if shape[0] == 0 {
                return Ok(Chunk::new(&shape, Vec::new()).into());
            }
            let axis = block[0] + 1;
            let row: Vec<T> = own.range(axis, block[axis]).map(|at| T::from_f64(at as f64)).collect();
            Ok(repeated(Chunk::new(&[row.len()], row), axis, &shape).into())
        });
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: Vec::new() };
        Ok(Array::of_views("indices", Identity::of("indices"), grid, kind))
    }
}
