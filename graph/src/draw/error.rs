//! What can go wrong when a picture is drawn or saved.

use std::io;
use std::path::PathBuf;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The path has no extension, so the format is not known.
    #[error("cannot tell the format of `{}`: give it an extension, .svg, .png or .dot", path.display())]
    NoExtension {
        /// The path as given.
        path: PathBuf,
    },
    /// The extension belongs to no format that can be drawn.
    #[error("cannot draw a `.{extension}` file: the extension must be .svg, .png or .dot")]
    UnknownExtension {
        /// The extension, in lower case and without its dot.
        extension: String,
    },
    /// The path of a chart has no extension, so the format is not known.
    #[error("cannot tell the format of `{}`: give it an extension, .svg, .png or .html", path.display())]
    NoChartExtension {
        /// The path as given.
        path: PathBuf,
    },
    /// The extension belongs to no format that a chart can be drawn in.
    #[error("cannot draw a chart as a `.{extension}` file: the extension must be .svg, .png or .html")]
    UnknownChartExtension {
        /// The extension, in lower case and without its dot.
        extension: String,
    },
    /// The folder that the file should go to does not exist.
    #[error("there is no folder `{}` to save the picture in: make it first", folder.display())]
    NoFolder {
        /// The missing folder.
        folder: PathBuf,
    },
    /// The path is a folder.
    #[error("`{}` is a folder: a picture needs the path of a file", path.display())]
    IsFolder {
        /// The path as given.
        path: PathBuf,
    },
    /// The file could not be written; nothing of it is left.
    #[error("cannot write the picture to `{}`: {source}", path.display())]
    Write {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An edge names a node that the picture does not have.
    #[error("the edge {from} -> {to} names a node that is not there: the picture has {nodes} nodes")]
    UnknownNode {
        /// Where the edge starts.
        from: u32,
        /// Where the edge ends.
        to: u32,
        /// How many nodes there are.
        nodes: usize,
    },
    /// PNG was asked for, and this build cannot paint it.
    #[error("this build cannot draw PNG: turn on the feature `png`, or choose another extension, .svg for example")]
    PngFeatureOff,
    /// The PNG could not be painted.
    #[error("cannot paint the picture as PNG: {message}")]
    Png {
        /// What the painter said.
        message: String,
    },
}
