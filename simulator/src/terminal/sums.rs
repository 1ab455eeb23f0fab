//! The sums of all seeds.

use partita_simulator::swarm::{Found, Sums};
use std::io::{self, Write};
use std::time::Duration;

/// Failures that are listed at the most.
const MOST_FAILURES: usize = 20;

/// Prints the sums of all seeds.
pub(crate) fn tell(page: &mut dyn Write, sums: &Sums, took: Duration, json: bool) -> io::Result<()> {
    let faults: u64 = sums.faults.values().sum();
    if json {
        let failures: Vec<_> = sums.failures.iter().map(|(seed, found)| (seed, found.id, &found.text)).collect();
        let line = serde_json::json!({
            "seeds": sums.seeds, "counting": sums.counting, "events": sums.events, "runs": sums.runs, "faults": sums.faults,
            "seconds": took.as_secs_f64(), "failures": failures,
        });
        return writeln!(page, "{line}");
    }
    let Sums { seeds, counting, events, runs, .. } = sums;
    writeln!(
        page,
        "{seeds} seeds in {took:.1?}; {counting} of them with 100 tasks, 10 workers, 10 faults, 1,000 events"
    )?;
    writeln!(page, "{events} events, {runs} runs, {faults} faults:")?;
    for (kind, count) in &sums.faults {
        writeln!(page, "  {count:>9} {kind}")?;
    }
    writeln!(page, "{} violations", sums.failures.len())?;
    for (seed, Found { id, text, .. }) in sums.failures.iter().take(MOST_FAILURES) {
        let text: String = text.chars().take(160).collect();
        writeln!(page, "  seed {seed}: {id}: {text}")?;
    }
    Ok(())
}
