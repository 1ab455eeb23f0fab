//! The messages between Partita's actors: plain data, one enum per direction, no behaviour and no actix.
//!
//! The machines of the scheduler and of a worker speak in [`scheduler::Event`] and [`scheduler::Effect`],
//! [`worker::Event`] and [`worker::Effect`]: ids, sizes and priorities, never functions or values. What travels
//! beside them (functions, values, errors) stands in [`message`], and is attached by the actors.

pub mod adapt;
pub mod bytes;
pub mod census;
pub mod death;
pub mod fault;
pub mod ids;
pub mod journal;
pub mod limits;
pub mod link;
pub mod message;
pub mod planted;
pub mod priority;
pub mod request;
pub mod resources;
pub mod scheduler;
pub mod steps;
pub mod telemetry;
pub mod threads;
pub mod time;
pub mod why;
pub mod worker;

pub use adapt::AdaptConfig;
pub use death::{ProcessEnd, ProcessLoss, Tail};
pub use fault::{Begun, Cause, LossCause};
pub use ids::{Attempt, ClientId, FaultId, IdMap, PlaceId, PrefixId, TaskId, WorkerId};
pub use link::{Closed, Link};
pub use priority::Priority;
pub use resources::Resources;
pub use time::Time;
