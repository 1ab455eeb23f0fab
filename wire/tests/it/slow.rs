//! Peers that take nothing.

use crate::support::{Said, gate, pair, segment};
use partita_wire::{Gate, Limits, SendError, WireError};

/// FAULTS M14: what waits for a slow peer is counted, and bounded; over the limit the connection ends with a typed error on this
/// side, and the memory is free again.
#[tokio::test]
async fn who_takes_nothing_is_given_up_with_bounded_memory() {
    let queue_bytes = 8 << 20;
    let gate = Gate { limits: Limits { queue_bytes, ..Limits::default() }, ..gate() };
    let (there, here) = pair(&gate).await;
    let (sender, mut receiver) = there.split::<Said, Said>();
    let (_deaf, mut deaf) = here.split::<Said, Said>();
    let mut most = 0;
    let error = loop {
        if let Err(error) = sender.send(&Said::Number(1), vec![segment(1, 4 << 10)]) {
            break error;
        }
        most = most.max(sender.queued_bytes());
        tokio::task::yield_now().await;
    };
    assert!(matches!(error, SendError::QueueFull { most: 8_388_608, queued } if queued > queue_bytes), "{error}");
    assert!(most <= 2 * (queue_bytes + (4 << 10) + 100), "what the writer has, and what waits for it: {most}");
    let ended = receiver.next().await.unwrap_err();
    assert!(matches!(ended, WireError::QueueFull { .. }), "{ended}");
    assert_eq!((sender.queued_bytes(), sender.has_ended()), (0, true));
    // The peer, when it reads at last, finds what the system had taken, and then an end.
    while let Ok(Some(message)) = deaf.next().await {
        assert_eq!(message.head, Said::Number(1));
    }
}

/// FAULTS M14: an owner that looks at what waits keeps a slow peer's connection.
#[tokio::test]
async fn an_owner_that_waits_loses_nothing() {
    let gate = Gate { limits: Limits { queue_bytes: 4 << 20, ..Limits::default() }, ..gate() };
    let (there, here) = pair(&gate).await;
    let (sender, _receiver) = there.split::<Said, Said>();
    let (_sender, mut receiver) = here.split::<Said, Said>();
    let (messages, mut sent, mut got) = (64u64, 0, 0);
    while got < messages {
        while sent < messages && sender.queued_bytes() < 2 << 20 {
            sender.send(&Said::Number(sent), vec![segment(0, 1 << 20)]).unwrap();
            sent += 1;
        }
        assert_eq!(receiver.next().await.unwrap().unwrap().head, Said::Number(got));
        got += 1;
    }
}

/// FAULTS M14: who sends much waits for room, and neither that nor small messages beside it lose the connection.
#[tokio::test]
async fn large_segments_wait_for_room() {
    let (queue_bytes, large) = (1 << 20, 16 << 20);
    let gate = Gate { limits: Limits { queue_bytes, ..Limits::default() }, ..gate() };
    let (there, here) = pair(&gate).await;
    let (sender, _receiver) = there.split::<Said, Said>();
    let (_sender, mut receiver) = here.split::<Said, Said>();
    let bulk = sender.clone();
    let sends = tokio::task::spawn_blocking(move || {
        let mut most = 0;
        for number in 0..16 {
            bulk.wait_for_room();
            bulk.send(&Said::Number(number), vec![segment(1, large)]).unwrap();
            most = most.max(bulk.queued_bytes());
        }
        most
    });
    let (mut got, mut small) = (0, 0);
    while got < 16 {
        sender.send(&Said::Number(99), Vec::new()).unwrap();
        let message = receiver.next().await.unwrap().unwrap();
        match message.head {
            Said::Number(99) => small += 1,
            head => {
                assert_eq!((head, message.segments[0].len()), (Said::Number(got), large));
                got += 1;
            }
        }
    }
    assert!(small > 0);
    assert!(sends.await.unwrap() < queue_bytes + large as u64 + 100_000, "one at a time");
    // Who waits when it ends does not wait any longer.
    sender.send(&Said::Number(1), vec![segment(1, large)]).unwrap();
    let waits = sender.clone();
    let waits = tokio::task::spawn_blocking(move || waits.wait_for_room());
    sender.close();
    waits.await.unwrap();
}

/// FAULTS M14: a connection that nobody sends on any more does not wait for ever for a peer that takes nothing.
#[tokio::test]
async fn a_deaf_peer_does_not_hold_a_connection_that_has_ended() {
    let (there, _deaf) = pair(&gate()).await;
    let (sender, mut receiver) = there.split::<Said, Said>();
    sender.send(&Said::Number(1), vec![segment(1, 16 << 20)]).unwrap();
    drop(sender);
    // From here on time passes when there is nothing else to do.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let ended = receiver.next().await;
    assert!(
        matches!(&ended, Err(WireError::Io { error, .. }) if error.kind() == std::io::ErrorKind::TimedOut),
        "{ended:?}"
    );
    assert!(start.elapsed() >= partita_wire::limits::LINGER, "{:?}", start.elapsed());
}
