//! The random swarm: each seed draws a cluster, a workload and faults of its own, with rates of its own, and runs through
//! three phases. In the first, faults happen. In the second none does, and everything that is wanted must end. In the
//! third all clients leave, and nothing may be left.

mod act;
mod calm;
mod course;
mod draw;
mod driver;
mod faults;
mod fleet;
mod outcome;
mod plan;
mod script;
mod stale;
mod tasks;

pub use course::{Course, Courses};
pub use driver::{Driver, run};
pub use fleet::{Fleet, Sums, guarded, sail};
pub use outcome::{Found, Outcome, Phase};
pub use plan::{Deed, Plan, Size, What};
