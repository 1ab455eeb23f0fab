//! Pages: their headers are looked at before they are decoded, because decoders believe how many values they tell of.

/// Structs within structs that are passed over; Parquet has three.
const MAX_DEPTH: u32 = 8;

/// Whether the pages of a column in a row group have as many values as it should have, and no others.
pub(super) fn check(bytes: &[u8], values: u64) -> Result<(), String> {
    let (mut left, mut rest) = (values, bytes);
    while left > 0 {
        let mut compact = Compact(rest);
        let page = compact.page().ok_or("the header of a page makes no sense")?;
        rest = compact.0.get(page.size..).ok_or("it has a page that ends behind it")?;
        // The values of a dictionary are no rows.
        if !page.is_dictionary {
            left = left.checked_sub(page.values).ok_or_else(|| format!("its pages have more than {values} values"))?;
        } else if page.values > bytes.len() as u64 * 8 {
            return Err("its dictionary has more values than bytes".into());
        }
    }
    Ok(())
}

/// What the header of a page tells.
#[derive(Default)]
struct Page {
    size: usize,
    values: u64,
    is_dictionary: bool,
}

/// Bytes in Thrift's compact encoding.
struct Compact<'a>(&'a [u8]);

/// Kinds of values in the encoding that are looked at.
const INT32: u8 = 5;
const STRUCT: u8 = 12;

impl Compact<'_> {
    fn page(&mut self) -> Option<Page> {
        let mut page = Page::default();
        let mut last = 0;
        while let Some((id, kind)) = self.field(&mut last)? {
            match (id, kind) {
                (3, INT32) => page.size = usize::try_from(self.number()?).ok()?,
                // Of data pages of both versions, and of dictionaries, the first field is how many values they have.
                (5 | 7 | 8, STRUCT) => {
                    page.is_dictionary = id == 7;
                    page.values = self.values()?;
                }
                (_, kind) => self.pass(kind, MAX_DEPTH)?,
            }
        }
        Some(page)
    }

    fn values(&mut self) -> Option<u64> {
        let (mut values, mut last) = (None, 0);
        while let Some((id, kind)) = self.field(&mut last)? {
            match (id, kind) {
                (1, INT32) => values = Some(u64::try_from(self.number()?).ok()?),
                (_, kind) => self.pass(kind, MAX_DEPTH)?,
            }
        }
        values
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn number(&mut self) -> Option<i64> {
        self.varint().map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The next field of a struct, unless that ends.
    #[expect(clippy::option_option, reason = "it makes no sense, or it ends")]
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *last = match head >> 4 {
            0 => self.number()?,
            more => last.checked_add(i64::from(more))?,
        };
        Some(Some((*last, head & 0x0f)))
    }

    fn skip(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    /// Passes over a value of this kind.
    fn pass(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            1 | 2 => Some(()),
            3 => self.skip(1),
            4..=6 => self.varint().map(drop),
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let length = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // Truths in lists are bytes of their own.
                let element = if matches!(head & 0x0f, 1 | 2) { 3 } else { head & 0x0f };
                (0..length).try_for_each(|_| self.pass(element, depth))
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.pass(kind, depth)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a data page of `values` values with `size` bytes, and statistics that are passed over.
    fn header(kind: u8, values: u8, size: u8) -> Vec<u8> {
        let delta = kind - 3;
        vec![
            0x15,
            0,
            0x15,
            size * 2,
            0x15,
            size * 2,
            delta << 4 | 12,
            0x15,
            values * 2,
            0x15,
            0,
            0x3c,
            0x18,
            1,
            b'a',
            0,
            0,
            0,
        ]
    }

    #[test]
    fn pages_must_have_the_values_that_they_should_have() {
        let page = |kind, values| [header(kind, values, 3), vec![7; 3]].concat();
        let pages = [page(7, 5), page(5, 4), page(8, 6)].concat();
        assert_eq!(check(&pages, 10), Ok(()));
        assert_eq!(check(&[], 0), Ok(()));
        assert_eq!(check(&pages, 9).unwrap_err(), "its pages have more than 9 values");
        assert_eq!(check(&pages, 11).unwrap_err(), "the header of a page makes no sense");
        assert_eq!(check(&pages[..pages.len() - 1], 10).unwrap_err(), "it has a page that ends behind it");
        for cut in 0..pages.len() - 3 {
            assert!(check(&pages[..cut], 10).is_err());
        }
        let mut negative = page(5, 4);
        negative[8] = 3;
        assert!(check(&negative, 4).is_err());
    }
}
