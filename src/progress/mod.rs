//! Progress bars: one for each group of tasks, in a terminal; elsewhere nothing is shown.

mod bars;
mod watch;

pub use bars::{Bar, Bars};
pub(crate) use watch::Screen;

use crate::client::{Client, futures_of, output_futures};
use crate::compute::Compute;
use crate::current;
use crate::error::Result;
use indicatif::ProgressDrawTarget;
use partita_collections::{Bag, Collection, Delayed, Future, Item};
use partita_graph::{Place, RunError, Value, Work};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;
use watch::{Watch, look};

/// What can be watched while it is computed: futures, and collections that were persisted.
pub trait Watched {
    /// The futures to wait for.
    fn futures(&self) -> Vec<Future<()>>;
}

impl<T> Watched for Future<T> {
    fn futures(&self) -> Vec<Future<()>> {
        vec![Future::from_inner(self.inner().clone(), Place::here())]
    }
}

impl<T> Watched for [Future<T>] {
    fn futures(&self) -> Vec<Future<()>> {
        self.iter().flat_map(Watched::futures).collect()
    }
}

impl<T> Watched for Vec<Future<T>> {
    fn futures(&self) -> Vec<Future<()>> {
        self.as_slice().futures()
    }
}

macro_rules! collections {
    ($($name:ident),*) => {
        $(impl<T> Watched for $name<T>
        where
            $name<T>: Collection,
        {
            fn futures(&self) -> Vec<Future<()>> {
                futures_of(self)
            }
        })*
    };
}

collections!(Bag, Delayed, Item);

/// Blocks until all futures ended, well or not, and shows how far they are in the terminal; as Dask's `progress`.
///
/// There is a bar for each group of tasks: those of the futures, and those below that are being computed meanwhile. If
/// the standard error output is no terminal, nothing is shown.
///
/// ```
/// use partita::{prelude::*, progress};
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let futures = cluster.client().map(|x: i64| x * x, 0..100);
/// progress(&futures)?;
/// assert!(futures.iter().all(Future::done));
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// [`partita_graph::RunError::BlockingInAsync`] on a thread of an async runtime.
pub fn progress<W: Watched + ?Sized>(watched: &W) -> Result<()> {
    let watch = Watch::new(watched.futures());
    if !is_terminal() {
        return Ok(watch.wait()?);
    }
    let client = watched.futures().first().and_then(|future| Client::of(future.host().id()));
    let bars = Bars::new(watch.groups(), &look(client.as_ref())).with_others();
    Ok(watch.show(bars, client.as_ref(), ProgressDrawTarget::stderr())?)
}

/// Collections that show how far they are while they are computed.
pub trait Progress: Collection + Sized {
    /// The same collection; computing it shows a bar for each group of its tasks in the terminal, as with Dask's
    /// `ProgressBar`.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let squares = Bag::<i64>::from_sequence(0..100, 10).map(|x| x * x);
    /// assert_eq!(squares.sum().with_progress().compute()?, 328350);
    /// # Ok::<(), partita::Error>(())
    /// ```
    fn with_progress(&self) -> Progressing<'_, Self> {
        Progressing { collection: self }
    }
}

impl<C: Collection> Progress for C {}

/// A collection that shows how far it is while it is computed.
#[must_use = "nothing is computed before `compute()`"]
pub struct Progressing<'a, C> {
    collection: &'a C,
}

impl<C: Collection> Progressing<'_, C> {
    /// Computes it on the current client; see [`Compute::compute`].
    ///
    /// # Errors
    /// As [`Compute::compute`].
    pub fn compute(&self) -> Result<C::Output> {
        self.compute_on(&current::client()?)
    }

    /// Computes it on a client.
    ///
    /// # Errors
    /// As [`Compute::compute`].
    pub fn compute_on(&self, client: &Client) -> Result<C::Output> {
        if !is_terminal() {
            return self.collection.compute_on(client);
        }
        let expected = self.expected()?;
        let bars = Bars::new(expected, &look(Some(client)));
        let held = client.persist(self.collection)?;
        let futures = output_futures(&held, Place::here());
        Watch::new(futures.clone()).show(bars, Some(client), ProgressDrawTarget::stderr())?;
        let values: Result<Vec<Value>, RunError> = futures.iter().map(Future::value).collect();
        Ok(self.collection.assemble(values?)?)
    }

    /// How many tasks there are of each group.
    fn expected(&self) -> Result<BTreeMap<Arc<str>, u64>> {
        let mut groups = BTreeMap::new();
        for task in self.collection.graph().check()?.tasks() {
            if !matches!(task.work, Work::Held(_)) {
                *groups.entry(task.key.name().as_str().into()).or_default() += 1;
            }
        }
        Ok(groups)
    }
}

pub(crate) fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}
