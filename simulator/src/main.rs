//! Runs seeds of the random swarm and tells what they find.

use clap::Parser;
use partita_simulator::shrink::shrink;
use partita_simulator::story::Story;
use partita_simulator::swarm::{Fleet, Found, Plan, Size, Sums, guarded, run};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Whole clusters in virtual time, with faults, by seed.
#[derive(Debug, Parser)]
#[command(name = "partita-simulator", version)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// On how many threads; as many as there are cores if not given.
    #[arg(long)]
    jobs: Option<usize>,
    /// Only large worlds: nearly all with 100 tasks, 10 workers, 10 faults and 1,000 events; the sums say how many.
    #[arg(long)]
    big: bool,
    /// Tell the story of the task of this number, or `all`, in the first seed.
    #[arg(long)]
    trace: Option<String>,
    /// Stop at the first failure.
    #[arg(long)]
    stop_on_first: bool,
    /// Print the sums as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Something else than seeds to run.
    #[command(subcommand)]
    other: Option<Other>,
}

/// What there is beside running seeds.
#[derive(Debug, clap::Subcommand)]
enum Other {
    /// Run seeds and count every transition of both machines, against the tables of them.
    Cells {
        /// How many seeds to run; the rarest transitions take thousands.
        #[arg(long, default_value_t = 8000)]
        seeds: u64,
    },
    /// Try every order of what can happen to a task or two.
    Explore {
        /// Tasks: 1 or 2, the second depending on the first.
        #[arg(long, default_value_t = 1)]
        keys: u32,
        /// Moves.
        #[arg(long, default_value_t = 8)]
        depth: usize,
    },
    /// Compare policies: the makespan over the lower bound, for families of graphs.
    Quality {
        /// How many seeds to run for each.
        #[arg(long, default_value_t = 20)]
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
        #[arg(long, default_value_t = 2000)]
        seeds: u64,
        /// The first of them.
        #[arg(long, default_value_t = 0)]
        from: u64,
    },
}

/// Runs something else than seeds.
fn run_other(other: &Other, jobs: usize) -> ExitCode {
    let (text, is_well) = match other {
        Other::Cells { seeds } => {
            let fleet = Fleet { seeds: 1..seeds + 1, size: Size::Any, jobs, stop_on_first: false, cells: true };
            let Sums { cells, failures, .. } = fleet.run(|_, _| {});
            let mut text = cells.to_string();
            failures.iter().for_each(|(seed, found)| text.push_str(&format!("seed {seed}: {found}\n")));
            (text, cells.missing().is_empty() && cells.unknown().is_empty() && failures.is_empty())
        }
        Other::Explore { keys, depth } => (partita_simulator::explore::command(*keys, *depth), true),
        Other::Quality { seeds } => (partita_simulator::quality::table(*seeds), true),
        Other::Replay { arguments } => match partita_simulator::replay::command(arguments) {
            Ok(text) => (text, true),
            Err(error) => (error.to_string(), false),
        },
        #[cfg(feature = "planted")]
        Other::Planted { bugs, seeds, from } => {
            partita_simulator::planted::command(bugs, *from..from.saturating_add(*seeds), jobs)
        }
    };
    println!("{}", text.trim_end());
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let jobs = arguments.jobs.unwrap_or_else(cores);
    if let Some(other) = &arguments.other {
        return run_other(other, jobs);
    }
    let size = if arguments.big { Size::Big } else { Size::Any };
    if let Some(key) = &arguments.trace {
        return trace(arguments.from, size, key);
    }
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let fleet = Fleet { seeds, size, jobs, stop_on_first: arguments.stop_on_first, cells: false };
    let start = Instant::now();
    // A panic is reported as a failure of its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let sums = fleet.run(|done, failed| {
        if done % 1000 == 0 {
            eprintln!("{done} of {} seeds, {failed} failed, {:?}", arguments.seeds, start.elapsed());
        }
    });
    drop(std::panic::take_hook());
    tell(&sums, start.elapsed(), arguments.json);
    if let Some(seed) = sums.failures.keys().next() {
        report(*seed, size);
    }
    if sums.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Prints the sums of all seeds.
fn tell(sums: &Sums, took: Duration, json: bool) {
    let faults: u64 = sums.faults.values().sum();
    if json {
        let failures: Vec<_> = sums.failures.iter().map(|(seed, found)| (seed, found.id, &found.text)).collect();
        let line = serde_json::json!({
            "seeds": sums.seeds, "counting": sums.counting, "events": sums.events, "runs": sums.runs, "faults": sums.faults,
            "seconds": took.as_secs_f64(), "failures": failures,
        });
        return println!("{line}");
    }
    let Sums { seeds, counting, events, runs, .. } = sums;
    println!("{seeds} seeds in {took:.1?}; {counting} of them with 100 tasks, 10 workers, 10 faults, 1,000 events");
    println!("{events} events, {runs} runs, {faults} faults:");
    for (kind, count) in &sums.faults {
        println!("  {count:>9} {kind}");
    }
    println!("{} violations", sums.failures.len());
    for (seed, Found { id, text, .. }) in sums.failures.iter().take(MOST_FAILURES) {
        let text: String = text.chars().take(160).collect();
        println!("  seed {seed}: {id}: {text}");
    }
}

/// Failures that are listed at the most.
const MOST_FAILURES: usize = 20;

/// How long a failing seed is made smaller for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints all that is known of a seed's failure.
fn report(seed: u64, size: Size) {
    let plan = Plan::draw(seed, size);
    let Some(shrunk) = shrink(&plan, PATIENCE) else { return };
    let found = guarded(&plan).found.unwrap_or_else(|| shrunk.found.clone());
    println!("\nseed {seed} at {}: {found}", commit());
    let key = found.tasks.first().map(|task| task.index() as u32);
    tell_story(&plan, key);
    println!("\nmade smaller, in {} runs: {}", shrunk.runs, shrunk.found);
    shrunk.lines().iter().for_each(|line| println!("  {line}"));
    tell_story(&shrunk.plan, shrunk.found.tasks.first().map(|task| task.index() as u32));
    let (key, big) = (key.map_or("all".into(), |key| key.to_string()), if size == Size::Big { " --big" } else { "" });
    println!("again: cargo run --release -p partita-simulator -- --from {seed} --seeds 1 --trace {key}{big}");
}

/// The commit that is run, as far as it is known.
fn commit() -> String {
    let output = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let hash = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    hash.map(|hash| hash.trim().to_owned())
        .filter(|hash| !hash.is_empty())
        .unwrap_or_else(|| "an unknown commit".into())
}

/// Runs a plan and prints the story of a task.
fn tell_story(plan: &Plan, key: Option<u32>) {
    let mut story = Story::new(key);
    // A panic ends the story; what was heard before stays.
    drop(catch_unwind(AssertUnwindSafe(|| run(plan, Some(&mut story)))));
    print_story(&story);
}

fn print_story(story: &Story) {
    if story.skipped() > 0 {
        println!("({} lines before)", story.skipped());
    }
    story.lines().for_each(|line| println!("{line}"));
    println!("waits:");
    story.waits().iter().for_each(|line| println!("  {line}"));
}

/// Prints the story of a task in one seed.
fn trace(seed: u64, size: Size, key: &str) -> ExitCode {
    let mut story = Story::new(key.parse().ok());
    let outcome = run(&Plan::draw(seed, size), Some(&mut story));
    print_story(&story);
    match outcome.found {
        Some(found) => {
            println!("{found}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}
