//! Pictures: the shape of an array and its chunks, as an SVG drawing.

use super::error::{Show, bytes};
use super::{Array, Element, UNKNOWN};
use std::fmt::Write;

/// The longest axis is drawn this long, in pixels.
const LONGEST: f64 = 260.0;
/// The shortest axis is drawn this long at least.
const SHORTEST: f64 = 26.0;
/// Between panels, and around all.
const SPACE: f64 = 18.0;
/// For the label of an axis.
const LABEL: f64 = 24.0;
/// For the two lines of the title.
const TITLE: f64 = 46.0;
/// A letter's width, of the monospaced fonts that are asked for.
const LETTER: f64 = 7.3;
/// Chunks of an axis whose borders are drawn; more would be one black area.
const MOST_LINES: usize = 60;

/// The fonts asked for, the surest last.
const FONTS: &str = "&quot;DejaVu Sans Mono&quot;,Menlo,Consolas,&quot;Liberation Mono&quot;,monospace";

impl<T: Element> Array<T> {
    /// A drawing of its shape and chunks as SVG; Dask's `to_svg`. The last two axes are the height and the width of a
    /// rectangle, those before them, two by two, of rectangles on its left. Each axis is labelled with its length and the
    /// number of its chunks. The borders of more than 60 chunks are not drawn, and short axes are drawn longer than they
    /// are.
    ///
    /// ```
    /// use partita_collections::Array;
    ///
    /// let svg = Array::<f64>::ones([1000, 600], [300, 200]).to_svg();
    /// assert!(svg.starts_with("<svg ") && svg.contains("1000 in 4 chunks") && svg.contains("600 in 3 chunks"));
    /// ```
    pub fn to_svg(&self) -> String {
        if let Err(error) = self.check() {
            return Drawing::new([format!("Array<{}>", T::DTYPE), error.to_string()]).finish();
        }
        let size = match self.nbytes() {
            UNKNOWN => "of unknown size".to_string(),
            nbytes => bytes(nbytes as u64),
        };
        let blocks = if self.npartitions() == 1 { "block" } else { "blocks" };
        let mut drawing = Drawing::new([
            format!("Array<{}> {}", T::DTYPE, Show(self.shape())),
            format!("{size} in {} {blocks} of {}", self.npartitions(), Show(&self.chunksize())),
        ]);
        let axes: Vec<Axis> = self.chunks().iter().map(|chunks| Axis::new(chunks)).collect();
        let longest = axes.iter().map(|axis| axis.length).fold(1.0, f64::max);
        // One axis alone comes first if their number is odd.
        let (alone, pairs) = axes.split_at(axes.len() % 2);
        let point = Axis::new(&[]);
        let mut panels: Vec<(Option<&Axis>, &Axis)> = alone.iter().map(|axis| (None, axis)).collect();
        panels.extend(pairs.chunks(2).map(|pair| (Some(&pair[0]), &pair[1])));
        if panels.is_empty() {
            panels.push((None, &point));
        }
        for (rows, columns) in panels {
            drawing.panel(rows, columns, longest);
        }
        drawing.finish()
    }
}

/// An axis as it is drawn.
struct Axis {
    label: String,
    /// Its length; of unknown chunks each counts as one.
    length: f64,
    /// Where chunks end, as parts of it.
    borders: Vec<f64>,
}

impl Axis {
    fn new(chunks: &[usize]) -> Self {
        let known = !chunks.contains(&UNKNOWN);
        let drawn = |&chunk: &usize| if known { chunk as f64 } else { 1.0 };
        let length: f64 = chunks.iter().map(drawn).sum();
        let ends = chunks.iter().map(drawn).scan(0.0, |end, chunk| {
            *end += chunk;
            Some(*end / length.max(1.0))
        });
        let borders =
            if chunks.len() > MOST_LINES { Vec::new() } else { ends.take(chunks.len().saturating_sub(1)).collect() };
        let shown = if known { length.to_string() } else { "?".to_string() };
        let label = match chunks.len() {
            0 => String::new(),
            1 => shown,
            count => format!("{shown} in {count} chunks"),
        };
        Axis { label, length, borders }
    }

    /// How long it is drawn, next to the longest one.
    fn drawn(&self, longest: f64) -> f64 {
        (self.length / longest * LONGEST).max(SHORTEST)
    }
}

/// A drawing in the making.
struct Drawing {
    title: [String; 2],
    body: String,
    /// How far it reaches to the right and down.
    right: f64,
    below: f64,
}

impl Drawing {
    fn new(title: [String; 2]) -> Self {
        Drawing { title, body: String::new(), right: SPACE, below: TITLE }
    }

    /// A rectangle of two axes, or a bar of one, on the right of what there is.
    fn panel(&mut self, rows: Option<&Axis>, columns: &Axis, longest: f64) {
        let left = self.right;
        let width = columns.drawn(longest);
        let height = rows.map_or(SHORTEST, |rows| rows.drawn(longest));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            self.body,
            "<rect x=\"{left:.1}\" y=\"{TITLE}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"#f6e3c1\" \
             stroke=\"#4a3b1f\" stroke-width=\"1.6\"/>"
        );
        let mut path = String::new();
        for border in &columns.borders {
            let _ = write!(path, "M{:.1} {TITLE}V{:.1}", left + border * width, TITLE + height);
        }
        for border in rows.iter().flat_map(|rows| &rows.borders) {
            let _ = write!(path, "M{left:.1} {:.1}H{:.1}", TITLE + border * height, left + width);
        }
        if !path.is_empty() {
            let _ = writeln!(self.body, "<path d=\"{path}\" fill=\"none\" stroke=\"#4a3b1f\" stroke-width=\"0.8\"/>");
        }
        let letters = |axis: &Axis| axis.label.len() as f64 * LETTER;
        // A label that would run into the one beside hangs lower.
        let beside = rows.filter(|_| letters(columns) > width).map_or(0.0, letters);
        let foot = TITLE + height.max(beside);
        let _ = writeln!(self.body, "<text x=\"{left:.1}\" y=\"{:.1}\">{}</text>", foot + 0.7 * LABEL, columns.label);
        self.right = left + width.max(letters(columns)) + SPACE;
        self.below = self.below.max(foot + LABEL);
        let Some(rows) = rows else { return };
        // Beside it, to be read from its upper end down.
        let (x, y) = (left + width + 0.4 * LABEL, TITLE);
        let turned = format!("transform=\"rotate(90 {x:.1} {y:.1})\"");
        let _ = writeln!(self.body, "<text x=\"{x:.1}\" y=\"{y:.1}\" {turned}>{}</text>", rows.label);
        self.right = self.right.max(left + width + LABEL + SPACE);
        self.below = self.below.max(TITLE + letters(rows));
    }

    /// The whole text.
    fn finish(self) -> String {
        let letters = self.title.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let width = self.right.max(letters as f64 * LETTER + 2.0 * SPACE).ceil();
        let height = self.below.ceil() + SPACE;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" font-size=\"12\" fill=\"#2b2b2b\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        );
        for (line, text) in self.title.iter().enumerate() {
            let weight = if line == 0 { " font-weight=\"bold\"" } else { "" };
            let (y, text) = (18 + 16 * line, escaped(text));
            let _ = writeln!(out, "<text x=\"{SPACE}\" y=\"{y}\"{weight}>{text}</text>");
        }
        out.push_str(&self.body);
        out.push_str("</svg>\n");
        out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
