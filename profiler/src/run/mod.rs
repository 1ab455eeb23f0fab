//! Runs: what a cluster did, folded from its records alone. Pure and bounded: what no longer fits is counted.

mod early;
mod executions;
mod groups;
mod known;
mod last;
mod limits;
mod live;
mod run;
mod timeline;
mod transfers;
mod waiting;
mod workers;

pub use executions::{Execution, Executions};
pub use groups::{GroupStats, Spread};
pub use known::{Known, Line, Names};
pub use last::Last;
pub use limits::Limits;
pub use live::Live;
pub use run::Run;
pub use timeline::{Bin, OTHERS, Timeline};
pub use transfers::{Pair, Transfers};
pub(crate) use waiting::Waiting;
pub use workers::{WorkerFacts, Workers};
