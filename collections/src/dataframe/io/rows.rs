//! Rows: where they start in text, in whose quoted fields there may be line ends.

use memchr::{memchr, memchr_iter, memchr2, memchr3, memrchr};
use polars_io::prelude::{CommentPrefix, CsvParseOptions};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// What ends a row.
const EOL: u8 = b'\n';

/// Bytes that are looked at one by one before a search in many at once, which takes its time to start, is worth it.
const NEAR: usize = 16;

/// Where a byte is that is probably near.
fn near(byte: u8, text: &[u8]) -> Option<usize> {
    let (first, rest) = text.split_at(text.len().min(NEAR));
    match first.iter().position(|&other| other == byte) {
        Some(at) => Some(at),
        None => memchr(byte, rest).map(|at| first.len() + at),
    }
}

/// How rows are told apart. It follows Polars' parser to the letter: a quote opens a field only at the field's start, and
/// anywhere else in an unquoted field it is a character like others.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    separator: u8,
    quote: Option<u8>,
    comment: Option<Arc<[u8]>>,
}

/// A place between rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Where a row starts.
    pub(super) at: Option<usize>,
    /// Whether there were quotes within unquoted fields.
    pub(super) stray: bool,
}

impl Rows {
    /// Rows that are lines, whatever is in them.
    pub(super) fn lines() -> Self {
        Rows { separator: b',', quote: None, comment: None }
    }

    /// Rows of CSV.
    pub(super) fn of(options: &CsvParseOptions) -> Self {
        let comment = options.comment_prefix.as_ref().map(|prefix| match prefix {
            CommentPrefix::Single(byte) => Arc::from([*byte]),
            CommentPrefix::Multi(text) => Arc::from(text.as_bytes()),
        });
        Rows { separator: options.separator, quote: options.quote_char, comment }
    }

    /// Whether each line end ends a row.
    pub(super) fn are_lines(&self) -> bool {
        self.quote.is_none()
    }

    /// Where the last row starts of text that starts with one, if that is not its first. Text that ends with a row's end
    /// has an empty row after it.
    pub(super) fn last(&self, text: &[u8]) -> Cut {
        let mut last = None;
        let stray = self.unquoted(text, |region| {
            let found = match region.len() {
                // What is between two quoted fields.
                1 => (text[region.start] == EOL).then_some(0),
                _ => memrchr(EOL, &text[region.clone()]),
            };
            last = found.map(|at| region.start + at + 1).or(last);
            ControlFlow::Continue(())
        });
        Cut { at: last, stray }
    }

    /// Where the first row starts, of text that starts with one, that starts at `from` or after it.
    pub(super) fn first(&self, text: &[u8], from: usize) -> Cut {
        let Some(before) = from.checked_sub(1) else { return Cut { at: Some(0), stray: false } };
        let mut first = None;
        let stray = self.unquoted(text, |region| {
            let start = region.start.max(before);
            if start < region.end {
                first = memchr(EOL, &text[start..region.end]).map(|at| start + at + 1);
            }
            if first.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        Cut { at: first, stray }
    }

    /// Whether text that starts with a row ends within quotes.
    pub(super) fn is_open(&self, text: &[u8]) -> bool {
        let mut end = 0;
        self.unquoted(text, |region| {
            end = region.end;
            ControlFlow::Continue(())
        });
        // What is left is a quoted field: it is closed if its quotes are pairs.
        self.quote.is_some_and(|quote| memchr_iter(quote, &text[end..]).count() % 2 == 1)
    }

    /// Where the first line end is that is in a quoted field, in text of whole rows.
    pub(super) fn quoted_line_end(&self, text: &[u8]) -> Option<usize> {
        let (mut end, mut found) = (0, None);
        self.unquoted(text, |region| {
            found = memchr(EOL, &text[end..region.start]).map(|at| end + at);
            end = region.end;
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found.or_else(|| memchr(EOL, &text[end..]).map(|at| end + at))
    }

    /// Text whose quotes that are characters like others are another byte, for those who take each quote for an opening
    /// or closing one.
    pub(super) fn masked(&self, text: &[u8], mask: u8) -> Vec<u8> {
        let mut masked = text.to_vec();
        self.unquoted(text, |region| {
            masked[region].iter_mut().filter(|byte| Some(**byte) == self.quote).for_each(|byte| *byte = mask);
            ControlFlow::Continue(())
        });
        masked
    }

    /// How many fields a row has.
    pub(super) fn fields(&self, row: &[u8]) -> usize {
        let mut fields = 1;
        self.unquoted(row, |region| {
            fields += memchr_iter(self.separator, &row[region]).count();
            ControlFlow::Continue(())
        });
        fields
    }

    /// Calls `f` with the stretches outside of quoted fields, of text that starts with a row; says whether there were
    /// quotes within unquoted fields.
    fn unquoted(&self, text: &[u8], mut f: impl FnMut(Range<usize>) -> ControlFlow<()>) -> bool {
        let Some(quote) = self.quote else {
            let _ = f(0..text.len());
            return false;
        };
        let mut stray = false;
        // The stretch starts at `start`, and was looked through up to `seen`.
        let (mut start, mut seen) = (0, self.past_comments(text, 0));
        loop {
            let found = match self.comment {
                None => near(quote, &text[seen..]),
                Some(_) => memchr2(quote, EOL, &text[seen..]),
            };
            let Some(here) = found.map(|at| seen + at) else {
                let _ = f(start..text.len());
                return stray;
            };
            if text[here] == EOL {
                seen = self.past_comments(text, here + 1);
                continue;
            }
            let opens = here == 0 || text[here - 1] == self.separator || text[here - 1] == EOL;
            if !opens {
                (stray, seen) = (true, here + 1);
                continue;
            }
            if f(start..here).is_break() {
                return stray;
            }
            let Some(after) = self.past_field(text, here + 1, quote) else { return stray };
            (start, seen) = (after, after);
        }
    }

    /// Where a quoted field ends: at the separator or line end after it. Text that is cut short has no such place.
    fn past_field(&self, text: &[u8], mut inside: usize, quote: u8) -> Option<usize> {
        loop {
            let closing = inside + near(quote, text.get(inside..)?)?;
            let (next, after) = (closing + 1, text.get(closing + 1..)?);
            let next = match after.first()? {
                byte if [quote, self.separator, EOL].contains(byte) => next,
                _ => next + memchr3(quote, self.separator, EOL, after)?,
            };
            if text[next] != quote {
                return Some(next);
            }
            inside = next + 1;
        }
    }

    /// Where the next row starts that is no comment.
    fn past_comments(&self, text: &[u8], mut row: usize) -> usize {
        let Some(comment) = &self.comment else { return row };
        while text[row..].starts_with(comment) {
            row = memchr(EOL, &text[row..]).map_or(text.len(), |at| row + at + 1);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(comment: Option<&str>) -> Rows {
        Rows { separator: b',', quote: Some(b'"'), comment: comment.map(|text| Arc::from(text.as_bytes())) }
    }

    fn starts(rows: &Rows, text: &str) -> Vec<usize> {
        (1..=text.len()).filter_map(|from| rows.first(text.as_bytes(), from).at.filter(|&at| at == from)).collect()
    }

    #[test]
    fn rows_start_after_line_ends_outside_of_quotes() {
        for (text, expected) in [
            ("a,b\nc,d\n", vec![4, 8]),
            ("\"a\n\",b\nc,d\n", vec![7, 11]),
            ("\"a\"\"\n\",b\nc\"\n,d\n", vec![9, 12, 15]),
            ("\"a\"\r\n\"b\"\r\n", vec![5, 10]),
            ("\"\"\n\"\n\"\n", vec![3, 7]),
            ("\n\n", vec![1, 2]),
            ("a,\"b\nc", vec![]),
            ("a,\"b\"x\nc", vec![7]),
            ("", vec![]),
        ] {
            assert_eq!(starts(&rows(None), text), expected, "{text:?}");
            let last = rows(None).last(text.as_bytes()).at;
            assert_eq!(last, expected.last().copied(), "{text:?}");
        }
        assert!(rows(None).last(b"5\" screen\n").stray);
        assert!(!rows(None).last(b"\"a \"\"b\"\" c\"\n").stray);
    }

    #[test]
    fn quotes_that_are_not_closed_are_found() {
        for (text, open) in
            [("a\n\"", true), ("a,\"b\"\"", true), ("a,\"b\"", false), ("a\"b", false), ("\"a\"x", false)]
        {
            assert_eq!(rows(None).is_open(text.as_bytes()), open, "{text:?}");
        }
    }

    #[test]
    fn comments_have_no_quotes() {
        assert_eq!(starts(&rows(Some("#")), "#,\"\na\n#\"\"\"\nb"), [4, 6, 11]);
        assert_eq!(starts(&rows(Some("//")), "a,\"#\n\"\n//,\"\nb\n"), [7, 12, 14]);
    }

    #[test]
    fn line_ends_in_quotes_are_found() {
        for (text, at) in [("a\n\"b\"\n", None), ("a\n\"\n\"\n", Some(3)), ("\"\"\"\n\"", Some(3)), ("5\"\n\n", None)] {
            assert_eq!(rows(None).quoted_line_end(text.as_bytes()), at, "{text:?}");
        }
    }

    #[test]
    fn fields_are_counted() {
        for (row, fields) in [("a", 1), ("a,b", 2), ("\"a,\",\"b\"", 2), (",,", 3), ("", 1)] {
            assert_eq!(rows(None).fields(row.as_bytes()), fields, "{row}");
        }
    }
}
