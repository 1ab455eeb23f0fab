//! Destinations: directories of objects, or single objects, that are written as a whole or not at all, as far as stores
//! allow it. No object is seen before all are whole; then each is made seen by a request of its own.

use super::address::{Address, Protocol};
use super::error::CloudError;
use super::options::StorageOptions;
use super::runtime::{key, wait};
use super::store::Store;
use super::upload::Upload;
use crate::dataframe::io::faults::FileError;
use crate::dataframe::io::write::EXPECTED;
use crate::staged::{Target, TargetError};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;
use object_store::path::Path as Key;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Requests of the end of a writing that are under way at the same time.
const AT_ONCE: usize = 8;

/// Where objects are written to.
#[derive(Clone)]
pub(in crate::dataframe::io) struct Destination {
    store: Store,
    key: Key,
    url: String,
    overwrite: bool,
    single: bool,
    /// How names of objects end that are replaced.
    ending: String,
}

/// Objects of one run.
pub(in crate::dataframe::io) struct Uploads {
    destination: Destination,
    uploads: Mutex<BTreeMap<PathBuf, Upload>>,
}

impl Destination {
    /// A place to write to, if nothing stands in its way.
    pub(in crate::dataframe::io) fn of(
        target: &Target,
        options: &StorageOptions,
        single: bool,
        ending: &str,
    ) -> Result<Self, FileError> {
        let address = Address::of(target.path())?;
        if address.protocol == Protocol::Http {
            return Err(CloudError::ReadOnly { url: address.shown }.into());
        }
        let place = key(&address.shown, address.key.trim_end_matches('/'))?;
        if single && place.as_ref().is_empty() {
            let reason = "it names no file, only a bucket".to_string();
            return Err(CloudError::Url { url: address.shown, reason }.into());
        }
        let store = Store::open(&address, options)?;
        let (url, ending) = (address.shown_at(place.as_ref()), ending.to_string());
        let destination = Destination { store, key: place, url, overwrite: target.overwrites(), single, ending };
        destination.free()?;
        Ok(destination)
    }

    /// The URL of a file below it.
    pub(in crate::dataframe::io) fn path(&self, name: &Path) -> PathBuf {
        match self.single {
            true => PathBuf::from(&self.url),
            false => PathBuf::from(format!("{}/{}", self.url.trim_end_matches('/'), joined(name))),
        }
    }

    /// The objects that are there, if they may be replaced.
    fn free(&self) -> Result<BTreeSet<Key>, FileError> {
        let there = match self.single {
            true => self.head(&self.key)?.map(|_| self.key.clone()).into_iter().collect(),
            false => self.listed()?,
        };
        let path = PathBuf::from(&self.url);
        let is_expected = |key: &Key| {
            let name = key.filename().unwrap_or_default();
            name.ends_with(&self.ending) || name.starts_with(['_', '.'])
        };
        match (there.is_empty(), self.overwrite) {
            (false, false) => Err(TargetError::Exists { path }.into()),
            (false, true) if !self.single && !there.iter().all(is_expected) => {
                Err(TargetError::Foreign { path, expected: EXPECTED }.into())
            }
            _ => Ok(there),
        }
    }

    fn listed(&self) -> Result<BTreeSet<Key>, CloudError> {
        let Destination { store, key, url, .. } = self.clone();
        wait(&self.url, async move {
            let found = store.objects().list(Some(&key)).map_ok(|meta| meta.location).try_collect().await;
            found.map_err(|error| store.explained(&url, &error))
        })
    }

    /// How many bytes an object has, if it is there.
    fn head(&self, key: &Key) -> Result<Option<u64>, CloudError> {
        let (store, url, key) = (self.store.clone(), self.url.clone(), key.clone());
        wait(&self.url, async move {
            match store.objects().head(&key).await.map_err(|error| store.explained(&url, &error)) {
                Ok(meta) => Ok(Some(meta.size)),
                Err(CloudError::Missing { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn key(&self, name: &Path) -> Result<Key, CloudError> {
        match self.single {
            true => Ok(self.key.clone()),
            false => key(&self.url, format!("{}/{}", self.key, joined(name)).trim_start_matches('/')),
        }
    }

    /// Removes objects; what cannot be removed is left.
    async fn remove(&self, keys: Vec<Key>) -> usize {
        let removed = |key: Key| async move { self.store.objects().delete(&key).await.is_ok() };
        let removed = stream::iter(keys).map(removed).buffer_unordered(AT_ONCE);
        removed.filter(|removed| std::future::ready(!removed)).count().await
    }
}

/// The names of a path with `/` between them, whatever this machine has there.
fn joined(name: &Path) -> String {
    name.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

impl Uploads {
    pub(in crate::dataframe::io) fn new(destination: Destination) -> Self {
        Uploads { destination, uploads: Mutex::default() }
    }

    /// A new object of this name.
    pub(in crate::dataframe::io) fn file(&self, name: &Path) -> io::Result<Upload> {
        let place = &self.destination;
        let url = place.path(name).to_string_lossy().into_owned();
        let upload = place.key(name).and_then(|key| Upload::new(&place.store, key, url));
        upload.map_err(io::Error::other)
    }

    /// Takes an object that is written; how many bytes it has.
    pub(in crate::dataframe::io) fn keep(&self, name: &Path, mut upload: Upload) -> io::Result<u64> {
        upload.end().map_err(io::Error::other)?;
        let bytes = upload.bytes();
        // One that a task wrote before it was repeated goes.
        drop(self.uploads.lock().insert(name.to_path_buf(), upload));
        Ok(bytes)
    }

    /// How many bytes an object has that was written before.
    pub(in crate::dataframe::io) fn size(&self, name: &Path) -> io::Result<u64> {
        let size = self.destination.key(name).and_then(|key| self.destination.head(&key));
        size.map_err(io::Error::other)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Makes all objects seen. If one cannot be, those that are seen already are removed again.
    pub(in crate::dataframe::io) fn finish(&self) -> Result<(), FileError> {
        let old = self.destination.free()?;
        let uploads = std::mem::take(&mut *self.uploads.lock());
        let new: BTreeSet<Key> = uploads.values().map(|upload| upload.key().clone()).collect();
        let place = self.destination.clone();
        wait(&self.destination.url, async move {
            let complete = |upload: Upload| async move {
                let key = upload.key().clone();
                upload.complete().await.map(|()| key)
            };
            let ended = stream::iter(uploads.into_values()).map(complete).buffer_unordered(AT_ONCE);
            let ended: Vec<Result<Key, CloudError>> = ended.collect().await;
            let (mut seen, mut failure) = (Vec::new(), None);
            for result in ended {
                match result {
                    Ok(key) => seen.push(key),
                    Err(error) => drop(failure.get_or_insert(error)),
                }
            }
            if let Some(failure) = failure {
                place.remove(seen).await;
                return Err(failure);
            }
            let left = place.remove(old.difference(&new).cloned().collect()).await;
            match left {
                0 => Ok(()),
                left => {
                    let cause =
                        format!("all is written, and {left} objects that were there before could not be removed");
                    Err(CloudError::Failed { url: place.url.clone(), status: None, cause })
                }
            }
        })?;
        Ok(())
    }

    /// Lets all objects go that are not seen.
    pub(in crate::dataframe::io) fn abandon(&self) {
        drop(std::mem::take(&mut *self.uploads.lock()));
    }
}
