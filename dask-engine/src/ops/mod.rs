//! What the parts of a Dask cluster say to each other: one enumeration per direction, with exactly the fields that Dask knows.
//!
//! A scheduler takes a field that it does not know for an error, and answers an error within a stream by closing the stream. So
//! each operation has all of its fields and no other, also where they are always the same.
//!
//! | between | what |
//! |---|---|
//! | client and scheduler, stream | [`FromClient`], [`ToClient`] |
//! | worker and scheduler, stream | [`FromWorker`], [`ToWorker`] |
//! | anybody and anybody, question and answer | [`Call`], and the answers in [`answer`] |

pub mod answer;
mod call;
mod client;
mod map;
mod metrics;
mod register;
mod worker;

pub use call::Call;
pub use client::{FromClient, ToClient, UpdateGraph};
pub use map::MapOf;
pub use metrics::{Bandwidth, Metrics, NetIo, Spilled, Transfer};
pub use register::{Handshake, RegisterClient, RegisterWorker, Versions};
pub use worker::{ComputeTask, FromWorker, StartStop, TaskErred, TaskFinished, ToWorker};

use crate::message::{MessageError, form, part};
use rmpv::Value;
use serde::de::DeserializeOwned;

/// The operations of a message in a stream: an array of them, or a single one. `OK` alone means nothing.
///
/// # Errors
/// [`MessageError::Form`] if one of them has not the fields that it should have.
pub fn stream<T: DeserializeOwned>(head: Value) -> Result<Vec<T>, MessageError> {
    let ops = match head {
        Value::Array(ops) => ops,
        one => vec![one],
    };
    let ops = ops.into_iter().filter(|op| op.as_str() != Some("OK"));
    ops.map(|op| {
        let name = crate::message::entry(&op, "op").and_then(Value::as_str).map(str::to_owned);
        let name = name.ok_or_else(|| form("a message in a stream", "it has no `op`"))?;
        part(&name, op)
    })
    .collect()
}
