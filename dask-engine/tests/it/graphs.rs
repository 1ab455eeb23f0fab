//! Graphs, written as the recorded ones were.

use super::fixtures::{named, references};
use partita_dask::Key;
use partita_dask::pickle::graph::{Annotation, GraphTask, graph};
use partita_dask::pickle::{Id, Node, Tree};

/// The pickled graph of a message.
fn recorded(name: &str) -> bytes::Bytes {
    let (opaque, _) = references(&named(name));
    opaque.iter().find(|opaque| opaque.says("writeable").is_some()).unwrap().frames[0].clone()
}

fn key(tree: &Tree, id: Id) -> Key {
    match tree.node(id) {
        Node::Text(text) => Key::Text(text.clone()),
        Node::Int(int) => Key::Int(*int),
        Node::Float(float) => Key::Float(*float),
        Node::Tuple(items) => Key::Tuple(items.iter().map(|item| key(tree, *item)).collect()),
        other => panic!("{other:?} is no key"),
    }
}

fn parts(tree: &Tree, id: Id) -> (Id, Id, Option<Id>, Option<Id>) {
    match tree.node(id) {
        Node::Object { callable, arguments, named, state, .. } => (*callable, *arguments, *named, *state),
        other => panic!("{other:?} is no object"),
    }
}

fn entries(tree: &Tree, id: Id) -> &[(Id, Id)] {
    match tree.node(id) {
        Node::Dict(entries) => entries,
        other => panic!("{other:?} is no dictionary"),
    }
}

/// What is in a recorded graph is written again.
fn again(pickle: &bytes::Bytes) -> Vec<u8> {
    let tree = Tree::read(pickle, &[]).unwrap();
    let (_, arguments, named, state) = parts(&tree, tree.root_id());
    let token = match tree.node(tree.get(named.unwrap(), "_determ_token").unwrap()) {
        Node::Text(token) => token.to_string(),
        other => panic!("{other:?} is no token"),
    };
    let (_, partial, ..) = parts(&tree, tree.get(state.unwrap(), "__dask_annotations__").unwrap());
    let annotations = tree.items(partial)[1];
    let payloads = entries(&tree, tree.get(annotations, "partita").unwrap());
    let payload = |at: usize| match tree.node(payloads[at].1) {
        Node::Bytes(bytes) => bytes.to_vec(),
        other => panic!("{other:?} are no bytes"),
    };
    let tasks = entries(&tree, tree.items(arguments)[0]).iter().enumerate().map(|(at, (name, task))| {
        let (_, arguments, ..) = parts(&tree, *task);
        let references = tree.items(arguments)[4..].iter().map(|reference| parts(&tree, *reference).1);
        let dependencies: Vec<Key> = references.map(|arguments| key(&tree, tree.items(arguments)[0])).collect();
        (key(&tree, *name), dependencies, payload(at))
    });
    let tasks: Vec<(Key, Vec<Key>, Vec<u8>)> = tasks.collect();
    let written: Vec<GraphTask<'_>> =
        tasks.iter().map(|(key, dependencies, payload)| GraphTask { key, dependencies, payload }).collect();
    graph(&written, &token, &[])
}

#[test]
fn recorded_graphs_are_written_byte_for_byte() {
    for name in [
        "client-send-client-stream-update-graph-annotations",
        "client-send-client-stream-update-graph-annotations-with-deps",
        "worker-send-client-stream-update-graph-annotations",
    ] {
        let pickle = recorded(name);
        assert_eq!(again(&pickle), pickle, "{name}");
    }
}

#[test]
fn a_graph_of_many_tasks_refers_to_each_key_once() {
    let keys: Vec<Key> = (0..1000).map(|number| Key::numbered("inc-0a1b2c3d", number)).collect();
    let tasks: Vec<GraphTask<'_>> = (0..1000)
        .map(|at| GraphTask { key: &keys[at], dependencies: &keys[at.saturating_sub(1)..at], payload: b"a call" })
        .collect();
    let retries = ("retries", keys.iter().map(|key| (key, Annotation::Int(2))).collect());
    let resources = ("resources", vec![(&keys[0], Annotation::Amounts(vec![("GPU".to_owned(), 1.0)]))]);
    let pickle = graph(&tasks, "token", &[retries, resources]);
    let tree = Tree::read(&pickle.clone().into(), &[]).unwrap();
    let (_, arguments, ..) = parts(&tree, tree.root_id());
    assert_eq!(entries(&tree, tree.items(arguments)[0]).len(), 1000);
    let shown = tree.to_string();
    assert!(
        shown.starts_with(
            "LLGExpr({('inc-0a1b2c3d', 0): Task(('inc-0a1b2c3d', 0), dask.utils.import_required, 'partita', \
             'this task can only run on a Partita worker')"
        ),
        "{shown}"
    );
    assert!(pickle.len() < 1000 * 75, "{} bytes", pickle.len());
}
