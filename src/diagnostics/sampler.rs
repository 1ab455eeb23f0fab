//! The memory that pieces of work take, side by side from their beginnings on.

use super::tapped::Tapped;
use crate::client::Client;
use crate::error::Result;
use parking_lot::Mutex;
use partita_profiler::export::{self, ExportError};
use partita_profiler::memory::{MemoryPoint, MemorySeries};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Records the memory of the cluster over time for pieces of work, to be compared; Dask's `MemorySampler`.
///
/// ```
/// use partita::diagnostics::MemorySampler;
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let (client, sampler) = (cluster.client(), MemorySampler::new());
/// for (label, size) in [("small", 1_000usize), ("large", 1_000_000)] {
///     let _sampling = sampler.sample(label, &client)?;
///     assert_eq!(client.submit(move || vec![0u8; size], ()).result()?.len(), size);
/// }
/// assert!(sampler.peak("large").unwrap().held > 100 * sampler.peak("small").unwrap().held);
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct MemorySampler {
    pieces: Arc<Mutex<Vec<Piece>>>,
}

/// A piece of work that has ended: what it was called, and its memory.
type Piece = (String, Vec<MemoryPoint>);

/// The memory at a moment of a piece of work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryRow {
    /// What the piece of work was called.
    pub label: String,
    /// Seconds since it began.
    pub seconds: f64,
    /// Bytes that the workers held, together.
    pub held: u64,
    /// Bytes of the process that were in memory; 0 before that was asked for the first time.
    pub process: u64,
}

/// A piece of work that is recorded until this is dropped.
#[must_use = "what is dropped at once records nothing"]
pub struct Sampling {
    label: String,
    client: Client,
    sampler: MemorySampler,
    series: Arc<Tapped<Mutex<MemorySeries>>>,
}

impl MemorySampler {
    /// A sampler that has recorded nothing.
    pub fn new() -> Self {
        MemorySampler::default()
    }

    /// Records from now on until what this gives is dropped. A label that was used before stands for both pieces of work.
    ///
    /// # Errors
    /// As [`Client::watch`].
    pub fn sample(&self, label: impl Into<String>, client: &Client) -> Result<Sampling> {
        let series = Tapped::new(client, Mutex::new(MemorySeries::new(client.now()?)), |series, batch| {
            series.lock().add(batch)
        })?;
        let workers = client.summary()?.workers;
        series.folded().lock().seed(workers.iter().map(|worker| (worker.worker, worker.nbytes)));
        Ok(Sampling { label: label.into(), client: client.clone(), sampler: self.clone(), series })
    }

    /// What was recorded of the pieces of work that have ended, in the order in which they ended.
    pub fn rows(&self) -> Vec<MemoryRow> {
        let pieces = self.pieces.lock();
        let rows = pieces.iter().flat_map(|(label, points)| points.iter().map(|point| row(label, point)));
        rows.collect()
    }

    /// The moment at which the workers held most, of a piece of work that has ended.
    pub fn peak(&self, label: &str) -> Option<MemoryRow> {
        self.rows().into_iter().filter(|row| row.label == label).max_by_key(|row| row.held)
    }

    /// Writes the rows into a file as CSV. Labels that programs of tables would take for formulas get a `'`.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<(), ExportError> {
        let rows = self.rows();
        export::replace(path.as_ref(), |file| {
            writeln!(file, "label,seconds,held,process")?;
            rows.iter().try_for_each(|MemoryRow { label, seconds, held, process }| {
                writeln!(file, "{},{seconds},{held},{process}", export::cell(label))
            })
        })
    }
}

fn row(label: &str, point: &MemoryPoint) -> MemoryRow {
    let MemoryPoint { time, held, process } = *point;
    MemoryRow { label: label.to_string(), seconds: time.as_secs_f64(), held, process }
}

impl Drop for Sampling {
    /// Waits until all that was done is recorded.
    fn drop(&mut self) {
        // Of a cluster that is closed there is what was recorded until then.
        self.client.settle_records("MemorySampler::sample").ok();
        self.series.end();
        let points = self.series.folded().lock().points();
        self.sampler.pieces.lock().push((std::mem::take(&mut self.label), points));
    }
}
