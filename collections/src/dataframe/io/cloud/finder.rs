//! Finding: which objects URLs and patterns name, as they are now.

use super::address::{Address, Protocol};
use super::error::CloudError;
use super::object::Object;
use super::options::StorageOptions;
use super::runtime::{key, wait};
use super::store::Store;
use futures_util::{StreamExt, TryStreamExt, stream};
use glob::{MatchOptions, Pattern};
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectMeta, ObjectStoreExt};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Objects that are asked for at the same time.
const AT_ONCE: usize = 16;

/// What a `*` stands for ends at a `/`, as it does in patterns of this machine.
const MATCH: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// A file that was found, and how many parts of its path stand above those that may tell of columns.
pub(in crate::dataframe::io) type Found = (Object, usize);

/// Finds the files of a reading. Stores are shared by those of the same bucket.
pub(in crate::dataframe::io) struct Finder {
    options: StorageOptions,
    stores: Vec<(Address, Store)>,
    /// What is known of paths that name one object each.
    known: BTreeMap<PathBuf, Result<Object, CloudError>>,
}

impl Finder {
    /// Asks for all URLs that are no patterns, at the same time.
    pub(in crate::dataframe::io) fn new(paths: &[PathBuf], options: &StorageOptions) -> Self {
        let mut finder = Finder { options: options.clone(), stores: Vec::new(), known: BTreeMap::new() };
        let urls = paths.iter().filter(|path| crate::address::scheme(path).is_some());
        let asked = urls.filter_map(|path| {
            let address = Address::of(path).ok().filter(|address| !address.is_pattern() && !address.key.is_empty())?;
            let store = finder.store(&address).ok()?;
            let key = key(&address.shown, &address.key).ok()?;
            let url = address.shown_at(key.as_ref());
            Some((path.clone(), object(store, key, url)))
        });
        let asked: Vec<_> = asked.collect();
        let asked = asked.into_iter().map(|(path, object)| async { (path, object.await) });
        let asked: Vec<_> = asked.collect();
        if !asked.is_empty() {
            // What cannot be waited for is asked for again, one by one, and tells of its error there.
            let all = async move { Ok(stream::iter(asked).buffered(AT_ONCE).collect().await) };
            finder.known = wait("", all).unwrap_or_default();
        }
        finder
    }

    fn store(&mut self, address: &Address) -> Result<Store, CloudError> {
        let is_same = |(other, _): &&(Address, Store)| other.store == address.store && other.login == address.login;
        if let Some((_, store)) = self.stores.iter().find(is_same) {
            return Ok(store.clone());
        }
        let store = Store::open(address, &self.options)?;
        self.stores.push((address.clone(), store.clone()));
        Ok(store)
    }

    /// The object that a URL names, or those that match it as a pattern; none, if none does.
    pub(in crate::dataframe::io) fn one(&mut self, path: &Path) -> Result<Vec<Object>, CloudError> {
        let address = Address::of(path)?;
        if !address.is_pattern() {
            return Ok(vec![self.named(path, &address)?]);
        }
        let found = self.listed(&address, literal(&address.key))?;
        let pattern = pattern(&address)?;
        let matching = found.into_iter().filter(|object| pattern.matches_with(object.key().as_ref(), MATCH));
        let mut matching: Vec<Object> = matching.collect();
        matching.sort_by_cached_key(|object| parts(object.key().as_ref()));
        Ok(matching)
    }

    /// The object that a URL names, or those below it whose names end in one of `extensions`, or all that match.
    pub(in crate::dataframe::io) fn below(
        &mut self,
        path: &Path,
        extensions: &[&str],
    ) -> Result<Vec<Found>, CloudError> {
        let address = Address::of(path)?;
        let root = |key: &str| Path::new(&address.shown_at(key)).iter().count();
        if !address.is_pattern() {
            let is_directory =
                address.protocol != Protocol::Http && (address.key.is_empty() || address.key.ends_with('/'));
            let missing = match is_directory {
                true => None,
                false => match self.named(path, &address) {
                    Ok(object) => return Ok(vec![(object, usize::MAX)]),
                    Err(error @ CloudError::Missing { .. }) if address.protocol != Protocol::Http => Some(error),
                    Err(error) => return Err(error),
                },
            };
            let directory = address.key.trim_end_matches('/');
            let root = root(directory);
            let found = self.listed(&address, directory)?;
            return match (missing, found.is_empty()) {
                (Some(missing), true) => Err(missing),
                _ => Ok(wanted(found, directory, extensions).map(|object| (object, root)).collect()),
            };
        }
        let directory = literal(&address.key);
        let root = root(directory);
        let pattern = pattern(&address)?;
        let is_match = |key: &str| pattern.matches_with(key, MATCH);
        let mut matching = Vec::new();
        for object in self.listed(&address, directory)? {
            let key = object.key().as_ref();
            let above = key.match_indices('/').map(|(at, _)| &key[..at]).find(|above| is_match(above));
            match above {
                Some(above) if is_wanted(key, above, extensions) => matching.push((parts(above), object)),
                None if is_match(key) => matching.push((parts(key), object)),
                _ => {}
            }
        }
        // What is below a directory that matches keeps its order.
        matching.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(matching.into_iter().map(|(_, object)| (object, root)).collect())
    }

    /// The object that a URL names.
    fn named(&mut self, path: &Path, address: &Address) -> Result<Object, CloudError> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let store = self.store(address)?;
        let key = key(&address.shown, &address.key)?;
        let url = address.shown_at(key.as_ref());
        wait(&address.shown, object(store, key, url))
    }

    /// All objects below a directory, in the order of their names.
    fn listed(&mut self, address: &Address, directory: &str) -> Result<Vec<Object>, CloudError> {
        let store = self.store(address)?;
        let key = key(&address.shown, directory)?;
        let (asked, shown) = (store.clone(), address.shown.clone());
        let mut found: Vec<ObjectMeta> = wait(&address.shown, async move {
            let found = asked.objects().list(Some(&key)).try_collect().await;
            found.map_err(|error| asked.explained(&shown, &error))
        })?;
        found.sort_by_cached_key(|meta| crate::dataframe::io::listing::natural_parts(meta.location.as_ref()));
        let object = |meta: ObjectMeta| Object::new(&store, address.shown_at(meta.location.as_ref()), meta);
        Ok(found.into_iter().map(object).collect())
    }
}

/// An object as it is now.
async fn object(store: Store, key: Key, url: String) -> Result<Object, CloudError> {
    let meta = match store.objects().head(&key).await {
        // Signatures of URLs are for reading, and some servers do not tell without it: the first byte tells as much.
        Err(_) if store.is_web() => {
            let first = GetOptions::new().with_range(Some(0..1));
            store.objects().get_opts(&key, first).await.map(|found| found.meta)
        }
        told => told,
    };
    let meta = meta.map_err(|error| store.explained(&url, &error))?;
    Ok(Object::new(&store, url, meta))
}

/// The directory above the first part of a key that is a pattern.
fn literal(key: &str) -> &str {
    let first = key.find(['*', '?', '[']).unwrap_or(key.len());
    key[..first].rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The names of a key, by which it is sorted among others.
fn parts(key: &str) -> Vec<String> {
    key.split('/').map(String::from).collect()
}

fn pattern(address: &Address) -> Result<Pattern, CloudError> {
    let wrong = |error: glob::PatternError| CloudError::Url { url: address.shown.clone(), reason: error.to_string() };
    Pattern::new(address.key.trim_end_matches('/')).map_err(wrong)
}

/// Whether an object below a directory is a file of a format, and not hidden.
fn is_wanted(key: &str, directory: &str, extensions: &[&str]) -> bool {
    let below = key.strip_prefix(directory).unwrap_or(key).trim_start_matches('/');
    let is_hidden = |part: &str| part.starts_with(['.', '_']) && !part.contains('=');
    let lower = below.to_ascii_lowercase();
    let is_one = extensions.iter().any(|extension| lower.ends_with(&format!(".{extension}")));
    is_one && !below.split('/').any(is_hidden)
}

fn wanted<'a>(
    found: Vec<Object>,
    directory: &'a str,
    extensions: &'a [&str],
) -> impl Iterator<Item = Object> + use<'a> {
    found.into_iter().filter(move |object| is_wanted(object.key().as_ref(), directory, extensions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_listed_below_what_is_no_pattern() {
        for (key, directory) in [("a/b*/c", "a"), ("*.csv", ""), ("a/b/c?.csv", "a/b"), ("a/[bc]/d", "a")] {
            assert_eq!(literal(key), directory);
        }
    }

    #[test]
    fn hidden_objects_and_those_of_other_formats_are_left_out() {
        let is_wanted = |key| is_wanted(key, "a", &["parquet"]);
        assert!(is_wanted("a/x.parquet") && is_wanted("a/_b=1/x.PARQUET"));
        assert!(!is_wanted("a/_SUCCESS") && !is_wanted("a/.b/x.parquet") && !is_wanted("a/x.csv"));
    }
}
