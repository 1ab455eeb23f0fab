//! The legend: each group of tasks has one colour in all charts of a picture.

use super::canvas::{Anchor, Canvas};
use super::{Chart, RIGHT};
use partita_graph::Key;
use partita_graph::draw::thousands;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Colours that differ from each other on a light ground, also for most who see fewer of them.
const COLOURS: [&str; 14] = [
    "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#edc948", "#76b7b2", "#9c755f", "#ff9da7", "#333f50",
    "#a5cf5a", "#6a3d9a", "#00a3c4", "#c51b7d",
];
/// The colour of all groups beyond.
const OTHERS: &str = "#b8bec9";
/// The outline of tasks that failed.
pub(super) const FAILED: &str = "#b00020";
/// Columns of a name.
const COLUMNS: usize = 26;

/// Which group has which colour.
pub(super) struct Legend {
    /// The groups with a colour, those that took most first, and how many tasks each has.
    shown: Vec<(String, usize)>,
    places: HashMap<String, usize>,
    /// How many groups share the last colour.
    others: usize,
    failed: usize,
}

impl Legend {
    /// The colours of the groups in charts: first those whose tasks took most time.
    pub(super) fn new(charts: &[Chart]) -> Self {
        let mut groups: BTreeMap<&str, (Duration, usize, usize)> = BTreeMap::new();
        let mut failed = 0;
        for chart in charts {
            match chart {
                Chart::Tasks(rows) => rows.iter().for_each(|row| {
                    let (time, ran, _) = groups.entry(row.key.name().as_str()).or_default();
                    (*time, *ran) = (*time + row.duration(), *ran + 1);
                    failed += usize::from(!row.ok);
                }),
                Chart::Cache { rows, .. } => rows.iter().for_each(|row| {
                    groups.entry(row.key.name().as_str()).or_default().2 += 1;
                }),
                Chart::Resources(_) => {}
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(name, (time, ran, held))| (std::cmp::Reverse((*time, *ran, *held)), *name));
        let count = |(_, ran, held): (Duration, usize, usize)| if ran > 0 { ran } else { held };
        let shown: Vec<(String, usize)> =
            groups.iter().take(COLOURS.len()).map(|(name, facts)| (name.to_string(), count(*facts))).collect();
        let places = groups.iter().enumerate().map(|(at, (name, _))| (name.to_string(), at.min(shown.len()))).collect();
        Legend { others: groups.len() - shown.len(), shown, places, failed }
    }

    /// How many colours there are.
    pub(super) fn len(&self) -> usize {
        self.shown.len() + usize::from(self.others > 0)
    }

    /// Which colour the tasks of a key's group have.
    pub(super) fn place(&self, key: &Key) -> usize {
        self.places.get(key.name().as_str()).copied().unwrap_or(self.shown.len())
    }

    /// A colour.
    pub(super) fn colour(&self, place: usize) -> &'static str {
        if place < self.shown.len() { COLOURS[place] } else { OTHERS }
    }

    /// The name of the groups of a colour.
    pub(super) fn name(&self, place: usize) -> String {
        self.shown.get(place).map_or_else(|| format!("{} more groups", self.others), |(name, _)| name.clone())
    }

    /// Draws it beside the plots; gives where it ends.
    pub(super) fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        if self.shown.is_empty() {
            return top;
        }
        let x = RIGHT + 24.0;
        canvas.text((x, top - 12.0), 12.0, Anchor::Start, true, "group × tasks");
        let mut y = top + 6.0;
        for place in 0..self.len() {
            let colour = self.colour(place);
            canvas.put(format_args!(
                "<rect class=\"legend\" x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{colour}\"/>\n",
                y - 6.0
            ));
            let count = self.shown.get(place).map(|(_, count)| format!(" × {}", thousands(*count as u64)));
            let count = count.unwrap_or_default();
            let room = COLUMNS.saturating_sub(count.chars().count()).max(8);
            let name = partita_graph::draw::elide(&partita_graph::draw::clean(&self.name(place)), room);
            canvas.text((x + 20.0, y + 4.0), 12.0, Anchor::Start, false, &format!("{name}{count}"));
            y += 20.0;
        }
        if self.failed > 0 {
            canvas.put(format_args!(
                "<rect class=\"legend\" x=\"{x:.1}\" y=\"{:.1}\" width=\"11\" height=\"11\" rx=\"2\" fill=\"#ffffff\" \
                 stroke=\"{FAILED}\" stroke-width=\"2\"/>\n",
                y - 5.5
            ));
            let text = format!("failed × {}", thousands(self.failed as u64));
            canvas.text((x + 20.0, y + 4.0), 12.0, Anchor::Start, false, &text);
            y += 20.0;
        }
        y
    }
}
