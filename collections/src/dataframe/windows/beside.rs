//! Beside: what comes before each partition, or after it, put together along a tree.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{frame_task, stacked};
use crate::identity::Identity;
use crate::layer::parts;
use partita_graph::Input;
use polars::prelude::{self as pl, IntoLazy, LazyFrame};
use std::sync::Arc;

/// Where other partitions are, seen from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before it.
    Before,
    /// After it.
    After,
}

/// Makes frames under each other into one of the same columns; it may be done by groups of neighbours first.
pub(crate) type Combine = Arc<dyn Fn(LazyFrame) -> LazyFrame + Send + Sync>;

impl DataFrame {
    /// For each partition, all those on one side of it under each other and combined. Groups of neighbours are combined
    /// first, so that no task reads more than `split_every` and one.
    #[track_caller]
    pub(crate) fn beside(&self, operation: &'static str, identity: &Identity, side: Side, combine: &Combine) -> Self {
        let group = self.split_every;
        let own: Vec<Input> = parts(&self.node).collect();
        let level = identity.clone().node(&self.node).data(&(side == Side::Before, group as u64));
        let farther: Option<Vec<Input>> = (own.len() > group).then(|| {
            let lists = own.chunks(group).map(<[Input]>::to_vec).collect();
            let groups = self.put_together(operation, level.clone().data(&"group"), lists, combine);
            parts(groups.split_like(self).beside(operation, identity, side, combine).node()).collect()
        });
        let list = |part: usize| {
            let start = part / group * group;
            let far = farther.iter().map(|groups| groups[part / group].clone());
            match side {
                Side::Before => far.chain(own[start..part].iter().cloned()).collect(),
                Side::After => own[part + 1..own.len().min(start + group)].iter().cloned().chain(far).collect(),
            }
        };
        self.put_together(operation, level, (0..own.len()).map(list).collect(), combine)
    }

    /// Partitions, each of which is made of frames with the columns of this dataframe.
    #[track_caller]
    pub(crate) fn put_together(
        &self,
        operation: &'static str,
        identity: Identity,
        lists: Vec<Vec<Input>>,
        combine: &Combine,
    ) -> Self {
        let task = |(part, list): (usize, Vec<Input>)| {
            let (combine, schema) = (combine.clone(), self.schema.clone());
            let call = move |frames: Vec<pl::DataFrame>| {
                let none = pl::DataFrame::empty_with_schema(&schema);
                combine(stacked(std::iter::once(none).chain(frames))?.lazy()).collect()
            };
            (frame_task(operation, part as u32, call), list.into_iter().collect())
        };
        let tasks = lists.into_iter().enumerate().map(task).collect();
        DataFrame::tasks("beside", identity, self.schema.clone(), Facts::default(), tasks).split_like(self)
    }
}
