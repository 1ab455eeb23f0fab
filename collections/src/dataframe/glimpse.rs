//! Glimpses: a few rows of a dataframe that are looked at while a plan is built, through the steps that were put on it.

use super::io::unpanicked;
use super::layers::Step;
use super::threads::alone;
use crate::hash::partition_of;
use polars::polars_utils::arena::Node;
use polars::prelude::{self as pl, IntoLazy, LazyFrame, PolarsResult, polars_bail};
use polars_plan::plans::{AExpr, FunctionIR, IR};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Rows that are looked at, about.
pub(crate) const LOOKED_AT: usize = 4096;

/// Steps that are put on each other before a plan is run.
const STEPS: usize = 16;

/// Rows at some places of a dataframe, and how many rows it has.
pub(crate) struct Places {
    /// Neighbouring rows, or some of such, as plans, and how many they are.
    pub(crate) stretches: Vec<(LazyFrame, usize)>,
    /// How many rows the dataframe has, about.
    pub(crate) rows: f64,
}

/// Where rows are, which are looked for when they are needed, once.
struct Source {
    find: Box<dyn Fn() -> Option<Places> + Send + Sync>,
    found: OnceLock<Option<Places>>,
}

/// A few rows of a dataframe: where they are from, and what is done to them.
#[derive(Clone)]
pub(crate) struct Glimpse {
    source: Arc<Source>,
    steps: Vec<Step>,
}

/// What was seen.
pub(crate) struct Seen {
    /// Some rows of each stretch, about [`LOOKED_AT`] in all at most.
    pub(crate) stretches: Vec<pl::DataFrame>,
    /// How many rows the stretches have.
    pub(crate) looked_through: f64,
    /// For how many rows they stand.
    pub(crate) of: f64,
}

impl Glimpse {
    /// Rows that `find` finds, if it can.
    pub(crate) fn new(find: impl Fn() -> Option<Places> + Send + Sync + 'static) -> Self {
        let source = Source { find: Box::new(find), found: OnceLock::new() };
        Glimpse { source: Arc::new(source), steps: Vec::new() }
    }

    /// Some rows of frames that are at hand. Nothing of the others is kept.
    pub(crate) fn of_frames(frames: &[pl::DataFrame]) -> Option<Self> {
        let of_each = LOOKED_AT.div_ceil(frames.len().max(1));
        let some: PolarsResult<Vec<pl::DataFrame>> = frames.iter().map(|frame| thinned(frame, of_each)).collect();
        let some = super::stacks::stacked(some.ok()?).ok()?;
        let rows = frames.iter().map(pl::DataFrame::height).sum::<usize>() as f64;
        Some(Glimpse::new(move || {
            let stretches = vec![(some.clone().lazy(), some.height())];
            Some(Places { stretches, rows })
        }))
    }

    /// With one more step.
    pub(crate) fn then(&self, step: Step) -> Self {
        let steps = self.steps.iter().cloned().chain([step]).collect();
        Glimpse { source: self.source.clone(), steps }
    }

    /// What a last step makes of the rows. `None` if they cannot be had, or not without functions of the user's.
    pub(crate) fn seen(&self, last: impl Fn(LazyFrame) -> LazyFrame) -> Option<Seen> {
        let places = self.source.found.get_or_init(|| unpanicked(|| Ok::<_, String>((self.source.find)())).ok()?);
        let places = places.as_ref()?;
        let of_each = LOOKED_AT.div_ceil(places.stretches.len().max(1));
        let (mut before, mut after, mut some) = (0, 0, Vec::new());
        for (plan, rows) in &places.stretches {
            // What cannot be read will say so where it is read.
            let Ok(found) = unpanicked(|| self.run(plan.clone(), &last)) else { continue };
            before += rows;
            after += found.height();
            some.push(thinned(&found, of_each).ok()?);
        }
        let (before, after) = (before as f64, after as f64);
        (before > 0.0).then(|| Seen { stretches: some, looked_through: after, of: places.rows * after / before })
    }

    /// Runs the steps on some rows.
    fn run(&self, mut plan: LazyFrame, last: impl Fn(LazyFrame) -> LazyFrame) -> PolarsResult<pl::DataFrame> {
        for steps in self.steps.chunks(STEPS) {
            plan = steps.iter().fold(plan, |plan, step| step(0, plan));
            if steps.len() == STEPS {
                plan = collected(plan)?.lazy();
            }
        }
        collected(last(plan))
    }
}

impl fmt::Debug for Glimpse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Glimpse({} steps)", self.steps.len())
    }
}

/// Runs a plan that has no functions of the user's: these are for tasks to call.
fn collected(plan: LazyFrame) -> PolarsResult<pl::DataFrame> {
    if is_foreign(plan.clone()) {
        polars_bail!(ComputeError: "it has a function of the user's");
    }
    alone(|| plan.collect())
}

/// Whether a plan has functions of the user's, or cannot be told.
pub(crate) fn is_foreign(plan: LazyFrame) -> bool {
    let Ok(told) = plan.to_alp() else { return true };
    let is_foreign = |expr: &AExpr| matches!(expr, AExpr::AnonymousFunction { .. } | AExpr::AnonymousAgg { .. });
    let is_opaque = |plan: &IR| matches!(plan, IR::MapFunction { function: FunctionIR::Opaque { .. }, .. });
    (0..told.expr_arena.len()).any(|at| is_foreign(told.expr_arena.get(Node(at))))
        || (0..told.lp_arena.len()).any(|at| is_opaque(told.lp_arena.get(Node(at))))
}

/// Some rows of a frame, one at an irregular place in each stretch, so that what repeats regularly is not missed.
fn thinned(frame: &pl::DataFrame, rows: usize) -> PolarsResult<pl::DataFrame> {
    let step = frame.height().div_ceil(rows).max(1);
    if step == 1 {
        return Ok(frame.clone());
    }
    let irregular = |start: usize| start + partition_of(&start, step.min(frame.height() - start));
    let rows = (0..frame.height()).step_by(step).map(|start| irregular(start) as pl::IdxSize).collect();
    alone(|| frame.take(&pl::IdxCa::from_vec("".into(), rows)))
}
