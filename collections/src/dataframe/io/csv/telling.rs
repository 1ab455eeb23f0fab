//! Telling rows: those of a sample from which the types of columns are known. Most rows have in every column what others
//! had before, and Polars, which tries expressions on each field, need not see them.

use super::plain::{each_end, integer, is_null, nulls_of};
use polars::prelude::PlSmallStr;
use polars_io::prelude::CsvParseOptions;

/// What a field without doubt is to Polars' inference of types.
#[derive(Clone, Copy)]
enum Kind {
    Whole,
    Real,
    Truth,
    /// A column that has one of these is text, whatever else it has.
    Text,
}

/// What a column was seen to have.
#[derive(Clone, Default)]
struct Seen {
    kinds: [bool; 4],
}

impl Seen {
    /// Whether a field may tell something new about its column.
    #[inline(always)]
    fn tells(&mut self, field: &[u8], nulls: &[PlSmallStr]) -> bool {
        if self.kinds[Kind::Text as usize] || is_null(field, nulls) {
            return false;
        }
        kind(field).is_none_or(|kind| !std::mem::replace(&mut self.kinds[kind as usize], true))
    }
}

/// The text without the rows, from the one at `start` on, that tell nothing about the types of so many columns; `None` if
/// rows cannot be told apart without Polars' parser.
pub(super) fn telling(text: &[u8], start: usize, columns: usize, options: &CsvParseOptions) -> Option<Vec<u8>> {
    let unusual = options.decimal_comma || options.try_parse_dates || options.comment_prefix.is_some();
    let quoted = |quote| memchr::memchr(quote, text).is_some();
    if unusual || options.eol_char != b'\n' || options.quote_char.is_some_and(quoted) {
        return None;
    }
    let (nulls, rows) = (nulls_of(options)?, text.get(start..)?);
    let mut seen = vec![Seen::default(); columns];
    let mut kept = text[..start].to_vec();
    // The first row says how many columns there are, whatever it has.
    let (mut number, mut field, mut row, mut tells) = (0, 0, 0, true);
    each_end(rows, options.separator, |at| {
        let is_last = rows.get(at) != Some(&options.separator);
        let found = &rows[field..at];
        let found = if is_last { found.strip_suffix(b"\r").unwrap_or(found) } else { found };
        tells |= seen.get_mut(number).is_none_or(|seen| seen.tells(found, nulls));
        (number, field) = (number + 1, at + 1);
        if is_last {
            if std::mem::take(&mut tells) {
                kept.extend_from_slice(&rows[row..rows.len().min(at + 1)]);
            }
            (number, row) = (0, field);
        }
        Some(())
    })?;
    Some(kept)
}

/// What a field is; `None` if that is better left to Polars.
#[inline(always)]
fn kind(field: &[u8]) -> Option<Kind> {
    if integer(field).is_some() {
        return Some(Kind::Whole);
    }
    if let Some(point) = memchr::memchr(b'.', field)
        && integer(&field[..point]).is_some()
        && field.get(point + 1).is_some_and(u8::is_ascii_digit)
        && integer(&field[point + 1..]).is_some()
    {
        return Some(Kind::Real);
    }
    let is = |word: &&str| field.eq_ignore_ascii_case(word.as_bytes());
    if ["true", "false"].iter().any(is) {
        return Some(Kind::Truth);
    }
    let is_number = ["inf", "nan"].iter().any(is);
    // Polars' expressions know digits and letters beyond ASCII.
    (field.is_ascii() && !is_number && is_text(field)).then_some(Kind::Text)
}

/// Whether something can be no number: it starts with a letter, or has a sign or anything else where no number has it.
fn is_text(field: &[u8]) -> bool {
    let misplaced = |pair: &[u8]| match pair[1] {
        b'+' | b'-' => !matches!(pair[0], b'e' | b'E'),
        byte => !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'i' | b'n' | b'f' | b'N' | b'a'),
    };
    field.first().is_some_and(u8::is_ascii_alphabetic) || field.windows(2).any(misplaced)
}

#[cfg(test)]
mod tests {
    use super::super::sample::columns;
    use super::*;
    use polars_io::prelude::{CsvReadOptions, NullValues};
    use proptest::prelude::*;

    fn field() -> impl Strategy<Value = String> {
        let number = "[-+]?[0-9]{0,3}[.]?[0-9]{0,3}([eE][-+]?[0-9]{0,2})?";
        let words =
            ["NA", "-", "true", "FALSE", "inf", "NaN", "nan", "-inf", "N", "2013-01-01", "05:00", "fal\u{17f}e"];
        let more =
            ["\u{663}", "1-", "1e", ".5", "5.", "x", " 1", "99999999999999999999", "1.2.3", "\u{1a}", "é", "-1.-5"];
        let odd: Vec<&str> = words.into_iter().chain(more).collect();
        prop_oneof![2 => "[0-9]{1,2}", 1 => number, 2 => proptest::sample::select(odd).prop_map(String::from)]
    }

    fn inferred(text: &[u8], options: &CsvParseOptions, header: bool) -> Option<polars::prelude::Schema> {
        let read = CsvReadOptions::default().with_parse_options(options.clone()).with_has_header(header);
        columns(&read.with_infer_schema_length(None), text).map(|(schema, _)| schema).ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn types_are_those_of_all_rows(
            rows in proptest::collection::vec(proptest::collection::vec(field(), 1..5), 1..12),
            end in prop_oneof![Just("\n"), Just("\r\n")],
            (header, ended, nulls) in any::<(bool, bool, bool)>(),
        ) {
            let head = if header { "a,b,c\n" } else { "" };
            let mut text = head.to_string();
            for row in rows {
                text += &row.join(",");
                text += end;
            }
            let text = if ended { text.as_str() } else { text.strip_suffix('\n').unwrap_or(&text) };
            let nulls = nulls.then(|| NullValues::AllColumns(vec!["NA".into(), "-".into()]));
            let options = CsvParseOptions::default().with_null_values(nulls);
            let kept = telling(text.as_bytes(), head.len(), if header { 3 } else { 1 }, &options).unwrap();
            prop_assert_eq!(inferred(&kept, &options, header), inferred(text.as_bytes(), &options, header));
        }
    }

    #[test]
    fn few_rows_are_kept() {
        let options = CsvParseOptions::default();
        let rows = "1,x,0.5,2013-01-01,true\n".repeat(100) + "2,y,3,,false\n-2,z,3.25,2014-01-01,False\n";
        let kept = telling(format!("a,b,c,d,e\n{rows}").as_bytes(), 10, 5, &options).unwrap();
        assert_eq!(String::from_utf8(kept).unwrap(), "a,b,c,d,e\n1,x,0.5,2013-01-01,true\n2,y,3,,false\n");
    }

    #[test]
    fn rows_without_a_value_are_columns_all_the_same() {
        let options = CsvParseOptions::default().with_null_values(Some(NullValues::AllColumns(vec!["NA".into()])));
        assert_eq!(telling(b"NA\nNA\n", 0, 1, &options).unwrap(), b"NA\n");
    }

    #[test]
    fn what_polars_has_to_look_at_is_not_thinned() {
        let usual = CsvParseOptions::default();
        let dates = CsvParseOptions { try_parse_dates: true, ..usual.clone() };
        let comments = usual.clone().with_comment_prefix(Some("#"));
        let named = usual.clone().with_null_values(Some(NullValues::Named(vec![("a".into(), "NA".into())])));
        for (text, options) in [("a\n\"1\"\n", usual), ("a\n1\n", dates), ("a\n1\n", comments), ("a\n1\n", named)] {
            assert!(telling(text.as_bytes(), 2, 1, &options).is_none(), "{text}");
        }
    }
}
