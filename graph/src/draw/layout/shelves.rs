//! Shelves: the connected parts of a picture, found and set side by side.

use super::super::collapse::Link;
use super::Point;

/// Between two parts.
const PART_GAP: f64 = 26.0;
/// A line of parts is at least this wide before the next begins.
const MIN_LINE: f64 = 1800.0;
/// The shape of the page: its width for each pixel of height.
const PAGE: f64 = 1.6;

/// One connected part: the indices of its nodes and links.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) nodes: Vec<u32>,
    pub(super) links: Vec<u32>,
}

/// The connected parts, in the order of their first nodes.
pub(super) fn parts(nodes: usize, links: &[Link]) -> Vec<Part> {
    let mut parent: Vec<u32> = (0..nodes as u32).collect();
    for link in links {
        let (a, b) = (root(&mut parent, link.from), root(&mut parent, link.to));
        parent[a.max(b) as usize] = a.min(b);
    }
    let mut number = vec![0; nodes];
    let mut parts: Vec<Part> = Vec::new();
    for node in 0..nodes as u32 {
        let root = root(&mut parent, node);
        if root == node {
            number[node as usize] = parts.len();
            parts.push(Part::default());
        }
        parts[number[root as usize]].nodes.push(node);
    }
    for (index, link) in links.iter().enumerate() {
        let root = root(&mut parent, link.from);
        parts[number[root as usize]].links.push(index as u32);
    }
    parts
}

/// The first node of the part of `node`.
fn root(parent: &mut [u32], mut node: u32) -> u32 {
    while parent[node as usize] != node {
        let above = parent[parent[node as usize] as usize];
        parent[node as usize] = above;
        node = above;
    }
    node
}

/// The place of the upper left corner of every part, and the size of all.
pub(super) fn shelve(sizes: &[(f64, f64)]) -> (Vec<Point>, (f64, f64)) {
    let area: f64 = sizes.iter().map(|(width, height)| (width + PART_GAP) * (height + PART_GAP)).sum();
    let widest = sizes.iter().map(|size| size.0).fold(0.0, f64::max);
    let line = (area * PAGE).sqrt().max(MIN_LINE).max(widest);
    let mut places = Vec::with_capacity(sizes.len());
    let (mut x, mut top, mut width) = (0.0, 0.0, 0.0_f64);
    let mut shelf = Vec::new();
    let mut tall = 0.0_f64;
    for &(part_width, part_height) in sizes {
        if x > 0.0 && x + part_width > line {
            settle(&mut places, &mut shelf, top, tall);
            top += tall + PART_GAP;
            (x, tall) = (0.0, 0.0);
        }
        shelf.push((x, part_height));
        x += part_width + PART_GAP;
        width = width.max(x - PART_GAP);
        tall = tall.max(part_height);
    }
    settle(&mut places, &mut shelf, top, tall);
    (places, (width, top + tall))
}

/// Lets the parts of one line stand on its ground: inputs are at the bottom.
fn settle(places: &mut Vec<Point>, shelf: &mut Vec<(f64, f64)>, top: f64, tall: f64) {
    places.extend(shelf.drain(..).map(|(x, height)| (x, top + tall - height)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let link = |from, to| Link { from, to, count: 1 };
        let parts = parts(6, &[link(4, 0), link(2, 3), link(3, 5)]);
        let nodes: Vec<&[u32]> = parts.iter().map(|part| part.nodes.as_slice()).collect();
        assert_eq!(nodes, [&[0, 4][..], &[1], &[2, 3, 5]]);
        assert_eq!(parts[2].links, [1, 2]);
    }

    #[test]
    fn many_parts_fill_lines_and_never_overlap() {
        let sizes: Vec<(f64, f64)> =
            (0..300).map(|i| (40.0 + f64::from(i % 7) * 20.0, 60.0 + f64::from(i % 3) * 50.0)).collect();
        let (places, (width, height)) = shelve(&sizes);
        assert!(width < 4.0 * height && height < 4.0 * width, "{width} x {height}");
        for (a, (place, size)) in places.iter().zip(&sizes).enumerate() {
            assert!(place.0 + size.0 <= width && place.1 + size.1 <= height);
            for (other, other_size) in places.iter().zip(&sizes).skip(a + 1) {
                let apart = |p: f64, s: f64, q: f64, t: f64| p + s <= q || q + t <= p;
                assert!(apart(place.0, size.0, other.0, other_size.0) || apart(place.1, size.1, other.1, other_size.1));
            }
        }
    }
}
