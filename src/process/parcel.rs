//! Values and errors on their way between processes.

use super::message::{Broken, Parcel};
use bytes::Bytes;
use partita_graph::{Fault, Lost, Panic, TypeMismatch, Value, catch};
use partita_protocol::TaskId;
use partita_protocol::message::Failure;
use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Bytes of values that are written or read on the thread of the actors; more are left to another thread.
pub(crate) const SMALL: usize = 64 << 10;

/// Bytes that are lent by a value.
struct Lent(Value);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        match self.0.bytes() {
            Ok(Cow::Borrowed(bytes)) => bytes,
            _ => &[],
        }
    }
}

/// Writes values: what is said of them, and the segments. Lists of numbers are not copied. One that cannot be written is there
/// as something else.
pub(crate) fn pack(values: &[(TaskId, Value)]) -> (Vec<Parcel>, Vec<Bytes>) {
    let lost = |task, why| {
        let instead = Value::new(Lost { why });
        (parcel(task, &instead), Bytes::from(instead.write().unwrap_or_default()))
    };
    values.iter().map(|(task, value)| pack_one(*task, value).unwrap_or_else(|why| lost(*task, why))).unzip()
}

/// Writes a value, or says why not.
pub(super) fn pack_one(task: TaskId, value: &Value) -> Result<(Parcel, Bytes), String> {
    // To be written is code of the user's type.
    let bytes = match catch(|| value.bytes()) {
        Ok(Ok(Cow::Borrowed(_))) => Bytes::from_owner(Lent(value.clone())),
        Ok(Ok(Cow::Owned(bytes))) => bytes.into(),
        Ok(Err(error)) => return Err(error.to_string()),
        Err(panic) => {
            let (name, message) = (value.type_name(), panic.message);
            return Err(format!("a value of type `{name}` panicked when it was written: {message}"));
        }
    };
    Ok((parcel(task, value), bytes))
}

fn parcel(task: TaskId, value: &Value) -> Parcel {
    Parcel { task, offset: value.portable().offset(), nbytes: value.nbytes() as u64 }
}

/// Reads values. One that cannot be read is there as something else.
pub(crate) fn unpack(parcels: &[Parcel], segments: &[Bytes]) -> Vec<(TaskId, Value)> {
    let read = |parcel, bytes| unpack_one(parcel, bytes).unwrap_or_else(|why| Value::new(Lost { why }));
    parcels.iter().zip(segments).map(|(parcel, bytes)| (parcel.task, read(parcel, bytes))).collect()
}

/// Reads a value, or says why not.
pub(super) fn unpack_one(parcel: &Parcel, bytes: &[u8]) -> Result<Value, String> {
    match catch(|| Value::read_written(parcel.offset, parcel.nbytes, bytes)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string()),
        Err(panic) => Err(format!("it panicked when it was read: {}", panic.message)),
    }
}

/// An error of another process: what it said, and what those behind it said.
#[derive(Debug)]
struct Said {
    says: Arc<str>,
    behind: Option<Box<Said>>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

impl Error for Said {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.behind.as_deref().map(|error| error as _)
    }
}

/// Why a task failed, for another process.
pub(crate) fn broken(failure: Failure) -> Broken {
    match failure {
        Failure::Panic(panic) => panic.into(),
        Failure::Fault { fault: Fault::Type { input, mismatch: TypeMismatch { lost: Some(lost), .. } }, .. } => {
            Broken::Lost { input: input as u32, lost }
        }
        Failure::Fault { says, .. } if !says.is_empty() => Broken::Failed(says),
        Failure::Fault { fault, .. } => Broken::Failed(vec![
            match fault {
                Fault::Type { input, mismatch } => format!("input {input}: {mismatch}"),
                Fault::Codec(error) => error.to_string(),
                Fault::Failed(error) => error.to_string(),
                Fault::Reschedule => "it asked to be run elsewhere".into(),
            }
            .into(),
        ]),
    }
}

/// Why a task failed in another process.
pub(crate) fn failure(broken: Broken) -> Failure {
    match broken {
        Broken::Panicked { message, location } => Failure::Panic(Panic { message, location }),
        Broken::Lost { input, lost } => {
            let mismatch = TypeMismatch { expected: "its argument", found: type_name::<Lost>(), lost: Some(lost) };
            Failure::Fault { fault: Fault::Type { input: input as usize, mismatch }, says: Vec::new() }
        }
        Broken::Failed(says) => {
            let chain =
                says.iter().rev().fold(None, |behind, says| Some(Box::new(Said { says: says.clone(), behind })));
            let error = chain.unwrap_or_else(|| Box::new(Said { says: "it did not say why".into(), behind: None }));
            Failure::Fault { fault: Fault::Failed(Arc::from(error as Box<dyn Error + Send + Sync>)), says }
        }
    }
}
