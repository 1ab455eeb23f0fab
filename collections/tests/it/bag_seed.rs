//! The notebook's facts about bags, S03 to S09.

use crate::run;
use partita_collections::bag::Element;
use partita_collections::{Bag, Collection, Item};

const NUMBERS: [&str; 13] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

fn partitions<T: Element>(bag: &Bag<T>) -> Vec<Vec<T>> {
    run(&bag.map_partitions(|partition| [partition]))
}

fn numbers() -> Bag<i64> {
    Bag::<String>::from_sequence(NUMBERS, 5).map(|s| s.parse::<i64>().unwrap())
}

fn even() -> Bag<i64> {
    numbers().filter(|x| x % 2 == 0)
}

fn total() -> Item<i64> {
    even().fold(0, |acc, x| acc + x)
}

#[test]
fn s03_thirteen_strings_in_five_partitions() {
    let sizes: Vec<usize> = partitions(&Bag::<String>::from_sequence(NUMBERS, 5)).iter().map(Vec::len).collect();
    assert_eq!(sizes, [3, 3, 3, 3, 1]);
}

#[test]
fn s04_partitions_when_none_are_named() {
    assert_eq!(Bag::<String>::from_sequence_auto(NUMBERS).npartitions(), 13);
    assert_eq!(Bag::<i64>::from_sequence_auto(0..1000).npartitions(), 250);
}

#[test]
fn s05_map() {
    assert_eq!(run(&numbers()), (0..13).collect::<Vec<_>>());
}

#[test]
fn s06_filter() {
    assert_eq!(run(&even()), [0, 2, 4, 6, 8, 10, 12]);
    assert_eq!(partitions(&even()), [vec![0, 2], vec![4], vec![6, 8], vec![10], vec![12]]);
}

/// FAULTS T26.
#[test]
fn s07_fold_starts_each_partition_and_goes_from_the_left() {
    assert_eq!(run(&total()), 42);
    let tree = even().map(|x| x.to_string()).fold_combine(
        "0".to_string(),
        |a, b| format!("({a}+{b})"),
        |a, b| format!("({a}+{b})"),
    );
    assert_eq!(run(&tree), "((((((0+0)+2)+(0+4))+((0+6)+8))+(0+10))+(0+12))");
    // A tree only above eight partitions.
    let deep = Bag::<String>::from_sequence_sized((0..9).map(|x| x.to_string()), 1);
    let tree = deep.reduce(|a, b| format!("({a}{b})"));
    assert_eq!(run(&tree).unwrap(), "((((((((01)2)3)4)5)6)7)8)");
}

#[test]
fn s08_nothing_runs_before_and_the_graph_has_21_nodes_then_11() {
    let never = Bag::<String>::from_sequence(NUMBERS, 5).map(|_| -> i64 { panic!("it ran") });
    let _ = never.filter(|_| panic!("it ran")).fold(0, |_, _| panic!("it ran"));
    assert_eq!(total().graph().without_fusion().check().unwrap().len(), 21);
    assert_eq!(total().graph().check().unwrap().len(), 11);
}

#[test]
fn s09_fold_by() {
    let cities = [
        ("Balma", 31130),
        ("Blagnac", 31700),
        ("Ramonville-Saint-Agne", 31520),
        ("Vieille-Toulouse", 31320),
        ("L'Union", 31240),
        ("Portet-sur-Garonne", 31120),
        ("Tournefeuille", 31170),
        ("Suresnes", 92150),
        ("Nanterre", 92000),
        ("La Garenne-Colombes", 92250),
        ("Bobigny", 93000),
        ("Montreuil", 93100),
    ]
    .map(|(city, zip)| (city.to_string(), zip));
    let by_department = Bag::<(String, u32)>::from_sequence(cities, 5).fold_by(
        |(_, zip)| zip / 1000,
        Vec::new(),
        |mut names: Vec<String>, (city, _)| {
            names.push(city);
            names
        },
        |left, right| [left, right].concat(),
    );
    assert_eq!(by_department.npartitions(), 1);
    let strings = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = [
        (
            31,
            strings(&[
                "Balma",
                "Blagnac",
                "Ramonville-Saint-Agne",
                "Vieille-Toulouse",
                "L'Union",
                "Portet-sur-Garonne",
                "Tournefeuille",
            ]),
        ),
        (92, strings(&["Suresnes", "Nanterre", "La Garenne-Colombes"])),
        (93, strings(&["Bobigny", "Montreuil"])),
    ];
    assert_eq!(run(&by_department), expected);
}
