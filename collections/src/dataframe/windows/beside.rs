//! Beside: what comes before each partition, or after it, put together along a tree.

use crate::dataframe::DataFrame;
use crate::dataframe::layers::Combine;
use crate::identity::Identity;
use crate::layer::parts;
use partita_graph::Input;

/// Where other partitions are, seen from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before it.
    Before,
    /// After it.
    After,
}

impl DataFrame {
    /// For each partition, all those on one side of it under each other and combined. Groups of neighbours are combined
    /// first, so that no task reads more than `split_every` and one.
    #[track_caller]
    pub(crate) fn beside(&self, identity: &Identity, side: Side, combine: &Combine) -> Self {
        let group = self.split_every;
        let own: Vec<Input> = parts(&self.node).collect();
        let level = identity.clone().node(&self.node).data(&(side == Side::Before, group as u64));
        let farther: Option<Vec<Input>> = (own.len() > group).then(|| {
            let lists = own.chunks(group).map(<[Input]>::to_vec).collect();
            let groups = self.put_together("beside", level.clone().data(&"group"), lists, combine);
            parts(groups.split_like(self).beside(identity, side, combine).node()).collect()
        });
        let list = |part: usize| {
            let start = part / group * group;
            let far = farther.iter().map(|groups| groups[part / group].clone());
            match side {
                Side::Before => far.chain(own[start..part].iter().cloned()).collect(),
                Side::After => own[part + 1..own.len().min(start + group)].iter().cloned().chain(far).collect(),
            }
        };
        self.put_together("beside", level, (0..own.len()).map(list).collect(), combine)
    }
}
