//! A client for the time of one graph.

use super::gather::gather;
use super::plan::Plan;
use crate::address::Address;
use crate::block::{Outputs, Seal};
use crate::frame::Limits;
use crate::key::Key;
use crate::message::{Message, Opaque, Outgoing, SetOf};
use crate::net::{Connection, NetError, Outlet, Reader, connect, outlet};
use crate::ops::answer::Values;
use crate::ops::{Call, FromClient, MapOf, RegisterClient, ToClient, UpdateGraph, Versions, stream};
use crate::pickle::{exception, graph};
use crate::value::Seen;
use partita_graph::{RunError, Token};
use rmpv::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::time::{Duration, Instant};
use tokio::time::{interval, sleep};

/// How often the scheduler is told that the client is there.
const BEAT: Duration = Duration::from_secs(5);

/// A client for the time of one graph.
pub(super) struct Session {
    outlet: Outlet,
    writing: tokio::task::JoinHandle<Result<(), NetError>>,
    reader: Reader,
    calls: Connection,
    patience: Duration,
}

impl Session {
    /// A client comes.
    pub(super) async fn begin(address: &Address, versions: &Versions, patience: Duration) -> Result<Session, NetError> {
        let calls = connect(address, Limits::SCHEDULER, patience).await?;
        let mut stream = connect(address, Limits::SCHEDULER, patience).await?;
        let name = format!("Client-partita-{}", Token::unique());
        let register = RegisterClient { client: name, reply: true, versions: versions.clone() };
        let frames = Outgoing::default().say(&register);
        let frames = frames.map_err(|error| NetError::Message { address: address.to_string(), error })?;
        let answered = stream.ask_with(&frames, patience).await?;
        let refused = |answer: String| NetError::Refused {
            address: address.to_string(),
            question: "register-client".to_owned(),
            answer,
        };
        let first = crate::ops::stream::<ToClient>(answered.head.clone());
        match first.as_deref() {
            Ok([ToClient::StreamStart { error, .. }, ..]) if error.is_empty() => {}
            Ok([ToClient::StreamStart { error, .. }, ..]) => return Err(refused(error.clone())),
            _ => return Err(refused(answered.head.to_string())),
        }
        let (outlet, write) = outlet(stream.writer);
        Ok(Session { outlet, writing: tokio::spawn(write), reader: stream.reader, calls, patience })
    }

    /// How many tasks the cluster runs at a time. A cluster without workers is waited for.
    pub(super) async fn threads(&mut self) -> Result<usize, NetError> {
        let begun = Instant::now();
        loop {
            let answered = self.calls.ask(&Call::NcoresRunning, self.patience).await?;
            let threads: MapOf<String, u64> = self.calls.read("ncores_running", answered)?;
            let count = threads.0.iter().map(|(_, threads)| *threads as usize).sum();
            if count > 0 || begun.elapsed() > self.patience {
                return Ok(count);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs all blocks, and gives what those gave that are asked for.
    pub(super) async fn compute(&mut self, plan: &Plan, seal: &Seal) -> Result<FxHashMap<Key, Outputs>, RunError> {
        let failed = |cause: String| RunError::Failed { cause };
        self.submit(plan).map_err(|error| failed(error.to_string()))?;
        let mut waiting: FxHashSet<Key> = plan.wanted.iter().cloned().collect();
        let mut given = FxHashMap::default();
        loop {
            self.wait(&mut waiting).await?;
            let wanted: Vec<Key> = plan.wanted.iter().filter(|key| !given.contains_key(*key)).cloned().collect();
            if wanted.is_empty() {
                return Ok(given);
            }
            let (found, missing) =
                gather(&mut self.calls, wanted, self.patience).await.map_err(|error| failed(error.to_string()))?;
            for (key, value) in found {
                let outputs = Outputs::read(&key, &value, seal).map_err(|error| failed(format!("{key}: {error}")))?;
                given.insert(key, outputs);
            }
            // They were lost with their worker just then: the scheduler tells when they are there again.
            for key in missing {
                self.say(&FromClient::ReportKey { key: key.clone() });
                waiting.insert(key);
            }
        }
    }

    fn say(&self, op: &FromClient) {
        if let Err(error) = self.outlet.say(op) {
            tracing::error!(%error, "a client cannot say something to its scheduler");
        }
    }

    fn submit(&self, plan: &Plan) -> Result<(), crate::message::MessageError> {
        let tasks = plan.names.iter().zip(&plan.needs).zip(&plan.payloads);
        let tasks: Vec<graph::GraphTask<'_>> =
            tasks.map(|((key, dependencies), payload)| graph::GraphTask { key, dependencies, payload }).collect();
        let pickle = graph::graph(&tasks, &format!("partita-{}", Token::unique()), &plan.annotations());
        let header = vec![("serializer".into(), "pickle".into()), ("writeable".into(), Value::Array(Vec::new()))];
        self.outlet.with(|batch| {
            let expr_ser = batch.refers.opaque(&Opaque { header, frames: vec![pickle.into()] }).into();
            batch.say(&FromClient::UpdateGraph(Box::new(UpdateGraph {
                expr_ser,
                keys: SetOf(plan.wanted.clone()),
                internal_priority: Some(plan.names.iter().cloned().zip(0..).collect()),
                submitting_task: None,
                fifo_timeout: 0.0,
                actors: None,
                code: Vec::new(),
                annotations: MapOf::default(),
                span_metadata: MapOf::default(),
            })))
        })
    }

    /// Waits until all of these are there.
    async fn wait(&mut self, waiting: &mut FxHashSet<Key>) -> Result<(), RunError> {
        let mut beat = interval(BEAT);
        while !waiting.is_empty() {
            let said = tokio::select! {
                said = self.reader.next() => said,
                _ = beat.tick() => {
                    self.say(&FromClient::HeartbeatClient);
                    continue;
                }
            };
            let failed = |cause: String| RunError::Failed { cause };
            let message = said.map_err(|error| failed(error.to_string()))?;
            let message = message.ok_or_else(|| failed("the scheduler ended the connection".to_owned()))?;
            for op in stream::<ToClient>(message.head.clone()).map_err(|error| failed(error.to_string()))? {
                told(op, &message, waiting)?;
            }
        }
        Ok(())
    }

    /// The client leaves; what it wanted goes.
    pub(super) async fn end(mut self) {
        self.say(&FromClient::CloseClient);
        self.say(&FromClient::CloseStream);
        self.outlet.end();
        // A scheduler that is gone has no use for it.
        if tokio::time::timeout(Duration::from_secs(2), &mut self.writing).await.is_err() {
            self.writing.abort();
        }
    }
}

/// What became of a task.
fn told(op: ToClient, message: &Message, waiting: &mut FxHashSet<Key>) -> Result<(), RunError> {
    match op {
        ToClient::KeyInMemory { key } => drop(waiting.remove(&key)),
        ToClient::LostData { key } | ToClient::TaskRetried { key } => drop(waiting.insert(key)),
        ToClient::TaskErred { key, exception } => {
            let cause = format!("the block {key} failed: {}", said(&exception, message));
            return Err(RunError::Failed { cause });
        }
        ToClient::CancelledKeys { reason, msg, .. } => {
            let why = msg.or(reason).unwrap_or_else(|| "it says no reason".to_owned());
            return Err(RunError::Failed { cause: format!("the scheduler cancelled the graph: {why}") });
        }
        ToClient::Restart => return Err(RunError::Failed { cause: "the Dask cluster was restarted".to_owned() }),
        ToClient::StreamClosed | ToClient::Close => {
            return Err(RunError::Failed { cause: "the scheduler ended the connection".to_owned() });
        }
        ToClient::StreamStart { .. }
        | ToClient::Event { .. }
        | ToClient::AdjustHeartbeatInterval { .. }
        | ToClient::Unknown => {}
    }
    Ok(())
}

/// What an exception says, in whichever form it came.
fn said(raised: &Value, message: &Message) -> String {
    let opaque = message.opaque(raised).ok().flatten();
    let pickle = match (raised, &opaque) {
        (Value::String(text), _) => return text.as_str().unwrap_or_default().to_owned(),
        (Value::Binary(bytes), _) => bytes.clone().into(),
        (_, Some(opaque)) => match Seen::read(opaque) {
            Ok(Seen::Bytes(bytes)) => bytes,
            _ => opaque.frames.first().cloned().unwrap_or_default(),
        },
        (other, None) => return other.to_string(),
    };
    exception::read(&pickle, &[])
        .map_or_else(|error| format!("an exception that cannot be read ({error})"), |raised| raised.to_string())
}

/// Values that came, with what they refer to in the message.
pub(super) fn values(answered: &Message, values: Values) -> Vec<(Key, Opaque)> {
    let opaque = values.data.0.into_iter().filter_map(|(key, value)| Some((key, answered.opaque(&value).ok()??)));
    opaque.collect()
}
