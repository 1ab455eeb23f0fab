//! Uploads: objects that are written in parts, and are seen when they are complete.

use super::error::CloudError;
use super::runtime::{start, wait};
use super::store::Store;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use std::collections::VecDeque;
use std::io::{self, Write};
use tokio::task::JoinHandle;

/// Bytes of a part, but for the last: 8 MiB. Stores have a least one of 5 MiB, and 10,000 parts at most.
const PART: usize = 8 << 20;

/// Parts of an object that are on their way at the same time.
const UNDER_WAY: usize = 2;

/// An object that is being written. Nobody sees it before it is complete, and if it is dropped before, it goes.
pub(in crate::dataframe::io) struct Upload {
    store: Store,
    key: Key,
    url: String,
    parts: Option<Box<dyn MultipartUpload>>,
    buffer: Vec<u8>,
    under_way: VecDeque<JoinHandle<object_store::Result<()>>>,
    bytes: u64,
}

impl Upload {
    pub(super) fn new(store: &Store, key: Key, url: String) -> Result<Self, CloudError> {
        let (asked, named, shown) = (store.clone(), key.clone(), url.clone());
        let parts = wait(&url, async move {
            asked.objects().put_multipart(&named).await.map_err(|error| asked.explained(&shown, &error))
        })?;
        let (store, under_way) = (store.clone(), VecDeque::new());
        Ok(Upload { store, key, url, parts: Some(parts), buffer: Vec::new(), under_way, bytes: 0 })
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Sends what is there as a part; waits if too many are on their way.
    fn send(&mut self) -> Result<(), CloudError> {
        let part = std::mem::take(&mut self.buffer);
        self.bytes += part.len() as u64;
        if let Some(parts) = &mut self.parts {
            let sent = start(&self.url, parts.put_part(PutPayload::from(part)))?;
            self.under_way.push_back(sent);
        }
        self.arrived(UNDER_WAY)
    }

    /// Waits until no more than this many parts are on their way.
    fn arrived(&mut self, left: usize) -> Result<(), CloudError> {
        while self.under_way.len() > left
            && let Some(part) = self.under_way.pop_front()
        {
            let (store, url) = (self.store.clone(), self.url.clone());
            wait(&self.url, async move {
                let lost =
                    |_| CloudError::Failed { url: url.clone(), status: None, cause: "a part was lost".to_string() };
                part.await.map_err(lost)?.map_err(|error| store.explained(&url, &error))
            })?;
        }
        Ok(())
    }

    /// Sends what is left. It is whole then, and not yet seen.
    pub(super) fn end(&mut self) -> Result<(), CloudError> {
        if !self.buffer.is_empty() || self.bytes == 0 {
            self.send()?;
        }
        self.arrived(0)
    }

    /// Makes it seen; whoever fails goes.
    pub(super) async fn complete(mut self) -> Result<(), CloudError> {
        let Some(mut parts) = self.parts.take() else { return Ok(()) };
        match parts.complete().await {
            Ok(_) => Ok(()),
            Err(error) => {
                // It stays unseen, even if this fails, too.
                let _gone = parts.abort().await;
                Err(self.store.explained(&self.url, &error))
            }
        }
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PART - self.buffer.len();
        let taken = bytes.len().min(room);
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() == PART {
            self.send().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take() {
            let under_way = std::mem::take(&mut self.under_way);
            let gone = start(&self.url, async move {
                for part in under_way {
                    part.abort();
                    let _ended = part.await;
                }
                let _gone = parts.abort().await;
            });
            drop(gone);
        }
    }
}
