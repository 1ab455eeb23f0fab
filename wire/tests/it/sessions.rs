//! Sessions between two sides that belong together, and their ends.

use crate::support::{Said, bytes_of, framed, gate, hello, listener, named, pair, raw, segment};
use partita_wire::{Gate, Limits, Message, SendError, WireError, connect};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// Messages come in the order in which they were sent, with their segments, in both directions at once.
#[tokio::test]
async fn messages_arrive_whole_and_in_order() {
    let (there, here) = pair(&gate()).await;
    let lengths = [0usize, 1, 4096, 4097, 65_535, 65_536, 65_537, 1 << 20, (9 << 20) + 1];
    let talk = |connection: partita_wire::Connection| async move {
        let (sender, mut receiver) = connection.split::<Said, Said>();
        for (number, length) in lengths.into_iter().enumerate() {
            let segments = vec![segment(number as u8, length), segment(9, number)];
            sender.send(&Said::Number(number as u64), segments).unwrap();
            sender.send(&Said::Text(format!("behind {number}")), vec![]).unwrap();
        }
        drop(sender);
        for (number, length) in lengths.into_iter().enumerate() {
            let Message { head, segments } = receiver.next().await.unwrap().unwrap();
            assert_eq!(head, Said::Number(number as u64));
            assert_eq!(segments.iter().map(|s| s.len()).collect::<Vec<_>>(), [length, number]);
            assert!(segments[0].iter().all(|byte| *byte == number as u8));
            assert_eq!(receiver.next().await.unwrap().unwrap().head, Said::Text(format!("behind {number}")));
        }
        assert!(receiver.next().await.unwrap().is_none(), "an end in order");
        assert!(receiver.next().await.unwrap().is_none(), "and it stays ended");
    };
    tokio::join!(talk(there), talk(here));
}

/// What is queued when the last sender is dropped is written, also if it is more than a socket holds.
#[tokio::test]
async fn what_was_sent_before_the_end_arrives() {
    let (there, here) = pair(&gate()).await;
    let (sender, receiver) = there.split::<Said, Said>();
    let other = sender.clone();
    drop(sender);
    (0..20).for_each(|n| other.send(&Said::Number(n), vec![segment(n as u8, 3 << 20)]).unwrap());
    assert!(other.queued_bytes() > 60 << 20 && !other.has_ended());
    drop((other, receiver));
    let (_sender, mut receiver) = here.split::<Said, Said>();
    for number in 0..20 {
        let message = receiver.next().await.unwrap().unwrap();
        assert_eq!((message.head, message.segments[0].len()), (Said::Number(number), 3 << 20));
    }
    assert!(receiver.next().await.unwrap().is_none());
}

/// Who closes knows that it was itself; the other side sees an end.
#[tokio::test]
async fn either_side_can_end_it_at_once() {
    let (there, here) = pair(&gate()).await;
    let (sender, mut receiver) = there.split::<Said, Said>();
    let (_other, mut end) = here.split::<Said, Said>();
    sender.close();
    assert!(sender.has_ended());
    assert!(matches!(sender.send(&Said::Number(1), vec![]), Err(SendError::Ended)));
    assert!(matches!(receiver.next().await, Err(WireError::Closed)));
    assert!(end.next().await.unwrap().is_none());
}

/// FAULTS M2: a session is cut at every byte, handshake and messages; each time there is a clean, typed end, and the listener
/// goes on.
#[tokio::test]
async fn a_session_cut_at_every_byte_ends_cleanly() {
    let gate = gate();
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let (session, one) = recorded();
    for end in 0..=session.len() {
        let (path, cut, gate) = (path.clone(), session[..end].to_vec(), gate.clone());
        let peer = tokio::task::spawn_blocking(move || raw(&path, &gate, 10 + end as u32).write_all(&cut).unwrap());
        let accepted = listener.accept().await.unwrap();
        peer.await.unwrap();
        let (_sender, mut receiver) = accepted.connection.split::<Said, Said>();
        for _ in 0..end / one {
            assert!(receiver.next().await.unwrap().is_some(), "{end}");
        }
        match receiver.next().await {
            Ok(None) => assert_eq!(end % one, 0, "{end}"),
            Err(WireError::Cut { offset, missing }) => {
                assert_eq!((offset, end % one == 0, missing > 0), (end as u64, false, true));
            }
            other => panic!("{end}: {other:?}"),
        }
    }
    let hello_bytes = 4 + 110;
    for end in 0..hello_bytes {
        let (to, theirs) = (path.clone(), gate.clone());
        let peer = tokio::task::spawn_blocking(move || {
            let mut stream = UnixStream::connect(&to).unwrap();
            let greeting = crate::support::greeting(&mut stream);
            let hello = framed(&hello(&theirs, 2, &greeting));
            assert_eq!(hello.len(), hello_bytes);
            stream.write_all(&hello[..end]).unwrap();
        });
        let before = listener.refusals().total();
        while listener.refusals().total() == before {
            // A good one lets the loop come round.
            let good = connect(&path, named(3), &gate);
            let (accepted, connected) = tokio::join!(listener.accept(), good);
            drop((accepted.unwrap(), connected.unwrap()));
        }
        peer.await.unwrap();
    }
    let refusals = listener.refusals();
    assert_eq!(refusals.hung_up + refusals.garbage, hello_bytes as u64, "{refusals:?}");
}

/// Two equal messages as bytes, and the length of one.
fn recorded() -> (Vec<u8>, usize) {
    let head = rmp_serde::to_vec(&Said::Text("recorded".into())).unwrap();
    let mut body = 2u16.to_le_bytes().to_vec();
    [5u64, 3].iter().for_each(|length| body.extend_from_slice(&length.to_le_bytes()));
    body.extend_from_slice(&head);
    let message = [framed(&body), b"bytes".to_vec(), b"abc".to_vec()].concat();
    (message.repeat(2), message.len())
}

/// FAULTS M2, M12: sockets are their owner's only, and gone when the listener is.
#[tokio::test]
async fn sockets_belong_to_their_owner_and_go_with_the_listener() {
    let (place, listener) = listener(&gate());
    let mode = |path: &std::path::Path| path.symlink_metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(place.path()), mode(listener.path())), (0o700, 0o600));
    let path = listener.path().to_path_buf();
    drop(listener);
    assert!(!path.exists() && place.path().exists());
}

/// Each side may have limits of its own: what is over those of the other side ends the connection there, with both figures.
#[tokio::test]
async fn limits_of_the_other_side_are_told_there() {
    let wide = gate();
    let narrow = Gate { limits: Limits { head_bytes: 100, ..Limits::default() }, ..wide.clone() };
    let (_place, mut listener) = listener(&narrow);
    let path = listener.path().to_path_buf();
    let (accepted, connected) = tokio::join!(listener.accept(), connect(&path, named(1), &wide));
    let (sender, mut ended) = connected.unwrap().split::<Said, Said>();
    let (_back, mut receiver) = accepted.unwrap().connection.split::<Said, Said>();
    sender.send(&Said::Text("x".repeat(100_000)), vec![]).unwrap();
    let error = receiver.next().await.unwrap_err();
    assert!(matches!(error, WireError::HeadTooLong { offset: 0, length: 100_000.., .. }), "{error}");
    assert!(matches!(ended.next().await, Ok(None) | Err(WireError::Io { .. })), "the other side sees an end");
    assert_eq!(bytes_of(&wide.token), bytes_of(&narrow.token));
}

/// Handles of one connection may be used by threads; what each of them sends stays in its order.
#[tokio::test]
async fn many_threads_may_send_at_once() {
    const EACH: u64 = 5_000;
    let (there, here) = pair(&gate()).await;
    let (sender, _receiver) = there.split::<(u64, u64), Said>();
    let (_sender, mut receiver) = here.split::<Said, (u64, u64)>();
    let threads: Vec<_> = (0..4u64)
        .map(|thread| {
            let sender = sender.clone();
            let segments = move |number: u64| vec![segment(thread as u8, (number % 7 * 1000) as usize)];
            std::thread::spawn(move || (0..EACH).for_each(|n| sender.send(&(thread, n), segments(n)).unwrap()))
        })
        .collect();
    drop(sender);
    let mut next = [0; 4];
    while let Some(Message { head: (thread, number), segments }) = receiver.next().await.unwrap() {
        assert_eq!(std::mem::replace(&mut next[thread as usize], number + 1), number);
        assert!(
            segments[0].len() as u64 == number % 7 * 1000 && segments[0].iter().all(|byte| u64::from(*byte) == thread)
        );
    }
    assert_eq!(next, [EACH; 4]);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
