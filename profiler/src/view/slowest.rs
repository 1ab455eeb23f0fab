//! The executions that took longest.

use super::ran::Ran;
use super::range::Range;
use crate::run::{Execution, Run};
use partita_protocol::Time;

/// The executions in a range that took longest, so many at the most, the longest first. At a past moment they are those that
/// had ended by the end of the stretch of time that it is in: how long the others would take was not known.
pub fn slowest(run: &Run, range: Range, at: Option<Time>, most: usize) -> Vec<Ran> {
    let until = run.until(at);
    let had_ended = |execution: &&Execution| until.is_none_or(|until| execution.stopped < until);
    let mut all: Vec<&Execution> = run.executions().within(range.from, range.to).filter(had_ended).collect();
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
        let rows = slowest(&run, Range::of(&run), None, 1);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].time, rows[0].started, &*rows[0].group, rows[0].ok), (20, 0, "inc", true));
        assert_eq!(rows[0].line.as_deref(), Some("a.rs:3"));
        assert_eq!(rows[0].key, run.names().key(task).unwrap().to_string());
    }

    #[test]
    fn what_had_not_ended_at_a_past_moment_is_none_of_them() {
        let ms = 1_000_000;
        let mut script = Script::new(2);
        script.ran("short", 0, (0, 8 * ms), true);
        script.ran("long", 1, (0, 35 * ms), false);
        script.store(90 * ms, 0, 1, 8);
        let run = script.run();
        let at = |moment: u64| {
            let (range, at) = (Range { to: Time(moment * ms), ..Range::of(&run) }, Some(Time(moment * ms)));
            slowest(&run, range, at, 9).iter().map(|row| row.group.to_string()).collect::<Vec<_>>()
        };
        assert_eq!([at(5), at(25)], [["short"], ["short"]]);
        assert_eq!(at(36), ["long", "short"]);
    }

    proptest! {
        #[test]
        fn they_are_the_longest_of_all(run in runs(), most in 0usize..40) {
            let mut times: Vec<u64> = run.executions().kept().map(|execution| nanos(execution.duration())).collect();
            times.sort_unstable_by_key(|&time| std::cmp::Reverse(time));
            times.truncate(most);
            let slow: Vec<u64> = slowest(&run, Range::of(&run), None, most).iter().map(|row| row.time).collect();
            prop_assert_eq!(slow, times);
        }
    }
}
