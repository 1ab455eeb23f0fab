//! Colours: the neutral ones, and a ramp that the eye reads as an order.

/// Colours of the viridis ramp, evenly spaced.
const RAMP: [[u8; 3]; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// The paper.
pub(super) const PAPER: &str = "#ffffff";
/// Lines, arrows, and the outlines of nodes.
pub(super) const EDGE: &str = "#7b8494";
/// The outline of a node.
pub(super) const OUTLINE: &str = "#4b5563";
/// The inside of a box.
pub(super) const BOX_FILL: &str = "#eef1f5";
/// The inside of a circle.
pub(super) const CIRCLE_FILL: &str = "#ffffff";
/// Text on the paper and in plain nodes.
pub(super) const INK: &str = "#111827";
/// Smaller remarks.
pub(super) const FAINT_INK: &str = "#4b5563";

/// The fill of a node and a colour of text that can be read on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tint {
    pub(super) fill: String,
    pub(super) ink: &'static str,
}

/// The tint at `at` of the way from the first (0) to the last (1).
pub(super) fn tint(at: f64) -> Tint {
    let place = at.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let low = (place as usize).min(RAMP.len() - 2);
    let part = place - low as f64;
    let mix = |channel: usize| {
        let (a, b) = (f64::from(RAMP[low][channel]), f64::from(RAMP[low + 1][channel]));
        (a + (b - a) * part).round() as u8
    };
    let rgb = [mix(0), mix(1), mix(2)];
    let dark = contrast(luminance(rgb), luminance([17, 24, 39]));
    let light = contrast(luminance(rgb), 1.0);
    let ink = if dark >= light { INK } else { PAPER };
    Tint { fill: format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]), ink }
}

/// The relative luminance of a colour, as web guidelines define it.
fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
}

/// The contrast of two luminances, from 1 (none) to 21.
fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_every_step() {
        for step in 0..=100 {
            let tint = tint(f64::from(step) / 100.0);
            let channel = |at: usize| u8::from_str_radix(&tint.fill[at..at + 2], 16).unwrap();
            let fill = luminance([channel(1), channel(3), channel(5)]);
            let ink = if tint.ink == PAPER { 1.0 } else { luminance([17, 24, 39]) };
            assert!(contrast(fill, ink) > 3.9, "{step}: {tint:?} {}", contrast(fill, ink));
        }
    }

    #[test]
    fn the_ends_are_dark_and_bright() {
        assert_eq!(tint(0.0), Tint { fill: "#440154".to_owned(), ink: PAPER });
        assert_eq!(tint(1.0), Tint { fill: "#fde725".to_owned(), ink: INK });
        assert_eq!(tint(7.0), tint(1.0));
    }
}
