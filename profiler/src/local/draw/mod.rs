//! Charts of rows: tasks on threads, what the process and the machine used, and what was held, on one axis of time.
//!
//! A chart is an SVG by hand: no script, no font, nothing to fetch. Names come from users, and are cleaned and escaped.

mod axis;
mod cache;
mod canvas;
mod legend;
mod page;
mod resources;
mod tasks;

use super::rows::{CacheRow, ResourceRow, TaskRow};
use canvas::Canvas;
use legend::Legend;
use partita_graph::draw::{DrawError, png_of_svg, write_file};
use std::path::Path;
use std::time::Duration;

/// The width of a picture.
const WIDTH: f64 = 1280.0;
/// Where the plots begin and end.
const LEFT: f64 = 130.0;
const RIGHT: f64 = 1010.0;
/// Between one plot and the next: the labels of time, and the heading.
const GAP: f64 = 66.0;
/// Above the first plot.
const TOP: f64 = 48.0;

/// Rows to be drawn.
#[derive(Clone, Debug)]
pub enum Chart {
    /// Executions of tasks, on the threads that ran them.
    Tasks(Vec<TaskRow>),
    /// What the process and the machine used.
    Resources(Vec<ResourceRow>),
    /// Results that were held.
    Cache {
        /// The rows.
        rows: Vec<CacheRow>,
        /// What was measured; `"bytes"` are drawn as such.
        metric: String,
    },
}

/// The kind of file that charts are drawn into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartFormat {
    /// Scalable vector graphics; tooltips show keys, times and lines.
    Svg,
    /// Pixels; needs the feature `png`.
    Png,
    /// A page of one file with the SVG in it.
    Html,
}

impl ChartFormat {
    /// The format that the extension of `path` asks for; upper and lower case are the same.
    ///
    /// # Errors
    /// [`DrawError::NoChartExtension`] or [`DrawError::UnknownChartExtension`], which name the extensions there are.
    pub fn of_path(path: &Path) -> Result<Self, DrawError> {
        let Some(extension) = path.extension() else {
            return Err(DrawError::NoChartExtension { path: path.to_path_buf() });
        };
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            "html" | "htm" => Ok(Self::Html),
            other => Err(DrawError::UnknownChartExtension { extension: other.to_owned() }),
        }
    }
}

/// The plots of the charts, one below the other, and the size of the picture.
struct Drawing {
    svg: String,
    size: (f64, f64),
}

/// Draws charts as one SVG, one below the other on one axis of time.
///
/// ```
/// use partita_graph::Key;
/// use partita_profiler::local::draw::{Chart, svg};
/// use partita_profiler::local::TaskRow;
/// use std::time::Duration;
///
/// let (start, end) = (Duration::ZERO, Duration::from_millis(2));
/// let row = TaskRow { key: Key::named("inc"), line: None, start, end, worker: "w".into(), thread: 0, ok: true };
/// assert!(svg(&[Chart::Tasks(vec![row])]).starts_with("<svg"));
/// ```
pub fn svg(charts: &[Chart]) -> String {
    draw(charts).svg
}

/// Draws charts into the file `path`, in the format its extension names; whole or not at all.
///
/// # Errors
/// Before any drawing: those of [`ChartFormat::of_path`], [`DrawError::NoFolder`] and [`DrawError::IsFolder`]. Then
/// [`DrawError::PngFeatureOff`], [`DrawError::Png`] and [`DrawError::Write`].
pub fn save(charts: &[Chart], path: &Path) -> Result<(), DrawError> {
    let format = ChartFormat::of_path(path)?;
    write_file(path, || {
        let Drawing { svg, size } = draw(charts);
        match format {
            ChartFormat::Svg => Ok(svg.into_bytes()),
            ChartFormat::Png => png_of_svg(&svg, size),
            ChartFormat::Html => Ok(page::html(&svg).into_bytes()),
        }
    })
}

/// The first and the last moment that charts show.
fn span(charts: &[Chart]) -> (Duration, Duration) {
    let mut span: Option<(Duration, Duration)> = None;
    let mut see = |time: Duration| {
        let (first, last) = span.get_or_insert((time, time));
        (*first, *last) = ((*first).min(time), (*last).max(time));
    };
    for chart in charts {
        match chart {
            Chart::Tasks(rows) => rows.iter().flat_map(|row| [row.start, row.end]).for_each(&mut see),
            Chart::Resources(rows) => rows.iter().for_each(|row| see(row.time)),
            Chart::Cache { rows, .. } => {
                rows.iter().flat_map(|row| [Some(row.cache_time), row.free_time]).flatten().for_each(&mut see);
            }
        }
    }
    span.unwrap_or_default()
}

fn draw(charts: &[Chart]) -> Drawing {
    let (first, last) = span(charts);
    let legend = Legend::new(charts);
    let mut canvas = Canvas::new(first, last);
    let mut y = TOP;
    for chart in charts {
        y = match chart {
            Chart::Tasks(rows) => tasks::plot(&mut canvas, &legend, rows, y),
            Chart::Resources(rows) => resources::plot(&mut canvas, rows, y),
            Chart::Cache { rows, metric } => cache::plot(&mut canvas, &legend, rows, metric, y),
        };
    }
    if charts.is_empty() {
        canvas.heading(y, "Nothing was profiled");
    }
    let below = legend.draw(&mut canvas, TOP);
    let height = (y - GAP + 58.0).max(below + 20.0).max(90.0);
    Drawing { svg: canvas.finish(height), size: (WIDTH, height) }
}

#[cfg(test)]
mod tests;
