//! Plain text: CSV without quotes, whose numbers are written plainly. It is cut into fields 64 bytes at a time, and only
//! the fields that are wanted are looked at. What is not plain is left to Polars' parser.

use polars::prelude::{
    self as pl, ChunkedBuilder, DataType, Float64Type, Int32Type, Int64Type, IntoColumn, IntoSeries, PlSmallStr,
    PrimitiveChunkedBuilder, Schema, StringChunkedBuilder,
};
use polars_io::prelude::{CsvEncoding, CsvParseOptions, NullValues};
use std::ops::Range;

/// Bytes that are looked at side by side.
const BLOCK: usize = 64;

/// Whether text of these options may be plain.
pub(super) fn may_be_plain(options: &CsvParseOptions, ignore_errors: bool) -> bool {
    let usual = options.eol_char == b'\n' && options.encoding == CsvEncoding::Utf8 && options.missing_is_null;
    let unusual = options.decimal_comma || options.truncate_ragged_lines || ignore_errors;
    usual && !unusual && nulls_of(options).is_some() && options.comment_prefix.is_none()
}

/// The texts that are null in every column, beside the empty one; `None` if columns differ in them.
pub(super) fn nulls_of(options: &CsvParseOptions) -> Option<&[PlSmallStr]> {
    match &options.null_values {
        None => Some(&[]),
        Some(NullValues::AllColumnsSingle(text)) => Some(std::slice::from_ref(text)),
        Some(NullValues::AllColumns(texts)) => Some(texts),
        Some(NullValues::Named(_)) => None,
    }
}

/// The columns of these numbers, in rising order, of some whole rows of about this many lines; `None` if the text is not
/// plain.
pub(super) fn read(
    text: &[u8],
    options: &CsvParseOptions,
    schema: &Schema,
    numbers: &[usize],
    lines: usize,
) -> Option<pl::DataFrame> {
    if options.quote_char.is_some_and(|quote| memchr::memchr(quote, text).is_some()) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let mut fields: Vec<Option<Field>> = (0..schema.len()).map(|_| None).collect();
    for &number in numbers {
        let (name, dtype) = schema.get_at_index(number)?;
        fields[number] = Some(Field::new(name, dtype, lines + 1)?);
    }
    let nulls = nulls_of(options)?;
    let rows = cut(text, options.separator, nulls, &mut fields)?;
    let columns = fields.into_iter().flatten().map(Field::finish).collect();
    pl::DataFrame::new(rows, columns).ok()
}

/// A column that is being read.
enum Field {
    Long(PrimitiveChunkedBuilder<Int64Type>),
    Short(PrimitiveChunkedBuilder<Int32Type>),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Text(StringChunkedBuilder),
}

impl Field {
    fn new(name: &PlSmallStr, dtype: &DataType, rows: usize) -> Option<Self> {
        match dtype {
            DataType::Int64 => Some(Field::Long(PrimitiveChunkedBuilder::new(name.clone(), rows))),
            DataType::Int32 => Some(Field::Short(PrimitiveChunkedBuilder::new(name.clone(), rows))),
            DataType::Float64 => Some(Field::Float(PrimitiveChunkedBuilder::new(name.clone(), rows))),
            DataType::String => Some(Field::Text(StringChunkedBuilder::new(name.clone(), rows))),
            _ => None,
        }
    }

    /// One more value; `None` if it is not plain.
    #[inline(always)]
    fn push(&mut self, text: &str, at: Range<usize>, nulls: &[PlSmallStr]) -> Option<()> {
        let bytes = &text.as_bytes()[at.clone()];
        match (self, is_null(bytes, nulls)) {
            (Field::Text(column), false) => column.append_value(text.get(at)?),
            (Field::Text(column), true) => column.append_null(),
            (Field::Long(column), true) => column.append_null(),
            (Field::Long(column), false) => column.append_value(integer(bytes)?),
            (Field::Short(column), true) => column.append_null(),
            (Field::Short(column), false) => column.append_value(integer(bytes)?.try_into().ok()?),
            (Field::Float(column), true) => column.append_null(),
            (Field::Float(column), false) => column.append_value(float(text.get(at)?)?),
        }
        Some(())
    }

    fn finish(self) -> pl::Column {
        match self {
            Field::Long(column) => column.finish().into_series(),
            Field::Short(column) => column.finish().into_series(),
            Field::Float(column) => column.finish().into_series(),
            Field::Text(column) => column.finish().into_series(),
        }
        .into_column()
    }
}

/// Whether a text stands for null. Most differ from all that do in their first byte.
#[inline(always)]
pub(super) fn is_null(text: &[u8], nulls: &[PlSmallStr]) -> bool {
    match text {
        [] => true,
        [first, ..] => nulls.iter().any(|null| null.as_bytes().first() == Some(first) && null.as_bytes() == text),
    }
}

/// A number of digits, maybe after a minus.
#[inline(always)]
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (minus, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for &digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if minus { -value } else { value })
}

/// A number of digits with at most a point and a minus.
#[inline(always)]
fn float(text: &str) -> Option<f64> {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let is_plain = digits.first().is_some_and(u8::is_ascii_digit) && digits.iter().all(|&byte| plain(byte));
    if is_plain { text.parse().ok() } else { None }
}

/// Which bytes of a block are separators or line ends: a bit for each.
#[inline(always)]
fn ends_of(block: &[u8; BLOCK], separator: u8) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86_64 has SSE2.
    return unsafe { ends_by_sse2(block, separator) };
    #[cfg(not(target_arch = "x86_64"))]
    ends_one_by_one(block, separator)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn ends_by_sse2(block: &[u8; BLOCK], separator: u8) -> u64 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8};
    let (separator, line) = (_mm_set1_epi8(separator as i8), _mm_set1_epi8(b'\n' as i8));
    let mut ends = 0;
    for (place, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
        let word = u128::from_le_bytes(*bytes);
        let bytes = _mm_set_epi64x((word >> 64) as i64, word as i64);
        let found = _mm_or_si128(_mm_cmpeq_epi8(bytes, separator), _mm_cmpeq_epi8(bytes, line));
        ends |= u64::from(_mm_movemask_epi8(found) as u16) << (16 * place);
    }
    ends
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn ends_one_by_one(block: &[u8; BLOCK], separator: u8) -> u64 {
    let is_end = |byte: &u8| *byte == separator || *byte == b'\n';
    block.iter().rev().fold(0, |ends, byte| ends << 1 | u64::from(is_end(byte)))
}

/// Cuts text into fields and hands those on that are wanted; how many rows there are.
fn cut(text: &str, separator: u8, nulls: &[PlSmallStr], fields: &mut [Option<Field>]) -> Option<usize> {
    let mut row = Row { text, nulls, fields, number: 0, start: 0, rows: 0 };
    each_end(text.as_bytes(), separator, |at| row.end(at))?;
    (row.number == 0).then_some(row.rows)
}

/// Calls `f` with where each field ends, of text of whole rows, until it says `None`.
#[inline(always)]
pub(super) fn each_end(text: &[u8], separator: u8, mut f: impl FnMut(usize) -> Option<()>) -> Option<()> {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    for (place, block) in blocks.iter().enumerate() {
        let mut ends = ends_of(block, separator);
        while ends != 0 {
            f(place * BLOCK + ends.trailing_zeros() as usize)?;
            ends &= ends - 1;
        }
    }
    for (at, &byte) in rest.iter().enumerate() {
        if byte == separator || byte == b'\n' {
            f(blocks.len() * BLOCK + at)?;
        }
    }
    // The last row of a file need not end.
    if text.last().is_some_and(|&last| last != b'\n') { f(text.len()) } else { Some(()) }
}

/// A row that is being cut.
struct Row<'a> {
    text: &'a str,
    nulls: &'a [PlSmallStr],
    fields: &'a mut [Option<Field>],
    /// The field that comes next, and where it starts.
    number: usize,
    start: usize,
    rows: usize,
}

impl Row<'_> {
    /// A field ends here; `None` if something is not plain.
    #[inline(always)]
    fn end(&mut self, at: usize) -> Option<()> {
        if let Some(field) = self.fields.get_mut(self.number)? {
            field.push(self.text, self.start..at, self.nulls)?;
        }
        let bytes = self.text.as_bytes();
        self.number += 1;
        if at == bytes.len() || bytes[at] == b'\n' {
            let is_empty = self.number == 1 && self.start == at;
            let returns = at > 0 && bytes[at - 1] == b'\r';
            if self.number != self.fields.len() || is_empty || returns {
                return None;
            }
            (self.number, self.rows) = (0, self.rows + 1);
        }
        self.start = at + 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, numbers: &[usize]) -> Option<pl::DataFrame> {
        plain_with(text, numbers, CsvParseOptions::default())
    }

    fn plain_with(text: &str, numbers: &[usize], options: CsvParseOptions) -> Option<pl::DataFrame> {
        let fields =
            [("a", DataType::Int64), ("b", DataType::String), ("c", DataType::Float64), ("d", DataType::Int32)];
        let schema = fields.into_iter().map(|(name, dtype)| pl::Field::new(name.into(), dtype)).collect();
        read(text.as_bytes(), &options, &schema, numbers, 2)
    }

    #[test]
    fn plain_text_is_read() {
        let frame = plain("1,x,0.5,-7\n-20,é,,\n,,3,4", &[0, 1, 2, 3]).unwrap();
        let expected = polars::df!(
            "a" => [Some(1i64), Some(-20), None], "b" => [Some("x"), Some("é"), None],
            "c" => [Some(0.5), None, Some(3.0)], "d" => [Some(-7i32), None, Some(4)],
        );
        assert!(frame.equals_missing(&expected.unwrap()));
        assert_eq!(plain("1,x,0.5,-7\n", &[2]).unwrap().shape(), (1, 1));
        assert_eq!(plain("1,x,0.5,-7\n", &[]).unwrap().shape(), (1, 0));
    }

    #[test]
    fn texts_for_nulls_are_null() {
        let options = |nulls| CsvParseOptions::default().with_null_values(Some(nulls));
        let texts = |texts: &[&str]| NullValues::AllColumns(texts.iter().map(|&text| text.into()).collect());
        for nulls in [NullValues::AllColumnsSingle("NA".into()), texts(&["-", "NA"]), texts(&["NA", "NAN", "", "0"])] {
            let frame = plain_with("NA,NA,NA,NA\n1,NAM,,4\n,N,0.5,NA\n", &[0, 1, 2, 3], options(nulls)).unwrap();
            let expected = polars::df!(
                "a" => [None, Some(1i64), None], "b" => [None, Some("NAM"), Some("N")],
                "c" => [None, None, Some(0.5)], "d" => [None, Some(4i32), None],
            );
            assert!(frame.equals_missing(&expected.unwrap()), "{frame}");
        }
        let named = NullValues::Named(vec![("a".into(), "NA".into())]);
        assert!(!may_be_plain(&options(named), false));
        assert!(plain_with("NAN,x,1,2\n", &[0], options(texts(&["NA"]))).is_none());
    }

    #[test]
    fn ends_are_found_anywhere() {
        let mut state = 1u32;
        for _ in 0..200 {
            let block: [u8; BLOCK] = std::array::from_fn(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b",;\n\xffa"[(state >> 28) as usize % 5]
            });
            assert_eq!(ends_of(&block, b';'), ends_one_by_one(&block, b';'));
        }
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        for text in [
            "1,\"x\",0.5,7\n",
            "1,x,0.5\n",
            "1,x,0.5,7,8\n",
            "1,x,0.5,7\n\n",
            "1,x,0.5,7\r\n",
            "1 ,x,0.5,7\n",
            "+1,x,0.5,7\n",
            "1,x,1e5,7\n",
            "1,x,nan,7\n",
            "1,x,0.5,3000000000\n",
            "1234567890123456789,x,0.5,7\n",
            "1,x,0.5,7\n1,x",
            "-,x,0.5,7\n",
        ] {
            assert!(plain(text, &[0, 1, 2, 3]).is_none(), "{text}");
        }
    }
}
