//! Simulates a large graph on a large cluster and prints what that took.
//!
//! ```text
//! cargo run --release -p partita-simulator --example large [stencil|layers|shuffle|fan] [--workers N] [--threads N] [--tasks N]
//!     [--pictures FOLDER]
//! ```

use partita_simulator::{Cost, Durations, Simulation, Universe, families};
use std::time::{Duration, Instant};

/// The number that follows an option.
fn number(name: &str, otherwise: usize) -> usize {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1).and_then(|text| text.replace('_', "").parse().ok()).unwrap_or(otherwise)
}

fn universe(family: &str, tasks: usize) -> Universe {
    let side = |share: usize| ((tasks / share) as f64).sqrt() as usize;
    match family {
        "fan" => families::fan(tasks),
        "tree" => families::tree(tasks * 7 / 8, 8),
        "chains" => families::chains(tasks / 100, 100),
        "shuffle" => families::shuffle(side(1)),
        "random" => families::random_dag(1, tasks, 3, 10_000),
        _ => families::stencil(side(1), side(1)),
    }
}

fn main() {
    let family = std::env::args().nth(1).unwrap_or_default();
    let (workers, tasks) = (number("--workers", 1_000), number("--tasks", 1_000_000));
    let began = Instant::now();
    let universe = universe(&family, tasks);
    println!("{} tasks made in {:.2?}", universe.len(), began.elapsed());
    let simulation = Simulation::of(universe)
        .workers(workers)
        .threads(number("--threads", 4))
        .memory("16GiB")
        .durations(Durations::new().otherwise(Cost::new(Duration::from_millis(500), "4 MiB").log_normal(0.5)));
    match simulation.run() {
        Ok(report) => {
            println!("{report}");
            if let Some(folder) = std::env::args().skip_while(|arg| arg != "--pictures").nth(1) {
                let folder = std::path::Path::new(&folder);
                for result in [
                    report.save_task_stream(folder.join("stream.svg")),
                    report.save_memory_curves(folder.join("memory.svg")),
                ] {
                    result.unwrap_or_else(|error| println!("error: {error}"));
                }
            }
        }
        Err(error) => println!("error: {error}"),
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not told");
    println!("all in {:.2?}; {peak}", began.elapsed());
}
