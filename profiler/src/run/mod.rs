//! Runs: what a cluster did, folded from its records alone. Pure and bounded: what no longer fits is counted.

mod bins;
mod census;
mod early;
mod entries;
mod executions;
mod fold;
mod groups;
mod history;
mod known;
mod last;
mod limits;
mod live;
mod readings;
mod run;
mod slots;
#[cfg(test)]
mod tests;
mod timeline;
mod transfers;
mod waiting;
mod workers;

pub use bins::{Bin, GroupBin, OTHER_PAIRS, OTHERS, WorkerBin};
pub use entries::{Entries, Merge};
pub use executions::{Execution, Executions};
pub use groups::{GroupStats, Spread};
pub use known::{Known, Line, Names};
pub use last::Last;
pub use limits::Limits;
pub use live::Live;
pub use readings::WorkerReadings;
pub use run::Run;
pub use timeline::Timeline;
pub use transfers::{Pair, Transfers};
pub(crate) use waiting::Waiting;
pub use workers::{WorkerFacts, Workers};
