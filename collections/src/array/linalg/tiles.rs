//! Tiles: matrices that many tasks make block by block, each of them from blocks that came before.

use super::Field;
use super::dense::settled;
use crate::array::Array;
use crate::array::chunk::Chunk;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, refine};
use crate::array::layers::{Built, zeros};
use crate::array::{Element, UNKNOWN};
use crate::identity::Identity;
use partita_graph::{Data, Fault, FromEnv, Function, Input, Inputs, Kind, Node, Place, Travels, Value};
use std::any::type_name;
use std::sync::Arc;

/// Blocks of a matrix as far as they are there.
pub(super) struct Tiles {
    columns: usize,
    blocks: Vec<Option<Input>>,
}

impl Tiles {
    /// No blocks yet.
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        Tiles { columns, blocks: vec![None; rows * columns] }
    }

    /// Puts a block in its place.
    pub(super) fn set(&mut self, row: usize, column: usize, input: Input) {
        self.blocks[row * self.columns + column] = Some(input);
    }

    /// The block at a place, or nothing if it is zero or not there yet.
    pub(super) fn get(&self, row: usize, column: usize) -> Option<Input> {
        self.blocks[row * self.columns + column].clone()
    }

    /// The whole matrix; blocks that are not there are zeros.
    #[track_caller]
    pub(super) fn array<T: Element>(self, name: &str, identity: Identity, grid: Grid) -> Array<T> {
        let pass = crate::layer::same::<Chunk<T>>();
        let task = |(part, input): (usize, Option<Input>)| -> (Function, Inputs) {
            match input {
                Some(input) => (pass.clone(), [input].into_iter().collect()),
                None => {
                    let shape = grid.part_shape(part);
                    (zeros::<T>(shape), Inputs::new())
                }
            }
        };
        let tasks = self.blocks.into_iter().enumerate().map(task).collect();
        Array::tasks(name, identity, grid, tasks)
    }
}

/// A layer of tasks that make `R`.
#[track_caller]
pub(super) fn layer<R: 'static>(name: &str, identity: Identity, tasks: Vec<(Function, Inputs)>) -> Arc<Node> {
    Arc::new(Node::new(identity.key::<R>(name), Kind::Tasks(tasks), Place::here()))
}

/// A part of a node.
pub(super) fn part(node: &Arc<Node>, part: usize) -> Input {
    Input { node: node.clone(), part: part as u32 }
}

/// A task function that makes a value and tells its size.
pub(super) fn sized<E: Travels, R: Data>(
    env: E,
    call: impl Fn(&E, &[Value]) -> Result<(R, usize), Fault> + Send + Sync + 'static,
) -> Function {
    let call = move |env: &E, values: &[Value]| {
        let (value, nbytes) = call(env, values)?;
        Ok(Value::with_size(value, nbytes))
    };
    Arc::new(FromEnv::new(type_name::<R>(), env, call))
}

/// The bytes of some chunks.
pub(super) fn nbytes<T: Element>(chunks: &[&Chunk<T>]) -> usize {
    chunks.iter().map(|chunk| chunk.len() * size_of::<T>() + size_of::<Chunk<T>>()).sum()
}

/// The value of a task's input.
pub(super) fn value<R: Data>(values: &[Value], input: usize) -> Result<&R, Fault> {
    let value = values.get(input).ok_or_else(|| Fault::failed(format!("a task was given no input {input}")))?;
    value.get::<R>().map_err(|mismatch| Fault::Type { input, mismatch })
}

/// A vector as a matrix of one column; a matrix as it is.
pub(super) fn as_matrix<T: Element>(chunk: &Chunk<T>) -> Chunk<T> {
    match chunk.shape() {
        [_] => settled(&chunk.clone().with_axis(1)),
        _ => chunk.clone(),
    }
}

/// What is wrong with a matrix, as the error of a task.
pub(super) fn fault(operation: &'static str, reason: impl Into<String>) -> Fault {
    Fault::failed(ArrayFault::Matrix { operation, reason: reason.into() })
}

/// A matrix whose lengths are known.
pub(super) fn known<'a, T: Element>(operation: &'static str, matrix: &'a Array<T>) -> Built<&'a Array<T>> {
    matrix.sound()?;
    if matrix.ndim() != 2 {
        let shape = matrix.shape().to_vec();
        return Err(ArrayError::Dimensions { operation, wanted: "a matrix", shape }.into());
    }
    match (0..2).find(|&axis| matrix.shape()[axis] == UNKNOWN) {
        Some(axis) => Err(ArrayError::Unknown { operation, axis }.into()),
        None => Ok(matrix),
    }
}

/// A square matrix with the same chunks on both axes.
#[track_caller]
pub(super) fn square<T: Field>(operation: &'static str, matrix: &Array<T>) -> Built<Array<T>> {
    known(operation, matrix)?;
    let shape = matrix.shape().to_vec();
    if shape[0] != shape[1] {
        return Err(ArrayError::Dimensions { operation, wanted: "a square matrix", shape }.into());
    }
    let chunks = refine(matrix.grid.axis(0), matrix.grid.axis(1));
    Ok(matrix.refined(Grid::new(vec![chunks.clone(), chunks])?))
}
