//! Cuts a graph into blocks.
//!
//! The static order goes depth first: tasks that are near to each other in it use each other's results. So it is cut into runs of
//! equal length. A run as a block would not do: in it, what could begin at once would wait for what needs other runs. So a run is
//! divided by *stage*: a task's stage is that of the tasks that it needs, and one more than that of those in other runs. From one
//! block to another the stage rises, which is why blocks never wait for each other in a circle, and a task waits for no more
//! blocks than it must.

use super::shape::Shape;
use rustc_hash::FxHashMap;

/// Tasks that a worker runs as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// The tasks, in static order.
    pub tasks: Vec<u32>,
    /// Those among them whose results are needed by other blocks, or can be asked for.
    pub outputs: Vec<u32>,
    /// The tasks of other blocks whose results it needs.
    pub needs: Vec<u32>,
}

/// A graph as blocks: each needs only those before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocks {
    /// The blocks.
    pub blocks: Vec<Block>,
    /// In which block each task is.
    pub of: Vec<u32>,
}

/// Cuts a graph into about so many blocks, one per task if there are no more. Takes time in proportion to tasks and edges.
///
/// ```
/// use partita_dask::blocks::{Shape, group};
///
/// // Eight leaves, of which each two are added, and these, ..
/// let mut shape = Shape::default();
/// let mut level: Vec<u32> = (0..8).map(|_| shape.add(&[], 0, false)).collect();
/// while level.len() > 1 {
///     level = level.chunks(2).map(|pair| shape.add(pair, 0, pair.len() == level.len())).collect();
/// }
/// let blocks = group(&shape, 2);
/// assert_eq!(blocks.blocks.len(), 2);
/// assert_eq!(blocks.blocks[1].needs.len(), 8);
/// assert_eq!(blocks.blocks[1].outputs, [14]);
/// ```
pub fn group(shape: &Shape, blocks: usize) -> Blocks {
    let run = shape.len().div_ceil(blocks.max(1)).max(1);
    let place = |task: u32| (task as usize / run, shape.class(task));
    let mut stages = Vec::with_capacity(shape.len());
    let mut numbers: FxHashMap<((usize, u32), u32), u32> = FxHashMap::default();
    let mut found = Blocks::default();
    let mut stage_of = Vec::new();
    for task in 0..shape.len() as u32 {
        let here = place(task);
        let after = |input: &u32| stages[*input as usize] + u32::from(place(*input) != here);
        let stage = shape.inputs(task).iter().map(after).max().unwrap_or(0);
        stages.push(stage);
        let number = *numbers.entry((here, stage)).or_insert_with(|| {
            found.blocks.push(Block::default());
            stage_of.push(stage);
            found.blocks.len() as u32 - 1
        });
        found.blocks[number as usize].tasks.push(task);
        found.of.push(number);
    }
    in_order(&mut found, &stage_of);
    connect(&mut found, shape);
    found
}

/// Puts the blocks in the order of their stages, so that each comes after those that it needs.
fn in_order(found: &mut Blocks, stages: &[u32]) {
    let mut order: Vec<u32> = (0..found.blocks.len() as u32).collect();
    order.sort_by_key(|number| stages[*number as usize]);
    let mut places = vec![0; order.len()];
    for (place, number) in order.iter().enumerate() {
        places[*number as usize] = place as u32;
    }
    found.blocks = order.iter().map(|number| std::mem::take(&mut found.blocks[*number as usize])).collect();
    found.of.iter_mut().for_each(|number| *number = places[*number as usize]);
}

/// Finds what goes from block to block.
fn connect(found: &mut Blocks, shape: &Shape) {
    let mut is_output: Vec<bool> = (0..shape.len() as u32).map(|task| shape.is_wanted(task)).collect();
    // The last block that was seen to need a task: each is named once.
    let mut needed_by = vec![u32::MAX; shape.len()];
    for number in 0..found.blocks.len() as u32 {
        let mut needs = Vec::new();
        for task in &found.blocks[number as usize].tasks {
            for input in shape.inputs(*task) {
                let input = *input as usize;
                if found.of[input] != number && std::mem::replace(&mut needed_by[input], number) != number {
                    is_output[input] = true;
                    needs.push(input as u32);
                }
            }
        }
        needs.sort_unstable();
        found.blocks[number as usize].needs = needs;
    }
    for block in &mut found.blocks {
        block.outputs = block.tasks.iter().copied().filter(|task| is_output[*task as usize]).collect();
    }
}
