//! Amounts of bytes, given as numbers or as texts.

use super::SimulateError;
use partita_protocol::bytes;
use serde::{Deserialize, Serialize};

/// An amount of bytes: a number, or a text such as `"16GiB"`. What makes no sense is told when it is used.
///
/// ```
/// use partita_simulator::Size;
///
/// assert_eq!(Size::from("1.5 kB").bytes("memory")?, 1500);
/// let error = Size::from("10 GBB").bytes("memory").unwrap_err();
/// assert!(error.to_string().starts_with("`memory` cannot be \"10 GBB\": "));
/// # Ok::<(), partita_simulator::SimulateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Size {
    /// So many bytes.
    Bytes(u64),
    /// A number and a unit.
    Text(String),
}

const ALLOWED: &str = "bytes, or a number with a unit such as \"2GiB\" or \"500 MB\", less than 2^64 bytes";

impl Size {
    /// The bytes, or what is wrong with the setting of this name.
    ///
    /// # Errors
    /// [`SimulateError::Value`].
    pub fn bytes(&self, field: &'static str) -> Result<u64, SimulateError> {
        match self {
            Size::Bytes(bytes) => Ok(*bytes),
            Size::Text(text) => bytes::read(text).ok_or_else(|| SimulateError::Value {
                field,
                value: format!("{text:?}"),
                allowed: ALLOWED,
            }),
        }
    }
}

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Size::Bytes(bytes)
    }
}

impl From<&str> for Size {
    fn from(text: &str) -> Self {
        Size::Text(text.to_string())
    }
}

impl From<String> for Size {
    fn from(text: String) -> Self {
        Size::Text(text)
    }
}
