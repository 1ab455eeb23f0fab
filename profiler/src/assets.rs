//! What pages are made of: the style sheet, our modules, and the library for charts. All of it is in the program.

/// A module of ours: its name, and its text. None imports anything but others of these, by `./name`.
pub struct Module {
    /// The name of the file.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! modules {
    ($($name:literal),*) => {
        &[$(Module { name: $name, text: include_str!(concat!("../assets/", $name)) }),*]
    };
}

/// The modules that pages share; each comes after those that it imports.
pub const MODULES: &[Module] =
    modules!["format.js", "tables.js", "charts.js", "matrix.js", "stream.js", "flame.js", "layers.js", "graph.js"];

/// The style sheet.
pub const STYLE: &str = include_str!("../assets/partita.css");

/// uPlot 1.6.32, the library for charts: a plain script that makes the global `uPlot`.
pub const UPLOT: &str = include_str!("../assets/uplot/uPlot.iife.min.js");

/// The style sheet of uPlot.
pub const UPLOT_STYLE: &str = include_str!("../assets/uplot/uPlot.min.css");

/// The licence of uPlot, which goes with every copy.
pub const UPLOT_LICENCE: &str = include_str!("../assets/uplot/LICENSE");
