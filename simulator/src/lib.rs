//! A whole cluster in virtual time: the production machines of scheduler and workers, faults by seed, and every
//! invariant checked after every event.

pub mod cells;
pub mod check;
mod draw;
mod durations;
pub mod explore;
pub mod families;
pub mod journal;
mod model;
mod plan;
#[cfg(feature = "planted")]
pub mod planted;
mod preflight;
pub mod quality;
pub mod replay;
mod report;
pub mod shrink;
mod simulate;
pub mod story;
pub mod swarm;
mod universe;
mod world;

pub use durations::{Cost, Durations, DurationsError, Spread};
pub use model::{End, Model, Run, Same, Start};
pub use plan::Plan;
pub use preflight::{Advice, Preflight};
pub use report::{
    Again, Bounds, Comparison, Counts, Curves, Failed, GroupReport, Held, Peak, Piece, Reason, Report, Setting, Stream,
    Table, Transfer, Transfers, WorkerReport, compare,
};
pub use simulate::{Faults, SimulateError, Simulation, Size};
pub use universe::{Definition, Number, Universe, value_of};
pub use world::{
    Client, Detail, Host, LostRequest, Network, Process, Settings, Step, Storage, Stored, Told, Trace, World,
};
