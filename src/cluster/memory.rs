//! How much memory a worker may hold.

use crate::error::ConfigError;
use partita_graph::machine_memory;
use partita_protocol::bytes;

/// How much memory a worker may hold: bytes, a text with a unit, a fraction of the machine's, or its share.
///
/// ```
/// use partita::cluster::MemoryLimit;
///
/// assert_eq!(MemoryLimit::from("2GiB").bytes(1, 4)?, 2 << 30);
/// assert_eq!(MemoryLimit::from("1.5 kB").bytes(1, 4)?, 1500);
/// assert_eq!(MemoryLimit::from(1 << 20).bytes(1, 4)?, 1 << 20);
/// assert!(MemoryLimit::from("10 GBB").bytes(1, 4).is_err());
/// # Ok::<(), partita::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
pub enum MemoryLimit {
    /// An equal share of the machine's memory for each worker, as Dask's `"auto"`.
    #[default]
    Auto,
    /// So many bytes.
    Bytes(u64),
    /// A part of the machine's memory, up to 1.
    Fraction(f64),
    /// A number and a unit: `"2GiB"`, `"500 MB"`, `"0.25"` (a fraction), `"auto"`.
    Text(String),
}

impl From<u64> for MemoryLimit {
    fn from(bytes: u64) -> Self {
        MemoryLimit::Bytes(bytes)
    }
}

impl From<f64> for MemoryLimit {
    fn from(fraction: f64) -> Self {
        MemoryLimit::Fraction(fraction)
    }
}

impl From<&str> for MemoryLimit {
    fn from(text: &str) -> Self {
        MemoryLimit::Text(text.to_string())
    }
}

const ALLOWED: &str =
    "bytes, a fraction above 0 up to 1, \"auto\", or a number with a unit such as \"2GiB\" or \"500 MB\"";

fn refused(value: impl ToString) -> ConfigError {
    ConfigError::Value { field: "memory_limit", value: value.to_string(), allowed: ALLOWED }
}

impl MemoryLimit {
    /// The limit in bytes, for `part` of `all` equal shares of the machine's memory.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for 0, for fractions out of range, and for texts without sense.
    pub fn bytes(&self, part: u32, all: u32) -> Result<u64, ConfigError> {
        match self {
            MemoryLimit::Bytes(0) => Err(refused(0)),
            MemoryLimit::Bytes(bytes) => Ok(*bytes),
            MemoryLimit::Auto => {
                let share = (f64::from(part) / f64::from(all.max(1))).min(1.0);
                Ok((machine_memory() as f64 * share) as u64)
            }
            MemoryLimit::Fraction(fraction) if *fraction > 0.0 && *fraction <= 1.0 => {
                Ok((machine_memory() as f64 * fraction) as u64)
            }
            MemoryLimit::Fraction(fraction) => Err(refused(fraction)),
            MemoryLimit::Text(text) => read(text, part, all),
        }
    }
}

fn read(text: &str, part: u32, all: u32) -> Result<u64, ConfigError> {
    let trimmed = text.trim().to_lowercase();
    if trimmed == "auto" {
        return MemoryLimit::Auto.bytes(part, all);
    }
    let fraction = trimmed.parse::<f64>().ok().filter(|number| *number > 0.0 && *number <= 1.0);
    match (fraction, bytes::read(text)) {
        (Some(fraction), _) if trimmed.contains('.') => MemoryLimit::Fraction(fraction).bytes(part, all),
        (_, Some(bytes)) if bytes > 0 => Ok(bytes),
        _ => Err(refused(format!("{text:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS G21.
    #[test]
    fn texts_are_read_or_refused_with_what_was_given() {
        for (text, bytes) in [
            ("1b", 1),
            ("64 MiB", 64 << 20),
            ("3GB", 3_000_000_000),
            ("7", 7),
            ("1e", 0),
            ("-1", 0),
            ("", 0),
            ("GiB", 0),
            ("0", 0),
            ("1 1", 0),
        ] {
            match MemoryLimit::from(text).bytes(1, 1) {
                Ok(read) => assert_eq!(read, bytes, "{text:?}"),
                Err(error) => {
                    assert_eq!(bytes, 0, "{text:?}: {error}");
                    assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
                }
            }
        }
        for fraction in [0.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert!(MemoryLimit::from(fraction).bytes(1, 1).is_err(), "{fraction}");
        }
        assert_eq!(MemoryLimit::from("0.5").bytes(1, 1), MemoryLimit::Fraction(0.5).bytes(1, 1));
        assert_eq!(MemoryLimit::Auto.bytes(1, 2).unwrap(), MemoryLimit::Fraction(0.5).bytes(1, 2).unwrap());
    }
}
