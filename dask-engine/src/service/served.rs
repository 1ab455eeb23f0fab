//! What a worker is asked by others: its values, and how it does.

use crate::frame::Limits;
use crate::key::Key;
use crate::message::{Message, MessageError, Opaque, Outgoing, SetOf, entry};
use crate::net::{Connection, NetError, accept};
use crate::ops::MapOf;
use crate::pickle::exception;
use crate::value::Seen;
use bytes::Bytes;
use rmpv::Value;
use serde::Serialize;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

/// How long somebody who connects may take to say who it is.
const HELLO: Duration = Duration::from_secs(10);

/// What somebody asks of the worker.
pub(super) enum Command {
    /// These values, as far as they are here.
    Get(Vec<Key>, oneshot::Sender<Vec<(Key, Opaque)>>),
    /// Keep these values; they are kept when this is answered.
    Put(Vec<(Key, Opaque)>, oneshot::Sender<()>),
    /// Forget these.
    Free(Vec<Key>),
    /// Get these from others; those that could not be had.
    Collect(Vec<(Key, Vec<String>)>, oneshot::Sender<Vec<Key>>),
    /// What is here?
    Keys(oneshot::Sender<Vec<Key>>),
    /// End.
    End(String),
}

/// Takes connections, for as long as it is run.
pub(super) async fn listen(listener: TcpListener, commands: UnboundedSender<Command>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer_all(stream, commands.clone()))),
            // There is no room for another one right now.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer_all(stream: TcpStream, commands: UnboundedSender<Command>) {
    let served = async {
        let mut connection = accept(stream, Limits::PEER, HELLO).await?;
        while let Some(message) = connection.reader.next().await? {
            if !answer(&mut connection, &message, &commands).await? {
                break;
            }
        }
        Ok::<(), NetError>(())
    };
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection of another one ended");
    }
}

/// Answers one question; false if it was the last.
async fn answer(
    connection: &mut Connection,
    message: &Message,
    commands: &UnboundedSender<Command>,
) -> Result<bool, NetError> {
    let Some(op) = message.op() else { return Ok(true) };
    let is = |name: &str, unsaid: bool| entry(&message.head, name).and_then(Value::as_bool).unwrap_or(unsaid);
    let (wants_reply, closes) = (is("reply", true), is("close", false));
    if op == "get_data" {
        return give(connection, message, commands).await;
    }
    let address = connection.reader.address().to_owned();
    let answered = reply(op, message, commands).await;
    let frames = answered.unwrap_or_else(|error| failed("uncaught-error", &error.to_string()));
    let frames = frames.map_err(|error| NetError::Message { address, error })?;
    if wants_reply {
        connection.writer.write(&frames).await?;
    }
    Ok(!closes && op != "close" && op != "terminate")
}

/// Gives values, and waits for the word that they came.
async fn give(
    connection: &mut Connection,
    message: &Message,
    commands: &UnboundedSender<Command>,
) -> Result<bool, NetError> {
    let (reply, values) = oneshot::channel();
    commands.send(Command::Get(keys(message), reply)).ok();
    let mut outgoing = Outgoing::default();
    let values = values.await.unwrap_or_default();
    let data: MapOf<Key, Value> =
        values.iter().map(|(key, value)| (key.clone(), outgoing.opaque(value).into())).collect();
    #[derive(Serialize)]
    struct Given {
        status: &'static str,
        data: MapOf<Key, Value>,
    }
    let frames = outgoing.say(&Given { status: "OK", data });
    let address = connection.reader.address().to_owned();
    connection.writer.write(&frames.map_err(|error| NetError::Message { address, error })?).await?;
    Ok(connection.reader.next().await?.is_some_and(|message| message.head.as_str() == Some("OK")))
}

/// The keys that a question is about: a list, or a set.
fn keys(message: &Message) -> Vec<Key> {
    let keys = entry(&message.head, "keys").cloned().unwrap_or(Value::Nil);
    let set: Result<SetOf<Key>, _> = rmpv::ext::from_value(keys.clone());
    set.map(|set| set.0).or_else(|_| rmpv::ext::from_value(keys)).unwrap_or_default()
}

type Frames = Result<Vec<Bytes>, MessageError>;

fn say(what: &(impl Serialize + ?Sized)) -> Frames {
    Outgoing::default().say(what)
}

fn failed(status: &str, text: &str) -> Frames {
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
    };
    say(&map(vec![
        ("status", status.into()),
        ("exception", Value::Binary(exception::write(text))),
        ("traceback", Value::Nil),
        ("exception_text", text.into()),
        ("traceback_text", "".into()),
    ]))
}

async fn reply(op: &str, message: &Message, commands: &UnboundedSender<Command>) -> Result<Frames, MessageError> {
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
    };
    let ok = || map(vec![("status", "OK".into())]);
    Ok(match op {
        "ping" => say(&Value::Binary(b"pong".to_vec())),
        "close" => say("OK"),
        "identity" => say(&map(vec![("type", "Worker".into()), ("id", "partita".into())])),
        "echo" => say(&Value::Nil),
        "versions" => say(&map(vec![("host", map(vec![])), ("packages", map(vec![]))])),
        "keys" => {
            let (reply, keys) = oneshot::channel();
            commands.send(Command::Keys(reply)).ok();
            say(&keys.await.unwrap_or_default())
        }
        "free_keys" => {
            commands.send(Command::Free(keys(message))).ok();
            say(&Value::Nil)
        }
        "update_data" => put(message, commands).await?,
        "gather" => {
            let holders = entry(&message.head, "who_has").cloned().unwrap_or(Value::Map(vec![]));
            let holders: MapOf<Key, Vec<String>> = crate::message::part("gather", holders)?;
            let (reply, missing) = oneshot::channel();
            commands.send(Command::Collect(holders.0, reply)).ok();
            match missing.await.unwrap_or_default() {
                missing if missing.is_empty() => say(&ok()),
                missing => say(&Missing { status: "partial-fail", keys: missing }),
            }
        }
        "terminate" => {
            let reason = entry(&message.head, "reason").and_then(Value::as_str).unwrap_or("asked to terminate");
            commands.send(Command::End(reason.to_owned())).ok();
            say("OK")
        }
        "get_logs" | "get_story" => say(&Value::Array(vec![])),
        "call_stack" => say(&map(vec![])),
        "profile" => say(&map(vec![
            ("count", 0.into()),
            ("children", map(vec![])),
            ("identifier", "root".into()),
            (
                "description",
                map(vec![("filename", "".into()), ("name", "".into()), ("line_number", 0.into()), ("line", "".into())]),
            ),
        ])),
        "profile_metadata" => say(&map(vec![("counts", Value::Array(vec![])), ("keys", Value::Array(vec![]))])),
        "get_monitor_info" => {
            say(&map(vec![("range_query", map(vec![])), ("count", 0.into()), ("last_time", 0.into())]))
        }
        "plugin-add" | "plugin-remove" => say(&ok()),
        "run" | "run_coroutine" => {
            failed("error", &format!("`{op}` runs code of Python's, which a Partita worker does not"))
        }
        other => failed("uncaught-error", &format!("`{other}` is nothing that a Partita worker does")),
    })
}

#[derive(Serialize)]
struct Missing {
    status: &'static str,
    keys: Vec<Key>,
}

/// Somebody puts values here: opaque ones, or plain data.
async fn put(message: &Message, commands: &UnboundedSender<Command>) -> Result<Frames, MessageError> {
    #[derive(Serialize)]
    struct Put {
        nbytes: MapOf<Key, u64>,
        status: &'static str,
    }
    let data = entry(&message.head, "data").cloned().unwrap_or(Value::Map(vec![]));
    let data: MapOf<Key, Value> = crate::message::part("update_data", data)?;
    let values = data.0.into_iter().map(|(key, value)| {
        let opaque = message.opaque(&value)?.unwrap_or_else(|| Seen::Plain(value).write());
        Ok((key, opaque))
    });
    let values: Vec<(Key, Opaque)> = values.collect::<Result<_, MessageError>>()?;
    let nbytes = values.iter().map(|(key, value)| (key.clone(), value.nbytes() as u64)).collect();
    let (reply, kept) = oneshot::channel();
    commands.send(Command::Put(values, reply)).ok();
    kept.await.ok();
    Ok(say(&Put { nbytes, status: "OK" }))
}
