//! Philox: random numbers made of a counter, so that any of them can be made alone.
//!
//! Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Ten rounds of
//! multiplications turn a counter of 128 bits and a key of 64 bits into 128 random bits.

use multiversion::multiversion;
use rand::rand_core::TryRng;
use std::convert::Infallible;

const LOW: u64 = 0xffff_ffff;
const MULTIPLIERS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;

/// Counters that are worked on side by side.
const LANES: usize = 16;

/// The keys of all rounds.
fn schedule(key: u64) -> [[u64; 2]; ROUNDS] {
    let (mut low, mut high) = (key as u32, (key >> 32) as u32);
    std::array::from_fn(|_| {
        let now = [u64::from(low), u64::from(high)];
        (low, high) = (low.wrapping_add(WEYL[0]), high.wrapping_add(WEYL[1]));
        now
    })
}

/// The random bits of counters `first, first + 1, …`, whose upper 64 bits are `upper`.
#[inline(always)]
fn lanes<const N: usize>(keys: &[[u64; 2]; ROUNDS], upper: u64, first: u64, out: &mut [[u64; 2]; N]) {
    let mut a: [u64; N] = std::array::from_fn(|lane| first.wrapping_add(lane as u64) & LOW);
    let mut b: [u64; N] = std::array::from_fn(|lane| first.wrapping_add(lane as u64) >> 32);
    let (mut c, mut d) = ([upper & LOW; N], [upper >> 32; N]);
    for key in keys {
        for lane in 0..N {
            let (one, two) = ((a[lane] & LOW) * MULTIPLIERS[0], (c[lane] & LOW) * MULTIPLIERS[1]);
            a[lane] = (two >> 32) ^ b[lane] ^ key[0];
            b[lane] = two & LOW;
            c[lane] = (one >> 32) ^ d[lane] ^ key[1];
            d[lane] = one & LOW;
        }
    }
    for lane in 0..N {
        out[lane] = [a[lane] | b[lane] << 32, c[lane] | d[lane] << 32];
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq", "x86_64+avx2"))]
fn fill(keys: &[[u64; 2]; ROUNDS], upper: u64, first: u64, out: &mut [[u64; 2]]) {
    let (groups, rest) = out.as_chunks_mut::<LANES>();
    let mut next = first;
    for group in groups {
        lanes(keys, upper, next, group);
        next = next.wrapping_add(LANES as u64);
    }
    for pair in rest {
        lanes(keys, upper, next, std::array::from_mut(pair));
        next = next.wrapping_add(1);
    }
}

/// A stream of random numbers for the elements of one array: each element, by its number in C order, has a sequence of
/// its own. Different seeds, streams, elements and draws are different counters or keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams {
    keys: [[u64; 2]; ROUNDS],
    stream: u64,
}

partita_graph::travels!(Streams { keys, stream });

impl Streams {
    /// The streams of array number `stream` of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        // Beyond 2³² arrays of one seed the key changes too.
        let key = seed ^ (stream >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Streams { keys: schedule(key), stream: stream & LOW }
    }

    /// The first draw of each of `len` elements from element `first` on, in `scratch`.
    pub(crate) fn firsts<'a>(&self, first: u64, len: usize, scratch: &'a mut Vec<[u64; 2]>) -> &'a [u64] {
        let skip = (first % 2) as usize;
        scratch.clear();
        scratch.resize((skip + len).div_ceil(2), [0; 2]);
        fill(&self.keys, self.stream, first / 2, scratch);
        &scratch.as_flattened()[skip..skip + len]
    }

    /// The sequence of one element whose first draw is known.
    pub(crate) fn element(&self, number: u64, first: u64) -> Sequence<'_> {
        Sequence { streams: self, number, draw: 0, spare: [0, first] }
    }
}

/// The random numbers of one element: the first is made along with those of its neighbours, two more at a time when
/// they are drawn.
pub(crate) struct Sequence<'a> {
    streams: &'a Streams,
    number: u64,
    draw: u64,
    spare: [u64; 2],
}

impl TryRng for Sequence<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.draw += 1;
        if self.draw > 1 && self.draw.is_multiple_of(2) {
            let mut pair = [[0; 2]];
            let upper = self.streams.stream | (self.draw / 2) << 32;
            lanes(&self.streams.keys, upper, self.number, &mut pair);
            [self.spare] = pair;
            return Ok(self.spare[0]);
        }
        Ok(self.spare[1])
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for piece in bytes.chunks_mut(8) {
            let next = self.try_next_u64()?.to_le_bytes();
            piece.copy_from_slice(&next[..piece.len()]);
        }
        Ok(())
    }
}

/// A number in [0, 1) with 53 random bits.
#[inline]
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// As [`unit`], of many, stretched to [low, low + span).
#[multiversion(targets("x86_64+avx512f+avx512dq", "x86_64+avx2"))]
fn fill_units(bits: &[u64], low: f64, span: f64, out: &mut [f64]) {
    for (out, &bits) in out.iter_mut().zip(bits) {
        *out = low + span * unit(bits);
    }
}

/// Appends numbers in [low, low + span).
pub(crate) fn units(bits: &[u64], low: f64, span: f64, out: &mut Vec<f64>) {
    let start = out.len();
    out.resize(start + bits.len(), 0.0);
    fill_units(bits, low, span, &mut out[start..]);
}

/// A number in (0, 1) with 52 random bits.
#[inline]
pub(crate) fn open(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    fn words(pair: [u64; 2]) -> [u32; 4] {
        [pair[0] as u32, (pair[0] >> 32) as u32, pair[1] as u32, (pair[1] >> 32) as u32]
    }

    #[test]
    fn known_answers_of_the_authors() {
        let bits = |key: u64, upper: u64, first: u64| {
            let mut out = [[0; 2]];
            fill(&schedule(key), upper, first, &mut out);
            words(out[0])
        };
        assert_eq!(bits(0, 0, 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(bits(u64::MAX, u64::MAX, u64::MAX), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = bits(0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88);
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn any_part_of_a_stream_is_the_same_as_in_the_whole() {
        let streams = Streams::new(7, 3);
        let (mut scratch, mut other) = (Vec::new(), Vec::new());
        let all = streams.firsts(0, 200, &mut scratch);
        for (first, len) in [(0, 1), (1, 1), (1, 198), (64, 3), (33, 100), (199, 1)] {
            assert_eq!(streams.firsts(first as u64, len, &mut other), &all[first..first + len]);
        }
    }

    #[test]
    fn elements_draws_streams_and_seeds_differ() {
        let mut seen = std::collections::HashSet::new();
        for (seed, stream) in [(1, 0), (1, 1), (2, 0), (1, 1 << 32)] {
            let streams = Streams::new(seed, stream);
            let mut scratch = Vec::new();
            for (number, &first) in streams.firsts(0, 50, &mut scratch).iter().enumerate() {
                let mut sequence = streams.element(number as u64, first);
                assert_eq!(sequence.next_u64(), first);
                assert!(seen.insert(first));
                (0..9).for_each(|_| assert!(seen.insert(sequence.next_u64())));
            }
        }
        assert_eq!(seen.len(), 4 * 50 * 10);
    }
}
