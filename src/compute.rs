//! Computing collections: `x.compute()`, `compute((x, y))`, `persist`, `visualize`.

use crate::client::Client;
use crate::current;
use crate::error::Result;
use partita_collections::Collection;
use partita_graph::draw::{self, DrawOptions};
use partita_graph::{Engine, Graph, Place};
use std::path::Path;

/// What every collection can do once there is a cluster.
pub trait Compute: Collection + Sized {
    /// Computes it on the current client, or on a local cluster that is started once, and gives the result.
    ///
    /// Inside a task it runs on the task's cluster, and the task's thread is free for other tasks meanwhile.
    ///
    /// # Errors
    /// The error of the first task that failed; see [`partita_graph::RunError`].
    fn compute(&self) -> Result<Self::Output> {
        self.compute_on(&current::client()?)
    }

    /// Computes it on an engine, for example a [`Client`] or [`partita_graph::Reference`].
    ///
    /// # Errors
    /// As [`Compute::compute`].
    fn compute_on(&self, engine: &dyn Engine) -> Result<Self::Output> {
        let values = engine.run(self.graph().check()?)?;
        Ok(self.assemble(values)?)
    }

    /// Starts to compute it and gives a collection of the results, which stay on the workers.
    ///
    /// # Errors
    /// [`partita_graph::GraphError`], if the graph cannot be run. A task's error shows when the results are used.
    #[track_caller]
    fn persist(&self) -> Result<Self> {
        self.persist_on(&current::client()?)
    }

    /// As [`Compute::persist`], on a client.
    ///
    /// # Errors
    /// As [`Compute::persist`].
    #[track_caller]
    fn persist_on(&self, client: &Client) -> Result<Self> {
        client.persist(self)
    }

    /// As [`Compute::persist`], and keeps each result in a file of this folder as soon as it is there. What a run before
    /// kept, of the same program on the same inputs, is read from there and not computed again: work that was broken off
    /// goes on where it was.
    ///
    /// The folder is made if need be, for its owner only, as are the files. They are written whole or not at all, and have
    /// checksums; damaged ones, as a power failure may leave them, are computed anew. A result that cannot be written is not lost: the log says so, and it is
    /// computed anew the next time. A result is recognised by its key, that is by its operations, functions and inputs,
    /// files of inputs by their paths, sizes and times; and by the executable: a program that was built anew computes
    /// everything anew. A function that reads anything else, as a file or the time, is taken to give the same again. What
    /// draws random numbers without a seed is computed anew by each run. Results must survive being written and read, as by
    /// serde.
    ///
    /// The files of a run before are read through before this returns, by as many threads as there are cores. What the
    /// program holds already by an earlier call is shared, and not written again. Nothing is ever removed from the folder.
    ///
    /// ```
    /// use partita::prelude::*;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// static CALLS: AtomicU32 = AtomicU32::new(0);
    ///
    /// fn slow(x: i64) -> i64 {
    ///     CALLS.fetch_add(1, Ordering::SeqCst);
    ///     x * x
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let folder = tempfile::tempdir()?;
    /// for _ in 0..2 {
    ///     // As if the program was started twice.
    ///     let cluster = LocalCluster::builder().workers(1).start()?;
    ///     let squares = Bag::<i64>::from_sequence([1, 2, 3], 3).map(slow).persist_to(folder.path())?;
    ///     assert_eq!(squares.compute()?, [1, 4, 9]);
    ///     cluster.close()?;
    /// }
    /// assert_eq!(CALLS.load(Ordering::SeqCst), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CheckpointError`](crate::CheckpointError), if the folder cannot be used, or a key says nothing of what is computed
    /// because a function captures something; else as [`Compute::persist`]. Nothing was computed then.
    #[track_caller]
    fn persist_to(&self, folder: impl AsRef<Path>) -> Result<Self> {
        self.persist_to_on(&current::client()?, folder)
    }

    /// As [`Compute::persist_to`], on a client.
    ///
    /// # Errors
    /// As [`Compute::persist_to`].
    #[track_caller]
    fn persist_to_on(&self, client: &Client, folder: impl AsRef<Path>) -> Result<Self> {
        client.persist_to(self, folder.as_ref(), Place::here())
    }

    /// Draws the graph as it would run into a file: `.svg`, `.png` or `.dot`.
    ///
    /// # Errors
    /// [`partita_graph::draw::DrawError`]: an unknown ending, a folder that is not there, a file that cannot be written.
    fn visualize(&self, path: impl AsRef<Path>) -> Result<()> {
        self.visualize_with(path, &VisualizeOptions::default())
    }

    /// As [`Compute::visualize`], with options.
    ///
    /// # Errors
    /// As [`Compute::visualize`].
    fn visualize_with(&self, path: impl AsRef<Path>, options: &VisualizeOptions) -> Result<()> {
        let graph = self.graph();
        let graph = if options.optimize { graph } else { graph.without_fusion() };
        draw_graph(&graph, path.as_ref(), &options.draw)
    }
}

impl<C: Collection> Compute for C {}

/// How a graph is drawn.
#[derive(Clone, Debug)]
pub struct VisualizeOptions {
    /// Whether it is drawn as it would run, with chains fused; else as it was written.
    pub optimize: bool,
    /// Colours and sizes.
    pub draw: DrawOptions,
}

impl Default for VisualizeOptions {
    fn default() -> Self {
        VisualizeOptions { optimize: true, draw: DrawOptions::default() }
    }
}

pub(crate) fn draw_graph(graph: &Graph, path: &Path, options: &DrawOptions) -> Result<()> {
    // A wrong path is found before a large graph is looked at.
    draw::Format::of_path(path)?;
    let picture = graph.check()?.picture();
    Ok(draw::save(&picture, path, options)?)
}

/// Computes several collections together; what they share runs once.
///
/// ```
/// use partita::prelude::*;
///
/// let x = delayed(|| 20, ());
/// let (twice, thrice) = compute((&x * 2, &x * 3))?;
/// assert_eq!((twice, thrice), (40, 60));
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// As [`Compute::compute`].
pub fn compute<C: Collection>(collections: C) -> Result<C::Output> {
    collections.compute()
}

/// Starts to compute several collections together; see [`Compute::persist`].
///
/// # Errors
/// As [`Compute::persist`].
#[track_caller]
pub fn persist<C: Collection>(collections: C) -> Result<C> {
    current::client()?.persist_from(&collections, Place::here())
}

/// Draws the graph of several collections; see [`Compute::visualize`].
///
/// # Errors
/// As [`Compute::visualize`].
pub fn visualize<C: Collection>(collections: C, path: impl AsRef<Path>) -> Result<()> {
    collections.visualize(path)
}
