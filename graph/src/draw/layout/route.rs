//! The ways of edges: from the rim of one node to the rim of another, curved between the rows and upright within them.

use super::super::Shape;
use super::super::body::Body;
use super::Point;

/// The length of an arrow head.
pub(in crate::draw) const ARROW: f64 = 8.0;
/// How far from straight up an edge may leave a node, in radians.
const MAX_LEAN: f64 = 0.95;
/// The part of the true direction that an edge leans by.
const LEAN: f64 = 0.75;
/// The reach of a curve's handles, as a part of its height.
const HANDLE: f64 = 0.42;
/// How far beside the middle an edge against the flow runs, so that it does not lie on one with the flow.
const ASIDE: f64 = 9.0;
/// A node lower than its row by more than this is left straight up.
const SHORT: f64 = ARROW + 4.0;

/// One piece of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::draw) enum Piece {
    /// A straight line to a point.
    Line(Point),
    /// A curve with two handles, to a point.
    Curve(Point, Point, Point),
}

impl Piece {
    /// Where the piece ends.
    pub(in crate::draw) fn end(&self) -> Point {
        match *self {
            Self::Line(end) | Self::Curve(_, _, end) => end,
        }
    }
}

/// The way of one edge.
#[derive(Debug, Clone)]
pub(in crate::draw) struct Route {
    pub(in crate::draw) start: Point,
    /// The pieces, up to the back of the arrow head.
    pub(in crate::draw) pieces: Vec<Piece>,
    /// The tip of the arrow head, on the rim of the target.
    pub(in crate::draw) tip: Point,
}

impl Route {
    /// About how long the route is.
    #[cfg_attr(not(feature = "png"), expect(dead_code, reason = "only PNG asks for it"))]
    pub(in crate::draw) fn length(&self) -> f64 {
        let starts = std::iter::once(self.start).chain(self.pieces.iter().map(Piece::end));
        let ends = self.pieces.iter().map(Piece::end);
        starts.zip(ends).map(|(from, to)| (to.0 - from.0).hypot(to.1 - from.1)).sum()
    }

    /// Moves the route.
    pub(super) fn shift(&mut self, by: Point) {
        let add = |point: &mut Point| *point = (point.0 + by.0, point.1 + by.1);
        add(&mut self.start);
        add(&mut self.tip);
        for piece in &mut self.pieces {
            match piece {
                Piece::Line(end) => add(end),
                Piece::Curve(a, b, end) => [a, b, end].into_iter().for_each(add),
            }
        }
    }

    /// The point at `part` of the last curve, which lies between two rows.
    pub(super) fn point_at(&self, part: f64) -> Point {
        let starts = std::iter::once(self.start).chain(self.pieces.iter().map(Piece::end));
        let curves = starts.zip(&self.pieces).filter_map(|(from, piece)| match *piece {
            Piece::Line(_) => None,
            Piece::Curve(a, b, end) => Some((from, a, b, end)),
        });
        let Some((from, a, b, end)) = curves.last() else {
            return self.start;
        };
        let rest = 1.0 - part;
        let mix = |p: f64, q: f64, r: f64, s: f64| {
            rest * rest * rest * p
                + 3.0 * rest * rest * part * q
                + 3.0 * rest * part * part * r
                + part * part * part * s
        };
        (mix(from.0, a.0, b.0, end.0), mix(from.1, a.1, b.1, end.1))
    }
}

/// A place that a way passes: a node or a bend, in a row from `top` to `bottom` on the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop<'a> {
    pub(super) at: Point,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) body: Option<&'a Body>,
}

impl Stop<'_> {
    /// The edge of the row that faces up the page (`up`) or down.
    fn row_edge(&self, up: bool) -> f64 {
        if up { self.top } else { self.bottom }
    }
}

/// Where a way leaves a stop or comes to it, and the direction it has there, away from the stop.
struct Port {
    rim: Point,
    /// The end of the upright piece from the rim to the edge of the row, where there is one.
    lead: Option<Point>,
    away: Point,
}

/// The way along `stops`; `aside` keeps it beside the middle of its nodes.
pub(super) fn route(stops: &[Stop<'_>], aside: bool) -> Route {
    let mut pieces = Vec::with_capacity(2 * stops.len());
    let mut start = stops.first().map_or((0.0, 0.0), |stop| stop.at);
    let mut tip = start;
    for (index, pair) in stops.windows(2).enumerate() {
        let up = pair[1].at.1 < pair[0].at.1;
        let leave = port(&pair[0], pair[1].at, up, aside);
        let mut arrive = port(&pair[1], pair[0].at, !up, aside);
        let last = index + 2 == stops.len();
        if index == 0 {
            start = leave.rim;
        } else {
            pieces.push(Piece::Line(leave.rim));
        }
        pieces.extend(leave.lead.map(Piece::Line));
        tip = arrive.rim;
        if last {
            arrive.rim = (tip.0 + ARROW * arrive.away.0, tip.1 + ARROW * arrive.away.1);
        }
        let from = leave.lead.unwrap_or(leave.rim);
        let to = arrive.lead.unwrap_or(arrive.rim);
        let reach = HANDLE * (to.1 - from.1).abs();
        let handle = |point: Point, away: Point| (point.0 + reach * away.0, point.1 + reach * away.1);
        pieces.push(Piece::Curve(handle(from, leave.away), handle(to, arrive.away), to));
        if arrive.lead.is_some() {
            pieces.push(Piece::Line(arrive.rim));
        }
    }
    Route { start, pieces, tip }
}

/// The port of a stop that faces `other`, on its upper side if `up`.
fn port(stop: &Stop<'_>, other: Point, up: bool, aside: bool) -> Port {
    let sign = if up { -1.0 } else { 1.0 };
    let edge = stop.row_edge(up);
    let Some(body) = stop.body else {
        return Port { rim: (stop.at.0, edge), lead: None, away: (0.0, sign) };
    };
    let rise = (other.1 - stop.at.1).abs().max(1.0);
    let lean = (((other.0 - stop.at.0) / rise).atan() * LEAN).clamp(-MAX_LEAN, MAX_LEAN);
    let shift = if aside { ASIDE } else { 0.0 };
    let rim = match body.shape {
        Shape::Circle => {
            let radius = body.width / 2.0;
            let across = (radius * lean.sin() + shift).clamp(-0.8 * radius, 0.8 * radius);
            (stop.at.0 + across, stop.at.1 + sign * (radius * radius - across * across).sqrt())
        }
        Shape::Box => {
            let across = 0.36 * body.width * lean / MAX_LEAN + shift;
            (stop.at.0 + across, stop.at.1 + sign * body.height / 2.0)
        }
    };
    let low = (edge - stop.at.1).abs() - body.height / 2.0;
    if low > SHORT {
        return Port { rim, lead: Some((rim.0, edge)), away: (0.0, sign) };
    }
    let lean = if body.shape == Shape::Circle { lean } else { lean * 0.8 };
    Port { rim, lead: None, away: (lean.sin(), sign * lean.cos()) }
}
