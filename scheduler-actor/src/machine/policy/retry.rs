//! How long a task that failed waits before it is run again: twice as long each time, so that whatever was down has time
//! to come back.

use partita_protocol::limits::RETRY_DELAY_MAX;
use partita_protocol::planted::{Bug, planted};
use std::time::Duration;

/// The wait after so many failures: the first one's, doubled for each further one, up to [`RETRY_DELAY_MAX`].
pub(crate) fn delay(first: Duration, failures: u32) -> Duration {
    if planted(Bug::HastyRetry) {
        return Duration::ZERO;
    }
    let factor = 2u32.saturating_pow(failures.saturating_sub(1));
    first.saturating_mul(factor).min(RETRY_DELAY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let after = |failures| delay(Duration::from_secs(1), failures);
        assert_eq!([1, 2, 3, 6, 7, 40, u32::MAX].map(|failures| after(failures).as_secs()), [1, 2, 4, 32, 60, 60, 60]);
        assert_eq!(delay(Duration::ZERO, u32::MAX), Duration::ZERO, "no wait is asked for");
        assert_eq!(delay(Duration::MAX, 3), RETRY_DELAY_MAX);
        assert_eq!(delay(Duration::from_millis(10), 0), Duration::from_millis(10));
    }
}
