//! A stream of operations: all that is said in the meantime goes out together.

use super::connection::Writer;
use super::error::NetError;
use crate::message::{Batch, MessageError};
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::Notify;

/// The way into a stream. What is said never waits; cloning it gives another way into the same one.
#[derive(Clone)]
pub struct Outlet {
    shared: Arc<Shared>,
}

struct Shared {
    row: Mutex<Row>,
    wake: Notify,
}

#[derive(Default)]
struct Row {
    batch: Batch,
    ended: bool,
}

impl Outlet {
    /// Says something.
    ///
    /// # Errors
    /// [`MessageError::Write`] if it cannot be said in msgpack.
    pub fn say<T: Serialize + ?Sized>(&self, op: &T) -> Result<(), MessageError> {
        self.with(|batch| batch.say(op))
    }

    /// Says something that refers to frames of its own.
    ///
    /// # Errors
    /// Those of what is said.
    pub fn with<T>(&self, say: impl FnOnce(&mut Batch) -> Result<T, MessageError>) -> Result<T, MessageError> {
        let said = say(&mut self.shared.row.lock().batch);
        self.shared.wake.notify_one();
        said
    }

    /// Nothing more will be said: the stream ends when all is written.
    pub fn end(&self) {
        self.shared.row.lock().ended = true;
        self.shared.wake.notify_one();
    }
}

/// A way into a stream, and what writes it: to be run until it ends.
pub fn outlet(mut writer: Writer) -> (Outlet, impl Future<Output = Result<(), NetError>> + Send) {
    let shared = Arc::new(Shared { row: Mutex::default(), wake: Notify::new() });
    let outlet = Outlet { shared: shared.clone() };
    let write = async move {
        loop {
            let (batch, ended) = {
                let mut row = shared.row.lock();
                (std::mem::take(&mut row.batch), row.ended)
            };
            match (batch.is_empty(), ended) {
                (false, _) => writer.write(&batch.finish()).await?,
                (true, true) => return Ok(()),
                (true, false) => shared.wake.notified().await,
            }
        }
    };
    (outlet, write)
}
