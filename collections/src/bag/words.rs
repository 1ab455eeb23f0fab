//! The words of a text: runs of the letters a to z, with apostrophes inside (`[a-z]+('[a-z]+)*` of the lower-cased
//! text).

use super::runs;
use std::borrow::Cow;

/// The words of a line, lower-cased: what counts of words are usually made of.
///
/// A word is a run of ASCII letters; an apostrophe between letters belongs to it. Everything else separates words.
/// [`for_each_word`] does the same without allocating, and faster.
///
/// ```
/// use partita_collections::bag::words;
///
/// let found: Vec<_> = words("Don't panic -- 'tis the cat's.").collect();
/// assert_eq!(found, ["don't", "panic", "tis", "the", "cat's"]);
/// ```
pub fn words(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (word, after) = next_word(rest)?;
        rest = after;
        Some(match word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(word.to_ascii_lowercase()),
            false => Cow::Borrowed(word),
        })
    })
}

/// Calls `f` with each of the [`words`] of a line, lower-cased, without a `String` for any of them.
///
/// ```
/// use partita_collections::bag::for_each_word;
///
/// let mut longest = 0;
/// for_each_word("The quick brown fox", |word| longest = longest.max(word.len()));
/// assert_eq!(longest, 5);
/// ```
pub fn for_each_word(line: &str, mut f: impl FnMut(&str)) {
    // Without a branch for each byte, so that the compiler takes many at a time.
    let has_upper = line.bytes().fold(false, |has, byte| has | byte.is_ascii_uppercase());
    if has_upper {
        let lowered = line.to_ascii_lowercase();
        runs::for_each(&lowered, |run| f(&lowered[run]));
    } else {
        runs::for_each(line, |run| f(&line[run]));
    }
}

/// The words of a line that is given away, lower-cased: for `flat_map(into_words)`.
///
/// ```
/// use partita_collections::{Bag, bag::{into_words, on_reference}};
///
/// let words = Bag::<String>::from_sequence(["To be", "or not to be"], 2).flat_map(into_words);
/// assert_eq!(on_reference(&words)?, ["to", "be", "or", "not", "to", "be"]);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub fn into_words(mut line: String) -> impl Iterator<Item = String> {
    line.make_ascii_lowercase();
    let mut used = 0;
    std::iter::from_fn(move || {
        let (word, after) = next_word(&line[used..])?;
        used = line.len() - after.len();
        Some(word.to_string())
    })
}

/// The first word of a text, and what comes after it.
#[inline]
fn next_word(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let start = bytes.iter().position(u8::is_ascii_alphabetic)?;
    let mut end = start + 1;
    while let Some(byte) = bytes.get(end) {
        let inside =
            byte.is_ascii_alphabetic() || (*byte == b'\'' && bytes.get(end + 1).is_some_and(u8::is_ascii_alphabetic));
        if !inside {
            break;
        }
        end += 1;
    }
    Some((&text[start..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_the_pattern_says() {
        for (line, expected) in [
            ("", &[][..]),
            ("'", &[]),
            ("a", &["a"]),
            ("A'", &["a"]),
            ("'a''b'", &["a", "b"]),
            ("rock'n'roll", &["rock'n'roll"]),
            ("x1y", &["x", "y"]),
            ("caf\u{e9} na\u{ef}ve", &["caf", "na", "ve"]),
            ("\u{2019}tis", &["tis"]),
            ("THE End", &["the", "end"]),
        ] {
            let found: Vec<String> = words(line).map(Cow::into_owned).collect();
            assert_eq!(found, expected, "{line}");
            let mut emitted = Vec::new();
            for_each_word(line, |word| emitted.push(word.to_string()));
            assert_eq!(emitted, expected, "{line}");
            assert_eq!(into_words(line.to_string()).collect::<Vec<_>>(), expected, "{line}");
        }
    }
    #[test]
    fn words_at_the_borders_of_windows_are_whole() {
        for length in 0..140 {
            for text in
                ["x".repeat(length) + "'y z", " ".repeat(length) + "ab'", "a'".repeat(length), "a b".repeat(length)]
            {
                let mut emitted = Vec::new();
                for_each_word(&text, |word| emitted.push(word.to_string()));
                assert_eq!(emitted, words(&text).collect::<Vec<_>>(), "{text}");
            }
        }
    }
}
