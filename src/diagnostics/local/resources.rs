//! The profiler of resources: what the process and the machine use, again and again.

use super::clock::origin;
use super::visualize::{Charted, visualize};
use crate::error::{ConfigError, Result};
use parking_lot::Mutex;
use partita_profiler::Meter;
use partita_profiler::local::draw::Chart;
use partita_profiler::local::{ResourceRow, Samples};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often it is asked, unless told otherwise.
const INTERVAL: Duration = Duration::from_millis(200);
/// The least and the most that may be asked for.
const LEAST: Duration = Duration::from_millis(1);
const MOST: Duration = Duration::from_secs(3600);

/// Asks the operating system again and again for the memory and the cores that this process and its machine use, while this
/// lives; as Dask's `ResourceProfiler`.
///
/// Cores are measured from one row to the next. Systems count the time of a process in hundredths of a second, so rows that
/// lie closer together show steps.
///
/// ```
/// use partita::diagnostics::ResourceProfiler;
/// use std::time::Duration;
///
/// let resources = ResourceProfiler::every(Duration::from_millis(50))?;
/// let rows = resources.results();
/// assert!(rows[0].memory > 0 && rows[0].machine_total > rows[0].memory);
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "nothing is measured once this is dropped"]
pub struct ResourceProfiler {
    samples: Arc<Mutex<Samples>>,
    asking: Mutex<Option<Asking>>,
}

/// The thread that asks; it ends when the way to it is gone.
struct Asking {
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl ResourceProfiler {
    /// Asks five times a second from now on.
    ///
    /// # Errors
    /// [`ConfigError::NoThread`].
    pub fn start() -> Result<Self> {
        ResourceProfiler::every(INTERVAL)
    }

    /// Asks once in each interval, of a millisecond at least and an hour at most. The interval doubles whenever there are
    /// 65,536 rows, of which every other one is then forgotten.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for another interval, [`ConfigError::NoThread`].
    pub fn every(interval: Duration) -> Result<Self> {
        if !(LEAST..=MOST).contains(&interval) {
            let (field, allowed) = ("interval", "it must be from a millisecond to an hour");
            return Err(ConfigError::Value { field, value: format!("{interval:?}"), allowed }.into());
        }
        let mut meter = Meter::new(origin());
        let samples = Arc::new(Mutex::new(Samples::new(interval)));
        samples.lock().add(meter.read().into());
        let (end, ended) = channel();
        let (taken, name) = (samples.clone(), "partita-resources".to_string());
        let spawned = std::thread::Builder::new().name(name).spawn(move || ask(&mut meter, &taken, &ended));
        let thread = spawned.map_err(|error| ConfigError::NoThread { cause: error.to_string() })?;
        Ok(ResourceProfiler { samples, asking: Mutex::new(Some(Asking { end, thread })) })
    }

    /// What was used, by time.
    pub fn results(&self) -> Vec<ResourceRow> {
        self.samples.lock().rows().to_vec()
    }

    /// Forgets what was measured.
    pub fn clear(&self) {
        self.samples.lock().clear();
    }

    /// Measures once more, and then no longer; what was measured stays.
    pub fn stop(&self) {
        if let Some(Asking { end, thread }) = self.asking.lock().take() {
            drop(end);
            // It does not panic; if it did, there would be no more rows all the same.
            drop(thread.join());
        }
    }

    /// Draws busy cores and memory over time into a file: `.svg`, `.png` or `.html`.
    ///
    /// # Errors
    /// As [`visualize`].
    pub fn visualize(&self, path: impl AsRef<Path>) -> Result<()> {
        visualize(self, path)
    }
}

/// Asks until nobody wants to know, and then once more.
fn ask(meter: &mut Meter, samples: &Mutex<Samples>, ended: &Receiver<()>) {
    loop {
        let interval = samples.lock().interval();
        let over = !matches!(ended.recv_timeout(interval), Err(RecvTimeoutError::Timeout));
        let row = meter.read().into();
        samples.lock().add(row);
        if over {
            return;
        }
    }
}

impl Drop for ResourceProfiler {
    fn drop(&mut self) {
        // The thread ends by itself; a drop does not wait for it.
        drop(self.asking.lock().take());
    }
}

impl Charted for ResourceProfiler {
    fn charts(&self) -> Vec<Chart> {
        vec![Chart::Resources(self.results())]
    }
}
