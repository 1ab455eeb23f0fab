//! Pictures of arrays: what is drawn, for any shape.

use partita_collections::Array;
use partita_collections::array::{Chunks, Cut};

fn svg(shape: &[usize], chunks: &[usize]) -> String {
    Array::<f64>::zeros(shape, chunks.iter().map(|&n| Cut::Each(n)).collect::<Vec<Cut>>()).to_svg()
}

/// How many borders of chunks are drawn.
fn borders(svg: &str) -> usize {
    svg.lines().filter(|line| line.starts_with("<path")).map(|line| line.matches('M').count()).sum()
}

#[test]
fn axes_are_labelled_and_chunks_are_drawn() {
    let two = svg(&[1000, 600], &[300, 200]);
    assert!(two.contains("Array&lt;float64&gt; (1000, 600)"), "{two}");
    assert!(two.contains("4.6 MiB in 12 blocks of (300, 200)"), "{two}");
    assert!(two.contains(">1000 in 4 chunks<") && two.contains(">600 in 3 chunks<"), "{two}");
    assert_eq!(borders(&two), 3 + 2);
    // The first border of rows stands at three tenths of 260 pixels below the title's 46.
    assert!(two.contains("M18.0 124.0H174.0"), "{two}");
    let three = svg(&[4, 6, 5], &[2, 2, 5]);
    assert_eq!((borders(&three), three.matches("<rect x").count()), (1 + 2, 2));
    assert_eq!(borders(&svg(&[1000, 3], &[1, 1])), 2, "too many to be drawn");
}

#[test]
fn every_shape_has_a_picture() {
    for shape in [&[][..], &[0], &[7], &[0, 3], &[1, 1, 1], &[1_000_000, 1], &[3; 7]] {
        let svg = svg(shape, &vec![2; shape.len()]);
        let numbers = svg.split(['"', ' ', 'M', 'H', 'V']).filter_map(|word| word.parse::<f64>().ok());
        assert!(numbers.clone().count() > 8 && numbers.clone().all(f64::is_finite), "{svg}");
        let panels = shape.len().div_ceil(2).max(1);
        assert_eq!(svg.matches("<rect x").count(), panels, "{svg}");
    }
    let wrong = (&Array::<f64>::ones(3, 1) + &Array::ones(4, 1)).to_svg();
    assert!(wrong.contains("cannot pair shapes (3,) and (4,)") && wrong.ends_with("</svg>\n"), "{wrong}");
    let one = Array::<u8>::zeros(3, Chunks::whole()).to_svg();
    assert!(one.contains("3 B in 1 block of (3,)") && one.contains(">3</text>"), "{one}");
}
