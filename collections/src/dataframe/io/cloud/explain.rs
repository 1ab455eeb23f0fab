//! Explanations: what a store's error means, in words that have a remedy and no secrets.

use super::address::Protocol;
use super::error::CloudError;
use crate::address::HIDDEN;
use object_store::client::{HttpError, HttpErrorKind};
use std::error::Error;

/// Characters of what a server says that are shown.
const SAID: usize = 300;

/// Where machines in a cloud get their credentials. Who is asked there has no others, and if it fails, none at all.
const METADATA: [&str; 4] = ["/latest/api/token", "/latest/meta-data", "/computeMetadata/", "/metadata/identity/"];

/// Whose requests fail: what their errors need to know.
pub(super) struct Asked<'a> {
    pub(super) url: &'a str,
    pub(super) protocol: Protocol,
    pub(super) secrets: &'a [String],
}

impl Asked<'_> {
    /// What an error of a store means.
    pub(super) fn explained(&self, error: &object_store::Error) -> CloudError {
        let url = self.url.to_string();
        let text = error.to_string();
        let status = status(&text);
        let cause = self.hidden(&said(&text).unwrap_or_else(|| deepest(error)));
        if METADATA.iter().any(|path| text.contains(path)) {
            return CloudError::NoCredentials { url, variables: self.protocol.variables() };
        }
        if let Some(kind) = transport(error) {
            return match kind {
                HttpErrorKind::Timeout
                | HttpErrorKind::Connect
                | HttpErrorKind::Interrupted
                | HttpErrorKind::Request => CloudError::Unreachable { url, cause },
                _ => CloudError::Failed { url, status, cause },
            };
        }
        match (error, status) {
            (object_store::Error::NotFound { .. }, _) | (_, Some(404 | 410)) => {
                CloudError::Missing { url, cause: if cause.contains("status code") { String::new() } else { cause } }
            }
            (_, Some(status @ (401 | 403))) => {
                CloudError::Denied { url, status, cause, variables: self.protocol.variables() }
            }
            (object_store::Error::Precondition { .. }, _) | (_, Some(412)) => {
                CloudError::Changed { url, what: "it is another version".to_string() }
            }
            (_, Some(416)) => CloudError::Changed { url, what: "it is shorter".to_string() },
            (object_store::Error::NotSupported { .. }, _) => CloudError::NoRanges { url },
            _ if text.contains("non-partial response") => CloudError::NoRanges { url },
            _ => CloudError::Failed { url, status, cause },
        }
    }

    /// A text without the secrets.
    pub(super) fn hidden(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        let text = secrets.fold(text.to_string(), |text, secret| text.replace(secret.as_str(), HIDDEN));
        match text.char_indices().nth(SAID) {
            Some((at, _)) => format!("{}...", &text[..at]),
            None => text,
        }
    }
}

/// The status of HTTP, which stores tell in their texts only.
fn status(text: &str) -> Option<u16> {
    text.split_once("status code: ")?.1.get(..3)?.parse().ok()
}

/// What went wrong with the request itself, if there was no answer.
fn transport(error: &object_store::Error) -> Option<HttpErrorKind> {
    let mut next = Some(error as &dyn Error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<HttpError>() {
            return Some(found.kind());
        }
        next = error.source();
    }
    None
}

/// What the server said: the code and the message of its answer, or the status.
fn said(text: &str) -> Option<String> {
    let answer = text.split_once("status code: ")?.1;
    let within = |name: &str| {
        let start = answer.split_once(&format!("<{name}>"))?.1;
        start.split_once(&format!("</{name}>")).map(|(within, _)| within.trim().to_string())
    };
    match (within("Code"), within("Message")) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (Some(code), None) => Some(code),
        _ => Some(format!("status code {}", answer.lines().next().unwrap_or_default().trim_end_matches([':', ' ']))),
    }
}

/// The innermost cause, which has no URL in it.
fn deepest(error: &object_store::Error) -> String {
    let mut cause = error as &dyn Error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
