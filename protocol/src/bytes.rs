//! Amounts of bytes as people write them: `2GiB`, `500 MB`.

/// Units by their powers, as Dask reads them; a number alone is in bytes.
const UNITS: [(&str, f64); 13] = [
    ("", 1.0),
    ("b", 1.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("tb", 1e12),
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("tib", 1_099_511_627_776.0),
    ("k", 1e3),
    ("m", 1e6),
    ("g", 1e9),
];

/// Reads a number with a unit; `None` if it makes no sense, or if 64 bits have no room for it. Parts of a byte are cut
/// off.
///
/// ```
/// use partita_protocol::bytes::read;
///
/// assert_eq!((read("2GiB"), read("1.5 kB"), read("7")), (Some(2 << 30), Some(1500), Some(7)));
/// assert_eq!((read("10 GBB"), read("-1"), read("")), (None, None, None));
/// assert_eq!((read("16777215 TiB"), read("16777216 TiB")), (Some(16_777_215 << 40), None));
/// ```
pub fn read(text: &str) -> Option<u64> {
    let trimmed = text.trim().to_lowercase();
    let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let number: f64 = trimmed[..split].parse().ok()?;
    let unit = trimmed[split..].trim();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let bytes = number * factor;
    // The next power of two is what the largest number of 64 bits rounds to.
    (bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// Bytes in the unit in which they are read best: `1.50 GiB`.
///
/// ```
/// use partita_protocol::bytes::show;
///
/// assert_eq!((show(12).as_str(), show(3 << 29).as_str()), ("12 B", "1.50 GiB"));
/// ```
pub fn show(bytes: u64) -> String {
    const NAMES: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < NAMES.len() {
        amount /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{amount:.2} {}", NAMES[unit]) }
}
