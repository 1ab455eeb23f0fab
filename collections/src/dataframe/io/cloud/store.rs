//! Stores: buckets, containers and servers, made of URLs, options and the environment.

use super::address::{Address, Protocol};
use super::error::CloudError;
use super::explain::Asked;
use super::options::StorageOptions;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::{ClientConfigKey, ClientOptions, HeaderMap, HeaderValue, ObjectStore, RetryConfig};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How often a request is tried again, unless `max_retries` says otherwise.
const RETRIES: usize = 5;
/// For how long it is, unless `retry_timeout` says otherwise.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// What a bucket, a container or a server is asked through.
#[derive(Clone)]
pub(in crate::dataframe::io) struct Store(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    protocol: Protocol,
    secrets: Vec<String>,
    /// What tells it apart from others, for the identity of what is read.
    identity: String,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.protocol)
    }
}

/// Makes the builder of a store with those of the options that it knows.
macro_rules! with_options {
    ($builder:expr, $key:ty, $maker:expr) => {{
        let mut builder = $builder;
        for (name, value) in $maker.options.iter() {
            match name.parse::<$key>() {
                Ok(key) => builder = builder.with_config(key, value),
                Err(_) => $maker.known(name)?,
            }
        }
        builder
    }};
}

/// What a store is made of.
struct Maker<'a> {
    address: &'a Address,
    options: &'a StorageOptions,
    asked: Asked<'a>,
}

impl Store {
    pub(super) fn open(address: &Address, options: &StorageOptions) -> Result<Self, CloudError> {
        let mut secrets: Vec<String> = options.secrets().map(String::from).collect();
        secrets.extend(address.secrets.iter().cloned());
        let asked = Asked { url: &address.shown, protocol: address.protocol, secrets: &secrets };
        let maker = Maker { address, options, asked };
        // How the process encrypts, unless the program chose already; then this is an error, and means nothing.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let retry = maker.retry()?;
        let store: Arc<dyn ObjectStore> = match address.protocol {
            Protocol::S3 => maker.s3(retry)?,
            Protocol::Google => {
                let builder = GoogleCloudStorageBuilder::from_env().with_url(&address.store);
                maker.made(with_options!(builder, GoogleConfigKey, maker).with_retry(retry).build())?
            }
            Protocol::Azure => {
                let builder = MicrosoftAzureBuilder::from_env().with_url(&address.store);
                maker.made(with_options!(builder, AzureConfigKey, maker).with_retry(retry).build())?
            }
            Protocol::Http => maker.http(retry)?,
        };
        let identity = format!("{};{}", address.store, options.plain());
        Ok(Store(Arc::new(Inner { store, protocol: address.protocol, secrets, identity })))
    }

    pub(super) fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.0.store
    }

    /// Whether it is a plain server of HTTP.
    pub(super) fn is_web(&self) -> bool {
        self.0.protocol == Protocol::Http
    }

    pub(super) fn identity(&self) -> &str {
        &self.0.identity
    }

    /// What an error of its means, with the URL that was asked for.
    pub(super) fn explained(&self, url: &str, error: &object_store::Error) -> CloudError {
        Asked { url, protocol: self.0.protocol, secrets: &self.0.secrets }.explained(error)
    }
}

impl Maker<'_> {
    fn s3(&self, retry: RetryConfig) -> Result<Arc<dyn ObjectStore>, CloudError> {
        let builder = AmazonS3Builder::from_env().with_url(&self.address.store);
        let builder = with_options!(builder, AmazonS3ConfigKey, self).with_retry(retry);
        let allows_http = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
        if let Some(endpoint) = builder.get_config_value(&AmazonS3ConfigKey::Endpoint)
            && endpoint.starts_with("http://")
            && allows_http.is_none_or(|allows| matches!(&*allows, "" | "false" | "0"))
        {
            let reason = "begins with `http://`, which encrypts nothing: if that is right, say so with the option \
                          `aws_allow_http`";
            return Err(self.wrong("endpoint", reason));
        }
        self.made(builder.build())
    }

    fn http(&self, retry: RetryConfig) -> Result<Arc<dyn ObjectStore>, CloudError> {
        let plain = self.address.store.starts_with("http://");
        let mut client = ClientOptions::new().with_allow_http(plain);
        for (name, value) in self.options.iter() {
            match name.parse::<ClientConfigKey>() {
                Ok(key) => client = client.with_config(key, value),
                Err(_) => self.known(name)?,
            }
        }
        if let Some((user, password)) = &self.address.login {
            let mut headers = HeaderMap::new();
            let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
            let mut value = HeaderValue::from_str(&value).map_err(|error| self.settings(&error.to_string()))?;
            value.set_sensitive(true);
            headers.insert("authorization", value);
            client = client.with_default_headers(headers);
        }
        let builder = HttpBuilder::new().with_url(&self.address.store).with_client_options(client);
        self.made(builder.with_retry(retry).build())
    }

    fn made<S: ObjectStore>(&self, made: object_store::Result<S>) -> Result<Arc<dyn ObjectStore>, CloudError> {
        made.map(|store| Arc::new(store) as _).map_err(|error| self.settings(&error.to_string()))
    }

    fn settings(&self, reason: &str) -> CloudError {
        CloudError::Settings { url: self.address.shown.clone(), reason: self.asked.hidden(reason) }
    }

    fn wrong(&self, option: &str, reason: &str) -> CloudError {
        let (url, option) = (self.address.shown.clone(), option.to_string());
        CloudError::Option { url, option, reason: reason.to_string() }
    }

    /// An option that this store does not have is one of another.
    fn known(&self, name: &str) -> Result<(), CloudError> {
        let of_another = name.parse::<AmazonS3ConfigKey>().is_ok()
            || name.parse::<GoogleConfigKey>().is_ok()
            || name.parse::<AzureConfigKey>().is_ok();
        match of_another || matches!(name, "max_retries" | "retry_timeout") {
            true => Ok(()),
            false => Err(self.wrong(name, "is not known: check the spelling; `aws_region` or `timeout` are some")),
        }
    }

    /// How often and how long is tried again.
    fn retry(&self) -> Result<RetryConfig, CloudError> {
        let mut retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
        for (name, value) in self.options.iter() {
            let number = || value.parse::<u32>().map_err(|_| self.wrong(name, "has to be a whole number"));
            match name {
                "max_retries" => retry.max_retries = number()? as usize,
                "retry_timeout" => retry.retry_timeout = Duration::from_secs(number()?.into()),
                _ => {}
            }
        }
        Ok(retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn opened(url: &str, options: &[(&str, &str)]) -> Result<Store, CloudError> {
        let mut given = StorageOptions::default();
        given.extend(options.iter().copied());
        Address::of(Path::new(url)).and_then(|address| Store::open(&address, &given))
    }

    #[test]
    fn options_make_stores_and_wrong_ones_are_told_without_their_values() {
        let keys = [("aws_access_key_id", "me"), ("aws_secret_access_key", "hush"), ("region", "here")];
        assert!(opened("s3://bucket/a", &keys).is_ok());
        assert!(opened("gs://bucket/a", &[("google_skip_signature", "true")]).is_ok());
        let azure = [("azure_storage_account_name", "me"), ("azure_storage_account_key", "aHVzaA==")];
        assert!(opened("az://box/a", &azure).is_ok());
        assert!(opened("https://host/a", &[("timeout", "5s"), ("aws_region", "of another store")]).is_ok());
        for (url, options, expected) in [
            ("s3://bucket/a", &[("aws_secret", "hush")][..], "`aws_secret` is not known"),
            ("s3://bucket/a", &[("max_retries", "hush")], "`max_retries` has to be a whole number"),
            ("s3://bucket/a", &[("endpoint", "http://hush")], "`endpoint` begins with `http://`"),
            ("gs://bucket/a", &[("google_service_account_key", "hush")], "do not make a store"),
            ("az://box/a", &[("azure_storage_account_key", "hush")], "do not make a store"),
            ("az://box.y/a", &[], "do not make a store"),
        ] {
            let error = opened(url, options).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hush"), "{url}: {error}");
        }
    }
}
