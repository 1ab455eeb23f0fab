//! Operations: every one that was recorded is known, and those that we send are written byte for byte.

use super::fixtures::{all, frames, named};
use partita_dask::Key;
use partita_dask::message::Message;
use partita_dask::ops::{
    Call, FromClient, FromWorker, Handshake, RegisterClient, RegisterWorker, ToClient, ToWorker, answer, stream,
};
use rmpv::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The messages whose names begin so.
fn recorded(beginning: &str) -> Vec<(&'static str, Message)> {
    let fixtures = all().iter().filter(|fixture| fixture.name.starts_with(beginning));
    fixtures
        .map(|fixture| (&*fixture.name, Message::read(frames(&fixture.bytes, usize::MAX).unwrap()).unwrap()))
        .collect()
}

fn bytes(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    rmp_serde::to_vec_named(value).unwrap()
}

/// What was read of a message, written again, is the message.
fn same<T: Serialize>(name: &str, message: &Message, read: &T) {
    assert_eq!(bytes(read), bytes(&message.head), "{name}:\n{}", message.head);
}

fn streams_are_written_again<T: DeserializeOwned + Serialize>(beginning: &str, others: &[&str]) {
    let mut count = 0;
    for (name, message) in recorded(beginning) {
        if others.iter().any(|other| name.contains(other)) {
            continue;
        }
        let read: Vec<T> = stream(message.head.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        same(name, &message, &read);
        count += 1;
    }
    assert!(count > 9, "{beginning}: {count}");
}

#[test]
fn what_a_worker_says_is_written_byte_for_byte() {
    streams_are_written_again::<FromWorker>("worker-send-worker-stream-", &["register-worker"]);
    let registers = named("worker-send-worker-stream-register-worker");
    let register: RegisterWorker = rmpv::ext::from_value(registers.head.clone()).unwrap();
    same("register-worker", &registers, &register);
}

#[test]
fn what_a_client_says_is_written_byte_for_byte() {
    // `cancel-keys` is never sent, `nope` is no operation; in `args` mode a task says what it does elsewhere, of which nothing shows.
    streams_are_written_again::<FromClient>("client-send-client-stream-", &["register-client", "cancel-keys", "nope"]);
    let registers = named("client-send-client-stream-register-client");
    let register: RegisterClient = rmpv::ext::from_value(registers.head.clone()).unwrap();
    assert_eq!(register.client, "Client-partita-c4a98d0e-6a04-47df-a3da-0adcde5caf64");
    let real = named("real-client-send-rpc-register-client");
    let register: RegisterClient = rmpv::ext::from_value(real.head.clone()).unwrap();
    same("register-client", &real, &register);
    assert_eq!(register.versions.distributed(), Some("2026.8.0"));
}

#[test]
fn questions_are_written_byte_for_byte() {
    let mut count = 0;
    for (name, message) in recorded("") {
        let asks = ["-rpc-", "-peer-"].iter().any(|kind| name.contains(kind)) && name.contains("-send-");
        let ours = |name: &str| {
            ![
                "reply-to",
                "register",
                "poc_",
                "no_such_op",
                "rpc-keys",
                "-close",
                "partita_call",
                "metadata",
                "task_stream",
                "update_data",
            ]
            .iter()
            .any(|other| name.contains(other))
        };
        if !asks
            || !ours(name)
            || message.head.as_map().is_none_or(|head| head.iter().any(|(key, _)| key.as_str() == Some("foo")))
        {
            continue;
        }
        let known: Result<Call, _> = rmpv::ext::from_value(message.head.clone());
        // Without arguments, or with others: what is asked for to see an error.
        let Ok(call) = known else { continue };
        if call.clone() != Call::Identity {
            same(name, &message, &call.asked());
            count += 1;
        }
    }
    assert!(count > 9, "{count}");
}

#[test]
fn what_is_said_to_a_worker_is_known() {
    for (name, message) in
        recorded("worker-recv-worker-stream-").into_iter().chain(recorded("real-worker-recv-stream-"))
    {
        if name.contains("reply-to-register-worker") {
            let answer: answer::Registered = answer::answer(name, message.head).unwrap().unwrap();
            assert_eq!((answer.status.as_str(), answer.heartbeat_interval), ("OK", 0.5));
            continue;
        }
        let ops: Vec<ToWorker> = stream(message.head).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!ops.is_empty() && !ops.contains(&ToWorker::Unknown), "{name}: {ops:?}");
    }
    let computes = named("worker-recv-worker-stream-compute-task-annotations-with-deps");
    let [ToWorker::ComputeTask(task)] = &stream(computes.head.clone()).unwrap()[..] else {
        panic!("another operation")
    };
    assert_eq!((&task.key, task.run_id, &task.priority[..]), (&Key::numbered("b-x", 0), 1, &[0.0, 1.0, 1.0][..]));
    assert_eq!(task.who_has.0, [(Key::from("a"), vec!["tcp://127.0.0.1:37245".to_owned()])]);
    assert_eq!(task.nbytes.get(&Key::from("a")), Some(&1));
    assert!(computes.pickled(&task.run_spec).unwrap().is_some());
    assert!(task.annotations.0[0].1.as_slice().is_some());
}

#[test]
fn what_is_said_to_a_client_is_known() {
    for (name, message) in
        recorded("client-recv-client-stream-").into_iter().chain(recorded("real-client-recv-stream-"))
    {
        let ops: Vec<ToClient> = stream(message.head).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!ops.is_empty() && !ops.contains(&ToClient::Unknown), "{name}: {ops:?}");
    }
}

#[test]
fn handshakes_are_written_byte_for_byte() {
    for (name, message) in recorded("") {
        if name.ends_with("handshake") && name != "client-send-handshake" {
            same(name, &message, &Handshake::ours());
        }
    }
    // Without a word about compression a scheduler never answers; neither is it taken here.
    let silent: Result<Handshake, _> = rmpv::ext::from_value(Value::Map(vec![("python".into(), Value::Array(vec![]))]));
    assert!(silent.is_err());
}

#[test]
fn a_question_that_failed_says_why() {
    let failed = named("client-recv-rpc-reply-to-who_has");
    let answer = answer::answer::<answer::Values>("who_has", failed.head).unwrap();
    assert!(answer.unwrap_err().text.contains("got an unexpected keyword argument 'foo'"));
    let none = answer::answer::<answer::Values>("who_has", Value::Nil).unwrap_err();
    assert!(none.to_string().starts_with("who_has is not as expected"), "{none}");
    let refused: answer::Registered =
        answer::answer("r", named("client-recv-x-reply-to-register-worker").head).unwrap().unwrap();
    assert_eq!((refused.status.as_str(), refused.message.as_deref()), ("error", Some("name taken, w1")));
}

#[test]
fn what_is_no_operation_says_what_is_wrong() {
    let op = |name: &str| Value::Map(vec![("op".into(), name.into())]);
    let read = |head: Value| stream::<ToWorker>(head);
    assert_eq!(read(Value::Array(vec!["OK".into(), op("close-stream")])).unwrap(), [ToWorker::CloseStream]);
    assert_eq!(read(op("brand-new")).unwrap(), [ToWorker::Unknown]);
    for (head, expected) in [
        (op("free-keys"), "free-keys is not as expected: error while decoding value: missing field `keys`"),
        (Value::Array(vec![1.into()]), "a message in a stream is not as expected: it has no `op`"),
        (Value::Nil, "a message in a stream is not as expected: it has no `op`"),
    ] {
        assert_eq!(read(head).unwrap_err().to_string(), expected);
    }
}
