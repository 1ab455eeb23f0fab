//! The memory of this machine.

/// The memory of this machine in bytes, or what the control group that this process is in may use, if that is less. A
/// machine that does not say is taken for one of 8 GiB.
///
/// ```
/// assert!(partita_graph::machine_memory() >= 1 << 20);
/// ```
pub fn machine_memory() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let total = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?.to_string();
        line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
    });
    let group = read("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse::<u64>().ok());
    total.into_iter().chain(group).min().unwrap_or(8 << 30)
}
