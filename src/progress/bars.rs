//! The bars of some work: how many tasks of each group there are and have ended, and the lines that show it.

use partita_graph::draw::clean;
use partita_profiler::aggregate::View;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many bars are shown; the rest are counted.
const MOST: usize = 16;

/// How wide a bar is, and the most that a name takes.
const WIDTH: usize = 32;
const NAME: usize = 24;

/// One group of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// How many tasks there are.
    pub total: u64,
    /// How many ended well.
    pub done: u64,
    /// How many failed.
    pub erred: u64,
}

impl Bar {
    /// Takes a newer count in. What ended stays so, and never is there more than there is to do.
    fn see(&mut self, done: u64, erred: u64) {
        self.erred = self.erred.max(erred).min(self.total - self.done.min(self.total));
        self.done = self.done.max(done).min(self.total - self.erred);
    }
}

/// The bars of some work, by group.
///
/// ```
/// use partita::progress::Bars;
///
/// let mut bars = Bars::new([("inc".into(), 4)], &Vec::new());
/// bars.ended("inc", 3, 1);
/// assert_eq!(bars.lines(false), ["inc [########################        ] 3/4, 1 failed"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bars {
    bars: BTreeMap<Arc<str>, Bar>,
    /// What had ended before the work began: well, and not.
    before: BTreeMap<Arc<str>, (u64, u64)>,
    /// Whether groups are shown that nobody expected: the work below is not known.
    open: bool,
    /// Groups that nobody expected.
    others: BTreeSet<Arc<str>>,
}

impl Bars {
    /// Bars of so many tasks of each group, beginning at what the profiler sees now.
    pub fn new(expected: impl IntoIterator<Item = (Arc<str>, u64)>, now: &View) -> Self {
        let mut bars: BTreeMap<Arc<str>, Bar> = BTreeMap::new();
        for (name, count) in expected {
            bars.entry(name).or_default().total += count;
        }
        let before = now.iter().map(|(name, group)| (name.clone(), (group.finished, group.erred))).collect();
        Bars { bars, before, open: false, others: BTreeSet::new() }
    }

    /// Also shows groups that are being computed and that nobody expected: what futures wait for is known to nobody
    /// but the scheduler.
    #[must_use]
    pub fn with_others(mut self) -> Self {
        self.open = true;
        self
    }

    /// Takes in what the profiler sees now.
    pub fn update(&mut self, now: &View) {
        for (name, group) in now {
            let (finished, erred) = self.before.get(name).copied().unwrap_or_default();
            let (done, erred) = (group.finished.saturating_sub(finished), group.erred.saturating_sub(erred));
            let other = self.others.contains(name);
            match self.bars.get_mut(name) {
                // Of their own group the futures know better: others may be of the same name.
                Some(_) if self.open && !other => {}
                Some(bar) => {
                    if other {
                        bar.total = bar.total.max(done + erred + group.pending());
                    }
                    bar.see(done, erred);
                }
                None if self.open && group.pending() > 0 => {
                    let mut bar = Bar { total: done + erred + group.pending(), ..Bar::default() };
                    bar.see(done, erred);
                    self.bars.insert(name.clone(), bar);
                    self.others.insert(name.clone());
                }
                None => {}
            }
        }
    }

    /// Takes in what the futures of a group tell themselves.
    pub fn ended(&mut self, name: &str, done: u64, erred: u64) {
        if let Some(bar) = self.bars.get_mut(name) {
            bar.see(done, erred);
        }
    }

    /// All of it ended; if `well`, whatever was not seen to end did so too.
    pub fn finish(&mut self, well: bool) {
        if well {
            self.bars.values_mut().for_each(|bar| bar.done = bar.total - bar.erred);
        }
    }

    /// The bar of a group.
    pub fn get(&self, name: &str) -> Option<&Bar> {
        self.bars.get(name)
    }

    /// The lines that show it, one a group; failures in red if there are `colours`.
    pub fn lines(&self, colours: bool) -> Vec<String> {
        let shown: Vec<(String, &Bar)> = self.bars.iter().take(MOST).map(|(name, bar)| (short(name), bar)).collect();
        let wide = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let mut lines: Vec<String> = shown.iter().map(|(name, bar)| line(name, bar, wide, colours)).collect();
        if self.bars.len() > MOST {
            lines.push(format!("and {} more groups", self.bars.len() - MOST));
        }
        lines
    }
}

/// A name as a terminal may have it: on one line, without its sequences, and not too long.
fn short(name: &str) -> String {
    let name = clean(name);
    match name.chars().count() > NAME {
        true => name.chars().take(NAME - 1).chain(['…']).collect(),
        false => name,
    }
}

fn line(name: &str, bar: &Bar, wide: usize, colours: bool) -> String {
    let full = (WIDTH as u64 * bar.done).checked_div(bar.total).unwrap_or(WIDTH as u64) as usize;
    let failed = match (bar.erred, colours) {
        (0, _) => String::new(),
        (erred, true) => format!(", \u{1b}[31m{erred} failed\u{1b}[0m"),
        (erred, false) => format!(", {erred} failed"),
    };
    format!("{name:wide$} [{:WIDTH$}] {}/{}{failed}", "#".repeat(full), bar.done, bar.total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_profiler::Aggregates;
    use partita_protocol::telemetry::{Batch, Record, State};
    use partita_protocol::{PrefixId, TaskId, Time};

    /// A profiler that has seen tasks of the group `inc` go from one state to the other.
    struct Seen(Aggregates);

    impl Seen {
        fn new() -> Self {
            let mut aggregates = Aggregates::default();
            let records = vec![Record::Prefix { prefix: PrefixId(0), name: "inc".into() }];
            aggregates.add(&Batch { records, dropped: 0 });
            Seen(aggregates)
        }

        fn go(mut self, count: u32, from: State, to: State) -> Self {
            let (time, prefix) = (Time(0), PrefixId(0));
            let step = |task| Record::Transition { time, task: TaskId::new(task, 0), prefix, from, to };
            self.0.add(&Batch { records: (0..count).map(step).collect(), dropped: 0 });
            self
        }

        fn view(&self) -> View {
            self.0.view()
        }
    }

    fn bar(total: u64, done: u64, erred: u64) -> Bar {
        Bar { total, done, erred }
    }

    #[test]
    fn only_what_ends_after_the_beginning_counts_and_never_more_than_there_is() {
        let seen = Seen::new().go(5, State::Processing, State::Memory);
        let mut bars = Bars::new([("inc".into(), 3)], &seen.view());
        bars.update(&seen.view());
        assert_eq!(bars.get("inc"), Some(&bar(3, 0, 0)));
        let seen = seen.go(2, State::Processing, State::Memory);
        bars.update(&seen.view());
        assert_eq!(bars.get("inc"), Some(&bar(3, 2, 0)));
        let seen = seen.go(9, State::Processing, State::Memory).go(9, State::Processing, State::Erred);
        bars.update(&seen.view());
        assert_eq!(bars.get("inc"), Some(&bar(3, 2, 1)), "others computed tasks of the same name");
        bars.update(&Vec::new());
        bars.update(&Seen::new().view());
        assert_eq!(bars.get("inc"), Some(&bar(3, 2, 1)), "it never goes back");
    }

    #[test]
    fn futures_know_their_own_group_and_the_profiler_those_below() {
        let seen = Seen::new().go(4, State::Released, State::Waiting);
        let mut bars = Bars::new([("sum".into(), 1)], &seen.view()).with_others();
        let seen = seen.go(1, State::Waiting, State::Memory);
        bars.update(&seen.view());
        assert_eq!((bars.get("inc"), bars.get("sum")), (Some(&bar(4, 1, 0)), Some(&bar(1, 0, 0))));
        let seen = seen.go(2, State::Waiting, State::Memory).go(3, State::Released, State::Waiting);
        bars.update(&seen.view());
        assert_eq!(bars.get("inc"), Some(&bar(7, 3, 0)), "more of them came");
        bars.finish(true);
        assert_eq!(bars.lines(false)[0], format!("inc [{}] 7/7", "#".repeat(32)));
        let idle = Seen::new().go(9, State::Processing, State::Memory);
        let mut bars = Bars::new([("sum".into(), 1)], &Vec::new()).with_others();
        bars.update(&idle.view());
        assert_eq!(bars.get("inc"), None, "nothing of it is under way");
    }

    #[test]
    fn failures_are_red_and_a_failed_run_is_not_filled_up() {
        let mut bars =
            Bars::new([("bad".into(), 2), ("a_name_that_is_longer_than_it_should_be".into(), 1)], &Vec::new());
        bars.ended("bad", 0, 1);
        bars.ended("nobody", 5, 5);
        bars.finish(false);
        let lines = bars.lines(true);
        assert!(lines[0].starts_with("a_name_that_is_longer_t… ["), "{lines:?}");
        assert!(lines[1].ends_with("0/2, \u{1b}[31m1 failed\u{1b}[0m"), "{lines:?}");
    }

    #[test]
    fn many_groups_are_cut_and_none_is_empty() {
        let bars = Bars::new((0..40).map(|n| (format!("g{n}").into(), 1)), &Vec::new());
        assert_eq!(bars.lines(false).len(), MOST + 1);
        assert_eq!(bars.lines(false)[MOST], "and 24 more groups");
        assert!(Bars::default().lines(true).is_empty());
    }
}
