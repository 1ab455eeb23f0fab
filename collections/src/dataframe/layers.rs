//! Layers of dataframes: how operations become nodes. Steps from plan to plan are fused with their neighbours into one
//! plan of Polars' a partition, which Polars optimises as a whole.

use super::DataFrame;
use super::error::FrameError;
use super::facts::Facts;
use super::frame::Frame;
use super::needs::{narrow, needed, widened};
use super::plans::keep;
pub(crate) use super::plans::{Lazy, fault};
use super::stacks::stacked_as;
use super::threads::alone;
use super::travel::{self, Traced};
use crate::identity::Identity;
use crate::layer::{Columns, Less, Partwise, Settle, inputs, parts, read};
use partita_graph::{
    Block, Fault, Flow, FromEnv, Function, Input, Inputs, Key, Kind, Named, Needs, Node, Place, Reads, Travels, Value,
};
use polars::prelude::{self as pl, IntoLazy, LazyFrame, PolarsResult, SchemaRef};
use std::any::type_name;
use std::sync::Arc;

/// Why a dataframe could not be built.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// Something is wrong here.
    Here(FrameError),
    /// Something was wrong with a dataframe that this one is made of.
    Before(Arc<Node>),
}

impl From<FrameError> for Stop {
    fn from(error: FrameError) -> Self {
        Stop::Here(error)
    }
}

/// A dataframe, or why there is none.
pub(crate) type Built<A> = Result<A, Stop>;

/// What a layer of frames is before it is built.
pub(crate) struct Outline {
    /// What it is called in errors.
    pub(crate) operation: &'static str,
    /// What it is known by.
    pub(crate) identity: Identity,
    /// Its columns.
    pub(crate) schema: SchemaRef,
    /// What is known of its rows.
    pub(crate) facts: Facts,
}

/// What is noted about a layer of frames, for those who want to see it.
#[derive(Clone)]
pub(crate) struct Note {
    /// Its columns.
    pub(crate) schema: SchemaRef,
    /// What it does to the plan of a partition, if that is all that it does.
    pub(crate) step: Option<Step>,
    /// What was decided when it was built.
    pub(crate) remark: Option<String>,
    /// Whether its rows are read from files, and may be so again.
    pub(crate) reads_files: bool,
}

/// From the plan of a partition, whose number is given, to another.
pub(crate) type Step = Arc<dyn Fn(u32, LazyFrame) -> LazyFrame + Send + Sync>;

/// The function of a layer that makes plans of what comes in, of an environment and the partition's number. It travels if
/// the environment does, and the function captures nothing.
pub(crate) fn planned<E: Travels>(
    env: E,
    run: impl Fn(&E, u32, Vec<Flow>) -> Result<Lazy, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    let run = move |env: &Arc<E>, index, flows: Vec<Flow>| Ok(run(env, index, flows)?.into_flow());
    let columns = Some(Columns { needs: None, narrow: narrows() });
    Arc::new(Partwise { columns, ..Partwise::new(env, keeps(), type_name::<Frame>(), run) })
}

fn keeps() -> Named<Settle> {
    Named::new(|| keep as Settle)
}

fn narrows() -> Named<Less> {
    Named::new(|| narrow as Less)
}

/// A task function of an environment and frames that makes a frame; see [`planned`] for when it travels.
pub(crate) fn frame_task<E: Travels>(
    operation: &'static str,
    partition: u32,
    env: E,
    call: impl Fn(&E, Vec<pl::DataFrame>) -> PolarsResult<pl::DataFrame> + Send + Sync + 'static,
) -> Function {
    frame_task_of((operation, partition, env), move |(operation, partition, env), values| {
        let frames = read::<Frame>(values)?.into_iter().map(|frame| frame.clone().into_polars()).collect();
        call(env, frames).map_err(|error| fault(operation, *partition, error))
    })
}

/// A task function of an environment and values that makes a frame.
pub(crate) fn frame_task_of<E: Travels>(
    env: E,
    call: impl Fn(&E, &[Value]) -> Result<pl::DataFrame, Fault> + Send + Sync + 'static,
) -> Function {
    let call = move |env: &E, values: &[Value]| Ok(Frame::from(alone(|| call(env, values))?).into_value());
    Arc::new(FromEnv::new(type_name::<Frame>(), env, call))
}

/// Makes frames under each other into one of the same columns; it may be done by groups of neighbours first.
pub(crate) type Combine = travel::Step;

/// How a tree of partial results is made into one frame: each function goes from a plan to a plan.
pub(crate) struct Reduction<P, C, F> {
    /// From a partition to its partial result.
    pub(crate) partial: P,
    /// From partial results under each other, in the order of their partitions, to one of the same columns.
    pub(crate) combine: C,
    /// From the last one to the result.
    pub(crate) finish: F,
}

impl DataFrame {
    /// The identity of an operation on this dataframe.
    pub(crate) fn identity(&self, operation: &str) -> Identity {
        Identity::of(operation).node(&self.node)
    }

    /// A dataframe of a layer.
    #[track_caller]
    pub(crate) fn of_kind(name: &str, identity: Identity, schema: SchemaRef, facts: Facts, kind: Kind) -> Self {
        // The columns are part of what a frame is.
        let identity = identity.data(&super::schema::described(&schema));
        let mut node = Node::new(identity.key::<Frame>(name), kind, Place::here());
        node.extras.get_or_insert_default().note =
            Some(Arc::new(Note { schema: schema.clone(), step: None, remark: None, reads_files: false }));
        DataFrame::from_parts(Arc::new(node), schema, facts)
    }

    /// The dataframe whose partition `i` is what `block` makes of part `i` of what it reads.
    #[track_caller]
    pub(crate) fn blocks(
        name: &str,
        identity: Identity,
        schema: SchemaRef,
        facts: Facts,
        parts: usize,
        reads: Vec<Reads>,
        block: Arc<dyn Block>,
    ) -> Self {
        let kind = Kind::Blocks { parts: parts as u32, block, inputs: reads };
        DataFrame::of_kind(name, identity, schema, facts, kind)
    }

    /// The dataframe whose partition `i` is what task `i` makes.
    #[track_caller]
    pub(crate) fn tasks(
        name: &str,
        identity: Identity,
        schema: SchemaRef,
        facts: Facts,
        tasks: Vec<(Function, Inputs)>,
    ) -> Self {
        DataFrame::of_kind(name, identity, schema, facts, Kind::Tasks(tasks))
    }

    /// Each partition's plan with one more step. What its columns are, the step says when it is put on an empty frame.
    #[track_caller]
    pub(crate) fn step(
        &self,
        operation: &'static str,
        identity: Identity,
        facts: Facts,
        step: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Built<Self> {
        self.step_of(operation, identity, facts, travel::Step::of(step))
    }

    /// As [`DataFrame::step`], of any kind of step.
    #[track_caller]
    pub(crate) fn step_of(
        &self,
        operation: &'static str,
        identity: Identity,
        facts: Facts,
        step: travel::Step,
    ) -> Built<Self> {
        let schema = self.schema_after(operation, |plan| step.on(plan))?;
        let step = Traced::new(self.schema.clone(), step);
        Ok(self.step_at(operation, identity, schema, facts, step, |step, _, plan| step.on(plan)))
    }

    /// As [`DataFrame::step`], of a step whose columns are known.
    #[track_caller]
    pub(crate) fn step_to(
        &self,
        operation: &'static str,
        identity: Identity,
        schema: SchemaRef,
        facts: Facts,
        step: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let step = Traced::new(self.schema.clone(), travel::Step::of(step));
        self.step_at(operation, identity, schema, facts, step, |step, _, plan| step.on(plan))
    }

    /// As [`DataFrame::step_to`], of a step that is told the partition; see [`planned`] for when it travels.
    #[track_caller]
    pub(crate) fn step_at<E: Travels + Clone>(
        &self,
        operation: &'static str,
        identity: Identity,
        schema: SchemaRef,
        facts: Facts,
        env: E,
        step: impl Fn(&E, u32, LazyFrame) -> LazyFrame + Clone + Send + Sync + 'static,
    ) -> Self {
        let (shown, own) = (step.clone(), env.clone());
        let shown: Step = Arc::new(move |index, plan| shown(&own, index, plan));
        let facts = Facts { glimpse: facts.glimpse.map(|glimpse| glimpse.then(shown.clone())), ..facts };
        let note = Note { schema: schema.clone(), step: Some(shown.clone()), remark: None, reads_files: false };
        let known = self.schema.clone();
        let needs = move |of: Option<&Needs>| needed(&known, |plan| shown(0, plan), of);
        let env = (operation, travel::Columns(self.schema.clone()), env);
        let run = move |env: &Arc<(&'static str, travel::Columns, E)>, index, flows| {
            let (operation, columns, env) = &**env;
            let [flow] = inputs(flows)?;
            let read = widened(flow, columns)?;
            Ok(read.then(operation, index, |plan| step(env, index, plan))?.into_flow())
        };
        let columns = Some(Columns { needs: Some(Box::new(needs)), narrow: narrows() });
        let block = Partwise { columns, ..Partwise::new(env, keeps(), type_name::<Frame>(), run) };
        let block = Arc::new(block);
        let reads = vec![self.node.clone().into()];
        let mut made = DataFrame::blocks(operation, identity, schema, facts, self.npartitions(), reads, block);
        made.note(note);
        made.split_like(self)
    }

    /// Notes something about a layer that nobody else has yet.
    fn note(&mut self, note: Note) {
        if let Some(extras) = Arc::get_mut(&mut self.node).and_then(|node| node.extras.as_mut()) {
            extras.note = Some(Arc::new(note));
        }
    }

    /// It, just made, with what was decided when it was built, for those who want to see it.
    pub(crate) fn remarked(self, remark: String) -> Self {
        self.noted(|note| note.remark = Some(remark))
    }

    /// It, just made, whose rows are read from files.
    pub(crate) fn of_files(self) -> Self {
        self.noted(|note| note.reads_files = true)
    }

    fn noted(mut self, change: impl FnOnce(&mut Note)) -> Self {
        if let Some(mut note) = super::show::note(&self.node).cloned() {
            change(&mut note);
            self.note(note);
        }
        self
    }

    /// Each partition's plan with one more step, of an environment and another frame's first partition; see [`planned`] for
    /// when it travels.
    #[track_caller]
    pub(crate) fn step_with<E: Travels>(
        &self,
        Outline { operation, identity, schema, facts }: Outline,
        other: &DataFrame,
        env: E,
        step: impl Fn(&E, LazyFrame, &pl::DataFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let block = planned((operation, env), move |(operation, env), index, flows| {
            let [flow, other] = inputs(flows)?;
            let other = Lazy::of(other, 1)?.collect()?;
            Lazy::of(flow, 0)?.then(operation, index, |plan| step(env, plan, &other))
        });
        let first = partita_graph::Chosen::new(vec![0; self.npartitions()]);
        let other = Reads { node: other.node.clone(), chosen: Some(Arc::new(first)) };
        let reads = vec![self.node.clone().into(), other];
        DataFrame::blocks(operation, identity, schema, facts, self.npartitions(), reads, block).split_like(self)
    }

    /// A frame of one partition that a tree of partial results comes to. `names` are those of the three layers.
    #[track_caller]
    pub(crate) fn reduced<P, C, F>(
        &self,
        operation: &'static str,
        identity: Identity,
        reduction: Reduction<P, C, F>,
    ) -> Built<Self>
    where
        P: Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
        C: Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
        F: Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
    {
        let Reduction { partial, combine, finish } = reduction;
        let combine = Combine::of(combine);
        let partials = self.step(operation, identity.clone().data(&"partial"), Facts::default(), partial)?;
        let tree = partials.tree(operation, &identity, combine);
        tree.step(operation, identity.data(&"finish"), Facts::default(), finish)
    }

    /// Neighbouring partitions put under each other and combined, until there is one.
    #[track_caller]
    pub(crate) fn tree(&self, operation: &'static str, identity: &Identity, combine: Combine) -> Self {
        let mut level = self.clone();
        loop {
            let inputs: Vec<Input> = parts(&level.node).collect();
            let mut lists: Vec<Vec<Input>> = inputs.chunks(self.split_every).map(<[Input]>::to_vec).collect();
            if lists.is_empty() {
                lists.push(Vec::new());
            }
            let identity = identity.clone().data(&"combine").node(&level.node).data(&(self.split_every as u64));
            level = self.put_together(operation, identity, lists, &combine);
            if level.npartitions() <= 1 {
                return level;
            }
        }
    }

    /// Partitions, each of which is combined of frames with the columns of this dataframe.
    #[track_caller]
    pub(crate) fn put_together(
        &self,
        operation: &'static str,
        identity: Identity,
        lists: Vec<Vec<Input>>,
        combine: &Combine,
    ) -> Self {
        let combine = Arc::new(Traced::new(self.schema.clone(), combine.clone()));
        let task = |(part, list): (usize, Vec<Input>)| {
            let call =
                |combine: &Arc<Traced>, frames| combine.on(stacked_as(combine.columns(), frames)?.lazy()).collect();
            (frame_task(operation, part as u32, combine.clone(), call), list.into_iter().collect())
        };
        let tasks = lists.into_iter().enumerate().map(task).collect();
        DataFrame::tasks(operation, identity, self.schema.clone(), Facts::default(), tasks).split_like(self)
    }

    /// It, if nothing is wrong with it.
    pub(crate) fn sound(&self) -> Built<&Self> {
        match self.misbuilt() {
            None => Ok(self),
            Some(_) => Err(Stop::Before(self.node.clone())),
        }
    }

    /// The dataframe that was built, or one that stands for the error.
    #[track_caller]
    pub(crate) fn built(result: Built<Self>) -> Self {
        let node = match result {
            Ok(mut frame) => {
                // Its layer may have been made in a closure, which does not know who called.
                if let Some(node) = Arc::get_mut(&mut frame.node) {
                    node.place = Place::here();
                }
                return frame;
            }
            Err(Stop::Before(node)) => node,
            Err(Stop::Here(error)) => Arc::new(Node::misbuilt(Key::unique("misbuilt"), Arc::new(error), Place::here())),
        };
        DataFrame::from_parts(node, SchemaRef::default(), Facts::default())
    }
}
