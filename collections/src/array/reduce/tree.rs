//! Trees: partial results of any type, merged a few at a time until blocks of a result are made of them.

use crate::array::chunk::Chunk;
use crate::array::grid::Grid;
use crate::array::layers::value_task_with;
use crate::array::{Array, Element};
use crate::identity::Identity;
use crate::layer::{read, task};
use partita_graph::{Data, Fault, Function, Input, Kind, Node, Place, Travels};
use std::sync::Arc;

/// Partial results of which blocks are made.
pub(crate) struct Tree<'a> {
    /// The name of the operation.
    pub(crate) name: &'a str,
    /// For each block of the result the partial results that it is made of, in order.
    pub(crate) lists: Vec<Vec<Input>>,
    /// How many are merged by one task.
    pub(crate) split_every: usize,
}

impl Tree<'_> {
    /// The array whose blocks `finish` makes of all partial results of a list, which `merge` made into one. `identity`
    /// tells what the partial results are, `part` which of several results of them this is.
    #[track_caller]
    pub(crate) fn grown<P: Data, U: Element>(
        self,
        identity: Identity,
        grid: impl Into<Arc<Grid>>,
        part: &str,
        merge: impl Fn(&[&P]) -> Result<P, Fault> + Clone + Send + Sync + 'static,
        finish: impl Fn(&P) -> Result<Chunk<U>, Fault> + Send + Sync + 'static,
    ) -> Array<U> {
        let (merge, finish) = (move |(): &(), some: &[&P]| merge(some), move |(): &(), all: &P| finish(all));
        self.grown_with(identity, grid, part, (), merge, finish)
    }

    /// As [`Tree::grown`], of functions and what both need, so that they can run in another process.
    #[track_caller]
    pub(crate) fn grown_with<E: Travels, P: Data, U: Element>(
        self,
        identity: Identity,
        grid: impl Into<Arc<Grid>>,
        part: &str,
        env: E,
        merge: impl Fn(&E, &[&P]) -> Result<P, Fault> + Clone + Send + Sync + 'static,
        finish: impl Fn(&E, &P) -> Result<Chunk<U>, Fault> + Send + Sync + 'static,
    ) -> Array<U> {
        let env = Arc::new(env);
        let identity = identity.data(&(self.split_every as u64));
        let name = format!("{}-{part}", self.name);
        let lists = self.combined(&identity, env.clone(), merge.clone());
        let last = value_task_with(env, move |env, values| match read::<P>(values)?.as_slice() {
            [only] => finish(env, only),
            some => finish(env, &merge(env, some)?),
        });
        let tasks = lists.into_iter().map(|inputs| (last.clone(), inputs.into())).collect();
        Array::tasks(&name, identity.data(&part), grid, tasks)
    }

    /// Merges neighbours of each list until none is longer than `split_every`.
    #[track_caller]
    fn combined<E: Travels, P: Data>(
        &self,
        identity: &Identity,
        env: Arc<E>,
        merge: impl Fn(&E, &[&P]) -> Result<P, Fault> + Send + Sync + 'static,
    ) -> Vec<Vec<Input>> {
        let mut lists = self.lists.clone();
        let combine: Function = task(env, move |env: &Arc<E>, values| merge(env, &read(values)?));
        let name = format!("{}-combine", self.name);
        let mut level = 0u64;
        while lists.iter().any(|list| list.len() > self.split_every) {
            let mut tasks = Vec::new();
            let groups: Vec<usize> = lists.iter().map(|list| list.len().div_ceil(self.split_every)).collect();
            for list in &lists {
                let groups = list.chunks(self.split_every);
                tasks.extend(groups.map(|some| (combine.clone(), some.iter().cloned().collect())));
            }
            let key = identity.clone().data(&level).key::<P>(&name);
            let below = Arc::new(Node::new(key, Kind::Tasks(tasks), Place::here()));
            let mut parts = crate::layer::parts(&below);
            lists = groups.into_iter().map(|count| parts.by_ref().take(count).collect()).collect();
            level += 1;
        }
        lists
    }
}
