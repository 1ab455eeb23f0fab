//! Bags with nothing in them: every operation has a defined result (G10).

use crate::on_reference;
use crate::{bag_of, run};
use partita_collections::Bag;
use partita_collections::bag::BagFault;
use partita_graph::{Reference, RunError};

/// Bags without an element: no partition, one empty partition, more than are combined at once.
fn empty() -> Vec<Bag<i64>> {
    let none: [Vec<i64>; 0] = [];
    vec![
        bag_of(&none),
        bag_of(&[vec![]]),
        bag_of(&vec![vec![]; 10]),
        Bag::<i64>::from_sequence([0i64; 0], 5),
        Bag::<i64>::from_sequence_auto([0i64; 0]),
        Bag::<i64>::from_sequence_sized([0i64; 0], 0),
        Bag::range(0, 3),
        Bag::range(-1, 0),
        Bag::concat([]),
        Bag::range(5, 2).filter(|_| false),
    ]
}

fn fault(result: Result<Vec<i64>, RunError>) -> BagFault {
    match result {
        Err(RunError::Task(error)) => error.downcast_ref::<BagFault>().cloned().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// FAULTS G10.
#[test]
fn operations_that_give_bags_give_empty_ones() {
    for bag in empty() {
        let parts = bag.npartitions();
        let same = [
            bag.map(|n| n),
            bag.map_ref(|n| *n),
            bag.filter(|_| true),
            bag.remove(|_| false),
            bag.flat_map(|n| [n]),
            bag.map_partitions(|part| part),
            bag.map_partitions_iter(|part| part),
            bag.map2(&bag, |a, _| a).unwrap(),
            bag.map_item(&bag.count(), |n, _| n),
            bag.random_sample(0.5, 1).unwrap(),
            bag.accumulate(|a, b| a + b),
            bag.join([1i64], |n| *n, |n| *n).map(|(_, n)| n),
            bag.map(|n| (n, n)).unzip().0,
        ];
        for (number, same) in same.iter().enumerate() {
            assert_eq!((run(same), same.npartitions()), (vec![], parts), "operation {number} of {bag}");
        }
        assert_eq!(run(&bag.zip(&bag).unwrap()), []);
        assert_eq!(run(&bag.product(&bag)), []);
        assert!(run(&Bag::concat([&bag, &bag])).is_empty());
        assert!(run(&bag.repartition(3)).is_empty());
        assert!(run(&bag.repartition(0)).is_empty());
        assert!(run(&bag.repartition_bytes(1, &Reference).unwrap()).is_empty());
        assert_eq!(run(&bag.group_by(|n| *n)), []);
        assert_eq!(run(&bag.group_by_into(0, |n| *n)), []);
        assert!(run(&bag.map(|n| vec![n]).flatten()).is_empty());
        assert!(run(&bag.map(|n| vec![n]).pluck(&3)).is_empty());
        assert_eq!(run(&bag.map(|n| n.to_string()).str().upper()), [""; 0]);
    }
}

/// FAULTS G10.
#[test]
fn reductions_give_what_there_is_of_nothing() {
    for bag in empty() {
        assert_eq!((run(&bag.sum()), run(&bag.prod()), run(&bag.count())), (0, 1, 0), "{bag}");
        assert_eq!((run(&bag.max()), run(&bag.min())), (None, None));
        assert_eq!((run(&bag.mean()), run(&bag.var(0)), run(&bag.std(1))), (None, None, None));
        assert_eq!((run(&bag.any(|_| true)), run(&bag.all(|_| false))), (false, true));
        assert_eq!(run(&bag.reduce(|a, b| a + b)), None);
        let starts = bag.npartitions().max(1) as i64;
        assert_eq!(run(&bag.fold(7, |a, b| a + b)), 7 * starts, "once for each partition");
        assert_eq!(run(&bag.fold_combine(0u8, |a, _| a, |a, b| a.max(b))), 0);
        assert_eq!(run(&bag.reduction(|part| part.count(), |some| some.into_iter().sum())), 0);
        assert!(run(&bag.take(3, 1)).is_empty());
        assert!(run(&bag.take(0, 0)).is_empty());
        assert_eq!(run(&bag.frequencies()), []);
        assert_eq!(run(&bag.frequencies_sorted()), []);
        assert_eq!(run(&bag.frequencies_of(|_, counts| counts.add("x"))), []);
        assert!(run(&bag.distinct()).is_empty());
        assert!(run(&bag.distinct_by(|n| *n)).is_empty());
        assert_eq!(run(&bag.fold_by(|n| *n, 0, |a, _| a, |a, _| a)), []);
        assert!(run(&bag.topk(3)).is_empty());
        assert!(run(&bag.topk_by(3, |n| *n)).is_empty());
        assert!(run(&bag.sample(0, 1)).is_empty());
        assert!(run(&bag.choices(0, 1)).is_empty());
        assert_eq!(fault(on_reference(&bag.sample(2, 1))), BagFault::SampleTooLarge { wanted: 2, found: 0 });
        assert_eq!(fault(on_reference(&bag.choices(2, 1))), BagFault::Empty { wanted: 2 });
    }
}

#[test]
fn a_running_fold_of_nothing_is_its_first_value() {
    for bag in empty() {
        let expected: &[i64] = if bag.npartitions() == 0 { &[] } else { &[5] };
        assert_eq!(run(&bag.accumulate_from(5, |a, b| a + b)), expected);
    }
}

/// FAULTS G10.
#[test]
fn one_element_is_enough_for_all() {
    for bag in [Bag::<i64>::from_sequence([7], 5), Bag::range(8, 20).filter(|n| *n == 7), bag_of(&[vec![], vec![7i64]])]
    {
        assert_eq!((run(&bag.sum()), run(&bag.max()), run(&bag.min())), (7, Some(7), Some(7)));
        assert_eq!((run(&bag.mean()), run(&bag.var(0)), run(&bag.var(1))), (Some(7.0), Some(0.0), None));
        assert_eq!(run(&bag.group_by(|n| *n)), [(7, vec![7])]);
        assert_eq!(run(&bag.choices(3, 1)), [7, 7, 7]);
        assert_eq!(run(&bag.sample(1, 1)), [7]);
    }
}

/// FAULTS G10.
#[test]
fn more_partitions_than_elements() {
    assert_eq!(Bag::<i64>::from_sequence([1, 2], 5).npartitions(), 2);
    assert_eq!(run(&Bag::range(2, 5).map_partitions(|part| [part.len()])), [1, 1, 0, 0, 0]);
    assert_eq!(run(&Bag::<i64>::from_sequence([1, 2], 2).repartition(5)), [1, 2]);
}
