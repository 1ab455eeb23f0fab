//! Whole runs of the workloads that Partita and its peers are measured by; prints one JSON line.
//!
//! `cargo bench --bench harness -- merge --n 100000`

#[cfg(feature = "array")]
#[path = "harness/arrays.rs"]
mod arrays;
#[path = "harness/bags.rs"]
mod bags;
#[path = "harness/cost.rs"]
mod cost;
#[path = "harness/deaths.rs"]
mod deaths;
#[cfg(feature = "dataframe")]
#[path = "harness/frames.rs"]
mod frames;
#[path = "harness/graphs.rs"]
mod graphs;
#[path = "harness/hostile.rs"]
mod hostile;
#[path = "harness/journal.rs"]
mod journal;
#[path = "harness/latency.rs"]
mod latency;
#[path = "harness/measure.rs"]
mod measure;
#[path = "harness/memory.rs"]
mod memory;
#[path = "harness/moves.rs"]
mod moves;
#[path = "harness/processes.rs"]
mod processes;
#[path = "harness/startup.rs"]
mod startup;
#[path = "harness/stencil.rs"]
mod stencil;

#[cfg(feature = "dashboard")]
#[path = "harness/telemetry.rs"]
mod telemetry;

use clap::Parser;
use measure::Measured;
use partita::LocalCluster;
use std::path::PathBuf;

/// The system's allocator hands memory back to the system and asks for it anew with every chunk of a file; the programs
/// compared with bring allocators that keep it, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs one workload several times and prints its figures as one line of JSON.
#[derive(Parser, Clone, Debug)]
pub(crate) struct Args {
    /// merge, tree, chain, move, death, abort, intensity, hostile, submit-latency, map-gather, stencil, fib, wordcount, foldby, bag-groupby, startup, journal-cost, telemetry-cost,
    /// ltm-2pass, array-dot, array-norm, array-xxt, array-sines, array-svd, array-normal, ltm-sum, df-top10, df-groupby, df-join, h2o-q1,
    /// h2o-q3, h2o-q5, set-index, df-shuffle, flights
    workload: String,
    /// How many tasks, pairs, links or hostile connections.
    #[arg(long, default_value_t = 10_000)]
    n: u64,
    /// The depth of the tree: 2^k leaves.
    #[arg(long, default_value_t = 13)]
    k: u32,
    /// Runs that count.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Runs before them that do not.
    #[arg(long, default_value_t = 1)]
    warmup: usize,
    #[arg(long, default_value_t = 1)]
    workers: usize,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Whether workers are processes.
    #[arg(long)]
    processes: bool,
    /// Task lengths of the stencil, in µs.
    #[arg(long, value_delimiter = ',')]
    grains: Vec<f64>,
    #[arg(long, default_value_t = 8)]
    width: usize,
    #[arg(long, default_value_t = 200)]
    steps: usize,
    /// The length of an array's chunks.
    #[arg(long, default_value_t = 100)]
    chunk: usize,
    /// Whether an array is held by the workers before it is timed; of death, whether processes are stopped and not killed.
    #[arg(long)]
    held: bool,
    /// The memory limit of each worker, in MiB; none if not given. A quarter of it is for what waits in shuffles of df-shuffle.
    #[arg(long)]
    memory: Option<u64>,
    /// The length of a part of ltm-2pass, in MiB; --n is then the GiB of all.
    #[arg(long, default_value_t = 16)]
    part: u64,
    /// The folder for what does not fit into memory; that of the system for temporary files if not given.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// How long a turn of hostile lasts, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The program that attacks in hostile; that of the same build if not given.
    #[arg(long)]
    hostile: Option<PathBuf>,
    /// Text files of wordcount and foldby, CSV files of df-top10, df-groupby, df-join and df-shuffle.
    #[arg(long)]
    files: Option<String>,
    /// Bytes of a text block; whole files if not given.
    #[arg(long)]
    block: Option<u64>,
    /// Whether the profiler is told what happens.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    telemetry: bool,
    /// Whether there is a dashboard, whose address is printed.
    #[cfg(feature = "dashboard")]
    #[arg(long)]
    dashboard: bool,
    /// Where a journal is kept; none if not given.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Whether the journal keeps workers too.
    #[arg(long)]
    journal_workers: bool,
    /// How many decisions the scheduler keeps.
    #[arg(long, default_value_t = 0)]
    decisions: usize,
    /// Given by cargo; means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    fn builder(&self) -> partita::cluster::Builder {
        let builder =
            LocalCluster::builder().workers(self.workers).threads_per_worker(self.threads).processes(self.processes);
        let builder = builder.telemetry(self.telemetry).decisions(self.decisions);
        match self.memory {
            Some(mebibytes) => builder.memory_limit(mebibytes << 20),
            None => builder,
        }
    }

    fn cluster(&self) -> partita::Result<LocalCluster> {
        let builder = self.builder();
        #[cfg(feature = "dashboard")]
        let builder = builder.dashboard(self.dashboard);
        let cluster = match &self.journal {
            Some(path) => builder.journal(path).journal_replace(true).journal_workers(self.journal_workers).start()?,
            None => builder.start()?,
        };
        #[cfg(feature = "dashboard")]
        if let Some(link) = cluster.client().dashboard_link() {
            eprintln!("{link}");
        }
        Ok(cluster)
    }

    fn files(&self) -> String {
        let data = std::env::var("PEERS_DATA").map_or_else(|_| PathBuf::from("data"), PathBuf::from);
        self.files.clone().unwrap_or_else(|| data.join("text/part-*.txt").display().to_string())
    }
}

fn main() -> partita::Result<()> {
    deaths::end_if_doomed();
    partita::init();
    if startup::is_child() {
        return startup::child();
    }
    let args = Args::parse();
    let measured: Measured = match args.workload.as_str() {
        "merge" => graphs::merge(&args)?,
        "tree" => graphs::tree(&args)?,
        "chain" => graphs::chain(&args)?,
        "move" => moves::run(&args)?,
        "death" => deaths::run(&args)?,
        "abort" => deaths::abort(&args)?,
        "intensity" => deaths::intensity(&args)?,
        "hostile" => hostile::run(&args)?,
        "fib" => graphs::fib(&args)?,
        "submit-latency" => latency::submit(&args)?,
        "map-gather" => latency::map_gather(&args)?,
        "stencil" => stencil::run(&args)?,
        "wordcount" => bags::wordcount(&args)?,
        "foldby" => bags::fold_by(&args)?,
        "bag-groupby" => bags::group_by(&args)?,
        #[cfg(feature = "array")]
        "array-dot" => arrays::dot(&args)?,
        #[cfg(feature = "array")]
        "array-norm" => arrays::norm(&args)?,
        #[cfg(feature = "dataframe")]
        "df-top10" => frames::top10(&args)?,
        #[cfg(feature = "dataframe")]
        "df-groupby" => frames::group_by(&args)?,
        #[cfg(feature = "dataframe")]
        "df-join" => frames::join(&args)?,
        #[cfg(feature = "dataframe")]
        "h2o-q1" | "h2o-q3" | "h2o-q5" => frames::h2o(&args)?,
        #[cfg(feature = "dataframe")]
        "set-index" => frames::set_index(&args)?,
        #[cfg(feature = "dataframe")]
        "df-shuffle" => frames::shuffle(&args)?,
        #[cfg(feature = "dataframe")]
        "flights" => frames::flights(&args)?,
        #[cfg(feature = "array")]
        "array-xxt" => arrays::xxt(&args)?,
        #[cfg(feature = "array")]
        "array-sines" => arrays::sines(&args)?,
        #[cfg(feature = "array")]
        "array-svd" => arrays::svd(&args)?,
        #[cfg(feature = "array")]
        "array-normal" => arrays::normal(&args)?,
        #[cfg(feature = "array")]
        "ltm-sum" => arrays::larger_than_memory(&args)?,
        "ltm-2pass" => memory::two_passes(&args)?,
        "startup" => startup::run(&args),
        "journal-cost" => journal::cost(&args)?,
        #[cfg(feature = "dashboard")]
        "telemetry-cost" => telemetry::cost(&args)?,
        other => {
            eprintln!("unknown workload `{other}`; see --help");
            std::process::exit(2);
        }
    };
    measured.print(&args);
    Ok(())
}
