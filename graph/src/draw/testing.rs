//! Pictures for the tests of this module.

use std::thread;

use super::{Node, Picture, Shape};

/// The stack that every drawing must fit in.
const STACK: usize = 2 << 20;

/// Runs `body` on a thread with a small stack.
pub(super) fn small_stack(body: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(STACK).spawn(body).unwrap().join().unwrap();
}

/// A box with a label.
pub(super) fn node(label: &str, group: u32) -> Node {
    Node { label: label.to_owned(), shape: Shape::Box, title: String::new(), group, rank: None }
}

/// A picture with these labels, all in one group.
pub(super) fn picture(labels: &[&str], edges: &[(u32, u32)]) -> Picture {
    let nodes = labels.iter().map(|label| node(label, 0)).collect();
    Picture { nodes, edges: edges.to_vec(), groups: vec!["all".to_owned()] }
}

/// `0 -> 1 -> 2 -> ...`
pub(super) fn chain(length: u32) -> Picture {
    let nodes = (0..length).map(|index| node(&format!("inc-{index}"), 0)).collect();
    Picture { nodes, edges: (1..length).map(|to| (to - 1, to)).collect(), groups: vec!["inc".to_owned()] }
}

/// Many leaves into one sum.
pub(super) fn fan(leaves: u32) -> Picture {
    let mut nodes: Vec<Node> = (0..leaves).map(|index| node(&format!("load-{index}"), 0)).collect();
    nodes.push(Node { shape: Shape::Circle, ..node("sum", 1) });
    let groups = vec!["load".to_owned(), "sum".to_owned()];
    Picture { nodes, edges: (0..leaves).map(|from| (from, leaves)).collect(), groups }
}

/// Layers of circles and boxes in turn, each node fed by `fan_in` nodes of the layer below, chosen by arithmetic.
pub(super) fn layered(layers: u32, width: u32, fan_in: u32) -> Picture {
    let mut picture = Picture::default();
    for layer in 0..layers {
        picture.groups.push(format!("layer-{layer}"));
        for slot in 0..width {
            let me = layer * width + slot;
            let circle = layer % 2 == 1;
            let label = if circle { format!("function_{layer}") } else { format!("('part-{layer}', {slot})") };
            let shape = if circle { Shape::Circle } else { Shape::Box };
            picture.nodes.push(Node { shape, rank: Some(me), title: format!("key {me}"), ..node(&label, layer) });
            if layer > 0 {
                let below = (0..fan_in).map(|step| (slot + step * step * 3 + layer) % width);
                picture.edges.extend(below.map(|from| ((layer - 1) * width + from, me)));
            }
        }
    }
    picture
}
