//! The secret that the processes of one cluster share.

use std::fmt;
use std::io::{Read, Write};

/// Bytes of a token.
pub const TOKEN_BYTES: usize = 32;

/// 256 random bits. Whoever knows them belongs to the cluster.
///
/// They are given to a child by a pipe, never by its arguments, environment or a file, which others may read. They never
/// travel by a socket: both sides prove that they know them (see the text of the crate). `Debug` does not show them.
///
/// ```
/// use partita_wire::Token256;
///
/// let token = Token256::random()?;
/// let mut pipe = Vec::new();
/// token.write_to(&mut pipe)?;
/// let read = Token256::read_from(&pipe[..])?;
/// assert!(read.is(&token));
/// assert_eq!(format!("{read:?}"), "Token256(hidden)");
/// # Ok::<(), partita_wire::TokenError>(())
/// ```
#[derive(Clone)]
pub struct Token256([u8; TOKEN_BYTES]);

/// A token that cannot be made, handed on or taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for the token of the cluster: {0}")]
    Random(getrandom::Error),
    /// The pipe ended too early.
    #[error(
        "the token of the cluster has {TOKEN_BYTES} bytes, of which {got} came: the parent must write it to the child's stdin before it closes it"
    )]
    Short {
        /// Bytes that came.
        got: usize,
    },
    /// The pipe failed.
    #[error("the token of the cluster cannot be handed on by the pipe: {0}")]
    Pipe(std::io::Error),
}

impl Token256 {
    /// A new one, of the system's randomness.
    ///
    /// # Errors
    /// [`TokenError::Random`] if there is none.
    pub fn random() -> Result<Self, TokenError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(TokenError::Random)?;
        Ok(Token256(bytes))
    }

    /// Writes it to a pipe: 32 bytes.
    ///
    /// # Errors
    /// [`TokenError::Pipe`] with the error of the pipe.
    pub fn write_to(&self, pipe: &mut impl Write) -> Result<(), TokenError> {
        pipe.write_all(&self.0).and_then(|()| pipe.flush()).map_err(TokenError::Pipe)
    }

    /// Reads it from a pipe, and nothing of what follows it.
    ///
    /// # Errors
    /// [`TokenError::Short`] if the pipe ends too early, [`TokenError::Pipe`] if it fails.
    pub fn read_from(mut pipe: impl Read) -> Result<Self, TokenError> {
        let (mut bytes, mut got) = ([0; TOKEN_BYTES], 0);
        while got < TOKEN_BYTES {
            match pipe.read(&mut bytes[got..]) {
                Ok(0) => return Err(TokenError::Short { got }),
                Ok(read) => got += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TokenError::Pipe(error)),
            }
        }
        Ok(Token256(bytes))
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    pub fn is(&self, other: &Token256) -> bool {
        same(&self.0, &other.0)
    }

    /// The hash of some bytes that only those can make who know the token.
    pub(crate) fn seal(&self, bytes: &[&[u8]]) -> [u8; TOKEN_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in bytes {
            hasher.update(part);
        }
        *hasher.finalize().as_bytes()
    }

    /// A token of known bytes, for tests and fuzzers alone: it is no secret.
    #[doc(hidden)]
    pub fn known(bytes: [u8; TOKEN_BYTES]) -> Self {
        Token256(bytes)
    }
}

/// Whether both are the same, in a time that depends on neither.
pub(crate) fn same(a: &[u8; TOKEN_BYTES], b: &[u8; TOKEN_BYTES]) -> bool {
    use subtle::ConstantTimeEq;
    a.ct_eq(b).into()
}

impl fmt::Debug for Token256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token256(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// FAULTS M9, secure default 4.
    #[test]
    fn tokens_differ_and_travel_by_pipes_whole_or_not_at_all() {
        let (a, b) = (Token256::random().unwrap(), Token256::random().unwrap());
        assert!(!a.is(&b));
        let mut pipe = Vec::new();
        a.write_to(&mut pipe).unwrap();
        pipe.extend_from_slice(b"what follows");
        let mut reader = &pipe[..];
        assert!(Token256::read_from(&mut reader).unwrap().is(&a));
        assert_eq!(reader, b"what follows");
        for length in 0..TOKEN_BYTES {
            let short = Token256::read_from(&pipe[..length]);
            assert!(matches!(short, Err(TokenError::Short { got }) if got == length), "{length}");
        }
    }

    /// FAULTS M9, secure default 9.
    #[test]
    fn a_token_is_never_shown() {
        let token = Token256::known([0xab; TOKEN_BYTES]);
        assert_eq!(format!("{token:?} {token:#?}"), "Token256(hidden) Token256(hidden)");
    }
}
