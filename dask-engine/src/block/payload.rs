//! What a block does, for whoever runs it.

use super::error::{PayloadError, Unwritable};
use super::seal::Seal;
use crate::blocks::{Block, Blocks};
use crate::key::Key;
use partita_graph::{CheckedGraph, Work, WorkReader, WorkWriter, build_id};
use serde::{Deserialize, Serialize};

/// Where an input of a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// What an earlier step of this block gives.
    Own(u32),
    /// What another block gives: its place in [`Payload::needs`], and the place among its outputs.
    Other(u32, u32),
}

/// A task of a block.
pub struct Step {
    /// What it is called.
    pub key: partita_graph::Key,
    /// The line of user code that made it.
    pub place: String,
    /// How often it is tried again after an error.
    pub retries: u32,
    /// What it does.
    pub work: Work,
    /// Its inputs, in the order of its arguments.
    pub inputs: Vec<Source>,
}

/// What a block does.
pub struct Payload {
    /// Its tasks, each after those that it needs.
    pub steps: Vec<Step>,
    /// The blocks whose results it needs.
    pub needs: Vec<Key>,
    /// The steps whose results others need.
    pub outputs: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct WrittenStep {
    key: partita_graph::Key,
    place: String,
    retries: u32,
    #[serde(with = "serde_bytes")]
    work: Vec<u8>,
    inputs: Vec<Source>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    steps: Vec<WrittenStep>,
    needs: Vec<Key>,
    outputs: Vec<u32>,
}

/// What each block of a graph does, sealed for the task of its name.
///
/// # Errors
/// [`Unwritable`] about the first task that cannot go to another process.
pub fn write_all(
    graph: &CheckedGraph,
    blocks: &Blocks,
    names: &[Key],
    seal: &Seal,
) -> Result<Vec<Vec<u8>>, Unwritable> {
    // Where each task is: its place among the steps, and among the outputs, of its block.
    let (mut step_of, mut output_of) = (vec![0; graph.len()], vec![0; graph.len()]);
    for block in &blocks.blocks {
        block.tasks.iter().enumerate().for_each(|(place, task)| step_of[*task as usize] = place as u32);
        block.outputs.iter().enumerate().for_each(|(place, task)| output_of[*task as usize] = place as u32);
    }
    let write = |(number, block): (usize, &Block)| {
        let mut others: Vec<u32> = block.needs.iter().map(|need| blocks.of[*need as usize]).collect();
        others.sort_unstable();
        others.dedup();
        let source = |input: &u32| {
            let (input, of) = (*input as usize, blocks.of[*input as usize]);
            match others.binary_search(&of) {
                Ok(place) if of != number as u32 => Source::Other(place as u32, output_of[input]),
                _ => Source::Own(step_of[input]),
            }
        };
        let mut writer = WorkWriter::new();
        let steps = block.tasks.iter().map(|task| {
            let checked = graph.task(*task as usize);
            let unwritable = |error| Unwritable { task: checked.key.clone(), place: checked.place, error };
            Ok(WrittenStep {
                key: checked.key.clone(),
                place: checked.place.to_string(),
                retries: checked.options.as_ref().map_or(0, |options| options.retries),
                work: checked.work.write(&mut writer).map_err(unwritable)?,
                inputs: graph.inputs(*task as usize).iter().map(source).collect(),
            })
        });
        let steps = steps.collect::<Result<_, Unwritable>>()?;
        let needs = others.iter().map(|other| names[*other as usize].clone()).collect();
        let outputs = block.outputs.iter().map(|task| step_of[*task as usize]).collect();
        let body = rmp_serde::to_vec(&Written { steps, needs, outputs }).unwrap_or_default();
        Ok(seal.close(&names[number], &body))
    };
    blocks.blocks.iter().enumerate().map(write).collect()
}

impl Payload {
    /// What a task is to do.
    ///
    /// # Errors
    /// [`PayloadError`] if it is not sealed for this task, or makes no sense.
    pub fn read(task: &Key, sealed: &[u8], seal: &Seal) -> Result<Payload, PayloadError> {
        let Written { steps, needs, outputs } = rmp_serde::from_slice(seal.open(task, sealed)?)?;
        let mut reader =
            WorkReader::new(build_id()).map_err(|_| PayloadError::Build { theirs: build_id(), ours: build_id() })?;
        let count = steps.len();
        let is_there = |at: usize, input: &Source| match input {
            Source::Own(step) => (*step as usize) < at,
            Source::Other(block, _) => (*block as usize) < needs.len(),
        };
        let steps = steps.into_iter().enumerate().map(|(at, WrittenStep { key, place, retries, work, inputs })| {
            if !inputs.iter().all(|input| is_there(at, input)) {
                return Err(PayloadError::Refers);
            }
            match Work::read(&work, &mut reader) {
                Ok(work) => Ok(Step { key, place, retries, work, inputs }),
                Err(error) => Err(PayloadError::Work { task: key, error }),
            }
        });
        let steps = steps.collect::<Result<_, PayloadError>>()?;
        if outputs.iter().any(|output| *output as usize >= count) {
            return Err(PayloadError::Refers);
        }
        Ok(Payload { steps, needs, outputs })
    }
}
