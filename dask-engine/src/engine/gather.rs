//! Values, from the workers that hold them.

use super::session::values;
use crate::address::Address;
use crate::frame::Limits;
use crate::key::Key;
use crate::message::Opaque;
use crate::net::{Connection, NetError, connect};
use crate::ops::answer::Values;
use crate::ops::{Call, MapOf};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the values of one worker may take.
const LONG: Duration = Duration::from_secs(3600);

/// Values that came, and keys whose values did not.
pub(super) type Gathered = (Vec<(Key, Opaque)>, Vec<Key>);

/// Gets these values from the workers that hold them, not through the scheduler: what came, and what did not.
///
/// # Errors
/// [`NetError`] if the scheduler cannot be asked who holds them.
pub(super) async fn gather(calls: &mut Connection, keys: Vec<Key>, patience: Duration) -> Result<Gathered, NetError> {
    let answered = calls.ask(&Call::WhoHas { keys: keys.clone() }, patience).await?;
    let holders: MapOf<Key, Vec<String>> = calls.read("who_has", answered)?;
    let mut by_worker: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for (key, holders) in holders.0 {
        if let Some(holder) = holders.into_iter().next() {
            by_worker.entry(holder).or_default().push(key);
        }
    }
    let asking = by_worker.into_iter().map(|(worker, keys)| tokio::spawn(from_worker(worker, keys, patience)));
    let asking: Vec<_> = asking.collect();
    let mut found = Vec::new();
    for asked in asking {
        match asked.await {
            Ok(Ok(values)) => found.extend(values),
            // A worker that is gone has nothing.
            Ok(Err(error)) => tracing::debug!(%error, "values could not be gathered from a worker"),
            Err(error) => tracing::debug!(%error, "values could not be gathered from a worker"),
        }
    }
    let missing = keys.into_iter().filter(|key| !found.iter().any(|(other, _)| other == key)).collect();
    Ok((found, missing))
}

async fn from_worker(worker: String, keys: Vec<Key>, patience: Duration) -> Result<Vec<(Key, Opaque)>, NetError> {
    let no_address = |error| NetError::Connect { address: worker.clone(), error: std::io::Error::other(error) };
    let address: Address = worker.parse().map_err(|error: crate::address::AddressError| no_address(error))?;
    let mut connection = connect(&address, Limits::PEER, patience).await?;
    loop {
        let answered = connection.ask(&Call::GetData { keys: keys.clone(), who: None }, LONG).await?;
        let read: Values = connection.read("get_data", answered.clone())?;
        if read.status == "OK" {
            connection.writer.say("OK").await?;
            return Ok(values(&answered, read));
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}
