//! What a block of a graph does, written for a worker: sealed, so that only who has the cluster's key and runs the same executable
//! can have one run; and run, with what it gives for each task that others need.

mod error;
mod outputs;
mod payload;
mod run;
mod seal;

pub use error::{PayloadError, Unwritable};
pub use outputs::{Failure, Outputs, Unread};
pub use payload::{Payload, Source, Step, write_all};
pub use run::run;
pub use seal::Seal;
