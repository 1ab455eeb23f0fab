//! Layout: a place on the page for every item and a way for every link of a sketch.
//!
//! Each connected part is laid out in rows ([`layers`]), its rows are ordered ([`order`]), spread ([`place`]) and lined up
//! ([`straight`]), and its edges are led between them ([`route`]). The parts then stand side by side, in lines like words
//! ([`shelves`]).

mod layers;
mod order;
mod place;
mod route;
mod shelves;
mod straight;

pub(super) use route::{ARROW, Piece, Route};

use super::Color;
use super::body::{Body, SMALL_FONT, width_of};
use super::collapse::{Link, Sketch};
use super::text::thousands;
use layers::Layers;
use route::Stop;

/// A point on the page, across and down.
pub(super) type Point = (f64, f64);

/// Around the whole picture.
const MARGIN: f64 = 14.0;
/// The least distance between rows.
const ROW_GAP: f64 = 44.0;
/// How much the distance grows for each pixel that an edge goes across.
const GAP_SLOPE: f64 = 0.09;
/// The most it grows by.
const GAP_GROWTH: f64 = 170.0;
/// How much it grows where counts are written on edges.
const GAP_COUNTS: f64 = 12.0;
/// Places along an edge where its count may stand.
const COUNT_PLACES: [f64; 5] = [0.5, 0.35, 0.65, 0.22, 0.78];
/// Counts that a new count is compared with, the nearest before it.
const COUNT_WINDOW: usize = 400;

/// A picture with all its places.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The bodies of the items.
    pub(super) bodies: Vec<Body>,
    /// The centres of the items.
    pub(super) centers: Vec<Point>,
    /// The ways of the links.
    pub(super) routes: Vec<Route>,
    /// Where the counts of links stand, and what they say.
    pub(super) counts: Vec<(Point, String)>,
}

impl Scene {
    /// Lays a sketch out.
    pub(super) fn new(sketch: &Sketch, color: Color) -> Self {
        let bodies: Vec<Body> = sketch.items.iter().map(|item| Body::new(item, color)).collect();
        let parts = shelves::parts(bodies.len(), &sketch.links);
        let mut centers = vec![(0.0, 0.0); bodies.len()];
        let empty = Route { start: (0.0, 0.0), pieces: Vec::new(), tip: (0.0, 0.0) };
        let mut routes = vec![empty; sketch.links.len()];
        let mut sizes = Vec::with_capacity(parts.len());
        let mut local = vec![0; bodies.len()];
        let page = bodies.len() + sketch.links.len();
        for part in &parts {
            for (index, &node) in part.nodes.iter().enumerate() {
                local[node as usize] = index as u32;
            }
            let links: Vec<Link> = part.links.iter().map(|&link| sketch.links[link as usize]).collect();
            let edges: Vec<(u32, u32)> =
                links.iter().map(|link| (local[link.from as usize], local[link.to as usize])).collect();
            let bodies: Vec<&Body> = part.nodes.iter().map(|&node| &bodies[node as usize]).collect();
            let laid = lay(&bodies, &edges, links.iter().any(|link| link.count > 1), page);
            for (&node, center) in part.nodes.iter().zip(laid.centers) {
                centers[node as usize] = center;
            }
            for (&link, route) in part.links.iter().zip(laid.routes) {
                routes[link as usize] = route;
            }
            sizes.push((laid.width, laid.height));
        }
        let (places, (width, height)) = shelves::shelve(&sizes);
        for (part, place) in parts.iter().zip(places) {
            let by = (place.0 + MARGIN, place.1 + MARGIN);
            for &node in &part.nodes {
                let center = &mut centers[node as usize];
                *center = (center.0 + by.0, center.1 + by.1);
            }
            for &link in &part.links {
                routes[link as usize].shift(by);
            }
        }
        let counts = place_counts(&sketch.links, &routes);
        Self { width: width + 2.0 * MARGIN, height: height + 2.0 * MARGIN, bodies, centers, routes, counts }
    }
}

/// One connected part, laid out from (0, 0).
struct Laid {
    width: f64,
    height: f64,
    centers: Vec<Point>,
    routes: Vec<Route>,
}

/// Lays out one connected part of a page with `page` nodes and edges.
fn lay(bodies: &[&Body], edges: &[(u32, u32)], counts: bool, page: usize) -> Laid {
    let mut layers = Layers::new(bodies.len(), edges);
    order::order(&mut layers, page);
    let widths: Vec<f64> = bodies.iter().map(|body| body.width).collect();
    let across = place::place(&layers, &widths, page);
    let (rows, height) = rows(&layers, bodies, &across, counts);
    let stop = |vertex: u32| {
        let (top, bottom) = rows[layers.level[vertex as usize] as usize];
        let at = (across[vertex as usize], (top + bottom) / 2.0);
        Stop { at, top, bottom, body: bodies.get(vertex as usize).copied() }
    };
    let mut stops = Vec::new();
    let mut routes = Vec::with_capacity(edges.len());
    for path in &layers.paths {
        stops.clear();
        stops.extend(path.vertices().map(stop));
        routes.push(route::route(&stops, path.reversed));
    }
    let centers: Vec<Point> = (0..layers.real as u32).map(|node| stop(node).at).collect();
    let right = centers.iter().zip(bodies).map(|(center, body)| center.0 + body.width / 2.0);
    let width = right.chain(across[layers.real..].iter().copied()).fold(0.0, f64::max);
    Laid { width, height, centers, routes }
}

/// The top and bottom of each row on the page, and the height of all.
fn rows(layers: &Layers, bodies: &[&Body], across: &[f64], counts: bool) -> (Vec<(f64, f64)>, f64) {
    let mut widest = vec![0.0_f64; layers.rows.len()];
    for &(low, high) in &layers.steps {
        let gap = &mut widest[layers.level[low as usize] as usize];
        *gap = gap.max((across[low as usize] - across[high as usize]).abs());
    }
    let mut rows = Vec::with_capacity(layers.rows.len());
    let mut up = 0.0;
    for (row, widest) in layers.rows.iter().zip(widest) {
        let tall = row.iter().filter_map(|&vertex| bodies.get(vertex as usize)).map(|body| body.height);
        let tall = tall.fold(0.0, f64::max);
        rows.push((up + tall, up));
        let slope = (GAP_SLOPE * widest).min(GAP_GROWTH);
        up += tall + ROW_GAP + slope + if counts { GAP_COUNTS } else { 0.0 };
    }
    let height = rows.last().map_or(0.0, |last| last.0);
    for (top, bottom) in &mut rows {
        (*top, *bottom) = (height - *top, height - *bottom);
    }
    (rows, height)
}

/// Puts the count of every merged link on its way, beside other counts where there is room.
fn place_counts(links: &[Link], routes: &[Route]) -> Vec<(Point, String)> {
    let mut counts: Vec<(Point, String)> = Vec::new();
    for (link, route) in links.iter().zip(routes).filter(|(link, _)| link.count > 1) {
        let text = format!("×{}", thousands(link.count));
        let width = width_of(&text, SMALL_FONT);
        let clear = |&(x, y): &Point| {
            counts.iter().rev().take(COUNT_WINDOW).all(|((other_x, other_y), other)| {
                let both = (width + width_of(other, SMALL_FONT)) / 2.0;
                (x - other_x).abs() > both || (y - other_y).abs() > SMALL_FONT
            })
        };
        let mut places = COUNT_PLACES.iter().map(|&part| route.point_at(part));
        let place = places.find(clear).unwrap_or_else(|| route.point_at(COUNT_PLACES[0]));
        counts.push((place, text));
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::collapse::sketch;
    use super::super::testing::{chain, fan, layered, picture};
    use super::super::{DrawOptions, Picture, Shape};
    use super::*;

    /// The scene of every node of a picture.
    fn scene(picture: &Picture) -> (Sketch, Scene) {
        let options = DrawOptions { collapse_above: usize::MAX, ..DrawOptions::default() };
        let sketch = sketch(picture, &options).unwrap();
        let scene = Scene::new(&sketch, Color::Order);
        (sketch, scene)
    }

    /// Panics unless no two nodes overlap, all are on the page, and every edge runs from rim to rim.
    fn check(picture: &Picture) {
        let (sketch, scene) = scene(picture);
        let half = |index: usize| (scene.bodies[index].width / 2.0, scene.bodies[index].height / 2.0);
        let mut order: Vec<usize> = (0..scene.centers.len()).collect();
        order.sort_by(|&a, &b| (scene.centers[a].0 - half(a).0).total_cmp(&(scene.centers[b].0 - half(b).0)));
        for (at, &a) in order.iter().enumerate() {
            let ((x, y), (w, h)) = (scene.centers[a], half(a));
            assert!(
                x - w >= 0.0 && y - h >= 0.0 && x + w <= scene.width && y + h <= scene.height,
                "{a} leaves the page"
            );
            for &b in &order[at + 1..] {
                let ((bx, by), (bw, bh)) = (scene.centers[b], half(b));
                if bx - bw > x + w {
                    break;
                }
                assert!((by - y).abs() >= h + bh, "{a} and {b} overlap");
            }
        }
        for (link, route) in sketch.links.iter().zip(&scene.routes) {
            assert!(on_rim(&scene, link.from, route.start), "{link:?} starts at {:?}", route.start);
            assert!(on_rim(&scene, link.to, route.tip), "{link:?} ends at {:?}", route.tip);
            let back = route.pieces.last().unwrap().end();
            let gap = (back.0 - route.tip.0).hypot(back.1 - route.tip.1);
            assert!((gap - ARROW).abs() < 0.01, "the head of {link:?} is {gap} long");
        }
    }

    fn on_rim(scene: &Scene, node: u32, point: Point) -> bool {
        let body = &scene.bodies[node as usize];
        let center = scene.centers[node as usize];
        let (dx, dy) = ((point.0 - center.0).abs(), (point.1 - center.1).abs());
        match body.shape {
            Shape::Circle => (dx.hypot(dy) - body.width / 2.0).abs() < 0.01,
            Shape::Box => (dy - body.height / 2.0).abs() < 0.01 && dx <= body.width / 2.0,
        }
    }

    #[test]
    fn nodes_never_overlap_and_edges_touch() {
        for picture in [layered(10, 50, 3), layered(4, 200, 5), chain(500), fan(500), layered(500, 1, 1)] {
            check(&picture);
        }
        // Long edges, edges against the flow, and parts without any edge.
        let mut tangle = layered(5, 12, 2);
        tangle.edges.extend((0..12).map(|i| (i, 48 + (i * 5) % 12)));
        tangle.edges.extend([(59, 0), (40, 3), (13, 2)]);
        tangle.nodes.extend(chain(7).nodes);
        check(&tangle);
    }

    #[test]
    fn data_flows_up() {
        let (_, scene) = scene(&picture(&["in", "mid", "out"], &[(0, 1), (1, 2)]));
        assert!(scene.centers[0].1 > scene.centers[1].1 && scene.centers[1].1 > scene.centers[2].1);
    }

    #[test]
    fn edges_cross_no_node() {
        let mut picture = layered(6, 10, 3);
        picture.edges.extend((0..10).map(|i| (i, 50 + (i * 7) % 10)));
        let (sketch, scene) = scene(&picture);
        for (link, route) in sketch.links.iter().zip(&scene.routes) {
            let mut from = route.start;
            for piece in &route.pieces {
                let curve = match *piece {
                    Piece::Line(end) => Piece::Curve(from, end, end),
                    curve => curve,
                };
                let part = Route { start: from, pieces: vec![curve], tip: piece.end() };
                for step in 0..=20 {
                    let (x, y) = part.point_at(f64::from(step) / 20.0);
                    for (index, center) in scene.centers.iter().enumerate() {
                        let (w, h) = (scene.bodies[index].width / 2.0 - 1.0, scene.bodies[index].height / 2.0 - 1.0);
                        let own = index as u32 == link.from || index as u32 == link.to;
                        let inside = match scene.bodies[index].shape {
                            Shape::Box => (x - center.0).abs() < w && (y - center.1).abs() < h,
                            Shape::Circle => (x - center.0).hypot(y - center.1) < w,
                        };
                        assert!(own || !inside, "{link:?} crosses {index}");
                    }
                }
                from = piece.end();
            }
        }
    }
}
