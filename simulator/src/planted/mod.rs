//! Bugs that are planted into the machines, one at a time, to prove that the seeds of the swarm find them.
//!
//! ```
//! use partita_protocol::planted::Bug;
//! use partita_simulator::planted::hunt;
//!
//! let hunt = hunt(Bug::SecondClient, 0..100);
//! assert_eq!(hunt.found.unwrap().id, "S21");
//! ```

mod command;
mod hunt;
mod table;

pub use command::command;
pub use hunt::{Hunt, hunt, hunt_all};
pub use table::table;
