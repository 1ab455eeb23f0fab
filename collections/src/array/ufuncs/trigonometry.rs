//! Sines and cosines of many numbers at once.
//!
//! The polynomials and the three parts of π/2 are those of fdlibm's `__kernel_sin`, `__kernel_cos` and
//! `__ieee754_rem_pio2` (Sun Microsystems, 1993), without branches, so that the compiler works on several numbers side by
//! side. Errors are below 1 unit in the last place; numbers above a million go through the standard library.

use multiversion::multiversion;

/// Up to here the three parts of π/2 are exact enough.
const LIMIT: f64 = 1e6;

const SINE: [f64; 6] = [
    -1.666_666_666_666_663_2e-1,
    8.333_333_333_322_49e-3,
    -1.984_126_982_985_795e-4,
    2.755_731_370_707_006_8e-6,
    -2.505_076_025_340_686_3e-8,
    1.589_690_995_211_55e-10,
];
const COSINE: [f64; 6] = [
    4.166_666_666_666_66e-2,
    -1.388_888_888_887_411e-3,
    2.480_158_728_947_673e-5,
    -2.755_731_435_139_066_3e-7,
    2.087_572_321_298_175e-9,
    -1.135_964_755_778_819_5e-11,
];
/// π/2 in three parts; products of the first two with whole numbers up to 2²⁰ are exact.
const HALF_PI: [f64; 3] = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
/// Adding it rounds to a whole number, which stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
fn polynomial(z: f64, factors: &[f64; 6]) -> f64 {
    factors.iter().rev().fold(0.0, |sum, factor| sum * z + factor)
}

/// The sine of `x`, or its cosine if `turns` is 1.
#[inline(always)]
fn sine(x: f64, turns: u64) -> f64 {
    let rounded = x * std::f64::consts::FRAC_2_PI + ROUND;
    let quarter = rounded.to_bits().wrapping_add(turns);
    let k = rounded - ROUND;
    // The rest, and what rounding takes from it.
    let (near, far) = (x - k * HALF_PI[0], k * HALF_PI[1]);
    let first = near - far;
    let back = first - near;
    let lost = (near - (first - back)) - (far + back);
    let last = k * HALF_PI[2];
    let r = first - last;
    let tail = ((first - r) - last) + lost;
    let z = r * r;
    let half = 0.5 * z;
    // Of -0 the sine is -0.
    let sine = if r == 0.0 { r } else { r + (r * z * polynomial(z, &SINE) + tail * (1.0 - half)) };
    let rest = 1.0 - half;
    let cosine = rest + (((1.0 - rest) - half) + (z * z * polynomial(z, &COSINE) - r * tail));
    let value = if quarter & 1 == 0 { sine } else { cosine };
    f64::from_bits(value.to_bits() ^ (quarter & 2) << 62)
}

#[multiversion(targets("x86_64+avx512f+avx512dq", "x86_64+avx2"))]
fn fill(tile: &[f64], turns: u64, out: &mut [f64]) {
    for (out, &x) in out.iter_mut().zip(tile) {
        *out = sine(x, turns);
    }
}

fn all(tile: &[f64], turns: u64, out: &mut Vec<f64>) {
    let start = out.len();
    out.resize(start + tile.len(), 0.0);
    fill(tile, turns, &mut out[start..]);
}

/// Whether all numbers are within the limit, by a maximum that NaN does not pass.
fn near(tile: &[f64]) -> bool {
    tile.iter().fold(true, |near, x| near & (x.abs() <= LIMIT))
}

/// The sines of a tile.
pub(super) fn sines(tile: &[f64], out: &mut Vec<f64>) {
    match near(tile) {
        true => all(tile, 0, out),
        false => out.extend(tile.iter().map(|x| x.sin())),
    }
}

/// The cosines of a tile.
pub(super) fn cosines(tile: &[f64], out: &mut Vec<f64>) {
    match near(tile) {
        true => all(tile, 1, out),
        false => out.extend(tile.iter().map(|x| x.cos())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far apart two numbers are, in units of the last place of the second.
    fn ulps(found: f64, expected: f64) -> f64 {
        let unit = f64::from_bits(expected.abs().max(f64::MIN_POSITIVE).to_bits() + 1) - expected.abs();
        (found - expected).abs() / unit
    }

    #[test]
    fn they_are_those_of_the_standard_library_but_for_the_last_place() {
        let mut some: Vec<f64> = (-200_000..200_000).map(|i| f64::from(i) * 0.000_37).collect();
        some.extend((-20_000..20_000).map(|i| f64::from(i) * 49.999_37));
        // The hardest ones stand next to multiples of π/2.
        some.extend((1..50_000).flat_map(|k| {
            let x = f64::from(k) * std::f64::consts::FRAC_PI_2;
            [x, f64::from_bits(x.to_bits() + 1), -f64::from_bits(x.to_bits() - 1)]
        }));
        some.extend([0.0, 1e-300, -1e-20, 1e6, -1e6]);
        let (mut sine, mut cosine) = (Vec::new(), Vec::new());
        for tile in some.chunks(1000) {
            sines(tile, &mut sine);
            cosines(tile, &mut cosine);
        }
        for ((&x, &s), &c) in some.iter().zip(&sine).zip(&cosine) {
            assert!(ulps(s, x.sin()) <= 1.0, "sin({x:e}) = {:e}, not {s:e}", x.sin());
            assert!(ulps(c, x.cos()) <= 1.0, "cos({x:e}) = {:e}, not {c:e}", x.cos());
        }
    }

    #[test]
    fn large_numbers_and_no_numbers_go_through_the_standard_library() {
        let mut out = Vec::new();
        sines(&[1e7, f64::INFINITY, f64::NAN, -0.0], &mut out);
        assert!(out[0] == 1e7f64.sin() && out[1].is_nan() && out[2].is_nan() && out[3].is_sign_negative());
    }
}
