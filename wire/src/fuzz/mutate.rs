//! Wrong inputs made of right ones.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// Bytes of an input at the most.
const INPUT_BYTES: usize = 16 << 10;
/// Changes of one input at the most.
const CHANGES: usize = 8;
/// Numbers at which programs err.
const NUMBERS: [u64; 12] =
    [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 4 << 10, 64 << 20, u32::MAX as u64, 1 << 32, 1 << 63, u64::MAX];
/// First bytes of what msgpack has of long things: strings, bytes, extensions, lists, maps.
const MARKERS: [u8; 12] = [0xc0, 0xc1, 0xc4, 0xc6, 0xc9, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x91];

/// Makes inputs from a corpus.
pub(super) struct Mutator {
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    pub(super) fn new(corpus: Vec<Vec<u8>>) -> Self {
        Mutator { corpus }
    }

    /// An input: one of the corpus, changed in a few places; sometimes left as it is.
    pub(super) fn input(&self, random: &mut Pcg64Mcg) -> Vec<u8> {
        let mut input = self.pick(random).to_vec();
        for _ in 0..random.random_range(0..=CHANGES) {
            self.change(&mut input, random);
        }
        input.truncate(INPUT_BYTES);
        input
    }

    fn pick(&self, random: &mut Pcg64Mcg) -> &[u8] {
        match self.corpus.len() {
            0 => &[],
            length => &self.corpus[random.random_range(0..length)],
        }
    }

    fn change(&self, input: &mut Vec<u8>, random: &mut Pcg64Mcg) {
        let at = random.random_range(0..=input.len());
        let end = (at + random.random_range(0..=32)).min(input.len());
        match random.random_range(0..9) {
            0 => flip(input, at, 1 << random.random_range(0..8)),
            1 => flip(input, at, random.random()),
            2 => drop(input.drain(at..end)),
            3 => input.truncate(at),
            4 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            5 => {
                let other = self.pick(random);
                let from = random.random_range(0..=other.len());
                input.splice(at.., other[from..].iter().copied());
            }
            6 => {
                let number = NUMBERS[random.random_range(0..NUMBERS.len())].to_le_bytes();
                let width = [1, 2, 4, 8][random.random_range(0..4)];
                let here = width.min(input.len() - at);
                input[at..at + here].copy_from_slice(&number[..here]);
            }
            7 => input.insert(at, MARKERS[random.random_range(0..MARKERS.len())]),
            _ => {
                let bytes = std::iter::repeat_with(|| random.random()).take(end - at + 1).collect::<Vec<u8>>();
                input.splice(at..at, bytes);
            }
        }
    }
}

fn flip(input: &mut [u8], at: usize, bits: u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= bits;
    }
}
