//! What is put into queues, variables and catalogues: a value of any type, shared.

use partita_protocol::Link;
use std::any::Any;
use std::sync::Arc;

/// A value of any type. A parcel that nobody opens is dropped by the janitor, not by the thread that lost it.
#[derive(Clone)]
pub(super) struct Parcel {
    value: Option<Arc<dyn Any + Send + Sync>>,
    garbage: Arc<dyn Link<Box<dyn Send>>>,
}

impl Parcel {
    pub(super) fn new<T: Send + Sync + 'static>(value: T, garbage: Arc<dyn Link<Box<dyn Send>>>) -> Self {
        Parcel { value: Some(Arc::new(value)), garbage }
    }

    /// The value, cloned only if others have it too; `None` if it is of another type.
    pub(super) fn open<T: Clone + Send + Sync + 'static>(mut self) -> Option<T> {
        let value = self.value.take()?.downcast::<T>().ok()?;
        Some(Arc::unwrap_or_clone(value))
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            // If the janitor is gone, it is dropped here.
            drop(self.garbage.send(Box::new(value)));
        }
    }
}
