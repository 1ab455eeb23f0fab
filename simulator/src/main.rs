//! Runs seeds of the random swarm and tells what they find.

use clap::Parser;
use partita_simulator::story::Story;
use partita_simulator::swarm::{Fleet, Found, Plan, Size, Sums, run};
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
    /// Only large worlds: 100 tasks, 10 workers, 10 faults and 1,000 events at the least.
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
    #[cfg(feature = "planted")]
    #[command(subcommand)]
    other: Option<Other>,
}

/// What there is beside running seeds.
#[cfg(feature = "planted")]
#[derive(Debug, clap::Subcommand)]
enum Other {
    /// Plant bugs into the machines, one at a time, and tell how many seeds it takes to find each.
    Planted {
        /// Which bugs, by name or number; all if none is named.
        bugs: Vec<String>,
        /// How many seeds to run for each at the most, from 0.
        #[arg(long, default_value_t = 2000)]
        seeds: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "planted")]
    if let Some(Other::Planted { bugs, seeds }) = &arguments.other {
        let jobs = arguments.jobs.unwrap_or_else(cores);
        let (table, are_found) = partita_simulator::planted::command(bugs, *seeds, jobs);
        print!("{table}");
        return if are_found { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let size = if arguments.big { Size::Big } else { Size::Any };
    if let Some(key) = &arguments.trace {
        return trace(arguments.from, size, key);
    }
    let jobs = arguments.jobs.unwrap_or_else(cores);
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let fleet = Fleet { seeds, size, jobs, stop_on_first: arguments.stop_on_first };
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

/// Prints all that is known of a seed's failure.
fn report(seed: u64, size: Size) {
    let plan = Plan::draw(seed, size);
    let Some(found) = run(&plan, None).found else { return };
    let key = found.tasks.first().map(|task| task.index() as u32);
    let mut story = Story::new(key);
    run(&plan, Some(&mut story));
    println!("\nseed {seed}: {found}");
    print_story(&story);
    let (key, big) = (key.map_or("all".into(), |key| key.to_string()), if size == Size::Big { " --big" } else { "" });
    println!("again: cargo run --release -p partita-simulator -- --from {seed} --seeds 1 --trace {key}{big}");
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
