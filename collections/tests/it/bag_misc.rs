//! Keys, errors of users' functions, chance, text methods, graphs.

use crate::on_reference;
use crate::{bag_of, run};
use partita_collections::bag::{BagError, BagFault, ElementError};
use partita_collections::{Bag, Collection, Item};
use partita_graph::{RunError, TaskError};
use proptest::prelude::*;
use std::collections::HashMap;
use std::num::ParseIntError;

fn error<C: Collection<Output: std::fmt::Debug>>(collection: &C) -> TaskError {
    match on_reference(collection) {
        Err(RunError::Task(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A bag, all made by one line, so that functions are the same ones.
fn some_bag(n: i64) -> Bag<i64> {
    Bag::<i64>::from_sequence(0..n, 3).map(|n| n + 1).filter_with(n, |limit, n| n < limit)
}

fn some_items(bag: &Bag<i64>) -> Vec<partita_graph::Key> {
    let items: Vec<Item<i64>> = vec![bag.sum(), bag.prod(), bag.fold(0, |a, b| a + b), bag.fold(1, |a, b| a + b)];
    let mut keys: Vec<_> = items.iter().map(|item| item.node().key.clone()).collect();
    keys.push(bag.take(1, 1).node().key.clone());
    keys.push(bag.take(2, 1).node().key.clone());
    keys.push(bag.take(2, 2).node().key.clone());
    keys.push(bag.group_by(|n| n % 2).node().key.clone());
    keys.push(bag.group_by_into(7, |n| n % 2).node().key.clone());
    keys.push(bag.frequencies().node().key.clone());
    keys.push(bag.frequencies_sorted().node().key.clone());
    keys.push(bag.var(0).node().key.clone());
    keys.push(bag.var(1).node().key.clone());
    keys.push(bag.std(1).node().key.clone());
    keys.push(bag.sample(2, 1).node().key.clone());
    keys.push(bag.sample(2, 2).node().key.clone());
    keys.push(bag.repartition(7).node().key.clone());
    keys.push(bag.repartition(8).node().key.clone());
    keys.push(bag.topk(1).node().key.clone());
    keys.push(bag.topk(2).node().key.clone());
    keys
}

#[test]
fn equal_bags_share_their_keys_and_others_do_not() {
    let (a, b, c) = (some_bag(10), some_bag(10), some_bag(11));
    assert_eq!(a.node().key, b.node().key);
    assert_ne!(a.node().key, c.node().key);
    let keys = some_items(&a);
    assert_eq!(keys, some_items(&b));
    let mut different: Vec<String> = keys.iter().chain(&some_items(&c)).map(ToString::to_string).collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 2 * keys.len());
    let both = (a.sum(), b.sum());
    assert_eq!(both.graph().check().unwrap().len(), a.sum().graph().check().unwrap().len(), "equal tasks are one");
}

#[test]
fn captures_large_data_and_other_types_are_not_shared() {
    let k = 3;
    let bag = Bag::<i64>::range(5, 2);
    let captured = || bag.map(move |n| n + k).node().key.clone();
    assert_ne!(captured(), captured());
    let large = || Bag::<i64>::from_sequence(0..100_000, 2).node().key.clone();
    assert_ne!(large(), large());
    assert_ne!(
        Bag::<u8>::from_sequence([1u8], 1).node().key,
        Bag::<i64>::from_sequence([1i64], 1).node().key,
        "written alike, of other types"
    );
    assert_eq!(captured().name().as_str(), "map");
}

#[test]
fn the_first_error_of_a_function_ends_the_task_and_names_the_element() {
    let bag = Bag::<String>::from_sequence(["0", "1", "two", "3", "four"], 2);
    let failed = error(&bag.try_map(|text| text.parse::<i64>()).sum());
    let element: &ElementError = failed.downcast_ref().unwrap();
    assert_eq!((element.partition(), element.index()), (Some(0), Some(2)));
    assert!(element.cause::<ParseIntError>().is_some());
    assert!(failed.to_string().contains("bag_misc.rs"), "{failed}");
    let counted = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = counted.clone();
    let stops = Bag::range(1000, 1)
        .map(move |n| {
            seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            n
        })
        .try_filter(|n| if *n < 10 { Ok(true) } else { Err("ten") });
    assert!(error(&stops.map(|n| n * 2).count()).to_string().contains("`try_filter` at element 10"));
    assert_eq!(counted.load(std::sync::atomic::Ordering::Relaxed), 11, "nothing is made after it");
}

#[test]
fn every_form_reports_its_operation() {
    let bag = Bag::<i64>::from_sequence(0..4, 2);
    let no = |n: i64| if n < 3 { Ok(n) } else { Err("three") };
    for (name, failed) in [
        ("try_map", error(&bag.try_map(no))),
        ("try_map_ref", error(&bag.try_map_ref(move |n| no(*n)))),
        ("try_filter", error(&bag.try_filter(move |n| no(*n).map(|_| true)))),
        ("try_remove", error(&bag.try_remove(move |n| no(*n).map(|_| true)))),
        ("try_flat_map", error(&bag.try_flat_map(move |n| no(n).map(|n| [n])))),
        ("try_fold", error(&bag.try_fold(0, move |_, n| no(n)))),
        ("try_fold_combine", error(&bag.try_fold_combine(0, move |_, n| no(n), |a, _| Ok(a)))),
        ("try_fold_by", error(&bag.try_fold_by(|n| Ok(*n), 0, move |_, n| no(n), |a, _| Ok(a)))),
        ("try_reduce", error(&bag.try_reduce(move |_, n| no(n)))),
        ("try_group_by", error(&bag.try_group_by(move |n| no(*n)))),
        ("try_distinct_by", error(&bag.try_distinct_by(move |n| no(*n)))),
        ("try_topk_by", error(&bag.try_topk_by(1, move |n| no(*n)))),
        ("try_join", error(&bag.try_join([1i64], move |n| no(*n), |n| Ok(*n)))),
        ("try_map2", error(&bag.try_map2(&bag, move |n, _| no(n)).unwrap())),
        ("try_accumulate", error(&bag.try_accumulate(move |_, n| no(n)))),
        ("try_map_item", error(&bag.try_map_item(&bag.count(), move |n, _| no(n)))),
        ("try_any", error(&bag.try_any(move |n| no(*n).map(|_| false)))),
        ("try_all", error(&bag.try_all(move |n| no(*n).map(|_| true)))),
        ("try_accumulate_from", error(&bag.try_accumulate_from(0, move |_, n| no(n)))),
        ("try_frequencies_of", error(&bag.try_frequencies_of(move |n, _| no(*n).map(|_| ())))),
        ("try_group_by_into", error(&bag.try_group_by_into(3, move |n| no(*n)))),
        ("try_join_bag", error(&bag.try_join_bag(&bag.repartition(1), move |n| no(*n), |n| Ok(*n)).unwrap())),
        ("try_starmap", error(&bag.map(|n| (n, n)).try_starmap(move |n, _| no(n)))),
    ] {
        let found = failed.to_string();
        assert!(found.contains(&format!("`{name}` at element 1 of partition 1: three")), "{found}");
    }
    let found = error(&bag.try_map_partitions(|part| if part.contains(&3) { Err("three") } else { Ok(part) }));
    assert!(found.to_string().ends_with("`try_map_partitions` of partition 1: three"));
    let found = error(&bag.try_map_partitions_iter(|mut part| part.nth(5).map(|n| [n]).ok_or("short")));
    assert!(found.to_string().ends_with("`try_map_partitions_iter` of partition 0: short"));
    let found = error(&bag.try_reduction(|mut part| part.nth(5).ok_or("short"), |some| Ok(some[0])));
    assert!(found.to_string().ends_with("`try_reduction` of partition 0: short"));
    let found = error(&bag.try_fold(0, |a, b| if a == 1 && b == 5 { Err("combining") } else { Ok(a + b) }));
    assert!(found.to_string().ends_with("`try_fold` while combining partitions: combining"), "{found}");
    let found = error(&bag.sum().try_map(|sum| if sum == 6 { Err("six") } else { Ok(sum) }));
    assert!(found.to_string().ends_with("`apply`: six"), "{found}");
}

#[test]
fn an_error_is_not_lost_inside_a_users_iterator() {
    let bag = Bag::range(10, 1).try_map(|n| if n < 5 { Ok(n) } else { Err("five") });
    let found = [
        error(&bag.map_partitions_iter(|part| part.map(|n| n + 1))),
        error(&bag.map_partitions_iter(|part| [part.sum::<i64>()])),
        error(&bag.map_partitions_iter(|part| part.collect::<Vec<_>>())),
        error(&bag.map_partitions_iter(|mut part| std::iter::from_fn(move || part.next()))),
        error(&bag.try_map_partitions_iter(|part| part.last().filter(|n| *n == 9).map(|n| [n]).ok_or("nine"))),
        error(&bag.try_reduction(|part| part.last().filter(|n| *n == 9).ok_or("nine"), |some| Ok(some[0]))),
        error(&bag.reduction(|part| part.count(), |some| some.len())),
        error(&bag.zip(&bag).unwrap()),
        error(&bag.repartition(1).sum()),
    ];
    assert!(found.iter().all(|error| error.to_string().contains("element 5 of partition 0: five")), "{found:?}");
}

#[test]
fn bags_that_do_not_fit_are_refused() {
    let (a, b) = (Bag::range(6, 3), Bag::range(6, 2));
    let counts = |operation| BagError::PartitionCounts { operation, left: 3, right: 2 };
    assert_eq!(a.zip(&b).unwrap_err(), counts("zip"));
    assert_eq!(a.map2(&b, |a, _| a).unwrap_err(), counts("map2"));
    assert_eq!(
        a.join_bag(&b, |n| *n, |n| *n).unwrap_err(),
        BagError::NotOnePartition { operation: "join_bag", found: 2 }
    );
    for wrong in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(a.random_sample(wrong, 1), Err(BagError::Probability { .. })));
    }
    assert!(matches!(a.map(|n| n.to_string()).str().match_("[a").unwrap_err(), BagError::Pattern { .. }));
    for (left, right, shorter, length) in
        [(vec![1, 2], vec![1], "second", 1), (vec![1], vec![1, 2, 3], "first", 1), (vec![], vec![1], "first", 0)]
    {
        let (left, right) = (bag_of(&[vec![], left]), bag_of(&[vec![], right]));
        let uneven = BagFault::Uneven { operation: "zip", partition: 1, shorter, length };
        assert_eq!(error(&left.zip(&right).unwrap()).downcast_ref(), Some(&uneven));
        assert_eq!(error(&left.zip(&right).unwrap().take(9, 2)).downcast_ref(), Some(&uneven));
        let pulled = left.zip(&right).unwrap().map_partitions_iter(|mut part| std::iter::from_fn(move || part.next()));
        assert_eq!(error(&pulled).downcast_ref(), Some(&uneven));
    }
}

/// FAULTS T18.
#[test]
fn a_partition_of_the_wrong_type_is_an_error_that_names_both() {
    let wrong = Bag::<String>::from_node(Bag::<i64>::from_sequence([1], 1).node().clone());
    let found = error(&wrong.map(|text| text.len())).to_string();
    assert!(found.contains("alloc::string::String") && found.contains("i64"), "{found}");
    assert!(matches!(on_reference(&wrong), Err(RunError::Type { .. })));
}

#[test]
fn samples_are_fair() {
    let bag = Bag::<usize>::from_sequence(0..20usize, 7);
    let mut drawn = [0; 20];
    let mut chosen = [0; 20];
    for seed in 0..4000 {
        let sample = run(&bag.sample(5, seed));
        assert_eq!(sample.len(), 5);
        assert!(sample.is_sorted_by(|a, b| a < b));
        sample.into_iter().for_each(|n| drawn[n] += 1);
        run(&bag.split_every(2).choices(5, seed)).into_iter().for_each(|n| chosen[n] += 1);
    }
    // 1000 are expected of each; five standard deviations are 137 and 154.
    assert!(drawn.iter().all(|n| (860..1140).contains(n)), "{drawn:?}");
    assert!(chosen.iter().all(|n| (840..1160).contains(n)), "{chosen:?}");
    let mut pairs: HashMap<(usize, usize), usize> = HashMap::new();
    for seed in 0..4000 {
        let chosen = run(&bag.choices(2, seed));
        *pairs.entry((chosen[0] % 2, chosen[1] % 2)).or_default() += 1;
    }
    assert!(pairs.values().all(|n| (860..1140).contains(n)), "choices are independent: {pairs:?}");
    let every = run(&bag.random_sample(1.0, 3).unwrap().count());
    assert_eq!((every, run(&bag.random_sample(0.0, 3).unwrap().count())), (20, 0));
    assert_ne!(run(&bag.sample(5, 1)), run(&bag.sample(5, 2)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_seed_decides(n in 0i64..200, parts in 1usize..20, k in 0usize..20, seed: u64) {
        let bag = Bag::range(n, parts);
        let some = |bag: &Bag<i64>| run(&bag.random_sample(0.3, seed).unwrap());
        prop_assert_eq!(some(&bag), some(&bag.map(|n| n)));
        if n as usize >= k {
            let sample = run(&bag.sample(k, seed));
            prop_assert_eq!(sample.len(), k);
            prop_assert!(sample.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(run(&bag.split_every(2).sample(k, seed)), sample, "whatever the tree");
        }
        if n > 0 {
            let choices = run(&bag.choices(k, seed));
            prop_assert_eq!(choices.len(), k);
            prop_assert!(choices.iter().all(|c| (0..n).contains(c)));
        }
    }
}

#[test]
fn text_methods_are_pythons() {
    let bag = Bag::<String>::from_sequence(["Alice smith-jones", " ab1 ", "-42", ""], 2);
    let text = bag.str();
    let all = |bag: Bag<String>| run(&bag).join("|");
    assert_eq!(all(text.upper()), "ALICE SMITH-JONES| AB1 |-42|");
    assert_eq!(all(text.lower()), "alice smith-jones| ab1 |-42|");
    assert_eq!(all(text.casefold()), "alice smith-jones| ab1 |-42|");
    assert_eq!(all(text.capitalize()), "Alice smith-jones| ab1 |-42|");
    assert_eq!(all(text.title()), "Alice Smith-Jones| Ab1 |-42|");
    assert_eq!(all(text.swapcase()), "aLICE SMITH-JONES| AB1 |-42|");
    assert_eq!(all(text.strip()), "Alice smith-jones|ab1|-42|");
    assert_eq!(all(text.lstrip()), "Alice smith-jones|ab1 |-42|");
    assert_eq!(all(text.rstrip()), "Alice smith-jones| ab1|-42|");
    assert_eq!(all(text.strip_chars("Aes ")), "lice smith-jon|ab1|-42|");
    assert_eq!(all(text.replace("i", "!")), "Al!ce sm!th-jones| ab1 |-42|");
    assert_eq!(all(text.removeprefix("-")), "Alice smith-jones| ab1 |42|");
    assert_eq!(all(text.removesuffix("s")), "Alice smith-jone| ab1 |-42|");
    assert_eq!(all(text.zfill(5)), "Alice smith-jones| ab1 |-0042|00000");
    assert_eq!(all(text.ljust(4)), "Alice smith-jones| ab1 |-42 |    ");
    assert_eq!(all(text.rjust(4)), "Alice smith-jones| ab1 | -42|    ");
    assert_eq!(run(&text.len()), [17, 5, 3, 0]);
    assert_eq!(run(&text.count("i")), [2, 0, 0, 0]);
    assert_eq!(run(&text.find("i")), [Some(2), None, None, None]);
    assert_eq!(run(&text.contains("b1")), [false, true, false, false]);
    assert_eq!(run(&text.startswith("-")), [false, false, true, false]);
    assert_eq!(run(&text.endswith(" ")), [false, true, false, false]);
    assert_eq!(run(&text.strip().str().isalnum()), [false, true, false, false]);
    assert_eq!(run(&text.removeprefix("-").str().isdigit()), [false, false, true, false]);
    assert_eq!(run(&text.isnumeric()), [false; 4]);
    assert_eq!(run(&text.isalpha()), [false; 4]);
    assert_eq!(run(&text.isspace()), [false; 4]);
    assert_eq!(run(&text.islower()), [false, true, false, false]);
    assert_eq!(run(&text.isupper()), [false; 4]);
    assert_eq!(run(&text.split_whitespace())[0], ["Alice", "smith-jones"]);
    assert_eq!(run(&text.splitlines())[3], [""; 0]);
    assert_eq!(run(&text.split("-"))[..3], [vec!["Alice smith", "jones"], vec![" ab1 "], vec!["", "42"]]);
    assert_eq!(run(&text.splitn("s", 1))[0], ["Alice ", "mith-jones"]);
    assert_eq!(run(&text.rsplitn("s", 2))[0], ["Alice ", "mith-jone", ""]);
    assert_eq!(run(&text.match_("*[0-9]*").unwrap()), [" ab1 ", "-42"]);
    assert_eq!(run(&text.match_("Al**s").unwrap()), ["Alice smith-jones"]);
    assert_eq!(run(&text.match_("").unwrap()), [""]);
}

#[test]
fn chains_are_one_task_for_each_partition() {
    let chain = Bag::range(100, 4)
        .map(|n| n + 1)
        .filter(|n| n % 2 == 0)
        .flat_map(|n| [n, n])
        .map_partitions(|part| part)
        .map_partitions_iter(|part| part)
        .random_sample(0.5, 1)
        .unwrap()
        .map(|n| n.to_string())
        .str()
        .upper();
    assert_eq!(chain.graph().check().unwrap().len(), 4);
    assert_eq!(chain.count().graph().check().unwrap().len(), 4 + 1);
    let grouped = Bag::range(100, 4).map(|n| n + 1).group_by(|n| n % 7).map(|(key, group)| (key, group.len()));
    assert_eq!(grouped.graph().check().unwrap().len(), 3 * 4, "sorted into buckets, brought together, grouped");
    let item = Bag::range(7, 1).max();
    let with = Bag::range(100, 4).map(|n| n).map_item(&item, |n, _| n).map(|n| n);
    assert_eq!(with.graph().check().unwrap().len(), 1 + 1 + 4 + 4, "the item, a pointer to it for each, and the chain");
    assert_eq!(Bag::range(100, 4).take(1, 2).graph().check().unwrap().len(), 2 + 1, "only what is asked for");
}

#[test]
fn values_survive_being_written_and_read() {
    use partita_graph::{Engine, Reader, Reference};
    // Each partition that a shuffle or a repartition keeps is its elements when it is written.
    let grouped = Bag::range(10, 3).group_by_into(2, |n| n % 3);
    let gathered = match &grouped.node().kind {
        partita_graph::Kind::Blocks { inputs, .. } => Bag::<(i64, i64)>::from_node(inputs[0].node.clone()),
        _ => panic!("grouping is partition-wise"),
    };
    let values = Reference.run(gathered.graph().check().unwrap()).unwrap();
    let reader = Reader::of::<Vec<(i64, i64)>>();
    let total: usize = values
        .iter()
        .map(|value| reader.read(&value.write().unwrap()).unwrap().get::<Vec<(i64, i64)>>().unwrap().len())
        .sum();
    assert_eq!(total, 10);
}

#[test]
fn bags_and_items_show_themselves() {
    let bag = Bag::<String>::from_sequence(["a"], 1);
    assert!(format!("{bag:?}").starts_with("Bag<String>(1 partition, \"from_sequence-"), "{bag:?}");
    assert!(format!("{:?}", bag.count()).starts_with("Item<u64>(\"count-aggregate-"));
}
