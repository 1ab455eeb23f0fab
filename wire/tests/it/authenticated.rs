//! A peer that knows the token and is broken: nothing that it sends harms this side.

use crate::support::{Said, framed, gate, listener, raw};
use partita_wire::{Limits, WireError};
use std::io::Write;
use std::os::unix::net::UnixStream;

/// How a session ends in which a peer sends these bytes after its handshake, and stays.
async fn end_of(bytes: Vec<u8>) -> WireError {
    let gate = gate();
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let peer = tokio::task::spawn_blocking(move || -> UnixStream {
        let mut stream = raw(&path, &gate, 1);
        stream.write_all(&bytes).unwrap();
        stream
    });
    let accepted = listener.accept().await.unwrap();
    let (sender, mut receiver) = accepted.connection.split::<Said, Said>();
    let _stays = peer.await.unwrap();
    let error = receiver.next().await.unwrap_err();
    assert!(sender.has_ended(), "the peer is hung up on");
    error
}

fn table(lengths: &[u64], head: &[u8]) -> Vec<u8> {
    let mut body = (lengths.len() as u16).to_le_bytes().to_vec();
    lengths.iter().for_each(|length| body.extend_from_slice(&length.to_le_bytes()));
    framed(&[&body, head].concat())
}

/// FAULTS M3: an error says where in the stream it is, and how what is wrong begins: 32 bytes at the most.
#[tokio::test]
async fn garbage_of_a_known_peer_ends_its_connection_with_the_place() {
    let good = table(&[], &rmp_serde::to_vec(&Said::Number(1)).unwrap());
    let mut noise = vec![0, 0];
    noise.extend_from_slice(&[0xc1; 200]);
    let gate = gate();
    let (_place, mut listener) = listener(&gate);
    let path = listener.path().to_path_buf();
    let bytes = [good.clone(), framed(&noise)].concat();
    let peer = tokio::task::spawn_blocking(move || {
        let mut stream = raw(&path, &gate, 1);
        stream.write_all(&bytes).unwrap();
        stream
    });
    let (_sender, mut receiver) = listener.accept().await.unwrap().connection.split::<Said, Said>();
    let _stays = peer.await.unwrap();
    assert_eq!(receiver.next().await.unwrap().unwrap().head, Said::Number(1), "what was good before it counts");
    let error = receiver.next().await.unwrap_err();
    let WireError::Head { offset, first, .. } = &error else { panic!("{error}") };
    assert_eq!((*offset, first.to_string()), (good.len() as u64, format!("{}..", "c1".repeat(32))));
    assert!(receiver.next().await.is_err(), "nothing is read behind it");
}

/// FAULTS M4 after authentication: 0, 2³²−1, 2⁶³ and −1 as lengths of heads and of segments.
#[tokio::test]
async fn lengths_of_a_known_peer_are_not_believed() {
    for length in [u32::MAX, 1 << 31] {
        let error = end_of(length.to_le_bytes().to_vec()).await;
        assert!(matches!(error, WireError::HeadTooLong { .. }), "{length}: {error}");
    }
    assert!(matches!(end_of(framed(&[])).await, WireError::Head { .. }));
    for length in [1 << 63, u64::MAX, Limits::default().bulk_bytes + 1] {
        let error = end_of(table(&[length], &[0xc0])).await;
        assert!(matches!(error, WireError::BulkTooLong { .. }), "{length}: {error}");
    }
}

/// FAULTS M5 over a socket.
#[tokio::test]
async fn bombs_of_a_known_peer_are_refused() {
    for bomb in [&[0xdd, 0xff, 0xff, 0xff, 0xff][..], &[0xdf, 0xff, 0xff, 0xff, 0xff], &[0x91; 100_000]] {
        let error = end_of(table(&[], bomb)).await;
        assert!(matches!(error, WireError::Head { .. }), "{error}");
    }
}
