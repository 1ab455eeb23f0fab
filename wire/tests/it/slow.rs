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
        if let Err(error) = sender.send(&Said::Number(1), vec![segment(1, 1 << 20)]) {
            break error;
        }
        most = most.max(sender.queued_bytes());
        tokio::task::yield_now().await;
    };
    assert!(matches!(error, SendError::QueueFull { most: 8_388_608, queued } if queued > queue_bytes), "{error}");
    assert!(most <= queue_bytes + (1 << 20) + 100, "{most}");
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
