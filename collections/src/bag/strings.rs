//! Text methods for bags of strings: `bag.str().lower()` and the like.

use super::error::BagError;
use super::{Bag, Element};
use partita_graph::{NotPortable, NotRead, Packer, Plain, Travels, Unpacker};
use std::convert::Infallible;

/// The text methods of a bag of strings; Dask's `Bag.str`, with the names of Python's `str`.
///
/// Each looks at the strings in place, and copies none but into its result.
///
/// ```
/// use partita_collections::{Bag, bag::on_reference};
///
/// let bag = Bag::<String>::from_sequence(["Alice Smith", "Bob Jones"], 2);
/// assert_eq!(on_reference(&bag.str().lower())?, ["alice smith", "bob jones"]);
/// assert_eq!(on_reference(&bag.str().match_("*Smith")?)?, ["Alice Smith"]);
/// assert_eq!(on_reference(&bag.str().split(" "))?, [["Alice", "Smith"], ["Bob", "Jones"]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
pub struct Strings<'a>(&'a Bag<String>);

impl Bag<String> {
    /// The text methods of this bag.
    pub fn str(&self) -> Strings<'_> {
        Strings(self)
    }
}

/// Methods that make a string into something by a function of it and nothing else.
macro_rules! plain {
    ($($(#[$doc:meta])+ $name:ident -> $result:ty = $f:expr;)+) => {
        impl Strings<'_> {
            $($(#[$doc])+
            #[track_caller]
            pub fn $name(&self) -> Bag<$result> {
                self.made(stringify!($name), (), |(), text| { let f: fn(&str) -> $result = $f; f(text) })
            })+
        }
    };
}

plain! {
    /// In upper case.
    upper -> String = |text| text.to_uppercase();
    /// In lower case.
    lower -> String = |text| text.to_lowercase();
    /// In lower case, with letters folded that have no lower case of their own (`ß` to `ss`), for comparisons.
    casefold -> String = |text| text.to_lowercase().replace('ß', "ss");
    /// The first letter in upper case, the others in lower case.
    capitalize -> String = capitalized;
    /// The first letter of each word in upper case, the others in lower case.
    title -> String = titled;
    /// Upper case for lower case and the other way round.
    swapcase -> String = swapped;
    /// Without white space around.
    strip -> String = |text| text.trim().to_string();
    /// Without white space before.
    lstrip -> String = |text| text.trim_start().to_string();
    /// Without white space after.
    rstrip -> String = |text| text.trim_end().to_string();
    /// The words: what stands between white space; Python's `split()`.
    split_whitespace -> Vec<String> = |text| text.split_whitespace().map(String::from).collect();
    /// The lines.
    splitlines -> Vec<String> = |text| text.lines().map(String::from).collect();
    /// How many characters there are.
    len -> u64 = |text| text.chars().count() as u64;
    /// Whether there are letters and nothing else.
    isalpha -> bool = |text| all(text, char::is_alphabetic);
    /// Whether there are letters and digits and nothing else.
    isalnum -> bool = |text| all(text, char::is_alphanumeric);
    /// Whether there are the digits 0 to 9 and nothing else.
    isdigit -> bool = |text| all(text, |c| c.is_ascii_digit());
    /// Whether there are numerals of any script and nothing else.
    isnumeric -> bool = |text| all(text, char::is_numeric);
    /// Whether there is white space and nothing else.
    isspace -> bool = |text| all(text, char::is_whitespace);
    /// Whether there are letters, none of them in upper case.
    islower -> bool = |text| text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase);
    /// Whether there are letters, none of them in lower case.
    isupper -> bool = |text| text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
}

impl Strings<'_> {
    /// What stands between occurrences of `separator`.
    #[track_caller]
    pub fn split(&self, separator: &str) -> Bag<Vec<String>> {
        self.made("split", separator.to_string(), |by, text| text.split(&by[..]).map(String::from).collect())
    }

    /// As [`Strings::split`], at no more than `n` occurrences.
    #[track_caller]
    pub fn splitn(&self, separator: &str, n: usize) -> Bag<Vec<String>> {
        self.made("splitn", (separator.to_string(), n.saturating_add(1)), |(by, n), text| {
            text.splitn(*n, &by[..]).map(String::from).collect()
        })
    }

    /// As [`Strings::splitn`], counted from the end; Python's `rsplit`.
    #[track_caller]
    pub fn rsplitn(&self, separator: &str, n: usize) -> Bag<Vec<String>> {
        self.made("rsplitn", (separator.to_string(), n.saturating_add(1)), |(by, n), text| {
            let mut pieces: Vec<String> = text.rsplitn(*n, &by[..]).map(String::from).collect();
            pieces.reverse();
            pieces
        })
    }

    /// With these characters taken off both ends.
    #[track_caller]
    pub fn strip_chars(&self, characters: &str) -> Bag<String> {
        self.made("strip_chars", characters.to_string(), |set, text| text.trim_matches(|c| set.contains(c)).into())
    }

    /// With every occurrence of `from` replaced by `to`.
    #[track_caller]
    pub fn replace(&self, from: &str, to: &str) -> Bag<String> {
        self.made("replace", (from.to_string(), to.to_string()), |(from, to), text| text.replace(&from[..], to))
    }

    /// Without `prefix`, where it is there.
    #[track_caller]
    pub fn removeprefix(&self, prefix: &str) -> Bag<String> {
        self.made("removeprefix", prefix.to_string(), |prefix, text| {
            text.strip_prefix(&prefix[..]).unwrap_or(text).to_string()
        })
    }

    /// Without `suffix`, where it is there.
    #[track_caller]
    pub fn removesuffix(&self, suffix: &str) -> Bag<String> {
        self.made("removesuffix", suffix.to_string(), |suffix, text| {
            text.strip_suffix(&suffix[..]).unwrap_or(text).to_string()
        })
    }

    /// Whether `part` occurs.
    #[track_caller]
    pub fn contains(&self, part: &str) -> Bag<bool> {
        self.made("contains", part.to_string(), |part, text| text.contains(&part[..]))
    }

    /// Whether `prefix` stands at the beginning.
    #[track_caller]
    pub fn startswith(&self, prefix: &str) -> Bag<bool> {
        self.made("startswith", prefix.to_string(), |prefix, text| text.starts_with(&prefix[..]))
    }

    /// Whether `suffix` stands at the end.
    #[track_caller]
    pub fn endswith(&self, suffix: &str) -> Bag<bool> {
        self.made("endswith", suffix.to_string(), |suffix, text| text.ends_with(&suffix[..]))
    }

    /// How often `part` occurs, without overlaps.
    #[track_caller]
    pub fn count(&self, part: &str) -> Bag<u64> {
        self.made("count", part.to_string(), |part, text| text.matches(&part[..]).count() as u64)
    }

    /// Where `part` first occurs, in characters; `None` where it does not (Python's -1).
    #[track_caller]
    pub fn find(&self, part: &str) -> Bag<Option<u64>> {
        self.made("find", part.to_string(), |part, text| {
            text.find(&part[..]).map(|at| text[..at].chars().count() as u64)
        })
    }

    /// With zeros before, up to `width` characters; a sign stays in front.
    #[track_caller]
    pub fn zfill(&self, width: usize) -> Bag<String> {
        self.made("zfill", width, |width, text| {
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
            let zeros = width.saturating_sub(text.chars().count());
            format!("{sign}{}{digits}", "0".repeat(zeros))
        })
    }

    /// With spaces after, up to `width` characters.
    #[track_caller]
    pub fn ljust(&self, width: usize) -> Bag<String> {
        self.made("ljust", width, |width, text| format!("{text:<width$}", width = *width))
    }

    /// With spaces before, up to `width` characters.
    #[track_caller]
    pub fn rjust(&self, width: usize) -> Bag<String> {
        self.made("rjust", width, |width, text| format!("{text:>width$}", width = *width))
    }

    /// The strings that match a pattern as a whole: `*` stands for any characters, `?` for one, `[abc]` for one of
    /// these, `[!abc]` for any other; Dask's `str.match`.
    ///
    /// # Errors
    /// [`BagError::Pattern`] if the pattern cannot be read.
    #[track_caller]
    pub fn match_(&self, pattern: &str) -> Result<Bag<String>, BagError> {
        // Two stars mean no more than one here; to the library they mean directories.
        let mut simple = pattern.to_string();
        while simple.contains("**") {
            simple = simple.replace("**", "*");
        }
        let compiled = glob::Pattern::new(&simple)
            .map_err(|error| BagError::Pattern { pattern: pattern.to_string(), reason: error.msg })?;
        let identity = self.0.identity("str-match").data(&simple);
        let matches = |pattern: &Glob, text: &String| Ok::<_, Infallible>(pattern.0.matches(text));
        Ok(self.0.filtered("str-match", "match_", identity, Glob(compiled), matches))
    }

    #[track_caller]
    fn made<V: Element, U: Element>(
        &self,
        name: &'static str,
        env: V,
        f: impl Fn(&V, &str) -> U + Send + Sync + 'static,
    ) -> Bag<U> {
        let identity = self.0.identity("str").data(&name).data(&env);
        self.0.mapped_ref(name, identity, Plain(env), move |env, text| Ok::<_, Infallible>(f(env, text)))
    }
}

/// A pattern, which is written as its text.
struct Glob(glob::Pattern);

impl Travels for Glob {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.sized(self.0.as_str().as_bytes());
        Ok(())
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let pattern = glob::Pattern::new(&String::unpack(from)?);
        pattern.map(Glob).map_err(|error| NotRead::Invalid { what: "place in a pattern", found: error.pos as u64 })
    }
}

fn all(text: &str, is: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(is)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.flat_map(char::to_lowercase)).collect()
}

fn titled(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        match inside {
            true => titled.extend(c.to_lowercase()),
            false => titled.extend(c.to_uppercase()),
        }
        inside = c.is_alphabetic();
    }
    titled
}

fn swapped(text: &str) -> String {
    let mut swapped = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_uppercase() {
            true => swapped.extend(c.to_lowercase()),
            false => swapped.extend(c.to_uppercase()),
        }
    }
    swapped
}
