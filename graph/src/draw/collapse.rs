//! Collapsing: what is really drawn, so that a picture of any graph can be read.
//!
//! Up to `collapse_above` nodes, and not too many edges between them, every node. Above it, one node for each
//! group and shape. With too many of those, or too many edges between them, one node for each level of the graph
//! of groups; with too many levels, neighbouring levels share one.

use super::levels::Upward;
use super::text::thousands;
use super::{DrawError, DrawOptions, Node, Picture, Shape};

/// Edges are drawn one by one up to this number for each node that may be.
const EDGES_EACH: usize = 30;
/// Groups are drawn up to this number, whatever the limit on nodes says.
const MAX_GROUPS: usize = 500;
/// Edges between groups are drawn up to this number: more are a thicket.
const MAX_GROUP_EDGES: usize = 3000;
/// Levels are drawn up to this number.
const MAX_LEVELS: usize = 60;
/// Edges between levels that are not neighbours are drawn up to this number for each level.
const MAX_LEVEL_EDGES: usize = 3;

/// One thing to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) label: String,
    pub(super) shape: Shape,
    pub(super) title: String,
    /// The lowest and the highest rank of the nodes it stands for.
    pub(super) ranks: Option<(u32, u32)>,
}

/// One arrow to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) from: u32,
    pub(super) to: u32,
    /// How many edges of the picture it stands for.
    pub(super) count: u64,
}

/// What is drawn, without any places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch {
    pub(super) items: Vec<Item>,
    pub(super) links: Vec<Link>,
}

/// Makes the sketch of a picture.
pub(super) fn sketch(picture: &Picture, options: &DrawOptions) -> Result<Sketch, DrawError> {
    let nodes = picture.nodes.len();
    if let Some(&(from, to)) = picture.edges.iter().find(|(a, b)| (*a).max(*b) as usize >= nodes) {
        return Err(DrawError::UnknownNode { from, to, nodes });
    }
    let edges = options.collapse_above.saturating_mul(EDGES_EACH);
    if nodes <= options.collapse_above && picture.edges.len() <= edges {
        return Ok(every_node(picture));
    }
    let groups = Parts::new(picture, |node| (node.group, Some(node.shape)));
    if groups.keys.len() <= options.collapse_above.max(MAX_GROUPS) {
        let sketch = by_group(picture, &groups);
        if sketch.links.len() <= MAX_GROUP_EDGES {
            return Ok(sketch);
        }
    }
    let groups = Parts::new(picture, |node| (node.group, None));
    Ok(by_level(picture, &groups))
}

/// A picture's nodes in parts.
struct Parts {
    /// The keys of the parts, in order.
    keys: Vec<(u32, Option<Shape>)>,
    /// The part of each node.
    of: Vec<u32>,
}

impl Parts {
    fn new(picture: &Picture, key: impl Fn(&Node) -> (u32, Option<Shape>)) -> Self {
        let mut keys: Vec<_> = picture.nodes.iter().map(&key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut last = (0, keys.first().copied());
        let mut find = |wanted| {
            if last.1 != Some(wanted) {
                last = (keys.partition_point(|key| *key < wanted) as u32, Some(wanted));
            }
            last.0
        };
        let of = picture.nodes.iter().map(|node| find(key(node))).collect();
        Self { keys, of }
    }
}

/// What is known of the nodes in one part.
#[derive(Clone, Default)]
struct Tally {
    boxes: usize,
    circles: usize,
    first: Option<usize>,
    ranks: Option<(u32, u32)>,
}

impl Tally {
    /// Counts the nodes of each part.
    fn of_parts(picture: &Picture, parts: usize, part_of: &[u32]) -> Vec<Self> {
        let mut tallies = vec![Self::default(); parts];
        for (index, (node, &part)) in picture.nodes.iter().zip(part_of).enumerate() {
            let tally = &mut tallies[part as usize];
            match node.shape {
                Shape::Box => tally.boxes += 1,
                Shape::Circle => tally.circles += 1,
            }
            tally.first.get_or_insert(index);
            if let Some(rank) = node.rank {
                let (low, high) = tally.ranks.unwrap_or((rank, rank));
                tally.ranks = Some((low.min(rank), high.max(rank)));
            }
        }
        tallies
    }

    /// The number of tasks: circles are calls, and where there are none each box is a task.
    fn tasks(&self) -> usize {
        if self.circles > 0 { self.circles } else { self.boxes }
    }
}

/// The sketch that shows every node.
fn every_node(picture: &Picture) -> Sketch {
    let items = picture.nodes.iter().map(item_of).collect();
    let (links, _) = merge(picture, |node| node);
    Sketch { items, links }
}

/// One node as it is.
fn item_of(node: &Node) -> Item {
    let title = if node.title.is_empty() { node.label.clone() } else { node.title.clone() };
    Item { label: node.label.clone(), shape: node.shape, title, ranks: node.rank.map(|rank| (rank, rank)) }
}

/// The sketch that shows one node for each group and shape.
fn by_group(picture: &Picture, parts: &Parts) -> Sketch {
    let tallies = Tally::of_parts(picture, parts.keys.len(), &parts.of);
    let (links, inside) = merge(picture, |node| parts.of[node as usize]);
    let mut inside_of = vec![0; parts.keys.len()];
    for link in inside {
        inside_of[link.from as usize] = link.count;
    }
    let mut items = Vec::with_capacity(parts.keys.len());
    for (index, (&(group, _), tally)) in parts.keys.iter().zip(&tallies).enumerate() {
        let Some(first) = tally.first else { continue };
        let node = &picture.nodes[first];
        let count = tally.boxes + tally.circles;
        if count == 1 {
            items.push(item_of(node));
            continue;
        }
        let label = format!("{} × {}", group_name(picture, group), thousands(count as u64));
        let inner = match inside_of[index] {
            0 => String::new(),
            inner => format!("\n{} edges inside", thousands(inner)),
        };
        let title = format!("{label}\nfirst: {}{inner}", item_of(node).title);
        items.push(Item { label, shape: node.shape, title, ranks: tally.ranks });
    }
    Sketch { items, links }
}

/// The name of a group.
fn group_name(picture: &Picture, group: u32) -> String {
    match picture.groups.get(group as usize) {
        Some(name) if !name.is_empty() => name.clone(),
        _ => format!("group {group}"),
    }
}

/// The sketch that shows one node for each level of the graph of groups.
fn by_level(picture: &Picture, groups: &Parts) -> Sketch {
    let (links, _) = merge(picture, |node| groups.of[node as usize]);
    let edges: Vec<(u32, u32)> = links.iter().map(|link| (link.from, link.to)).collect();
    let mut level_of = Upward::new(groups.keys.len(), &edges).levels(&edges);
    let levels = level_of.iter().max().map_or(0, |&top| top as usize + 1);
    let drawn = levels.min(MAX_LEVELS);
    for level in &mut level_of {
        *level = (*level as usize * drawn / levels) as u32;
    }
    let mut groups_at = vec![0_u64; drawn];
    for &level in &level_of {
        groups_at[level as usize] += 1;
    }
    let parts: Vec<u32> = groups.of.iter().map(|&group| level_of[group as usize]).collect();
    let tallies = Tally::of_parts(picture, drawn, &parts);
    let (mut links, _) = merge(picture, |node| parts[node as usize]);
    let all = links.len();
    if all > drawn * MAX_LEVEL_EDGES {
        links.retain(|link| link.from + 1 == link.to);
    }
    let left_out = all - links.len();
    let items = tallies.iter().zip(&groups_at).enumerate().map(|(level, (tally, &groups))| {
        let label = format!("{} tasks in {} groups", thousands(tally.tasks() as u64), thousands(groups));
        let mut title = format!("{label}\nlevel {} of {drawn}, from the inputs up", level + 1);
        if left_out > 0 {
            title.push_str("\nedges that pass over a level are not drawn");
        }
        Item { label, shape: Shape::Box, title, ranks: tally.ranks }
    });
    Sketch { items: items.collect(), links }
}

/// The edges between parts, merged and sorted; then those inside a part.
fn merge(picture: &Picture, part: impl Fn(u32) -> u32) -> (Vec<Link>, Vec<Link>) {
    let mut pairs: Vec<(u32, u32)> = picture.edges.iter().map(|&(a, b)| (part(a), part(b))).collect();
    pairs.sort_unstable();
    pairs
        .chunk_by(|a, b| a == b)
        .map(|same| Link { from: same[0].0, to: same[0].1, count: same.len() as u64 })
        .partition(|link| link.from != link.to)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{chain, fan, layered, node, picture};
    use super::*;

    /// The sketch with this limit on nodes.
    fn above(picture: &Picture, collapse_above: usize) -> Sketch {
        sketch(picture, &DrawOptions { collapse_above, ..DrawOptions::default() }).unwrap()
    }

    #[test]
    fn a_small_picture_keeps_its_nodes() {
        let sketch = above(&picture(&["x", "y"], &[(0, 1), (0, 1), (1, 1)]), 2);
        assert_eq!(sketch.items.len(), 2);
        assert_eq!(sketch.links, [Link { from: 0, to: 1, count: 2 }]);
    }

    #[test]
    fn groups_are_counted_and_their_edges_merged() {
        let sketch = above(&fan(1000), 300);
        let labels: Vec<&str> = sketch.items.iter().map(|item| item.label.as_str()).collect();
        assert_eq!(labels, ["load × 1,000", "sum"]);
        assert_eq!(sketch.links, [Link { from: 0, to: 1, count: 1000 }]);
    }

    #[test]
    fn circles_and_boxes_of_a_group_stay_apart() {
        let mut nodes = Vec::new();
        let mut edges = Vec::new();
        for index in 0..400 {
            nodes.push(Node { shape: Shape::Circle, rank: Some(index), ..node("add", 0) });
            nodes.push(node("add-x", 0));
            edges.push((2 * index, 2 * index + 1));
        }
        let sketch = above(&Picture { nodes, edges, groups: vec!["add".to_owned()] }, 300);
        assert_eq!(sketch.items.iter().map(|item| item.shape).collect::<Vec<_>>(), [Shape::Box, Shape::Circle]);
        assert_eq!(sketch.items[1].ranks, Some((0, 399)));
        assert_eq!(sketch.links, [Link { from: 1, to: 0, count: 400 }]);
    }

    #[test]
    fn edges_inside_a_group_are_told_in_its_title() {
        let sketch = above(&chain(1000), 10);
        assert_eq!(sketch.links, []);
        assert!(sketch.items[0].title.contains("999 edges inside"), "{}", sketch.items[0].title);
    }

    #[test]
    fn too_many_groups_are_drawn_by_level() {
        let mut wide = layered(3, 700, 2);
        wide.groups = (0..2100).map(|group| format!("g{group}")).collect();
        for (index, node) in wide.nodes.iter_mut().enumerate() {
            node.group = index as u32;
        }
        let sketch = above(&wide, 300);
        let labels: Vec<&str> = sketch.items.iter().map(|item| item.label.as_str()).collect();
        assert_eq!(labels, ["700 tasks in 700 groups"; 3]);
        let link = |from| Link { from, to: from + 1, count: 1400 };
        assert_eq!(sketch.links, [link(0), link(1)]);
    }

    #[test]
    fn too_many_levels_share_nodes_and_no_task_is_lost() {
        let mut long = chain(100_000);
        for (index, node) in long.nodes.iter_mut().enumerate() {
            node.group = index as u32;
        }
        let sketch = above(&long, 300);
        assert_eq!(sketch.items.len(), MAX_LEVELS);
        assert_eq!(sketch.links.len(), MAX_LEVELS - 1);
        let count = |item: &Item| item.label.split(' ').next().unwrap().replace(',', "").parse::<usize>().unwrap();
        assert_eq!(sketch.items.iter().map(count).sum::<usize>(), 100_000);
    }

    #[test]
    fn a_thicket_of_edges_is_drawn_by_level() {
        let mut dense = layered(2, 200, 1);
        dense.edges = (0..200).flat_map(|from| (200..400).map(move |to| (from, to))).collect();
        for (index, node) in dense.nodes.iter_mut().enumerate() {
            node.group = index as u32;
        }
        let sketch = above(&dense, 400);
        assert_eq!(sketch.items.len(), 2);
        assert_eq!(sketch.links, [Link { from: 0, to: 1, count: 40_000 }]);
    }

    #[test]
    fn a_group_without_a_name_has_its_number() {
        let mut picture = fan(400);
        picture.groups.clear();
        assert_eq!(above(&picture, 300).items[0].label, "group 0 × 400");
    }
}
