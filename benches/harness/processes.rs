//! The processes that this one has started, as the system sees them.

/// Their numbers, in order; those that ended and were not waited for included.
pub(crate) fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let is_ours = |pid: &i32| fields(*pid).is_some_and(|fields| fields.split(' ').nth(1) == Some(&own));
    let mut children: Vec<i32> = numbers.filter(is_ours).collect();
    children.sort_unstable();
    children
}

/// What stands in a process's line of state behind its name, which may hold anything.
fn fields(pid: i32) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(line.rsplit_once(") ")?.1.to_owned())
}

/// Bytes of memory of a process, by the name of the line that tells it: what it has resident now (`VmRSS`), or had at the most
/// (`VmHWM`). Of one that has ended, nothing.
pub(crate) fn memory(process: &str, what: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'))?;
    Some(line.split_ascii_whitespace().next()?.parse::<u64>().ok()? << 10)
}
