//! Sinks: writing the blocks of an array into anything, and finishing it when the last one is there.

use super::super::chunk::Chunk;
use super::super::layers::valued;
use super::super::lazy::Lazy;
use super::super::{Array, Element};
use super::source::{Places, check_shape};
use crate::Item;
use crate::bag::BoxError;
use crate::identity::Identity;
use crate::layer::{parts, read, task};
use crate::staged::{Ending, Opener, Ticket, finish};
use ndarray::ArrayViewD;
use partita_graph::{Data, Fault, Key, Kind, Node, Place, Plain};
use std::ops::Range;
use std::sync::Arc;

/// What the blocks of an array can be written into: a file of one's own format, a database, an array in memory. Blocks
/// are written by several threads at once, in any order, and may be written again if a task is repeated.
///
/// ```
/// use ndarray::{Array2, ArrayViewD, Ix2, s};
/// use partita_collections::{Array, array::Sink, bag::{BoxError, on_reference}};
/// use std::{ops::Range, sync::{Arc, Mutex}};
///
/// struct InMemory(Mutex<Array2<i64>>);
///
/// impl Sink<i64> for InMemory {
///     fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, i64>) -> Result<(), BoxError> {
///         let mut all = self.0.lock().map_err(|_| "another block failed")?;
///         all.slice_mut(s![ranges[0].clone(), ranges[1].clone()]).assign(&block.into_dimensionality::<Ix2>()?);
///         Ok(())
///     }
/// }
///
/// let memory = Arc::new(InMemory(Mutex::new(Array2::zeros((2, 3)))));
/// let x = Array::<i64>::from_array(ndarray::array![[0, 1, 2], [3, 4, 5]], 2);
/// on_reference(&x.store(memory.clone()))?;
/// assert_eq!(*memory.0.lock().unwrap(), ndarray::array![[0, 1, 2], [3, 4, 5]]);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub trait Sink<T: Element>: Send + Sync + 'static {
    /// Takes a block, whose elements go to these ranges, one for each axis.
    ///
    /// # Errors
    /// Any; it becomes the source of the task's error.
    fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, T>) -> Result<(), BoxError>;

    /// Called once, when all blocks are written. Nothing is done if not said otherwise.
    ///
    /// # Errors
    /// Any; it becomes the source of the task's error.
    fn finish(&self) -> Result<(), BoxError> {
        Ok(())
    }

    /// Called if something failed, or was cancelled, and [`Sink::finish`] will not be called: what was written can go.
    /// Nothing is done if not said otherwise.
    fn abandon(&self) {}
}

impl<T: Element, S: Sink<T> + ?Sized> Sink<T> for Arc<S> {
    fn write(&self, ranges: &[Range<usize>], block: ArrayViewD<'_, T>) -> Result<(), BoxError> {
        S::write(self, ranges, block)
    }

    fn finish(&self) -> Result<(), BoxError> {
        S::finish(self)
    }

    fn abandon(&self) {
        S::abandon(self);
    }
}

/// A sink that is shared by the tasks of one run.
pub(super) type Shared<T> = Arc<dyn Sink<T>>;

impl<T: Element> Ending for dyn Sink<T> {
    fn finish(&self) -> Result<(), BoxError> {
        Sink::finish(self)
    }

    fn abandon(&self) {
        Sink::abandon(self);
    }
}

impl<T: Element> Array<T> {
    /// Writes each block into a sink; Dask's `store`. Nothing is written before the lazy result is computed, and
    /// computing it again writes again.
    ///
    /// Chunk lengths must be known. If a block cannot be computed or written, the sink is told to abandon what it has.
    #[track_caller]
    pub fn store(&self, sink: impl Sink<T>) -> Item<()> {
        let sink: Shared<T> = Arc::new(sink);
        self.stored("store", move || Ok(sink.clone()), ())
    }

    /// Writes each block into the sink that `open` gives once a run. The lazy result is `result`, when it is finished.
    #[track_caller]
    pub(super) fn stored<R: Data + Clone>(
        &self,
        name: &'static str,
        open: impl Fn() -> Result<Shared<T>, BoxError> + Send + Sync + 'static,
        result: R,
    ) -> Item<R> {
        let array = Array::built(self.known(name).cloned());
        let places = Places::new(array.grid.clone());
        let opener = Opener::new(open);
        let block = valued(move |index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let chunk: Chunk<T> = Lazy::of(flow, 0)?.into_chunk()?;
            let ranges = places.ranges(index as usize);
            check_shape(name, chunk.shape(), &ranges)?;
            let run = opener.run()?;
            // A task that is repeated after the end finds its block written.
            if !run.is_finished() {
                run.sink.write(&ranges, chunk.view().view()).map_err(Fault::failed)?;
            }
            Ok(Ticket::from(run))
        });
        // Writing is done each time that it is asked for, so its tasks are like no others.
        let kind = Kind::Blocks { parts: array.node.parts(), block, inputs: vec![array.node.clone().into()] };
        let written = Arc::new(Node::new(Key::unique(name), kind, Place::here()));
        let function = task(Plain(result), |result, values| {
            finish::<dyn Sink<T>>(&read(values)?)?;
            Ok(result.0.clone())
        });
        let key = Identity::of(name).node(&written).key::<R>(&format!("{name}-finish"));
        let kind = Kind::Call { function, inputs: parts(&written).collect() };
        Item::from_node(Arc::new(Node::new(key, kind, Place::here())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::grid::Grid;
    use super::super::super::{UNKNOWN, overwrite};
    use super::*;
    use crate::bag::on_reference;

    /// Takes blocks and does nothing.
    struct Nothing;

    impl Sink<i64> for Nothing {
        fn write(&self, _: &[Range<usize>], _: ArrayViewD<'_, i64>) -> Result<(), BoxError> {
            Ok(())
        }
    }

    #[test]
    fn unknown_lengths_are_told_before_work_starts() {
        let grid = Grid::new(vec![vec![2], vec![UNKNOWN, UNKNOWN]]).unwrap();
        let node = Array::<i64>::zeros([2, 4], [2, 2]).node().clone();
        let unknown = Array::<i64>::from_parts(node, Arc::new(grid));
        let directory = tempfile::tempdir().unwrap();
        let path = overwrite(directory.path().join("x"));
        let told = |result: Result<(), partita_graph::RunError>| result.unwrap_err().to_string();
        let npy = unknown.to_npy(path.clone()).unwrap();
        let stack = unknown.to_npy_stack(path, 0).unwrap();
        for (name, error) in [
            ("store", told(on_reference(&unknown.store(Nothing)))),
            ("to_npy", told(on_reference(&npy).map(drop))),
            ("to_npy_stack", told(on_reference(&stack).map(drop))),
        ] {
            assert!(error.contains(&format!("`{name}` needs to know how long axis 1 is")), "{error}");
        }
    }
}
