//! Blocks of real graphs, written, read and run, against the reference engine.

use partita_dask::Key;
use partita_dask::block::{Outputs, Payload, PayloadError, Seal, run, write_all};
use partita_dask::blocks::{Blocks, Shape, group};
use partita_graph::{
    CheckedGraph, Engine, Fault, FromValues, Graph, Input, Kind, Node, Place, Reference, TaskFn, TaskOptions, Token,
    Value,
};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn node(name: &str, kind: Kind) -> Arc<Node> {
    Arc::new(Node::new(partita_graph::Key::unique(name), kind, Place::here()))
}

fn data(value: i64) -> Arc<Node> {
    node("data", Kind::Data(vec![Value::new(value)]))
}

fn add(values: &[Value]) -> Result<Value, Fault> {
    let numbers = values.iter().map(|value| value.get::<i64>().copied().unwrap());
    Ok(Value::new(numbers.fold(1_i64, i64::wrapping_add)))
}

fn fails(_: &[Value]) -> Result<Value, Fault> {
    Err(Fault::failed("it went wrong"))
}

fn call(fails_at_once: bool, inputs: &[&Arc<Node>]) -> Arc<Node> {
    let function: Arc<dyn TaskFn> = match fails_at_once {
        true => Arc::new(FromValues::new("i64", fails)),
        false => Arc::new(FromValues::new("i64", add)),
    };
    let inputs = inputs.iter().map(|node| Input { node: (*node).clone(), part: 0 }).collect();
    node("call", Kind::Call { function, inputs })
}

fn checked(outputs: &[Arc<Node>]) -> CheckedGraph {
    Graph::new(outputs.iter().map(|node| Input { node: node.clone(), part: 0 }).collect()).check().unwrap()
}

/// The graph cut into so many blocks, and the name of each.
fn cut(graph: &CheckedGraph, count: usize) -> (Blocks, Vec<Key>) {
    let mut shape = Shape::default();
    for rank in 0..graph.len() {
        shape.add(&unique(graph.inputs(rank)), 0, graph.outputs().contains(&(rank as u32)));
    }
    let blocks = group(&shape, count);
    let names = (0..blocks.blocks.len() as u64).map(|number| Key::numbered("block-0a1b2c3d", number)).collect();
    (blocks, names)
}

fn unique(inputs: &[u32]) -> Vec<u32> {
    let mut unique = inputs.to_vec();
    unique.sort_unstable();
    unique.dedup();
    unique
}

/// What each task gives that is asked for, by way of blocks that travel.
fn by_blocks(graph: &CheckedGraph, count: usize) -> HashMap<u32, Result<i64, String>> {
    let seal = Seal::new("open sesame");
    let (blocks, names) = cut(graph, count);
    let payloads = write_all(graph, &blocks, &names, &seal).unwrap();
    let mut given: HashMap<Key, Outputs> = HashMap::new();
    let mut found = HashMap::new();
    for ((block, name), sealed) in blocks.blocks.iter().zip(&names).zip(&payloads) {
        let payload = Payload::read(name, sealed, &seal).unwrap();
        let inputs: Vec<Outputs> = payload.needs.iter().map(|need| given[need].clone()).collect();
        let outputs = Outputs::read(name, &run(&payload, &inputs).write(name, &seal), &seal).unwrap();
        for (place, task) in block.outputs.iter().enumerate() {
            let value = outputs.get(place as u32).map(|value| *value.get::<i64>().unwrap());
            found.insert(*task, value.map_err(|error| error.to_string()));
        }
        given.insert(name.clone(), outputs);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn blocks_give_what_the_reference_engine_gives(
        shape in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..50),
        wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        count in 1..12_usize,
    ) {
        let mut nodes: Vec<Arc<Node>> = Vec::new();
        for (at, inputs) in shape.iter().enumerate() {
            let made = match inputs.is_empty() || at == 0 {
                true => data(at as i64 * 7),
                false => {
                    let inputs: Vec<&Arc<Node>> = inputs.iter().map(|input| &nodes[input.index(at)]).collect();
                    call(false, &inputs)
                }
            };
            nodes.push(made);
        }
        let outputs: Vec<Arc<Node>> = wanted.iter().map(|wanted| wanted.get(&nodes).clone()).collect();
        let graph = checked(&outputs);
        let found = by_blocks(&graph, count);
        let ranks: Vec<u32> = graph.outputs().to_vec();
        let expected = Reference.run(graph).unwrap();
        for (rank, expected) in ranks.iter().zip(&expected) {
            prop_assert_eq!(&found[rank], &Ok(*expected.get::<i64>().unwrap()));
        }
    }
}

/// What fails takes those with it that need it, and no others of its block; and says which task it was.
#[test]
fn a_failure_is_told_where_it_matters_and_nowhere_else() {
    let (good, bad) = (data(1), call(true, &[&data(0)]));
    let (fine, spoiled) = (call(false, &[&good]), call(false, &[&good, &bad]));
    let graph = checked(&[fine, spoiled]);
    let ranks = graph.outputs().to_vec();
    for count in 1..6 {
        let found = by_blocks(&graph, count);
        assert_eq!(found[&ranks[0]], Ok(2), "{count} blocks");
        let error = found[&ranks[1]].as_ref().unwrap_err();
        assert!(error.contains("it went wrong") && error.contains("made at") && error.contains("block.rs"), "{error}");
    }
}

/// It fails twice for each time that it gives something.
fn flaky(_: &[Value]) -> Result<Value, Fault> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    match CALLS.fetch_add(1, Ordering::SeqCst) % 3 {
        2 => Ok(Value::new(5_i64)),
        _ => Err(Fault::failed("not yet")),
    }
}

#[test]
fn a_task_is_tried_again_as_often_as_was_asked() {
    for (retries, expected) in [(2, Ok(5)), (1, Err(())), (0, Ok(5))] {
        let function = Arc::new(FromValues::new("i64", flaky));
        let call = Kind::Call { function, inputs: Default::default() };
        let node = Node::new(partita_graph::Key::unique("flaky"), call, Place::here());
        let node = Arc::new(node.with_options(TaskOptions::new().retries(retries)));
        let found = by_blocks(&checked(&[node]), 1).remove(&0).unwrap();
        assert_eq!(found.map_err(drop), expected, "{retries} retries");
    }
}

#[test]
fn payloads_of_others_are_refused_with_what_is_wrong() {
    let graph = checked(&[call(false, &[&data(1)])]);
    let (blocks, names) = cut(&graph, 1);
    let seal = Seal::new("open sesame");
    let sealed = write_all(&graph, &blocks, &names, &seal).unwrap().remove(0);
    assert!(Payload::read(&names[0], &sealed, &seal).is_ok());
    let error = |task: &Key, sealed: &[u8], seal: &Seal| Payload::read(task, sealed, seal).err().unwrap();
    let other = Seal::new("another");
    assert!(matches!(error(&names[0], &sealed, &other), PayloadError::Key));
    assert!(matches!(error(&Key::from("another task"), &sealed, &seal), PayloadError::Key));
    for at in [8, 30, 60, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(matches!(error(&names[0], &changed, &seal), PayloadError::Key), "byte {at}");
    }
    let stranger = seal.clone().of_build(Token::of(b"another executable"));
    let foreign = write_all(&graph, &blocks, &names, &stranger).unwrap().remove(0);
    let text = error(&names[0], &foreign, &seal).to_string();
    assert!(text.contains("start all workers from the client's executable"), "{text}");
    for none in [&b""[..], b"PARTITA1", &[7; 200]] {
        assert!(matches!(error(&names[0], none, &seal), PayloadError::None { .. }), "{none:?}");
    }
    // What a block gives is sealed, too.
    let given = run(&Payload::read(&names[0], &sealed, &seal).unwrap(), &[]).write(&names[0], &seal);
    assert!(Outputs::read(&names[0], &given, &seal).is_ok());
    for (task, seal) in [(&names[0], &other), (&Key::from("another task"), &seal)] {
        let refused = Outputs::read(task, &given, seal).unwrap_err().to_string();
        assert!(refused.contains("is not from this cluster"), "{refused}");
    }
    let nonsense = seal.close(&names[0], b"\xc1");
    assert!(matches!(error(&names[0], &nonsense, &seal), PayloadError::Form(_)));
    assert!(!format!("{seal:?}").contains("key"), "the key is not shown");
}

/// A tree over so many leaves, and what it gives.
pub(crate) fn tree(leaves: i64) -> (CheckedGraph, i64) {
    let mut level: Vec<Arc<Node>> = (0..leaves).map(data).collect();
    while level.len() > 1 {
        level = level.chunks(3).map(|some| call(false, &some.iter().collect::<Vec<_>>())).collect();
    }
    let expected = Reference.run(checked(&level)).unwrap();
    (checked(&level), *expected[0].get::<i64>().unwrap())
}

/// A graph whose output needs a task that fails.
pub(crate) fn broken() -> CheckedGraph {
    checked(&[call(false, &[&data(1), &call(true, &[&data(0)])])])
}
