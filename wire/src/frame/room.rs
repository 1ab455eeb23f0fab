//! The memory of a segment that is coming: in proportion to what has come, never to what was announced.

use crate::limits::{MAPPED_BYTES, SEGMENT_GROWTH, SEGMENT_START_BYTES};
use bytes::buf::Limit;
use bytes::{BufMut, Bytes};
use memmap2::{MmapMut, MmapOptions};

/// The bytes of a segment, as far as they have come.
///
/// Large ones are in pages of their own, which the system is asked to make large, too: most of the time of a large segment
/// is the system's, making pages of 4 KiB one by one.
pub(super) enum Room {
    Heap(Vec<u8>),
    Mapped { pages: MmapMut, filled: usize },
}

/// Where the next bytes go.
pub(crate) enum Spare<'a> {
    /// Into a vector, which counts them itself.
    Heap(Limit<&'a mut Vec<u8>>),
    /// Into pages; [`super::assembler::Assembler::filled`] must be told how many came.
    Mapped(&'a mut [u8]),
}

impl Room {
    pub(super) fn new() -> Self {
        Room::Heap(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Room::Heap(bytes) => bytes.len(),
            Room::Mapped { filled, .. } => *filled,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        match self {
            Room::Heap(bytes) => bytes.capacity(),
            Room::Mapped { pages, .. } => pages.len(),
        }
    }

    /// Makes room for more of the `missing` bytes, if there is none. Says whether there is some.
    pub(super) fn grow(&mut self, missing: u64) -> bool {
        if self.len() < self.capacity() {
            return true;
        }
        let more = self.len().saturating_mul(SEGMENT_GROWTH - 1).max(SEGMENT_START_BYTES);
        let more = usize::try_from(missing).unwrap_or(usize::MAX).min(more);
        let Some(whole) = self.len().checked_add(more) else { return false };
        if whole >= MAPPED_BYTES
            && let Some(mut pages) = map(whole)
        {
            let filled = self.len();
            pages[..filled].copy_from_slice(self.bytes());
            *self = Room::Mapped { pages, filled };
            return true;
        }
        match self {
            Room::Heap(bytes) => bytes.try_reserve_exact(more).is_ok(),
            Room::Mapped { .. } => false,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Room::Heap(bytes) => bytes,
            Room::Mapped { pages, filled } => &pages[..*filled],
        }
    }

    /// The place of up to `most` bytes that come next.
    pub(super) fn spare(&mut self, most: usize) -> Spare<'_> {
        let most = most.min(self.capacity() - self.len());
        match self {
            Room::Heap(bytes) => Spare::Heap(bytes.limit(most)),
            Room::Mapped { pages, filled } => Spare::Mapped(&mut pages[*filled..*filled + most]),
        }
    }

    /// So many bytes came into pages.
    pub(super) fn filled(&mut self, more: usize) {
        if let Room::Mapped { pages, filled } = self {
            *filled = (*filled + more).min(pages.len());
        }
    }

    /// Copies as many of these bytes as there is room for; how many that was.
    pub(super) fn put(&mut self, bytes: &[u8]) -> usize {
        let here = bytes.len().min(self.capacity() - self.len());
        match self.spare(here) {
            Spare::Heap(mut heap) => heap.put_slice(&bytes[..here]),
            Spare::Mapped(pages) => pages.copy_from_slice(&bytes[..here]),
        }
        self.filled(here);
        here
    }

    /// The segment, when all of it is there.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Room::Heap(bytes) => bytes.into(),
            Room::Mapped { pages, filled } => Bytes::from_owner(pages).slice(..filled),
        }
    }
}

/// Pages for so many bytes, large ones if the system gives such.
fn map(length: usize) -> Option<MmapMut> {
    let pages = MmapOptions::new().len(length).map_anon().ok()?;
    #[cfg(target_os = "linux")]
    if let Err(error) = pages.advise(memmap2::Advice::HugePage) {
        tracing::trace!("no large pages: {error}");
    }
    Some(pages)
}
