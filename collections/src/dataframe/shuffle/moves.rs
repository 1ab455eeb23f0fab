//! Moves: two layers that bring each row to its partition. The first sorts the rows of each partition into buckets, the
//! second puts one bucket of each under each other.

use super::buckets::{Buckets, Sorted, sorted};
use super::hashes::parts_of;
use super::memory::Memory;
use super::spill::SpillError;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameFault;
use crate::dataframe::exprs::identified;
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::{Built, Lazy, fault};
use crate::dataframe::names::IntoNames;
use crate::dataframe::stacks::stacked;
use crate::dataframe::threads::alone;
use crate::dataframe::travel::Exprs;
use crate::hash::VERSION;
use crate::identity::Identity;
use crate::layer::{Partwise, inputs, makes, parts, read};
use partita_graph::{Fault, Flow, FromEnv, Function, Key, Kind, Node, Place, Reads, Travels, Value};
use polars::prelude::{self as pl, Expr, IntoLazy, PolarsResult};
use std::any::type_name;
use std::sync::Arc;

impl DataFrame {
    /// Rows whose values in some columns are the same in one partition, of so many (0 counts as 1), which a fixed hash
    /// says; Dask's `shuffle(on=…)`. Rows of a partition are in the order of this dataframe.
    ///
    /// Rows on their way are in memory up to a limit, see [`set_shuffle_memory`](crate::dataframe::set_shuffle_memory).
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => [1, 2, 1], "x" => [0, 1, 2])?, 2);
    /// let shuffled = frame.shuffle("k", 3);
    /// assert_eq!((shuffled.npartitions(), on_reference(&shuffled)?.height()), (3, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shuffle(&self, on: impl IntoNames, npartitions: usize) -> Self {
        let keys: Vec<Expr> = on.into_names().into_iter().map(Expr::Column).collect();
        DataFrame::built(self.shuffled("shuffle", &keys, npartitions))
    }

    /// Rows whose keys are equal in one partition, of `into`. Rows of a partition are in the order of this dataframe.
    #[track_caller]
    pub(crate) fn shuffled(&self, operation: &'static str, keys: &[Expr], into: usize) -> Built<Self> {
        self.has_roots(operation, keys)?;
        let into = into.clamp(1, u32::MAX as usize);
        let identity = identified(self.identity("shuffle").data(&(VERSION, into as u64)), keys);
        let number = |(keys, into): &(Exprs, usize), frame: &pl::DataFrame, _: &[Frame]| {
            let keys = frame.clone().lazy().select(&**keys).collect()?;
            parts_of(keys.columns(), *into)
        };
        Ok(self.moved(operation, identity, Vec::new(), into, (Exprs(keys.to_vec()), into), number))
    }

    /// Each row in the partition, of `into`, whose number `number` gives. It is told what else was computed: the only
    /// parts of `others`.
    #[track_caller]
    pub(crate) fn moved<E: Travels>(
        &self,
        operation: &'static str,
        identity: Identity,
        others: Vec<Arc<Node>>,
        into: usize,
        env: E,
        number: impl Fn(&E, &pl::DataFrame, &[Frame]) -> PolarsResult<Vec<u32>> + Send + Sync + 'static,
    ) -> Self {
        let env = (operation, into, env);
        self.split(operation, identity, others, into, env, move |(operation, into, env), index, frame, others| {
            let sorted = number(env, frame, others).and_then(|numbers| sorted(frame, &numbers, *into));
            sorted.map_err(|error| fault(operation, index, error))
        })
    }

    /// Partition `i`, of `into`, made of bucket `i` of those that `split` makes of each partition, under each other. It is
    /// told the partition's number and what else was computed: the only parts of `others`.
    #[track_caller]
    pub(crate) fn split<E: Travels>(
        &self,
        operation: &'static str,
        identity: Identity,
        others: Vec<Arc<Node>>,
        into: usize,
        env: E,
        split: impl Fn(&E, u32, &pl::DataFrame, &[Frame]) -> Result<Sorted, Fault> + Send + Sync + 'static,
    ) -> Self {
        let run = move |env: &Arc<(&'static str, E)>, index: u32, flows: Vec<Flow>| {
            let (operation, env) = &**env;
            let mut flows = flows.into_iter();
            let first: Vec<Flow> = flows.by_ref().take(1).collect();
            let [flow] = inputs(first)?;
            let others: Result<Vec<Frame>, Fault> =
                flows.map(|flow| Ok(Frame::from(Lazy::of(flow, 1)?.collect()?))).collect();
            let (frame, others) = (Frame::from(Lazy::of(flow, 0)?.collect()?), others?);
            let memory = Memory::here();
            let moving = memory.moving(frame.nbytes());
            let rows = alone(|| split(env, index, &frame, &others))?;
            let both = memory.moving(rows.nbytes());
            drop((frame, moving, both));
            let buckets = Buckets::keep(rows, memory);
            let buckets = buckets.map_err(|error| spilled(operation, index, error))?;
            let nbytes = buckets.nbytes();
            Ok(Flow::Value(Value::with_size(buckets, nbytes)))
        };
        let block = Arc::new(Partwise::new((operation, env), makes(), type_name::<Buckets>(), run));
        let first = Arc::new(partita_graph::Chosen::new(vec![0; self.npartitions()]));
        let other = |node: Arc<Node>| Reads { node, chosen: Some(first.clone()) };
        let reads = std::iter::once(self.node.clone().into()).chain(others.into_iter().map(other)).collect();
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs: reads };
        let key: Key = identity.clone().data(&"split").key::<Buckets>("shuffle-split");
        let split = Arc::new(Node::new(key, kind, Place::here()));
        let tasks = (0..into).map(|bucket| (gathering(operation, bucket), parts(&split).collect())).collect();
        DataFrame::tasks("shuffle", identity, self.schema.clone(), self.facts.moved_rows(), tasks).split_like(self)
    }
}

/// The task that puts one bucket of each partition under each other.
fn gathering(operation: &'static str, bucket: usize) -> Function {
    let call = |&(operation, bucket): &(&'static str, usize), values: &[Value]| {
        let mut frames = Vec::with_capacity(values.len());
        let mut moving = Vec::with_capacity(values.len());
        for buckets in read::<Buckets>(values)? {
            let frame = buckets.bucket(bucket).map_err(|error| spilled(operation, bucket as u32, error))?;
            if buckets.are_on_disk() {
                moving.push(Memory::here().moving(frame.nbytes()));
            }
            frames.push(frame.into_polars());
        }
        let mut all = stacked(frames).map_err(|error| fault(operation, bucket as u32, error))?;
        all.rechunk_mut();
        let all = Frame::from(all);
        moving.push(Memory::here().moving(all.nbytes()));
        Ok(all.into_value())
    };
    Arc::new(FromEnv::new(type_name::<Frame>(), (operation, bucket), call))
}

fn spilled(operation: &'static str, partition: u32, error: SpillError) -> Fault {
    Fault::failed(FrameFault::Spill { operation, partition, message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataframe::shuffle::memory::tests::with;
    use crate::dataframe::{JoinArgs, JoinType, SortMultipleOptions, on_reference};
    use partita_graph::RunError;
    use polars::prelude::{UniqueKeepStrategy, col, df, len, lit};

    /// So many rows of scattered numbers, and of texts that are too long for views.
    fn table(rows: i64) -> pl::DataFrame {
        let words: Vec<String> = (0..rows).map(|n| format!("the word of the row {n:>12}")).collect();
        df!("k" => (0..rows).map(|n| n * 7919 % 1_000_003).collect::<Vec<_>>(), "s" => words).unwrap()
    }

    /// Memory of so many bytes, beyond which rows go to files in a directory.
    fn memory(bytes: usize, directory: &tempfile::TempDir) -> &'static Memory {
        Memory::leaked_in(bytes, directory.path().to_str().unwrap())
    }

    /// Nothing is left in memory, nor of files.
    #[track_caller]
    fn nothing_left(memory: &Memory, directory: &tempfile::TempDir) {
        let usage = memory.usage();
        assert_eq!((usage.in_memory, usage.on_disk, usage.moving), (0, 0, 0));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn rows_that_are_many_times_the_memory_go_by_way_of_files() {
        const BUDGET: usize = 4 << 20;
        const PARTS: usize = 24;
        let whole = table(1_500_000);
        let nbytes = Frame::from(whole.clone()).nbytes();
        assert!(nbytes > 20 * BUDGET, "{nbytes}");
        let sums = || [col("k").sum(), col("s").str().len_bytes().sum(), len()];
        let expected = whole.clone().lazy().select(sums()).collect().unwrap();
        let mine = DataFrame::from_polars(whole, PARTS);
        for (what, moved) in
            [("shuffle", mine.shuffle("k", PARTS)), ("sort", mine.sort("k", SortMultipleOptions::default()))]
        {
            let directory = tempfile::tempdir().unwrap();
            let memory = memory(BUDGET, &directory);
            assert_eq!(with(memory, || on_reference(&moved.select(sums()))).unwrap(), expected, "{what}");
            let (usage, one) = (memory.usage(), nbytes / PARTS);
            // What waits, and in the one task that runs a partition, and its rows sorted or put together.
            assert!(usage.peak < BUDGET + 3 * one, "{what}: {usage:?}, {one} in a partition");
            assert!(usage.peak > BUDGET / 2, "{what}: {usage:?}");
            nothing_left(memory, &directory);
        }
        // Two at once, on two threads, have their partitions each.
        let directory = tempfile::tempdir().unwrap();
        let memory = memory(BUDGET, &directory);
        std::thread::scope(|threads| {
            for keys in ["k", "s"] {
                let moved = mine.shuffle(keys, PARTS).select(sums());
                let expected = &expected;
                threads.spawn(move || assert_eq!(with(memory, || on_reference(&moved)).unwrap(), *expected));
            }
        });
        let (usage, one) = (memory.usage(), nbytes / PARTS);
        assert!(usage.peak < BUDGET + 2 * 3 * one, "{usage:?}, {one} in a partition");
        nothing_left(memory, &directory);
    }

    #[test]
    fn without_memory_files_give_the_same() {
        let words: Vec<Option<String>> =
            (0..5000).map(|n| (n % 7 != 0).then(|| format!("the word number {n}"))).collect();
        let frame = df!("x" => (0..5000i64).map(|n| n * 7919 % 5003).collect::<Vec<_>>(), "s" => words).unwrap();
        let mine = DataFrame::from_polars(frame.clone(), 6);
        let inside = on_reference(&mine.shuffle("x", 5)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let memory = memory(0, &directory);
        assert_eq!(with(memory, || on_reference(&mine.shuffle("x", 5))).unwrap(), inside);
        let sorted = mine.sort(["s", "x"], SortMultipleOptions::default());
        let sorted = with(memory, || on_reference(&sorted)).unwrap();
        assert!(sorted.equals_missing(&frame.sort(["s", "x"], SortMultipleOptions::default()).unwrap()));
        nothing_left(memory, &directory);
    }

    /// FAULTS D18.
    #[test]
    fn one_key_with_nearly_all_rows_is_moved_like_others() {
        let keys: Vec<i64> = (0..40_000i64).map(|n| if n % 100 == 0 { n } else { -1 }).collect();
        let values: Vec<i64> = (0..40_000i64).map(|n| n * 31 % 1000).collect();
        let frame = df!("k" => keys, "x" => values).unwrap();
        let mine = DataFrame::from_polars(frame.clone(), 8);
        let other = df!("k" => [-1i64, 100, 5], "y" => [1i64, 2, 3]).unwrap();
        // How many rows it has is not known, so that it is not sent to each partition.
        let unknown = |frame: &DataFrame| frame.filter(lit(true));
        let other_in_parts = DataFrame::from_polars(other.clone(), 2);
        let whole = || frame.clone().lazy();
        let groups = || whole().group_by_stable([col("k")]);
        let inner = || JoinArgs::new(JoinType::Inner);
        let by_k = || mine.group_by([col("k")]);
        let last = df!("k" => [0i64], "x" => [0i64]).unwrap().schema().clone();
        let unique = UniqueKeepStrategy::First;
        let options = SortMultipleOptions::default;
        let cases: Vec<(&str, DataFrame, pl::LazyFrame)> = vec![
            ("n_unique", by_k().n_unique(), groups().agg([col("x").n_unique()])),
            ("median", by_k().median(), groups().agg([col("x").median()])),
            ("apply", by_k().apply(last, |rows| Ok(rows.tail(Some(1)))), groups().agg([col("x").last()])),
            (
                "unique",
                mine.drop_duplicates_into(4, "k", unique),
                whole().unique_stable(None, unique).group_by_stable([col("k")]).agg([col("x").first()]),
            ),
            (
                "join",
                unknown(&mine).join(&unknown(&other_in_parts), "k", "k", inner()),
                whole().join(other.lazy(), [col("k")], [col("k")], inner()),
            ),
            ("sort", mine.sort(["k", "x"], options()), whole()),
            ("set_index", mine.set_index("k"), whole()),
        ];
        for (what, found, expected) in cases {
            let directory = tempfile::tempdir().unwrap();
            let memory = memory(100_000, &directory);
            let found = with(memory, || on_reference(&found)).unwrap();
            assert!(memory.usage().peak > 0, "{what}: nothing was moved");
            if matches!(what, "sort" | "set_index") {
                assert!(found.column("k").unwrap().i64().unwrap().into_no_null_iter().is_sorted(), "{what}");
            }
            let in_order = |frame: pl::DataFrame| frame.sort(frame.get_column_names_owned(), options()).unwrap();
            assert_eq!(in_order(found), in_order(expected.collect().unwrap()), "{what}");
            nothing_left(memory, &directory);
        }
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let memory = Memory::leaked_in(0, "/no/such/directory");
        let mine = DataFrame::from_polars(table(100), 2);
        let error = with(memory, || on_reference(&mine.shuffle("k", 2))).unwrap_err();
        let fault = match &error {
            RunError::Task(task) => task.to_string(),
            other => other.to_string(),
        };
        for part in ["`shuffle` in partition 0: ", "\"/no/such/directory\"", "set TMPDIR", "`set_shuffle_memory`"] {
            assert!(fault.contains(part), "{part} in {fault}");
        }
        assert!(fault.contains("moves.rs"), "{fault}");
    }

    #[test]
    fn files_are_gone_after_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let memory = memory(0, &directory);
        let moved = DataFrame::from_polars(table(1000), 4).shuffle("k", 4);
        let failing = moved.map_partitions_to(moved.schema().clone(), |_| Err("no such luck"));
        let error = with(memory, || on_reference(&failing)).unwrap_err().to_string();
        assert!(error.contains("no such luck"), "{error}");
        assert!(memory.usage().peak > 0);
        nothing_left(memory, &directory);
    }

    #[test]
    fn files_have_no_names_and_are_gone_with_their_values() {
        let directory = tempfile::tempdir().unwrap();
        let memory = memory(0, &directory);
        let rows = || sorted(&table(100), &[0; 100], 1).unwrap();
        // A computation that is cancelled drops the values that it has.
        let values = [0, 1].map(|_| Value::new(Buckets::keep(rows(), memory).unwrap()));
        assert!(memory.usage().on_disk > 0);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        drop(values);
        nothing_left(memory, &directory);
    }
}
