//! Looks: a dataframe as text, in one line or stage by stage.

use super::DataFrame;
use super::layers::Note;
use super::schema::{described, empty};
use super::threads::alone;
use crate::Collection;
use partita_graph::{Kind, Node};
use polars::prelude::LazyFrame;
use std::collections::HashSet;
use std::fmt::{self, Write};
use std::sync::Arc;

/// Steps of a chain that are put on each other to be explained: Polars goes down into a plan by calls within calls.
const MAX_STEPS: usize = 24;

impl DataFrame {
    /// How it is computed, in three stages: the layers that its methods made, from the last one back; what Polars makes of
    /// the steps at its end, which are one plan a partition; and how many tasks that is, by layer. Dask's `explain` and
    /// `pprint`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3], "y" => [4, 5, 6])?, 2);
    /// let text = frame.filter(col("x").gt(lit(1))).select([col("y")]).explain();
    /// assert!(text.starts_with("layers\n  select (2 partitions): y: i32\n    filter (2 partitions)"), "{text}");
    /// assert!(text.contains("plan of a partition, optimised\n"), "{text}");
    /// assert!(text.contains("tasks: 4\n"), "{text}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self) -> String {
        let mut text = String::new();
        match self.explained(&mut text) {
            // Columns of our own have names that no user's column has, and that no terminal shows.
            Ok(()) => text.replace(|letter: char| letter.is_control() && letter != '\n', "~"),
            Err(fmt::Error) => "a dataframe that cannot be told".to_string(),
        }
    }

    fn explained(&self, text: &mut String) -> fmt::Result {
        if let Err(error) = self.check() {
            return writeln!(text, "cannot be computed: {error}");
        }
        writeln!(text, "layers")?;
        layers(&self.node, text)?;
        if let Some((below, plan)) = chain(&self.node) {
            let optimised = |optimised: bool| {
                let plan = plan.clone();
                let told = alone(|| if optimised { plan.describe_optimized_plan() } else { plan.describe_plan() });
                told.unwrap_or_else(|error| format!("unknown: {error}"))
            };
            let below = below.key.name();
            for (name, plan) in [("as written", optimised(false)), ("optimised", optimised(true))] {
                writeln!(text, "plan of a partition, {name}")?;
                // The frame that stands for what comes in.
                let plan = plan.replacen("DF [", &format!("{below} ["), 1);
                plan.lines().try_for_each(|line| writeln!(text, "  {line}"))?;
            }
        }
        tasks(self, text)
    }
}

/// The layers below a node, each once, those that it reads further in.
fn layers(node: &Arc<Node>, text: &mut String) -> fmt::Result {
    let mut seen = HashSet::new();
    let mut open = vec![(node.clone(), 0)];
    while let Some((node, depth)) = open.pop() {
        let margin = "  ".repeat(depth + 1);
        let (name, parts) = (node.key.name(), node.parts());
        let plural = if parts == 1 { "" } else { "s" };
        write!(text, "{margin}{name} ({parts} partition{plural})")?;
        if !seen.insert(Arc::as_ptr(&node)) {
            writeln!(text, ", as above")?;
            continue;
        }
        match note(&node) {
            Some(note) => {
                write!(text, ": {}", described(&note.schema).join(", "))?;
                note.remark.iter().try_for_each(|remark| write!(text, "; {remark}"))?;
                writeln!(text)?;
            }
            None => writeln!(text)?,
        }
        let mut below: Vec<Arc<Node>> = Vec::new();
        node.for_each_input(|input| {
            if !below.iter().any(|other| Arc::ptr_eq(other, input)) {
                below.push(input.clone());
            }
        });
        open.extend(below.into_iter().rev().map(|node| (node, depth + 1)));
    }
    Ok(())
}

/// How many tasks there are, of each layer.
fn tasks(frame: &DataFrame, text: &mut String) -> fmt::Result {
    let graph = match frame.graph().check() {
        Ok(graph) => graph,
        Err(error) => return writeln!(text, "tasks: {error}"),
    };
    let mut counts: Vec<(String, usize)> = Vec::new();
    for task in graph.tasks() {
        let name = task.key.name().to_string();
        match counts.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    writeln!(text, "tasks: {}", graph.len())?;
    counts.iter().try_for_each(|(name, count)| writeln!(text, "  {name}: {count}"))
}

pub(crate) fn note(node: &Node) -> Option<&Note> {
    node.extras.as_ref()?.note.as_ref()?.downcast_ref()
}

/// What a node is below a chain of steps, and their plan.
fn chain(node: &Arc<Node>) -> Option<(Arc<Node>, LazyFrame)> {
    let mut steps = Vec::new();
    let mut below = node.clone();
    while steps.len() < MAX_STEPS {
        let Some(step) = note(&below).and_then(|note| note.step.clone()) else { break };
        let Kind::Blocks { inputs, .. } = &below.kind else { break };
        let Some(input) = inputs.first() else { break };
        steps.push(step);
        let input = input.node.clone();
        below = input;
    }
    let plan = empty(&note(&below)?.schema);
    let plan = steps.iter().rev().fold(plan, |plan, step| step(0, plan));
    (!steps.is_empty()).then_some((below, plan))
}

impl fmt::Display for DataFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Err(error) = self.check() {
            return write!(f, "DataFrame({error})");
        }
        let columns = described(&self.schema).join(", ");
        let partitions = self.npartitions();
        let plural = if partitions == 1 { "" } else { "s" };
        write!(f, "DataFrame({columns}; {partitions} partition{plural}, \"{}\")", self.node.key)
    }
}

impl fmt::Debug for DataFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
