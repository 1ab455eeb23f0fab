//! Connections to other workers, from which values are fetched.

use crate::address::Address;
use crate::frame::Limits;
use crate::key::Key;
use crate::message::Opaque;
use crate::net::{Connection, NetError, connect};
use crate::ops::Call;
use crate::ops::answer::Values;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long values may take that were asked for. One that is gone is told of by the scheduler, and its connections end then.
const ENDLESS: Duration = Duration::from_secs(24 * 3600);

/// What another worker answers.
pub(super) enum Answer {
    /// These values; others it has not.
    Values(Vec<(Key, Opaque)>),
    /// It has too much to do.
    Busy,
}

/// Connections that nobody uses right now, by worker.
#[derive(Clone, Default)]
pub(super) struct Peers(Arc<Mutex<FxHashMap<Arc<str>, Vec<Connection>>>>);

impl Peers {
    /// Fetches values from another worker.
    pub(super) async fn fetch(
        self,
        peer: Arc<str>,
        own: Arc<str>,
        keys: Vec<Key>,
        patience: Duration,
    ) -> Result<Answer, NetError> {
        let idle = self.0.lock().get_mut(&peer).and_then(Vec::pop);
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let address: Result<Address, _> = peer.parse();
                let no_address = |error: crate::address::AddressError| NetError::Connect {
                    address: peer.to_string(),
                    error: std::io::Error::other(error),
                };
                connect(&address.map_err(no_address)?, Limits::PEER, patience).await?
            }
        };
        let answered = connection.ask(&Call::GetData { keys, who: Some(own.to_string()) }, ENDLESS).await?;
        let values: Values = connection.read("get_data", answered.clone())?;
        let answer = if values.status == "OK" {
            connection.writer.say("OK").await?;
            let wrong = |error| NetError::Message { address: peer.to_string(), error };
            let opaque = values.data.0.into_iter().map(|(key, value)| Ok((key, answered.opaque(&value)?)));
            let opaque: Result<Vec<(Key, Option<Opaque>)>, crate::message::MessageError> = opaque.collect();
            let opaque = opaque.map_err(wrong)?;
            Answer::Values(opaque.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
        } else {
            Answer::Busy
        };
        self.0.lock().entry(peer).or_default().push(connection);
        Ok(answer)
    }

    /// Closes all idle connections to a worker that is gone.
    pub(super) fn forget(&self, peer: &Arc<str>) {
        self.0.lock().remove(peer);
    }
}
