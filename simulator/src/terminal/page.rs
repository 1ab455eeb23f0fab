//! The page that is printed, and how the program ends.

use partita_simulator::story::Story;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// What the program ends with. If nobody reads the page any more, that is the reader's affair; that all is well is told as
/// ever.
pub(crate) fn end(is_well: bool, told: io::Result<()>) -> ExitCode {
    match told {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("what was found cannot be printed: {error}");
            ExitCode::FAILURE
        }
        _ if is_well => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Prints a story.
pub(super) fn print_story(page: &mut dyn Write, story: &Story) -> io::Result<()> {
    if story.skipped() > 0 {
        writeln!(page, "({} lines before)", story.skipped())?;
    }
    story.lines().try_for_each(|line| writeln!(page, "{line}"))?;
    writeln!(page, "waits:")?;
    story.waits().iter().try_for_each(|line| writeln!(page, "  {line}"))
}
