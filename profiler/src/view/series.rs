//! Series: values over time, in no more points than can be shown.

use super::range::{Range, since_start};
use crate::run::{Bin, Run};
use partita_protocol::Time;
use serde::Serialize;
use std::sync::Arc;

/// The values of one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// What it is.
    pub name: Arc<str>,
    /// Its values, one a moment.
    pub values: Vec<Option<f64>>,
}

/// Lines over the same moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// The moments: nanoseconds since the run's start.
    pub times: Vec<u64>,
    /// The lines.
    pub lines: Vec<Curve>,
}

impl Series {
    /// Lines with these names and values.
    pub(super) fn new(times: &[u64], lines: impl IntoIterator<Item = (Arc<str>, Vec<Option<f64>>)>) -> Self {
        let round = |value: Option<f64>| value.map(|value| (value * 1000.0).round() / 1000.0);
        let curve = |(name, values): (_, Vec<_>)| Curve { name, values: values.into_iter().map(round).collect() };
        Series { times: times.to_vec(), lines: lines.into_iter().map(curve).collect() }
    }
}

/// Stretches of a run's time that are shown as one point.
pub(super) struct Stretch<'a> {
    /// Its end, since the run's start.
    pub(super) end: u64,
    /// How long it is, in nanoseconds; the last one only as far as the run came.
    pub(super) width: u64,
    /// What happened.
    pub(super) bins: &'a [Bin],
}

impl Stretch<'_> {
    /// A sum over what happened, by the second.
    pub(super) fn rate(&self, of: impl Fn(&Bin) -> u64) -> f64 {
        let sum: u64 = self.bins.iter().map(of).sum();
        sum as f64 * 1e9 / self.width as f64
    }
}

/// A range of a run in at most so many stretches, and what came before it.
pub(super) fn stretches(run: &Run, range: Range, points: usize) -> (&[Bin], Vec<Stretch<'_>>) {
    let Some(timeline) = run.timeline() else { return (&[], Vec::new()) };
    let (start, width, bins) = (timeline.start().0, timeline.width().as_nanos() as u64, timeline.bins());
    let index = |time: Time| ((time.0.saturating_sub(start) / width) as usize).min(bins.len());
    let (first, last) = (index(range.from), (index(range.to) + 1).min(bins.len()));
    let (first, each) = (first.min(last), (last - first.min(last)).div_ceil(points.max(1)).max(1));
    let end_of_run = run.span().1.0;
    let stretch = |(nth, bins): (usize, _)| {
        let from = start + (first + nth * each) as u64 * width;
        let to = (from + each as u64 * width).min(start + last as u64 * width).min(end_of_run.max(from + 1));
        Stretch { end: since_start(run, Time(to)), width: to - from, bins }
    };
    (&bins[..first], bins[first..last].chunks(each).enumerate().map(stretch).collect())
}
