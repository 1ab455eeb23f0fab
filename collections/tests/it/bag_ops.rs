//! Every operation against plain Rust, for any way to cut the same elements into partitions, empty ones included.

use crate::{bag_of, run};
use partita_collections::Bag;
use partita_collections::bag::{Counts, for_each_word, into_words};
use partita_graph::Reference;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Partitions of numbers.
fn partitions() -> impl Strategy<Value = Vec<Vec<i64>>> {
    prop::collection::vec(prop::collection::vec(-20i64..20, 0..7), 0..20)
}

fn grouped(numbers: &[i64]) -> BTreeMap<i64, Vec<i64>> {
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    numbers.iter().for_each(|n| groups.entry(n % 5).or_default().push(*n));
    groups
}

/// Each once, in order of first appearance.
fn first_seen<T: PartialEq + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    items.into_iter().fold(Vec::new(), |mut seen, item| {
        if !seen.contains(&item) {
            seen.push(item);
        }
        seen
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn elementwise(parts in partitions()) {
        let (bag, all) = (bag_of(&parts), parts.concat());
        prop_assert_eq!(run(&bag), all.clone());
        prop_assert_eq!(run(&bag.map(|n| n + 1)), all.iter().map(|n| n + 1).collect::<Vec<_>>());
        prop_assert_eq!(run(&bag.map_ref(|n| n + 1)), all.iter().map(|n| n + 1).collect::<Vec<_>>());
        prop_assert_eq!(run(&bag.map_with(3, |k, n| n * k)), all.iter().map(|n| n * 3).collect::<Vec<_>>());
        prop_assert_eq!(run(&bag.try_map(Ok::<_, String>)), all.clone());
        let even: Vec<i64> = all.iter().copied().filter(|n| n % 2 == 0).collect();
        prop_assert_eq!(run(&bag.filter(|n| n % 2 == 0)), even.clone());
        prop_assert_eq!(run(&bag.map(|n| n).filter(|n| n % 2 == 0)), even.clone());
        prop_assert_eq!(run(&bag.remove(|n| n % 2 != 0)), even);
        let flat: Vec<i64> = all.iter().flat_map(|n| 0..n % 4).collect();
        prop_assert_eq!(run(&bag.flat_map(|n| 0..n % 4)), flat.clone());
        prop_assert_eq!(run(&bag.map(|n| (0..n % 4).collect::<Vec<_>>()).flatten()), flat);
        let pairs = bag.map(|n| (n, -n));
        prop_assert_eq!(run(&pairs.starmap(|a, b| a - b)), all.iter().map(|n| 2 * n).collect::<Vec<_>>());
        let (left, right) = run(&pairs.unzip());
        prop_assert_eq!(left, all.clone());
        prop_assert_eq!(right, all.iter().map(|n| -n).collect::<Vec<_>>());
        prop_assert_eq!(run(&bag.map(|n| vec![n, 7]).pluck(&0)), all.clone());
    }

    #[test]
    fn partitions_and_pairs(parts in partitions(), n in 0usize..25, bytes in 1usize..300) {
        let (bag, all) = (bag_of(&parts), parts.concat());
        let sums: Vec<i64> = parts.iter().map(|part| part.iter().sum()).collect();
        prop_assert_eq!(run(&bag.map_partitions(|part| [part.iter().sum::<i64>()])), sums.clone());
        prop_assert_eq!(run(&bag.map_partitions_iter(|part| [part.sum::<i64>()])), sums);
        let reversed: Vec<i64> = parts.iter().flat_map(|part| part.iter().rev().copied()).collect();
        let reverse = |part: Vec<i64>| part.into_iter().rev();
        prop_assert_eq!(run(&bag.map_partitions(reverse)), reversed);
        let doubled = all.iter().map(|n| 2 * n).collect::<Vec<_>>();
        prop_assert_eq!(run(&bag.map_partitions_iter(|part| part.map(|n| 2 * n))), doubled.clone());
        let squares = bag.map(|n| n * n);
        prop_assert_eq!(run(&bag.zip(&squares).unwrap()), all.iter().map(|n| (*n, n * n)).collect::<Vec<_>>());
        prop_assert_eq!(run(&bag.map2(&bag, |a, b| a + b).unwrap()), doubled);
        prop_assert_eq!(run(&bag.zip(&squares).unwrap().count()), all.len() as u64);
        let twice = [all.clone(), all.clone()].concat();
        prop_assert_eq!(run(&Bag::concat([&bag, &bag])), twice);
        prop_assert_eq!(run(&bag.repartition(n)), all.clone());
        prop_assert_eq!(bag.repartition(n).npartitions(), n.max(1).max(usize::from(parts.is_empty() && n == 0)));
        prop_assert_eq!(run(&bag.repartition(n).map(|n| n).repartition(3)), all.clone());
        let sized = bag.repartition_bytes(bytes, &Reference).unwrap();
        prop_assert_eq!(run(&sized), all.clone());
        let taken: Vec<i64> = parts.iter().take(2).flatten().copied().take(n).collect();
        prop_assert_eq!(run(&bag.take(n, 2)), taken);
        prop_assert_eq!(run(&bag.take(n, usize::MAX)), all.iter().copied().take(n).collect::<Vec<_>>());
        let offset = bag.map_item(&bag.count(), |n, count| n + *count as i64);
        prop_assert_eq!(run(&offset), all.iter().map(|n| n + all.len() as i64).collect::<Vec<_>>());
    }

    #[test]
    fn reductions(parts in partitions(), split_every in 2usize..9, k in 0usize..12) {
        let (bag, all) = (bag_of(&parts).split_every(split_every), parts.concat());
        prop_assert_eq!(run(&bag.sum()), all.iter().sum::<i64>());
        prop_assert_eq!(run(&bag.map(|n| n % 3).prod()), all.iter().map(|n| n % 3).product::<i64>());
        prop_assert_eq!(run(&bag.count()), all.len() as u64);
        prop_assert_eq!(run(&bag.max()), all.iter().max().copied());
        prop_assert_eq!(run(&bag.min()), all.iter().min().copied());
        prop_assert_eq!(run(&bag.any(|n| *n == 7)), all.contains(&7));
        prop_assert_eq!(run(&bag.all(|n| *n < 15)), all.iter().all(|n| *n < 15));
        prop_assert_eq!(run(&bag.fold(0, |a, b| a + b)), all.iter().sum::<i64>());
        prop_assert_eq!(run(&bag.reduce(|a, b| a.max(b))), all.iter().max().copied());
        let text: String = all.iter().map(|n| format!("{n},")).collect();
        let joined = bag.fold_combine(String::new(), |text, n| format!("{text}{n},"), |a, b| a + &b);
        prop_assert_eq!(run(&joined), text, "an associative combiner keeps the order");
        let largest = bag.reduction(|part| part.max(), |some| some.into_iter().flatten().max());
        prop_assert_eq!(run(&largest), all.iter().max().copied());
        let mut sorted = all.clone();
        sorted.sort_by_key(|n| std::cmp::Reverse(*n));
        prop_assert_eq!(run(&bag.topk(k)), sorted.iter().copied().take(k).collect::<Vec<_>>());
        let mut by_key = all.clone();
        by_key.sort_by_key(|n| std::cmp::Reverse(n % 7));
        by_key.truncate(k);
        prop_assert_eq!(run(&bag.topk_by(k, |n| n % 7)), by_key, "equal keys in order of the bag");
        let running: Vec<i64> = all.iter().scan(0, |sum, n| { *sum += n; Some(*sum) }).collect();
        prop_assert_eq!(run(&bag.accumulate(|sum, n| sum + n)), running.clone());
        if !parts.is_empty() {
            let from: Vec<i64> = [vec![100], running.iter().map(|n| n + 100).collect()].concat();
            prop_assert_eq!(run(&bag.accumulate_from(100, |sum, n| sum + n)), from);
        }
    }

    #[test]
    fn by_key(parts in partitions(), split_every in 2usize..9, into in 0usize..9) {
        let (bag, all) = (bag_of(&parts).split_every(split_every), parts.concat());
        let groups = grouped(&all);
        let counts: Vec<(i64, u64)> =
            first_seen(all.clone()).iter().map(|n| (*n, all.iter().filter(|m| *m == n).count() as u64)).collect();
        prop_assert_eq!(run(&bag.frequencies()), counts.clone());
        prop_assert_eq!(run(&bag.map(|n| n).frequencies()), counts.clone());
        let texts: Vec<(String, u64)> = counts.iter().map(|(n, count)| (n.to_string(), *count)).collect();
        prop_assert_eq!(run(&bag.map(|n| n.to_string()).frequencies()), texts.clone());
        prop_assert_eq!(run(&bag.frequencies_of(|n, counts: &mut Counts| counts.add(&n.to_string()))), texts);
        let mut sorted = counts;
        sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        prop_assert_eq!(run(&bag.frequencies_sorted()), sorted);
        prop_assert_eq!(run(&bag.distinct()), first_seen(all.clone()));
        let keys = first_seen(all.iter().map(|n| n % 5));
        let firsts: Vec<i64> = keys.iter().map(|key| groups[key][0]).collect();
        prop_assert_eq!(run(&bag.distinct_by(|n| n % 5)), firsts);
        let lists: Vec<(i64, Vec<i64>)> = keys.iter().map(|key| (*key, groups[key].clone())).collect();
        let folded = bag.fold_by(
            |n| n % 5,
            Vec::new(),
            |mut list: Vec<i64>, n| { list.push(n); list },
            |a, b| [a, b].concat(),
        );
        prop_assert_eq!(run(&folded), lists);
        let grouped_bag = bag.group_by_into(into, |n| n % 5);
        prop_assert_eq!(grouped_bag.npartitions(), into.max(1));
        let per_partition = run(&grouped_bag.map_partitions(|part| [part]));
        for part in &per_partition {
            let found: Vec<i64> = part.iter().map(|(key, _)| *key).collect();
            let expected: Vec<i64> = keys.iter().copied().filter(|key| found.contains(key)).collect();
            prop_assert_eq!(found, expected, "groups come in order of first appearance");
        }
        let collected: BTreeMap<i64, Vec<i64>> = per_partition.into_iter().flatten().collect();
        prop_assert_eq!(collected, groups, "elements of a group come in order");
        let joined = bag.join([10i64, 11, 20], |n| n.rem_euclid(10), |other| other % 10);
        let expected: Vec<(i64, i64)> = all
            .iter()
            .flat_map(|n| [10, 11, 20].map(|other| (other, *n)))
            .filter(|(other, n)| other % 10 == n.rem_euclid(10))
            .collect();
        prop_assert_eq!(run(&joined), expected);
    }

    #[test]
    fn products(a in partitions(), b in partitions()) {
        let (left, right) = (bag_of(&a), bag_of(&b));
        let product = left.product(&right);
        prop_assert_eq!(product.npartitions(), a.len() * b.len());
        let mut found = run(&product);
        let (all_a, all_b) = (a.concat(), b.concat());
        let mut expected: Vec<_> = all_a.iter().flat_map(|a| all_b.iter().map(move |b| (*a, *b))).collect();
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn moments_are_those_of_exact_arithmetic(parts in partitions(), far in prop::sample::select(vec![0i64, 1 << 40])) {
        let (bag, all) = (bag_of(&parts), parts.concat());
        let bag = bag.map_with(far, |far, n| n + far);
        let n = all.len() as f64;
        let mean = all.iter().sum::<i64>() as f64 / n + far as f64;
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + b.abs());
        match run(&bag.mean()) {
            Some(found) => prop_assert!(near(found, mean), "{found} {mean}"),
            None => prop_assert!(all.is_empty()),
        }
        let squares: i64 = all.iter().map(|a| all.len() as i64 * a * a).sum::<i64>() - all.iter().sum::<i64>().pow(2);
        for ddof in 0..3u64 {
            let expected = (all.len() as u64 > ddof).then(|| squares as f64 / n / (n - ddof as f64));
            let found = run(&bag.var(ddof));
            // Adding 2^40 leaves 13 bits after the point.
            let exact = if far == 0 { 1e-9 } else { 1e-3 };
            prop_assert_eq!(found.is_some(), expected.is_some());
            if let (Some(found), Some(expected)) = (found, expected) {
                prop_assert!((found - expected).abs() <= exact * (1.0 + expected), "{} {}", found, expected);
                prop_assert_eq!(run(&bag.std(ddof)), Some(found.sqrt()));
            }
        }
    }

    #[test]
    fn words_of_any_text(lines in prop::collection::vec("[a-zA-Z' .\u{e9}\u{4e16}]{0,40}", 0..20), size in 1usize..5) {
        let bag = Bag::<String>::from_sequence_sized(lines.clone(), size);
        let words: Vec<String> = lines.iter().cloned().flat_map(into_words).collect();
        prop_assert_eq!(run(&bag.flat_map(into_words)), words.clone());
        let borrowed = bag.frequencies_of(|line, counts| for_each_word(line, |word| counts.add(word)));
        prop_assert_eq!(run(&borrowed), run(&bag.flat_map(into_words).frequencies()));
        prop_assert!(words.iter().all(|word| !word.is_empty() && !word.starts_with('\'') && !word.ends_with('\'')));
    }
}

#[test]
fn sums_of_floats_depend_on_the_partitions_alone() {
    let bag = Bag::<f64>::from_sequence((0..10_000).map(|n| 1.0 / (1.0 + f64::from(n))), 37);
    let bits = |split: usize| run(&bag.split_every(split).sum()).to_bits();
    assert_eq!(bits(8), bits(8));
    let fused = bag.map(|x| x).sum();
    assert_eq!(run(&fused).to_bits(), bits(8), "whatever else the task does");
    assert_eq!(run(&bag.mean()), run(&bag.mean()));
}

/// FAULTS T27.
#[test]
fn nan_is_last_and_nothing_panics() {
    let nan = f64::NAN;
    for parts in
        [vec![vec![nan, 1.0], vec![3.0]], vec![vec![1.0], vec![nan], vec![3.0, nan]], vec![vec![3.0, 1.0, nan]]]
    {
        let bag = bag_of(&parts);
        assert_eq!(run(&bag.min()), Some(1.0));
        assert!(run(&bag.max()).unwrap().is_nan());
        let top = run(&bag.topk(10));
        let numbers: Vec<f64> = top.iter().copied().filter(|x| !x.is_nan()).collect();
        assert!(top[0].is_nan() && numbers == [3.0, 1.0], "{top:?}");
        assert!(run(&bag.mean()).unwrap().is_nan() && run(&bag.var(0)).unwrap().is_nan());
    }
    assert_eq!(run(&bag_of(&[vec![f64::INFINITY, 1.0]]).mean()), Some(f64::INFINITY));
    assert_eq!(run(&bag_of(&[vec![0.0, -0.0]]).max()).map(f64::to_bits), Some(0.0f64.to_bits()), "the first of equals");
}

#[test]
fn chains_of_any_length_run_on_a_small_stack() {
    let deep = || {
        let chain = (0..100_000)
            .fold(Bag::range(5, 2), |bag, n| if n % 2 == 0 { bag.map(|n| n + 1) } else { bag.filter(|_| true) });
        assert_eq!(run(&chain), [50_000, 50_001, 50_002, 50_003, 50_004]);
        assert_eq!(run(&chain.map_partitions_iter(|part| part.skip(1)).sum()), 150_008);
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(deep).unwrap().join().unwrap();
}
