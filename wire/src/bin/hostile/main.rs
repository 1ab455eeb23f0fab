//! A hostile peer: attacks a socket of a cluster in many ways and tells what it saw. And a listener to be attacked.
//!
//! `cargo run -p partita-wire --bin partita-hostile -- attack PATH --connections 10000`

mod attack;
mod kinds;
mod serve;

use attack::Attack;
use clap::{Parser, Subcommand};
use kinds::Kind;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Attacks a socket of a cluster of Partita's, or offers one to be attacked.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Attacks a socket and tells, for each kind of attack, how soon it was hung up on.
    Attack {
        /// The sockets, which are attacked by turns.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Connections, of all kinds together.
        #[arg(long, default_value_t = 1000)]
        connections: usize,
        /// Connections that are open at the same time, at the most. With fewer than the listener's limit of strangers, none
        /// makes room for another, and all that is sent is read.
        #[arg(long, default_value_t = usize::MAX)]
        at_once: usize,
        /// Connections that are begun a second, at even distances; as many as can be if it is not given.
        #[arg(long)]
        rate: Option<f64>,
        /// One kind alone.
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        /// The seed of what is sent.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Listens in a new private directory, for those that know the token, which comes by stdin: 32 bytes. Each further line
    /// of stdin is answered with one of figures; the end of stdin ends it.
    Serve {
        /// Where the private directory is made.
        base: PathBuf,
        /// File descriptors that the process may have.
        #[arg(long)]
        descriptors: Option<u64>,
        /// Lets every user come near the socket, to show that those of others are refused.
        #[arg(long)]
        open: bool,
    },
}

fn main() -> ExitCode {
    tracing_to_stderr();
    let outcome = match Arguments::parse().what {
        What::Attack { paths, connections, at_once, rate, kind, seed } => {
            attack::run(&Attack { paths, connections, at_once, rate, kind, seed })
        }
        What::Serve { base, descriptors, open } => serve::run(&base, descriptors, open),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if writeln!(std::io::stderr(), "{error}").is_err() {
                return ExitCode::from(2);
            }
            ExitCode::FAILURE
        }
    }
}

fn tracing_to_stderr() {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
}

/// What ends a command.
type Error = Box<dyn std::error::Error>;

/// A runtime on this thread.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()
}

/// Lets the process have so many file descriptors, or as many as it may.
fn set_descriptors(wanted: Option<u64>) -> Result<u64, Error> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = wanted.or(maximum).unwrap_or(1024);
    setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum })?;
    Ok(current)
}
