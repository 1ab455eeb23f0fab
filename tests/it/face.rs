//! The notebook as a program: it compiles unchanged and runs.

use crate::alone::{alone, show_warnings};
use std::path::Path;

/// The program, as others see it.
trait Program {
    fn run() -> partita::Result<()>;
}

/// The notebook's program.
struct Notebook;

/// The program's `main` is its own affair. But it makes one list, and there we are let in: `vec!` is what `vec!` is, and
/// adds a door.
macro_rules! vec {
    ($($element:expr),*) => {{
        impl super::Program for super::Notebook {
            fn run() -> partita::Result<()> {
                main()
            }
        }
        std::vec![$($element),*]
    }};
}

#[rustfmt::skip]
#[path = "../face/notebook.rs"]
#[allow(clippy::all, clippy::unwrap_used, non_local_definitions, reason = "it stays as it is, and has a door")]
mod notebook;

/// The notebook's arrays.
#[cfg(feature = "array")]
struct Arrays;

/// This program prints one line, which is its door.
#[cfg(feature = "array")]
macro_rules! println {
    ($($argument:tt)*) => {{
        impl super::Program for super::Arrays {
            fn run() -> partita::Result<()> {
                main()
            }
        }
        std::println!($($argument)*)
    }};
}

#[cfg(feature = "array")]
#[rustfmt::skip]
#[path = "../face/array.rs"]
#[allow(clippy::all, clippy::unwrap_used, non_local_definitions, reason = "it stays as it is, and has a door")]
mod array;

/// The notebook's dataframes.
#[cfg(feature = "dataframe")]
struct Frames;

/// This program prints three times; the last one is its door.
#[cfg(feature = "dataframe")]
macro_rules! println {
    ("{} rows in {} partitions", $($argument:tt)*) => {{
        impl super::Program for super::Frames {
            fn run() -> partita::Result<()> {
                main()
            }
        }
        std::println!("{} rows in {} partitions", $($argument)*)
    }};
    ($($argument:tt)*) => {
        std::println!($($argument)*)
    };
}

#[cfg(feature = "dataframe")]
#[rustfmt::skip]
#[path = "../face/dataframe.rs"]
#[allow(clippy::all, clippy::unwrap_used, non_local_definitions, reason = "it stays as it is, and has a door")]
mod dataframe;

#[cfg(feature = "dataframe")]
#[test]
fn the_dataframes_of_the_notebook_run() {
    let left = alone("face::the_dataframes_of_the_notebook_run", || {
        show_warnings();
        // The program reads what its first argument names, which here is what the test's process was started with.
        let cars = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/cars.csv");
        std::fs::copy(cars, std::env::args().nth(1).unwrap()).unwrap();
        Frames::run().unwrap();
    });
    assert_eq!(left.err, "");
    let prices = ["31980", "19490", "18990", "18900", "15990", "15990", "15989", "15979", "15760", "14990"];
    let rows: Vec<&str> = left.out.lines().filter(|line| line.starts_with('│')).collect();
    let priced = |row: &&str, price: &str| row.contains(&format!("┆ {price} "));
    for price in prices {
        assert!(rows.iter().any(|row| priced(row, price)), "{price} is missing in:\n{}", left.out);
    }
    for text in ["39 816", "150", "175"] {
        assert!(left.out.contains(text), "{text} is missing in:\n{}", left.out);
    }
    assert!(left.out.contains("shape: (10, 7)") && left.out.contains("shape: (3, 3)"), "{}", left.out);
    assert_eq!(left.out.lines().last(), Some("24 rows in 1 partitions"));
}

#[cfg(feature = "array")]
#[test]
fn the_arrays_of_the_notebook_run() {
    let left = alone("face::the_arrays_of_the_notebook_run", || {
        show_warnings();
        Arrays::run().unwrap();
    });
    let warnings: Vec<&str> = left.err.lines().collect();
    assert_eq!(warnings.len(), 1, "{}", left.err);
    assert!(warnings[0].contains("Increasing number of chunks by factor of 10"), "{}", left.err);
    assert!(warnings[0].contains("face/array.rs:12"), "{}", left.err);
    let distance: f64 = left.out.split(' ').next().unwrap().parse().unwrap();
    assert!((39.6..42.1).contains(&distance));
}

#[test]
fn the_notebook_runs() {
    let left = alone("face::the_notebook_runs", || {
        show_warnings();
        Notebook::run().unwrap();
    });
    assert_eq!(left.err, "");
    let lines: Vec<&str> = left.out.lines().collect();
    assert_eq!(lines[0], "Client");
    for expected in [
        r#"31: ["Balma", "Blagnac", "Ramonville-Saint-Agne", "Vieille-Toulouse", "L'Union", "Portet-sur-Garonne", "Tournefeuille"]"#,
        r#"92: ["Suresnes", "Nanterre", "La Garenne-Colombes"]"#,
        r#"93: ["Bobigny", "Montreuil"]"#,
    ] {
        assert!(lines.contains(&expected), "{expected} is missing in:\n{}", left.out);
    }
    let (futures, numbers) = lines[lines.len() - 5..].split_at(2);
    assert!(futures[0].starts_with("<Future: pending, key: complex_algorithm-"), "{futures:?}");
    assert!(futures[1].starts_with("<Future: finished, type: u64, key: complex_algorithm-"), "{futures:?}");
    assert_eq!(numbers, ["1", "2", "3"], "in the order in which they end");
    for picture in ["graph1.svg", "graph2.svg"] {
        assert!(left.directory.path().join(picture).exists(), "{picture}");
    }
}

/// Where the programs come from, if they are there: the copies are the same.
#[test]
fn the_programs_are_those_that_were_given() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["notebook.rs", "array.rs", "dataframe.rs"] {
        if let Ok(given) = std::fs::read(root.join("../shared/face").join(name)) {
            assert!(std::fs::read(root.join("tests/face").join(name)).unwrap() == given, "tests/face/{name} differs");
        }
    }
}
