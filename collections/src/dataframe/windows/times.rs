//! Times: columns of times or whole numbers that windows and intervals go by, and how far these reach.

use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Combine;
use polars::prelude::{DataType, Duration, Expr, LazyFrame, PlSmallStr, TimeUnit, TimeZone, col, lit};

const NANOSECONDS_OF_A_DAY: i64 = 86_400_000_000_000;

/// Windows go by columns of this type.
pub(crate) fn check_dtype(operation: &'static str, by: &str, dtype: &DataType) -> Result<(), FrameError> {
    match is_index(dtype) || matches!(dtype, DataType::Date | DataType::Datetime(..)) {
        true => Ok(()),
        false => Err(FrameError::dtype(operation, by, dtype, "a time or a whole number")),
    }
}

/// Whether a column is of whole numbers, whose windows are written like `"10i"`.
fn is_index(dtype: &DataType) -> bool {
    matches!(dtype, DataType::Int32 | DataType::Int64 | DataType::UInt32 | DataType::UInt64)
}

/// The length of a window or an interval, in Polars' words.
pub(crate) fn length(
    operation: &'static str,
    what: &'static str,
    text: &str,
    dtype: &DataType,
) -> Result<Duration, FrameError> {
    let length = Duration::try_parse(text).ok().filter(|length| is_length(*length, dtype));
    length.ok_or_else(|| no_length(operation, what, text.to_string()))
}

/// How far intervals are moved, in Polars' words: also back, or not at all.
pub(crate) fn offset(operation: &'static str, text: Option<&str>, dtype: &DataType) -> Result<Duration, FrameError> {
    let none = if is_index(dtype) { "0i" } else { "0ns" };
    let offset = Duration::try_parse(text.unwrap_or(none)).ok().filter(|offset| fits(*offset, dtype));
    let (what, expected) = ("the offset", "one like \"-6h\" or \"1d\", or \"2i\" of whole numbers");
    let found = || text.unwrap_or(none).to_string();
    offset.ok_or_else(|| FrameError::Argument { operation, what, found: found(), expected })
}

/// Whether windows can be as long as this.
pub(crate) fn is_length(length: Duration, dtype: &DataType) -> bool {
    !length.negative() && !length.is_zero() && fits(length, dtype)
}

fn fits(length: Duration, dtype: &DataType) -> bool {
    length.parsed_int == is_index(dtype)
}

/// What was given is no length.
pub(crate) fn no_length(operation: &'static str, what: &'static str, found: String) -> FrameError {
    let expected = "one like \"1d\", \"2h30m\", or \"10i\" of whole numbers";
    FrameError::Argument { operation, what, found, expected }
}

/// The zone of a column of times, if its days are not all as long.
pub(crate) fn zone(dtype: &DataType) -> Option<&TimeZone> {
    match dtype {
        DataType::Datetime(_, Some(zone)) if *zone != TimeZone::UTC => Some(zone),
        _ => None,
    }
}

/// The unit that [`ticks`] counts times in; whole numbers count as nanoseconds, as they do for Polars.
pub(crate) fn unit(dtype: &DataType) -> TimeUnit {
    match dtype {
        DataType::Datetime(unit, _) => *unit,
        DataType::Date => TimeUnit::Microseconds,
        _ => TimeUnit::Nanoseconds,
    }
}

/// A column as whole numbers.
fn ticks(by: &PlSmallStr, dtype: &DataType) -> Expr {
    let column = col(by.clone());
    match dtype {
        DataType::Date => column.cast(DataType::Datetime(TimeUnit::Microseconds, None)).cast(DataType::Int64),
        _ => column.cast(DataType::Int64),
    }
}

/// At least as many ticks as a length can have, wherever it is in the calendar.
fn most_ticks(length: Duration, dtype: &DataType) -> i64 {
    let days = length.months().saturating_mul(31);
    let days = days.saturating_add(length.weeks().saturating_mul(7)).saturating_add(length.days());
    // A day of a zone may be longer, and months do not end alike in all zones.
    let slack = if days > 0 { 2 } else { 0 };
    let nanoseconds = days.saturating_add(slack).saturating_mul(NANOSECONDS_OF_A_DAY);
    let nanoseconds = nanoseconds.saturating_add(length.nanoseconds());
    let of_a_tick = match unit(dtype) {
        TimeUnit::Nanoseconds => 1,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Milliseconds => 1_000_000,
    };
    (nanoseconds / of_a_tick).saturating_add(1)
}

/// Of rows in order, those from which the last one is not farther than a length, and maybe some before them. All that is
/// in a window which ends later is among them.
pub(crate) fn near_the_last(by: &PlSmallStr, dtype: &DataType, length: Duration) -> Combine {
    let time = ticks(by, dtype);
    near((time.clone().max() - time).lt_eq(lit(most_ticks(length, dtype))))
}

/// Of rows in order, those which are not farther from the first one than a length, and maybe some after them.
pub(crate) fn near_the_first(by: &PlSmallStr, dtype: &DataType, length: Duration) -> Combine {
    let time = ticks(by, dtype);
    near((time.clone() - time.min()).lt_eq(lit(most_ticks(length, dtype))))
}

/// Of rows in order, those with the same time as the first one.
pub(crate) fn with_the_first(by: &PlSmallStr) -> Combine {
    near(col(by.clone()).eq(col(by.clone()).min()))
}

/// Rows of which something is true; those without a time are none of them.
fn near(condition: Expr) -> Combine {
    Combine::of(move |plan: LazyFrame| plan.filter(condition.clone()))
}
