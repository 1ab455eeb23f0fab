//! Coordination: queues, variables, locks, events and semaphores that clients and tasks share by name, and actors.
//!
//! Every call gives a [`Reply`]: `.wait()` blocks for it, `.wait_timeout(..)` for so long, `.await` in async code.

mod actor;
mod error;
mod event;
mod lock;
mod machine;
mod parcel;
mod queue;
mod reply;
mod semaphore;
mod service;
mod shelved;
pub(crate) mod slot;
mod variable;

pub use actor::{Actor, ActorError, ActorFuture};
pub use error::CoordinationError;
pub use event::Event;
pub use lock::{Guard, Lock};
pub use machine::{Kind, Object};
pub use queue::Queue;
pub use reply::Reply;
pub use semaphore::Semaphore;
pub use variable::Variable;

pub(crate) use service::CoordinationLink;
pub(crate) use shelved::Shelved;
