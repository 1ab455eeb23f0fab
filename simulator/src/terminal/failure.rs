//! The failure of a seed, with all that is known of it.

use super::page::print_story;
use partita_simulator::shrink::shrink;
use partita_simulator::story::Story;
use partita_simulator::swarm::{Found, Outcome, Plan, Size, guarded, run};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long a failing seed is made smaller for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A seed that is to be told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure<'a> {
    /// Which.
    pub(crate) seed: u64,
    /// How large it is.
    pub(crate) size: Size,
    /// At which commit.
    pub(crate) commit: &'a str,
}

impl Failure<'_> {
    /// Prints all that is known: always the seed, the commit, what was found broken and the line that runs it again; if it
    /// fails when it is run once more, its story and a smaller plan that fails too.
    pub(crate) fn tell(&self, page: &mut dyn Write, found: &Found) -> io::Result<()> {
        let plan = Plan::draw(self.seed, self.size);
        let again = guarded(&plan).found;
        let Failure { seed, commit, .. } = self;
        writeln!(page, "\nseed {seed} at {commit}: {found}")?;
        let Some(again) = again else {
            // One that does not do the same twice is found by running it twice, which is done without a trace only.
            writeln!(page, "again: {}", self.line(""))?;
            return writeln!(page, "run once more, nothing is broken: it has no story, and cannot be made smaller");
        };
        if again != *found {
            writeln!(page, "run once more: {again}")?;
        }
        let key = key(&again);
        writeln!(
            page,
            "again: {}",
            self.line(&format!(" --trace {}", key.map_or("all".into(), |key| key.to_string())))
        )?;
        tell_story(page, &plan, key).1?;
        let Some(shrunk) = shrink(&plan, PATIENCE) else {
            return writeln!(page, "run once more, nothing is broken: it cannot be made smaller");
        };
        writeln!(page, "\nmade smaller, in {} runs: {}", shrunk.runs, shrunk.found)?;
        shrunk.lines().iter().try_for_each(|line| writeln!(page, "  {line}"))?;
        tell_story(page, &shrunk.plan, self::key(&shrunk.found)).1
    }

    /// The line that runs the seed again.
    fn line(&self, trace: &str) -> String {
        let big = if self.size == Size::Big { " --big" } else { "" };
        format!("cargo run --release -p partita-simulator -- --from {} --seeds 1{trace}{big}", self.seed)
    }
}

/// The task that a failure is about, if it is about one.
fn key(found: &Found) -> Option<u32> {
    found.tasks.first().map(|task| task.index() as u32)
}

/// Runs a plan and prints the story of a task, or of all. `None` if it panicked: what was heard before is printed.
pub(crate) fn tell_story(page: &mut dyn Write, plan: &Plan, key: Option<u32>) -> (Option<Outcome>, io::Result<()>) {
    let mut story = Story::new(key);
    let outcome = catch_unwind(AssertUnwindSafe(|| run(plan, Some(&mut story)))).ok();
    (outcome, print_story(page, &story))
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::Time;
    use partita_simulator::swarm::Phase;

    #[test]
    fn what_does_not_fail_again_is_told_too() {
        let text = "the hash of all that happened is 1, then 2".to_string();
        let (tasks, workers, phase) = (Vec::new(), Vec::new(), Phase::Drain);
        let found = Found { id: "X7", text, tasks, workers, at: Time::ZERO, phase };
        let mut page = Vec::new();
        Failure { seed: 100, size: Size::Any, commit: "0123abc-dirty" }.tell(&mut page, &found).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("seed 100 at 0123abc-dirty: X7 is broken"), "{page}");
        assert!(page.contains("is 1, then 2"), "{page}");
        assert!(page.contains("again: cargo run --release -p partita-simulator -- --from 100 --seeds 1\n"), "{page}");
    }
}
