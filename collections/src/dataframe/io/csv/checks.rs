//! Checks of how CSV files are to be read, before any of them is.

use super::CsvReader;
use crate::dataframe::error::FrameError;
use crate::dataframe::io::error::ReadError;
use polars_io::prelude::{CommentPrefix, CsvParseOptions};

impl CsvReader {
    /// The separator, the quote and the comment make sense.
    pub(super) fn check(&self) -> Result<(), ReadError> {
        let CsvParseOptions { separator, quote_char, comment_prefix, .. } = &self.options;
        let wrong = |what, found: String, expected| {
            Err(FrameError::Argument { operation: "read_csv", what, found, expected }.into())
        };
        let shown = |byte: u8| format!("{:?}", char::from(byte));
        let is_plain = |byte: u8| byte.is_ascii() && !matches!(byte, b'\n' | b'\r');
        if !is_plain(*separator) {
            return wrong("the separator", shown(*separator), "an ASCII character, and no line end");
        }
        if let Some(quote) = quote_char.filter(|quote| !is_plain(*quote) || quote == separator) {
            return wrong("the quote", shown(quote), "an ASCII character, no line end, and not the separator");
        }
        if let Some(CommentPrefix::Multi(prefix)) = comment_prefix
            && (prefix.is_empty() || prefix.contains(['\n', '\r']))
        {
            return wrong("the comment prefix", format!("{prefix:?}"), "some characters without a line end");
        }
        let names = self.column_names.as_deref().unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        match names.iter().find(|name| !seen.insert(*name)) {
            Some(twice) => wrong("a name in `column_names`", format!("{twice:?}, twice"), "a name of its own"),
            None => Ok(()),
        }
    }
}
