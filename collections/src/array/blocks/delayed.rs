//! Arrays as delayed blocks and as bags, and back.

use crate::array::blocks::block_calls::BlockError;
use crate::array::chunk::Chunk;
use crate::array::chunks::IntoShape;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{Built, value_task, value_task_with, valued};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use crate::delayed::Delayed;
use crate::identity::Identity;
use crate::{Bag, layer};
use partita_graph::{Fault, Function, Inputs, Kind, Node, Place};
use std::sync::Arc;

impl<T: Element> Array<T> {
    /// Each block as a delayed [`Chunk`], in C order of the grid of blocks; Dask's `to_delayed`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let blocks = Array::<i64>::arange(0, 5, 1, 3).to_delayed();
    /// assert_eq!(on_reference(&blocks[1].map(|block| block.len()))?, 2);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    pub fn to_delayed(&self) -> Vec<Delayed<Chunk<T>>> {
        (0..self.node.parts()).map(|part| Delayed::from_node(self.node.clone(), part)).collect()
    }

    /// An array of one block, which is a delayed [`Chunk`] of this shape; Dask's `from_delayed`. A chunk of another shape
    /// is an error of its task; [`UNKNOWN`] lengths may be any.
    ///
    /// ```
    /// use partita_collections::{Array, array::Chunk, bag::on_reference, delayed};
    ///
    /// let block = delayed(|n: i64| Chunk::from(ndarray::array![n, 2 * n].into_dyn()), (3,));
    /// let x = Array::from_delayed(&block, 2);
    /// assert_eq!(on_reference(&(&x + 1))?, ndarray::array![4, 7].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_delayed(block: &Delayed<Chunk<T>>, shape: impl IntoShape) -> Self {
        let chunks = shape.into_shape().into_iter().map(|length| vec![length]).collect();
        Array::built(Array::try_from_blocks("from_delayed", std::slice::from_ref(block), chunks))
    }

    /// An array whose blocks are delayed [`Chunk`]s, in C order of the grid of blocks, with chunks of these lengths along
    /// each axis; Dask's `block` of arrays `from_delayed`.
    ///
    /// ```
    /// use partita_collections::{Array, array::Chunk, bag::on_reference, delayed};
    ///
    /// let row = |n: i64| delayed(|n: i64| Chunk::from(ndarray::array![[n, n]].into_dyn()), (n,));
    /// let x = Array::from_blocks(&[row(1), row(2)], vec![vec![1, 1], vec![2]]);
    /// assert_eq!(on_reference(&x)?, ndarray::array![[1, 1], [2, 2]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_blocks(blocks: &[Delayed<Chunk<T>>], chunks: Vec<Vec<usize>>) -> Self {
        Array::built(Array::try_from_blocks("from_blocks", blocks, chunks))
    }

    #[track_caller]
    fn try_from_blocks(operation: &'static str, blocks: &[Delayed<Chunk<T>>], chunks: Vec<Vec<usize>>) -> Built<Self> {
        let grid = Grid::new(chunks)?;
        if blocks.len() != grid.parts() {
            return Err(ArrayError::Chunking {
                operation,
                needs: "as many blocks as the chunks say",
                chunks: grid.chunks().to_vec(),
                remedy: format!("they say {}, and {} were given", grid.parts(), blocks.len()),
            }
            .into());
        }
        let mut identity = Identity::of(operation);
        let mut tasks = Vec::with_capacity(blocks.len());
        for (part, block) in blocks.iter().enumerate() {
            let input = block.input();
            identity = identity.node(&input.node).data(&input.part);
            let (place, expected) = (grid.block(part), grid.part_shape(part));
            let check = value_task_with((operation, place, expected), |(operation, place, expected), values| {
                let chunk = *layer::read::<Chunk<T>>(values)?.first().ok_or_else(|| Fault::failed("no block"))?;
                let fits = |(&found, &expected): (&usize, &usize)| expected == UNKNOWN || found == expected;
                if chunk.shape().len() == expected.len() && chunk.shape().iter().zip(expected).all(fits) {
                    return Ok(chunk.clone());
                }
                let (found, expected) = (chunk.shape().to_vec(), expected.to_vec());
                let fault = ArrayFault::BlockShape { operation, found, expected };
                Err(Fault::failed(BlockError::new(operation, place, fault)))
            });
            tasks.push((check, Inputs::from_iter([input])));
        }
        Ok(Array::tasks(operation, identity, grid, tasks))
    }

    /// The elements in C order as a bag. An array that is cut along more
    /// than its first axis is cut anew.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let bag = Array::<i64>::arange(0, 5, 1, 2).to_bag();
    /// assert_eq!(on_reference(&bag.filter(|x| x % 2 == 1))?, [1, 3]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn to_bag(&self) -> Bag<T> {
        let own = Array::built(self.sound().and_then(|array| array.ordered("to_bag")));
        let block = valued(move |_, flows| {
            let [flow] = layer::inputs(flows)?;
            Ok(Lazy::<T>::of(flow, 0)?.into_chunk()?.to_vec())
        });
        let kind = Kind::Blocks { parts: own.node.parts(), block, inputs: vec![own.node.clone().into()] };
        let key = own.identity("to_bag").key::<Vec<T>>("to_bag");
        Bag::from_node(Arc::new(Node::new(key, kind, Place::here())))
    }

    /// What is at each place of the first axis as an element of a bag: the rows of a matrix. Axes after the first are put
    /// together.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4], [5, 6]], [2, 1]);
    /// let sums = x.to_bag_of_rows().map(|row| row.view().sum());
    /// assert_eq!(on_reference(&sums)?, [3, 7, 11]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn to_bag_of_rows(&self) -> Bag<Chunk<T>> {
        let own = Array::built(self.try_rows());
        let block = valued(move |_, flows| {
            let [flow] = layer::inputs(flows)?;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let rows = chunk.shape().first().copied().unwrap_or(0);
            Ok((0..rows).map(|row| chunk.clone().pick(0, row)).collect::<Vec<Chunk<T>>>())
        });
        let kind = Kind::Blocks { parts: own.node.parts(), block, inputs: vec![own.node.clone().into()] };
        let key = own.identity("to_bag_of_rows").key::<Vec<Chunk<T>>>("to_bag_of_rows");
        Bag::from_node(Arc::new(Node::new(key, kind, Place::here())))
    }

    #[track_caller]
    fn try_rows(&self) -> Built<Self> {
        self.sound()?;
        let operation = "to_bag_of_rows";
        if self.ndim() == 0 {
            return Err(ArrayError::Dimensions { operation, wanted: "arrays with an axis", shape: Vec::new() }.into());
        }
        let whole: Vec<bool> = (0..self.ndim()).map(|axis| axis > 0).collect();
        self.whole_along(operation, &whole)
    }

    /// An array of one axis of a bag's elements; a block for each partition, of a length that only computing tells. A
    /// bag without partitions is an array without elements.
    ///
    /// ```
    /// use partita_collections::{Array, Bag, bag::on_reference};
    ///
    /// let x = Array::from_bag(&Bag::<i64>::range(5, 2));
    /// assert_eq!(on_reference(&(&x * 2))?, ndarray::array![0, 2, 4, 6, 8].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_bag(bag: &Bag<T>) -> Self {
        let function = value_task(move |values| {
            let lists = layer::read::<Vec<T>>(values)?;
            let all: Vec<T> = lists.into_iter().flatten().copied().collect();
            Ok(Chunk::new(&[all.len()], all))
        });
        Array::built(Array::of_partitions("from_bag", bag.node(), Vec::new(), function))
    }

    /// A matrix whose rows are the lists of a bag, all of this length; a block for each partition, of as many rows as
    /// only computing tells. A list of another length is an error of its task.
    ///
    /// ```
    /// use partita_collections::{Array, Bag, bag::on_reference};
    ///
    /// let rows = Bag::<i64>::range(3, 2).map(|n| vec![n, n * n]);
    /// let x = Array::from_bag_of_rows(&rows, 2);
    /// assert_eq!(on_reference(&x)?, ndarray::array![[0, 0], [1, 1], [2, 4]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_bag_of_rows(bag: &Bag<Vec<T>>, columns: usize) -> Self {
        let operation = "from_bag_of_rows";
        let function = value_task_with(columns, |&columns, values| {
            let operation = "from_bag_of_rows";
            let mut all = Vec::new();
            let mut rows = 0;
            for row in layer::read::<Vec<Vec<T>>>(values)?.into_iter().flatten() {
                if row.len() != columns {
                    let (found, expected) = (vec![row.len()], vec![columns]);
                    return Err(Fault::failed(ArrayFault::BlockShape { operation, found, expected }));
                }
                all.extend_from_slice(row);
                rows += 1;
            }
            Ok(Chunk::new(&[rows, columns], all))
        });
        Array::built(Array::of_partitions(operation, bag.node(), vec![vec![columns]], function))
    }

    /// A block for each partition, of an unknown length along the first axis; `rest` are the chunks of the other axes.
    #[track_caller]
    fn of_partitions(name: &str, bag: &Arc<Node>, rest: Vec<Vec<usize>>, function: Function) -> Built<Self> {
        let (tasks, lengths): (Vec<(Function, Inputs)>, Vec<usize>) = match bag.parts() {
            0 => (vec![(function, Inputs::new())], vec![0]),
            count => {
                let task = |part| (function.clone(), Inputs::from_iter([part]));
                (layer::parts(bag).map(task).collect(), vec![UNKNOWN; count as usize])
            }
        };
        let grid = Grid::new(std::iter::once(lengths).chain(rest).collect())?;
        Ok(Array::tasks(name, Identity::of(name).node(bag), grid, tasks))
    }
}
