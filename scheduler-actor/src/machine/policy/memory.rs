//! Memory: which workers have room for a task, its inputs and its result.

/// How full a worker may be, in hundredths of its limit, and still be handed root tasks ahead.
const FULL_PERCENT: u128 = 80;

/// Bytes that a worker may hold, if that is limited.
pub(crate) fn limit(memory_limit: u64) -> Option<u64> {
    (memory_limit != 0 && memory_limit != u64::MAX).then_some(memory_limit)
}

/// How short of room a worker that holds `held` bytes would be with `more`: 0 if it has room, else the larger the fewer
/// bytes it has free.
pub(crate) fn shortage(memory_limit: u64, held: u128, more: u64) -> u64 {
    let Some(limit) = limit(memory_limit) else { return 0 };
    let free = u128::from(limit).saturating_sub(held) as u64;
    if more <= free && held <= u128::from(limit) { 0 } else { u64::MAX - free }
}

/// So many bytes a worker may hold and still be given root tasks beyond its threads.
pub(crate) fn full(memory_limit: u64) -> u128 {
    limit(memory_limit).map_or(u128::MAX, |limit| u128::from(limit) * FULL_PERCENT / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_room_is_short_of_nothing_and_who_has_more_free_is_less_short() {
        assert_eq!(shortage(100, 60, 40), 0);
        assert!(shortage(100, 60, 41) < shortage(100, 61, 41));
        assert!(shortage(100, 60, u64::MAX) > 0);
        assert_eq!(shortage(100, 101, 0), u64::MAX);
        assert_eq!(shortage(u64::MAX - 1, u128::MAX, u64::MAX), u64::MAX);
        for unlimited in [0, u64::MAX] {
            assert_eq!(shortage(unlimited, u128::MAX, u64::MAX), 0);
            assert_eq!(full(unlimited), u128::MAX);
        }
    }

    #[test]
    fn a_worker_is_full_beyond_four_fifths() {
        assert_eq!((full(100), full(1), full(u64::MAX - 1) > u128::from(u64::MAX / 2)), (80, 0, true));
    }
}
