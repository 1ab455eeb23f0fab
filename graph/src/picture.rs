//! A graph as a picture: circles for functions, boxes for data, as Dask draws them.

use crate::checked::{CheckedGraph, Work};
use crate::draw::{Node, Picture, Shape};
use crate::key::Key;
use std::collections::HashMap;

/// Names that are longer are cut in the picture; the whole key stands in the tooltip.
const LABEL: usize = 24;

impl CheckedGraph {
    /// Its picture: a circle for each function, a box for each value that is at hand and for each result that is asked
    /// for.
    pub fn picture(&self) -> Picture {
        let mut groups: Vec<String> = Vec::new();
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut nodes = Vec::with_capacity(self.len() + self.outputs.len());
        let mut edges = Vec::with_capacity(self.dependencies.len() + self.outputs.len());
        let mut group = |name: String| {
            *known.entry(name.clone()).or_insert_with(|| {
                groups.push(name);
                groups.len() as u32 - 1
            })
        };
        for (rank, task) in self.tasks().enumerate() {
            let name = task.key.name().as_str();
            let shape = match task.work {
                Work::Call(_) => Shape::Circle,
                Work::Value(_) | Work::Held(_) => Shape::Box,
            };
            nodes.push(Node {
                label: label(&task.key, matches!(shape, Shape::Circle)),
                shape,
                title: format!("{}\nmade at {}", task.key, task.place),
                group: group(name.to_string()),
                rank: Some(rank as u32),
            });
            edges.extend(self.inputs(rank).iter().map(|&input| (input, rank as u32)));
        }
        for &output in &self.outputs {
            let task = self.task(output as usize);
            if matches!(task.work, Work::Call(_)) {
                edges.push((output, nodes.len() as u32));
                nodes.push(Node {
                    label: label(&task.key, false),
                    shape: Shape::Box,
                    title: task.key.to_string(),
                    group: group(format!("result of {}", task.key.name())),
                    rank: None,
                });
            }
        }
        Picture { nodes, edges, groups }
    }
}

/// A function's name, or a value's name and partition.
fn label(key: &Key, function: bool) -> String {
    let name = key.name().as_str();
    let short: String = match name.chars().count() > LABEL {
        true => name.chars().take(LABEL - 1).chain(['…']).collect(),
        false => name.to_string(),
    };
    match key.partition() {
        Some(part) if !function => format!("{short} {part}"),
        _ => short,
    }
}
