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
use ndarray::ArrayViewD;
use parking_lot::Mutex;
use partita_graph::{Data, Fault, Key, Kind, Node, Place};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, Weak};

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

/// The blocks of one run: the values of the tasks that write them hold on to it. When they go before the end, because
/// one failed or nobody wants them any more, it goes too, and what was written is abandoned.
struct Run<T: Element> {
    sink: Shared<T>,
    finished: Mutex<bool>,
}

impl<T: Element> Drop for Run<T> {
    fn drop(&mut self) {
        if !*self.finished.get_mut() {
            self.sink.abandon();
        }
    }
}

/// The run of which a block was written; what a writing task returns. It means nothing outside of its process, so it
/// cannot be written or read.
struct Written(Arc<dyn Any + Send + Sync>);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("a block that was written is known to its process only"))
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("a block that was written is known to its process only"))
    }
}

/// Opens the sink of each run: with the first block that comes.
struct Opener<T: Element, F> {
    open: F,
    run: Mutex<Weak<Run<T>>>,
}

impl<T: Element, F: Fn() -> Result<Shared<T>, BoxError>> Opener<T, F> {
    fn run(&self) -> Result<Arc<Run<T>>, Fault> {
        let mut current = self.run.lock();
        if let Some(run) = current.upgrade() {
            return Ok(run);
        }
        let run = Arc::new(Run { sink: (self.open)().map_err(Fault::failed)?, finished: Mutex::new(false) });
        *current = Arc::downgrade(&run);
        Ok(run)
    }
}

/// Finishes what blocks were written into, if they are all of one run.
fn finish<T: Element>(written: &[&Written]) -> Result<(), Fault> {
    let lost = || Fault::failed("blocks that were written before are lost: compute it again");
    let (first, rest) = written.split_first().ok_or_else(lost)?;
    if !rest.iter().all(|other| Arc::ptr_eq(&first.0, &other.0)) {
        return Err(lost());
    }
    let run = first.0.downcast_ref::<Run<T>>().ok_or_else(lost)?;
    let mut finished = run.finished.lock();
    if !*finished {
        run.sink.finish().map_err(Fault::failed)?;
        *finished = true;
    }
    Ok(())
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
        let opener = Opener { open, run: Mutex::new(Weak::new()) };
        let block = valued(move |index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let chunk: Chunk<T> = Lazy::of(flow, 0)?.into_chunk()?;
            let ranges = places.ranges(index as usize);
            check_shape(name, chunk.shape(), &ranges)?;
            let run = opener.run()?;
            // A task that is repeated after the end finds its block written.
            if !*run.finished.lock() {
                run.sink.write(&ranges, chunk.view().view()).map_err(Fault::failed)?;
            }
            Ok(Written(run))
        });
        // Writing is done each time that it is asked for, so its tasks are like no others.
        let kind = Kind::Blocks { parts: array.node.parts(), block, inputs: vec![array.node.clone().into()] };
        let written = Arc::new(Node::new(Key::unique(name), kind, Place::here()));
        let function = task(move |values| {
            finish::<T>(&read(values)?)?;
            Ok(result.clone())
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts what happens to it.
    #[derive(Default)]
    struct Counted {
        finished: AtomicUsize,
        abandoned: AtomicUsize,
    }

    impl Sink<i64> for Counted {
        fn write(&self, _: &[Range<usize>], _: ArrayViewD<'_, i64>) -> Result<(), BoxError> {
            Ok(())
        }

        fn finish(&self) -> Result<(), BoxError> {
            self.finished.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn abandon(&self) {
            self.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }

    type Open = Box<dyn Fn() -> Result<Shared<i64>, BoxError> + Sync>;

    fn opener() -> (Arc<Counted>, Opener<i64, Open>) {
        let counted = Arc::new(Counted::default());
        let sink = counted.clone();
        let open: Open = Box::new(move || Ok(sink.clone() as Shared<i64>));
        (counted, Opener { open, run: Mutex::new(Weak::new()) })
    }

    #[test]
    fn tasks_of_one_run_share_a_sink_and_a_lost_block_is_told() {
        let (counted, opener) = opener();
        let runs: Vec<Written> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| opener.run().map(|run| Written(run)))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
        });
        finish::<i64>(&runs.iter().collect::<Vec<_>>()).unwrap();
        // The task that finishes is repeated when its result is lost.
        finish::<i64>(&runs.iter().collect::<Vec<_>>()).unwrap();
        let repeated = Written(opener.run().unwrap());
        assert!(Arc::ptr_eq(&repeated.0, &runs[0].0), "the run lives as long as one of its blocks");
        drop((runs, repeated));
        let first = Written(opener.run().unwrap());
        let other = Written(Opener { open: opener.open, run: Mutex::new(Weak::new()) }.run().unwrap());
        let Fault::Failed(error) = finish::<i64>(&[&first, &other]).unwrap_err() else { panic!() };
        assert!(error.to_string().contains("are lost: compute it again"), "{error}");
        drop((first, other));
        let counts = (counted.finished.load(Ordering::Relaxed), counted.abandoned.load(Ordering::Relaxed));
        assert_eq!(counts, (1, 2));
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
            ("store", told(on_reference(&unknown.store(Counted::default())))),
            ("to_npy", told(on_reference(&npy).map(drop))),
            ("to_npy_stack", told(on_reference(&stack).map(drop))),
        ] {
            assert!(error.contains(&format!("`{name}` needs to know how long axis 1 is")), "{error}");
        }
    }
}
