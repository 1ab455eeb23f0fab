//! The first bytes of something, as errors and logs show them.

use crate::limits::SHOWN_BYTES;
use std::fmt;

/// Up to 32 bytes, shown as hexadecimal digits, with `..` if there were more.
///
/// ```
/// use partita_wire::FirstBytes;
///
/// assert_eq!(FirstBytes::of(b"GET /").to_string(), "474554202f");
/// assert_eq!(FirstBytes::of(&[0; 99]).to_string().len(), 64 + 2);
/// assert_eq!(FirstBytes::of(&[]).to_string(), "none");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FirstBytes {
    bytes: [u8; SHOWN_BYTES],
    shown: u8,
    is_cut: bool,
}

impl FirstBytes {
    /// The first of these bytes.
    pub fn of(all: &[u8]) -> Self {
        let first = &all[..all.len().min(SHOWN_BYTES)];
        let mut bytes = [0; SHOWN_BYTES];
        bytes[..first.len()].copy_from_slice(first);
        FirstBytes { bytes, shown: first.len() as u8, is_cut: all.len() > SHOWN_BYTES }
    }
}

impl fmt::Display for FirstBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.bytes[..usize::from(self.shown)];
        if shown.is_empty() {
            return f.write_str("none");
        }
        shown.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        if self.is_cut { f.write_str("..") } else { Ok(()) }
    }
}

impl fmt::Debug for FirstBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
