//! Tests of handshakes without sockets: who is let in, who is told why not, and who is told nothing.

use super::card::{Card, Identity, Protocol, Role, greeting};
use super::error::HandshakeError;
use super::judge::{Verdict, answer, check_greeting, hello, judge_answer, judge_hello, same_user};
use crate::token::Token256;
use partita_graph::Token;

fn card(number: u32) -> Card {
    let identity = Identity { role: Role::Worker, number, incarnation: u64::MAX - 3, lane: 7 };
    Card { protocol: Protocol::ours(), identity, build: Token::of(b"this build") }
}

fn token() -> Token256 {
    Token256::known([0x5a; 32])
}

/// Both sides of a handshake, each with its own card and token: what the listening side finds, what the other one is told.
fn shake(
    (listens, theirs): (&Card, &Token256),
    (connects, ours): (&Card, &Token256),
) -> (Result<Card, HandshakeError>, Result<Card, HandshakeError>) {
    let greeting = greeting(listens.protocol, [1; 32]);
    let hello = hello(connects, [2; 32], &greeting, ours);
    let judged = judge_hello(listens, &hello, &greeting, theirs);
    let verdict = judged.as_ref().map_or_else(Verdict::from_error, |_| Verdict::Welcome);
    let answer = answer(listens, verdict, &greeting, &hello, theirs);
    (judged, judge_answer(connects, &answer, &greeting, &hello, ours))
}

/// FAULTS M10, the good case: each side knows who the other is.
#[test]
fn those_of_one_cluster_know_each_other() {
    let (there, here) = shake((&card(1), &token()), (&card(2), &token()));
    assert_eq!((there.ok(), here.ok()), (Some(card(2)), Some(card(1))));
}

/// FAULTS M9: who has another token is told nothing but that it is refused, whatever else is wrong with it.
#[test]
fn strangers_are_told_nothing() {
    let stranger = Token256::known([0x5b; 32]);
    let other = Card { build: Token::of(b"another"), ..card(2) };
    for connects in [card(2), other] {
        let (there, here) = shake((&card(1), &token()), (&connects, &stranger));
        assert!(matches!(there, Err(HandshakeError::Token)), "{there:?}");
        assert!(matches!(here, Err(HandshakeError::Refused)), "{here:?}");
    }
    let (ours, greeting) = (card(1), greeting(Protocol::ours(), [1; 32]));
    let hello = hello(&card(2), [2; 32], &greeting, &stranger);
    let answer = answer(&ours, Verdict::Refused, &greeting, &hello, &token());
    assert!(answer[9..].iter().all(|byte| *byte == 0), "nothing is in it");
}

/// FAULTS M9: a proof is of one handshake and one direction.
#[test]
fn what_was_heard_cannot_be_said_again() {
    let (first, second) = (greeting(Protocol::ours(), [1; 32]), greeting(Protocol::ours(), [3; 32]));
    let heard = hello(&card(2), [2; 32], &first, &token());
    assert!(judge_hello(&card(1), &heard, &first, &token()).is_ok());
    assert!(matches!(judge_hello(&card(1), &heard, &second, &token()), Err(HandshakeError::Token)));
    // A false listener that sends the proof back as its own.
    let mut echoed = answer(&card(1), Verdict::Welcome, &first, &heard, &token());
    let (at, proof) = (echoed.len() - 32, &heard[heard.len() - 32..]);
    echoed[at..].copy_from_slice(proof);
    let judged = judge_answer(&card(2), &echoed, &first, &heard, &token());
    assert!(matches!(judged, Err(HandshakeError::Token)), "{judged:?}");
}

/// FAULTS M10: both sides are told of both builds.
#[test]
fn builds_must_be_the_same() {
    let other = Card { build: Token::of(b"another build"), ..card(2) };
    let (there, here) = shake((&card(1), &token()), (&other, &token()));
    let expected = (card(1).build, other.build);
    assert!(matches!(there, Err(HandshakeError::BuildMismatch { ours, theirs }) if (ours, theirs) == expected));
    assert!(matches!(here, Err(HandshakeError::BuildMismatch { ours, theirs }) if (theirs, ours) == expected));
}

/// FAULTS M10: versions, orders of bytes, widths of addresses and processors must be the same, and both sides are told.
#[test]
fn protocols_and_machines_must_be_the_same() {
    let ours = Protocol::ours();
    let others = [
        Protocol { version: ours.version + 1, ..ours },
        Protocol { order: 3 - ours.order, ..ours },
        Protocol { bits: ours.bits / 2, ..ours },
        Protocol { processor: ours.processor + 1, ..ours },
    ];
    for protocol in others {
        // Another version may have another build, too: the protocol is told of first.
        let other = Card { protocol, build: Token::of(b"another"), ..card(2) };
        let (there, here) = shake((&card(1), &token()), (&other, &token()));
        assert!(
            matches!(there, Err(HandshakeError::ProtocolMismatch { ours: a, theirs: b }) if (a, b) == (ours, protocol)),
            "{there:?}"
        );
        assert!(
            matches!(here, Err(HandshakeError::ProtocolMismatch { ours: a, theirs: b }) if (a, b) == (protocol, ours)),
            "{here:?}"
        );
    }
}

/// FAULTS M3, M9: a frame that differs in one bit, or in its length, lets nobody in and is answered with nothing.
#[test]
fn no_changed_frame_is_accepted() {
    let (ours, greeting) = (card(1), greeting(Protocol::ours(), [1; 32]));
    let hello = hello(&card(2), [2; 32], &greeting, &token());
    let answer = answer(&ours, Verdict::Welcome, &greeting, &hello, &token());
    for bit in 0..hello.len() * 8 {
        let mut changed = hello.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let judged = judge_hello(&ours, &changed, &greeting, &token());
        assert!(matches!(judged, Err(HandshakeError::Token | HandshakeError::Garbage { .. })), "{bit}: {judged:?}");
    }
    for bit in 0..answer.len() * 8 {
        let mut changed = answer.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(judge_answer(&card(2), &changed, &greeting, &hello, &token()).is_err(), "{bit}");
    }
    for length in (0..hello.len()).chain([hello.len() + 1]) {
        let mut changed = hello.clone();
        changed.resize(length, 0);
        let judged = judge_hello(&ours, &changed, &greeting, &token());
        assert!(matches!(judged, Err(HandshakeError::Garbage { .. })), "{length}: {judged:?}");
    }
    assert!(check_greeting(&greeting).is_ok() && check_greeting(&greeting[1..]).is_err());
}

/// FAULTS M11: the pure part; `other_users_are_refused` has the system's.
#[test]
fn users_must_be_the_same() {
    assert!(same_user(1000, 1000).is_ok() && same_user(0, 0).is_ok());
    for (ours, theirs) in [(1000, 1001), (0, 1000), (1000, 0), (1000, u32::MAX)] {
        let judged = same_user(ours, theirs);
        assert!(matches!(judged, Err(HandshakeError::Uid { ours: a, theirs: b }) if (a, b) == (ours, theirs)));
    }
}
