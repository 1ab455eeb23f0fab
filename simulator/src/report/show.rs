//! Times and numbers as people read them.

use std::time::Duration;

/// A time in the unit in which it is read best: `1.50 s`, `2 min 5 s`, `3 h 4 min`.
pub(crate) fn show_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = time.as_secs();
    match () {
        () if time.is_zero() => "0 s".into(),
        () if seconds < 1e-6 => format!("{} ns", time.as_nanos()),
        () if seconds < 0.999_5e-3 => format!("{} µs", digits(seconds * 1e6)),
        () if seconds < 0.999_5 => format!("{} ms", digits(seconds * 1e3)),
        () if seconds < 99.95 => format!("{} s", digits(seconds)),
        () if whole < 6000 => format!("{} min {} s", whole / 60, whole % 60),
        () => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Three digits.
fn digits(number: f64) -> String {
    match number {
        number if number < 9.995 => format!("{number:.2}"),
        number if number < 99.95 => format!("{number:.1}"),
        number => format!("{number:.0}"),
    }
}

/// A number with its thousands set apart.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let table = [
            (0, "0 s"),
            (7, "7 ns"),
            (1_234, "1.23 µs"),
            (999_600, "1.00 ms"),
            (56_780_000, "56.8 ms"),
            (999_900_000, "1.00 s"),
            (61_200_000_000, "61.2 s"),
            (125_000_000_000, "2 min 5 s"),
            (11_040_000_000_000, "3 h 4 min"),
        ];
        for (nanos, text) in table {
            assert_eq!(show_time(Duration::from_nanos(nanos)), text, "{nanos}");
        }
        assert_eq!((thousands(999), thousands(1_234_567)), ("999".to_string(), "1,234,567".to_string()));
    }
}
