//! Axes: round steps and units that fit what is shown.

/// A unit of an axis: what a value is divided by, and its sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    pub(super) size: f64,
    pub(super) sign: &'static str,
}

/// The unit for seconds up to this many.
pub(super) fn of_time(most: f64) -> Unit {
    let units = [(3600.0 * 3.0, 3600.0, "h"), (180.0, 60.0, "min"), (0.5, 1.0, "s"), (0.5e-3, 1e-3, "ms")];
    let unit = units.into_iter().find(|(least, _, _)| most >= *least).unwrap_or((0.0, 1e-6, "µs"));
    Unit { size: unit.1, sign: unit.2 }
}

/// The unit for bytes up to this many.
pub(super) fn of_bytes(most: f64) -> Unit {
    let signs = ["B", "KiB", "MiB", "GiB", "TiB"];
    let at = (0..signs.len()).rev().find(|&at| most >= 1024f64.powi(at as i32)).unwrap_or(0);
    Unit { size: 1024f64.powi(at as i32), sign: signs[at] }
}

/// Round values from 0 to at least `most`, about `count` of them: steps of 1, 2 or 5 times a power of ten.
pub(super) fn ticks(most: f64, count: usize) -> Vec<f64> {
    if !(most.is_finite() && most > 0.0) {
        return vec![0.0, 1.0];
    }
    let rough = most / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(rough);
    let steps = (most / step * 0.9999).ceil() as usize;
    (0..=steps).map(|at| at as f64 * step).collect()
}

/// A number as short as a step of an axis allows.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match value.abs() {
        large if large >= 1e6 => format!("{value:.1e}"),
        _ if text.is_empty() || text == "-0" => "0".to_string(),
        _ => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_reach_the_end() {
        for (most, count, expected) in
            [(1.0, 5, "0 0.2 0.4 0.6 0.8 1"), (2.3, 4, "0 1 2 3"), (730.0, 4, "0 200 400 600 800"), (0.0, 4, "0 1")]
        {
            let text: Vec<String> = ticks(most, count).into_iter().map(number).collect();
            assert_eq!(text.join(" "), expected);
        }
        assert!(ticks(f64::NAN, 3).len() == 2 && ticks(f64::INFINITY, 3).len() == 2);
        assert!(ticks(1e300, 5).len() < 12);
    }

    #[test]
    fn units_fit() {
        let signs: Vec<_> = [3e-6, 2e-3, 0.7, 200.0, 20_000.0].into_iter().map(|most| of_time(most).sign).collect();
        assert_eq!(signs, ["µs", "ms", "s", "min", "h"]);
        let signs: Vec<_> = [0.0, 2e3, 2e6, 5e9].into_iter().map(|most| of_bytes(most).sign).collect();
        assert_eq!(signs, ["B", "KiB", "MiB", "GiB"]);
    }
}
