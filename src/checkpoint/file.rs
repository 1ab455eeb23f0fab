//! The file of one kept result: a mark, checksums of what it is of and of what it says, and the result in its written form.

use partita_graph::files::{Readers, replace, try_folder};
use partita_graph::{Key, Token, build_id};
use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What every such file begins with; the digit is the version of the form.
const MARK: &[u8; 8] = b"partita1";

/// The mark, the identity, and the checksum of the rest.
const HEAD: usize = 8 + 16 + 16;

/// The file of a result.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Kept {
    pub(super) path: PathBuf,
    /// What it is a result of: the executable, the key, and the type.
    identity: Token,
}

partita_graph::travels_as_data!(Kept);

/// Why a file does not give its result.
#[derive(Debug, thiserror::Error)]
pub(super) enum Flaw {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unread(#[from] io::Error),
    /// It is no whole file of this result.
    #[error("it is damaged, or of something else")]
    Damaged,
}

/// Makes a folder for files, for its owner only, if it is not there.
pub(super) fn open_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    try_folder(folder)
}

impl Kept {
    /// The file of a key's result of a type, in a folder.
    pub(super) fn new(folder: &Path, key: &Key, type_name: &str) -> Self {
        let mut bytes = build_id().to_bytes().to_vec();
        bytes.extend_from_slice(key.to_string().as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(type_name.as_bytes());
        let identity = Token::of(&bytes);
        // Never a name that the user chose: a key may look like a path.
        Kept { path: folder.join(format!("{identity}.part")), identity }
    }

    /// Writes a result, whole or not at all. The system is not asked to put it onto the disk at once: it outlives
    /// the program, and what a power failure leaves of it is known by its checksum.
    pub(super) fn write(&self, written: &[u8]) -> io::Result<()> {
        replace(&self.path, Readers::Owner, |file| {
            file.write_all(MARK)?;
            file.write_all(&self.identity.to_bytes())?;
            file.write_all(&Token::of(written).to_bytes())?;
            file.write_all(written)
        })
    }

    /// Whether the file is whole. It is not taken into memory.
    pub(super) fn check(&self) -> Result<(), Flaw> {
        let mut file = File::open(&self.path)?;
        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(|_| Flaw::Damaged)?;
        self.fits(&head, Token::of_reader(file)?)
    }

    /// Whether this is the head of this file, if its rest has this checksum.
    fn fits(&self, head: &[u8], sum: Token) -> Result<(), Flaw> {
        let own = [MARK.as_slice(), &self.identity.to_bytes(), &sum.to_bytes()].concat();
        if head == own { Ok(()) } else { Err(Flaw::Damaged) }
    }

    /// What [`Kept::write`] was given, if the file is whole.
    pub(super) fn read(&self) -> Result<Vec<u8>, Flaw> {
        let mut bytes = std::fs::read(&self.path)?;
        let (head, written) = bytes.split_at_checked(HEAD).ok_or(Flaw::Damaged)?;
        self.fits(head, Token::of(written))?;
        bytes.drain(..HEAD);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_what_was_written_or_says_that_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a").join("b");
        open_folder(&inner).unwrap();
        let key = Key::new("../../x", Token::of(b"it"));
        let kept = Kept::new(&inner, &key, "i64");
        assert_eq!(kept.path.parent(), Some(&*inner));
        assert!(matches!(kept.read(), Err(Flaw::Unread(error)) if error.kind() == io::ErrorKind::NotFound));
        kept.write(b"written").unwrap();
        assert_eq!(kept.read().unwrap(), b"written");
        kept.check().unwrap();
        assert!(
            Kept::new(&inner, &key, "i32").path != kept.path
                && Kept::new(&inner, &key.part(1), "i64").path != kept.path
        );
        // Every bit counts, and every byte.
        let whole = std::fs::read(&kept.path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            for damaged in [&changed[..], &whole[..at]] {
                std::fs::write(&kept.path, damaged).unwrap();
                assert!(matches!(kept.read(), Err(Flaw::Damaged)), "{at}");
                assert!(matches!(kept.check(), Err(Flaw::Damaged)), "{at}");
            }
        }
        std::fs::write(&kept.path, [&whole[..], b"x"].concat()).unwrap();
        assert!(matches!(kept.read(), Err(Flaw::Damaged)));
        // One of another result, under this name.
        let other = Kept::new(&inner, &key.part(1), "i64");
        other.write(b"written").unwrap();
        std::fs::rename(&other.path, &kept.path).unwrap();
        assert!(matches!(kept.read(), Err(Flaw::Damaged)));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("kept");
        open_folder(&inner).unwrap();
        let kept = Kept::new(&inner, &Key::new("x", Token::of(b"it")), "i64");
        kept.write(b"written").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&kept.path)), (0o700, 0o600));
        // One that the user made is left as it is.
        std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(0o750)).unwrap();
        open_folder(&inner).unwrap();
        assert_eq!(mode(&inner), 0o750);
    }
}
