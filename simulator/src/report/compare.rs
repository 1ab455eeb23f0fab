//! Several simulations side by side.

use super::{Report, Table, show_time};
use partita_protocol::bytes;
use std::fmt;

/// Several reports in one table; made by [`compare`].
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    table: Table,
}

/// Puts reports side by side, each under its label: the same graph on 10, 50 and 200 workers, or under two policies. Where
/// results failed, the table says so instead of a makespan.
///
/// ```
/// use partita_simulator::{Durations, Simulation, compare, families};
/// use std::time::Duration;
///
/// let durations = Durations::same(Duration::from_millis(50), "1 MiB");
/// let tree = Simulation::of(families::tree(256, 4)).durations(durations);
/// let (few, many) = (tree.clone().workers(4).run()?, tree.workers(64).run()?);
/// let comparison = compare(&[("4 workers", &few), ("64 workers", &many)]);
/// let lines: Vec<String> = comparison.to_string().lines().map(str::to_string).collect();
/// assert!(lines[0].ends_with("4 workers  64 workers") && lines[1].starts_with("makespan"));
/// assert!(comparison.markdown().contains("| makespan |"));
/// # Ok::<(), partita_simulator::SimulateError>(())
/// ```
pub fn compare<S: AsRef<str>>(reports: &[(S, &Report)]) -> Comparison {
    let head = std::iter::once(String::new()).chain(reports.iter().map(|(label, _)| label.as_ref().to_string()));
    let mut table = Table::new(head);
    let mut row = |name: &str, cell: &dyn Fn(&Report) -> String| {
        table.row(std::iter::once(name.to_string()).chain(reports.iter().map(|(_, report)| cell(report))));
    };
    row("makespan", &|report| if report.is_complete() { show_time(report.makespan) } else { "failed".into() });
    row("lower bound", &|report| show_time(report.bounds.lower()));
    row("ratio", &|report| if report.is_complete() { format!("{:.2}", report.ratio()) } else { "-".into() });
    row("utilisation", &|report| format!("{:.0} %", report.utilisation() * 100.0));
    row("peak memory", &|report| bytes::show(report.fullest().map_or(0, |worker| worker.peak.nbytes)));
    if reports.iter().any(|(_, report)| report.setting.memory_limit > 0) {
        row("over limit", &|report| {
            let limit = report.setting.memory_limit;
            report.workers.iter().filter(|worker| limit > 0 && worker.peak.nbytes > limit).count().to_string()
        });
    }
    row("moved", &|report| bytes::show(report.transfers.nbytes));
    row("transfers", &|report| super::thousands(report.transfers.count));
    if reports.iter().any(|(_, report)| report.recomputed() + report.counts.deaths + report.counts.erred > 0) {
        row("deaths", &|report| report.counts.deaths.to_string());
        row("recomputed", &|report| super::thousands(report.recomputed()));
        row("erred", &|report| super::thousands(report.counts.erred));
    }
    Comparison { table }
}

impl Comparison {
    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        self.table.markdown()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(f)
    }
}
