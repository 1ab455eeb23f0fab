//! Messages from the user's threads to actors, also from a thread that ends.

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};
use std::cell::Cell;

/// Is dropped when its thread drops what it keeps for itself.
struct Lives;

impl Drop for Lives {
    fn drop(&mut self) {}
}

thread_local! {
    /// Whether this thread was made ready to send.
    static READY: Cell<bool> = const { Cell::new(false) };
    static LIVES: Lives = const { Lives };
}

/// Sends a message. An actor is woken by something that tokio keeps for each thread; a thread that ends drops that too, and
/// if a cluster is dropped after it, as one of a `thread_local!` may be, another thread sends.
pub(crate) fn post<A, M>(to: &Addr<A>, message: M)
where
    A: Actor<Context: ToEnvelope<A, M>> + Handler<M>,
    M: Message<Result: Send> + Send + 'static,
{
    if can_wake() {
        return to.do_send(message);
    }
    let to = to.clone();
    let spawned = std::thread::Builder::new().name("partita-post".into()).spawn(move || to.do_send(message));
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread to send with");
    }
}

/// Whether actors can be woken from this thread. What is made last is dropped first: tokio's is made before ours.
fn can_wake() -> bool {
    if !READY.replace(true) {
        drop(tokio::task::LocalSet::new().enter());
    }
    LIVES.try_with(|_| ()).is_ok()
}
