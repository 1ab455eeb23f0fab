//! Runs a text pipeline here, then simulates it on clusters that are not here.
//!
//! ```text
//! cargo run --release --example what_if [FOLDER] [--times N] [--seed N]
//! ```
//!
//! The King James Bible is cut into blocks; words are counted, and verses are grouped by their first word. How long the
//! tasks take is recorded from a run on this machine. Then the same graph is simulated on 10, 50 and 200 workers and
//! under two policies, as if each block were a thousand times as large. Pictures go into the folder.

use clap::Parser;
use flate2::read::GzDecoder;
use partita::bag::{for_each_word, read_text};
use partita::prelude::*;
use partita::simulate::{Durations, Placement, Simulation, compare, simulate};
use std::cmp::Reverse;
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

const BIBLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/kjv.txt.gz");

/// Runs a text pipeline here, then simulates it on clusters that are not here.
#[derive(Parser)]
struct Args {
    /// Where the pictures go; a new folder for temporary files if it is not given
    folder: Option<PathBuf>,
    /// How many times as long the tasks take, and how many times as large their results are
    #[arg(long, default_value_t = 1000)]
    times: u32,
    /// What is drawn from
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

/// How many words there are, the most frequent ones, and the number of verses by their first word.
pub(crate) type Pipeline = (Item<u64>, Bag<(String, u64)>, Bag<(String, usize)>);

/// The pipeline over a text file, in blocks of 32 KiB.
pub(crate) fn pipeline(text: &Path) -> Result<Pipeline, Box<dyn Error>> {
    let verses = read_text(text).block_size(32 << 10).finish()?;
    let words = verses.frequencies_of(|verse, counts| for_each_word(verse, |word| counts.add(word)));
    let total = words.map_ref(|(_, count)| *count).sum();
    let top = words.topk_by(3, |(word, count)| (*count, Reverse(word.clone())));
    let groups = verses.group_by_into(40, |verse| verse.split(' ').next().unwrap_or_default().to_string());
    Ok((total, top, groups.map(|(first, verses)| (first, verses.len()))))
}

/// Puts the text into a folder.
pub(crate) fn unpack(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(BIBLE)?).read_to_string(&mut text)?;
    let path = folder.join("kjv.txt");
    fs::write(&path, text)?;
    Ok(path)
}

pub(crate) fn run(args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let args = Args::parse_from(std::iter::once("what_if".to_string()).chain(args));
    let folder =
        args.folder.unwrap_or_else(|| std::env::temp_dir().join(format!("partita-what-if-{}", std::process::id())));
    fs::create_dir_all(&folder)?;
    let text = unpack(&folder)?;
    let pipeline = pipeline(&text)?;

    // Once for real, here.
    let cluster = LocalCluster::builder().workers(1).start()?;
    let recording = cluster.client().record()?;
    let (total, top, groups) = compute(pipeline.clone())?;
    let durations = recording.durations()?;
    cluster.close()?;
    let top: Vec<String> = top.into_iter().map(|(word, count)| format!("{word} {count}")).collect();
    writeln!(out, "{total} words, most of them {}; {} first words of verses", top.join(", "), groups.len())?;

    // What was measured is kept, and can be used without running anything again.
    let file = folder.join("durations.json");
    durations.save(&file)?;
    let durations = Durations::load(&file)?.times(args.times);
    for (group, cost) in durations.groups() {
        writeln!(out, "{group:>24}: {:>9.2?} on average", cost.duration)?;
    }

    let base = simulate(&pipeline).threads(4).memory("16GiB").bandwidth("1 GB").durations(durations).seed(args.seed);
    clusters(&base, &folder, out)?;
    policies(&base, out)?;
    writeln!(out, "\nwould it fit into 256 MiB on 10 workers?")?;
    write!(out, "{}", base.clone().workers(10).memory("256MiB").preflight()?)?;
    writeln!(out, "\npictures are in {}", folder.display())?;
    Ok(())
}

/// The same graph on three clusters.
fn clusters(base: &Simulation, folder: &Path, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut reports = Vec::new();
    for workers in [10, 50, 200] {
        let report = base.clone().workers(workers).run()?;
        report.save_task_stream(folder.join(format!("stream-{workers}.svg")))?;
        report.save_memory_curves(folder.join(format!("memory-{workers}.svg")))?;
        reports.push((format!("{workers} workers"), report));
    }
    let rows: Vec<_> = reports.iter().map(|(label, report)| (label, report)).collect();
    writeln!(out, "\n{}", compare(&rows))?;
    write!(out, "{}", reports[0].1)?;
    Ok(())
}

/// The same graph under two policies, and with workers that die.
fn policies(base: &Simulation, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    use partita::simulate::Faults;
    let base = base.clone().workers(50);
    let faults = Faults::new().kill_every(Duration::from_secs(10)).restart_after(Duration::from_secs(1));
    let usual = base.run()?;
    let random = base.clone().policy(Placement::Random { seed: 1 }).run()?;
    let dying = base.faults(faults).run()?;
    writeln!(out, "\n{}", compare(&[("cheapest", &usual), ("random", &random), ("workers die", &dying)]))?;
    Ok(())
}
