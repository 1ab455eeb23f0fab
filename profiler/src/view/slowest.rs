//! The executions that took longest.

use super::ran::Ran;
use super::range::Range;
use crate::run::{Execution, Run};

/// The executions in a range that took longest, so many at the most, the longest first.
pub fn slowest(run: &Run, range: Range, most: usize) -> Vec<Ran> {
    let mut all: Vec<&Execution> = run.executions().within(range.from, range.to).collect();
    let order = |execution: &&Execution| (std::cmp::Reverse(execution.duration()), execution.started, execution.task);
    if all.len() > most && most > 0 {
        all.select_nth_unstable_by_key(most, order);
    }
    all.truncate(most);
    all.sort_unstable_by_key(order);
    all.into_iter().map(|execution| Ran::of(run, execution)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::range::nanos;
    use crate::view::testing::{Script, runs};
    use proptest::prelude::*;

    #[test]
    fn slow_tasks_have_their_key_and_line() {
        let mut script = Script::new(1);
        let task = script.at_line("a.rs", 3, "inc");
        script.ran_at(task, 0, (5, 25), true);
        script.ran("dec", 0, (25, 30), false);
        let run = script.run();
        let rows = slowest(&run, Range::of(&run), 1);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].time, rows[0].started, &*rows[0].group, rows[0].ok), (20, 0, "inc", true));
        assert_eq!(rows[0].line.as_deref(), Some("a.rs:3"));
        assert_eq!(rows[0].key, run.names().key(task).unwrap().to_string());
    }

    proptest! {
        #[test]
        fn they_are_the_longest_of_all(run in runs(), most in 0usize..40) {
            let mut times: Vec<u64> = run.executions().kept().map(|execution| nanos(execution.duration())).collect();
            times.sort_unstable_by_key(|&time| std::cmp::Reverse(time));
            times.truncate(most);
            let slow: Vec<u64> = slowest(&run, Range::of(&run), most).iter().map(|row| row.time).collect();
            prop_assert_eq!(slow, times);
        }
    }
}
