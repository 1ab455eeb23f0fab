//! Arrays on clusters: the same bits for any number of workers, files, sizes that are computed, errors before work.

use crate::alone::alone;
use partita::array::{Array, ArrayError, ArrayFault, UNKNOWN, linalg, random};
use partita::prelude::*;
use partita::{Error, LocalCluster};

fn cluster(workers: usize) -> LocalCluster {
    LocalCluster::builder().workers(workers).threads_per_worker(2).start().unwrap()
}

/// Sums, products, factors and scans of one random matrix, as bits.
fn bits(client: &partita::Client, chunk: usize) -> Vec<u64> {
    let x = random::default_rng(7).normal(0.0, 1.0, [300, 40], [chunk, 40]);
    let y = x.t().dot(&x);
    let (_, strengths, _) = linalg::svd(&x);
    let norm = linalg::norm(&(&x - &x.mean(Some(0))));
    let all = (norm, x.sum(), x.var(0, 1), x.cumsum(0), y, strengths, x.median(1));
    let (a, b, c, d, e, f, g) = all.compute_on(client).unwrap();
    [a, b, c, d, e, f, g].iter().flat_map(|part| part.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
}

#[test]
fn one_two_and_eight_workers_give_the_same_bits() {
    let of = |workers: usize| {
        let cluster = cluster(workers);
        let found = bits(&cluster.client(), 50);
        cluster.close().unwrap();
        found
    };
    let one = of(1);
    assert!(one.len() > 300 * 40);
    assert!(one == of(2), "two workers");
    assert!(one == of(8), "eight workers");
}

#[test]
fn the_norm_of_a_difference_has_the_same_bits_for_all_chunks() {
    let cluster = cluster(2);
    let client = cluster.client();
    let norm = |chunk: usize| {
        let generator = random::default_rng(2020);
        let difference = generator.random(10_000, chunk) - generator.random(10_000, chunk);
        linalg::norm(&difference).item().compute_on(&client).unwrap()
    };
    let whole = norm(10_000);
    assert!((39.6..42.1).contains(&whole));
    for chunk in [1, 7, 100, 777, 4096, 9999] {
        assert_eq!(norm(chunk).to_bits(), whole.to_bits(), "chunks of {chunk}");
    }
    cluster.close().unwrap();
}

#[test]
fn lengths_are_computed_and_arrays_are_kept() {
    let cluster = cluster(2);
    let client = cluster.client();
    let x = Array::<i64>::arange(0, 100, 1, 30).persist_on(&client).unwrap();
    let some = x.mask(&(&x % 3).eq(0));
    assert_eq!(some.shape(), [UNKNOWN]);
    let known = some.compute_chunk_sizes_on(&client).unwrap();
    assert_eq!(known.chunks(), [vec![10, 10, 10, 4]]);
    assert_eq!(known.reshape([2, 17]).compute_on(&client).unwrap()[[1, 16]], 99);
    cluster.close().unwrap();
}

#[test]
fn errors_come_before_work_and_name_both_sides() {
    let cluster = cluster(1);
    let client = cluster.client();
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = runs.clone();
    let counted = Array::<f64>::ones([4, 4], 2).map(move |x| {
        seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        x
    });
    let error = (&counted + &Array::ones([3, 4], 2)).sum().compute_on(&client).unwrap_err();
    assert!(matches!(&error, Error::Misbuilt(misbuilt) if misbuilt.place.file().ends_with("arrays.rs")), "{error}");
    assert!(matches!(error.array(), Some(ArrayError::Shapes { left_length: 4, right_length: 3, .. })), "{error}");
    assert_eq!(runs.load(std::sync::atomic::Ordering::Relaxed), 0);
    // What only data can show is the error of a task.
    let singular = linalg::inv(&Array::<f64>::zeros([4, 4], 2)).compute_on(&client).unwrap_err();
    let task = singular.task().unwrap_or_else(|| panic!("{singular}"));
    let partita::TaskErrorKind::Failed(cause) = task.kind() else { panic!("{singular}") };
    assert!(matches!(cause.downcast_ref(), Some(ArrayFault::Matrix { operation: "inv", .. })), "{singular}");
    cluster.close().unwrap();
}

#[test]
fn files_are_whole_or_not_there() {
    let left = alone("arrays::files_are_whole_or_not_there", || {
        let cluster = cluster(2);
        let client = cluster.client();
        let x = random::default_rng(1).random([200, 30], [60, 30]);
        x.to_npy("x.npy").unwrap().compute_on(&client).unwrap();
        let back = Array::<f64>::from_npy("x.npy", [50, 7]).unwrap();
        assert_eq!(back.compute_on(&client).unwrap(), x.compute_on(&client).unwrap());
        let broken = x.map_blocks_with(3, |_, block| {
            assert!(block.len() > 1000, "a block that is too small");
            block.to_owned()
        });
        let error = broken.to_npy("y.npy").unwrap().compute_on(&client).unwrap_err();
        assert!(error.to_string().contains("a block that is too small"), "{error}");
        cluster.close().unwrap();
        let mut names: Vec<String> = std::fs::read_dir(".")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains(".npy"))
            .collect();
        names.sort();
        println!("{}", names.join(" "));
    });
    assert!(left.out.ends_with("x.npy\n"), "{}", left.out);
}
