//! Plans of graphs.

use super::{NOT_KNOWN, Plan};
use crate::universe::{Number, Universe};
use partita_graph::{CheckedGraph, Work};
use std::sync::Arc;

impl From<&CheckedGraph> for Plan {
    /// The plan of a graph: its tasks in static order, as they would be handed in.
    ///
    /// ```
    /// use partita_graph::{Graph, Input, Key, Kind, Node, Place, Value};
    /// use partita_simulator::Plan;
    /// use std::sync::Arc;
    ///
    /// let data = Node::new(Key::named("x"), Kind::Data(vec![Value::new(1i64)]), Place::here());
    /// let graph = Graph::new(vec![Input { node: Arc::new(data), part: 0 }]);
    /// let plan = Plan::from(&graph.check()?);
    /// assert_eq!((plan.len(), plan.outputs(), plan.group(0)), (1, &[0][..], "x"));
    /// # Ok::<(), partita_graph::GraphError>(())
    /// ```
    fn from(graph: &CheckedGraph) -> Self {
        let mut universe = Universe::new();
        let (mut keys, mut sizes, mut held) = (Vec::new(), Vec::new(), Vec::new());
        for (rank, task) in graph.tasks().enumerate() {
            let group = task.key.name().as_str();
            let (number, nbytes) = match &task.work {
                Work::Held(_) => (universe.data(group), NOT_KNOWN),
                Work::Value(value) => (universe.task(group, &[]), value.nbytes() as u64),
                Work::Call(_) => (universe.task(group, graph.inputs(rank)), NOT_KNOWN),
            };
            if let Some(options) = &task.options {
                universe.options(number, options.clone());
            }
            if matches!(task.work, Work::Held(_)) {
                held.push(number);
            }
            keys.push(task.key.clone());
            sizes.push(nbytes);
        }
        let mut outputs: Vec<Number> = graph.outputs().to_vec();
        outputs.sort_unstable();
        outputs.dedup();
        let order = universe.numbers().collect();
        Plan { universe: Arc::new(universe), outputs, order, keys, sizes, held }
    }
}
