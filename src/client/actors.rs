//! Making actors.

use super::client::Client;
use crate::coordination::Actor;

impl Client {
    /// Makes an actor: `make` makes its state on a worker, which holds it. See [`Actor`].
    ///
    /// [`Client::with_options`] says which worker it may be.
    #[must_use = "the actor is gone when its last handle is"]
    pub fn actor<S, F>(&self, make: F) -> Actor<S>
    where
        S: Send + 'static,
        F: Fn() -> S + Send + Sync + 'static,
    {
        Actor::new(self, make)
    }
}
