//! Options of stores: settings and credentials, whose values are never shown.

use std::fmt;

/// Options of stores for one reading or writing. What they do not say is taken from the environment.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::dataframe::io) struct StorageOptions(Vec<(String, String)>);

/// What names of options that are secret have in them.
#[cfg(any(feature = "cloud", test))]
const SECRET: [&str; 6] = ["key", "secret", "token", "password", "sas", "account"];

/// How names end that are not, even so.
#[cfg(any(feature = "cloud", test))]
const PLAIN: [&str; 2] = ["account_name", "key_id"];

impl StorageOptions {
    /// Adds options; the last one of a name counts.
    pub(in crate::dataframe::io) fn extend<K: Into<String>, V: Into<String>>(
        &mut self,
        options: impl IntoIterator<Item = (K, V)>,
    ) {
        self.0.extend(options.into_iter().map(|(name, value)| (name.into().to_ascii_lowercase(), value.into())));
    }
}

// Only stores ask for their options.
#[cfg(any(feature = "cloud", test))]
impl StorageOptions {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Values that must not be seen.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value)
    }

    /// What says where files are, for the identity of what is read.
    pub(super) fn plain(&self) -> String {
        self.iter().filter(|(name, _)| !is_secret(name)).map(|(name, value)| format!("{name}={value};")).collect()
    }
}

#[cfg(any(feature = "cloud", test))]
fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|part| name.contains(part)) && !PLAIN.iter().any(|end| name.ends_with(end))
}

/// Names without values.
impl fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, _)| (name, crate::address::HIDDEN))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_shown_and_secrets_are_known() {
        let mut options = StorageOptions::default();
        options.extend([("AWS_Secret_Access_Key", "hush"), ("aws_region", "here")]);
        options.extend([("account_name", "mine"), ("azure_storage_sas_key", "psst")]);
        let shown = format!("{options:?}");
        assert!(["hush", "here", "psst", "mine"].iter().all(|value| !shown.contains(value)), "{shown}");
        assert!(shown.contains("\"aws_secret_access_key\": \"***\""), "{shown}");
        assert_eq!(options.secrets().collect::<Vec<_>>(), ["hush", "psst"]);
        assert_eq!(options.plain(), "aws_region=here;account_name=mine;");
    }
}
