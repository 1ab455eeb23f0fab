//! The arguments of the program.

use clap::builder::RangedU64ValueParser;
use clap::{CommandFactory, Parser};
use std::num::NonZeroUsize;
use std::str::FromStr;

/// Whole clusters in virtual time, with faults, by seed.
#[derive(Debug, Parser)]
#[command(name = "partita-simulator", version)]
pub(crate) struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 300, value_parser = at_least_one())]
    pub(crate) seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    pub(crate) from: u64,
    /// On how many threads; as many as there are cores if not given.
    #[arg(long, global = true)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Only large worlds: nearly all with 100 tasks, 10 workers, 10 faults and 1,000 events; the sums say how many.
    #[arg(long)]
    pub(crate) big: bool,
    /// Tell the story of the task of this number, or `all`, in the first seed.
    #[arg(long)]
    pub(crate) trace: Option<Traced>,
    /// Stop at the first failure.
    #[arg(long)]
    pub(crate) stop_on_first: bool,
    /// Print the sums as one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Something else than seeds to run.
    #[command(subcommand)]
    pub(crate) other: Option<Other>,
}

/// Whose story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traced {
    /// That of all tasks.
    All,
    /// That of the task of this number.
    Task(u32),
}

impl Traced {
    /// The task's number, if it is one task.
    pub(crate) fn task(self) -> Option<u32> {
        match self {
            Traced::All => None,
            Traced::Task(number) => Some(number),
        }
    }
}

impl FromStr for Traced {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "all" => Ok(Traced::All),
            Ok(number) => Ok(Traced::Task(number)),
            Err(_) => Err("it is neither the number of a task nor `all`".into()),
        }
    }
}

/// What there is beside running seeds.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Other {
    /// Run seeds and count every transition of both machines, against the tables of them.
    Cells {
        /// How many seeds to run; the rarest transitions take thousands.
        #[arg(long, default_value_t = 8000, value_parser = at_least_one())]
        seeds: u64,
    },
    /// Try every order of what can happen to a task or two.
    Explore {
        /// Tasks: 1 or 2, the second depending on the first.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=2))]
        keys: u32,
        /// Moves.
        #[arg(long, default_value_t = 8)]
        depth: usize,
    },
    /// Compare policies: the makespan over the lower bound, for families of graphs.
    Quality {
        /// How many seeds to run for each.
        #[arg(long, default_value_t = 20, value_parser = at_least_one())]
        seeds: u64,
    },
    /// Replay the journal of a cluster: FILE, and what to look for.
    Replay {
        /// The file and the options; without any, what they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Plant bugs into the machines, one at a time, and tell how many seeds it takes to find each.
    #[cfg(feature = "planted")]
    Planted {
        /// Which bugs, by name or number; all if none is named.
        bugs: Vec<String>,
        /// How many seeds to run for each at the most.
        #[arg(long, default_value_t = 2000, value_parser = at_least_one())]
        seeds: u64,
        /// The first of them.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
}

impl Arguments {
    /// On how many threads to run.
    pub(crate) fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(cores).get()
    }

    /// Ends the program, as an argument makes no sense.
    pub(crate) fn refuse(message: String) -> ! {
        Arguments::command().error(clap::error::ErrorKind::ValueValidation, message).exit()
    }
}

/// Numbers from 1.
fn at_least_one() -> RangedU64ValueParser {
    clap::value_parser!(u64).range(1..)
}
