//! Objects: files of a store, as they were when the dataframe was made, read by ranges of bytes.

use super::error::CloudError;
use super::reading::Reading;
use super::runtime::turn;
use super::store::Store;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectMeta, coalesce_ranges};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes between two ranges that are read along with them, because another request takes longer: 256 KiB.
const NEAR: u64 = 256 << 10;

/// Bytes of a request at most; longer ranges are put together of several at the same time: 16 MiB.
const PIECE: u64 = 16 << 20;

/// Requests for a range that are under way at the same time.
const AT_ONCE: usize = 4;

/// A file of a store.
#[derive(Clone, Debug)]
pub(in crate::dataframe::io) struct Object(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    path: PathBuf,
    url: String,
    meta: ObjectMeta,
}

impl Object {
    pub(super) fn new(store: &Store, url: String, meta: ObjectMeta) -> Self {
        Object(Arc::new(Inner { store: store.clone(), path: PathBuf::from(&url), url, meta }))
    }

    /// Its URL, as it may be shown.
    pub(in crate::dataframe::io) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Its name in the store, which tells how it is compressed.
    pub(in crate::dataframe::io) fn name(&self) -> &Path {
        Path::new(self.key().as_ref())
    }

    pub(super) fn url(&self) -> &str {
        &self.0.url
    }

    pub(super) fn key(&self) -> &Key {
        &self.0.meta.location
    }

    pub(in crate::dataframe::io) fn size(&self) -> u64 {
        self.0.meta.size
    }

    pub(in crate::dataframe::io) fn changed(&self) -> SystemTime {
        self.0.meta.last_modified.into()
    }

    /// What tells it apart from all others, for the identity of what is read from it.
    pub(in crate::dataframe::io) fn described(&self) -> (String, String, Option<String>) {
        let Inner { store, meta, .. } = &*self.0;
        (store.identity().to_string(), meta.location.to_string(), meta.e_tag.clone())
    }

    /// Opens it; nothing is asked for before it is read.
    pub(in crate::dataframe::io) fn open(&self) -> Reading {
        Reading::new(self.clone())
    }

    /// Some of its bytes.
    pub(super) async fn get(self, range: Range<u64>) -> Result<Vec<u8>, CloudError> {
        let length = range.end.saturating_sub(range.start);
        if length <= PIECE {
            return self.piece(range).await;
        }
        let starts = (range.start..range.end).step_by(PIECE as usize);
        let pieces = starts.map(|start| self.piece(start..range.end.min(start + PIECE)));
        let mut pieces = stream::iter(pieces.collect::<Vec<_>>()).buffered(AT_ONCE);
        let mut bytes = Vec::with_capacity(length as usize);
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Some ranges of its bytes; near ones with one request.
    pub(super) async fn ranges(self, ranges: Vec<Range<u64>>) -> Result<Vec<Vec<u8>>, CloudError> {
        let get = |range| {
            let object = self.clone();
            async move { object.get(range).await.map(bytes::Bytes::from) }
        };
        let found = coalesce_ranges(&ranges, get, NEAR).await?;
        Ok(found.into_iter().map(Vec::from).collect())
    }

    /// One request.
    async fn piece(&self, range: Range<u64>) -> Result<Vec<u8>, CloudError> {
        let Inner { store, url, meta, .. } = &*self.0;
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let _turn = turn().await;
        let (length, whole) = (range.end - range.start, range == (0..meta.size));
        let options = GetOptions::new().with_if_match(strong(meta)).with_range((!whole).then_some(range));
        let explained = |error| store.explained(url, &error);
        let found = store.objects().get_opts(&meta.location, options).await.map_err(explained)?;
        if let Some(what) = difference(meta, &found.meta) {
            return Err(CloudError::Changed { url: url.clone(), what });
        }
        let bytes = found.bytes().await.map_err(explained)?;
        match bytes.len() as u64 == length {
            true => Ok(bytes.into()),
            false => {
                let cause = format!("{} bytes came instead of {length}", bytes.len());
                Err(CloudError::Failed { url: url.clone(), status: None, cause })
            }
        }
    }
}

/// A tag of a version without the marks that some answers have and others have not.
fn tag(meta: &ObjectMeta) -> Option<&str> {
    meta.e_tag.as_deref().map(|tag| tag.trim_start_matches("W/").trim_matches('"'))
}

/// The tag that only the same bytes have.
fn strong(meta: &ObjectMeta) -> Option<String> {
    let is_strong = meta.e_tag.as_deref().is_some_and(|tag| !tag.starts_with("W/"));
    tag(meta).filter(|_| is_strong).map(|tag| format!("\"{tag}\""))
}

/// What differs, if it is not the same.
fn difference(planned: &ObjectMeta, found: &ObjectMeta) -> Option<String> {
    if found.size != planned.size {
        return Some(format!("it had {} bytes, and has {}", planned.size, found.size));
    }
    if let (Some(planned), Some(found)) = (tag(planned), tag(found)) {
        return (planned != found).then(|| format!("its tag was {planned}, and is {found}"));
    }
    // Lists tell fractions of seconds, and answers do not.
    let written = found.last_modified.timestamp() != planned.last_modified.timestamp();
    written.then(|| "it was written to".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_that_are_not_the_same_are_told() {
        let meta = |size, tag: Option<&str>, seconds: u64| ObjectMeta {
            location: Key::from("a"),
            last_modified: (SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(seconds * 1000 + seconds)).into(),
            size,
            e_tag: tag.map(String::from),
            version: None,
        };
        let planned = meta(3, Some("\"x\""), 1);
        assert_eq!(difference(&planned, &meta(3, Some("x"), 2)), None);
        assert_eq!(difference(&planned, &meta(3, Some("\"y\""), 1)).unwrap(), "its tag was x, and is y");
        assert_eq!(difference(&planned, &meta(4, Some("\"x\""), 1)).unwrap(), "it had 3 bytes, and has 4");
        assert_eq!(difference(&planned, &meta(3, None, 1)), None);
        assert_eq!(difference(&planned, &meta(3, None, 2)).unwrap(), "it was written to");
        assert_eq!(strong(&planned).unwrap(), "\"x\"");
        assert_eq!(strong(&meta(3, Some("0x1"), 1)).unwrap(), "\"0x1\"");
        assert_eq!((strong(&meta(3, Some("W/\"x\""), 1)), strong(&meta(3, None, 1))), (None, None));
    }
}
