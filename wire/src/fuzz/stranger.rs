//! Strangers in a handshake: whatever they change, they are not let in.

use crate::handshake::card::{Card, Identity, Protocol, Role, greeting};
use crate::handshake::error::HandshakeError;
use crate::handshake::judge::{Verdict, answer, check_greeting, hello, judge_answer, judge_hello};
use crate::token::Token256;
use partita_graph::Token;

/// A handshake as it should be.
struct Right {
    card: Card,
    token: Token256,
    greeting: Vec<u8>,
    hello: Vec<u8>,
    answer: Vec<u8>,
}

impl Right {
    fn new() -> Self {
        let identity = Identity { role: Role::Worker, number: 3, incarnation: 9, lane: 0 };
        let card = Card { protocol: Protocol::ours(), identity, build: Token::of(b"a build") };
        let token = Token256::known([0x5a; 32]);
        let greeting = greeting(card.protocol, [1; 32]);
        let hello = hello(&card, [2; 32], &greeting, &token);
        let answer = answer(&card, Verdict::Welcome, &greeting, &hello, &token);
        Right { card, token, greeting, hello, answer }
    }
}

/// The first byte says which of the three frames it is.
pub(super) fn corpus() -> Vec<Vec<u8>> {
    let right = Right::new();
    let refused = answer(&right.card, Verdict::Refused, &right.greeting, &right.hello, &right.token);
    let taken = answer(&right.card, Verdict::Taken, &right.greeting, &right.hello, &right.token);
    let frames = [(0, right.greeting), (1, right.hello), (2, right.answer), (2, refused), (2, taken)];
    frames.into_iter().map(|(kind, frame)| [vec![kind], frame].concat()).collect()
}

/// Nobody gets in with a frame that is not the right one, and nobody who does not know the token is told anything.
pub(super) fn handshake(input: &[u8]) -> bool {
    let Some((kind, frame)) = input.split_first() else { return false };
    let right = Right::new();
    match kind % 3 {
        0 => check_greeting(frame).is_ok(),
        1 => {
            let judged = judge_hello(&right.card, frame, &right.greeting, &right.token);
            assert_eq!(judged.is_ok(), frame == right.hello, "a changed hello");
            let is_silent = matches!(judged, Err(HandshakeError::Garbage { .. } | HandshakeError::Token));
            assert!(judged.is_ok() || is_silent, "{judged:?}");
            judged.is_ok()
        }
        _ => {
            let judged = judge_answer(&right.card, frame, &right.greeting, &right.hello, &right.token);
            assert_eq!(judged.is_ok(), frame == right.answer, "a changed answer");
            judged.is_ok()
        }
    }
}
