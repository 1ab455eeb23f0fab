//! Why a graph could not be simulated.

use partita_graph::GraphError;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why a graph could not be simulated; all but [`SimulateError::Stuck`] are found before the simulation begins.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// A setting out of range, or a text without sense.
    #[error("`{field}` cannot be {value}: {allowed}")]
    Value {
        /// The setting.
        field: &'static str,
        /// Its value, as it was given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The times of a group cannot be spread so.
    #[error("the spread of group `{group}` cannot be {value}: {allowed}")]
    Spread {
        /// The group.
        group: String,
        /// The number that was given.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The graph cannot be run.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The graph has no task.
    #[error("there is nothing to simulate: the graph has no task")]
    Empty,
    /// Nobody said what tasks of some groups cost.
    #[error(
        "nothing says how long tasks of {} take{}. Name them with `Durations::group`, give a cost for all others \
             with `Durations::otherwise`, or record them from a run",
        list(missing),
        known_groups(known)
    )]
    UnknownGroups {
        /// The groups.
        missing: Vec<String>,
        /// The groups that are named.
        known: Vec<String>,
    },
    /// A task asks for what no worker has.
    #[error(
        "no worker can ever run `{task}`: it needs {needs}, and the workers have {have}. Ask less for the task, or give \
             the workers more with `Simulation::resource` or other names with `Simulation::names`"
    )]
    Unsatisfiable {
        /// The first such task.
        task: String,
        /// What it asks for.
        needs: String,
        /// What the workers have.
        have: String,
    },
    /// The simulation came to a point from which nothing goes on.
    #[error("after {} of simulated time nothing goes on, and {pending} of {wanted} results are missing; `{task}` waits: {why}. \
             More memory for each worker (`Simulation::memory`) or a disk (`Simulation::disk`) may help", crate::report::show_time(*after))]
    Stuck {
        /// When, in simulated time.
        after: Duration,
        /// How many results are missing.
        pending: usize,
        /// How many are wanted.
        wanted: usize,
        /// One that waits.
        task: String,
        /// For what.
        why: String,
    },
    /// A machine broke one of its own rules: an error in Partita.
    #[error("an invariant of Partita's machines is broken: {violation}. Please report it, with seed {seed}")]
    Broken {
        /// Which.
        violation: String,
        /// The seed of the simulation.
        seed: u64,
    },
    /// A picture or a report could not be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
}

/// So many names of a list are shown.
const SHOWN: usize = 6;

fn list(names: &[String]) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().take(SHOWN).enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}`{name}`");
    }
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}

fn known_groups(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(" (only those of {})", list(known)) }
}
