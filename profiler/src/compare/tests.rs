//! Comparisons of scripted runs whose differences are known.

use super::*;
use crate::scene::{HOSTILE, Scene, scripted};
use partita_graph::Token;
use partita_protocol::telemetry::WHOLE;

#[test]
fn a_run_differs_from_itself_by_nothing() {
    let run = scripted(0);
    let same = compare(&run, &run);
    let totals = [same.wall, same.threads, same.compute, same.idle, same.transfer, same.transferred];
    assert!(totals.iter().all(|change| change.by() == 0 && change.ratio() == Some(1.0)), "{same:?}");
    let groups = same.groups.iter().flat_map(|group| [group.executions, group.failures, group.time, group.nbytes]);
    assert!(groups.into_iter().all(|change| change.by() == 0));
    assert_eq!((same.keys.only_first.count, same.keys.only_second.count), (0, 0));
    assert!(same.keys.changes.iter().all(|key| key.time.by() == 0));
    assert_eq!(same.keys.both, 3 + 1 + HOSTILE.len() as u64);
    assert_eq!(same.keys.by_group, (1, 1).into(), "the call whose key is its own alone");
}

#[test]
fn known_differences_are_found() {
    let (first, second) = (scripted(0), scripted(7));
    let comparison = compare(&first, &second);
    // Three squares and all hostile ones took 7 µs longer each.
    let slower = 7_000 * (3 + HOSTILE.len() as i64);
    assert_eq!((comparison.compute.by(), comparison.wall.by()), (slower, 7_000));
    assert_eq!(comparison.idle.by(), 4 * 7_000 - slower, "four threads were there for as long as it took");
    assert_eq!((comparison.threads.first, comparison.wall.first), (4 * comparison.wall.first, 3_110_000));
    assert_eq!((&*comparison.groups[0].name, comparison.groups[0].time), ("square", (150_000, 171_000).into()));
    assert_eq!(comparison.groups.last().unwrap().time.by(), 0);
    assert!(comparison.groups.is_sorted_by_key(|group| std::cmp::Reverse(group.time.by().unsigned_abs())));
    assert!(comparison.keys.changes[..3 + HOSTILE.len()].iter().all(|key| key.time.by() == 7_000));
    assert_eq!((comparison.transfer, comparison.transferred), ((50_000, 50_000).into(), (8, 8).into()));
}

/// One task of a name, with a token, that took so many microseconds.
fn one(name: &str, token: Token, long: u64) -> crate::run::Run {
    let mut scene = Scene::with_workers(&["a"]);
    let group = scene.group(name);
    scene.ran((group, token, WHOLE), &[], (0, 0), (0, long), true);
    scene.run()
}

#[test]
fn tasks_of_one_run_alone_are_named() {
    let (first, second) = (one("load", Token::of(b"1"), 5), one("load", Token::of(b"2"), 9));
    let comparison = compare(&first, &second);
    assert_eq!(
        (comparison.keys.both, comparison.keys.only_first.count, comparison.keys.only_second.time),
        (0, 1, 9_000)
    );
    assert_eq!(comparison.keys.only_first.keys, [(format!("load-{}", Token::of(b"1")), 5_000)]);
    assert_eq!(comparison.groups[0].time, (5_000, 9_000).into(), "their group is one");

    let gone = compare(&first, &one("store", Token::of(b"1"), 5));
    assert_eq!(
        gone.groups.iter().map(|group| (&*group.name, group.executions)).collect::<Vec<_>>(),
        [("load", Change { first: 1, second: 0 }), ("store", Change { first: 0, second: 1 }),]
    );
    assert_eq!(gone.groups[1].time.ratio(), None);
}

#[test]
fn calls_with_keys_of_their_own_are_compared_by_group_and_it_is_said() {
    let comparison = compare(&one("inc", Token::unique(), 5), &one("inc", Token::unique(), 8));
    assert_eq!((comparison.keys.both, comparison.keys.only_first.count, comparison.keys.only_second.count), (0, 0, 0));
    assert_eq!((comparison.keys.by_group, comparison.groups[0].time.by()), ((1, 1).into(), 3_000));
    assert!(comparison.to_string().contains("1 and 1 executions are compared by group only"), "{comparison}");
}

#[test]
fn the_table_is_aligned_and_the_page_is_inert() {
    let comparison = compare(&scripted(0), &scripted(7));
    let text = comparison.to_string();
    let table: Vec<usize> = text.lines().take_while(|line| !line.is_empty()).map(|line| line.chars().count()).collect();
    assert_eq!(table.len(), 7);
    assert!(table.iter().all(|width| *width == table[0]), "{text}");
    assert!(text.contains("two\\nlines\\r\\nand more"), "{text}");
    assert!(text.contains("\\u{202e}") && !text.contains('\u{202e}'), "{text}");
    let page = comparison.html();
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&amp;amp;"));
    let read: Comparison = serde_json::from_str(&serde_json::to_string(&comparison).unwrap()).unwrap();
    assert_eq!(read, comparison);
    let folder = tempfile::tempdir().unwrap();
    comparison.to_html(folder.path().join("two.html")).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("two.html")).unwrap(), page);
}
