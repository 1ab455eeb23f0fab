//! How an error tells of the workers that died under its task.

use std::fmt;

/// What is said of a task under which workers died: how many, those before the last one, and that.
pub(crate) fn died(
    f: &mut fmt::Formatter<'_>,
    deaths: u32,
    before: &[(String, String)],
    (last, cause): (&str, &str),
) -> fmt::Result {
    write!(f, " was given up after {deaths} workers died running it")?;
    write(f, before)?;
    write!(f, " the last was `{last}`: {cause}. Does the task kill its worker?")
}

/// What is said of a task that never began.
pub(crate) fn unbegun(
    f: &mut fmt::Formatter<'_>,
    deaths: u32,
    before: &[(String, String)],
    (last, cause): (&str, &str),
) -> fmt::Result {
    write!(f, " was given up before it ever began: {deaths} workers that had it died with nothing running there")?;
    write(f, before)?;
    write!(f, " the last was `{last}`: {cause}. Does reading its inputs kill who reads them?")
}

/// Deaths of workers before the last one, a line each, oldest first; those that follow each other with the same cause are one.
fn write(f: &mut fmt::Formatter<'_>, deaths: &[(String, String)]) -> fmt::Result {
    if deaths.is_empty() {
        return f.write_str(";");
    }
    f.write_str(":\n")?;
    for alike in deaths.chunk_by(|one, next| one.1 == next.1) {
        let [(worker, cause), more @ ..] = alike else { continue };
        write!(f, "  `{worker}`: {cause}")?;
        match more.len() {
            0 => f.write_str("\n")?,
            1 => f.write_str(" (once more the same)\n")?,
            more => writeln!(f, " ({more} more times the same)")?,
        }
    }
    f.write_str(" ")
}

#[cfg(test)]
mod tests {
    use crate::{Key, TaskError, TaskErrorKind};

    fn died(before: &[(&str, &str)]) -> String {
        let before: Vec<_> = before.iter().map(|(name, cause)| ((*name).into(), (*cause).into())).collect();
        let (deaths, last, cause) = (before.len() as u32 + 1, "worker-0".into(), "SIGABRT; it wrote last:\nno".into());
        let kind = TaskErrorKind::WorkersDied { deaths, last, cause, before };
        TaskError::new(Key::named("x"), None, kind).to_string()
    }

    #[test]
    fn each_death_is_a_line_and_those_alike_are_one() {
        let last = "the last was `worker-0`: SIGABRT; it wrote last:\nno. Does the task kill its worker?";
        assert_eq!(died(&[]), format!("task `x` was given up after 1 workers died running it; {last}"));
        let all = died(&[("a", "one"), ("b", "two"), ("a", "two"), ("c", "one"), ("d", "one"), ("a", "one")]);
        let lines = "  `a`: one\n  `b`: two (once more the same)\n  `c`: one (2 more times the same)\n";
        assert_eq!(all, format!("task `x` was given up after 7 workers died running it:\n{lines}  {last}"));
    }
}
