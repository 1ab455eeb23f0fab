//! The seal of a payload: who made it, and that nobody changed it.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `PARTITA1` |
//! | 16 | the build of the program that wrote it ([`partita_graph::build_id`]) |
//! | 32 | BLAKE3 with the cluster's key, of all other bytes and of the name of the task |
//! | .. | what is sealed |

use super::error::PayloadError;
use crate::key::Key;
use partita_graph::{Token, build_id};

const MAGIC: &[u8; 8] = b"PARTITA1";
const SEALED: usize = 8 + 16 + 32;

/// What a cluster's clients and workers have in common: a key that nobody else knows.
#[derive(Clone)]
pub struct Seal {
    key: [u8; 32],
    build: Token,
}

impl Seal {
    /// The seal of those who know these words. Without words, anybody's who runs the same executable.
    pub fn new(words: &str) -> Seal {
        Seal { key: blake3::derive_key("partita-dask 2026 the key of a cluster", words.as_bytes()), build: build_id() }
    }

    /// The same, of a program of another build; for tests.
    #[doc(hidden)]
    pub fn of_build(self, build: Token) -> Seal {
        Seal { build, ..self }
    }

    fn proof(&self, build: &[u8], task: &Key, body: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let name = task.to_string();
        hasher
            .update(MAGIC)
            .update(build)
            .update(&(name.len() as u64).to_le_bytes())
            .update(name.as_bytes())
            .update(body);
        hasher.finalize()
    }

    /// Seals what a task does.
    pub fn close(&self, task: &Key, body: &[u8]) -> Vec<u8> {
        let build = self.build.to_bytes();
        let proof = self.proof(&build, task, body);
        [MAGIC, &build[..], proof.as_bytes(), body].concat()
    }

    /// What was sealed, if it was for this task, with this key, and by this build.
    ///
    /// # Errors
    /// [`PayloadError`], which says which of them is another one.
    pub fn open<'a>(&self, task: &Key, sealed: &'a [u8]) -> Result<&'a [u8], PayloadError> {
        let (head, body) = sealed.split_at_checked(SEALED).ok_or(PayloadError::None { bytes: sealed.len() })?;
        let (magic, rest) = head.split_at(8);
        let (build, proof) = rest.split_at(16);
        if magic != MAGIC {
            return Err(PayloadError::None { bytes: sealed.len() });
        }
        // The key first: what another build is, only those are told who have it. Hashes are compared in constant time.
        let proof: [u8; 32] = proof.try_into().map_err(|_| PayloadError::None { bytes: sealed.len() })?;
        if self.proof(build, task, body) != blake3::Hash::from_bytes(proof) {
            return Err(PayloadError::Key);
        }
        let theirs: [u8; 16] = build.try_into().map_err(|_| PayloadError::None { bytes: sealed.len() })?;
        let theirs = Token::from_bytes(theirs);
        if theirs != self.build {
            return Err(PayloadError::Build { theirs, ours: self.build });
        }
        Ok(body)
    }
}

impl std::fmt::Debug for Seal {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("build", &self.build).finish_non_exhaustive()
    }
}
