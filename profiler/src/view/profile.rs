//! The profile of a run as a tree: the time of executions by file, line of user code and group.

use super::range::{Range, group_name};
use crate::run::{Line, OTHERS, Run};
use partita_protocol::PrefixId;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A box of the flame graph: its time is that of its children together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// What it stands for.
    pub name: Arc<str>,
    /// `run`, `file`, `line` or `group`.
    pub kind: &'static str,
    /// Nanoseconds of executions within the range.
    pub time: u64,
    /// Executions that ran in the range.
    pub count: u64,
    /// What it is made of, the most time first.
    pub children: Vec<Frame>,
}

impl Frame {
    fn of(name: Arc<str>, kind: &'static str, mut children: Vec<Frame>) -> Frame {
        children.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.name.cmp(&b.name)));
        let (time, count) =
            children.iter().fold((0, 0), |(time, count), child| (time + child.time, count + child.count));
        Frame { name, kind, time, count, children }
    }
}

/// Time and executions by group, and those by line.
type Groups = BTreeMap<PrefixId, (u64, u64)>;
type FileLines = BTreeMap<u32, Groups>;

/// The time of executions in a range by file, line and group. Of more than `most` pairs of a line and a group, those with
/// the least time are counted as others of their line.
pub fn profile(run: &Run, range: Range, most: usize) -> Frame {
    let mut leaves: BTreeMap<(Option<&Line>, PrefixId), (u64, u64)> = BTreeMap::new();
    for execution in run.executions().within(range.from, range.to) {
        let leaf = leaves.entry((run.names().line_of(execution.task), execution.prefix)).or_default();
        leaf.0 += range.share(execution);
        leaf.1 += 1;
    }
    let mut files: BTreeMap<Option<Arc<str>>, FileLines> = BTreeMap::new();
    for ((line, prefix), (time, count)) in few(leaves, most) {
        let lines = files.entry(line.map(|line| line.file.clone())).or_default();
        lines.entry(line.map_or(0, |line| line.line)).or_default().insert(prefix, (time, count));
    }
    let file = |(file, lines): (Option<Arc<str>>, FileLines)| {
        let name = file.unwrap_or_else(|| "(other lines)".into());
        let base = name.rsplit(['/', '\\']).next().unwrap_or_default().to_string();
        let line = |(line, groups): (u32, Groups)| {
            let leaf = |(prefix, (time, count))| Frame {
                name: group_name(run, prefix),
                kind: "group",
                time,
                count,
                children: Vec::new(),
            };
            let name = if line == 0 { base.clone() } else { format!("{base}:{line}") };
            Frame::of(name.into(), "line", groups.into_iter().map(leaf).collect())
        };
        Frame::of(name.clone(), "file", lines.into_iter().map(line).collect())
    };
    Frame::of("all".into(), "run", files.into_iter().map(file).collect())
}

type Leaves<'a> = BTreeMap<(Option<&'a Line>, PrefixId), (u64, u64)>;

/// The leaves with the most time. The others are added up by line, or all together if there are too many lines.
fn few(leaves: Leaves, most: usize) -> Leaves {
    let mut ranked: Vec<_> = leaves.into_iter().collect();
    ranked.sort_by_key(|(key, (time, _))| (std::cmp::Reverse(*time), *key));
    let rest = ranked.split_off(most.min(ranked.len()));
    let lines = rest.iter().map(|((line, _), _)| *line).collect::<std::collections::BTreeSet<_>>().len();
    let mut few: Leaves = ranked.into_iter().collect();
    for ((line, _), (time, count)) in rest {
        let other = few.entry((line.filter(|_| lines <= most), OTHERS)).or_default();
        other.0 += time;
        other.1 += count;
    }
    few
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{Script, runs};
    use partita_protocol::Time;
    use proptest::prelude::*;

    fn leaves(frame: &Frame) -> u64 {
        if frame.kind == "group" { frame.time } else { frame.children.iter().map(leaves).sum() }
    }

    #[test]
    fn time_is_told_by_file_line_and_group_for_any_range() {
        let mut script = Script::new(1);
        let tasks = [script.at_line("src/a.rs", 3, "inc"), script.at_line("src/a.rs", 9, "dec")];
        script.ran_at(tasks[0], 0, (0, 100), true);
        script.ran_at(tasks[1], 0, (100, 140), true);
        let run = script.run();
        let whole = profile(&run, Range::of(&run), 100);
        assert_eq!((&*whole.name, whole.kind, whole.time, whole.count), ("all", "run", 140, 2));
        let file = &whole.children[0];
        assert_eq!((&*file.name, file.kind, file.time), ("src/a.rs", "file", 140));
        let lines: Vec<_> =
            file.children.iter().map(|line| (&*line.name, &*line.children[0].name, line.time)).collect();
        assert_eq!(lines, [("a.rs:3", "inc", 100), ("a.rs:9", "dec", 40)]);
        let cut = profile(&run, Range { from: Time(90), to: Time(110) }, 100);
        assert_eq!(cut.children[0].children.iter().map(|line| line.time).collect::<Vec<_>>(), [10, 10]);
    }

    proptest! {
        /// At any range and with any bound, the boxes add up to the executions.
        #[test]
        fn boxes_add_up_to_the_records(run in runs(), most in 0usize..6, cut in (0u64..1_200, 0u64..1_200)) {
            let range = Range { from: Time(cut.0.min(cut.1)), to: Time(cut.0.max(cut.1)) };
            for range in [Range::of(&run), range] {
                let frame = profile(&run, range, most);
                let executions: Vec<_> = run.executions().within(range.from, range.to).collect();
                let time: u64 = executions.iter().map(|execution| range.share(execution)).sum();
                prop_assert_eq!((frame.time, leaves(&frame)), (time, time));
                prop_assert_eq!(frame.count, executions.len() as u64);
            }
        }
    }
}
