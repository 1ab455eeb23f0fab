//! Layers of arrays: how operations become nodes. Blockwise ones are fused with their neighbours into one task a block.

use super::chunk::{Chunk, Dims};
use super::error::ArrayError;
use super::grid::{Grid, UNKNOWN};
use super::lazy::Lazy;
use super::{Array, Element};
use crate::identity::Identity;
use crate::layer::{Partwise, Settle, Share, makes};
use partita_graph::{
    Block, Data, Fault, Flow, FromEnv, Function, Inputs, Key, Kind, Misbuilt, Named, Node, Place, Reads, Travels,
    UserError, Value,
};
use std::any::type_name;
use std::sync::Arc;

/// Why an array could not be built.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// Something is wrong here.
    Here(ArrayError),
    /// Something was wrong with an array that this one is made of.
    Before(Arc<Node>),
}

impl From<ArrayError> for Stop {
    fn from(error: ArrayError) -> Self {
        Stop::Here(error)
    }
}

/// An array, or why there is none.
pub(crate) type Built<A> = Result<A, Stop>;

/// Runs a lazy block and keeps it.
fn keep<T: Element>(flow: Flow) -> Result<Value, Fault> {
    match flow {
        Flow::Value(value) => Ok(value),
        lazy => Ok(Lazy::<T>::of(lazy, 0)?.into_chunk()?.compact().into_value()),
    }
}

fn share<T: Element>() -> Share {
    |flow, readers| Ok(Lazy::<T>::of(flow, 0)?.share(readers).into_iter().map(Lazy::into_flow).collect())
}

/// The function of a blockwise layer that makes blocks of what comes in.
pub(crate) fn blockwise<T: Element>(
    run: impl Fn(u32, Vec<Flow>) -> Result<Lazy<T>, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    blockwise_with((), move |_, index, flows| run(index, flows))
}

/// As [`blockwise`], of a function and what it needs, so that it can run in another process.
pub(crate) fn blockwise_with<E: Travels, T: Element>(
    env: E,
    run: impl Fn(&Arc<E>, u32, Vec<Flow>) -> Result<Lazy<T>, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    let run = move |env: &Arc<E>, index, flows: Vec<Flow>| Ok(run(env, index, flows)?.into_flow());
    let settle = Named::new(|| keep::<T> as Settle);
    let share = Some(Named::new(share::<T>));
    Arc::new(Partwise { share, ..Partwise::new(env, settle, type_name::<Chunk<T>>(), run) })
}

/// The function of a blockwise layer that makes values of any type.
pub(crate) fn valued<R: Data>(
    run: impl Fn(u32, Vec<Flow>) -> Result<R, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    valued_with((), move |_, index, flows| run(index, flows))
}

/// As [`valued`], of a function and what it needs, so that it can run in another process.
pub(crate) fn valued_with<E: Travels, R: Data>(
    env: E,
    run: impl Fn(&Arc<E>, u32, Vec<Flow>) -> Result<R, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    let run = move |env: &Arc<E>, index, flows: Vec<Flow>| Ok(Flow::Value(Value::new(run(env, index, flows)?)));
    Arc::new(Partwise::new(env, makes(), type_name::<R>(), run))
}

/// A task function of chunks.
pub(crate) fn chunk_task<T: Element, U: Element>(
    call: impl Fn(&[&Chunk<T>]) -> Result<Chunk<U>, Fault> + Send + Sync + 'static,
) -> Function {
    value_task(move |values| call(&crate::layer::read(values)?))
}

/// As [`chunk_task`], of a function and what it needs, so that it can run in another process.
pub(crate) fn chunk_task_with<E: Travels, T: Element, U: Element>(
    env: E,
    call: impl Fn(&E, &[&Chunk<T>]) -> Result<Chunk<U>, Fault> + Send + Sync + 'static,
) -> Function {
    value_task_with(env, move |env, values| call(env, &crate::layer::read(values)?))
}

/// A task function of values that makes a chunk.
pub(crate) fn value_task<U: Element>(
    call: impl Fn(&[Value]) -> Result<Chunk<U>, Fault> + Send + Sync + 'static,
) -> Function {
    value_task_with((), move |(), values| call(values))
}

/// As [`value_task`], of a function and what it needs, so that it can run in another process.
pub(crate) fn value_task_with<E: Travels, U: Element>(
    env: E,
    call: impl Fn(&E, &[Value]) -> Result<Chunk<U>, Fault> + Send + Sync + 'static,
) -> Function {
    let call = move |env: &E, values: &[Value]| Ok(call(env, values)?.compact().into_value());
    Arc::new(FromEnv::new(type_name::<Chunk<U>>(), env, call))
}

/// A task function of nothing that makes a block of zeros.
pub(crate) fn zeros<T: Element>(shape: Dims) -> Function {
    value_task_with(shape, |shape, _| Ok(Chunk::full(shape, T::default())))
}

impl<T: Element> Array<T> {
    /// The array whose block `i` of `grid` is what `block` makes of part `i` of what it reads.
    #[track_caller]
    pub(crate) fn blocks(
        name: &str,
        identity: Identity,
        grid: impl Into<Arc<Grid>>,
        reads: Vec<Reads>,
        block: Arc<dyn Block>,
    ) -> Self {
        let grid = grid.into();
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: reads };
        Array::of_kind(name, identity, grid, kind)
    }

    /// The array whose block `i` of `grid` is what task `i` makes.
    #[track_caller]
    pub(crate) fn tasks(
        name: &str,
        identity: Identity,
        grid: impl Into<Arc<Grid>>,
        tasks: Vec<(Function, Inputs)>,
    ) -> Self {
        Array::of_kind(name, identity, grid.into(), Kind::Tasks(tasks))
    }

    /// An array of a layer. One with blocks that would not fit into memory stands for that error; its grid is what it
    /// would be, so that what is built on it may ask for it.
    #[track_caller]
    pub(crate) fn of_kind(name: &str, identity: Identity, grid: Arc<Grid>, kind: Kind) -> Self {
        // What is at hand did fit.
        let at_hand = matches!(kind, Kind::Data(_) | Kind::Held(_));
        match grid.bounded(name, size_of::<T>()) {
            Err(error) if !at_hand => {
                let node = Node::misbuilt(Key::unique("misbuilt"), Arc::new(error), Place::here());
                Array::from_parts(Arc::new(node), grid)
            }
            _ => Array::of_views(name, identity, grid, kind),
        }
    }

    /// An array of a layer whose blocks take less memory than their size says, as those of a value again and again.
    #[track_caller]
    pub(crate) fn of_views(name: &str, identity: Identity, grid: Arc<Grid>, kind: Kind) -> Self {
        // Grids are part of what an array is: blocks of other shapes are other values.
        let key = identity.data(&grid.chunks()).key::<Chunk<T>>(name);
        Array::from_parts(Arc::new(Node::new(key, kind, Place::here())), grid)
    }

    /// The identity of an operation on this array.
    pub(crate) fn identity(&self, operation: &str) -> Identity {
        Identity::of(operation).node(&self.node)
    }

    /// Each block made into one of the same place in the same grid.
    #[track_caller]
    pub(crate) fn each_block<U: Element>(
        &self,
        name: &str,
        identity: Identity,
        f: impl Fn(u32, Lazy<T>) -> Result<Lazy<U>, Fault> + Send + Sync + 'static,
    ) -> Array<U> {
        self.each_block_with(name, identity, (), move |_, index, lazy| f(index, lazy))
    }

    /// As [`Array::each_block`], of a function and what it needs, so that it can run in another process.
    #[track_caller]
    pub(crate) fn each_block_with<E: Travels, U: Element>(
        &self,
        name: &str,
        identity: Identity,
        env: E,
        f: impl Fn(&Arc<E>, u32, Lazy<T>) -> Result<Lazy<U>, Fault> + Send + Sync + 'static,
    ) -> Array<U> {
        let block = blockwise_with(env, move |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            f(env, index, Lazy::of(flow, 0)?)
        });
        Array::blocks(name, identity, self.grid.clone(), vec![self.node.clone().into()], block).split_like(self)
    }

    /// It, if nothing is wrong with it.
    pub(crate) fn sound(&self) -> Built<&Self> {
        match self.misbuilt() {
            None => Ok(self),
            Some(_) => Err(Stop::Before(self.node.clone())),
        }
    }

    /// It, if nothing is wrong with it and no length is one that only computing tells.
    pub(crate) fn known(&self, operation: &'static str) -> Built<&Self> {
        self.known_along(operation, |_| true)
    }

    /// It, if nothing is wrong with it and the lengths along these axes are known.
    pub(crate) fn known_along(&self, operation: &'static str, axes: impl Fn(usize) -> bool) -> Built<&Self> {
        self.sound()?;
        match (0..self.ndim()).find(|&axis| axes(axis) && self.shape()[axis] == UNKNOWN) {
            None => Ok(self),
            Some(axis) => Err(ArrayError::Unknown { operation, axis }.into()),
        }
    }

    /// Why it cannot be computed.
    fn misbuilt(&self) -> Option<&UserError> {
        self.node.extras.as_ref()?.misbuilt.as_ref()
    }

    /// The array that was built, or one that stands for the error.
    #[track_caller]
    pub(crate) fn built(result: Built<Self>) -> Self {
        let node = match result {
            Ok(mut array) => {
                // Its layer may have been made in a closure, which does not know who called.
                if let Some(node) = Arc::get_mut(&mut array.node) {
                    node.place = Place::here();
                }
                return array;
            }
            Err(Stop::Before(node)) => node,
            Err(Stop::Here(error)) => Arc::new(Node::misbuilt(Key::unique("misbuilt"), Arc::new(error), Place::here())),
        };
        Array::from_parts(node, Arc::new(Grid::single(&[])))
    }

    /// The array, if the expression makes sense, and else what is wrong with it and where; nothing is computed.
    ///
    /// # Errors
    /// [`Misbuilt`]: an [`ArrayError`] and the line of user code that wrote the expression.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let row = Array::<f64>::ones(3, 3);
    /// assert!((&row + &row).check().is_ok());
    /// assert!((&row + &Array::ones(4, 4)).check().is_err());
    /// ```
    pub fn check(&self) -> Result<&Self, Misbuilt> {
        match self.misbuilt() {
            None => Ok(self),
            Some(error) => Err(Misbuilt { error: error.clone(), place: self.node.place }),
        }
    }
}
