//! Who does not belong here: what it is told, and how it is counted.

use crate::support::{framed, gate, greeting, hello, listener, named};
use partita_graph::Token;
use partita_wire::{Connection, Gate, HandshakeError, Listener, Protocol, Refusals, connect};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Runs a listener beside something else, until that is done; counts whom it let in.
async fn beside<T>(listener: &mut Listener, other: impl Future<Output = T>) -> (T, usize) {
    let mut let_in: Vec<Connection> = Vec::new();
    tokio::pin!(other);
    loop {
        tokio::select! {
            accepted = listener.accept() => let_in.push(accepted.unwrap().connection),
            done = &mut other => return (done, let_in.len()),
        }
    }
}

/// Sends bytes right away and reads until it is hung up on; what came behind the greeting.
async fn say(path: PathBuf, bytes: Vec<u8>) -> Vec<u8> {
    let said = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(path).unwrap();
        greeting(&mut stream);
        stream.write_all(&bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // An end by reset is an end, too.
        stream.read_to_end(&mut answer).map_or_else(|_| Vec::new(), |_| answer)
    });
    said.await.unwrap()
}

/// FAULTS M3, M4 before authentication: garbage, wrong magic, lengths and cut frames are hung up on without an answer, each is
/// counted, and a good peer gets in afterwards.
#[tokio::test]
async fn garbage_is_hung_up_on_and_counted() {
    let gate = gate();
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let mut wrong_magic = hello(&gate, 1, &[0; 46]);
    wrong_magic[0] ^= 1;
    let table: Vec<Vec<u8>> = vec![
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        u32::MAX.to_le_bytes().to_vec(),
        4097u32.to_le_bytes().to_vec(),
        (1u64 << 63).to_le_bytes().to_vec(),
        (-1i64).to_le_bytes().to_vec(),
        framed(&[]),
        framed(&[0xdd, 0xff, 0xff, 0xff, 0xff]),
        framed(&vec![0; 4096]),
        framed(&wrong_magic),
        framed(&wrong_magic)[..50].to_vec(),
    ];
    let count = table.len() as u64;
    for bytes in table {
        let (answer, let_in) = beside(&mut listener, say(path.clone(), bytes.clone())).await;
        assert_eq!((answer.len(), let_in), (0, 0), "{bytes:02x?}");
    }
    let (_, _) = beside(&mut listener, say(path.clone(), Vec::new())).await;
    let (good, let_in) = beside(&mut listener, connect(&path, named(1), &gate)).await;
    assert!(good.is_ok() && let_in == 1);
    assert_eq!(listener.refusals(), Refusals { garbage: count, hung_up: 1, ..Refusals::default() });
}

/// FAULTS M9: a wrong token, that of another cluster and none at all get the same reply, which says nothing.
#[tokio::test]
async fn wrong_missing_and_short_tokens_get_one_generic_reply() {
    let (ours, other) = (gate(), gate());
    let (_place, mut listener) = listener(&ours);
    let path = listener.path().to_path_buf();
    let (refused, let_in) = beside(&mut listener, connect(&path, named(1), &other)).await;
    assert!(matches!(refused, Err(HandshakeError::Refused)) && let_in == 0, "{refused:?}");
    let mut replies = Vec::new();
    for proof in [[0; 32], [0xff; 32]] {
        let mut wrong = hello(&ours, 1, &[0; 46]);
        wrong.truncate(78);
        wrong.extend_from_slice(&proof);
        replies.push(beside(&mut listener, say(path.clone(), framed(&wrong))).await.0);
    }
    // Another build makes no difference to who does not know the token.
    let stranger = Gate { build: Token::of(b"another"), ..other };
    replies.push(beside(&mut listener, say(path.clone(), framed(&hello(&stranger, 1, &[0; 46])))).await.0);
    assert_eq!(replies[0].len(), 4 + 79);
    assert!(replies.iter().all(|reply| *reply == replies[0] && reply[13..].iter().all(|byte| *byte == 0)));
    let mut short = hello(&ours, 1, &[0; 46]);
    short.truncate(100);
    assert!(beside(&mut listener, say(path, framed(&short))).await.0.is_empty());
    assert_eq!(listener.refusals(), Refusals { token: 4, garbage: 1, ..Refusals::default() });
}

/// FAULTS M10: who knows the token is told on both sides of other builds and protocols, with both of them.
#[tokio::test]
async fn other_builds_and_protocols_are_told_on_both_sides() {
    let ours = gate();
    let (_place, mut listener) = listener(&ours);
    let path = listener.path().to_path_buf();
    let build = Gate { build: Token::of(b"another"), ..ours.clone() };
    let (refused, _) = beside(&mut listener, connect(&path, named(1), &build)).await;
    assert!(
        matches!(refused, Err(HandshakeError::BuildMismatch { ours: a, theirs: b }) if (a, b) == (build.build, ours.build)),
        "{refused:?}"
    );
    let version = Protocol { version: 99, ..Protocol::ours() };
    let protocol = Gate { protocol: version, ..ours.clone() };
    let (refused, _) = beside(&mut listener, connect(&path, named(1), &protocol)).await;
    assert!(
        matches!(refused, Err(HandshakeError::ProtocolMismatch { ours: a, theirs: b }) if (a, b) == (version, Protocol::ours())),
        "{refused:?}"
    );
    assert_eq!(listener.refusals(), Refusals { build: 1, protocol: 1, ..Refusals::default() });
}

/// FAULTS P17: the first of two that say they are the same is kept; when it is gone, its seat is free.
#[tokio::test]
async fn nobody_is_connected_twice() {
    let gate = gate();
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let (accepted, first) = tokio::join!(listener.accept(), connect(&path, named(1), &gate));
    let (accepted, first) = (accepted.unwrap(), first.unwrap());
    assert_eq!((accepted.theirs.identity, first.theirs().identity), (named(1), named(0)));
    let (second, let_in) = beside(&mut listener, connect(&path, named(1), &gate)).await;
    assert!(matches!(second, Err(HandshakeError::Taken { identity }) if identity == named(1)) && let_in == 0);
    let lane = partita_wire::Identity { lane: 1, ..named(1) };
    let (other_lane, let_in) = beside(&mut listener, connect(&path, lane, &gate)).await;
    assert!(other_lane.is_ok() && let_in == 1, "another connection of the same process has another lane");
    drop(accepted);
    let (again, let_in) = beside(&mut listener, connect(&path, named(1), &gate)).await;
    assert!(again.is_ok() && let_in == 1, "{again:?}");
    assert_eq!(listener.refusals(), Refusals { taken: 1, ..Refusals::default() });
}

/// FAULTS P17: the owner of a listener says whom it expects.
#[tokio::test]
async fn whom_the_owner_does_not_expect_is_told_so() {
    let gate = gate();
    let (_place, listener) = listener(&gate);
    let mut listener = listener.expecting(|identity| identity.incarnation == 2);
    let path = listener.path().to_path_buf();
    let (old, _) = beside(&mut listener, connect(&path, named(1), &gate)).await;
    assert!(matches!(old, Err(HandshakeError::NotExpected { identity }) if identity == named(1)), "{old:?}");
    let new = partita_wire::Identity { incarnation: 2, ..named(1) };
    assert!(beside(&mut listener, connect(&path, new, &gate)).await.0.is_ok());
    assert_eq!(listener.refusals(), Refusals { not_expected: 1, ..Refusals::default() });
}

/// Secure default 6: a hello must be there in time, on both sides.
#[tokio::test]
async fn who_says_nothing_is_hung_up_on_in_time() {
    let gate = Gate { hello_time: Duration::from_millis(50), ..gate() };
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let (answer, let_in) = beside(&mut listener, async {
        let silent = tokio::task::spawn_blocking(move || {
            let mut stream = UnixStream::connect(path).unwrap();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).map(|_| heard)
        });
        silent.await.unwrap().unwrap()
    })
    .await;
    assert_eq!((answer.len(), let_in), (4 + 46, 0), "the greeting and no more");
    assert_eq!(listener.refusals(), Refusals { timeout: 1, ..Refusals::default() });
    // A listener that says nothing.
    let silent = std::os::unix::net::UnixListener::bind(_place.path().join("silent")).unwrap();
    let late = connect(&_place.path().join("silent"), named(1), &gate).await;
    assert!(matches!(late, Err(HandshakeError::Timeout { after }) if after == gate.hello_time), "{late:?}");
    drop(silent);
    let nobody = connect(&_place.path().join("nobody"), named(1), &gate).await;
    assert!(matches!(nobody, Err(HandshakeError::Io(_))), "{nobody:?}");
}

/// Secure default 6: of those that are not known yet there are no more than allowed, and who belongs here gets through.
#[tokio::test]
async fn in_a_crowd_the_oldest_stranger_makes_room() {
    let gate = Gate { pending: 8, ..gate() };
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let silent: Vec<UnixStream> = (0..100).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let (good, let_in) = beside(&mut listener, connect(&path, named(1), &gate)).await;
    assert!(good.is_ok() && let_in == 1, "{good:?}");
    assert!(listener.pending() <= 8, "{}", listener.pending());
    // The last of those that made room may not be counted yet.
    assert!((85..=93).contains(&listener.refusals().pending), "{:?}", listener.refusals());
    drop(silent);
}
