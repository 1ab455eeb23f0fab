//! Clusters that are dropped and not closed.

use crate::spilling::{block, cluster, files};

/// A program need not close its clusters: what is dropped where one may wait is gone from disk when the drop is over.
#[test]
fn a_cluster_that_is_dropped_leaves_nothing_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = cluster(folder.path(), 8);
    let blocks = cluster.client().map(block, 0..16u64);
    partita::wait(&blocks, None).unwrap();
    assert!(files(folder.path()).0 > 0, "some are on disk");
    drop(blocks);
    drop(cluster);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
