//! The tables of `docs/faults.md` say what the tests themselves say: which case of the catalogue of faults each of them shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Set to `write`, it has the tables written anew from what the tests say; a case that is not in them is still added by hand.
const WRITE: &str = "PARTITA_FAULTS";

/// What a test says of itself, at the beginning of a line of its comment: `/// FAULTS D4, D3: …`.
const TAG: &str = "/// FAULTS ";

/// All cases, by chapter of the catalogue; numbers that are left out were never given.
const CASES: [(char, &[u32]); 6] = [
    ('T', &[1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 23, 25, 26, 27]),
    ('P', &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 23, 25, 26, 27, 28, 29]),
    ('M', &[1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23]),
    ('G', &[1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 13, 15, 16, 18, 19, 21, 22, 23]),
    ('D', &[1, 3, 4, 5, 6, 9, 10, 11, 12, 13, 15, 17, 18, 19]),
    (SCENARIO, SCENARIOS),
];

/// The letter of what went wrong in Dask, which the simulator plays; its tests are known by their names.
const SCENARIO: char = 'R';
const SCENARIOS: &[u32] = &{
    let mut all = [0; 40];
    let mut at = 0;
    while at < all.len() {
        all[at] = at as u32 + 1;
        at += 1;
    }
    all
};

/// What is to become of a case.
const CLASSES: [&str; 4] = ["error", "recovers", "no effect", "all ends"];

/// A case: the letter of its chapter, and its number there.
type Case = (char, u32);

/// The tests of each case, as `path::name`.
type Tests = BTreeMap<Case, BTreeSet<String>>;

/// A case that a word names, without what is between it and the next word.
fn case(word: &str) -> Option<Case> {
    let mut letters = word.chars();
    let letter = letters.next().filter(|letter| CASES.iter().any(|(chapter, _)| chapter == letter))?;
    let number = letters.as_str();
    let digits = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit()) && !number.starts_with('0');
    Some((letter, number.parse().ok().filter(|_| digits)?))
}

/// The cases at the beginning of what follows a tag, up to the first word that is none.
fn cases_of(tag: &str) -> Vec<Case> {
    let mut found = Vec::new();
    for word in tag.split(' ') {
        let bare = word.trim_end_matches([',', ':', '.', ';']);
        let Some(case) = case(bare) else { break };
        found.push(case);
        if !word.ends_with(',') {
            break;
        }
    }
    found
}

/// The name of a function, if the line begins one.
fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = ["fn ", "pub fn ", "pub(crate) fn ", "async fn "].iter().find_map(|start| line.strip_prefix(start))?;
    rest.split(['(', '<']).next()
}

/// Adds what a file says to the tests of all cases; what it says wrongly is told.
fn read(path: &str, text: &str, tests: &mut Tests) -> Result<(), String> {
    // The cases that the comment above names, and whether an attribute makes a test of what follows.
    let (mut named, mut is_test) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let place = || format!("{path}:{}", index + 1);
        if let Some(tag) = code.strip_prefix(TAG) {
            let cases = cases_of(tag);
            if let Some(unknown) = cases.iter().find(|case| !all().contains(case)) {
                return Err(format!("{}: there is no case {}{}", place(), unknown.0, unknown.1));
            }
            named.extend(cases);
        } else if let Some(name) = function(code) {
            if !named.is_empty() && !is_test {
                return Err(format!("{}: `{name}` names cases of faults, and is no test", place()));
            }
            if is_test && let Some(scenario) = scenario(name) {
                named.push(scenario);
            }
            for case in named.drain(..) {
                tests.entry(case).or_default().insert(format!("{path}::{name}"));
            }
            is_test = false;
        } else if code.starts_with("#[") {
            is_test |= code.starts_with("#[test]") || code.contains("::test]") || code.contains("::test(");
        } else if code.is_empty() && !named.is_empty() {
            return Err(format!("{}: no test follows the cases of faults above", place()));
        }
    }
    Ok(())
}

/// The scenario that a test plays by its name: `r07_…`.
fn scenario(name: &str) -> Option<Case> {
    let number = name.strip_prefix('r')?.get(..2).filter(|_| name.as_bytes().get(3) == Some(&b'_'))?;
    number.parse().ok().map(|number| (SCENARIO, number))
}

fn all() -> Vec<Case> {
    CASES.iter().flat_map(|(letter, numbers)| numbers.iter().map(|number| (*letter, *number))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What all files of the project say.
fn tests() -> Tests {
    let (mut tests, mut folders) = (Tests::new(), vec![root().to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().to_string_lossy();
                read(&path, &text, &mut tests).unwrap();
            }
        }
    }
    tests
}

/// The cells of a row of a table, if the line is one and begins with a case.
fn row(line: &str) -> Option<(Case, Vec<&str>)> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix('|')?.split('|').map(str::trim).collect();
    Some((case(cells[0])?, cells))
}

/// How far a case is shown, by the first word of its last cell, and by whether there are tests.
fn state(line: &str) -> Option<(Case, &'static str)> {
    let (case, cells) = row(line)?;
    let (tests, note) = (cells[cells.len() - 2], cells[cells.len() - 1]);
    let begins = ["part", "open", "elsewhere"].into_iter().find(|word| note.starts_with(&format!("{word}: ")));
    match (tests.is_empty(), begins) {
        (false, None) if note.is_empty() => Some((case, "shown")),
        (false, Some("part")) => Some((case, "part")),
        (true, Some("open")) => Some((case, "open")),
        (true, Some("elsewhere")) => Some((case, "elsewhere")),
        _ => panic!(
            "a case that has tests may say what is left (`part: …`), one without says why (`open: …`, `elsewhere: …`): {line}"
        ),
    }
}

/// The line above a table that counts its rows.
fn counted(letters: &[char], text: &str) -> String {
    let states: Vec<&str> =
        text.lines().filter_map(state).filter(|(case, _)| letters.contains(&case.0)).map(|(_, state)| state).collect();
    let of = |state: &str| states.iter().filter(|found| **found == state).count();
    format!(
        "Of {} cases {} are shown, {} in part, {} are open, and {} do not occur here.",
        states.len(),
        of("shown"),
        of("part"),
        of("open"),
        of("elsewhere")
    )
}

/// The page as the tests have it: the same with other tests in its rows, and other counts.
fn rewritten(page: &str, tests: &Tests) -> String {
    let rows = page.lines().map(|line| match row(line) {
        Some((case, mut cells)) => {
            let shown: Vec<String> = tests.get(&case).into_iter().flatten().map(|test| format!("`{test}`")).collect();
            let shown = shown.join("<br>");
            let at = cells.len() - 2;
            cells[at] = &shown;
            format!("| {} |\n", cells.join(" | "))
        }
        None => format!("{line}\n"),
    });
    let page: String = rows.collect();
    let mut counts = [counted(&['T', 'P', 'M', 'G', 'D'], &page), counted(&[SCENARIO], &page)].into_iter();
    let lines = page.lines().map(|line| match line.starts_with("Of ") && line.contains(" cases ") {
        true => counts.next().unwrap_or_default() + "\n",
        false => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_tables_of_faults_are_what_the_tests_say() {
    let path = root().join("docs/faults.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<Case> = page.lines().filter_map(row).map(|(case, _)| case).collect();
    assert_eq!(rows, all(), "each case has a row, in this order");
    let tests = tests();
    let found = rewritten(&page, &tests);
    if std::env::var(WRITE).is_ok_and(|how| how == "write") {
        std::fs::write(&path, &found).unwrap();
        return;
    }
    for (is, should) in page.lines().zip(found.lines()) {
        assert_eq!(is, should, "with `{WRITE}=write` in the environment this test writes it anew");
    }
    assert_eq!(page, found);
}

#[test]
fn each_case_of_faults_says_what_is_expected_of_it() {
    let page = std::fs::read_to_string(root().join("docs/faults.md")).unwrap();
    for (case, cells) in page.lines().filter_map(row) {
        if case.0 == SCENARIO {
            assert_eq!(cells.len(), 4, "{cells:?}");
        } else {
            assert_eq!(cells.len(), 5, "{cells:?}");
            assert!(cells[2].split(" or ").all(|class| CLASSES.contains(&class)), "{}", cells[2]);
        }
        assert!(!cells[1].is_empty(), "{case:?}");
    }
}

#[test]
fn what_tests_say_of_faults_is_read_as_it_is_meant() {
    let said = |text: &str| {
        let mut tests = Tests::new();
        read("a.rs", text, &mut tests).map(|()| tests)
    };
    let cases = |text: &str| -> Vec<Case> { said(text).unwrap().into_keys().collect() };
    let test = |tag: &str| format!("/// FAULTS {tag}\n/// And more, of T27.\n#[test]\nfn it() {{\n}}\n");
    for (tag, found) in [
        ("D4, D3: what is gone", &[('D', 3), ('D', 4)][..]),
        ("M2.", &[('M', 2)]),
        ("M2, without a socket T1", &[('M', 2)]),
        ("M4 after authentication, M5", &[('M', 4)]),
        ("M9, secure default 4.", &[('M', 9)]),
        ("ST1: T1", &[]),
        ("T04 of another kind", &[]),
    ] {
        assert_eq!(cases(&test(tag)), found, "{tag}");
    }
    assert_eq!(
        cases("    #[tokio::test]\n    async fn r07_a() {}\n#[test]\npub(crate) fn r40_b() {}\nfn r08_c() {}"),
        [('R', 7), ('R', 40)]
    );
    assert_eq!(said(&test("T1, T3.")).unwrap()[&('T', 3)], BTreeSet::from(["a.rs::it".to_string()]));
    for (text, error) in [
        (test("T2."), "a.rs:1: there is no case T2"),
        (test("T1, P30."), "a.rs:1: there is no case P30"),
        ("/// FAULTS T1.\nfn helper() {}".into(), "a.rs:2: `helper` names cases of faults, and is no test"),
        ("/// FAULTS T1.\n\n#[test]\nfn it() {}".into(), "a.rs:2: no test follows the cases"),
    ] {
        let told = said(&text).unwrap_err();
        assert!(told.starts_with(error), "{told}");
    }
}

#[test]
fn rows_without_tests_say_why_and_counts_are_those_of_the_rows() {
    let page = "Of 0 cases\n| T1 | a | error | | open: later |\n| T3 | b | error | `old` | |\n| T4 | c | error | | elsewhere: x |\n\
                Of 9 cases x\n| R1 | d | | part: half |\n";
    let tests = Tests::from([
        (('T', 3), ["b.rs::y".to_string(), "a.rs::x".to_string()].into()),
        (('R', 1), ["c.rs::z".to_string()].into()),
    ]);
    let found = rewritten(&page.replace("Of 0 cases", "Of 0 cases 0"), &tests);
    assert_eq!(
        found,
        "Of 3 cases 1 are shown, 0 in part, 1 are open, and 1 do not occur here.\n| T1 | a | error |  | open: later |\n\
         | T3 | b | error | `a.rs::x`<br>`b.rs::y` |  |\n| T4 | c | error |  | elsewhere: x |\n\
         Of 1 cases 0 are shown, 1 in part, 0 are open, and 0 do not occur here.\n| R1 | d | `c.rs::z` | part: half |\n"
    );
    for wrong in [
        "| T1 | a | error | | |",
        "| T1 | a | error | `x` | open: y |",
        "| T1 | a | error | | part: y |",
        "| T1 | a | error | `x` | y |",
    ] {
        assert!(std::panic::catch_unwind(|| state(wrong)).is_err(), "{wrong}");
    }
}
