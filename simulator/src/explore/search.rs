//! The search through all orders of events, breadth first: the first thing that is found wrong is found by a shortest way.

use super::board::Board;
use super::moves::Move;
use super::scope::Scope;
use rustc_hash::FxHashSet;
use std::fmt;

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Different situations that were reached, the first one too.
    pub states: usize,
    /// Moves that led to a situation that was known already.
    pub pruned: usize,
    /// How many moves deep all orders were tried.
    pub depth: usize,
    /// What went wrong, and the moves that lead there.
    pub violation: Option<(String, Vec<Move>)>,
}

/// How a situation was reached.
struct Node {
    parent: u32,
    step: Option<Move>,
}

/// A situation that a move leads to.
struct Next {
    digest: u64,
    parent: u32,
    /// `None` if it goes wrong when no further move is made.
    step: Option<Move>,
    broken: Option<String>,
}

/// Tries all orders of moves up to the scope's depth. In each new situation every invariant of every machine is checked;
/// and from each it is tried, on a copy, that everything ends well when nothing further goes wrong.
pub fn search(scope: &Scope) -> Outcome {
    let mut outcome = Outcome { states: 1, ..Outcome::default() };
    let mut nodes = vec![Node { parent: 0, step: None }];
    let mut seen = FxHashSet::default();
    seen.insert(scope.start().digest());
    let mut level = 0..1u32;
    for depth in 0..=scope.depth {
        let is_last = depth == scope.depth;
        let found = expand(scope, &nodes, level.clone().collect(), is_last);
        outcome.depth = depth;
        for next in found {
            if next.broken.is_none() && !seen.insert(next.digest) {
                outcome.pruned += 1;
                continue;
            }
            if let Some(broken) = next.broken {
                let mut path = path(&nodes, next.parent);
                path.extend(next.step);
                outcome.violation = Some((broken, path));
                return outcome;
            }
            outcome.states += 1;
            nodes.push(Node { parent: next.parent, step: next.step });
        }
        level = level.end..nodes.len() as u32;
    }
    outcome
}

/// All that follows from the situations of a level, in their order. What ends badly comes as if it followed.
fn expand(scope: &Scope, nodes: &[Node], level: Vec<u32>, is_last: bool) -> Vec<Next> {
    if scope.jobs <= 1 {
        return level.into_iter().flat_map(|node| follow(scope, nodes, node, is_last)).collect();
    }
    let share = level.len().div_ceil(scope.jobs).max(1);
    std::thread::scope(|threads| {
        let work = |part: &[u32]| {
            let part = part.to_vec();
            threads.spawn(move || part.into_iter().flat_map(|node| follow(scope, nodes, node, is_last)).collect())
        };
        let parts: Vec<_> = level.chunks(share).map(work).collect();
        let join = |part: std::thread::ScopedJoinHandle<'_, Vec<Next>>| match part.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        parts.into_iter().flat_map(join).collect()
    })
}

/// What follows from one situation.
fn follow(scope: &Scope, nodes: &[Node], node: u32, is_last: bool) -> Vec<Next> {
    let board = replay(scope, &path(nodes, node));
    let mut calm = board.clone();
    calm.is_checked = false;
    calm.calm();
    calm.check_machines();
    calm.drain();
    calm.check_machines();
    if let Some(broken) = calm.broken {
        let broken = Some(format!("when all is calm: {broken}"));
        return vec![Next { digest: 0, parent: node, step: None, broken }];
    }
    if is_last {
        return Vec::new();
    }
    let steps = scope.choices(&board);
    let next = |step: Move| {
        let mut board = board.clone();
        board.play(&step);
        Next { digest: board.digest(), parent: node, step: Some(step), broken: board.broken }
    };
    steps.into_iter().map(next).collect()
}

/// The moves that lead to a situation.
fn path(nodes: &[Node], node: u32) -> Vec<Move> {
    let mut steps = Vec::new();
    let mut at = &nodes[node as usize];
    while let Some(step) = &at.step {
        steps.push(step.clone());
        at = &nodes[at.parent as usize];
    }
    steps.reverse();
    steps
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { states, pruned, depth, .. } = self;
        write!(f, "{states} situations up to depth {depth}, {pruned} moves led to a known one")?;
        let Some((message, path)) = &self.violation else { return write!(f, "; all end well") };
        write!(f, "\nviolation: {message}\nafter these moves:")?;
        path.iter().try_for_each(|step| write!(f, "\n    {step:?}"))
    }
}

/// Makes moves that a search has made before, from the beginning. What was checked then is not checked again.
pub fn replay(scope: &Scope, path: &[Move]) -> Board {
    let mut board = scope.start();
    board.is_checked = false;
    path.iter().for_each(|step| {
        board.play(step);
    });
    board.is_checked = true;
    board
}
