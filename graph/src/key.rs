//! Keys: the names that task results go by, `name-token` and a partition.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// 128 bits that tell one task from another of the same name; printed as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Token([u64; 2]);

impl Token {
    /// No token: the name alone is the key, as in graphs written by hand.
    pub const NONE: Token = Token([0; 2]);

    /// A token that no other task of this or any other process has, but for chance of about 2⁻⁶⁴.
    ///
    /// Inside they are counted, so that tables of many tasks keep those together that were made together; printed, the
    /// count is spread.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Token([process_seed(), NEXT.fetch_add(1, Ordering::Relaxed)])
    }

    /// The token with these bytes, as [`Token::to_bytes`] gave them.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let number = u128::from_be_bytes(bytes);
        Token([(number >> 64) as u64, number as u64])
    }

    /// The token that [`Token::unique`] made as this count of the process with this seed, printed as it is printed there.
    pub fn unique_elsewhere(seed: u64, count: u64) -> Self {
        Token([seed, if seed == process_seed() { count } else { mix(count) }])
    }

    /// A number for tables: tokens that were made one after the other by [`Token::unique`] get numbers that follow each
    /// other.
    pub fn number(&self) -> u64 {
        self.0[1]
    }

    /// Whether it was made by [`Token::unique`] in this process.
    pub fn is_unique(&self) -> bool {
        self.0[0] == process_seed()
    }

    /// The token of some bytes: the first 128 bits of their BLAKE3 hash. Equal bytes give equal tokens everywhere.
    pub fn of(bytes: &[u8]) -> Self {
        Token::from_hash(&blake3::hash(bytes))
    }

    /// As [`Token::of`], of all that a reader gives.
    ///
    /// ```
    /// use partita_graph::Token;
    ///
    /// assert_eq!(Token::of_reader(&b"bytes"[..])?, Token::of(b"bytes"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(reader: impl std::io::Read) -> std::io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(reader)?;
        Ok(Token::from_hash(&hasher.finalize()))
    }

    pub(crate) fn from_hash(hash: &blake3::Hash) -> Self {
        let (mut a, mut b) = ([0; 8], [0; 8]);
        a.copy_from_slice(&hash.as_bytes()[..8]);
        b.copy_from_slice(&hash.as_bytes()[8..16]);
        Token([u64::from_be_bytes(a), u64::from_be_bytes(b)])
    }

    /// Whether this is [`Token::NONE`].
    pub fn is_none(&self) -> bool {
        *self == Token::NONE
    }

    /// The token as bytes, to be hashed into others.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.0[0].to_be_bytes());
        bytes[8..].copy_from_slice(&self.0[1].to_be_bytes());
        bytes
    }
}

/// A number drawn once per process.
fn process_seed() -> u64 {
    use std::hash::BuildHasher;
    use std::sync::OnceLock;
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| std::collections::hash_map::RandomState::new().hash_one(std::process::id()) | 1)
}

/// Spreads a counter over 64 bits, one to one (the finaliser of splitmix64, Steele et al. 2014).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = if self.is_unique() { mix(self.0[1]) } else { self.0[1] };
        write!(f, "{:016x}{second:016x}", self.0[0])
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A name that many keys share; cloning it is a pointer copy.
#[derive(Clone, Serialize, Deserialize)]
pub struct Name(Arc<Box<str>>);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name(Arc::new(text.into()))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Name(Arc::new(text.into()))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a task's result goes by: a name, a token, and a partition if the task is one of many of a collection.
///
/// ```
/// use partita_graph::Key;
///
/// assert_eq!(Key::named("x").to_string(), "x");
/// let key = Key::unique("inc");
/// assert_eq!(key.to_string().len(), "inc-".len() + 32);
/// assert_eq!(key.part(3).to_string(), format!("({key}, 3)"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    name: Name,
    token: Token,
    part: u32,
}

crate::travels_as_data!(Key);

/// The partition of a key that has none.
const WHOLE: u32 = u32::MAX;

impl Key {
    /// A key that is just a name, as in graphs written by hand.
    pub fn named(name: impl Into<Name>) -> Self {
        Key::new(name, Token::NONE)
    }

    /// A key with a name and a token.
    pub fn new(name: impl Into<Name>, token: Token) -> Self {
        Key { name: name.into(), token, part: WHOLE }
    }

    /// A key that no other task has.
    pub fn unique(name: impl Into<Name>) -> Self {
        Key::new(name, Token::unique())
    }

    /// The key of one partition of the collection that has this key.
    pub fn part(&self, part: u32) -> Self {
        Key { part, ..self.clone() }
    }

    /// The name, which statistics are kept for.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The token.
    pub fn token(&self) -> Token {
        self.token
    }

    /// The partition, if it is one of a collection.
    pub fn partition(&self) -> Option<u32> {
        (self.part != WHOLE).then_some(self.part)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A token tells keys apart by itself; a name is read only where there is none.
        if self.token.is_none() {
            self.name.hash(state);
        }
        state.write_u64(self.token.0[0] ^ self.token.0[1].rotate_left(32));
        state.write_u32(self.part);
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = |f: &mut fmt::Formatter<'_>| match self.token.is_none() {
            true => write!(f, "{}", self.name),
            false => write!(f, "{}-{}", self.name, self.token),
        };
        match self.partition() {
            None => base(f),
            Some(part) => {
                f.write_str("(")?;
                base(f)?;
                write!(f, ", {part})")
            }
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Key::named(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_small_and_unique_tokens_differ() {
        assert_eq!(std::mem::size_of::<Key>(), 32);
        let mut seen = std::collections::HashSet::new();
        assert!((0..10_000).all(|_| seen.insert(Token::unique())));
        assert_eq!(Token::of(b"a"), Token::of(b"a"));
        assert_ne!(Token::of(b"a"), Token::of(b"b"));
        let token = Token::unique();
        assert_eq!(Token::from_bytes(token.to_bytes()), token);
        assert_eq!(Token::unique_elsewhere(process_seed(), token.number()), token);
        let other = Token::unique_elsewhere(process_seed() ^ 2, token.number());
        assert_eq!(other.to_string()[16..], token.to_string()[16..], "printed as there");
    }

    #[test]
    fn keys_with_the_same_token_and_other_names_differ() {
        let token = Token::unique();
        assert_ne!(Key::new("a", token), Key::new("b", token));
        assert_ne!(Key::named("a"), Key::named("b"));
        assert_ne!(Key::named("a").part(0), Key::named("a").part(1));
    }
}
