//! The lines of user code whose tasks ran, and the time that each took.

use super::range::group_name;
use crate::run::{Line, Run};
use partita_protocol::{PrefixId, Time};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A line of user code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeLine {
    /// Its file; none for tasks that are no longer kept.
    pub file: Option<Arc<str>>,
    /// The number of the line, from 1.
    pub line: u32,
    /// What the line says; none unless whoever shows it has read the file.
    pub text: Option<String>,
    /// The groups of its tasks that ran.
    pub groups: Vec<Arc<str>>,
    /// Executions of its tasks, of those that are kept.
    pub executions: u64,
    /// Of those, how many failed.
    pub failures: u64,
    /// Time that they took, in nanoseconds.
    pub time: u64,
    /// Bytes of their results.
    pub nbytes: u64,
}

#[derive(Default)]
struct Sum {
    groups: BTreeSet<PrefixId>,
    line: CodeLine,
}

/// The lines of user code whose tasks ran, those that took most time first, so many at the most. At a past moment: of the
/// executions that had ended by the end of the stretch of time that the moment is in.
pub fn code(run: &Run, at: Option<Time>, most: usize) -> Vec<CodeLine> {
    let mut lines: BTreeMap<Option<&Line>, Sum> = BTreeMap::new();
    for execution in run.executions().ended_by(run.until(at)) {
        let sum = lines.entry(run.names().line_of(execution.task)).or_default();
        sum.groups.insert(execution.prefix);
        sum.line.executions += 1;
        sum.line.failures += u64::from(!execution.ok);
        sum.line.time += super::range::nanos(execution.duration());
        sum.line.nbytes += if execution.ok { execution.nbytes } else { 0 };
    }
    let finish = |(line, sum): (Option<&Line>, Sum)| CodeLine {
        file: line.map(|line| line.file.clone()),
        line: line.map_or(0, |line| line.line),
        groups: sum.groups.iter().take(20).map(|prefix| group_name(run, *prefix)).collect(),
        ..sum.line
    };
    let mut lines: Vec<CodeLine> = lines.into_iter().map(finish).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.time));
    lines.truncate(most);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;

    #[test]
    fn lines_of_code_have_the_time_of_their_tasks() {
        let mut script = Script::new(1);
        let tasks =
            [script.at_line("a.rs", 3, "inc"), script.at_line("a.rs", 3, "dec"), script.at_line("b.rs", 9, "inc")];
        script.ran_at(tasks[0], 0, (0, 10), true);
        script.ran_at(tasks[1], 0, (10, 15), false);
        script.ran_at(tasks[2], 0, (15, 45), true);
        let run = script.run();
        let row = |line: &CodeLine| (line.file.clone().unwrap(), line.line, line.time, line.executions, line.failures);
        let rows: Vec<_> = code(&run, None, 10).iter().map(row).collect();
        assert_eq!(rows, [("b.rs".into(), 9, 30, 1, 0), ("a.rs".into(), 3, 15, 2, 1)]);
        assert_eq!(code(&run, None, 10)[1].groups.iter().map(|name| &**name).collect::<Vec<_>>(), ["inc", "dec"]);
        assert_eq!(code(&run, None, 1).len(), 1);
    }
}
