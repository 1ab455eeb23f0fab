//! The task stream: what ran on each thread when. One rectangle for each execution while they are few; else cells, each a
//! stretch of a thread with its leading group and the time that it was busy.

use super::range::{Range, group_name, since_start};
use crate::run::{Execution, OTHERS, Run};
use partita_protocol::{IdMap, PrefixId, WorkerId};
use serde::Serialize;
use std::sync::Arc;

/// How much a task stream may hold. By the defaults it is [`StreamSize::BYTES`] of JSON at the
/// most, however many tasks ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSize {
    /// Up to so many executions are shown one by one.
    pub rects: usize,
    /// Stretches that each thread's time is cut into, if there are more.
    pub bins: usize,
    /// Cells of all threads together; with many threads the stretches are longer.
    pub cells: usize,
    /// Up to so many rectangles have keys, if these are no longer than [`StreamSize::KEY`] on average.
    pub keys: usize,
    /// Groups that are told apart; the others are one.
    pub groups: usize,
}

impl StreamSize {
    /// Bytes of JSON that a stream of the default size takes at the most.
    pub const BYTES: usize = 1_000_000;

    /// Bytes of JSON that a key may take on average.
    pub const KEY: usize = 200;
}

impl Default for StreamSize {
    fn default() -> Self {
        StreamSize { rects: 20_000, bins: 1_500, cells: 30_000, keys: 2_000, groups: 250 }
    }
}

/// A thread of a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// The worker's name.
    pub worker: Arc<str>,
    /// The number of the thread.
    pub thread: u32,
    /// How many rectangles, or cells, are of it.
    pub count: usize,
}

/// Executions one by one, by lane and start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rects {
    /// The time from the start of the one before it in its lane, or from [`Stream::from`] for the first.
    pub gap: Vec<i64>,
    /// How long each took.
    pub time: Vec<u64>,
    /// The group of each, as an index into [`Stream::groups`].
    pub group: Vec<u32>,
    /// The indices of those that failed.
    pub failed: Vec<usize>,
    /// The key of each, if they are few.
    pub key: Option<Vec<String>>,
}

/// Stretches of lanes, by lane and time; those in which nothing ran are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cells {
    /// How long each stretch is.
    pub width: u64,
    /// The lane of each.
    pub lane: Vec<u32>,
    /// The number of the stretch from [`Stream::from`] on.
    pub bin: Vec<u32>,
    /// The group that took most of it, as an index into [`Stream::groups`].
    pub group: Vec<u32>,
    /// The time that executions of all groups took of it.
    pub busy: Vec<u64>,
    /// Executions that began in it; of the first, also those that began before.
    pub count: Vec<u64>,
    /// Of those, how many failed.
    pub failed: Vec<u64>,
}

/// What ran on each thread in a range of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stream {
    /// Where it starts, since the run's start.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// Executions in it.
    pub tasks: u64,
    /// Names of the groups, the busiest first.
    pub groups: Vec<Arc<str>>,
    /// The threads.
    pub lanes: Vec<Lane>,
    /// The executions one by one, if they are few.
    pub rects: Option<Rects>,
    /// Else what they add up to.
    pub cells: Option<Cells>,
}

/// What ran on each thread in a range of time.
pub fn stream(run: &Run, range: Range, size: StreamSize) -> Stream {
    let mut counts: IdMap<Thread, usize> = IdMap::default();
    for (worker, facts) in run.workers().iter().filter(|(_, facts)| facts.was_there_in(range.from, range.to)) {
        counts.extend((0..facts.threads).map(|thread| ((worker, thread), 0)));
    }
    let mut busy: IdMap<PrefixId, u64> = IdMap::default();
    // Executions that follow each other are often of one group, and it is looked for once.
    let mut last: Option<(PrefixId, u64)> = None;
    for execution in run.executions().within(range.from, range.to) {
        *counts.entry((execution.worker, execution.thread)).or_default() += 1;
        let share = range.share(execution);
        match &mut last {
            Some((prefix, sum)) if *prefix == execution.prefix => *sum += share,
            _ => {
                let before = last.replace((execution.prefix, share));
                before.into_iter().for_each(|(prefix, sum)| *busy.entry(prefix).or_default() += sum);
            }
        }
    }
    last.into_iter().for_each(|(prefix, sum)| *busy.entry(prefix).or_default() += sum);
    let mut threads: Vec<(Thread, usize)> = counts.into_iter().collect();
    threads.sort_unstable();
    let tasks: usize = threads.iter().map(|(_, count)| count).sum();
    let (groups, indices) = ranked(run, busy, size.groups.max(1));
    let index = |prefix: PrefixId| indices.get(&prefix).copied().unwrap_or(groups.len() as u32 - 1);
    let (mut rects_of, mut cells_of) = (None, None);
    if tasks <= size.rects {
        rects_of = Some(rects(run, range, &threads, index, (tasks <= size.keys, size.keys)));
    } else {
        let cells = cells(run, range, &threads, index, size);
        let mut counts = vec![0; threads.len()];
        cells.lane.iter().for_each(|&row| counts[row as usize] += 1);
        threads.iter_mut().zip(counts).for_each(|((_, count), cells)| *count = cells);
        cells_of = Some(cells);
    }
    let lane = |((worker, thread), count)| Lane { worker: run.workers().name(worker), thread, count };
    Stream {
        from: since_start(run, range.from),
        to: since_start(run, range.to),
        tasks: tasks as u64,
        groups,
        lanes: threads.into_iter().map(lane).collect(),
        rects: rects_of,
        cells: cells_of,
    }
}

/// A thread of a worker.
type Thread = (WorkerId, u32);

/// The row of each thread.
fn rows(threads: &[(Thread, usize)]) -> IdMap<Thread, usize> {
    threads.iter().enumerate().map(|(row, (thread, _))| (*thread, row)).collect()
}

/// The names of the groups, the busiest first, and the place of each; the last one stands for all that are not told apart.
fn ranked(run: &Run, busy: IdMap<PrefixId, u64>, most: usize) -> (Vec<Arc<str>>, IdMap<PrefixId, u32>) {
    let mut ranked: Vec<_> = busy.into_iter().collect();
    ranked.sort_by_key(|&(prefix, time)| (std::cmp::Reverse(time), prefix));
    let rest = ranked.len() > most;
    ranked.truncate(if rest { most - 1 } else { most });
    let mut names: Vec<_> = ranked.iter().map(|(prefix, _)| group_name(run, *prefix)).collect();
    let indices = ranked.iter().enumerate().map(|(index, (prefix, _))| (*prefix, index as u32)).collect();
    if rest {
        names.push(group_name(run, OTHERS));
    }
    (names, indices)
}

fn rects(
    run: &Run,
    range: Range,
    threads: &[(Thread, usize)],
    index: impl Fn(PrefixId) -> u32,
    (keys, most): (bool, usize),
) -> Rects {
    let rows = rows(threads);
    let mut lanes: Vec<Vec<&Execution>> = threads.iter().map(|(_, count)| Vec::with_capacity(*count)).collect();
    for execution in run.executions().within(range.from, range.to) {
        lanes[rows[&(execution.worker, execution.thread)]].push(execution);
    }
    let mut rects = Rects { key: keys.then(Vec::new), ..Rects::default() };
    for mut lane in lanes {
        lane.sort_by_key(|execution| (execution.started, execution.stopped));
        let mut before = range.from;
        for execution in lane {
            if !execution.ok {
                rects.failed.push(rects.time.len());
            }
            rects.gap.push(execution.started.0 as i64 - before.0 as i64);
            rects.time.push(execution.stopped.since(execution.started).as_nanos() as u64);
            rects.group.push(index(execution.prefix));
            if let Some(keys) = &mut rects.key {
                keys.push(run.names().key_text(execution.task));
            }
            before = execution.started;
        }
    }
    let short = |keys: &Vec<String>| serde_json::to_string(keys).is_ok_and(|json| json.len() <= most * StreamSize::KEY);
    rects.key = rects.key.filter(short);
    rects
}

/// A cell that is being added up.
#[derive(Clone, Default)]
struct Cell {
    groups: Vec<(u32, u64)>,
    count: u64,
    failed: u64,
}

fn cells(
    run: &Run,
    range: Range,
    threads: &[(Thread, usize)],
    index: impl Fn(PrefixId) -> u32,
    size: StreamSize,
) -> Cells {
    let bins = size.bins.min(size.cells / threads.len().max(1)).max(1) as u64;
    let width = range.nanos().div_ceil(bins).max(1);
    let (rows, mut sums) = (rows(threads), vec![Cell::default(); threads.len() * bins as usize]);
    let mut last = None;
    for execution in run.executions().within(range.from, range.to) {
        let row = rows[&(execution.worker, execution.thread)] * bins as usize;
        let own = &mut sums[row..row + bins as usize];
        let group = match last {
            Some((prefix, group)) if prefix == execution.prefix => group,
            _ => index(execution.prefix),
        };
        last = Some((execution.prefix, group));
        spread(own, range, width, execution, group);
    }
    let mut cells = Cells { width, ..Cells::default() };
    for (at, cell) in (0u64..).zip(sums).filter(|(_, cell)| !cell.groups.is_empty()) {
        let leader = cell.groups.iter().max_by_key(|&&(group, time)| (time, std::cmp::Reverse(group)));
        cells.lane.push((at / bins) as u32);
        cells.bin.push((at % bins) as u32);
        cells.group.push(leader.map_or(0, |(group, _)| *group));
        cells.busy.push(cell.groups.iter().map(|(_, time)| time).sum());
        cells.count.push(cell.count);
        cells.failed.push(cell.failed);
    }
    cells
}

/// Adds an execution to the cells of its thread that it lies in.
fn spread(own: &mut [Cell], range: Range, width: u64, execution: &Execution, group: u32) {
    let at = |nanos: u64| (((nanos - range.from.0) / width) as usize).min(own.len() - 1);
    let (from, to) = (execution.started.max(range.from).0, execution.stopped.min(range.to).0);
    let first = at(from);
    // Most lie in one cell, and a division is slow.
    let is_one = to < range.from.0.saturating_add((first as u64 + 1).saturating_mul(width));
    let last = if is_one { first } else { at(to.max(from)) };
    own[first].count += 1;
    own[first].failed += u64::from(!execution.ok);
    for (bin, cell) in own.iter_mut().enumerate().take(last + 1).skip(first) {
        let start = range.from.0.saturating_add((bin as u64).saturating_mul(width));
        let time = to.min(start.saturating_add(width)).saturating_sub(from.max(start));
        match cell.groups.iter_mut().find(|(own, _)| *own == group) {
            Some((_, sum)) => *sum += time,
            None => cell.groups.push((group, time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{Script, runs};
    use partita_protocol::Time;
    use proptest::prelude::*;

    fn sizes(bins: usize) -> StreamSize {
        StreamSize { rects: 0, bins, cells: 100_000, ..StreamSize::default() }
    }

    #[test]
    fn rectangles_tell_each_execution_and_their_keys_while_they_are_few() {
        let mut script = Script::new(2);
        script.ran("inc", 0, (10, 30), true);
        script.ran("dec", 1, (20, 25), false);
        script.ran("inc", 0, (35, 36), true);
        let run = script.run();
        let stream = stream(&run, Range::of(&run), StreamSize::default());
        assert_eq!((stream.from, stream.to, stream.tasks), (0, 26, 3));
        assert_eq!(stream.groups.iter().map(|name| &**name).collect::<Vec<_>>(), ["inc", "dec"]);
        assert_eq!(stream.lanes.iter().map(|lane| lane.count).collect::<Vec<_>>(), [2, 1]);
        let rects = stream.rects.unwrap();
        assert_eq!((rects.gap, rects.time), (vec![0, 25, 10], vec![20, 1, 5]));
        assert_eq!((rects.group, rects.failed), (vec![0, 0, 1], vec![2]));
        assert!(rects.key.unwrap()[0].contains("inc"));
    }

    #[test]
    fn long_keys_are_left_out_where_they_would_be_too_much() {
        let size = StreamSize { groups: 1, ..StreamSize::default() };
        for (letters, has_keys) in [(20, true), (1_000, false)] {
            let mut script = Script::new(1);
            for at in 0..1_500u64 {
                script.ran(&format!("{at}{}", "x".repeat(letters)), 0, (at, at + 1), true);
            }
            let run = script.run();
            let stream = stream(&run, Range::of(&run), size);
            assert_eq!(stream.rects.as_ref().unwrap().key.is_some(), has_keys, "{letters}");
            assert!(serde_json::to_string(&stream).unwrap().len() < StreamSize::BYTES);
        }
    }

    #[test]
    fn a_cell_has_the_group_that_took_most_of_it() {
        let mut script = Script::new(1);
        script.ran("inc", 0, (0, 30), true);
        script.ran("dec", 0, (30, 95), true);
        script.ran("inc", 0, (95, 100), false);
        let run = script.run();
        let cells = stream(&run, Range::of(&run), sizes(2)).cells.unwrap();
        // Of the first 50: 30 inc, 20 dec. Of the second 50: 45 dec, 5 inc.
        assert_eq!((cells.width, cells.bin, cells.busy), (50, vec![0, 1], vec![50, 50]));
        assert_eq!((cells.count, cells.failed), (vec![2, 1], vec![0, 1]));
        assert_eq!(cells.group, [1, 0]);
    }

    #[test]
    fn groups_that_are_not_told_apart_are_one() {
        let mut script = Script::new(1);
        for (at, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
            script.ran(name, 0, (10 * at as u64, 10 * at as u64 + 5), true);
        }
        let run = script.run();
        let stream = stream(&run, Range::of(&run), StreamSize { groups: 2, ..StreamSize::default() });
        assert_eq!(stream.groups.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "(others)"]);
        assert_eq!(stream.rects.unwrap().group, [0, 1, 1, 1]);
    }

    proptest! {
        /// However time is cut, the cells add up to the executions: their time, their number, their failures.
        #[test]
        fn cells_of_any_binning_add_up_to_the_records(
            run in runs(),
            bins in 1usize..400,
            cut in (0u64..1_200, 0u64..1_200),
        ) {
            let range = Range { from: Time(cut.0.min(cut.1)), to: Time(cut.0.max(cut.1)) };
            for range in [Range::of(&run), range] {
                let cells = stream(&run, range, sizes(bins)).cells;
                let executions: Vec<_> = run.executions().within(range.from, range.to).collect();
                let Some(cells) = cells else { prop_assert!(executions.is_empty()); continue };
                let time: u64 = executions.iter().map(|execution| range.share(execution)).sum();
                prop_assert_eq!(cells.busy.iter().sum::<u64>(), time);
                prop_assert_eq!(cells.count.iter().sum::<u64>(), executions.len() as u64);
                let failed = executions.iter().filter(|execution| !execution.ok).count() as u64;
                prop_assert_eq!(cells.failed.iter().sum::<u64>(), failed);
                prop_assert!(cells.bin.iter().all(|&bin| (bin as usize) < bins));
                let lanes = stream(&run, range, sizes(bins)).lanes;
                prop_assert_eq!(lanes.iter().map(|lane| lane.count).sum::<usize>(), cells.bin.len());
            }
        }

        /// Rectangles say the same as the executions.
        #[test]
        fn rectangles_add_up_to_the_records(run in runs()) {
            let stream = stream(&run, Range::of(&run), StreamSize::default());
            let rects = stream.rects.unwrap();
            prop_assert_eq!(u128::from(rects.time.iter().sum::<u64>()), run.executions().busy.as_nanos());
            prop_assert_eq!(rects.time.len() as u64, run.executions().count);
            prop_assert_eq!(stream.lanes.iter().map(|lane| lane.count).sum::<usize>(), rects.time.len());
        }
    }
}
