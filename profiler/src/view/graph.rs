//! The graph of tasks: one node a task while they are few, else one a group.

use super::STATES;
use super::range::group_name;
use crate::run::{Known, Run};
use partita_protocol::telemetry::State;
use partita_protocol::{IdMap, PrefixId, TaskId, Time};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Edges that are shown at the most.
const EDGES: usize = 5_000;

/// A task, or all tasks of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The key, or the name of the group.
    pub name: String,
    /// The group.
    pub group: Arc<str>,
    /// The task's state, or the one that tells most of the group's: erred, else what is under way, else what most are in.
    pub state: &'static str,
    /// Tasks that it stands for.
    pub tasks: u64,
    /// Of those, how many are in each state, in the order of [`STATES`].
    pub counts: [u64; 8],
}

/// A graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GraphView {
    /// Whether each node stands for all tasks of a group.
    pub collapsed: bool,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// What is needed, and what needs it, as indices into `nodes`.
    pub edges: Vec<(usize, usize)>,
    /// Nodes and edges that are not shown.
    pub hidden: usize,
}

/// The graph of the tasks that there are, or of all that are kept if there are none. At a past moment it is that of the
/// tasks that were known at the end of the stretch of time that the moment is in, in the states that they were in then; see
/// [`Run::state`]. With more tasks than `most` it is that of groups.
pub fn graph(run: &Run, at: Option<Time>, most: usize) -> GraphView {
    let until = run.until(at);
    let stories = run.names().stories();
    let tasks = stories.filter_map(|(task, known, story)| Some((task, known, run.state_of(story, until)?)));
    let mut shown: Vec<(TaskId, &Known, State)> = tasks.collect();
    if shown.iter().any(|(.., state)| *state != State::Forgotten) {
        shown.retain(|(.., state)| *state != State::Forgotten);
    }
    let collapsed = shown.len() > most;
    if collapsed { of_groups(run, &shown, most) } else { of_tasks(run, &shown) }
}

fn of_tasks(run: &Run, shown: &[(TaskId, &Known, State)]) -> GraphView {
    let index: IdMap<TaskId, usize> = shown.iter().enumerate().map(|(index, (task, ..))| (*task, index)).collect();
    let node = |(task, known, state): &(TaskId, &Known, State)| Node {
        name: run.names().key_text(*task),
        group: group_name(run, known.prefix),
        state: STATES[*state as usize],
        tasks: 1,
        counts: std::array::from_fn(|at| u64::from(at == *state as usize)),
    };
    let edges = shown.iter().enumerate().flat_map(|(to, (_, known, _))| {
        let from = known.dependencies.iter().filter_map(|dependency| index.get(dependency));
        from.map(move |from| (*from, to)).collect::<Vec<_>>()
    });
    let mut edges: Vec<_> = edges.collect();
    let hidden = edges.len().saturating_sub(EDGES);
    edges.truncate(EDGES);
    GraphView { collapsed: false, nodes: shown.iter().map(node).collect(), edges, hidden }
}

fn of_groups(run: &Run, shown: &[(TaskId, &Known, State)], most: usize) -> GraphView {
    let mut counts: BTreeMap<PrefixId, [u64; 8]> = BTreeMap::new();
    for (_, known, state) in shown {
        counts.entry(known.prefix).or_default()[*state as usize] += 1;
    }
    let mut groups: Vec<_> = counts.into_iter().collect();
    let most = most.max(1);
    let mut hidden = groups.len().saturating_sub(most);
    if hidden > 0 {
        groups.sort_by_key(|(prefix, counts)| (std::cmp::Reverse(counts.iter().sum::<u64>()), *prefix));
        groups.truncate(most);
        groups.sort_unstable();
    }
    let index: IdMap<PrefixId, usize> =
        groups.iter().enumerate().map(|(index, (prefix, _))| (*prefix, index)).collect();
    let mut edges = BTreeSet::new();
    for (_, known, _) in shown {
        let Some(to) = index.get(&known.prefix) else { continue };
        let from = known.dependencies.iter().filter_map(|task| run.names().known(*task)?.prefix.into());
        edges.extend(
            from.filter_map(|from: PrefixId| index.get(&from)).filter(|from| *from != to).map(|from| (*from, *to)),
        );
    }
    hidden += edges.len().saturating_sub(EDGES);
    let nodes = groups.into_iter().map(|(prefix, counts)| {
        let group = group_name(run, prefix);
        let (name, tasks) = (group.to_string(), counts.iter().sum());
        Node { name, group, state: STATES[leading(&counts)], tasks, counts }
    });
    GraphView { collapsed: true, nodes: nodes.collect(), edges: edges.into_iter().take(EDGES).collect(), hidden }
}

/// The state that tells most of a group's.
fn leading(counts: &[u64; 8]) -> usize {
    let tells = [State::Erred, State::Processing].map(|state| state as usize);
    let most = || (0..counts.len()).max_by_key(|&state| (counts[state], std::cmp::Reverse(state)));
    tells.into_iter().find(|&state| counts[state] > 0).or_else(most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;
    use partita_protocol::telemetry::State::{Forgotten, Memory, Processing, Released, Waiting};

    const MS: u64 = 1_000_000;

    #[test]
    fn few_tasks_are_shown_one_by_one_in_their_states() {
        let mut script = Script::new(1);
        let a = script.task("a", &[]);
        script.step(5 * MS, a, Released, Processing);
        let b = script.task("b", &[a]);
        script.step(15 * MS, b, Released, Waiting);
        script.ran_at(a, 0, (5 * MS, 25 * MS), true);
        script.step(25 * MS, a, Processing, Memory);
        script.step(35 * MS, b, Waiting, Processing);
        script.step(45 * MS, a, Memory, Released);
        script.step(45 * MS, a, Released, Forgotten);
        let run = script.run();
        let now = graph(&run, None, 10);
        assert_eq!((now.collapsed, now.nodes.len(), now.edges, now.hidden), (false, 1, vec![], 0));
        let before = graph(&run, Some(Time(35 * MS)), 10);
        assert_eq!((before.edges, &before.nodes[0].name), (vec![(0, 1)], &run.names().key(a).unwrap().to_string()));
        let states = |at| graph(&run, Some(Time(at * MS)), 10).nodes.iter().map(|node| node.state).collect::<Vec<_>>();
        assert_eq!([5, 15].map(states), [vec!["processing"], vec!["processing", "waiting"]]);
        assert_eq!(
            [25, 35, 45].map(states),
            [vec!["memory", "waiting"], vec!["memory", "processing"], vec!["processing"]]
        );
    }

    #[test]
    fn a_result_that_is_handed_in_again_keeps_what_it_takes() {
        let mut script = Script::new(1);
        let a = script.task("a", &[]);
        let b = script.at_line("b.rs", 7, "b");
        script.handed_in_again(b, &[a]);
        script.step(1, b, Released, Memory);
        script.handed_in_again(b, &[]);
        let run = script.run();
        assert_eq!(graph(&run, None, 10).edges, [(0, 1)]);
        assert_eq!(run.names().line_of(b).unwrap().to_string(), "b.rs:7");
    }

    #[test]
    fn what_is_forgotten_is_shown_only_if_nothing_else_is_there() {
        let mut script = Script::new(1);
        let (a, b) = (script.task("a", &[]), script.task("b", &[]));
        script.step(20, a, Released, Forgotten);
        assert_eq!(graph(&script.clone().run(), None, 10).nodes.len(), 1);
        script.step(30, b, Released, Forgotten);
        assert_eq!(graph(&script.run(), None, 10).nodes.len(), 2);
        assert_eq!(graph(&Run::default(), None, 10), GraphView::default());
    }

    #[test]
    fn many_tasks_are_shown_by_group() {
        let mut script = Script::new(1);
        let sources: Vec<TaskId> = (0..20).map(|_| script.task("source", &[])).collect();
        let sums: Vec<TaskId> = sources.iter().map(|source| script.task("sum", &[*source])).collect();
        script.step(5, sums[0], Released, Processing);
        script.task("total", &sums);
        let view = graph(&script.clone().run(), None, 10);
        let nodes: Vec<_> = view.nodes.iter().map(|node| (node.name.as_str(), node.tasks, node.state)).collect();
        assert_eq!(nodes, [("source", 20, "released"), ("sum", 20, "processing"), ("total", 1, "released")]);
        assert_eq!((view.collapsed, view.edges), (true, vec![(0, 1), (1, 2)]));
        let few = graph(&script.run(), None, 2);
        assert_eq!((few.nodes.len(), few.hidden, few.edges), (2, 1, vec![(0, 1)]));
    }
}
