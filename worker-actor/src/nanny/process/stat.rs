//! What Linux tells of a process in `/proc/<pid>/stat`.

use std::path::Path;

/// One line of it, as far as a nanny wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// `T` of one that is stopped, `Z` of one that ended.
    pub(super) state: u8,
    /// The number of its group.
    pub(super) group: u32,
    /// When it was started, in ticks of the system: numbers of processes are used again, this tells them apart.
    pub(super) start: u64,
    /// Pages that it has in memory.
    pub(super) pages: u64,
}

impl Stat {
    /// Reads it, if the process is there and the system has such files.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let path = format!("/proc/{pid}/stat");
        Stat::parse(&std::fs::read_to_string(Path::new(&path)).ok()?)
    }

    /// The name of the program, in brackets, may hold anything; what counts stands behind its end.
    fn parse(line: &str) -> Option<Self> {
        let (_, behind) = line.rsplit_once(')')?;
        let fields: Vec<&str> = behind.split_ascii_whitespace().collect();
        let number = |index: usize| -> Option<u64> { fields.get(index)?.parse().ok() };
        Some(Stat {
            state: *fields.first()?.as_bytes().first()?,
            group: u32::try_from(number(2)?).ok()?,
            start: number(19)?,
            pages: number(21)?,
        })
    }

    /// Bytes that it has in memory.
    pub(super) fn rss(&self) -> u64 {
        self.pages.saturating_mul(rustix::param::page_size() as u64)
    }

    /// Whether it was stopped by a signal; one that a debugger holds shows as `t`.
    pub(super) fn is_stopped(&self) -> bool {
        self.state == b'T'
    }
}

/// Processes of a group that live, but for its first.
pub(super) fn others_in_group(group: u32) -> usize {
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let others = pids.filter(|pid| *pid != group).filter_map(Stat::of);
    others.filter(|stat| stat.group == group && !matches!(stat.state, b'Z' | b'X')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whatever_the_program_is_called() {
        let rest = "0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 4096 321 18446744073709551615";
        for name in ["sleep", "a b", ") R 1 2 (", "(((", ""] {
            let stat = Stat::parse(&format!("77 ({name}) T 1 42 42 {rest}")).unwrap();
            assert_eq!(stat, Stat { state: b'T', group: 42, start: 98_765, pages: 321 }, "{name}");
            assert!(stat.is_stopped());
        }
        for bad in ["", "77", "77 (x)", "77 (x) R 1", "77 (x) R 1 -42 0 0 0 0", "77 (x) \u{e9} é é"] {
            assert_eq!(Stat::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn this_process_is_there() {
        let stat = Stat::of(std::process::id()).unwrap();
        assert!(stat.rss() > 1 << 20 && stat.start > 0 && !stat.is_stopped(), "{stat:?}");
        assert_eq!(Stat::of(u32::MAX), None);
    }
}
