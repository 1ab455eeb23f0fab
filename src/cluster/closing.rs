//! How a cluster ends: by its owner, or by a signal.

use super::actor::Mail;
use super::cluster::{ClusterInner, Rest};
use super::signals;
use crate::client::Client;
use crate::current;
use crate::fork::is_fork_of;
use crate::post::post;
use partita_graph::RunError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long a drop waits for the cluster to have ended, where it may wait.
const MOMENT: Duration = Duration::from_millis(500);

/// How long closing waits beyond the workers' grace.
const SLACK: Duration = Duration::from_secs(2);

impl ClusterInner {
    /// How long closing takes at the most, as far as that can be known.
    pub(super) fn closing_time(&self) -> Duration {
        self.builder.close_grace.saturating_add(SLACK)
    }

    /// Ends everything; pending futures end with [`RunError::Closed`]. Whoever waits, waits until all has ended.
    pub(super) fn shut(self: &Arc<Self>, client: &Client, wait: bool) {
        if is_fork_of(self.pid) {
            // Its threads are those of another process, and only there can they end.
            return std::mem::forget(self.rest.lock().take());
        }
        let Some(end) = self.begin_to_close(client, RunError::Closed) else { return self.wait_for_exit() };
        if wait {
            end();
            return self.wait_for_exit();
        }
        // A drop must not wait for tasks, nor at all on a thread of a runtime. On another, closing is given a moment: the end of `main`
        // would leave behind what is on disk.
        let (ended, end_of_it) = channel::<()>();
        let spawned = std::thread::Builder::new().name("partita-close".into()).spawn(move || {
            end();
            drop(ended);
        });
        match spawned {
            Err(error) => tracing::error!(%error, "no thread to close a cluster with"),
            Ok(_) if tokio::runtime::Handle::try_current().is_err() => drop(end_of_it.recv_timeout(MOMENT)),
            Ok(_) => {}
        }
        self.wait_for_exit();
    }

    /// If a signal is about to end the program, nobody who has closed the cluster ends it before.
    fn wait_for_exit(&self) {
        if self.builder.close_on_signals {
            signals::wait_for_exit();
        }
    }

    /// Begins to end everything for this reason; what this gives waits for it. Nothing if somebody else has begun.
    pub(super) fn begin_to_close(
        self: &Arc<Self>,
        client: &Client,
        why: RunError,
    ) -> Option<impl FnOnce() + Send + use<>> {
        if self.closed.swap(true, Ordering::SeqCst) {
            return None;
        }
        current::remove(client);
        self.info.end(&why);
        let rest = self.rest.lock().take()?;
        let (closed, done) = channel();
        let grace = self.closing_time();
        // Whoever was shown records is shown all of them first.
        let tapped = self.tapped.load(Ordering::Relaxed).then(|| (self.clone(), client.clone()));
        let close = move |cluster: &ClusterInner| post(&cluster.cluster, Mail::Close { closed, why });
        let close = match tapped {
            None => {
                close(self);
                None
            }
            Some((inner, client)) => Some(move || {
                if let Err(error) = client.settle_records("LocalCluster::close") {
                    tracing::debug!(%error, "not all records of a cluster were shown before it was closed");
                }
                close(&inner);
            }),
        };
        let watched = self.builder.close_on_signals.then_some(self.number);
        Some(move || {
            // All of it is taken along: the dashboard answers until the cluster has ended.
            let rest = rest;
            close.into_iter().for_each(|close| close());
            // A cluster whose actors are dead does not answer; its threads are ended all the same.
            done.recv_timeout(grace).ok();
            let Rest { system, thread, mut janitor, journal, .. } = rest;
            system.stop();
            drop(thread.join());
            janitor.close(grace);
            drop(journal);
            watched.into_iter().for_each(signals::is_closed);
        })
    }
}
