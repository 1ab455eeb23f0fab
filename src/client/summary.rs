//! What a client tells of its cluster.

use super::actor::Mail;
use super::client::Client;
use crate::error::Result;
use partita_collections::future::Host;
use partita_graph::{Key, RunError};
use partita_protocol::bytes;
use partita_protocol::message::{Holders, Question, Summary};
use partita_protocol::why::WhyReport;
use std::fmt;
use std::sync::mpsc::{Sender, channel};

/// What to write instead of a call that waits, on a thread of an async runtime.
pub(super) const ELSEWHERE: &str = "tokio::task::spawn_blocking(move || ..).await";

impl Client {
    /// Asks the cluster something and waits for its answer, for an operation which an error names.
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        operation: &'static str,
        question: impl FnOnce(Sender<R>) -> Question,
    ) -> Result<R> {
        let (answer, answered) = channel();
        self.send(Mail::Ask(question(answer)))?;
        let mut result = None;
        self.inner.block(operation, ELSEWHERE, &mut || result = answered.recv().ok())?;
        Ok(result.ok_or(RunError::Closed)?)
    }

    /// What the cluster is like and does now: its workers with what they run and hold, and how many tasks are known.
    ///
    /// # Errors
    /// [`RunError::Closed`], [`RunError::BlockingInAsync`].
    pub fn summary(&self) -> Result<Summary> {
        self.ask("Client::summary", |answer| Question::Summary(Box::new(move |summary| drop(answer.send(summary)))))
    }

    /// Why a task is where it is, and how it came there; `None` if the task is not known.
    ///
    /// The history has as much as the cluster keeps; see [`Builder::decisions`](crate::cluster::Builder::decisions).
    ///
    /// ```
    /// use partita::prelude::*;
    /// use partita::why::{Deed, Why};
    ///
    /// # fn main() -> partita::Result<()> {
    /// let cluster = LocalCluster::builder().workers(2).decisions(1_000).start()?;
    /// let client = cluster.client();
    /// let sum = client.submit(|a: i64, b: i64| a + b, (1, 2));
    /// assert_eq!(sum.result()?, 3);
    ///
    /// let report = client.why(sum.key())?.expect("the task is known");
    /// assert!(matches!(report.state, Why::InMemory { .. }));
    /// assert!(report.history.iter().any(|decision| matches!(decision.deed, Deed::Placed { .. })));
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::summary`].
    pub fn why(&self, key: &Key) -> Result<Option<WhyReport>> {
        let key = key.clone();
        self.ask("Client::why", |answer| Question::Why(key, Box::new(move |why| drop(answer.send(why)))))
    }

    /// As [`Client::why`], told later and on another thread; not at all if the cluster is closed.
    #[cfg(feature = "dashboard")]
    pub(crate) fn why_later(&self, key: Key, answer: Box<dyn FnOnce(Option<WhyReport>) + Send>) {
        // Whoever waits for the answer sees that it is dropped.
        drop(self.send(Mail::Ask(Question::Why(key, answer))));
    }

    /// The address of the cluster's dashboard, with the token that lets a browser in; `None` if there is no dashboard. See
    /// [`Builder::dashboard`](crate::cluster::Builder).
    pub fn dashboard_link(&self) -> Option<String> {
        self.inner.info.dashboard().map(|link| link.to_string())
    }

    /// The names of the workers that hold each result.
    ///
    /// # Errors
    /// As [`Client::summary`].
    pub fn who_has(&self, keys: impl IntoIterator<Item = Key>) -> Result<Holders> {
        let keys = keys.into_iter().collect();
        self.ask("Client::who_has", |answer| Question::WhoHas(keys, Box::new(move |held| drop(answer.send(held)))))
    }

    /// Checks every invariant of the scheduler; for tests.
    ///
    /// # Errors
    /// As [`Client::summary`]; the inner one if an invariant is broken.
    pub fn validate(&self) -> Result<Result<(), String>> {
        self.ask("Client::validate", |answer| Question::Validate(Box::new(move |result| drop(answer.send(result)))))
    }
}

impl fmt::Display for Client {
    /// The box that Dask's client shows: scheduler, dashboard, workers, cores, memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.inner.info.now();
        writeln!(f, "Client")?;
        writeln!(f, "  Scheduler: {}", info.address)?;
        writeln!(f, "  Dashboard: {}", self.inner.info.dashboard().as_deref().unwrap_or("none"))?;
        writeln!(f, "Cluster")?;
        writeln!(f, "  Workers: {}", info.workers)?;
        writeln!(f, "  Cores: {}", info.threads)?;
        write!(f, "  Memory: {}", bytes::show(info.memory))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.inner.info.now();
        let memory = bytes::show(info.memory);
        let (address, workers, threads) = (info.address, info.workers, info.threads);
        write!(f, "<Client: '{address}' workers={workers} threads={threads}, memory={memory}")?;
        if let Some(link) = self.inner.info.dashboard() {
            write!(f, ", dashboard='{}'", link.split('?').next().unwrap_or_default())?;
        }
        f.write_str(">")
    }
}
