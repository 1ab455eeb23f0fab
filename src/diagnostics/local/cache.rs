//! The profiler of the cache: which results were held, and since when.

use super::source::{Source, spot};
use super::told::{Sink, Told};
use super::visualize::{Charted, visualize};
use crate::client::Client;
use crate::cluster::ClusterInner;
use crate::current::Home;
use crate::error::Result;
use parking_lot::Mutex;
use partita_graph::{Value, catch};
use partita_profiler::local::draw::Chart;
use partita_profiler::local::{CacheRow, Ledger, Spot};
use partita_protocol::message::Running;
use partita_worker::actor::{Home as WorkerHome, Measure, Measuring, measure};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// The name of the metric that is used if no other is asked for.
const BYTES: &str = "bytes";

/// What is measured of a value.
type Metric = Box<dyn Fn(&Value) -> f64 + Send + Sync>;

/// Sees each result of a task that is held while this lives, from when it was there until it was let go, on every cluster of
/// this process and on the engines without one; as Dask's `CacheProfiler`.
///
/// Data that a program puts in by hand is no result of a task, and has no row.
///
/// ```
/// use partita::Reference;
/// use partita::diagnostics::CacheProfiler;
/// use partita::prelude::*;
///
/// let bytes = CacheProfiler::start()?;
/// let lengths = CacheProfiler::measuring("numbers", |value| value.get::<Vec<i64>>().map_or(0.0, |v| v.len() as f64))?;
/// let numbers = delayed(|n: i64| (0..n).collect::<Vec<i64>>(), (100,));
/// let sum = delayed(|numbers: Vec<i64>| numbers.iter().sum::<i64>(), (&numbers,));
/// assert_eq!(sum.compute_on(&Reference)?, 4950);
/// assert_eq!(bytes.results().len(), lengths.results().len());
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "nothing is seen once this is dropped"]
pub struct CacheProfiler {
    source: Source,
    book: Arc<Book>,
    measuring: Mutex<Option<Measuring>>,
    name: String,
}

struct Book {
    ledger: Mutex<Ledger>,
    /// What is measured, if not bytes.
    metric: Option<Metric>,
    panics: AtomicU64,
    /// The only cluster whose results are measured, if it is one.
    only: Option<Weak<ClusterInner>>,
}

impl Book {
    fn new(metric: Option<Metric>, only: Option<Weak<ClusterInner>>) -> Arc<Self> {
        let (ledger, panics) = Default::default();
        Arc::new(Book { ledger, metric, panics, only })
    }

    /// What is measured of a value; no number if that panics.
    fn of(&self, metric: &Metric, value: &Value) -> f64 {
        catch(|| metric(value)).unwrap_or_else(|panic| {
            if self.panics.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::warn!(panic = panic.message, "the metric of a CacheProfiler panicked");
            }
            f64::NAN
        })
    }
}

impl Sink for Book {
    fn tell(&self, told: &Told<'_>) {
        match told {
            Told::After { spot, row, nbytes, value } if row.ok => {
                let measured = match (&self.metric, value) {
                    (None, _) => Some(*nbytes as f64),
                    (Some(metric), Some(value)) => Some(self.of(metric, value)),
                    // Of a cluster's task it was measured on the task's thread.
                    (Some(_), None) => None,
                };
                if let Some(measured) = measured {
                    self.ledger.lock().measured(*spot, measured);
                }
            }
            Told::Cached { spot, key, at } => self.ledger.lock().cached(*spot, (*key).clone(), *at),
            Told::Freed { spot, at } => self.ledger.lock().freed(*spot, *at),
            _ => {}
        }
    }
}

impl Measure for Book {
    fn measure(&self, running: Running, home: &WorkerHome, value: &Value) {
        let cluster = home.downcast_ref::<Home>().and_then(Home::client).map(|client| client.cluster().clone());
        let Some(cluster) = cluster else { return };
        let ours = self.only.as_ref().is_none_or(|only| Weak::ptr_eq(only, &cluster));
        if let (Some(metric), Some(cluster), true) = (&self.metric, cluster.upgrade(), ours) {
            let measured = self.of(metric, value);
            let spot: Spot = spot(cluster.number, running.task);
            self.ledger.lock().measured(spot, measured);
        }
    }
}

impl CacheProfiler {
    /// Sees the bytes of all results of this process from now on.
    ///
    /// # Errors
    /// As [`Profiler::start`](super::Profiler::start).
    pub fn start() -> Result<Self> {
        CacheProfiler::new(BYTES.into(), None, None)
    }

    /// As [`CacheProfiler::start`], of one cluster only.
    ///
    /// # Errors
    /// As [`Profiler::start_on`](super::Profiler::start_on).
    pub fn start_on(client: &Client) -> Result<Self> {
        CacheProfiler::new(BYTES.into(), None, Some(client))
    }

    /// Measures something else of each value; charts call it by this name. It is asked on the thread that made the value,
    /// before anybody else has it. If it panics, the row has no number, and the computation goes on.
    ///
    /// # Errors
    /// As [`CacheProfiler::start`].
    pub fn measuring(name: impl Into<String>, metric: impl Fn(&Value) -> f64 + Send + Sync + 'static) -> Result<Self> {
        CacheProfiler::new(name.into(), Some(Box::new(metric)), None)
    }

    /// As [`CacheProfiler::measuring`], of one cluster only.
    ///
    /// # Errors
    /// As [`CacheProfiler::start_on`].
    pub fn measuring_on(
        client: &Client,
        name: impl Into<String>,
        metric: impl Fn(&Value) -> f64 + Send + Sync + 'static,
    ) -> Result<Self> {
        CacheProfiler::new(name.into(), Some(Box::new(metric)), Some(client))
    }

    fn new(name: String, metric: Option<Metric>, client: Option<&Client>) -> Result<Self> {
        let book = Book::new(metric, client.map(|client| client.cluster().clone()));
        let measuring = book.metric.is_some().then(|| measure(book.clone()));
        let source = match client {
            Some(client) => Source::of(client, book.clone())?,
            None => Source::of_all(book.clone())?,
        };
        Ok(CacheProfiler { source, book, measuring: Mutex::new(measuring), name })
    }

    /// The results that were held, by the time since when they were. Those of computations that have returned are all there.
    pub fn results(&self) -> Vec<CacheRow> {
        self.source.settle();
        self.book.ledger.lock().rows()
    }

    /// How much was not seen; see [`Profiler::lost`](super::Profiler::lost).
    pub fn lost(&self) -> u64 {
        self.book.ledger.lock().lost() + self.source.dropped()
    }

    /// How often the metric panicked.
    pub fn panics(&self) -> u64 {
        self.book.panics.load(Ordering::Relaxed)
    }

    /// Forgets results that are no longer held.
    pub fn clear(&self) {
        self.source.settle();
        self.book.ledger.lock().clear();
    }

    /// Sees no more; what it has seen stays, and what is held now stays so.
    pub fn stop(&self) {
        self.source.stop();
        drop(self.measuring.lock().take());
    }

    /// Draws what was held, by group, into a file: `.svg`, `.png` or `.html`.
    ///
    /// # Errors
    /// As [`visualize`].
    pub fn visualize(&self, path: impl AsRef<Path>) -> Result<()> {
        visualize(self, path)
    }
}

impl Charted for CacheProfiler {
    fn charts(&self) -> Vec<Chart> {
        vec![Chart::Cache { rows: self.results(), metric: self.name.clone() }]
    }
}
