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
