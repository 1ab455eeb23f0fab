//! The hunt for planted bugs as a command.

use super::hunt::{Hunt, hunt_all};
use super::table::table;
use partita_protocol::planted::Bug;
use std::time::Instant;

/// Looks for every bug, or for those of these names or numbers, by so many seeds at the most, and gives the table. False
/// if one was not found.
pub fn command(names: &[String], seeds: u64, jobs: usize) -> (String, bool) {
    let is_named = |bug: &Bug| {
        let is = |name: &String| *name == format!("{bug:?}") || *name == bug.regression();
        names.is_empty() || names.iter().any(is)
    };
    let bugs: Vec<Bug> = Bug::ALL.iter().copied().filter(is_named).collect();
    let start = Instant::now();
    let hook = std::panic::take_hook();
    // A panic is a failure of its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let hunts = hunt_all(&bugs, 0..seeds, jobs, |hunt| eprintln!("{}, {:?}", line(hunt), start.elapsed()));
    std::panic::set_hook(hook);
    let are_found = hunts.iter().all(|hunt| hunt.found.is_some());
    (table(&hunts), are_found && !bugs.is_empty())
}

fn line(hunt: &Hunt) -> String {
    let how = hunt.found.as_ref().map_or("not found", |found| found.id);
    format!("{} {:?}: {} seeds, {how}", hunt.bug.regression(), hunt.bug, hunt.seeds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::{Outcome, Plan, Size, guarded};
    use partita_protocol::planted::plant;
    fn sail(seed: u64, size: Size) -> Outcome {
        let mut plan = Plan::draw(seed, size);
        plan.settings.validate = std::env::var("VALIDATE").is_ok();
        guarded(&plan)
    }
    #[test]
    #[ignore]
    fn tmp() {
        let names: Vec<String> = std::env::var("BUGS").unwrap_or_default().split_whitespace().map(String::from).collect();
        let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(50);
        let is_named = |bug: &Bug| names.is_empty() || names.contains(&format!("{bug:?}"));
        std::panic::set_hook(Box::new(|_| {}));
        let begin = Instant::now();
        let mut clean = Vec::new();
        let mut bad = 0;
        for seed in 0..seeds {
            match sail(seed, Size::Any).found {
                Some(found) => { bad += 1; if names.first().is_some_and(|n| n == "none") { println!("{seed} {found}"); } }
                None => clean.push(seed),
            }
        }
        println!("clean {} bad {bad} {:?}", clean.len(), begin.elapsed());
        for bug in Bug::ALL.iter().filter(|bug| is_named(bug)) {
            let _guard = plant(*bug);
            let start = Instant::now();
            let mut ids: std::collections::BTreeMap<String, (usize, u64)> = Default::default();
            let mut count = 0;
            for seed in &clean {
                if let Some(found) = sail(*seed, Size::Any).found {
                    count += 1;
                    ids.entry(format!("{} {}", found.id, found.text.chars().take(150).map(|c| if c.is_ascii_digit() {'0'} else {c}).collect::<String>())).or_insert((0, *seed)).0 += 1;
                }
            }
            println!("{:4} {:18} {}/{} {:?}", bug.regression(), format!("{bug:?}"), count, clean.len(), start.elapsed());
            let mut ids: Vec<_> = ids.into_iter().collect();
            ids.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
            for (id, (n, seed)) in ids.iter().take(3) { println!("       {n} (seed {seed}) {id}"); }
        }
    }
}
