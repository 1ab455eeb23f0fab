//! Measures: who wants to look at each result of a task, on the thread that made it, before anybody else has it.
//!
//! As long as nobody does, a result costs one relaxed load of an atomic number.

use super::current::Home;
use parking_lot::RwLock;
use partita_graph::{Value, catch};
use partita_protocol::message::Running;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Looks at results.
pub trait Measure: Send + Sync {
    /// Looks at a result of a task of the cluster with this home. The task has ended, and its thread waits meanwhile. Panics
    /// are caught, and told to nobody.
    fn measure(&self, task: Running, home: &Home, value: &Value);
}

static COUNT: AtomicUsize = AtomicUsize::new(0);
static MEASURES: RwLock<Vec<Arc<dyn Measure>>> = RwLock::new(Vec::new());

/// While it lives, results are looked at.
#[must_use = "nobody looks once this is dropped"]
pub struct Measuring(Arc<dyn Measure>);

/// Has somebody look at the results of all workers of this process.
pub fn measure(measure: Arc<dyn Measure>) -> Measuring {
    MEASURES.write().push(measure.clone());
    COUNT.fetch_add(1, Ordering::Relaxed);
    Measuring(measure)
}

impl Drop for Measuring {
    fn drop(&mut self) {
        let mut measures = MEASURES.write();
        let place = measures.iter().position(|known| Arc::ptr_eq(known, &self.0));
        let gone = place.map(|place| measures.remove(place));
        COUNT.fetch_sub(usize::from(gone.is_some()), Ordering::Relaxed);
        // What it holds is dropped without the lock.
        drop(measures);
        drop(gone);
    }
}

/// Shows a result to whoever wants to look at it.
pub(super) fn told(task: Running, home: &Home, value: &Value) {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return;
    }
    let measures = MEASURES.read().clone();
    for measure in measures {
        drop(catch(|| measure.measure(task, home, value)));
    }
}
