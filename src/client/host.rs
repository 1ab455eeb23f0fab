//! What futures ask of their client.

use super::actor::Mail;
use super::client::ClientInner;
use super::posted;
use crate::fork::ensure_not_forked;
use partita_collections::future::{Cell, Host};
use partita_graph::{RunError, catch};
use partita_protocol::limits::NESTING;
use partita_protocol::priority::GENERATION_STEP;
use partita_worker::actor::{current, wait_for_others};
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};

impl Host for ClientInner {
    fn fetch(&self, cells: Vec<Arc<Cell>>) {
        self.send_or_end(Mail::Fetch(cells.clone()), &cells);
    }

    fn release(&self, cell: &Arc<Cell>) {
        {
            let mut futures = self.futures.lock();
            if futures.get(cell.key()).is_some_and(|(known, _)| known.strong_count() == 0) {
                futures.remove(cell.key());
            }
        }
        self.release_cell(cell);
    }

    fn cancel(&self, cells: Vec<Arc<Cell>>, force: bool) {
        self.send_or_end(Mail::Cancel { cells: cells.clone(), force }, &cells);
    }

    fn retry(&self, cells: Vec<Arc<Cell>>) {
        self.send_or_end(Mail::Retry(cells.clone()), &cells);
    }

    fn block(&self, call: &'static str, instead: &'static str, wait: &mut dyn FnMut()) -> Result<(), RunError> {
        ensure_not_forked(self.pid)?;
        if let Some((running, _)) = current() {
            let depth = (GENERATION_STEP - running.generation.rem_euclid(GENERATION_STEP)) % GENERATION_STEP;
            if depth as usize >= NESTING {
                return Err(RunError::NestedTooDeep { limit: NESTING });
            }
            let _waiting = wait_for_others();
            wait();
            return Ok(());
        }
        match async_thread() {
            Thread::Ordinary => wait(),
            Thread::Spare => {
                let mut entered = false;
                // A local task of a multi-thread runtime cannot be told from its workers but by trying.
                let tried = catch(|| {
                    tokio::task::block_in_place(|| {
                        entered = true;
                        wait();
                    })
                });
                if tried.is_err() && !entered {
                    return Err(RunError::BlockingInAsync { call, runtime: "a local task set of tokio", instead });
                }
            }
            Thread::Only(runtime) => return Err(RunError::BlockingInAsync { call, runtime, instead }),
        }
        Ok(())
    }

    fn id(&self) -> u64 {
        self.number
    }
}

impl ClientInner {
    fn send_or_end(&self, mail: Mail, cells: &[Arc<Cell>]) {
        if let Err(error) = self.send(mail) {
            posted::end(cells, &error);
        }
    }
}

/// What may be blocked on this thread.
enum Thread {
    /// Nothing but itself.
    Ordinary,
    /// A worker of a runtime that can bring in another one.
    Spare,
    /// The only thread of a runtime.
    Only(&'static str),
}

fn async_thread() -> Thread {
    let Ok(handle) = Handle::try_current() else { return Thread::Ordinary };
    match handle.runtime_flavor() {
        RuntimeFlavor::MultiThread => Thread::Spare,
        // A thread that tokio lent for blocking calls knows its runtime too; only there can it be entered again.
        _ if catch(|| handle.block_on(std::future::ready(()))).is_ok() => Thread::Ordinary,
        _ => Thread::Only("a current-thread tokio or actix runtime"),
    }
}
