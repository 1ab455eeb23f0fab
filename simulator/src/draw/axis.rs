//! Axes: round numbers at even distances.

use super::page::{Page, Stand};
use crate::report::show_time;
use partita_protocol::bytes;
use std::time::Duration;

/// The place of a chart on its page, and what its axes go to.
#[derive(Clone, Copy)]
pub(super) struct Chart {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Nanoseconds at the right end.
    pub(super) end: u64,
}

impl Chart {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Where a moment stands.
    pub(super) fn x(&self, at: Duration) -> f64 {
        self.left + at.as_nanos() as f64 / self.end.max(1) as f64 * self.width
    }

    /// Lines for round moments through the chart.
    pub(super) fn time_grid(&self, page: &mut Page) {
        for at in times(self.end) {
            let x = self.x(at);
            page.line("grid", (x, self.top), (x, self.bottom()));
        }
    }

    /// The axis of time below the chart, with its numbers.
    pub(super) fn time_axis(&self, page: &mut Page) {
        page.line("axis", (self.left, self.bottom()), (self.right(), self.bottom()));
        for at in times(self.end) {
            let x = self.x(at);
            page.line("axis", (x, self.bottom()), (x, self.bottom() + 4.0));
            page.text(x, self.bottom() + 17.0, Stand::Middle, "faint", &show_tick(at));
        }
    }
}

/// A round moment.
fn show_tick(at: Duration) -> String {
    let seconds = at.as_secs_f64();
    match () {
        () if at.is_zero() => "0".into(),
        () if seconds >= 6000.0 => show_time(at).replace(" 0 min", ""),
        () if seconds >= 60.0 => format!("{} min {} s", at.as_secs() / 60, at.as_secs() % 60).replace(" 0 s", ""),
        () if seconds >= 1.0 => format!("{seconds} s"),
        () if seconds >= 1e-3 => format!("{} ms", (seconds * 1e6).round() / 1e3),
        () => format!("{} µs", (seconds * 1e9).round() / 1e3),
    }
}

/// Steps of an axis of time in seconds, beside 1, 2 and 5 with zeros.
const STEPS: [f64; 13] =
    [15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 86_400.0];

/// About eight round moments, from the beginning on.
fn times(end: u64) -> impl Iterator<Item = Duration> {
    let wish = end as f64 / 1e9 / 8.0;
    let step = match STEPS.iter().find(|step| **step >= wish) {
        Some(step) if wish > 10.0 => *step,
        _ => round(wish),
    };
    let step = ((step * 1e9) as u64).max(1);
    (0..=end / step).map(move |at| Duration::from_nanos(at * step))
}

/// 1, 2 or 5 with zeros, at least so much.
fn round(wish: f64) -> f64 {
    let power = 10f64.powf(wish.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= wish * 0.999).unwrap_or(wish)
}

/// A few round amounts of bytes up to a most, and what they are called.
pub(super) fn sizes(most: u64) -> Vec<(u64, String)> {
    let step = (most / 5).max(1).checked_next_power_of_two().unwrap_or(1 << 63);
    let show = |at: u64| bytes::show(at).replace(".00 ", " ");
    (0..=most / step).map(|at| (at * step, show(at * step))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_round_and_few() {
        for (end, second) in [
            (1_000, "0.2 µs"),
            (8_000_000, "1 ms"),
            (3_700_000_000, "500 ms"),
            (100_000_000_000, "15 s"),
            (900_000_000_000, "2 min"),
            (100_000_000_000_000, "4 h"),
        ] {
            let list: Vec<String> = times(end).map(show_tick).collect();
            assert!((4..=12).contains(&list.len()), "{end}: {list:?}");
            assert_eq!(list[1], second, "{end}: {list:?}");
        }
    }

    #[test]
    fn sizes_are_round_and_few() {
        for most in [0, 1, 1000, 5 << 10, 700 << 10, 3 << 30, u64::MAX / 2] {
            let list = sizes(most);
            assert!((1..=7).contains(&list.len()), "{most}: {list:?}");
            assert!(list.iter().all(|(_, name)| !name.contains('.') || most > 1 << 60), "{most}: {list:?}");
        }
    }
}
