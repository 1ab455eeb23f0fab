//! The answers to questions.

use super::map::MapOf;
use crate::key::Key;
use crate::message::{MessageError, entry, part};
use rmpv::Value;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What a scheduler says to a worker that came.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Registered {
    /// `OK`, or something else.
    pub status: String,
    /// Why it is something else.
    #[serde(default)]
    pub message: Option<String>,
    /// The scheduler's clock, in seconds since 1970.
    #[serde(default)]
    pub time: f64,
    /// How often to tell that the worker is alive, in seconds.
    #[serde(rename = "heartbeat-interval", default)]
    pub heartbeat_interval: f64,
    /// What the user should know.
    #[serde(default)]
    pub warning: String,
}

/// What a scheduler says to a heartbeat.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Beat {
    /// `OK`, or `missing` if it does not know the worker, which should end.
    pub status: String,
    /// The scheduler's clock, in seconds since 1970.
    #[serde(default)]
    pub time: f64,
    /// How often to tell, in seconds.
    #[serde(rename = "heartbeat-interval", default)]
    pub heartbeat_interval: f64,
}

/// Values that were asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Values {
    /// `OK`; `busy` if a worker has too much to do; `error` if some could not be had.
    pub status: String,
    /// The values: references.
    #[serde(default)]
    pub data: MapOf<Key, Value>,
    /// Those that could not be had.
    #[serde(default)]
    pub keys: Vec<Key>,
}

/// A question that failed at the other side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failed {
    /// What it says.
    pub text: String,
}

/// An answer, as what it is to be, or what was wrong with the question; `what` names it if it is neither.
///
/// # Errors
/// [`MessageError::Form`] if fields are missing or have other types.
pub fn answer<T: DeserializeOwned>(what: &str, head: Value) -> Result<Result<T, Failed>, MessageError> {
    if entry(&head, "status").and_then(Value::as_str) == Some("uncaught-error") {
        let text = entry(&head, "exception_text").and_then(Value::as_str).unwrap_or("it says nothing more");
        return Ok(Err(Failed { text: text.to_owned() }));
    }
    part(what, head).map(Ok)
}
