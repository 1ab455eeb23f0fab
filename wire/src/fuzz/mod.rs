//! Mutation fuzzers by seed, for any toolchain: what may come from a socket is tried until something panics.
//!
//! Each try is made from a seed and a number alone, so a finding can be had again: `partita-fuzz --seed S TARGET`.
//!
//! ```
//! use partita_wire::fuzz::{Target, run};
//!
//! let report = run(Target::Heads, 7, |tries| tries < 100).map_err(|finding| finding.to_string())?;
//! assert_eq!(report.tries, 100);
//! # Ok::<(), String>(())
//! ```

mod mutate;
mod probe;
mod stranger;
mod stream;

use mutate::Mutator;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is fuzzed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// A stream of frames, cut anywhere: the same comes out however it is cut, and memory stays in proportion.
    Frames,
    /// The frame of one head: what can be read can be written and read again.
    Heads,
    /// The three frames of a handshake: no changed frame is accepted.
    Handshake,
    /// What is sent, written in parts and cut off at any time: it arrives in order, and what waits is counted right.
    Sequences,
}

impl Target {
    /// All of them.
    pub const ALL: [Target; 4] = [Target::Frames, Target::Heads, Target::Handshake, Target::Sequences];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::Frames => "frames",
            Target::Heads => "heads",
            Target::Handshake => "handshake",
            Target::Sequences => "sequences",
        }
    }

    /// Right inputs, from which wrong ones are made.
    fn corpus(self) -> Vec<Vec<u8>> {
        match self {
            Target::Frames => stream::corpus(),
            Target::Heads => probe::corpus(),
            Target::Handshake => stranger::corpus(),
            Target::Sequences => vec![(0..=255).collect(), vec![0; 64]],
        }
    }

    /// Tries one input. Says whether it went deep: something of it was accepted.
    fn attempt(self, input: &[u8]) -> bool {
        match self {
            Target::Frames => stream::frames(input),
            Target::Heads => probe::heads(input),
            Target::Handshake => stranger::handshake(input),
            Target::Sequences => stream::sequences(input),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a run without findings did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// Inputs that were tried.
    pub tries: u64,
    /// Inputs of which something was accepted: if there are none, the fuzzer does not get far.
    pub deep: u64,
}

/// An input on which something panicked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("target {target}, seed {seed}, try {number}: {panic}\ninput ({} bytes): {}", input.len(), hex(input))]
pub struct Finding {
    /// What was fuzzed.
    pub target: Target,
    /// The seed of the run.
    pub seed: u64,
    /// The number of the try, from 0.
    pub number: u64,
    /// The input.
    pub input: Vec<u8>,
    /// What the panic said.
    pub panic: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Tries inputs for as long as `goes_on` says so of the number of tries that were made.
///
/// # Errors
/// The first [`Finding`].
pub fn run(target: Target, seed: u64, mut goes_on: impl FnMut(u64) -> bool) -> Result<Report, Finding> {
    let mutator = Mutator::new(target.corpus());
    let mut report = Report { tries: 0, deep: 0 };
    while goes_on(report.tries) {
        let number = report.tries;
        let mut random = Pcg64Mcg::seed_from_u64(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let input = mutator.input(&mut random);
        report.deep += u64::from(replay(target, seed, number, &input)?);
        report.tries += 1;
    }
    Ok(report)
}

/// Tries one input, as a [`Finding`] shows it. Says whether something of it was accepted.
///
/// # Errors
/// The [`Finding`], if it still is one.
pub fn replay(target: Target, seed: u64, number: u64, input: &[u8]) -> Result<bool, Finding> {
    catch_unwind(AssertUnwindSafe(|| target.attempt(input))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_string());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let panic = text.unwrap_or_else(|| "a panic without a text".to_string());
        Finding { target, seed, number, input: input.to_vec(), panic }
    })
}
