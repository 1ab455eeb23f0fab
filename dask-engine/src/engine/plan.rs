//! A graph as tasks for Dask, and what they give as results of the graph.

use crate::block::{Failure, Outputs, Seal, Unread, write_all};
use crate::blocks::{Blocks, Shape, group};
use crate::key::Key;
use crate::pickle::graph::{Annotation, Annotations};
use partita_graph::{CheckedGraph, RunError, TaskError, TaskErrorKind, TaskOptions, Token, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Tasks for Dask, one for each block of a graph.
pub(super) struct Plan {
    blocks: Blocks,
    pub(super) names: Vec<Key>,
    pub(super) needs: Vec<Vec<Key>>,
    pub(super) payloads: Vec<Vec<u8>>,
    /// The blocks whose results are asked for.
    pub(super) wanted: Vec<Key>,
    options: Vec<Option<Arc<TaskOptions>>>,
}

impl Plan {
    /// A graph cut into about so many blocks.
    pub(super) fn of(graph: &CheckedGraph, count: usize, seal: &Seal) -> Result<Plan, RunError> {
        let outputs: FxHashSet<u32> = graph.outputs().iter().copied().collect();
        let mut classes: FxHashMap<Option<*const TaskOptions>, u32> = FxHashMap::default();
        let mut shape = Shape::default();
        for (rank, task) in graph.tasks().enumerate() {
            let fresh = classes.len() as u32;
            let class = *classes.entry(task.options.as_ref().map(Arc::as_ptr)).or_insert(fresh);
            let mut inputs = graph.inputs(rank).to_vec();
            inputs.sort_unstable();
            inputs.dedup();
            shape.add(&inputs, class, outputs.contains(&(rank as u32)));
        }
        let blocks = group(&shape, count);
        // What is computed is computed anew: nobody else's results are of this name.
        let token = Token::unique().to_string();
        let first = |number: usize| graph.task(blocks.blocks[number].tasks[0] as usize);
        let name = |number: usize| {
            let group = format!("{}-{}", first(number).key.name(), &token[..token.len().min(16)]);
            Key::numbered(group, number as u64)
        };
        let names: Vec<Key> = (0..blocks.blocks.len()).map(name).collect();
        let options = (0..blocks.blocks.len()).map(|number| first(number).options.clone()).collect();
        let unwritable = |error: crate::block::Unwritable| RunError::Failed { cause: error.to_string() };
        let payloads = write_all(graph, &blocks, &names, seal).map_err(unwritable)?;
        let others = |needs: &[u32]| {
            let mut others: Vec<u32> = needs.iter().map(|need| blocks.of[*need as usize]).collect();
            others.sort_unstable();
            others.dedup();
            others.iter().map(|other| names[*other as usize].clone()).collect()
        };
        let needs = blocks.blocks.iter().map(|block| others(&block.needs)).collect();
        let mut wanted: Vec<u32> = outputs.iter().map(|output| blocks.of[*output as usize]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let wanted = wanted.iter().map(|block| names[*block as usize].clone()).collect();
        Ok(Plan { blocks, names, needs, payloads, wanted, options })
    }

    /// What is asked of the tasks, in Dask's words.
    pub(super) fn annotations(&self) -> Vec<Annotations<'_>> {
        let each = |name: &'static str, say: &dyn Fn(&TaskOptions) -> Option<Annotation>| -> Annotations<'_> {
            let options = self.names.iter().zip(&self.options);
            (name, options.filter_map(|(key, options)| Some((key, say(options.as_deref()?)?))).collect())
        };
        let amounts =
            |options: &TaskOptions| options.resources.iter().map(|(name, amount)| (name.clone(), *amount)).collect();
        vec![
            each("priority", &|options| (options.priority != 0).then(|| Annotation::Int(options.priority.into()))),
            each("workers", &|options| {
                (!options.workers.is_empty()).then(|| Annotation::Texts(options.workers.clone()))
            }),
            each("allow_other_workers", &|options| options.allow_other_workers.then_some(Annotation::Bool(true))),
            each("resources", &|options| {
                (!options.resources.is_empty()).then(|| Annotation::Amounts(amounts(options)))
            }),
        ]
    }

    /// The results of the graph, of what its blocks gave.
    pub(super) fn outputs(
        &self,
        graph: &CheckedGraph,
        given: &FxHashMap<Key, Outputs>,
    ) -> Result<Vec<Value>, RunError> {
        let output = |rank: &u32| {
            let number = self.blocks.of[*rank as usize] as usize;
            let place = self.blocks.blocks[number].outputs.binary_search(rank).ok();
            let lost = || RunError::Failed { cause: format!("{} is not among what came", self.names[number]) };
            let outputs = given.get(&self.names[number]).ok_or_else(lost)?;
            match outputs.get(place.ok_or_else(lost)? as u32) {
                Ok(value) => Ok(value),
                Err(Unread::Failed(failure)) => Err(of_failure(failure)),
                Err(error) => Err(RunError::Failed { cause: error.to_string() }),
            }
        };
        graph.outputs().iter().map(output).collect()
    }
}

/// An error of a user's function, or of a worker, as it came.
fn of_failure(failure: Failure) -> RunError {
    let key = failure.task.clone();
    RunError::Task(TaskError::new(key, None, TaskErrorKind::Failed(Arc::new(failure))))
}
