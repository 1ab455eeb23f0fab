//! The commit that is run.

use std::path::Path;
use std::process::Command;

/// What is said if nothing is known.
const UNKNOWN: &str = "an unknown commit";

/// The commit that the sources are at, with `-dirty` if they were changed since. To be taken before anything is run, as the
/// sources may go on while seeds are run.
pub(crate) fn commit() -> String {
    describe(Path::new(env!("CARGO_MANIFEST_DIR")))
}

fn describe(folder: &Path) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(["describe", "--always", "--dirty"]).output();
    let text = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| UNKNOWN.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_tree_is_marked() {
        let folder = std::env::temp_dir().join(format!("partita-commit-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(describe(&folder.join("none")), UNKNOWN);
        let git = |args: &[&str]| {
            let who = ["-c", "user.name=one", "-c", "user.email=one@example.org", "-c", "commit.gpgsign=false"];
            let output = Command::new("git").arg("-C").arg(&folder).args(who).args(args).output();
            output.is_ok_and(|output| output.status.success())
        };
        // Without git nothing more can be looked at.
        if git(&["init", "--quiet"]) {
            std::fs::write(folder.join("file"), "one").unwrap();
            assert!(git(&["add", "file"]) && git(&["commit", "--quiet", "--message", "one"]));
            let clean = describe(&folder);
            assert!(clean.len() >= 4 && clean.chars().all(|c| c.is_ascii_hexdigit()), "{clean}");
            std::fs::write(folder.join("file"), "two").unwrap();
            assert_eq!(describe(&folder), format!("{clean}-dirty"));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
