//! The handshake as pure functions: from the bytes that came, to who somebody is or why not.

use super::card::{ANSWER_BYTES, Card, Fields, GREETING_BYTES, HELLO_BYTES, MAGIC, NONCE_BYTES, Protocol};
use super::error::HandshakeError;
use crate::hex::FirstBytes;
use crate::token::{TOKEN_BYTES, Token256, same};

/// What tells a proof of the connecting side from one of the listening side, so that none can be sent back.
const CONNECTING: &[u8] = b"partita wire: who connects";
const LISTENING: &[u8] = b"partita wire: who listens";

/// What the listening side makes of a hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Verdict {
    Welcome = 0,
    Refused = 1,
    Build = 2,
    Protocol = 3,
    Taken = 4,
    NotExpected = 5,
}

impl Verdict {
    fn of(number: u8) -> Option<Self> {
        use Verdict::{Build, NotExpected, Protocol, Refused, Taken, Welcome};
        [Welcome, Refused, Build, Protocol, Taken, NotExpected].into_iter().find(|verdict| *verdict as u8 == number)
    }

    /// How the listening side answers to what it found.
    pub(crate) fn from_error(error: &HandshakeError) -> Self {
        match error {
            HandshakeError::BuildMismatch { .. } => Verdict::Build,
            HandshakeError::ProtocolMismatch { .. } => Verdict::Protocol,
            HandshakeError::Taken { .. } => Verdict::Taken,
            HandshakeError::NotExpected { .. } => Verdict::NotExpected,
            _ => Verdict::Refused,
        }
    }
}

/// Whether the peer belongs to the same user.
///
/// # Errors
/// [`HandshakeError::Uid`] with both users.
pub(crate) fn same_user(ours: u32, theirs: u32) -> Result<(), HandshakeError> {
    if ours == theirs { Ok(()) } else { Err(HandshakeError::Uid { ours, theirs }) }
}

fn garbage(frame: &[u8]) -> HandshakeError {
    HandshakeError::Garbage { first: FirstBytes::of(frame) }
}

/// Whether these bytes are a greeting. What it says of protocols is believed only once the answer is proved.
pub(crate) fn check_greeting(frame: &[u8]) -> Result<(), HandshakeError> {
    Fields::of(frame, GREETING_BYTES).map(|_| ()).ok_or_else(|| garbage(frame))
}

/// What the connecting side says: its card, a random number, and the proof that it knows the token.
pub(crate) fn hello(card: &Card, nonce: [u8; NONCE_BYTES], greeting: &[u8], token: &Token256) -> Vec<u8> {
    let mut frame = MAGIC.to_vec();
    card.write(&mut frame);
    frame.extend_from_slice(&nonce);
    let proof = token.seal(&[CONNECTING, greeting, &frame]);
    frame.extend_from_slice(&proof);
    frame
}

/// The frame without its proof, and whether the proof is right.
fn proved(frame: &[u8], length: usize, seal: impl Fn(&[u8]) -> [u8; TOKEN_BYTES]) -> Option<(&[u8], bool)> {
    let (told, proof) = frame.split_at_checked(length)?;
    let proof: &[u8; TOKEN_BYTES] = proof.try_into().ok()?;
    Some((told, same(&seal(told), proof)))
}

/// Who says hello, if that is one of this cluster.
///
/// # Errors
/// First [`HandshakeError::Garbage`], then [`HandshakeError::Token`]; only who knows the token is told of protocols and
/// builds.
pub(crate) fn judge_hello(
    ours: &Card,
    frame: &[u8],
    greeting: &[u8],
    token: &Token256,
) -> Result<Card, HandshakeError> {
    let (told, is_right) =
        proved(frame, HELLO_BYTES, |told| token.seal(&[CONNECTING, greeting, told])).ok_or_else(|| garbage(frame))?;
    if !told.starts_with(&MAGIC) {
        return Err(garbage(frame));
    }
    if !is_right {
        return Err(HandshakeError::Token);
    }
    let mut fields = Fields::of(told, HELLO_BYTES).ok_or_else(|| garbage(frame))?;
    compare(ours, &mut fields, frame)
}

/// The card of a side that knows the token, if the two can talk. Protocols first: another version may have other roles.
fn compare(ours: &Card, fields: &mut Fields<'_>, frame: &[u8]) -> Result<Card, HandshakeError> {
    let theirs = Protocol::read(&mut fields.clone()).ok_or_else(|| garbage(frame))?;
    if ours.protocol != theirs {
        return Err(HandshakeError::ProtocolMismatch { ours: ours.protocol, theirs });
    }
    let theirs = Card::read(fields).ok_or_else(|| garbage(frame))?;
    if ours.build != theirs.build {
        return Err(HandshakeError::BuildMismatch { ours: ours.build, theirs: theirs.build });
    }
    Ok(theirs)
}

/// What the listening side ends with. To a stranger it says nothing but that it refuses: all else is zero.
pub(crate) fn answer(ours: &Card, verdict: Verdict, greeting: &[u8], hello: &[u8], token: &Token256) -> Vec<u8> {
    let mut frame = MAGIC.to_vec();
    if verdict == Verdict::Refused {
        frame.push(verdict as u8);
        frame.resize(ANSWER_BYTES + TOKEN_BYTES, 0);
        return frame;
    }
    frame.push(verdict as u8);
    ours.write(&mut frame);
    let proof = token.seal(&[LISTENING, greeting, hello, &frame]);
    frame.extend_from_slice(&proof);
    frame
}

/// Who answers, if that is one of this cluster and takes the connection.
///
/// # Errors
/// Those of the listening side, seen from this one.
pub(crate) fn judge_answer(
    ours: &Card,
    frame: &[u8],
    greeting: &[u8],
    hello: &[u8],
    token: &Token256,
) -> Result<Card, HandshakeError> {
    let seal = |told: &[u8]| token.seal(&[LISTENING, greeting, hello, told]);
    let (told, is_right) = proved(frame, ANSWER_BYTES, seal).ok_or_else(|| garbage(frame))?;
    let mut fields = Fields::of(told, ANSWER_BYTES).ok_or_else(|| garbage(frame))?;
    let verdict = fields.take().and_then(|[number]| Verdict::of(number)).ok_or_else(|| garbage(frame))?;
    if verdict == Verdict::Refused {
        return Err(HandshakeError::Refused);
    }
    if !is_right {
        return Err(HandshakeError::Token);
    }
    let theirs = compare(ours, &mut fields, frame)?;
    match verdict {
        Verdict::Taken => Err(HandshakeError::Taken { identity: ours.identity }),
        Verdict::NotExpected => Err(HandshakeError::NotExpected { identity: ours.identity }),
        // Both sides compare the same cards. A listener that found a difference which is not there is none of ours.
        Verdict::Build | Verdict::Protocol => Err(garbage(frame)),
        Verdict::Welcome | Verdict::Refused => Ok(theirs),
    }
}

/// A random number for one handshake.
pub(crate) fn nonce() -> Result<[u8; NONCE_BYTES], HandshakeError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(HandshakeError::Random)?;
    Ok(nonce)
}
