//! The world of a nanny: processes, as far as she knows of them.

use super::keeper::Keeper;
use super::plan::Plan;
use super::policy::{Event, Incarnation, Look};
use partita_protocol::{Begun, Tail};
use std::sync::Arc;

/// The way to tell a nanny what happened.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// What can be done with processes. All returns at once; whatever takes time is told as an event. What is wanted of a process
/// that is not there is ignored. Dropped, every process is killed.
pub trait Processes: Send {
    /// Starts a process. Answered by [`Event::Spawned`] and later [`Event::Exited`], or by [`Event::SpawnFailed`].
    fn spawn(&mut self, incarnation: Incarnation, tell: Tell);

    /// Sends SIGTERM to it.
    fn terminate(&mut self, incarnation: Incarnation);

    /// Sends SIGKILL to it and all of its group.
    fn kill(&mut self, incarnation: Incarnation);

    /// Looks at it.
    fn look(&mut self, incarnation: Incarnation) -> Option<Look>;

    /// The last that it wrote to its standard error.
    fn last_words(&self, incarnation: Incarnation) -> Tail;

    /// Which executions had begun in it, as far as can be told.
    fn begun(&self, incarnation: Incarnation) -> Begun;
}

/// Makes the plan of a process.
type MakePlan = Box<dyn FnMut(Incarnation) -> Plan + Send>;

/// Processes of this system.
pub struct SystemProcesses {
    plan: MakePlan,
    current: Option<(Incarnation, Keeper)>,
}

impl SystemProcesses {
    /// Processes of these plans: one is asked for before each start, and may hold secrets of that one alone.
    pub fn new(plan: impl FnMut(Incarnation) -> Plan + Send + 'static) -> Self {
        SystemProcesses { plan: Box::new(plan), current: None }
    }

    fn keeper(&self, incarnation: Incarnation) -> Option<&Keeper> {
        self.current.as_ref().filter(|(current, _)| *current == incarnation).map(|(_, keeper)| keeper)
    }
}

impl Processes for SystemProcesses {
    fn spawn(&mut self, incarnation: Incarnation, tell: Tell) {
        let plan = (self.plan)(incarnation);
        self.current = Some((incarnation, Keeper::start(incarnation, plan, tell)));
    }

    fn terminate(&mut self, incarnation: Incarnation) {
        if let Some(keeper) = self.keeper(incarnation) {
            keeper.terminate();
        }
    }

    fn kill(&mut self, incarnation: Incarnation) {
        if let Some(keeper) = self.keeper(incarnation) {
            keeper.kill();
        }
    }

    fn look(&mut self, incarnation: Incarnation) -> Option<Look> {
        self.keeper(incarnation)?.look()
    }

    fn last_words(&self, incarnation: Incarnation) -> Tail {
        self.keeper(incarnation).map(Keeper::tail).unwrap_or_default()
    }
    fn begun(&self, incarnation: Incarnation) -> Begun {
        self.keeper(incarnation).map(Keeper::begun).unwrap_or_default()
    }
}
