//! The rules of this project that a program can check: who imports whom, what stands where, how long things are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Value;

/// Lines of a file, without the tests at its end.
const FILE_LINES: usize = 400;
/// Lines of a function, with its signature.
const FUNCTION_LINES: usize = 70;

/// Programs that were given to this project and stay as they are.
const GIVEN: &str = "tests/face/";

/// Who imports whom, by package; nobody imports anybody else of ours.
const IMPORTS: &[(&str, &[&str])] = &[
    ("partita-graph", &[]),
    ("partita-macros", &[]),
    ("partita-dask", &["partita-graph"]),
    ("partita-protocol", &["partita-graph"]),
    ("partita-collections", &["partita-graph"]),
    ("partita-profiler", &["partita-graph", "partita-protocol"]),
    ("partita-scheduler", &["partita-graph", "partita-protocol"]),
    ("partita-worker", &["partita-graph", "partita-protocol"]),
    ("partita-simulator", &["partita-graph", "partita-protocol", "partita-scheduler", "partita-worker"]),
    ("partita-wire", &["partita-graph"]),
    (
        "partita",
        &[
            "partita-collections",
            "partita-graph",
            "partita-macros",
            "partita-profiler",
            "partita-protocol",
            "partita-scheduler",
            "partita-simulator",
            "partita-wire",
            "partita-worker",
        ],
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The manifests of all packages of the workspace, by folder; that of the root is the empty one.
fn manifests() -> BTreeMap<String, Value> {
    let read = |folder: &str| -> Value {
        let path = root().join(folder).join("Cargo.toml");
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let members = read("")["workspace"]["members"].as_array().unwrap().clone();
    let folders = members.iter().map(|folder| folder.as_str().unwrap().trim_start_matches('.').to_string());
    folders.map(|folder| (folder.clone(), read(&folder))).collect()
}

/// A file of the project: where it is, from the root, and what it says.
struct File {
    path: String,
    text: String,
}

/// All files below the root with one of these extensions, but for what is built and what is hidden.
fn files(extensions: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && (!name.starts_with('.') || name == ".ci") {
                folders.push(path);
            } else if path.is_file() && extensions.iter().any(|extension| name.ends_with(extension)) {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl File {
    /// The lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether it belongs to a package rather than to its tests, examples and benches.
    fn is_source(&self) -> bool {
        self.path.starts_with("src/") || self.path.contains("/src/")
    }

    /// The places of words in the code.
    fn places<'a>(&'a self, words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        self.code().flat_map(move |(number, line)| {
            let found = words.iter().filter(move |word| line.contains(**word));
            found.map(move |word| format!("{}:{number}: `{word}`", self.path))
        })
    }
}

fn assert_none(rule: &str, offenders: impl IntoIterator<Item = String>) {
    let offenders: Vec<String> = offenders.into_iter().collect();
    assert!(offenders.is_empty(), "{rule}:\n{}", offenders.join("\n"));
}

#[test]
fn packages_import_only_their_lower_storeys() {
    let manifests = manifests();
    let mut found = BTreeMap::new();
    for manifest in manifests.values() {
        let mut ours: Vec<&str> = ["dependencies", "dev-dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|table| manifest.get(table)?.as_table())
            .flat_map(|table| table.keys().map(String::as_str))
            .filter(|name| name.starts_with("partita"))
            .collect();
        ours.sort_unstable();
        found.insert(manifest["package"]["name"].as_str().unwrap(), ours);
    }
    let expected: BTreeMap<&str, Vec<&str>> = IMPORTS.iter().map(|(name, ours)| (*name, ours.to_vec())).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    let careless = manifests().into_iter().filter(|(_, manifest)| {
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        lints.and_then(Value::as_bool) != Some(true)
    });
    assert_none("`[lints] workspace = true` is missing", careless.map(|(folder, _)| format!("{folder}/Cargo.toml")));
}

#[test]
fn heavy_and_impure_libraries_stay_behind_features_in_the_crates_with_machines() {
    for folder in ["scheduler-actor", "worker-actor"] {
        let manifest = &manifests()[folder];
        for name in ["actix", "tokio", "tracing", "dashmap", "parking_lot"] {
            if let Some(dependency) = manifest["dependencies"].get(name) {
                let optional = dependency.get("optional").and_then(Value::as_bool);
                assert_eq!(optional, Some(true), "{folder}: `{name}`");
            }
        }
    }
}

#[test]
fn machines_have_no_clock_no_threads_and_no_actors() {
    let words = ["Instant::now", "SystemTime", "std::thread", "std::time::Instant", "actix", "tokio"];
    let mut machines = files(&[".rs"]);
    machines.retain(|file| file.path.contains("/src/machine/"));
    // Their tests may run them on a thread with a small stack.
    machines.retain(|file| !file.path.contains("/testing/") && !file.path.contains("/tests/"));
    assert!(machines.len() > 40, "the machines are where they were");
    assert_none("a machine is pure", machines.iter().flat_map(|file| file.places(&words)));
}

#[test]
fn only_the_store_names_its_map() {
    let sources = files(&[".rs"]).into_iter().filter(|file| file.is_source());
    let others: Vec<File> = sources.filter(|file| !file.path.starts_with("worker-actor/src/store/")).collect();
    assert_none("only worker-actor/src/store names dashmap", others.iter().flat_map(|file| file.places(&["dashmap"])));
    let named = manifests().into_iter().filter(|(_, manifest)| manifest["dependencies"].get("dashmap").is_some());
    assert_eq!(named.map(|(folder, _)| folder).collect::<Vec<_>>(), ["worker-actor"]);
}

#[test]
fn every_file_begins_with_what_it_is() {
    let sources = files(&[".rs"]);
    let silent = sources.iter().filter(|file| !file.path.starts_with("tests/ui/")).filter(|file| {
        let first = file.text.lines().next().unwrap_or_default();
        let sentence = first.strip_prefix("//! ").unwrap_or_default();
        !sentence.starts_with(|c: char| c.is_alphanumeric() || c == '`' || c == '"')
    });
    assert_none("the first line is no `//!` sentence", silent.map(|file| file.path.clone()));
}

#[test]
fn files_are_short() {
    let long = files(&[".rs"]).into_iter().filter_map(|file| {
        let lines: Vec<&str> = file.text.lines().collect();
        let code = lines.iter().position(|line| *line == "mod tests {").unwrap_or(lines.len());
        (code > FILE_LINES).then(|| format!("{}: {code} lines", file.path))
    });
    assert_none(&format!("more than {FILE_LINES} lines"), long);
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for file in files(&[".rs"]).into_iter().filter(|file| !file.path.starts_with(GIVEN)) {
        let lines: Vec<&str> = file.text.lines().collect();
        for start in (0..lines.len()).filter(|start| is_function(lines[*start])) {
            let length = function_lines(&lines[start..]);
            if length > FUNCTION_LINES {
                long.push(format!("{}:{}: {length} lines", file.path, start + 1));
            }
        }
    }
    assert_none(&format!("more than {FUNCTION_LINES} lines"), long);
}

/// The lines of the function that begins on the first one. The formatter puts its end right below its beginning.
fn function_lines(lines: &[&str]) -> usize {
    let indent = &lines[0][..lines[0].len() - lines[0].trim_start().len()];
    let body = lines.iter().position(|line| line.ends_with(['{', '}', ';'])).unwrap_or_default();
    match lines[body].ends_with('{') {
        true => lines.iter().position(|line| line.strip_prefix(indent) == Some("}")).map_or(1, |end| end + 1),
        false => body + 1,
    }
}

/// Whether a function begins on this line.
fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let qualifiers = ["pub", "const", "async", "unsafe", "extern", "pub(crate)", "pub(super)"];
    words.find(|word| !qualifiers.contains(word)) == Some("fn")
}

#[test]
fn nothing_is_left_undone() {
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];
    assert_none("left undone", files(&[".rs"]).iter().flat_map(|file| file.places(&words)));
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let words = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
    let mut offenders = Vec::new();
    for file in files(&[".rs", ".toml", ".md", ".yml", ".svg", "run"]) {
        let lines = file.text.lines().enumerate();
        let found = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        offenders.extend(found.map(|(index, line)| format!("{}:{}: {}", file.path, index + 1, line.trim())));
    }
    assert_none("a path of somebody's machine", offenders);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for file in files(&[".md"]) {
        let folder = root().join(&file.path).parent().unwrap().to_path_buf();
        for (_, after) in file.text.match_indices("](").map(|(at, _)| file.text.split_at(at + 2)) {
            let target = after.split([')', '#']).next().unwrap_or_default();
            let is_local = !target.is_empty() && !target.contains("://") && !target.contains([' ', '(']);
            if is_local && !folder.join(target).exists() {
                broken.push(format!("{}: {target}", file.path));
            }
        }
    }
    assert_none("a link leads nowhere", broken);
}
