//! Recording what a cluster does, to learn how long its tasks take.

use super::client::Client;
use super::summary::ELSEWHERE;
use crate::error::{ConfigError, Result};
use parking_lot::Mutex;
use partita_collections::future::Host;
use partita_graph::RunError;
use partita_profiler::{Aggregates, Tap};
use partita_protocol::Time;
use partita_protocol::message::Question;
use partita_protocol::telemetry::{Batch, Record};
use partita_simulator::Durations;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

/// Records that a recording holds at the most; what comes beyond is counted.
const MOST: usize = 1 << 22;

/// What a cluster did while it was recorded; made by [`Client::record`].
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let recording = cluster.client().record()?;
/// Bag::<i64>::from_sequence(0..100, 10).map(|x| x * x).sum().compute()?;
/// let durations = recording.durations()?;
/// assert!(durations.groups().any(|(name, _)| name.contains("sum")));
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "nothing is recorded for nobody"]
pub struct Recording {
    client: Client,
    tape: Arc<Tape>,
}

/// The records so far.
#[derive(Default)]
struct Tape {
    /// The records, and how many were dropped.
    records: Mutex<(Vec<Record>, u64)>,
    ended: AtomicBool,
}

impl Tape {
    /// Takes a batch; false when nobody listens any more.
    fn take(&self, batch: &Batch) -> bool {
        if self.ended.load(Ordering::Relaxed) {
            return false;
        }
        let (records, dropped) = &mut *self.records.lock();
        *dropped += batch.dropped;
        for record in &batch.records {
            let room = MOST.saturating_sub(records.len());
            *dropped += record.count().saturating_sub(room as u64);
            match record {
                Record::Moves(moves) => records.extend(moves.records().take(room)),
                record => records.extend(Some(record.clone()).filter(|_| room > 0)),
            }
        }
        true
    }
}

/// Tells when the last one who has it lets it go.
struct Done(Sender<()>);

impl Drop for Done {
    fn drop(&mut self) {
        // Who asked may have lost patience.
        self.0.send(()).ok();
    }
}

impl Client {
    /// Records what the cluster does from now on: which tasks change their states, and how long they run. Costs the
    /// profiler's thread a little, and memory for each record, four million at the most.
    ///
    /// # Errors
    /// [`ConfigError::Value`] if the cluster was started without telemetry, [`RunError::Closed`].
    pub fn record(&self) -> Result<Recording> {
        let recording = Recording { client: self.clone(), tape: Arc::default() };
        let tape = recording.tape.clone();
        self.tap(Box::new(move |batch| tape.take(batch)))?;
        Ok(recording)
    }

    /// Shows somebody all records of what is done from now on.
    pub(crate) fn tap(&self, tap: Tap) -> Result<()> {
        self.check_telemetry()?;
        self.settle_records("Client::record")?;
        self.inner.cluster.upgrade().ok_or(RunError::Closed)?.tap(tap);
        Ok(())
    }

    /// What the profiler knows, with all that was done before this call.
    pub(crate) fn look<R: Send + 'static>(
        &self,
        operation: &'static str,
        look: impl FnOnce(&Aggregates) -> R + Send + 'static,
    ) -> Result<R> {
        self.check_telemetry()?;
        self.settle_records(operation)?;
        let profiler = self.profiler().ok_or(RunError::Closed)?;
        let (say, said) = channel();
        profiler.look(move |aggregates| {
            // Who asked may have lost patience.
            say.send(look(aggregates)).ok();
        });
        let mut looked = None;
        self.inner.block(operation, ELSEWHERE, &mut || looked = said.recv().ok())?;
        Ok(looked.ok_or(RunError::Closed)?)
    }

    /// The time of the cluster.
    pub(crate) fn now(&self) -> Result<Time> {
        let cluster = self.inner.cluster.upgrade().ok_or(RunError::Closed)?;
        Ok(Time(u64::try_from(cluster.began.elapsed().as_nanos()).unwrap_or(u64::MAX)))
    }

    fn check_telemetry(&self) -> Result<()> {
        let cluster = self.inner.cluster.upgrade().ok_or(RunError::Closed)?;
        if !cluster.has_telemetry() {
            let (field, allowed) = ("telemetry", "true, to see what happens: start the cluster with `telemetry(true)`");
            return Err(ConfigError::Value { field, value: "false".into(), allowed }.into());
        }
        Ok(())
    }

    /// Waits until all records of what was done are with the profiler and were shown.
    pub(crate) fn settle_records(&self, operation: &'static str) -> Result<()> {
        self.settle_records_then(operation, || ())
    }

    /// As [`Client::settle_records`]; then does this on the profiler's thread, and waits for it.
    pub(crate) fn settle_records_then(
        &self,
        operation: &'static str,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<()> {
        self.ask(operation, |answer| Question::Records(Arc::new(Done(answer))))?;
        let profiler = self.profiler().ok_or(RunError::Closed)?;
        let (say, seen) = channel();
        profiler.look(move |_| {
            then();
            // Who asked may have lost patience.
            say.send(()).ok();
        });
        let mut looked = Ok(());
        let wait = &mut || looked = seen.recv();
        self.inner.block(operation, ELSEWHERE, wait)?;
        Ok(looked.map_err(|_| RunError::Closed)?)
    }
}

impl Recording {
    /// Ends the recording: all records of what was done before this call, and how many were dropped because there were too
    /// many. Records of one worker, and of the scheduler, are in order.
    ///
    /// # Errors
    /// [`RunError::Closed`].
    pub fn finish(self) -> Result<(Vec<Record>, u64)> {
        self.client.settle_records("Recording::finish")?;
        self.tape.ended.store(true, Ordering::Relaxed);
        Ok(std::mem::take(&mut *self.tape.records.lock()))
    }

    /// Ends the recording: what the tasks that ran cost, by group, for [`simulate`](crate::simulate()).
    ///
    /// # Errors
    /// [`RunError::Closed`].
    pub fn durations(self) -> Result<Durations> {
        let (records, _) = self.finish()?;
        Ok(Durations::recorded(&records))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.tape.ended.store(true, Ordering::Relaxed);
    }
}
