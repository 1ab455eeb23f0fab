//! PNG: the SVG of a scene painted as pixels, with a font of our own, since servers have none.

use super::DrawError;

/// Whether this build can paint.
pub(super) fn available() -> Result<(), DrawError> {
    if cfg!(feature = "png") { Ok(()) } else { Err(DrawError::PngFeatureOff) }
}

#[cfg(feature = "png")]
pub(super) use painter::{is_too_much, paint};

/// Paints an SVG of this width and height at twice its size, up to 48 million pixels. Text is painted in one font, whatever
/// it asks for, whose letters all have one width; files that it names are not looked for.
///
/// # Errors
/// [`DrawError::PngFeatureOff`]; [`DrawError::Png`] if it is no SVG.
pub fn png_of_svg(text: &str, size: (f64, f64)) -> Result<Vec<u8>, DrawError> {
    #[cfg(feature = "png")]
    return painter::pixels(text, size, painter::fine(size));
    #[cfg(not(feature = "png"))]
    {
        let _ = (text, size);
        Err(DrawError::PngFeatureOff)
    }
}

/// No scene is too much for a build that cannot paint.
#[cfg(not(feature = "png"))]
pub(super) fn is_too_much(_scene: &super::layout::Scene) -> bool {
    false
}

/// Says that this build cannot paint.
#[cfg(not(feature = "png"))]
pub(super) fn paint(
    _sketch: &super::collapse::Sketch,
    _scene: &super::layout::Scene,
    _color: super::Color,
) -> Result<Vec<u8>, DrawError> {
    Err(DrawError::PngFeatureOff)
}

#[cfg(feature = "png")]
mod painter {
    use std::sync::Arc;

    use resvg::tiny_skia::{Pixmap, Transform};
    use resvg::usvg::{Options, Tree, fontdb};

    use super::super::body::FONT;
    use super::super::collapse::Sketch;
    use super::super::layout::{Route, Scene};
    use super::super::svg::{self, Detail};
    use super::super::{Color, DrawError};

    /// The letters of Western languages, Greek and Cyrillic, and some signs.
    const LETTERS: &[u8] = include_bytes!("../../assets/DejaVuSansMono-subset.ttf");
    /// The name of the font.
    const FAMILY: &str = "DejaVu Sans Mono";
    /// The most pixels on a side.
    const MAX_SIDE: f64 = 16_384.0;
    /// The most pixels in all: 192 MiB of memory.
    const MAX_PIXELS: f64 = 48.0 * 1024.0 * 1024.0;
    /// The most pixels along all edges together: painting them takes most of the time.
    const MAX_LENGTH: f64 = 10e6;
    /// Small pictures are painted at twice their size, for sharp letters, up to this many pixels on a side.
    const FINE_SIDE: f64 = 4096.0;
    /// A picture of more edges than this is a grey surface.
    const MAX_EDGES: usize = 20_000;
    /// A picture whose letters would be lower than this many pixels cannot be read.
    const LEAST_LETTER: f64 = 2.5;

    /// Whether a scene could not be read: its letters too small once it is scaled down to what can be painted, or its edges
    /// too many.
    pub(in super::super) fn is_too_much(scene: &Scene) -> bool {
        FONT * scale(scene) < LEAST_LETTER || scene.routes.len() > MAX_EDGES
    }

    /// Paints the scene.
    pub(in super::super) fn paint(sketch: &Sketch, scene: &Scene, color: Color) -> Result<Vec<u8>, DrawError> {
        let text = svg::write(sketch, scene, color, Detail::NoTitles);
        pixels(&text, (scene.width, scene.height), scale(scene))
    }

    /// Paints an SVG of this size, so many pixels for each unit.
    pub(super) fn pixels(text: &str, size: (f64, f64), scale: f64) -> Result<Vec<u8>, DrawError> {
        let fail = |message: String| DrawError::Png { message };
        let tree = Tree::from_str(text, &options()).map_err(|error| fail(error.to_string()))?;
        let side = |length: f64| (length.ceil() * scale).round().clamp(1.0, MAX_SIDE) as u32;
        let (width, height) = (side(size.0), side(size.1));
        let mut pixels =
            Pixmap::new(width, height).ok_or_else(|| fail(format!("no room for {width} x {height} pixels")))?;
        resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixels.as_mut());
        pixels.encode_png().map_err(|error| fail(error.to_string()))
    }

    /// Pixels for each unit of the scene.
    fn scale(scene: &Scene) -> f64 {
        let length: f64 = scene.routes.iter().map(Route::length).sum();
        fine((scene.width, scene.height)).min(MAX_LENGTH / length.max(1.0))
    }

    /// Pixels for each unit of a picture of this size.
    pub(super) fn fine((width, height): (f64, f64)) -> f64 {
        let side = width.max(height).max(1.0);
        let area = (MAX_PIXELS / (width * height).max(1.0)).sqrt();
        (FINE_SIDE / side).clamp(1.0, 2.0).min(MAX_SIDE / side).min(area)
    }

    /// Options that know one font and fetch nothing.
    fn options() -> Options<'static> {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(LETTERS.to_vec());
        fonts.set_monospace_family(FAMILY);
        Options { fontdb: Arc::new(fonts), font_family: FAMILY.to_owned(), ..Options::default() }
    }

    #[cfg(test)]
    mod tests {
        use super::super::super::testing::{chain, fan, picture};
        use super::super::super::{DrawOptions, Format, Picture, render};
        use super::*;

        fn png(picture: &Picture, collapse_above: usize) -> Pixmap {
            let options = DrawOptions { collapse_above, ..DrawOptions::default() };
            Pixmap::decode_png(&render(picture, Format::Png, &options).unwrap()).unwrap()
        }

        #[test]
        fn letters_are_painted() {
            let dark = |label: &str| {
                let pixels = png(&picture(&[label], &[]), 300);
                pixels.pixels().iter().filter(|pixel| pixel.red() < 60).count()
            };
            assert!(dark("MMM") > dark("") + 50, "{} {}", dark("MMM"), dark(""));
        }

        #[test]
        fn a_huge_picture_is_scaled_down() {
            for picture in [chain(400), fan(400)] {
                let pixels = png(&picture, usize::MAX);
                assert!(pixels.width().max(pixels.height()) <= MAX_SIDE as u32);
                assert!(pixels.width().max(pixels.height()) > MAX_SIDE as u32 - 10);
            }
        }

        #[test]
        fn a_picture_that_could_not_be_read_is_collapsed_all_the_same() {
            for picture in [chain(20_000), fan(20_000)] {
                assert!(png(&picture, usize::MAX) == png(&picture, 300));
            }
        }

        #[test]
        fn the_same_picture_gives_the_same_pixels() {
            assert!(png(&fan(10), 300) == png(&fan(10), 300));
        }
    }
}

#[cfg(all(test, not(feature = "png")))]
mod tests {
    use super::super::testing::chain;
    use super::super::{DrawError, DrawOptions, Format, render};

    #[test]
    fn without_the_feature_the_error_names_it() {
        let error = render(&chain(2), Format::Png, &DrawOptions::default()).unwrap_err();
        assert!(matches!(error, DrawError::PngFeatureOff) && error.to_string().contains("`png`"));
    }
}
