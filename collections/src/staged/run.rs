//! Runs: the tasks of one computation that write to the same place, which is finished after the last or abandoned.

use crate::bag::BoxError;
use parking_lot::Mutex;
use partita_graph::Fault;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use std::any::Any;
use std::sync::{Arc, Weak};

/// What several tasks write to.
pub(crate) trait Ending: Send + Sync + 'static {
    /// Called once, when all is written.
    fn finish(&self) -> Result<(), BoxError>;

    /// Called if it will not be finished: what was written can go.
    fn abandon(&self);
}

/// What the tasks of one run write to: their values hold on to it. When they go before the end, because one failed or
/// nobody wants them any more, it goes too, and what was written is abandoned.
pub(crate) struct Run<S: Ending + ?Sized> {
    pub(crate) sink: Arc<S>,
    finished: Mutex<bool>,
}

impl<S: Ending + ?Sized> Run<S> {
    /// Whether it is at its end. A task that is repeated then finds its part written.
    pub(crate) fn is_finished(&self) -> bool {
        *self.finished.lock()
    }
}

impl<S: Ending + ?Sized> Drop for Run<S> {
    fn drop(&mut self) {
        if !*self.finished.get_mut() {
            self.sink.abandon();
        }
    }
}

/// The run that a task wrote for; part of what it returns. It means nothing outside of its process, so it cannot be
/// written or read.
pub(crate) struct Ticket(Arc<dyn Any + Send + Sync>);

impl<S: Ending + ?Sized> From<Arc<Run<S>>> for Ticket {
    fn from(run: Arc<Run<S>>) -> Self {
        Ticket(run)
    }
}

impl Serialize for Ticket {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("what was written is known to its process only"))
    }
}

impl<'de> Deserialize<'de> for Ticket {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("what was written is known to its process only"))
    }
}

/// Opens what the tasks of each run write to: with the first one that comes.
pub(crate) struct Opener<S: Ending + ?Sized, F> {
    open: F,
    run: Mutex<Weak<Run<S>>>,
}

impl<S: Ending + ?Sized, F: Fn() -> Result<Arc<S>, BoxError>> Opener<S, F> {
    pub(crate) fn new(open: F) -> Self {
        Opener { open, run: Mutex::new(Weak::new()) }
    }

    /// The run of now.
    pub(crate) fn run(&self) -> Result<Arc<Run<S>>, Fault> {
        let mut current = self.run.lock();
        if let Some(run) = current.upgrade() {
            return Ok(run);
        }
        let run = Arc::new(Run { sink: (self.open)().map_err(Fault::failed)?, finished: Mutex::new(false) });
        *current = Arc::downgrade(&run);
        Ok(run)
    }
}

/// Finishes what was written to, if all tasks are of one run.
pub(crate) fn finish<S: Ending + ?Sized>(tickets: &[&Ticket]) -> Result<(), Fault> {
    let lost = || Fault::failed("blocks that were written before are lost: compute it again");
    let (first, rest) = tickets.split_first().ok_or_else(lost)?;
    if !rest.iter().all(|other| Arc::ptr_eq(&first.0, &other.0)) {
        return Err(lost());
    }
    let run = first.0.downcast_ref::<Run<S>>().ok_or_else(lost)?;
    let mut finished = run.finished.lock();
    if !*finished {
        run.sink.finish().map_err(Fault::failed)?;
        *finished = true;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts what happens to it.
    #[derive(Default)]
    struct Counted {
        finished: AtomicUsize,
        abandoned: AtomicUsize,
    }

    impl Ending for Counted {
        fn finish(&self) -> Result<(), BoxError> {
            self.finished.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        fn abandon(&self) {
            self.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }

    type Open = Box<dyn Fn() -> Result<Arc<Counted>, BoxError> + Sync>;

    #[test]
    fn tasks_of_one_run_share_a_sink_and_a_lost_block_is_told() {
        let counted = Arc::new(Counted::default());
        let sink = counted.clone();
        let open: Open = Box::new(move || Ok(sink.clone()));
        let opener = Opener::new(open);
        let runs: Vec<Ticket> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| opener.run().map(Ticket::from))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
        });
        finish::<Counted>(&runs.iter().collect::<Vec<_>>()).unwrap();
        // The task that finishes is repeated when its result is lost.
        finish::<Counted>(&runs.iter().collect::<Vec<_>>()).unwrap();
        let repeated = Ticket::from(opener.run().unwrap());
        assert!(Arc::ptr_eq(&repeated.0, &runs[0].0), "the run lives as long as one of its blocks");
        drop((runs, repeated));
        let first = Ticket::from(opener.run().unwrap());
        let other = Ticket::from(Opener::new(opener.open).run().unwrap());
        let Fault::Failed(error) = finish::<Counted>(&[&first, &other]).unwrap_err() else { panic!() };
        assert!(error.to_string().contains("are lost: compute it again"), "{error}");
        drop((first, other));
        let counts = (counted.finished.load(Ordering::Relaxed), counted.abandoned.load(Ordering::Relaxed));
        assert_eq!(counts, (1, 2));
    }
}
