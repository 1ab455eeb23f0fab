//! Runs: what a cluster did, folded from its records alone. Pure and bounded: what no longer fits is counted.

mod cpu;
mod early;
mod executions;
mod groups;
mod known;
mod last;
mod limits;
mod run;
mod timeline;
mod transfers;
mod workers;

pub use cpu::WorkersCpu;
pub use executions::{Execution, Executions};
pub use groups::{GroupStats, Spread};
pub use known::{Known, Line, Names};
pub use last::Last;
pub use limits::Limits;
pub use run::Run;
pub use timeline::{Bin, OTHERS, Timeline};
pub use transfers::{Pair, Transfers};
pub use workers::{WorkerFacts, Workers};
