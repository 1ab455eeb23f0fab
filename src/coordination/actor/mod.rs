//! Actors: state that a worker holds, and calls on it that run there in order, one at a time.

mod error;
mod future;
mod mailbox;

pub use error::ActorError;
pub use future::ActorFuture;

use super::slot::{Filler, Slot};
use crate::client::Client;
use mailbox::{Call, Mailbox};
use partita_collections::call::short_type;
use partita_graph::{RunError, catch};
use std::fmt;
use std::sync::Arc;

/// State that a worker holds; as Dask's actors. Cloning it is a pointer copy; closures may capture it.
///
/// Calls run on the worker's threads, in the order in which they were made, one at a time, and before its other tasks.
/// A call that panics fails alone: the actor goes on with its state as the panic left it. If the worker dies, the actor
/// is gone: calls that wait and later ones fail, and none is run twice.
///
/// ```
/// use partita::prelude::*;
///
/// #[derive(Default)]
/// struct Counter {
///     n: i64,
/// }
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let counter = cluster.client().actor(Counter::default);
/// for amount in [1, 2, 3] {
///     counter.call(move |counter| counter.n += amount);
/// }
/// assert_eq!(counter.call(|counter| counter.n).result()?, 6);
/// # Ok::<(), partita::Error>(())
/// ```
pub struct Actor<S> {
    mailbox: Arc<Mailbox<S>>,
}

impl<S: Send + 'static> Actor<S> {
    pub(crate) fn new(client: &Client, make: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Actor { mailbox: Mailbox::start(client, short_type::<S>(), make) }
    }

    /// Calls a method, or any function of the state.
    pub fn call<R: Send + 'static>(&self, method: impl FnOnce(&mut S) -> R + Send + 'static) -> ActorFuture<R> {
        let (slot, filler) = Slot::new(lost);
        let (actor, client) = (self.mailbox.name.clone(), self.mailbox.client.clone());
        let call = Method { method: Some(method), filler: Some(filler), actor: actor.clone() };
        self.mailbox.push(Box::new(call));
        let mailbox = Arc::downgrade(&self.mailbox);
        let is_calling = Box::new(move || mailbox.upgrade().is_some_and(|mailbox| mailbox.is_calling()));
        ActorFuture { slot, client, actor, is_calling }
    }
}

/// What is told of a call that was dropped without a word.
fn lost<R>() -> Result<R, ActorError> {
    Err(ActorError::Ended { actor: "?".into(), cause: RunError::Closed })
}

impl<S> Clone for Actor<S> {
    fn clone(&self) -> Self {
        Actor { mailbox: self.mailbox.clone() }
    }
}

impl<S> fmt::Debug for Actor<S> {
    /// As Dask's: `<Actor: Counter>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Actor: {}>", short_type::<S>())
    }
}

/// One call.
struct Method<F, R> {
    method: Option<F>,
    filler: Option<Filler<Result<R, ActorError>>>,
    actor: Arc<str>,
}

impl<S, F, R> Call<S> for Method<F, R>
where
    F: FnOnce(&mut S) -> R + Send,
    R: Send,
{
    fn run(mut self: Box<Self>, state: &mut S) {
        let (Some(method), Some(filler)) = (self.method.take(), self.filler.take()) else { return };
        let result = catch(|| method(state)).map_err(|panic| ActorError::Panicked {
            actor: self.actor.clone(),
            message: panic.message,
            location: panic.location,
        });
        // Whoever dropped the future does not want to know; what the call gave may panic when it is dropped.
        if let Err(unwanted) = filler.fill(result) {
            drop(catch(move || drop(unwanted)));
        }
    }

    fn fail(&mut self, error: ActorError) {
        if let Some(filler) = self.filler.take() {
            drop(filler.fill(Err(error)));
        }
    }
}
