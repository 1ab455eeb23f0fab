//! A report as a page of text.

use super::{Peak, Report, show_time, thousands};
use partita_protocol::bytes;
use std::fmt;

/// Groups that are shown of a list.
const SHOWN: usize = 8;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setting = &self.setting;
        writeln!(
            f,
            "{} tasks, {} dependencies, on {} workers with {} threads each, seed {}",
            thousands(setting.tasks as u64),
            thousands(setting.edges as u64),
            thousands(setting.workers as u64),
            setting.threads,
            setting.seed
        )?;
        self.times(f)?;
        writeln!(
            f,
            "  threads        {:.1} % busy; {} of work, {} idle",
            self.utilisation() * 100.0,
            show_time(self.busy()),
            show_time(self.idle())
        )?;
        writeln!(
            f,
            "  moved          {} in {} transfers of {} values",
            bytes::show(self.transfers.nbytes),
            thousands(self.transfers.count),
            thousands(self.transfers.values)
        )?;
        self.memory(f)?;
        self.trouble(f)?;
        self.table(f)?;
        writeln!(f, "  simulated {} events in {}", thousands(self.events), show_time(self.wall))
    }
}

impl Report {
    /// The makespan and its bound; if results failed, that and when it was known of the last.
    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (makespan, lower) = (show_time(self.makespan), show_time(self.bounds.lower()));
        let (path, work) = (show_time(self.bounds.critical_path), show_time(self.bounds.work));
        if !self.is_complete() {
            let erred = thousands(self.counts.erred);
            writeln!(f, "  makespan       failed: {erred} of the results will not come; it ended after {makespan}")?;
            return writeln!(f, "  lower bound    {lower} (critical path {path}, work / threads {work})");
        }
        writeln!(f, "  makespan       {makespan}")?;
        let ratio = self.ratio();
        writeln!(
            f,
            "  lower bound    {lower} (critical path {path}, work / threads {work}): the makespan is {ratio:.2} times as long"
        )
    }

    fn memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(fullest) = self.fullest() else { return Ok(()) };
        let Peak { nbytes, at, spilled, held } = &fullest.peak;
        let limit = self.setting.memory_limit;
        let of_limit = match limit {
            0 => String::new(),
            limit => format!(" of {}", bytes::show(limit)),
        };
        write!(f, "  peak memory    {}{of_limit} on {} after {}", bytes::show(*nbytes), fullest.name, show_time(*at))?;
        writeln!(
            f,
            "{}",
            if *spilled > 0 { format!(", {} of it on disk", bytes::show(*spilled)) } else { String::new() }
        )?;
        if limit > 0 {
            let over = self.workers.iter().filter(|worker| worker.peak.nbytes > limit).count();
            if over > 0 {
                writeln!(f, "                 {} of {} workers went over their limit", over, self.workers.len())?;
            }
        }
        for held in held.iter().take(SHOWN) {
            let count = thousands(held.count);
            writeln!(f, "                 {:>12}  {count} × {}", bytes::show(held.nbytes), held.group)?;
        }
        Ok(())
    }

    fn trouble(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.deaths > 0 {
            writeln!(
                f,
                "  deaths         {} of workers, {} runs lost",
                self.counts.deaths,
                thousands(self.counts.lost)
            )?;
        }
        for again in self.again.iter().take(SHOWN) {
            let like = again.examples.join(", ");
            writeln!(f, "  recomputed     {} × {}: {} ({like})", thousands(again.count), again.group, again.reason)?;
        }
        if self.counts.erred > 0 {
            writeln!(f, "  failed         {} results", thousands(self.counts.erred))?;
        }
        for failed in &self.failed {
            writeln!(f, "                 {}: {}, {}", failed.task, failed.blame, failed.cause)?;
        }
        if !self.assumed.is_empty() {
            let names: Vec<&str> = self.assumed.iter().take(SHOWN).map(String::as_str).collect();
            let more = self.assumed.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(f, "  assumed        the cost of {}{more}: it is that of `otherwise`", names.join(", "))?;
        }
        Ok(())
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = super::Table::new(["  group", "tasks", "runs", "time", "average", "results"]);
        for group in self.groups.iter().take(SHOWN) {
            let average = group.busy.as_secs_f64() / group.runs.max(1) as f64;
            table.row([
                format!("  {}", group.name),
                thousands(group.tasks),
                thousands(group.runs),
                show_time(group.busy),
                show_time(std::time::Duration::from_secs_f64(average)),
                bytes::show(group.nbytes),
            ]);
        }
        write!(f, "{table}")?;
        match self.groups.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more groups"),
        }
    }
}
