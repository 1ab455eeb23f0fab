//! Reading text: any block size gives what the whole gives; damaged, changed and strange files are errors.

use crate::on_reference;
use crate::run;
use partita_collections::bag::{Compression, EncodingErrors, ReadError, TextFault, read_text};
use partita_collections::{Bag, Collection};
use partita_graph::RunError;
use proptest::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn written(directory: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn fault<C: Collection<Output: std::fmt::Debug>>(collection: &C) -> TextFault {
    match on_reference(collection) {
        Err(RunError::Task(error)) => error.downcast_ref::<TextFault>().expect("a text fault").clone(),
        other => panic!("{other:?}"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A way to compress.
type Packer = fn(&[u8]) -> Vec<u8>;

const PACKERS: [(&str, Packer); 4] = [("gz", gzip), ("zst", zst), ("bz2", bz2), ("xz", xz)];

/// Lines as this crate counts them.
fn lines_of<'a>(text: &'a str, delimiter: Option<&str>) -> Vec<&'a str> {
    match delimiter {
        None => text.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect(),
        Some(delimiter) => {
            let mut lines: Vec<&str> = text.split(delimiter).collect();
            if lines.last() == Some(&"") {
                lines.pop();
            }
            lines
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// FAULTS D11.
    #[test]
    fn any_block_size_gives_the_lines_of_the_whole(text in "(\r?\n|[ab\u{e9}\u{4e16}]){0,60}") {
        let directory = directory();
        let path = written(&directory, "text", &text);
        let expected = lines_of(&text, None);
        for size in 1..text.len() as u64 + 2 {
            let bag = read_text(&path).block_size(size).finish().unwrap();
            prop_assert_eq!(bag.npartitions() as u64, (text.len() as u64).div_ceil(size).max(1));
            prop_assert_eq!(run(&bag), expected.clone(), "blocks of {}", size);
            prop_assert_eq!(run(&bag.map_ref(|line| line.clone())), expected.clone());
            let pulled = bag.map_partitions_iter(|mut lines| std::iter::from_fn(move || lines.next()));
            prop_assert_eq!(run(&pulled), expected.clone());
        }
    }

    #[test]
    fn any_delimiter_as_well(
        text in "[ab;\n]{0,40}",
        delimiter in prop::sample::select(vec![";", ";;", "ab", "aa", "aba", "\n;"]),
    ) {
        let directory = directory();
        let path = written(&directory, "text", &text);
        let expected = lines_of(&text, Some(delimiter));
        for size in 1..text.len() as u64 + 2 {
            let bag = read_text(&path).block_size(size).delimiter(delimiter).finish().unwrap();
            prop_assert_eq!(run(&bag), expected.clone(), "blocks of {}", size);
        }
    }
}

#[test]
fn lines_longer_than_the_buffer_and_many_of_them() {
    let directory = directory();
    let long = "x".repeat(700_000);
    let text: String =
        (0..50_000).map(|n| if n % 20_000 == 7 { format!("{long}\n") } else { format!("{n}\r\n") }).collect();
    let path = written(&directory, "long", &text);
    let expected = lines_of(&text, None);
    for size in [100_000, 300_000, 1 << 20, 1 << 30] {
        assert!(run(&read_text(&path).block_size(size).finish().unwrap()) == expected, "{size}");
    }
    let overlapping = "aXa".repeat(200_000);
    let path = written(&directory, "overlapping", &overlapping);
    let bag = read_text(path).delimiter("aa").finish().unwrap();
    assert!(run(&bag) == lines_of(&overlapping, Some("aa")));
}

#[test]
fn the_end_of_the_last_line_may_be_missing() {
    for (text, expected) in [
        ("", &[][..]),
        ("\n", &[""]),
        ("a", &["a"]),
        ("a\n", &["a"]),
        ("a\n\n", &["a", ""]),
        ("\r\n", &[""]),
        ("a\rb\r\n", &["a\rb"]),
        ("a\r", &["a"]),
    ] {
        let directory = directory();
        assert_eq!(run(&Bag::read_text(written(&directory, "text", text)).unwrap()), expected, "{text:?}");
    }
}

#[test]
fn files_are_partitions_in_order() {
    let directory = directory();
    for name in ["b.txt", "a.txt", "c.log"] {
        written(&directory, name, format!("in {name}\n"));
    }
    std::fs::create_dir(directory.path().join("d.txt")).unwrap();
    let pattern = directory.path().join("*.txt");
    let bag = Bag::read_text(&pattern).unwrap();
    assert_eq!((bag.npartitions(), run(&bag)), (2, vec!["in a.txt".to_string(), "in b.txt".to_string()]));
    let listed = Bag::read_text([directory.path().join("c.log"), pattern.clone()]).unwrap();
    assert_eq!(run(&listed), ["in c.log", "in a.txt", "in b.txt"]);
    let two = read_text(directory.path().join("[a-c].*")).files_per_partition(2).finish().unwrap();
    assert_eq!((two.npartitions(), run(&two.count())), (2, 3));
    let paths = run(&read_text(&pattern).include_path().block_size(2).finish().unwrap());
    assert!(paths.iter().all(|(line, path)| path.ends_with(&line["in ".len()..])), "{paths:?}");
}

/// FAULTS D13.
#[test]
fn compressed_files_of_several_members_are_read_whole() {
    for (extension, packer) in PACKERS {
        let directory = directory();
        let mut packed = packer(b"one\ntw");
        packed.extend(packer(b"o\nthree"));
        let path = written(&directory, &format!("text.{extension}"), &packed);
        let bag = read_text(&path).block_size(3).finish().unwrap();
        assert_eq!(
            (bag.npartitions(), run(&bag)),
            (1, vec!["one".into(), "two".into(), "three".into()]),
            "{extension}"
        );
        let unnamed = written(&directory, "unnamed", &packed);
        let compression = match extension {
            "gz" => Compression::Gzip,
            "zst" => Compression::Zstd,
            "bz2" => Compression::Bzip2,
            _ => Compression::Xz,
        };
        assert_eq!(run(&read_text(unnamed).compression(compression).finish().unwrap().count()), 3);
    }
}

/// FAULTS D13.
#[test]
fn damaged_compressed_files_are_errors_never_a_part_of_them() {
    let text: String = (0..20_000).map(|n| format!("{n} {}\n", n * 7919 % 1000)).collect();
    for (extension, packer) in PACKERS {
        let directory = directory();
        let packed = packer(text.as_bytes());
        let path = written(&directory, &format!("text.{extension}"), &packed);
        assert_eq!(run(&Bag::read_text(&path).unwrap().count()), 20_000);
        let damaged = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let bag = Bag::read_text(&path).unwrap();
            (on_reference(&bag.count()), bag)
        };
        for cut in [0, 1, 5, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
            let (result, bag) = damaged(&packed[..cut]);
            assert!(result.is_err(), "{extension} cut to {cut} of {} gave {result:?}", packed.len());
            let found = fault(&bag);
            assert!(matches!(&found, TextFault::Corrupt { path: at, .. } if *at == path), "{found}");
        }
        let (result, _) = damaged(&[&packed[..], b"garbage"].concat());
        assert!(result.is_err(), "{extension} with garbage after it gave {result:?}");
        for at in (0..packed.len()).step_by(packed.len() / 40 + 1) {
            let mut flipped = packed.clone();
            flipped[at] ^= 0x10;
            let (result, bag) = damaged(&flipped);
            // A few bits mean nothing (times, names); then the text must be whole.
            if result.is_ok() {
                assert!(run(&bag) == lines_of(&text, None), "{extension}, bit in byte {at}");
            }
        }
    }
}

/// FAULTS D12.
#[test]
fn text_that_is_not_utf8_is_an_error_with_its_place() {
    let directory = directory();
    let path = written(&directory, "latin", b"caf\xc3\xa9\nna\xefve\nend\n");
    let bag = Bag::read_text(&path).unwrap();
    assert_eq!(fault(&bag), TextFault::Utf8 { path: path.clone(), offset: 8 });
    let cut = read_text(&path).block_size(4).finish().unwrap();
    assert_eq!(fault(&cut), TextFault::Utf8 { path: path.clone(), offset: 8 });
    let lossy = read_text(&path).encoding_errors(EncodingErrors::Lossy).finish().unwrap();
    assert_eq!(run(&lossy), ["caf\u{e9}", "na\u{fffd}ve", "end"]);
    for mark in [b"\xff\xfea\0".as_slice(), b"\xfe\xff\0a"] {
        let path = written(&directory, "wide", mark);
        assert_eq!(fault(&Bag::read_text(&path).unwrap()), TextFault::Utf16 { path });
    }
    for size in 1..12 {
        let path = written(&directory, "marked", b"\xef\xbb\xbfa\nb\n");
        assert_eq!(run(&read_text(path).block_size(size).finish().unwrap()), ["a", "b"], "a byte order mark");
    }
}

/// FAULTS D9.
#[test]
fn files_that_change_between_plan_and_reading_are_errors() {
    let directory = directory();
    for change in ["shorter", "longer", "touched", "replaced"] {
        let path = written(&directory, "text", "one\ntwo\n");
        let bag = read_text(&path).block_size(4).finish().unwrap();
        match change {
            "shorter" => std::fs::write(&path, "one\n").unwrap(),
            "longer" => std::fs::write(&path, "one\ntwo\nthree\n").unwrap(),
            "touched" => {
                let later = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
                std::fs::File::options().append(true).open(&path).unwrap().set_modified(later).unwrap();
            }
            _ => {
                let other = written(&directory, "other", "another text\n");
                std::fs::rename(other, &path).unwrap();
            }
        }
        assert!(matches!(fault(&bag), TextFault::FileChanged { .. }), "{change}");
    }
    let path = written(&directory, "gone", "one\n");
    let bag = Bag::read_text(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(fault(&bag), TextFault::Io { .. }));
}

/// FAULTS D9.
#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let directory = directory();
    let path = written(&directory, "text", "0123456789\n".repeat(200_000));
    let cut = path.clone();
    let bag = Bag::read_text(&path).unwrap().map(move |line| {
        std::fs::File::options().write(true).open(&cut).unwrap().set_len(500_000).unwrap();
        line
    });
    assert!(matches!(fault(&bag.count()), TextFault::FileChanged { .. }));
}

/// FAULTS D9.
#[test]
fn a_line_without_end_is_bounded() {
    let directory = directory();
    let path = written(&directory, "text", "a\n".to_string() + &"x".repeat(2 << 20));
    let bag = read_text(&path).max_line(1 << 19).finish().unwrap();
    assert_eq!(fault(&bag), TextFault::LineTooLong { path: path.clone(), offset: 2, limit: 1 << 19 });
    assert_eq!(run(&read_text(&path).finish().unwrap()).len(), 2);
}

#[test]
fn take_reads_the_beginning_and_no_more() {
    let directory = directory();
    let mut bytes = "line\n".repeat(200_000).into_bytes();
    bytes.extend(b"\xff\n");
    let path = written(&directory, "text", bytes);
    let bag = Bag::read_text(&path).unwrap();
    assert_eq!(run(&bag.take(2, 1)), ["line", "line"], "what comes later is not looked at");
    assert!(matches!(fault(&bag.count()), TextFault::Utf8 { offset: 1_000_000, .. }));
}

/// FAULTS D9.
#[test]
fn what_cannot_be_read_is_known_before() {
    let directory = directory();
    let at = |name: &str| directory.path().join(name);
    written(&directory, "text", "a");
    let refused = |path: PathBuf| Bag::read_text(path).unwrap_err();
    assert_eq!(refused(at("nothing")), ReadError::Missing { path: at("nothing") });
    assert_eq!(refused(at("*.nothing")), ReadError::NoMatch { pattern: at("*.nothing") });
    assert_eq!(refused(at("")), ReadError::Directory { path: at("") });
    assert_eq!(refused("/dev/zero".into()), ReadError::NotAFile { path: "/dev/zero".into() });
    assert!(matches!(refused(at("a**b")), ReadError::Pattern { .. }));
    assert_eq!(Bag::read_text(Vec::<String>::new()).unwrap_err(), ReadError::NoPaths);
    let both = read_text(at("text")).block_size(1).files_per_partition(1);
    assert_eq!(both.finish().unwrap_err(), ReadError::BothCuts);
    assert_eq!(read_text(at("text")).delimiter("").finish().unwrap_err(), ReadError::EmptyDelimiter);
    assert!(refused(at("nothing")).to_string().contains(&at("nothing").display().to_string()));
    let odd = written(&directory, "a[1].txt", "odd");
    assert_eq!(run(&Bag::read_text(odd).unwrap()), ["odd"], "a name that exists is no pattern");
}

/// FAULTS D9.
#[cfg(unix)]
#[test]
fn a_file_without_permission_is_known_before() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let path = written(&directory, "secret", "a");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    match std::fs::File::open(&path) {
        // The superuser may read everything.
        Ok(_) => assert_eq!(run(&Bag::read_text(&path).unwrap()), ["a"]),
        Err(_) => assert_eq!(Bag::read_text(&path).unwrap_err(), ReadError::Denied { path }),
    }
}

/// FAULTS D9.
#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let directory = directory();
    let path = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(Bag::read_text(&path).unwrap_err(), ReadError::NotAFile { path });
    }
}

#[test]
fn equal_files_are_equal_bags() {
    let directory = directory();
    let path = written(&directory, "text", "a\nb\n");
    let key = |path: &Path, size| read_text(path).block_size(size).finish().unwrap().node().key.clone();
    assert_eq!(key(&path, 2), key(&path, 2));
    assert_ne!(key(&path, 2), key(&path, 3));
    let before = key(&path, 2);
    std::fs::write(&path, "a\nb\nc\n").unwrap();
    assert_ne!(key(&path, 2), before);
}
