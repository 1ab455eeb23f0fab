//! The task that runs on this thread, as code inside it sees it.

use super::job::Shared;
use crate::executor::{BlockingGuard, enter_blocking};
use partita_protocol::message::Running;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// What a worker's tasks find when they ask where they are: the facade's handle on the cluster.
pub type Home = Arc<dyn Any + Send + Sync>;

thread_local! {
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
    static SHARED: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

/// Says which task this thread runs; what it ran before is put back by [`leave`].
pub(super) fn enter(running: Running, shared: &Arc<Shared>) -> Option<Running> {
    SHARED.with(|current| {
        let mut current = current.borrow_mut();
        if !current.as_ref().is_some_and(|known| Arc::ptr_eq(known, shared)) {
            *current = Some(shared.clone());
        }
    });
    RUNNING.replace(Some(running))
}

pub(super) fn leave(before: Option<Running>) {
    RUNNING.set(before);
}

/// The task that runs on this thread, and the cluster that it runs in; `None` outside of tasks.
pub fn current() -> Option<(Running, Home)> {
    let running = RUNNING.get()?;
    let home = SHARED.with(|shared| shared.borrow().as_ref().map(|shared| shared.home.clone()))?;
    Some((running, home))
}

/// While it lives, the task on this thread waits for others, and another task has its slot.
#[must_use = "the task waits only as long as the guard lives"]
pub struct Waiting {
    _guard: BlockingGuard,
}

/// Gives this thread's slot back while the task waits for others; on threads that run no task it does nothing.
pub fn wait_for_others() -> Waiting {
    let guard = enter_blocking();
    if guard.is_first()
        && let Some(running) = RUNNING.get()
    {
        SHARED.with(|shared| {
            if let Some(shared) = &*shared.borrow() {
                shared.seceded(running);
            }
        });
    }
    Waiting { _guard: guard }
}
