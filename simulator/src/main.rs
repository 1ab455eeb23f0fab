//! Runs seeds of the random swarm and tells what they find.

mod terminal;

use clap::Parser;
use partita_simulator::swarm::{Fleet, Plan, Size, Sums};
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Instant;
use terminal::{Arguments, Failure, Other, Traced, end, tell, tell_story};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let size = if arguments.big { Size::Big } else { Size::Any };
    match (&arguments.other, arguments.trace) {
        (Some(other), _) => run_other(other, arguments.threads()),
        (None, Some(traced)) => trace(arguments.from, size, traced),
        (None, None) => run_seeds(&arguments, size),
    }
}

/// Runs something else than seeds.
fn run_other(other: &Other, jobs: usize) -> ExitCode {
    let (text, is_well) = match other {
        Other::Cells { seeds } => {
            let fleet =
                Fleet { seeds: 1..seeds.saturating_add(1), size: Size::Any, jobs, stop_on_first: false, cells: true };
            let Sums { cells, failures, .. } = fleet.run(|_, _| {});
            let mut text = cells.to_string();
            failures.iter().for_each(|(seed, found)| text.push_str(&format!("seed {seed}: {found}\n")));
            (text, cells.missing().is_empty() && cells.unknown().is_empty() && failures.is_empty())
        }
        Other::Explore { keys, depth } => partita_simulator::explore::command(*keys, *depth, jobs),
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
    end(is_well, writeln!(stdout().lock(), "{}", text.trim_end()))
}

/// Runs seeds, prints their sums, and tells all of the first that fails.
fn run_seeds(arguments: &Arguments, size: Size) -> ExitCode {
    let commit = terminal::commit();
    let Arguments { seeds, from, stop_on_first, .. } = *arguments;
    let range = from..from.saturating_add(seeds);
    let fleet = Fleet { seeds: range, size, jobs: arguments.threads(), stop_on_first, cells: false };
    let start = Instant::now();
    // A panic is reported as a failure of its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let sums = fleet.run(|done, failed| {
        if done % 1000 == 0 {
            eprintln!("{done} of {seeds} seeds, {failed} failed, {:?}", start.elapsed());
        }
    });
    drop(std::panic::take_hook());
    let page = &mut stdout().lock();
    let mut told = tell(page, &sums, start.elapsed(), arguments.json);
    if let (Some((seed, found)), Ok(())) = (sums.failures.first_key_value(), &told) {
        told = Failure { seed: *seed, size, commit: &commit }.tell(page, found);
    }
    end(sums.failures.is_empty(), told)
}

/// Prints the story of a task in one seed.
fn trace(seed: u64, size: Size, traced: Traced) -> ExitCode {
    let plan = Plan::draw(seed, size);
    let tasks = plan.universe.len();
    if let Some(number) = traced.task().filter(|number| *number as usize >= tasks) {
        Arguments::refuse(format!("`--trace {number}`: seed {seed} has {tasks} tasks, with the numbers from 0"));
    }
    let page = &mut stdout().lock();
    let (outcome, told) = tell_story(page, &plan, traced.task());
    let found = outcome
        .as_ref()
        .map_or(Some("S24 is broken: a panic".into()), |outcome| Some(outcome.found.as_ref()?.to_string()));
    let told = told.and_then(|()| found.iter().try_for_each(|found| writeln!(page, "{found}")));
    end(found.is_none(), told)
}
