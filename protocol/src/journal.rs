//! Where the events of a machine are written down, so that they can be replayed.

use crate::ids::TaskId;
use crate::time::Time;
use partita_graph::{Key, Place};

/// Keeps what one machine is told, in order, and what it answers. Called by the machine's actor.
///
/// Keeping never blocks and never fails as far as the actor can see: what cannot be kept is counted.
pub trait Ledger<Event, Effect>: Send {
    /// The names of the tasks that the next event hands in, in its order.
    fn names(&mut self, names: &mut dyn Iterator<Item = Naming<'_>>);

    /// The machine is about to be told an event.
    fn event(&mut self, now: Time, event: &Event);

    /// What the machine answered to that event.
    fn effects(&mut self, effects: &[Effect]);
}

/// What a task is called and where it was made.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// Which task.
    pub task: TaskId,
    /// Its key; `None` if it is not known.
    pub key: Option<&'a Key>,
    /// The line of user code that made it.
    pub place: Option<Place>,
}
