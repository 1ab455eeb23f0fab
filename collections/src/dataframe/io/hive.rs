//! Hive's folders: directories named `column=value`, whose files all have that value in that column.

use super::faults::FileError;
use super::listing::Planned;
use polars::prelude::{
    DataType, IntoSeries, NamedFrom, NewChunkedArray, PlSmallStr, PolarsResult, Schema, Series, StringChunked,
    StringMethods, TimeUnit,
};
use serde::{Deserialize, Serialize};

/// What stands for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

partita_graph::travels_as_data!(Hive);

/// Columns that names of directories tell of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Hive {
    /// One a column, with a value for each file.
    pub(super) columns: Vec<Series>,
}

impl Hive {
    /// The columns of files, with the types that are given or that all values are of: whole numbers, numbers, truths,
    /// days, and else texts.
    pub(super) fn of(files: &[Planned], types: Option<&Schema>) -> Result<Self, FileError> {
        let Some(first) = files.first() else { return Ok(Hive::default()) };
        let names: Vec<String> = pairs(first).map(|(name, _)| name).collect();
        let mut values: Vec<Vec<Option<String>>> = vec![Vec::with_capacity(files.len()); names.len()];
        for file in files {
            let found: Vec<(String, Option<String>)> = pairs(file).collect();
            if !found.iter().map(|(name, _)| name).eq(&names) {
                let told: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                let reason = match (names.as_slice(), told.as_slice()) {
                    (_, []) => {
                        format!("its directories tell of no columns, those of other files of {}", names.join(", "))
                    }
                    ([], _) => {
                        format!("its directories tell of {}, those of other files of no columns", told.join(", "))
                    }
                    _ => format!(
                        "its directories tell of {}, those of other files of {}",
                        told.join(", "),
                        names.join(", ")
                    ),
                };
                return Err(FileError::Hive { path: file.path.clone(), reason });
            }
            values.iter_mut().zip(found).for_each(|(values, (_, value))| values.push(value));
        }
        let typed = names.iter().zip(values).map(|(name, values)| {
            let given = types.and_then(|types| types.get(name));
            typed(name, &values, given).map_err(|reason| FileError::Hive { path: first.path.clone(), reason })
        });
        Ok(Hive { columns: typed.collect::<Result<_, _>>()? })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name() == name)
    }
}

/// The columns and values that a file's directories tell of.
fn pairs(file: &Planned) -> impl Iterator<Item = (String, Option<String>)> {
    file.directories().filter_map(|name| {
        let (name, value) = name.split_once('=')?;
        Some((decoded(name), (value != NULL).then(|| decoded(value))))
    })
}

/// Values of one type.
fn typed(name: &str, texts: &[Option<String>], given: Option<&DataType>) -> Result<Series, String> {
    let all = |test: &dyn Fn(&str) -> bool| {
        let mut known = texts.iter().flatten().peekable();
        known.peek().is_some() && known.all(|text| test(text))
    };
    let is_number = |text: &str| text.parse::<f64>().is_ok() && text.contains(|c: char| c.is_ascii_digit());
    let is_float = |text: &str| is_number(text) || matches!(text, "NaN" | "inf" | "-inf");
    let dtype = match given {
        Some(dtype) => dtype.clone(),
        None if all(&|text| text.parse::<i64>().is_ok()) => DataType::Int64,
        None if all(&is_float) && texts.iter().flatten().any(|text| is_number(text)) => DataType::Float64,
        None if all(&|text| matches!(text, "true" | "false")) => DataType::Boolean,
        None if all(&is_day) => DataType::Date,
        None => DataType::String,
    };
    let texts = Series::new(name.into(), texts.iter().map(Option::as_deref).collect::<Vec<_>>());
    let made = match &dtype {
        DataType::Boolean => truths(&texts),
        DataType::Datetime(unit, None) => times(&texts, *unit),
        dtype => texts.cast(dtype),
    };
    match made {
        Ok(made) if made.null_count() == texts.null_count() => Ok(made),
        Ok(_) => Err(format!("not all values of \"{name}\" are of type {dtype}")),
        Err(error) => Err(format!("not all values of \"{name}\" are of type {dtype}: {error}")),
    }
}

fn times(texts: &Series, unit: TimeUnit) -> PolarsResult<Series> {
    let no_zone = StringChunked::from_slice(PlSmallStr::EMPTY, &["raise"]);
    let times = texts.str()?.as_datetime(Some("%F %T%.f"), unit, false, false, None, &no_zone)?;
    Ok(times.into_series())
}

fn truths(texts: &Series) -> PolarsResult<Series> {
    let truths: Vec<Option<bool>> = texts.str()?.iter().map(|text| text.map(|text| text == "true")).collect();
    Ok(Series::new(texts.name().clone(), truths))
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Values as parts of names of directories; no two are alike.
pub(super) fn named(values: &Series) -> PolarsResult<Vec<String>> {
    let name = encoded(values.name());
    let texts = values.cast(&DataType::String)?;
    let named = texts.str()?.iter().map(|text| format!("{name}={}", text.map_or_else(|| NULL.into(), encoded)));
    Ok(named.collect())
}

/// Whether values of a type can be names, from which they can be read.
pub(super) fn can_be_named(dtype: &DataType) -> bool {
    dtype.is_primitive_numeric()
        || matches!(
            dtype,
            DataType::String
                | DataType::Boolean
                | DataType::Date
                | DataType::Datetime(_, None)
                | DataType::Categorical(..)
                | DataType::Enum(..)
        )
}

/// A text with what names of files should not have in them written as `%` and two digits.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%'
            | '/'
            | '\\'
            | '='
            | ':'
            | '*'
            | '?'
            | '['
            | ']'
            | '"'
            | '\''
            | '<'
            | '>'
            | '|'
            | '#'
            | '{'
            | '}'
            | '^'
            | '\0'..='\x1f'
            | '\x7f' => encoded.push_str(&format!("%{:02X}", u32::from(character))),
            other => encoded.push(other),
        }
    }
    // A text that is what stands for null.
    if encoded == NULL { encoded.replacen('_', "%5F", 1) } else { encoded }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes[at..].starts_with(b"%").then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[Option<&str>]) -> Series {
        let texts: Vec<Option<String>> = texts.iter().map(|text| text.map(String::from)).collect();
        typed("x", &texts, None).unwrap()
    }

    #[test]
    fn types_are_those_that_all_values_have() {
        for (texts, dtype) in [
            (&[Some("1"), Some("02"), None][..], DataType::Int64),
            (&[Some("1"), Some("2.5")], DataType::Float64),
            (&[Some("NaN"), Some("1.0")], DataType::Float64),
            (&[Some("NaN")], DataType::String),
            (&[Some("true"), None], DataType::Boolean),
            (&[Some("2020-02-29")], DataType::Date),
            (&[Some("2020-02-29"), Some("x")], DataType::String),
            (&[None], DataType::String),
        ] {
            let found = read(texts);
            assert_eq!(
                (found.dtype(), found.null_count()),
                (&dtype, texts.iter().filter(|text| text.is_none()).count())
            );
        }
        assert_eq!(read(&[Some("2020-02-29")]).cast(&DataType::Int32).unwrap(), Series::new("x".into(), [18321]));
        assert!(typed("x", &[Some("a".into())], Some(&DataType::Int64)).is_err());
    }

    #[test]
    fn names_are_read_as_they_were_written() {
        for text in ["", "a/b", "x=y", "50%", "%41", "é", NULL, "a b", "\n", "..", "[1]"] {
            let named = named(&Series::new("k".into(), [text])).unwrap().remove(0);
            assert!(!named.contains('/'));
            let (_, value) = named.split_once('=').unwrap();
            assert_ne!(value, NULL);
            assert_eq!(decoded(value), text);
        }
    }
}
