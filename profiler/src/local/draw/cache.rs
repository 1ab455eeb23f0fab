//! The plot of the cache: what was held, by group, one above the other.

use super::GAP;
use super::axis::{Unit, of_bytes};
use super::canvas::Canvas;
use super::legend::Legend;
use crate::local::CacheRow;
use partita_graph::draw::{clean, escape_xml, thousands};
use std::fmt::Write;
use std::time::Duration;

/// The height of the plot.
const HEIGHT: f64 = 170.0;
/// Moments that can be told apart.
const MOMENTS: usize = 1760;

/// Draws the plot, and gives where the next one begins.
pub(super) fn plot(canvas: &mut Canvas, legend: &Legend, rows: &[CacheRow], metric: &str, top: f64) -> f64 {
    let mut moments = steps(rows, legend);
    // What is still held is so until the end of the picture.
    moments.extend(moments.last().map(|(time, held)| (canvas.last().max(*time), held.clone())));
    let total = |held: &[f64]| held.iter().sum::<f64>();
    let most = moments.iter().map(|(_, held)| total(held)).fold(0.0, f64::max);
    let mut name = String::new();
    escape_xml(&mut name, &clean(metric));
    let count = thousands(rows.len() as u64);
    let heading = match (rows.is_empty(), metric) {
        (true, _) => "Cache: nothing was held".to_string(),
        (_, "bytes") => format!("Cache: bytes of {count} results while they were held"),
        _ => format!("Cache: {name} of {count} results while they were held"),
    };
    canvas.heading(top, &heading);
    canvas.ground(top, HEIGHT);
    let unit = if metric == "bytes" { of_bytes(most) } else { Unit { size: 1.0, sign: "" } };
    let highest = canvas.scale(top, HEIGHT, most, unit);
    let y = |value: f64| top + HEIGHT * (1.0 - (value / highest).clamp(0.0, 1.0));
    for place in 0..legend.len() {
        let mut path = String::new();
        // Of each stretch in which it held something: along its upper edge, and back along its lower one.
        let stretches: Vec<_> = moments.windows(2).map(|pair| (&pair[0], pair[1].0)).collect();
        for stretch in stretches.chunk_by(|a, b| (a.0.1[place] > 0.0) == (b.0.1[place] > 0.0)) {
            if stretch[0].0.1[place] <= 0.0 {
                continue;
            }
            let mut back = Vec::with_capacity(stretch.len());
            let mut letter = 'M';
            for ((from, held), to) in stretch.iter().map(|(moment, to)| (*moment, *to)) {
                let below = total(&held[..place]);
                let (low, high) = (y(below), y(below + held[place]));
                let (from, to) = (canvas.x(*from), canvas.x(to));
                // Writing into a text never fails.
                let _ = write!(path, "{letter}{from:.1} {high:.1}H{to:.1}");
                back.push((from, to, low));
                letter = 'L';
            }
            for (from, to, low) in back.into_iter().rev() {
                let _ = write!(path, "L{to:.1} {low:.1}H{from:.1}");
            }
            path.push('Z');
        }
        if !path.is_empty() {
            let colour = legend.colour(place);
            canvas.put(format_args!(
                "<path class=\"held\" d=\"{path}\" fill=\"{colour}\" stroke=\"{colour}\" stroke-width=\"0.7\">"
            ));
            canvas.title(&legend.name(place));
            canvas.put(format_args!("</path>\n"));
        }
    }
    top + HEIGHT + GAP
}

/// What each group held from each moment on, the last one until the end.
fn steps(rows: &[CacheRow], legend: &Legend) -> Vec<(Duration, Vec<f64>)> {
    let mut changes: Vec<(Duration, usize, f64)> = Vec::with_capacity(rows.len() * 2);
    for row in rows {
        let metric = if row.metric.is_finite() { row.metric.max(0.0) } else { 0.0 };
        let place = legend.place(&row.key);
        changes.push((row.cache_time, place, metric));
        changes.extend(row.free_time.map(|free| (free, place, -metric)));
    }
    changes.sort_by_key(|(time, place, metric)| (*time, *metric < 0.0, *place));
    let mut held = vec![0.0; legend.len()];
    let mut moments: Vec<(Duration, Vec<f64>)> = Vec::new();
    let (first, last) = match (changes.first(), changes.last()) {
        (Some(first), Some(last)) => (first.0, last.0),
        _ => return moments,
    };
    let grain = last.saturating_sub(first) / MOMENTS as u32;
    // Of changes within one grain of time the highest sum is shown, and then what is left at its end.
    for stretch in changes.chunk_by(|a, b| grain_of(a.0, first, grain) == grain_of(b.0, first, grain)) {
        let mut peak: Option<(f64, Vec<f64>)> = None;
        for (_, place, metric) in stretch {
            if let Some(sum) = held.get_mut(*place) {
                *sum = f64::max(0.0, *sum + metric);
            }
            let sum = held.iter().sum();
            if peak.as_ref().is_none_or(|(most, _)| sum > *most) {
                peak = Some((sum, held.clone()));
            }
        }
        if let (Some((_, peak)), [from, .., to]) = (peak, stretch) {
            moments.push((from.0, peak));
            moments.push((to.0, held.clone()));
        } else {
            moments.push((stretch[0].0, held.clone()));
        }
    }
    moments
}

fn grain_of(time: Duration, first: Duration, grain: Duration) -> u128 {
    let since = time.saturating_sub(first).as_nanos();
    since.checked_div(grain.as_nanos()).unwrap_or(since)
}
