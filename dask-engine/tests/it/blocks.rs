//! Blocks of graphs, against what must hold of any.

use partita_dask::blocks::{Blocks, Shape, group};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What must hold of blocks of any graph.
fn check(shape: &Shape, blocks: &Blocks) {
    let mut seen = vec![0; shape.len()];
    for (number, block) in blocks.blocks.iter().enumerate() {
        assert!(!block.tasks.is_empty() && block.tasks.is_sorted());
        let mut needs: BTreeSet<u32> = BTreeSet::new();
        for task in &block.tasks {
            seen[*task as usize] += 1;
            assert_eq!(blocks.of[*task as usize], number as u32);
            needs.extend(shape.inputs(*task).iter().filter(|input| blocks.of[**input as usize] != number as u32));
        }
        assert_eq!(block.needs, needs.iter().copied().collect::<Vec<_>>());
        assert!(block.needs.iter().all(|need| blocks.of[*need as usize] < number as u32), "after what it needs");
        for task in &block.tasks {
            let used = blocks.blocks.iter().any(|other| other.needs.contains(task));
            assert_eq!(block.outputs.contains(task), used || shape.is_wanted(*task));
        }
    }
    assert!(seen.iter().all(|times| *times == 1), "each task is in one block");
}

fn graphs() -> impl Strategy<Value = Shape> {
    let task = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), 0..3_u32, any::<bool>());
    prop::collection::vec(task, 1..60).prop_map(|tasks| {
        let mut shape = Shape::default();
        for (inputs, class, wanted) in tasks {
            let before = shape.len();
            let inputs: BTreeSet<u32> =
                inputs.iter().filter(|_| before > 0).map(|input| input.index(before) as u32).collect();
            shape.add(&inputs.into_iter().collect::<Vec<_>>(), class / 2, wanted);
        }
        shape
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn blocks_have_every_task_once_and_come_after_what_they_need(shape in graphs(), target in 1..20_usize) {
        check(&shape, &group(&shape, target));
    }
}

#[test]
fn tasks_that_need_nothing_are_so_many_blocks_as_were_asked_for() {
    let mut shape = Shape::default();
    for _ in 0..10_000 {
        shape.add(&[], 0, true);
    }
    let blocks = group(&shape, 16);
    check(&shape, &blocks);
    assert_eq!(blocks.blocks.len(), 16);
    assert!(blocks.blocks.iter().all(|block| block.tasks.len() == 625 && block.needs.is_empty()));
    assert_eq!(group(&shape, 1 << 20).blocks.len(), 10_000);
    assert_eq!(group(&Shape::default(), 4), Blocks::default());
}

/// What is read waits for nothing, though it is near to what joins others in the order.
#[test]
fn what_can_begin_does_not_wait_for_what_is_near() {
    // A tree over 1024 leaves, depth first.
    fn tree(shape: &mut Shape, leaves: u32) -> u32 {
        if leaves == 1 {
            return shape.add(&[], 0, false);
        }
        let parts = [tree(shape, leaves / 2), tree(shape, leaves / 2)];
        shape.add(&parts, 0, leaves == 1024)
    }
    let mut shape = Shape::default();
    tree(&mut shape, 1024);
    let blocks = group(&shape, 16);
    check(&shape, &blocks);
    let idle = |leaf: u32| !blocks.blocks[blocks.of[leaf as usize] as usize].needs.is_empty();
    assert_eq!((0..shape.len() as u32).filter(|task| shape.inputs(*task).is_empty() && idle(*task)).count(), 0);
    assert!(blocks.blocks.len() <= 48, "{} blocks", blocks.blocks.len());
}

/// All that is split is needed by all that is joined.
#[test]
fn a_shuffle_is_blocks_that_split_and_blocks_that_join() {
    let mut shape = Shape::default();
    let split: Vec<u32> = (0..64)
        .map(|_| {
            let read = shape.add(&[], 0, false);
            shape.add(&[read], 0, false)
        })
        .collect();
    for _ in 0..64 {
        shape.add(&split, 0, true);
    }
    let blocks = group(&shape, 12);
    check(&shape, &blocks);
    assert_eq!(blocks.blocks.len(), 12);
    assert_eq!(blocks.blocks.iter().filter(|block| block.needs.is_empty()).count(), 8);
}

#[test]
fn a_chain_of_a_million_is_cut_in_time() {
    let mut shape = Shape::default();
    let mut last = shape.add(&[], 0, false);
    for at in 1..1_000_000 {
        last = shape.add(&[last], 0, at == 999_999);
    }
    let blocks = group(&shape, 8);
    assert_eq!(blocks.blocks.len(), 8);
    assert_eq!(blocks.blocks[7].needs, [874_999]);
}
