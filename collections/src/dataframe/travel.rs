//! What travels of dataframes: expressions, columns, and steps between plans, which are written as the plans that they make.

use super::aggregates::sketches::function::Sketching;
use super::io::unpanicked;
use super::kernels;
use partita_graph::{NotPortable, NotRead, Packer, Travels, Unpacker};
use polars::lazy::frame::LazyFrame;
use polars::prelude::{self as pl, DslPlan, Expr, SchemaRef};
use std::ops::Deref;
use std::sync::Arc;

/// Why an expression or a plan cannot be written.
const OPAQUE: NotPortable =
    NotPortable::Stays { what: "a Rust function within an expression of Polars', as of `Expr::map`," };

/// Expressions, as part of what a task function is made of.
#[derive(Clone, Debug)]
pub(crate) struct Exprs(pub(crate) Vec<Expr>);

impl Deref for Exprs {
    type Target = [Expr];

    fn deref(&self) -> &[Expr] {
        &self.0
    }
}

/// Expressions are written within a plan, as Polars has its own way to write these.
impl Travels for Exprs {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        let input = Arc::new(DslPlan::default());
        write(&DslPlan::Select { expr: self.0.clone(), input, options: Default::default() }, into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        match read(from)? {
            DslPlan::Select { expr, .. } => Ok(Exprs(expr)),
            _ => Err(NotRead::Type { expected: "a list of expressions", found: "another plan" }),
        }
    }
}

/// Columns and their types, as part of what a task function is made of.
#[derive(Clone, Debug)]
pub(crate) struct Columns(pub(crate) SchemaRef);

impl Deref for Columns {
    type Target = SchemaRef;

    fn deref(&self) -> &SchemaRef {
        &self.0
    }
}

impl Travels for Columns {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.data::<pl::Schema>(&self.0)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        from.data::<pl::Schema>().map(|schema| Columns(Arc::new(schema)))
    }
}

/// From a plan to another. It must make the same of all of them, whatever their rows are.
#[derive(Clone)]
pub(crate) enum Step {
    /// Any, of what Polars knows alone.
    Plan(Arc<dyn Fn(LazyFrame) -> LazyFrame + Send + Sync>),
    /// Groups by keys, and what is made of each; see [`kernels::grouped`].
    Grouped(Arc<(Exprs, Exprs)>),
}

impl Step {
    /// A step of what Polars knows alone.
    pub(crate) fn of(step: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static) -> Self {
        Step::Plan(Arc::new(step))
    }

    /// The step to what aggregates make of groups with the same keys.
    pub(crate) fn grouped(keys: Vec<Expr>, aggregates: Vec<Expr>) -> Self {
        Step::Grouped(Arc::new((Exprs(keys), Exprs(aggregates))))
    }

    /// The plan with one more step.
    pub(crate) fn on(&self, plan: LazyFrame) -> LazyFrame {
        match self {
            Step::Plan(step) => step(plan),
            Step::Grouped(groups) => kernels::grouped(plan, groups.0.to_vec(), groups.1.to_vec()),
        }
    }
}

/// A step over plans of some columns. It is written as the plan that it makes of a frame without rows, with the places where
/// that frame stands, and there another plan is put where it runs.
#[derive(Clone)]
pub(crate) struct Traced {
    columns: SchemaRef,
    step: Step,
}

impl Traced {
    /// A step over plans of these columns.
    pub(crate) fn new(columns: SchemaRef, step: Step) -> Self {
        Traced { columns, step }
    }

    /// The columns of the plans that it is put on.
    pub(crate) fn columns(&self) -> &SchemaRef {
        &self.columns
    }

    /// The plan with one more step.
    pub(crate) fn on(&self, plan: LazyFrame) -> LazyFrame {
        self.step.on(plan)
    }

    /// Writes the plan that it makes of a frame without rows, and the places of that frame.
    fn trace(&self, into: &mut Packer) -> Result<(), NotPortable> {
        let nothing = Arc::new(pl::DataFrame::empty_with_schema(&self.columns));
        let scan = DslPlan::DataFrameScan { df: nothing.clone(), schema: self.columns.clone() };
        let mut plan = self.on(LazyFrame::from(scan)).logical_plan;
        let mut places: Vec<u32> = Vec::new();
        each_frame(&mut plan, |place, frame| {
            if matches!(frame, DslPlan::DataFrameScan { df, .. } if Arc::ptr_eq(df, &nothing)) {
                places.push(place);
            }
        });
        places.pack(into)?;
        write(&plan, into)
    }

    /// The step that [`Traced::trace`] wrote.
    fn traced(from: &mut Unpacker<'_>) -> Result<Step, NotRead> {
        let (places, plan) = (Vec::<u32>::unpack(from)?, read(from)?);
        Ok(Step::of(move |below: LazyFrame| {
            let mut plan = plan.clone();
            each_frame(&mut plan, |place, frame| {
                if places.binary_search(&place).is_ok() {
                    *frame = below.logical_plan.clone();
                }
            });
            LazyFrame::from_logical_plan(plan, below.get_current_optimizations())
        }))
    }
}

impl Travels for Traced {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        Columns(self.columns.clone()).pack(into)?;
        match &self.step {
            Step::Plan(_) => {
                false.pack(into)?;
                self.trace(into)
            }
            Step::Grouped(groups) => {
                true.pack(into)?;
                groups.pack(into)
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let columns = Columns::unpack(from)?.0;
        let step = match bool::unpack(from)? {
            false => Traced::traced(from)?,
            true => Step::Grouped(Travels::unpack(from)?),
        };
        Ok(Traced::new(columns, step))
    }
}

/// Looks at each frame that a plan reads, with its place among them.
fn each_frame(plan: &mut DslPlan, mut look: impl FnMut(u32, &mut DslPlan)) {
    let (mut place, mut below) = (0, vec![plan]);
    while let Some(plan) = below.pop() {
        if let DslPlan::DataFrameScan { .. } = plan {
            look(place, plan);
            place += 1;
        } else {
            below.extend(inputs(plan));
        }
    }
}

/// The plans that a plan reads.
fn inputs(plan: &mut DslPlan) -> Vec<&mut DslPlan> {
    use DslPlan as P;
    match plan {
        P::Filter { input, .. }
        | P::Cache { input, .. }
        | P::Select { input, .. }
        | P::GroupBy { input, .. }
        | P::HStack { input, .. }
        | P::MatchToSchema { input, .. }
        | P::Pivot { input, .. }
        | P::Distinct { input, .. }
        | P::Sort { input, .. }
        | P::Slice { input, .. }
        | P::MapFunction { input, .. }
        | P::Sink { input, .. }
        | P::IR { dsl: input, .. } => vec![Arc::make_mut(input)],
        P::Join { input_left, input_right, .. } => vec![Arc::make_mut(input_left), Arc::make_mut(input_right)],
        P::Gather { input, idxs, .. } => vec![Arc::make_mut(input), Arc::make_mut(idxs)],
        P::Union { inputs, .. } | P::HConcat { inputs, .. } | P::SinkMultiple { inputs } => inputs.iter_mut().collect(),
        P::ExtContext { input, contexts } => std::iter::once(Arc::make_mut(input)).chain(contexts).collect(),
        // A function of its own makes the plan: it is not written.
        P::PipeWithSchema { .. } => Vec::new(),
        P::Scan { .. } | P::DataFrameScan { .. } => Vec::new(),
    }
}

/// Writes a plan, if it has no functions.
fn write(plan: &DslPlan, into: &mut Packer) -> Result<(), NotPortable> {
    let mut bytes = Vec::new();
    unpanicked(|| plan.serialize_versioned(&mut bytes, Default::default())).map_err(|_| OPAQUE)?;
    into.sized(&bytes);
    Ok(())
}

/// Reads a plan that was written.
fn read(from: &mut Unpacker<'_>) -> Result<DslPlan, NotRead> {
    let bytes = from.sized()?;
    let mut plan = unpanicked(|| DslPlan::deserialize_versioned(bytes))
        .map_err(|_| NotRead::Type { expected: "a plan of Polars'", found: "bytes that Polars does not read" })?;
    let mut below = vec![&mut plan];
    while let Some(plan) = below.pop() {
        match plan {
            DslPlan::Select { expr: exprs, .. }
            | DslPlan::HStack { exprs, .. }
            | DslPlan::GroupBy { aggs: exprs, .. } => {
                *exprs = std::mem::take(exprs).into_iter().map(Sketching::found_in).collect();
            }
            _ => {}
        }
        below.extend(inputs(plan));
    }
    Ok(plan)
}
