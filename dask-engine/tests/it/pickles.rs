//! Pickles of Python's: tasks, exceptions, and what is none.

use super::fixtures::{all, frames, named, references};
use bytes::Bytes;
use partita_dask::message::Message;
use partita_dask::pickle::{PickleError, Tree, exception};
use partita_dask::value::Seen;
use proptest::prelude::*;
use rmpv::Value;
use std::sync::LazyLock;

/// All pickles of recorded messages.
static RECORDED: LazyLock<Vec<(String, Bytes)>> = LazyLock::new(recorded);

fn recorded() -> Vec<(String, Bytes)> {
    let mut found = Vec::new();
    for fixture in all() {
        let (opaque, pickled) = references(&Message::read(frames(&fixture.bytes, usize::MAX).unwrap()).unwrap());
        // Those of collections are names.
        let classes = opaque.iter().filter_map(|opaque| match opaque.says("type-serialized") {
            Some(Value::Binary(class)) => Some(Bytes::copy_from_slice(class)),
            _ => None,
        });
        let classes: Vec<Bytes> = classes.collect();
        let values = opaque.iter().filter(|opaque| opaque.says("serializer").and_then(Value::as_str) == Some("pickle"));
        let pickles = classes
            .into_iter()
            .chain(values.map(|opaque| opaque.frames[0].clone()))
            .chain(pickled.into_iter().map(|pickled| pickled.object));
        found.extend(pickles.map(|pickle| (fixture.name.clone(), pickle)));
    }
    assert!(found.len() > 50, "{}", found.len());
    found
}

#[test]
fn every_recorded_pickle_is_read() {
    for (name, pickle) in RECORDED.iter() {
        let buffers = vec![Bytes::from_static(b"buffer"); 4];
        let tree = Tree::read(pickle, &buffers).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!tree.to_string().is_empty());
    }
}

/// What the exception of this field of a message, or of the first operation in it, says.
fn said(name: &str) -> String {
    let message = named(name);
    let op = message.head.as_array().map_or(&message.head, |ops| &ops[0]);
    let raised = op.as_map().unwrap().iter().find(|(key, _)| key.as_str() == Some("exception")).unwrap().1.clone();
    let bytes = match (&raised, message.opaque(&raised).unwrap()) {
        (_, Some(opaque)) => match Seen::read(&opaque) {
            Ok(Seen::Bytes(bytes)) => bytes,
            _ => opaque.frames[0].clone(),
        },
        (Value::Binary(bytes), _) => Bytes::copy_from_slice(bytes),
        other => panic!("{other:?}"),
    };
    exception::read(&bytes, &[]).unwrap().to_string()
}

#[test]
fn recorded_exceptions_say_what_they_say_in_python() {
    let unread = "RuntimeError: Error during deserialization of the task graph. This frequently\noccurs if the Scheduler and \
                  Client have different environments.\nFor more information, see\nhttps://docs.dask.org/en/stable/deployment-\
                  considerations.html#consistent-software-environments\n, caused by ModuleNotFoundError: No module named \
                  'no_such_module_xyz'";
    for (name, expected) in [
        ("client-recv-client-stream-task-erred-exception-as-bytes", "RuntimeError: TaskError: flaky"),
        ("client-recv-client-stream-task-erred-exception-as-Serialized", unread),
        (
            "client-recv-rpc-reply-to-who_has",
            "TypeError: Scheduler.get_who_has() got an unexpected keyword argument 'foo'",
        ),
        ("real-client-recv-stream-task-erred", "ZeroDivisionError: division by zero"),
        ("worker-send-worker-stream-task-erred-exception-as-Serialized", "RuntimeError: TaskError: boom 42"),
    ] {
        assert_eq!(said(name), expected, "{name}");
    }
}

#[test]
fn what_is_no_pickle_says_why() {
    for (pickle, expected) in [
        (b"".as_slice(), PickleError::Cut { at: 0, more: 1 }),
        (b"\x80", PickleError::Cut { at: 1, more: 1 }),
        (b"\x80\x04X\xff\xff\xff\xffabc", PickleError::Cut { at: 10, more: 0xffff_ffff - 3 }),
        (b"\x80\x04i", PickleError::Opcode { at: 2, opcode: b'i' }),
        (b"\x80\x04.", PickleError::Sense { at: 3, what: "it takes from an empty stack" }),
        (b"\x80\x04t.", PickleError::Sense { at: 3, what: "it takes to a mark that it has not set" }),
        (b"\x80\x04N(0.", PickleError::Sense { at: 0, what: "" }),
        (b"\x80\x04h\x01.", PickleError::Sense { at: 4, what: "it recalls what it has not remembered" }),
        (b"\x80\x04NN\x93.", PickleError::Sense { at: 5, what: "it names a module or a function by what is no text" }),
        (b"\x80\x04NNb.", PickleError::Sense { at: 5, what: "it sets the state of what has none" }),
        (b"\x80\x04\x97.", PickleError::Sense { at: 3, what: "it has more buffers than came with it" }),
        (b"\x80\x04}(Nu.", PickleError::Sense { at: 6, what: "it has a key without a value" }),
    ] {
        let read = Tree::read(&Bytes::from_static(pickle), &[]);
        if expected == (PickleError::Sense { at: 0, what: "" }) {
            assert!(read.is_ok(), "{pickle:?}: {read:?}");
        } else {
            assert_eq!(read.unwrap_err(), expected, "{pickle:?}");
        }
    }
    let long = [b"\x80\x04".as_slice(), &b"N0".repeat(1_000_000)].concat();
    assert_eq!(Tree::read(&long.into(), &[]).unwrap_err(), PickleError::TooLong { most: 1_000_000 });
}

/// `x = [..]; x = [x, x]; x = [x, x]; ..`: short to write, and endless to show.
#[test]
fn what_grows_when_it_is_shown_is_cut() {
    let doubled = b"]\x94(h\x00h\x00e".to_vec();
    let mut pickle = b"\x80\x04]\x94".to_vec();
    for memo in 0..60_u8 {
        pickle.extend([b']', 0x94, b'(', b'h', memo, b'h', memo, b'e']);
    }
    pickle.push(b'.');
    let tree = Tree::read(&pickle.into(), &[]).unwrap();
    assert!(tree.to_string().len() < 5000);
    assert_eq!(tree.plain(), None);
    // A list that holds itself.
    let itself = [b"\x80\x04".as_slice(), &doubled, b"."].concat();
    let tree = Tree::read(&itself.into(), &[]).unwrap();
    assert!(tree.to_string().contains(".."));
    assert_eq!(tree.plain(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_pickle_is_an_error_or_another_tree(which: prop::sample::Index, at: prop::sample::Index, to: u8) {
        let mut pickle = which.get(&RECORDED).1.to_vec();
        let at = at.index(pickle.len());
        pickle[at] = to;
        if let Ok(tree) = Tree::read(&pickle.clone().into(), &[]) {
            prop_assert!(tree.to_string().len() < 5000);
            tree.plain();
        }
        let _ = exception::read(&pickle.into(), &[]);
    }
}
