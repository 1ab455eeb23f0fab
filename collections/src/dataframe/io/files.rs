//! Files of a dataframe: which there are, as they were when it was made, and how they are opened.

use super::cloud::{Finder, Object, StorageOptions};
use super::error::{ReadError, ReadFault};
use crate::address::scheme;
use crate::bag;
use crate::bag::Compression;
use crate::bag::text::{Planned, files};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// A file as it was when the dataframe was made.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(super) planned: Planned,
    pub(super) inode: Option<u64>,
    /// What it is in a store, if it is not of this machine.
    pub(super) object: Option<Object>,
    /// Its text, if it was read already.
    pub(super) text: Option<Text>,
}

/// The whole text of a file, which several share.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Text(Arc<ByteBuf>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// The files that paths, URLs and patterns name, each of which can be opened.
pub(crate) fn sources(
    patterns: &[PathBuf],
    compression: Compression,
    options: &StorageOptions,
) -> Result<Vec<Source>, ReadError> {
    if patterns.is_empty() {
        return Err(bag::ReadError::NoPaths.into());
    }
    let mut finder = Finder::new(patterns, options);
    let mut sources = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        if scheme(pattern).is_none() {
            let planned = files(std::slice::from_ref(pattern), compression)?;
            sources.extend(planned.into_iter().map(Source::of));
            continue;
        }
        let objects = finder.one(pattern)?;
        if objects.is_empty() {
            let pattern = crate::address::shown(pattern).into_owned();
            return Err(bag::ReadError::NoMatch { pattern }.into());
        }
        sources.extend(objects.into_iter().map(|object| Source::stored(object, compression)));
    }
    Ok(sources)
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(metadata))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<u64> {
    None
}

impl Source {
    fn of(planned: Planned) -> Self {
        let inode = std::fs::metadata(&planned.path).ok().as_ref().and_then(inode);
        Source { planned, inode, object: None, text: None }
    }

    /// The same file, whose text was read already.
    pub(crate) fn with_text(&self, text: Text) -> Self {
        Source { text: Some(text), ..self.clone() }
    }

    /// Reads its whole text.
    pub(crate) fn read(&self) -> Result<Text, ReadFault> {
        let mut opened = self.open(0, u64::MAX)?;
        let mut text = Vec::new();
        let read = opened.text.read_to_end(&mut text);
        read.map_err(|error| self.io(text.len() as u64, &error))?;
        self.check_opened(&opened)?;
        Ok(Text(Arc::new(ByteBuf::from(text))))
    }

    /// A file of a store.
    fn stored(object: Object, compression: Compression) -> Self {
        let path = object.path().to_path_buf();
        let compression = compression.of(object.name());
        let planned = Planned { path, size: object.size(), changed: Some(object.changed()), compression };
        Source { planned, inode: None, object: Some(object), text: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.planned.path
    }

    /// How many bytes it has, as they are stored.
    pub(crate) fn size(&self) -> u64 {
        self.planned.size
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.planned.compression != Compression::None
    }

    /// What it is, for the identity of what is read from it.
    pub(crate) fn described(&self) -> impl serde::Serialize + use<> {
        let time = self.planned.changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let time = time.map(|time| (time.as_secs(), time.subsec_nanos()));
        let path = self.path().to_string_lossy().into_owned();
        let stored = self.object.as_ref().map(Object::described);
        (path, self.planned.size, time, self.inode, self.planned.compression.name(), stored)
    }

    /// Opens it for its text from a byte on; only what is not compressed can be opened within. Of a file of a store, the
    /// text is asked for up to `until`, before it is read.
    pub(crate) fn open(&self, at: u64, until: u64) -> Result<Opened, ReadFault> {
        if let Some(text) = &self.text {
            let mut text = Cursor::new(text.clone());
            text.set_position(at);
            return Ok(Opened { handle: None, text: Box::new(text) });
        }
        if let Some(object) = &self.object {
            return self.open_stored(object, at, until);
        }
        let mut file = File::open(self.path()).map_err(|error| ReadFault::opening(self.path(), &error))?;
        self.check(&file)?;
        let io = |error: std::io::Error| self.io(at, &error);
        if at > 0 && !self.is_compressed() {
            file.seek(SeekFrom::Start(at)).map_err(io)?;
        }
        let handle = file.try_clone().map_err(io)?;
        let mut text = self.planned.compression.decoder(file).map_err(io)?;
        if at > 0 && self.is_compressed() {
            std::io::copy(&mut text.by_ref().take(at), &mut std::io::sink()).map_err(io)?;
        }
        Ok(Opened { handle: Some(handle), text })
    }

    fn open_stored(&self, object: &Object, at: u64, until: u64) -> Result<Opened, ReadFault> {
        let io = |error: std::io::Error| self.io(at, &error);
        let mut reading = object.open();
        match self.is_compressed() {
            true => reading.reads_on(0, u64::MAX),
            false => reading.reads_on(at, until),
        }
        let mut text = self.planned.compression.decoder(reading).map_err(io)?;
        if self.is_compressed() {
            std::io::copy(&mut text.by_ref().take(at), &mut std::io::sink()).map_err(io)?;
        }
        Ok(Opened { handle: None, text })
    }

    /// The first bytes of its text, and whether they are all.
    pub(crate) fn beginning(&self, bytes: usize) -> Result<(Vec<u8>, bool), ReadFault> {
        let mut text = Vec::new();
        let read = self.open(0, bytes as u64)?.text.take(bytes as u64).read_to_end(&mut text);
        let read = read.map_err(|error| self.io(text.len() as u64, &error))?;
        Ok((text, read < bytes))
    }

    /// What was opened is still the file that it was. Each answer of a store tells of which version it is.
    pub(crate) fn check_opened(&self, opened: &Opened) -> Result<(), ReadFault> {
        opened.handle.as_ref().map_or(Ok(()), |file| self.check(file))
    }

    /// It is still the file that it was.
    fn check(&self, file: &File) -> Result<(), ReadFault> {
        let found = file.metadata().map_err(|error| ReadFault::opening(self.path(), &error))?;
        let (size, changed) = Planned::state(&found);
        let what = if size != self.planned.size {
            format!("it had {} bytes, and has {size}", self.planned.size)
        } else if changed != self.planned.changed {
            "it was written to".to_string()
        } else if inode(&found) != self.inode {
            "another file is in its place".to_string()
        } else {
            return Ok(());
        };
        Err(ReadFault::Changed { path: self.path().to_path_buf(), what })
    }

    /// Its text could not be read on.
    pub(crate) fn io(&self, offset: u64, error: &std::io::Error) -> ReadFault {
        if let Some(fault) = ReadFault::of_store(self.path(), error) {
            return fault;
        }
        let (path, cause) = (self.path().to_path_buf(), error.to_string());
        match self.is_compressed() {
            true => ReadFault::Corrupt { path, format: self.planned.compression.name(), offset, cause },
            false => ReadFault::Io { path, offset, cause },
        }
    }

    /// The number of the line, from 1, that starts at a byte of its text.
    pub(crate) fn line(&self, at: u64) -> Result<u64, ReadFault> {
        let mut text = self.open(0, at)?.text.take(at);
        let (mut line, mut offset, mut buffer) = (1, 0, vec![0; 256 << 10]);
        loop {
            let count = text.read(&mut buffer).map_err(|error| self.io(offset, &error))?;
            if count == 0 {
                return Ok(line);
            }
            line += memchr::memchr_iter(b'\n', &buffer[..count]).count() as u64;
            offset += count as u64;
        }
    }
}

/// A file that is being read.
pub(crate) struct Opened {
    /// The file itself, to look at, if it is of this machine and was not read already.
    handle: Option<File>,
    /// Its text, decompressed.
    pub(crate) text: Box<dyn Read>,
}
