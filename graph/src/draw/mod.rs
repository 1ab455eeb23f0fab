//! Drawing: a task graph as an SVG, PNG or DOT picture, with nothing to install.
//!
//! A [`Picture`] is plain data: nodes (circles are functions, boxes are data) and edges along which data flows, from the
//! bottom of the page to its top, as Dask draws. [`render`] turns it into bytes and [`save()`] into a file. A picture of more
//! nodes than [`DrawOptions::collapse_above`] is drawn by group instead (`inc × 1000`), and one of too many groups by level,
//! so a graph of a million tasks still gives a page that can be read.
//!
//! The same picture and options always give the same bytes. Labels come from users: whatever they hold is cleaned of control
//! characters and escaped before it reaches a file.
//!
//! The way of a picture: `collapse` makes a sketch, `body` measures its texts, `layout` gives everything its place,
//! and `svg` writes it down; `png` paints that SVG, and `dot` needs only the sketch.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod body;
mod collapse;
mod dot;
mod error;
mod layout;
mod levels;
mod png;
mod ramp;
mod save;
mod svg;
#[cfg(test)]
mod testing;
mod text;

pub use error::DrawError;
pub use png::png_of_svg;
pub use save::{save, write_file};
pub use text::{clean, clean_lines, elide, escape_xml, thousands};

use std::path::Path;

/// The number of nodes up to which a picture shows every node, unless told otherwise.
const COLLAPSE_ABOVE: usize = 300;

/// The outline of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Data: the result of a task, under its key.
    Box,
    /// A function that is called.
    Circle,
}

/// One node of a [`Picture`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What is written inside; long labels are wrapped and shortened in the middle.
    pub label: String,
    /// The outline.
    pub shape: Shape,
    /// The tooltip: the full key and its source line. The label stands in for an empty one.
    pub title: String,
    /// The layer or prefix this node belongs to, as an index into [`Picture::groups`].
    pub group: u32,
    /// The place in the static order, if it is known.
    pub rank: Option<u32>,
}

/// What to draw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The nodes; edges name them by their index here.
    pub nodes: Vec<Node>,
    /// The edges, `(from, to)`: data flows from `from` to `to`.
    pub edges: Vec<(u32, u32)>,
    /// The names of the groups.
    pub groups: Vec<String>,
}

/// What colours mean in a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// Nothing: quiet neutral colours.
    #[default]
    None,
    /// The static order: a ramp from dark (first) to bright (last), with the rank written in the node.
    Order,
}

/// How to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawOptions {
    /// What colours mean.
    pub color: Color,
    /// Above this number of nodes, or thirty times as many edges, the nodes of one group are drawn as one. A PNG that could
    /// not be read, because its letters would be too small or its edges too many, is drawn that way whatever this says.
    pub collapse_above: usize,
}

impl Default for DrawOptions {
    fn default() -> Self {
        Self { color: Color::None, collapse_above: COLLAPSE_ABOVE }
    }
}

/// The kind of file to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Scalable vector graphics, for a browser; tooltips show the full keys.
    Svg,
    /// Pixels; needs the feature `png`.
    Png,
    /// The text language of Graphviz.
    Dot,
}

impl Format {
    /// The format that the extension of `path` asks for; upper and lower case are the same.
    ///
    /// # Errors
    /// [`DrawError::NoExtension`] or [`DrawError::UnknownExtension`], which name the extensions there are.
    pub fn of_path(path: &Path) -> Result<Self, DrawError> {
        let Some(extension) = path.extension() else {
            return Err(DrawError::NoExtension { path: path.to_path_buf() });
        };
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            "dot" | "gv" => Ok(Self::Dot),
            other => Err(DrawError::UnknownExtension { extension: other.to_owned() }),
        }
    }
}

/// Draws `picture` and returns the bytes of the file.
///
/// # Errors
/// [`DrawError::UnknownNode`] for an edge that names no node; for [`Format::Png`] also [`DrawError::PngFeatureOff`] and
/// [`DrawError::Png`].
pub fn render(picture: &Picture, format: Format, options: &DrawOptions) -> Result<Vec<u8>, DrawError> {
    if format == Format::Png {
        png::available()?;
    }
    let sketch = collapse::sketch(picture, options)?;
    match format {
        Format::Dot => Ok(dot::write(&sketch, options.color).into_bytes()),
        Format::Svg => {
            let scene = layout::Scene::new(&sketch, options.color);
            Ok(svg::write(&sketch, &scene, options.color, svg::Detail::Full).into_bytes())
        }
        Format::Png => {
            let scene = layout::Scene::new(&sketch, options.color);
            if png::is_too_much(&scene) && options.collapse_above > COLLAPSE_ABOVE {
                let smaller = DrawOptions { collapse_above: COLLAPSE_ABOVE, ..options.clone() };
                return render(picture, format, &smaller);
            }
            png::paint(&sketch, &scene, options.color)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{chain, fan, small_stack};
    use super::*;

    #[test]
    fn extensions_name_formats() {
        let table = [("a.svg", Format::Svg), ("a.PNG", Format::Png), ("x/y.b.dot", Format::Dot), ("a.gv", Format::Dot)];
        for (path, format) in table {
            assert_eq!(Format::of_path(Path::new(path)).unwrap(), format, "{path}");
        }
        for (path, words) in [("a.gif", "`.gif`"), ("noext", "noext"), (".svg", ".svg"), ("a.svg.zst", "`.zst`")] {
            let text = Format::of_path(Path::new(path)).unwrap_err().to_string();
            assert!(text.contains(words) && text.contains(".svg, .png or .dot"), "{path}: {text}");
        }
    }

    #[test]
    fn the_same_picture_gives_the_same_bytes() {
        let picture = testing::layered(6, 20, 3);
        for format in [Format::Svg, Format::Dot] {
            for color in [Color::None, Color::Order] {
                let options = DrawOptions { color, collapse_above: 1000 };
                assert_eq!(render(&picture, format, &options).unwrap(), render(&picture, format, &options).unwrap());
            }
        }
    }

    #[test]
    fn an_empty_picture_is_a_picture() {
        for format in [Format::Svg, Format::Dot] {
            assert!(!render(&Picture::default(), format, &DrawOptions::default()).unwrap().is_empty());
        }
    }

    #[test]
    fn an_edge_to_nowhere_is_an_error() {
        let mut picture = chain(2);
        picture.edges.push((0, 2));
        let error = render(&picture, Format::Svg, &DrawOptions::default()).unwrap_err();
        assert!(matches!(error, DrawError::UnknownNode { from: 0, to: 2, nodes: 2 }), "{error}");
    }

    #[test]
    fn a_long_chain_and_a_wide_fan_fit_a_small_stack() {
        small_stack(|| {
            for picture in [chain(100_000), fan(100_000)] {
                for collapse_above in [300, usize::MAX] {
                    let options = DrawOptions { collapse_above, ..DrawOptions::default() };
                    for format in [Format::Svg, Format::Dot] {
                        assert!(!render(&picture, format, &options).unwrap().is_empty());
                    }
                }
            }
        });
    }
}
