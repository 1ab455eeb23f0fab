//! Addresses: a URL taken apart into the store it is of and the key of an object, or a pattern for keys.

use super::error::{CloudError, url};
use std::path::Path;

/// Whose protocol a store speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    S3,
    Google,
    Azure,
    Http,
}

impl Protocol {
    /// Where credentials are looked for.
    pub(super) fn variables(self) -> &'static str {
        match self {
            Protocol::S3 => "`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`",
            Protocol::Google => "`GOOGLE_SERVICE_ACCOUNT`",
            Protocol::Azure => "`AZURE_STORAGE_ACCOUNT_NAME`, `AZURE_STORAGE_ACCOUNT_KEY`",
            Protocol::Http => "none; over HTTP they stand in the URL, as in `https://user:password@host`",
        }
    }
}

/// A URL taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) protocol: Protocol,
    /// The URL of the store.
    pub(super) store: String,
    /// User and password.
    pub(super) login: Option<(String, String)>,
    /// The key of an object, of a directory of them, or a pattern.
    pub(super) key: String,
    /// As it may be shown.
    pub(super) shown: String,
    /// What is not shown.
    pub(super) secrets: Vec<String>,
}

impl Address {
    pub(super) fn of(path: &Path) -> Result<Self, CloudError> {
        let shown = url(path);
        let wrong = |reason: &str| CloudError::Url { url: shown.clone(), reason: reason.to_string() };
        let text = path.to_str().ok_or_else(|| wrong("it is no UTF-8"))?;
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("it has no `://`"))?;
        let scheme = scheme.to_ascii_lowercase();
        let protocol = match scheme.as_str() {
            "s3" | "s3a" => Protocol::S3,
            "gs" => Protocol::Google,
            "az" | "azure" | "adl" | "abfs" | "abfss" => Protocol::Azure,
            "http" | "https" => return Address::web(text, shown),
            _ => return Err(CloudError::Scheme { url: shown, scheme }),
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let login = bucket.rsplit_once('@').map(|(login, _)| login);
        if login.is_some_and(|login| protocol != Protocol::Azure || login.contains(':')) {
            return Err(wrong("credentials stand in it; give them with `storage_options` or in the environment"));
        }
        if bucket.is_empty() {
            return Err(wrong("it names no bucket, which stands behind `://`"));
        }
        let store = format!("{scheme}://{bucket}");
        Ok(Address { protocol, store, login: None, key: key.to_string(), shown, secrets: Vec::new() })
    }

    /// Of a file on a web server.
    fn web(text: &str, shown: String) -> Result<Self, CloudError> {
        let wrong = |reason: String| CloudError::Url { url: shown.clone(), reason };
        let url = url::Url::parse(text).map_err(|error| wrong(error.to_string()))?;
        let key = object_store::path::Path::from_url_path(url.path()).map_err(|error| wrong(error.to_string()))?;
        if key.as_ref().is_empty() {
            return Err(wrong("it names no file, only a server".to_string()));
        }
        if url.path().contains(['*', '[']) {
            return Err(CloudError::NoList { url: shown });
        }
        let decoded =
            |text: &str| match url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes()).next()
            {
                Some((_, value)) => value.into_owned(),
                None => String::new(),
            };
        let login = (!url.username().is_empty() || url.password().is_some())
            .then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())));
        let mut secrets: Vec<String> = url.query().map(String::from).into_iter().collect();
        secrets.extend(url.password().map(String::from));
        if let Some((user, password)) = &login {
            secrets.push(if password.is_empty() { user.clone() } else { password.clone() });
        }
        let mut store = url.clone();
        store.set_path("");
        store.set_fragment(None);
        // Neither is wrong for a URL with a host.
        let _no_login = (store.set_username(""), store.set_password(None));
        let (store, key) = (store.to_string(), key.to_string());
        Ok(Address { protocol: Protocol::Http, store, login, key, shown, secrets })
    }

    /// The key's part of the URL replaced by another.
    pub(super) fn shown_at(&self, key: &str) -> String {
        match self.protocol {
            Protocol::Http => self.shown.clone(),
            _ => format!("{}/{key}", self.store),
        }
    }

    /// Whether the key is a pattern.
    pub(super) fn is_pattern(&self) -> bool {
        self.protocol != Protocol::Http && self.key.contains(['*', '?', '['])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, protocol, store, key) in [
            ("s3://bucket/a/b c%20.csv", Protocol::S3, "s3://bucket", "a/b c%20.csv"),
            ("S3A://bucket", Protocol::S3, "s3a://bucket", ""),
            ("gs://bucket/a*?.csv", Protocol::Google, "gs://bucket", "a*?.csv"),
            ("az://box/a", Protocol::Azure, "az://box", "a"),
            ("abfss://box@me.dfs.core.windows.net/a", Protocol::Azure, "abfss://box@me.dfs.core.windows.net", "a"),
            ("http://host:81/a/b%20c.csv", Protocol::Http, "http://host:81/", "a/b c.csv"),
            ("https://u:p%40@host/a?sig=x#y", Protocol::Http, "https://host/?sig=x", "a"),
        ] {
            let address = Address::of(Path::new(url)).unwrap();
            assert_eq!((address.protocol, &*address.store, &*address.key), (protocol, store, key), "{url}");
        }
        let address = Address::of(Path::new("https://u:p%40+@host/a?sig=x#y")).unwrap();
        assert_eq!(address.login, Some(("u".into(), "p@+".into())));
        assert_eq!(address.shown, "https://***@host/a?***");
        assert_eq!(address.secrets, ["sig=x", "p%40+", "p@+"]);
    }

    #[test]
    fn urls_that_make_no_sense_are_refused() {
        for (url, expected) in [
            ("ftp://host/a", "`ftp://host/a`: there are no files at `ftp://`"),
            ("s3:///a", "names no bucket"),
            ("s3://key:hush@bucket/a", "credentials stand in it"),
            ("http://host", "names no file"),
            ("http://", "is no URL of a file"),
            ("https://host/*.csv", "give the URL of each file"),
            ("https://u:hush@host/*.csv?sig=hush", "give the URL of each file"),
        ] {
            let error = Address::of(Path::new(url)).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hush"), "{url}: {error}");
        }
    }
}
