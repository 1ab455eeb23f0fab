//! The names of Dask's `str`: the expressions that the guide gives for them make what pandas documents.

use crate::frame_names_of_times::{tests_of_durations, tests_of_fields, tests_of_moves};
use crate::run;
use partita_collections::dataframe::polars::prelude::{self as pl, NULL, NamedFrom, Series, df, element};
use partita_collections::dataframe::{DataFrame, Expr, all, col, concat_str, lit, when};
use std::collections::BTreeSet;

/// A name of Dask's, an expression, and its values; those with several expressions stand several times.
pub(crate) type Case = (&'static str, Expr, Series);

const WORDS: [Option<&str>; 10] = [
    Some("Ab-c-Ab"),
    Some(""),
    None,
    Some("été 12"),
    Some("x1"),
    Some("-7"),
    Some("  Two words\n"),
    Some("42"),
    Some("abc"),
    Some("ÉB"),
];

/// Each expression makes its values in one partition, in several, and in more than there are rows; also with empty ones
/// that a filter makes.
pub(crate) fn check(frame: &pl::DataFrame, cases: &[Case]) {
    for parts in [1, 3, frame.height() + 2] {
        let mine = DataFrame::from_polars(frame.clone(), parts);
        let none = mine.filter(lit(false));
        let within = DataFrame::concat(&[none.clone(), mine.clone(), none]);
        for (name, expr, expected) in cases {
            let what = format!("{name}, {parts} partitions: {expr}");
            for mine in [&mine, &within] {
                let found = run(&mine.select([expr.clone().alias("found")]));
                assert_same(found.column("found").unwrap().as_materialized_series(), expected, &what);
                let found = run(&mine.with_columns([expr.clone().alias("found")]).select([all().as_expr()]));
                assert_same(found.column("found").unwrap().as_materialized_series(), expected, &what);
            }
        }
    }
}

#[track_caller]
fn assert_same(found: &Series, expected: &Series, what: &str) {
    let numbers = found.dtype().is_integer() && expected.dtype().is_integer();
    let expected = if numbers { expected.cast(found.dtype()).unwrap() } else { expected.clone() };
    assert_eq!(found.dtype(), expected.dtype(), "{what}");
    assert!(found.equals_missing(&expected.clone().with_name("found".into())), "{what}: {found} instead of {expected}");
}

/// A value for each row of [`WORDS`] that is not null, and null for that one.
fn each<T>(values: [T; 9]) -> Series
where
    Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    let mut values: Vec<Option<T>> = values.into_iter().map(Some).collect();
    values.insert(2, None);
    Series::new("".into(), values)
}

fn words() -> pl::DataFrame {
    df!("s" => WORDS).unwrap()
}

fn text(pattern: &str) -> Expr {
    lit(pattern)
}

/// Width `w` around the text, as Python does it: if the rest is odd, it is on the left if the width is odd.
fn centered(w: i64) -> Expr {
    let s = || col("s").str();
    let left = (s().len_chars() + lit(w + w % 2)).floor_div(lit(2));
    s().pad_start(left, '*').str().pad_end(lit(w), '*')
}

/// The text with the first letter of each word large, and all others small.
fn titled() -> Expr {
    let large = element().str().head(lit(1)).str().to_uppercase();
    let small = element().str().slice(lit(1), lit(NULL)).str().to_lowercase();
    let runs = col("s").str().extract_all(lit(r"\p{L}+|\P{L}+"));
    runs.list().eval(concat_str([large, small], "", false)).list().join(lit(""), false)
}

fn tests_of_texts() -> Vec<Case> {
    let s = || col("s").str();
    let [yes, no] = [true, false];
    vec![
        ("contains", s().contains(text("[0-9]"), true), each([no, no, yes, yes, yes, no, yes, no, no])),
        ("contains", s().contains_literal(text("-")), each([yes, no, no, no, yes, no, no, no, no])),
        ("fullmatch", s().contains(text("^(?:[a-z0-9]+|x)$"), true), each([no, no, no, yes, no, no, yes, yes, no])),
        ("match", s().contains(text("^(?:[a-z])"), true), each([no, no, no, yes, no, no, no, yes, no])),
        ("endswith", s().ends_with(text("b")), each([yes, no, no, no, no, no, no, no, no])),
        ("startswith", s().starts_with(text("A")), each([yes, no, no, no, no, no, no, no, no])),
        ("isalpha", s().contains(text(r"^\p{L}+$"), true), each([no, no, no, no, no, no, no, yes, yes])),
        ("isdigit", s().contains(text(r"^\p{Nd}+$"), true), each([no, no, no, no, no, no, yes, no, no])),
        ("isnumeric", s().contains(text(r"^\p{N}+$"), true), each([no, no, no, no, no, no, yes, no, no])),
        ("len", s().len_chars(), each([7, 0, 6, 2, 2, 12, 2, 3, 2])),
        ("count", s().count_matches(text("[a-z]"), false), each([3, 0, 1, 1, 0, 7, 0, 3, 0])),
        (
            "find",
            when(s().contains_literal(text("c")).not())
                .then(lit(-1))
                .otherwise(s().splitn(text("c"), 2).struct_().field_by_index(0).str().len_chars()),
            each([3i64, -1, -1, -1, -1, -1, -1, 2, -1]),
        ),
    ]
}

fn like(first: &'static str, rest: [&'static str; 8]) -> Series {
    let mut all = [first; 9];
    all[1..].copy_from_slice(&rest);
    each(all)
}

fn tests_of_changes() -> Vec<Case> {
    let s = || col("s").str();
    let two = "  Two words\n";
    vec![
        ("lower", s().to_lowercase(), like("ab-c-ab", ["", "été 12", "x1", "-7", "  two words\n", "42", "abc", "éb"])),
        ("upper", s().to_uppercase(), like("AB-C-AB", ["", "ÉTÉ 12", "X1", "-7", "  TWO WORDS\n", "42", "ABC", "ÉB"])),
        (
            "capitalize",
            concat_str(
                [s().head(lit(1)).str().to_uppercase(), s().slice(lit(1), lit(NULL)).str().to_lowercase()],
                "",
                false,
            ),
            like("Ab-c-ab", ["", "Été 12", "X1", "-7", "  two words\n", "42", "Abc", "Éb"]),
        ),
        ("title", titled(), like("Ab-C-Ab", ["", "Été 12", "X1", "-7", "  Two Words\n", "42", "Abc", "Éb"])),
        (
            "replace",
            s().replace_all(text("Ab"), text("z"), true),
            like("z-c-z", ["", "été 12", "x1", "-7", two, "42", "abc", "ÉB"]),
        ),
        (
            "replace",
            s().replace_all(text("[A-Z](.)"), text("<${1}>"), false),
            like("<b>-c-<b>", ["", "été 12", "x1", "-7", "  <w>o words\n", "42", "abc", "ÉB"]),
        ),
        (
            "strip",
            s().strip_chars(lit(NULL)),
            like("Ab-c-Ab", ["", "été 12", "x1", "-7", "Two words", "42", "abc", "ÉB"]),
        ),
        (
            "lstrip",
            s().strip_chars_start(lit(NULL)),
            like("Ab-c-Ab", ["", "été 12", "x1", "-7", "Two words\n", "42", "abc", "ÉB"]),
        ),
        (
            "rstrip",
            s().strip_chars_end(lit(NULL)),
            like("Ab-c-Ab", ["", "été 12", "x1", "-7", "  Two words", "42", "abc", "ÉB"]),
        ),
        ("strip", s().strip_chars(text("Ab2")), like("-c-", ["", "été 1", "x1", "-7", two, "4", "abc", "ÉB"])),
        (
            "removeprefix",
            s().strip_prefix(text("Ab")),
            like("-c-Ab", ["", "été 12", "x1", "-7", two, "42", "abc", "ÉB"]),
        ),
        (
            "removesuffix",
            s().strip_suffix(text("Ab")),
            like("Ab-c-", ["", "été 12", "x1", "-7", two, "42", "abc", "ÉB"]),
        ),
        ("slice", s().slice(lit(1), lit(2)), like("b-", ["", "té", "1", "7", " T", "2", "bc", "B"])),
        ("slice", s().tail(lit(2)), like("Ab", ["", "12", "x1", "-7", "s\n", "42", "bc", "ÉB"])),
        ("slice", s().head(lit(-1)), like("Ab-c-A", ["", "été 1", "x", "-", "  Two words", "4", "ab", "É"])),
    ]
}

fn tests_of_widths() -> Vec<Case> {
    let s = || col("s").str();
    let two = "  Two words\n";
    vec![
        (
            "center",
            centered(6),
            like("Ab-c-Ab", ["******", "été 12", "**x1**", "**-7**", two, "**42**", "*abc**", "**ÉB**"]),
        ),
        (
            "center",
            centered(7),
            like("Ab-c-Ab", ["*******", "*été 12", "***x1**", "***-7**", two, "***42**", "**abc**", "***ÉB**"]),
        ),
        (
            "ljust",
            s().pad_end(lit(6), '*'),
            like("Ab-c-Ab", ["******", "été 12", "x1****", "-7****", two, "42****", "abc***", "ÉB****"]),
        ),
        (
            "rjust",
            s().pad_start(lit(6), ' '),
            like("Ab-c-Ab", ["      ", "été 12", "    x1", "    -7", two, "    42", "   abc", "    ÉB"]),
        ),
        (
            "pad",
            s().pad_start(lit(6), ' '),
            like("Ab-c-Ab", ["      ", "été 12", "    x1", "    -7", two, "    42", "   abc", "    ÉB"]),
        ),
        ("zfill", s().zfill(lit(4)), like("Ab-c-Ab", ["0000", "été 12", "00x1", "-007", two, "0042", "0abc", "0ÉB"])),
        (
            "repeat",
            concat_str([col("s"), col("s")], "", false),
            like(
                "Ab-c-AbAb-c-Ab",
                ["", "été 12été 12", "x1x1", "-7-7", "  Two words\n  Two words\n", "4242", "abcabc", "ÉBÉB"],
            ),
        ),
        (
            "cat",
            concat_str([col("s"), col("s")], "+", false),
            like(
                "Ab-c-Ab+Ab-c-Ab",
                ["+", "été 12+été 12", "x1+x1", "-7+-7", "  Two words\n+  Two words\n", "42+42", "abc+abc", "ÉB+ÉB"],
            ),
        ),
        (
            "join",
            s().split(text("")).list().join(text("."), true),
            like("A.b.-.c.-.A.b", ["", "é.t.é. .1.2", "x.1", "-.7", " . .T.w.o. .w.o.r.d.s.\n", "4.2", "a.b.c", "É.B"]),
        ),
    ]
}

fn tests_of_parts() -> Vec<Case> {
    let s = || col("s").str();
    let lists = |values: [&[&str]; 9]| each(values.map(|texts| Series::new("".into(), texts)));
    let some = |values: [Option<&str>; 10]| Series::new("".into(), values);
    let none = None;
    let two = "  Two words\n";
    vec![
        (
            "split",
            s().split(text("-")),
            lists([&["Ab", "c", "Ab"], &[""], &["été 12"], &["x1"], &["", "7"], &[two], &["42"], &["abc"], &["ÉB"]]),
        ),
        (
            "split",
            s().extract_all(text(r"\S+")),
            lists([&["Ab-c-Ab"], &[], &["été", "12"], &["x1"], &["-7"], &["Two", "words"], &["42"], &["abc"], &["ÉB"]]),
        ),
        (
            "split",
            s().splitn(text("-"), 2).struct_().field_by_index(1),
            some([Some("c-Ab"), none, none, none, none, Some("7"), none, none, none, none]),
        ),
        (
            "rsplit",
            s().split(text("-")),
            lists([&["Ab", "c", "Ab"], &[""], &["été 12"], &["x1"], &["", "7"], &[two], &["42"], &["abc"], &["ÉB"]]),
        ),
        (
            "rsplit",
            s().extract(text("(?s)^(.*)-(.*)$"), 1),
            some([Some("Ab-c"), none, none, none, none, Some(""), none, none, none, none]),
        ),
        (
            "extract",
            s().extract(text("([0-9]+)"), 1),
            some([none, none, none, Some("12"), Some("1"), Some("7"), none, Some("42"), none, none]),
        ),
        (
            "extract",
            s().extract_groups("(?<first>[a-zA-Z]+)-(?<second>.)").unwrap().struct_().field_by_name("second"),
            some([Some("c"), none, none, none, none, none, none, none, none, none]),
        ),
        (
            "findall",
            s().extract_all(text("[A-Z][a-z]")),
            lists([&["Ab", "Ab"], &[], &[], &[], &[], &["Tw"], &[], &[], &[]]),
        ),
        (
            "get",
            s().split(text("")).list().get(lit(1), true),
            some(["b", "", "", "t", "1", "7", " ", "2", "b", "B"].map(|text| (!text.is_empty()).then_some(text))),
        ),
        (
            "get",
            s().split(text("")).list().get(lit(-2), true),
            some(["A", "", "", "1", "x", "-", "s", "4", "b", "É"].map(|text| (!text.is_empty()).then_some(text))),
        ),
    ]
}

#[test]
fn texts_are_looked_into() {
    check(&words(), &tests_of_texts());
}

#[test]
fn texts_are_changed() {
    check(&words(), &tests_of_changes());
    check(&words(), &tests_of_widths());
}

#[test]
fn texts_are_taken_apart() {
    check(&words(), &tests_of_parts());
}

#[test]
fn each_match_is_a_row() {
    let frame = DataFrame::from_polars(words().with_row_index("row".into(), None).unwrap(), 4);
    let matches = frame.select([col("row"), col("s").str().extract_all(text("([A-Z])([a-z])")).alias("found")]);
    let groups = || col("found").str().extract_groups("(?<large>[A-Z])(?<small>[a-z])").unwrap().struct_();
    let groups = [col("row"), groups().field_by_name("large"), groups().field_by_name("small")];
    let found = run(&matches.explode("found").drop_nulls().select(groups));
    let expected = df!("row" => [0u32, 0, 6], "large" => ["A", "A", "T"], "small" => ["b", "b", "w"]).unwrap();
    assert_eq!(found, expected);
}

#[test]
fn letters_and_digits_are_those_of_unicode() {
    let odd = ["é", "日", "ª", "ǅ", "ʰ", "a1", "a²", "²", "٣", "½", "一", "Ⅷ", "①"];
    let frame = DataFrame::from_polars(df!("s" => odd).unwrap(), 3);
    let is = |class: &str| {
        let found = run(&frame.filter(col("s").str().contains(lit(format!("^{class}+$")), true)));
        let found: Vec<String> = found.column("s").unwrap().str().unwrap().iter().flatten().map(Into::into).collect();
        found.join(" ")
    };
    assert_eq!(is(r"\p{L}"), "é 日 ª ǅ ʰ 一");
    // Python takes ² and ① for digits too, and 一 for a number.
    assert_eq!(is(r"\p{Nd}"), "٣");
    assert_eq!(is(r"\p{N}"), "² ٣ ½ Ⅷ ①");
}

/// Names that have a test of their own.
const APART: [&str; 8] = ["extractall", "tz", "as_known", "as_unknown", "categories", "codes", "known", "ordered"];

#[test]
fn all_names_of_the_guide_are_tested_here() {
    let guide = include_str!("../../../docs/dataframes-from-dask.md");
    let section = guide.split("\n### Text, times, categories\n").nth(1).unwrap().split("\n##").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
    let there = rows.filter(|(_, here)| !here.starts_with("none"));
    let words = there.flat_map(|(names, _)| names.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let told: BTreeSet<&str> = words.filter(|word| !word.is_empty()).collect();
    let texts = [tests_of_texts(), tests_of_changes(), tests_of_widths(), tests_of_parts()].into_iter().flatten();
    let times = [tests_of_fields(), tests_of_moves(), tests_of_durations()].into_iter().flatten();
    let cases = texts.chain(times).map(|(name, ..)| name);
    assert_eq!(told, cases.chain(APART).collect());
}
