//! Addresses: which paths are URLs, and how paths are shown, without what is secret in them.

use std::borrow::Cow;
#[cfg(feature = "dataframe")]
use std::fmt;
use std::path::{Path, PathBuf};

/// What stands for a secret where it would be shown.
pub(crate) const HIDDEN: &str = "***";

/// What stands before `://` in a path that is a URL, in lower case.
#[cfg(feature = "dataframe")]
pub(crate) fn scheme(path: &Path) -> Option<String> {
    parts(path.to_str()?).map(|(scheme, _)| scheme.to_ascii_lowercase())
}

fn parts(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
    is_scheme.then_some((scheme, rest))
}

/// A path as it may be shown: of a URL without passwords, keys and queries, which may be signatures.
pub(crate) fn shown(path: &Path) -> Cow<'_, Path> {
    let Some((scheme, rest)) = path.to_str().and_then(parts) else { return Cow::Borrowed(path) };
    let is_web = scheme.to_ascii_lowercase().starts_with("http");
    // Elsewhere a `?` is part of a pattern.
    let (rest, query) = match is_web.then(|| rest.find(['?', '#'])).flatten() {
        Some(at) => (&rest[..at], true),
        None => (rest, false),
    };
    let (authority, key) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = match authority.rsplit_once('@') {
        // Of Azure, it is the container that stands before the account.
        Some((container, host)) if !is_web && !container.contains(':') => (Some(container), host),
        Some((_, host)) => (Some(HIDDEN), host),
        None => (None, authority),
    };
    if user.is_none() && !query {
        return Cow::Borrowed(path);
    }
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let query = if query { format!("?{HIDDEN}") } else { String::new() };
    Cow::Owned(PathBuf::from(format!("{scheme}://{user}{host}{key}{query}")))
}

/// Paths that show nothing that is secret when they are looked at.
#[cfg(feature = "dataframe")]
#[derive(Clone)]
pub(crate) struct Paths(pub(crate) Vec<PathBuf>);

#[cfg(feature = "dataframe")]
impl fmt::Debug for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|path| shown(path))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_urls_are_not_shown() {
        for (path, expected) in [
            ("a/b.csv", "a/b.csv"),
            ("/a/b?c@d:e", "/a/b?c@d:e"),
            ("s3://bucket/a?.csv", "s3://bucket/a?.csv"),
            ("s3://bucket/user@host/a.csv", "s3://bucket/user@host/a.csv"),
            ("s3://key:secret@bucket/a.csv", "s3://***@bucket/a.csv"),
            ("az://container@account/a.csv", "az://container@account/a.csv"),
            ("http://host/a.csv", "http://host/a.csv"),
            ("http://user:pass@word@host:80/a.csv", "http://***@host:80/a.csv"),
            ("https://token@host/a.csv", "https://***@host/a.csv"),
            ("https://host/a.csv?sig=secret#x", "https://host/a.csv?***"),
            ("HTTPS://u:p@host?sig=secret", "HTTPS://***@host?***"),
        ] {
            assert_eq!(shown(Path::new(path)), Path::new(expected));
        }
    }

    #[test]
    #[cfg(feature = "dataframe")]
    fn schemes_are_what_stands_before_the_colon() {
        let schemes =
            ["s3://a/b", "HTTP://a", "/a/b://c", "a/b://c", "://a", "c:\\a"].map(|path| scheme(Path::new(path)));
        assert_eq!(schemes, [Some("s3".into()), Some("http".into()), None, None, None, None]);
        let paths = Paths(vec!["http://u:p@host/a".into(), "b".into()]);
        assert_eq!(format!("{paths:?}"), "[\"http://***@host/a\", \"b\"]");
    }
}
