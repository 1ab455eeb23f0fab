//! Who ran what when: every run of a small simulation, the main one in each field of a grid of a large one.

use super::GroupReport;
use super::bins::Sums;
use crate::simulate::Checked;
use crate::universe::Number;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Runs and transfers that are shown one by one at the most.
pub(super) const MOST_RUNS: usize = 10_000;
/// Threads that are shown one by one at the most.
const MOST_LANES: usize = 256;
/// Rows and columns of the grid that shows more.
const ROWS: usize = 200;
const COLUMNS: usize = 240;
/// Groups that are told apart in a grid; all others are one.
const GROUPS: usize = 12;
/// Points of the curves over all workers.
const POINTS: usize = 240;

/// Who ran what when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// The rows from top to bottom: threads of workers, or several workers each.
    pub rows: Vec<String>,
    /// What is in the rows.
    pub pieces: Vec<Piece>,
    /// Whether each piece is a run; else it is a field of a grid.
    pub exact: bool,
    /// How long a point of the curves is.
    pub interval: Duration,
    /// The part of all threads that ran tasks, over time, from 0 to 1.
    pub busy: Vec<f32>,
    /// Bytes that went from worker to worker, over time.
    pub moved: Vec<u64>,
    /// The transfers, if they are few enough to be shown one by one.
    pub transfers: Vec<Transfer>,
    /// When workers died, and their places.
    pub deaths: Vec<(Duration, u32)>,
}

/// Values that went from worker to worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The place of the worker that sent them.
    pub from: u32,
    /// The place of the worker that received them.
    pub to: u32,
    /// When they were asked for.
    pub start: Duration,
    /// When they were there.
    pub end: Duration,
    /// Their bytes.
    pub nbytes: u64,
}

/// A run, or what a row mainly did for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// The row.
    pub row: u32,
    /// From when, since the graph was handed in.
    pub start: Duration,
    /// Until when.
    pub end: Duration,
    /// The group: its place in [`Report::groups`](super::Report::groups).
    pub group: u32,
    /// The part of this time in which tasks ran, from 0 to 1.
    pub busy: f32,
    /// Whether the run was in vain.
    pub lost: bool,
    /// The task, if this is a run.
    pub task: Option<String>,
}

/// A run, as it is taken note of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The place of the worker times the threads of each, and the thread.
    pub(crate) lane: u32,
    pub(crate) number: Number,
    pub(crate) lost: bool,
}

/// What a stream is made of.
pub(crate) struct Weave<'a> {
    pub(crate) checked: &'a Checked,
    pub(crate) runs: Vec<Run>,
    pub(crate) groups: &'a [GroupReport],
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) deaths: Vec<(Duration, u32)>,
    pub(crate) end: u64,
}

impl Weave<'_> {
    pub(crate) fn stream(self, flow: Sums) -> Stream {
        let ranks = self.ranks();
        let lanes = self.checked.workers() * self.checked.threads as usize;
        let exact = self.runs.len() <= MOST_RUNS && lanes <= MOST_LANES;
        let (rows, pieces) = if exact { self.exact(&ranks) } else { self.grid(&ranks, lanes) };
        let step = self.end.div_ceil(POINTS as u64).max(1);
        let moved = flow.regroup(step, POINTS);
        let transfers = if self.transfers.len() < MOST_RUNS { self.transfers.clone() } else { Vec::new() };
        let (busy, deaths) = (self.busy(step, lanes), self.deaths);
        Stream { rows, pieces, exact, interval: Duration::from_nanos(step), busy, moved, transfers, deaths }
    }

    /// The place among the groups of the report of each group of the universe.
    fn ranks(&self) -> Vec<u32> {
        let prefixes = self.checked.plan.universe().prefixes();
        let mut by_name: Vec<(&str, u32)> =
            self.groups.iter().enumerate().map(|(at, group)| (group.name.as_str(), at as u32)).collect();
        by_name.sort_unstable();
        let find = |name: &str| by_name.binary_search_by(|(known, _)| (*known).cmp(name));
        prefixes.iter().map(|name| find(name).map_or(0, |at| by_name[at].1)).collect()
    }

    fn rank(&self, ranks: &[u32], number: Number) -> u32 {
        ranks[self.checked.plan.universe().definition(number).prefix as usize]
    }

    fn exact(&self, ranks: &[u32]) -> (Vec<String>, Vec<Piece>) {
        let threads = self.checked.threads;
        let row = |lane: u32| {
            let name = &self.checked.infos[(lane / threads) as usize].name;
            if threads == 1 { name.to_string() } else { format!("{name} / {}", lane % threads) }
        };
        let lanes = self.checked.workers() as u32 * threads;
        let piece = |run: &Run| Piece {
            row: run.lane,
            start: Duration::from_nanos(run.start),
            end: Duration::from_nanos(run.end),
            group: self.rank(ranks, run.number),
            busy: 1.0,
            lost: run.lost,
            task: Some(self.checked.plan.name(run.number)),
        };
        ((0..lanes).map(row).collect(), self.runs.iter().map(piece).collect())
    }

    fn grid(&self, ranks: &[u32], lanes: usize) -> (Vec<String>, Vec<Piece>) {
        // A row is of whole workers, if there are more than rows.
        let threads = self.checked.threads as usize;
        let unit = if self.checked.workers() > ROWS { threads } else { 1 };
        let per_row = (lanes / unit).div_ceil(ROWS) * unit;
        let rows = lanes.div_ceil(per_row);
        let column = self.end.div_ceil(COLUMNS as u64).max(1);
        let mut fields = vec![[0u64; GROUPS + 1]; rows * COLUMNS];
        for run in &self.runs {
            let group = (self.rank(ranks, run.number) as usize).min(GROUPS);
            let row = run.lane as usize / per_row;
            spread(run, column, |at, nanos| fields[row * COLUMNS + at.min(COLUMNS - 1)][group] += nanos);
        }
        let mut pieces = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let (row, at) = (at / COLUMNS, (at % COLUMNS) as u64);
            let size = (per_row.min(lanes - row * per_row) as u64 * column) as f32;
            let (group, _) =
                field.iter().enumerate().max_by_key(|(place, nanos)| (**nanos, GROUPS - place)).unwrap_or((0, &0));
            let busy = field.iter().sum::<u64>() as f32 / size;
            if busy > 0.0 {
                push(
                    &mut pieces,
                    row as u32,
                    (at * column, ((at + 1) * column).min(self.end)),
                    group as u32,
                    busy.min(1.0),
                );
            }
        }
        let name = |lane: usize| self.checked.infos[lane / threads].name.to_string();
        let label = |row: usize| {
            let (first, last) = (row * per_row, ((row + 1) * per_row).min(lanes) - 1);
            match per_row {
                1 if threads == 1 => name(first),
                1 => format!("{} / {}", name(first), first % threads),
                _ if first / threads == last / threads => name(first),
                _ => format!("{} – {}", name(first), last / threads),
            }
        };
        ((0..rows).map(label).collect(), pieces)
    }

    /// The part of all threads that ran tasks, over time.
    fn busy(&self, step: u64, lanes: usize) -> Vec<f32> {
        let mut sums = vec![0u64; POINTS];
        for run in &self.runs {
            spread(run, step, |at, nanos| sums[at.min(POINTS - 1)] += nanos);
        }
        sums.iter().map(|sum| (*sum as f64 / (step * lanes as u64) as f64).min(1.0) as f32).collect()
    }
}

/// Adds a field to the pieces of its row; one that looks the same as the one before makes that longer.
fn push(pieces: &mut Vec<Piece>, row: u32, (start, end): (u64, u64), group: u32, busy: f32) {
    /// Shades that can be told apart.
    const SHADES: f32 = 8.0;
    let busy = (busy * SHADES).ceil() / SHADES;
    let (start, end) = (Duration::from_nanos(start), Duration::from_nanos(end));
    if let Some(last) = pieces.last_mut()
        && (last.row, last.group, last.end) == (row, group, start)
        && last.busy == busy
    {
        last.end = end;
        return;
    }
    pieces.push(Piece { row, start, end, group, busy, lost: false, task: None });
}

/// The nanoseconds of a run in each interval of this length.
fn spread(run: &Run, width: u64, mut add: impl FnMut(usize, u64)) {
    let mut at = run.start / width;
    let mut from = run.start;
    while from < run.end {
        let until = run.end.min((at + 1) * width);
        add(at as usize, until - from);
        (from, at) = (until, at + 1);
    }
}
